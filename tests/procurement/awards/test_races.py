"""Twenty at once, on PostgreSQL: one award of a lot, one decision, one confirmation; sheets do not stand in each other's way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from core import clock
from core.errors import Refused
from procurement.awards.models import Award
from procurement.awards.operations import confirm_award, propose_award, publish_award
from procurement.bids.models import Bid
from procurement.orders.models import Lot
from procurement.reviews.models import Review, Score
from procurement.reviews.operations import submit_sheet
from procurement.rules.seed import seed_rules
from tests.cast import Cast, make_cast
from tests.journeys.awards import published_award
from tests.journeys.reviews import consolidated_review, even_marks, scoring_review, seated_logins

THREADS = 20
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def people(db: None) -> Cast:
    seed_rules()
    return make_cast()


def all_at_once(act: Callable[[int], Any], threads: int = THREADS) -> Counter[str]:
    """Threads with connections of their own, started together; how each ended."""
    start = Barrier(threads)

    def run(n: int) -> str:
        try:
            start.wait(timeout=120)
            act(n)
        except Refused as refusal:
            return type(refusal).__name__
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(threads) as pool:
        return Counter(pool.map(run, range(threads)))


def test_one_of_twenty_proposes(people: Cast) -> None:
    lot = consolidated_review(people).lot
    procurer = people.actor("procurer")
    ended = all_at_once(lambda n: propose_award(Lot.objects.select_related("order").get(pk=lot.pk), actor=procurer))
    assert ended == {"done": 1, "Conflict": THREADS - 1}
    assert Award.objects.count() == 1
    assert Bid.objects.filter(lot=lot, status="recommended").count() == 1


def test_one_of_twenty_confirms(people: Cast) -> None:
    award = published_award(people)
    assert award.standstill_ends_at is not None
    copies = [Award.objects.select_related("lot__order", "bid").get(pk=award.pk) for _n in range(THREADS)]
    with clock.travel(award.standstill_ends_at + timedelta(minutes=1)):
        ended = all_at_once(lambda n: confirm_award(copies[n], actor=people.actor("procurer")))
    assert ended == {"done": 1, "Conflict": THREADS - 1}
    assert Bid.objects.filter(lot=award.lot, status="awarded").count() == 1
    with pytest.raises(Refused):
        publish_award(Award.objects.get(pk=award.pk), actor=people.actor("leader"))


def test_experts_hand_in_side_by_side_and_each_once(people: Cast) -> None:
    review = scoring_review(people)
    logins = seated_logins(review.lot.panel, people)
    marks = even_marks(review)

    def hand_in(n: int) -> None:
        submit_sheet(Review.objects.get(pk=review.pk), actor=people.actor(logins[n % 3]), scores=marks)

    assert all_at_once(hand_in, 6) == {"done": 3, "NotNow": 3}
    assert Score.objects.filter(bid__lot=review.lot).count() == 3 * 3 * 8
