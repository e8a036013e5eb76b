"""The pledges (廉洁承诺): the League's two texts are in force, everybody whom they bind has signed; one training was held."""

from __future__ import annotations

from decimal import Decimal

from accounts.memberships.queries import identities_of
from accounts.organizations.models import Organization
from accounts.pledges.models import Training
from accounts.pledges.operations import enter_training, open_text, publish_text, sign_pledge
from accounts.pledges.queries import texts_to_sign
from core.documents import store
from demo.moves import LEAGUE, Stage
from demo.people import PEOPLE


def pledges_signed(stage: Stage) -> Training:
    """Published four weeks ago, signed by all within two days, a training last week."""
    buyer = Organization.objects.select_related("region").get(pk=stage.world.organizations["league"].pk)
    with stage.on(-28):
        texts = [open_text(buyer, actor=stage.actor(LEAGUE.discipline), group=group) for group in ("staff", "expert")]
        leader = stage.actor(LEAGUE.leader)
        for text in texts:
            publish_text(text, actor=leader)
    with stage.on(-26):
        for login, person in PEOPLE.items():
            user = stage.world.users[login]
            identities = identities_of(user)
            if person.organization == "league" or person.role == "expert":
                for text in texts_to_sign(user, identities):
                    sign_pledge(text, actor=identities[0].actor(user), user=user, agreed=True)
    with stage.on(-8, 16) as day:
        officer = stage.actor(LEAGUE.discipline)
        sheet = store("廉政教育签到表（演示）".encode(), name="签到表.txt", actor=officer, purpose="training")
        staff = [stage.world.users[login] for login, person in PEOPLE.items() if person.organization == "league"]
        return enter_training(
            buyer, actor=officer, title="群团购买服务廉政风险与典型案例", held_on=day, hours=Decimal("2.0"), people=staff,
            sheet=sheet,
        )  # fmt: skip
