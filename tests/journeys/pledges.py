"""Ways to pledges and trainings, by operations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from accounts.memberships.queries import identities_of
from accounts.pledges.models import PledgeSignature, PledgeText, Training
from accounts.pledges.operations import enter_training, open_text, publish_text, sign_pledge
from core.documents import store
from tests.cast import Cast


def drafted_pledge(cast: Cast, group: str = "staff") -> PledgeText:
    """A draft that begins with the starting text, or with the version in force."""
    return open_text(cast.org("buyer"), actor=cast.actor("discipline"), group=group)


def published_pledge(cast: Cast, group: str = "staff") -> PledgeText:
    """A version in force: from now on the roles of its group wait."""
    return publish_text(drafted_pledge(cast, group), actor=cast.actor("leader"))


def signed_by(cast: Cast, text: PledgeText, login: str) -> PledgeSignature:
    """Signed by this person, as its request would."""
    user = cast.user(login)
    actor = identities_of(user)[0].actor(user)
    return sign_pledge(text, actor=actor, user=user, agreed=True)


def entered_training(cast: Cast, **how: Any) -> Training:
    """A training of two hours, attended by the programme officer and an expert."""
    officer = cast.actor("discipline")
    return enter_training(
        cast.org("buyer"),
        actor=officer,
        **{
            "title": "廉政风险警示教育", "held_on": date(2026, 8, 20), "hours": Decimal("2.0"),
            "people": [cast.user("buyer"), cast.user("expert1")],
            "sheet": store(b"sheet", name="签到表.txt", actor=officer, purpose="training"), **how,
        },
    )  # fmt: skip
