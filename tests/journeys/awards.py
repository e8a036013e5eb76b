"""Ways to the states of awards and challenges, by operations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core import clock
from procurement.awards.models import Award
from procurement.awards.operations import confirm_award, propose_award, publish_award
from procurement.challenges.models import Challenge
from procurement.challenges.operations import file_challenge
from procurement.orders.models import Order
from tests.cast import Cast
from tests.journeys.orders import after_deadline
from tests.journeys.reviews import consolidated_review


def proposed_award(cast: Cast, order: Order | None = None, **how: Any) -> Award:
    """The first in rank, proposed by the procurement officer."""
    review = consolidated_review(cast, order, **how)
    award = propose_award(review.lot, actor=cast.actor("procurer"))
    return Award.objects.get(pk=award.pk)


def published_award(cast: Cast, order: Order | None = None, **how: Any) -> Award:
    """An award in its standstill, published one day after the opening."""
    award = proposed_award(cast, order, **how)
    with clock.travel(after_deadline(award.lot.order) + timedelta(days=1)):
        publish_award(award, actor=cast.actor("leader"))
    return Award.objects.get(pk=award.pk)


def confirmed_award(cast: Cast, order: Order | None = None, **how: Any) -> Award:
    """An award whose standstill is over; the order is awarded. The clock is moved for the confirmation alone."""
    award = published_award(cast, order, **how)
    assert award.standstill_ends_at is not None
    with clock.travel(award.standstill_ends_at + timedelta(minutes=1)):
        confirm_award(award, actor=cast.actor("procurer"))
    return Award.objects.get(pk=award.pk)


def filed_challenge(cast: Cast, award: Award | None = None, login: str = "", **how: Any) -> Challenge:
    """A challenge by a loser, one hour after the publication; the award is suspended."""
    award = award or published_award(cast, **how)
    assert award.published_at is not None
    loser = login or next(
        name for name in ("provider1", "provider2", "provider3") if cast.org(name).pk != award.bid.organization_id
    )
    with clock.travel(award.published_at + timedelta(hours=1)):
        challenge = file_challenge(
            award,
            actor=cast.actor(loser),
            ground="scoring",
            text="价格分应按最低有效报价计算，请核对。",
            remedy="重新核算价格分。",
        )
    return Challenge.objects.get(pk=challenge.pk)
