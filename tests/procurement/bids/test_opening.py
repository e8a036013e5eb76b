"""The opening: two people, two offices, two sessions, ten minutes; all bids at once or none."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from core import clock, journal
from core.errors import Invalid, NotAllowed, NotNow
from procurement.bids.models import Bid, Opening
from procurement.bids.opening import turn_key
from procurement.bids.queries import opening_record, visible_bids
from procurement.panels.models import Panel
from tests.cast import Cast
from tests.journeys.bids import both_keys, opened_order, sealed_bids
from tests.journeys.orders import after_deadline, published_order


def test_two_keys_open_all_bids_with_letters_prices_and_files(cast: Cast) -> None:
    order = opened_order(cast)
    assert order.status == "opened"
    rows = opening_record(order)
    assert [row["letter"] for row in rows] == ["A", "B", "C"]
    assert {row["amount"] for row in rows} == {Decimal("150000.00"), Decimal("145000.00"), Decimal("155000.00")}
    for row in rows:
        bid = row["bid"]
        assert sum(line.amount for line in bid.lines.all()) == row["amount"]
        assert bid.members.get().is_lead
    with_file = Bid.objects.get(organization=cast.org("provider1"))
    copy = with_file.files.get().opened
    assert copy is not None
    assert copy.name == "provider1.txt"
    entry = journal.entries_for(Opening.objects.get(order=order))[0]
    assert entry.verb == "open"
    assert sorted(entry.facts["letters"]["1"]) == ["A", "B", "C"]
    assert Panel.objects.filter(lot__order=order).count() == 1


def test_too_early_then_stranger_same_office_same_session(cast: Cast) -> None:
    order = published_order(cast)
    sealed_bids(order, cast)
    opening = Opening.objects.get(order=order)
    with pytest.raises(NotNow, match="截止后才能开启"):
        turn_key(opening, actor=cast.actor("procurer"), session_key="a")
    with clock.travel(after_deadline(order)):
        with pytest.raises(NotAllowed):
            turn_key(opening, actor=cast.actor("other_procurer"), session_key="x")
        with pytest.raises(NotAllowed):
            turn_key(opening, actor=cast.actor("provider1"), session_key="x")
        with pytest.raises(NotAllowed):
            turn_key(opening, actor=cast.actor("admin"), session_key="x")
        turn_key(opening, actor=cast.actor("leader"), session_key="a")
        with pytest.raises(NotAllowed):
            turn_key(opening, actor=cast.actor("leader"), session_key="b")
        with pytest.raises(Invalid, match="不同科室"):
            turn_key(opening, actor=cast.actor("leader2"), session_key="b")
        with pytest.raises(Invalid, match="会话"):
            turn_key(opening, actor=cast.actor("discipline"), session_key="a")
    opening.refresh_from_db()
    assert opening.status == "one_key"
    assert opening.first_session != "a"
    assert not Bid.objects.exclude(status="sealed").exists()


def test_the_first_key_runs_out_after_ten_minutes(cast: Cast) -> None:
    order = published_order(cast)
    sealed_bids(order, cast)
    opening = Opening.objects.get(order=order)
    start = after_deadline(order)
    with clock.travel(start):
        turn_key(opening, actor=cast.actor("procurer"), session_key="a")
    with clock.travel(start + timedelta(minutes=10)):
        assert opening.shown_status == "waiting"
        turn_key(opening, actor=cast.actor("discipline"), session_key="b")
        assert opening.status == "one_key"
        assert opening.first_name == cast.actor("discipline").user_name
    with clock.travel(start + timedelta(minutes=19, seconds=59)):
        turn_key(opening, actor=cast.actor("procurer"), session_key="a")
    assert opening.status == "opened"


def test_fewer_than_three_opens_nothing_and_fails_the_order(cast: Cast) -> None:
    order = published_order(cast)
    sealed_bids(order, cast, ("150000.00", "145000.00"))
    with clock.travel(after_deadline(order)):
        opening = both_keys(Opening.objects.get(order=order), cast)
    assert (opening.status, opening.order.status) == ("stopped", "failed")
    assert {bid.status for bid in Bid.objects.all()} == {"returned"}
    assert not Bid.objects.filter(content__isnull=False).exists()
    assert opening.order.notice_links.filter(notice__kind="failure").exists()
    assert opening.order.project.status == "failed"
    assert not visible_bids(cast.actor("procurer")).exists()


def test_one_unreadable_bid_never_stops_the_others(cast: Cast) -> None:
    order = published_order(cast)
    bids = sealed_bids(order, cast, ("150000.00", "145000.00", "155000.00", "140000.00"))
    Bid.objects.filter(pk=bids[1].pk).update(commitment="0" * 64)
    with clock.travel(after_deadline(order)):
        both_keys(Opening.objects.get(order=order), cast)
    assert sorted(Bid.objects.values_list("status", flat=True)) == ["opened", "opened", "opened", "unreadable"]
    assert Bid.objects.get(pk=bids[1].pk).content is None
