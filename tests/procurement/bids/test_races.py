"""Twenty at once, on PostgreSQL: one submission, one bid a lot, one opening; nothing in time is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from core import clock, journal
from core.errors import Refused
from procurement.bids.models import Bid, BidOffer, Opening
from procurement.bids.opening import turn_key
from procurement.bids.operations import begin_bid, submit_bid
from procurement.orders.models import Order
from procurement.orders.operations import publish_order
from tests.cast import make_cast
from tests.journeys.bids import drafted_bid, sealed_bids
from tests.journeys.orders import after_deadline, approved_order, published_order

THREADS = 20

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def all_at_once(act: Callable[[int], Any]) -> Counter[str]:
    """Twenty threads with connections of their own, started together; how each ended."""
    start = Barrier(THREADS)

    def run(n: int) -> str:
        try:
            start.wait(timeout=120)
            act(n)
        except Refused as refusal:
            return type(refusal).__name__
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(run, range(THREADS)))


def test_twenty_submissions_of_one_bid_are_one() -> None:
    cast = make_cast()
    bid = drafted_bid(published_order(cast), cast)
    copies = [Bid.objects.get(pk=bid.pk) for _n in range(THREADS)]
    ends = all_at_once(lambda n: submit_bid(copies[n], actor=cast.actor("provider1")))
    assert ends["done"] == 1
    assert set(ends) <= {"done", "Conflict", "Invalid"}
    assert [e.verb for e in journal.entries_for(bid)] == ["submit", "create"]


def test_twenty_beginnings_are_one_bid() -> None:
    cast = make_cast()
    lot = published_order(cast).lots.get()
    assert all_at_once(lambda n: begin_bid(lot, actor=cast.actor("provider1"))) == {"done": THREADS}
    assert Bid.objects.count() == 1


def test_twenty_keys_open_once() -> None:
    cast = make_cast()
    order = published_order(cast)
    sealed_bids(order, cast)
    opening = Opening.objects.get(order=order)
    people = ["procurer", "discipline", "leader", "finance", "auditor"]
    with clock.travel(after_deadline(order) + timedelta(minutes=1)):
        turn_key(opening, actor=cast.actor("buyer"), session_key="first")
        copies = [Opening.objects.get(pk=opening.pk) for _n in range(THREADS)]
        ends = all_at_once(lambda n: turn_key(copies[n], actor=cast.actor(people[n % 5]), session_key=f"session {n}"))
    assert ends["done"] == 1
    assert set(ends) <= {"done", "Conflict", "NotNow"}
    assert BidOffer.objects.count() == 3
    assert Order.objects.get(pk=order.pk).status == "opened"


def test_twenty_publications_take_one_number() -> None:
    cast = make_cast()
    order = approved_order(cast)
    copies = [Order.objects.get(pk=order.pk) for _n in range(THREADS)]
    ends = all_at_once(lambda n: publish_order(copies[n], actor=cast.actor("procurer")))
    assert ends["done"] == 1
    assert Order.objects.get(pk=order.pk).number == "WH-2026-001"
    assert Opening.objects.filter(order=order).count() == 1
