"""Checks, sheets and consolidation: good path, stranger, wrong time, another's version, journal."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core import journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from procurement.bids.models import Bid
from procurement.notices.models import Notice
from procurement.panels.models import Panel, Seat
from procurement.panels.operations import declare_conflict, redraw_experts
from procurement.reviews.models import Review, Score
from procurement.reviews.operations import (
    check_bid,
    consolidate_review,
    recheck_objective,
    start_scoring,
    submit_sheet,
)
from procurement.reviews.queries import results_of
from tests.cast import Cast
from tests.journeys.reviews import (
    all_passed,
    checked_review,
    consolidated_review,
    declared_panel,
    even_marks,
    scored_review,
    scoring_review,
    seated_logins,
)


def fresh(review: Review) -> Review:
    return Review.objects.get(pk=review.pk)


def test_fewer_than_three_responsive_bids_fail_the_order(cast: Cast) -> None:
    review = Review.objects.get(lot=declared_panel(cast).lot)
    procurer = cast.actor("procurer")
    starred = review.lot.order.qualification_rules.get(code="★3")
    for bid in Bid.objects.filter(lot=review.lot).order_by("letter"):
        results = all_passed(review)
        if bid.letter == "B":
            results[str(starred.pk)] = (False, "报价明细缺项")
        if bid.letter == "C":
            with pytest.raises(NotNow, match="没有审查：C"):
                start_scoring(fresh(review), actor=procurer)
        check_bid(fresh(review), actor=procurer, bid=bid, results=results)
    assert [b.status for b in Bid.objects.filter(lot=review.lot).order_by("letter")] == [
        "responsive",
        "nonresponsive",
        "responsive",
    ]
    failed = start_scoring(fresh(review), actor=procurer)
    order = type(review.lot.order).objects.get(pk=review.lot.order_id)
    assert (failed.status, order.status) == ("failed", "failed")
    assert Panel.objects.get(lot=review.lot).status == "dissolved"
    assert sorted(Bid.objects.filter(lot=review.lot).values_list("status", flat=True)) == [
        "nonresponsive",
        "unsuccessful",
        "unsuccessful",
    ]
    assert Notice.objects.filter(kind="failure").count() == 1


def test_checks_are_the_procurement_officers_and_done_once(cast: Cast) -> None:
    review = Review.objects.get(lot=declared_panel(cast).lot)
    bid = Bid.objects.get(lot=review.lot, letter="A")
    for stranger in ("buyer", "leader", "other_procurer", "provider1", "expert1", "admin"):
        with pytest.raises(NotAllowed):
            check_bid(fresh(review), actor=cast.actor(stranger), bid=bid, results=all_passed(review))
    with pytest.raises(Invalid, match="还没有结论"):
        check_bid(fresh(review), actor=cast.actor("procurer"), bid=bid, results={})
    stale = fresh(review)
    check_bid(fresh(review), actor=cast.actor("procurer"), bid=bid, results=all_passed(review))
    with pytest.raises(Conflict):
        check_bid(
            stale,
            actor=cast.actor("procurer"),
            bid=Bid.objects.get(lot=review.lot, letter="B"),
            results=all_passed(review),
        )
    with pytest.raises(NotNow):
        check_bid(fresh(review), actor=cast.actor("procurer"), bid=bid, results=all_passed(review))
    entry = journal.entries_for(fresh(review))[0]
    assert (entry.verb, entry.facts["bid"], entry.facts["conclusion"]) == ("check", "A", "responsive")


def test_a_sheet_is_whole_alone_and_once(cast: Cast) -> None:
    review = scoring_review(cast)
    login, other, _third = seated_logins(review.lot.panel, cast)
    marks = even_marks(review)
    for stranger in (
        {"expert1", "expert2", "expert3", "expert4", "expert5"} - set(seated_logins(review.lot.panel, cast))
    ) | {"procurer"}:
        with pytest.raises(NotAllowed):
            submit_sheet(review, actor=cast.actor(stranger), scores=marks)
    bad = {letter: {n: dict(mark) for n, mark in each.items()} for letter, each in marks.items()}
    bad["A"][2]["points"] = "12"
    bad["B"][3]["points"] = "25"
    bad["C"][4]["points"] = "4.3"
    with pytest.raises(Invalid) as refusal:
        submit_sheet(review, actor=cast.actor(login), scores=bad)
    assert len(refusal.value.errors["__all__"]) == 3
    assert not Score.objects.exists()
    submit_sheet(review, actor=cast.actor(login), scores=marks)
    submit_sheet(
        review, actor=cast.actor(other), scores=marks
    )  # from the same stale page: another's sheet is no conflict
    with pytest.raises(NotNow):
        submit_sheet(fresh(review), actor=cast.actor(login), scores=marks)
    entry = journal.entries_for(fresh(review))[0]
    assert entry.verb == "score"
    assert set(entry.facts) == {"seat", "sheet"}
    with pytest.raises(NotNow, match="还差"):
        consolidate_review(fresh(review), actor=cast.actor("procurer"))
    with pytest.raises(NotNow):
        declare_conflict(Panel.objects.get(lot=review.lot), actor=cast.actor(login), answer="conflict", text="晚了")


def test_objective_marks_must_agree_before_the_consolidation(cast: Cast) -> None:
    review = scoring_review(cast)
    logins = seated_logins(review.lot.panel, cast)
    for n, login in enumerate(logins):
        marks = even_marks(review)
        if n == 0:
            marks["A"][6]["points"] = "4"
        submit_sheet(fresh(review), actor=cast.actor(login), scores=marks)
    with pytest.raises(NotNow, match="客观分不一致：A 的「同类业绩」"):
        consolidate_review(fresh(review), actor=cast.actor("procurer"))
    recheck_objective(fresh(review), actor=cast.actor("procurer"), reason="同类业绩合同份数不一致")
    cheating = even_marks(review, "0.8")
    with pytest.raises(Invalid) as refusal:
        submit_sheet(fresh(review), actor=cast.actor(logins[0]), scores=cheating)
    assert "主观分仍为" in refusal.value.errors["__all__"][0]
    for login in logins:
        submit_sheet(fresh(review), actor=cast.actor(login), scores=even_marks(review))
    assert consolidate_review(fresh(review), actor=cast.actor("procurer")).status == "consolidated"


def test_the_ranking_is_kept_for_good(cast: Cast) -> None:
    review = consolidated_review(cast)
    results = list(results_of(review))
    assert [result.rank for result in results] == [1, 2, 3]
    assert [result.bid.offers.get().amount for result in results] == [
        Decimal(p) for p in ("145000.00", "150000.00", "155000.00")
    ]
    assert results[1].price_points == Decimal("9.67")
    assert {bid.status for bid in Bid.objects.filter(lot=review.lot)} == {"scored"}
    assert Panel.objects.get(lot=review.lot).status == "consolidated"
    entry = journal.entries_for(review)[0]
    assert [row["rank"] for row in entry.facts["ranking"]] == [1, 2, 3]
    with pytest.raises(NotNow):
        consolidate_review(review, actor=cast.actor("procurer"))


def test_a_conflict_found_while_scoring_is_filled_from_the_same_draw(cast: Cast) -> None:
    review = scoring_review(cast)
    first, *_others = seated_logins(review.lot.panel, cast)
    declare_conflict(Panel.objects.get(lot=review.lot), actor=cast.actor(first), answer="conflict", text="新发现的关系")
    with pytest.raises(NotAllowed):
        submit_sheet(fresh(review), actor=cast.actor(first), scores=even_marks(review))
    for login in seated_logins(review.lot.panel, cast):
        submit_sheet(fresh(review), actor=cast.actor(login), scores=even_marks(review))
    with pytest.raises(NotNow, match="还差 1 位"):
        consolidate_review(fresh(review), actor=cast.actor("procurer"))
    redraw_experts(Panel.objects.get(lot=review.lot), actor=cast.actor("procurer"))
    new = seated_logins(review.lot.panel, cast)[-1]
    assert new != first
    declare_conflict(Panel.objects.get(lot=review.lot), actor=cast.actor(new), answer="none")
    submit_sheet(fresh(review), actor=cast.actor(new), scores=even_marks(review))
    done = consolidate_review(fresh(review), actor=cast.actor("procurer"))
    assert done.status == "consolidated"
    assert Seat.objects.filter(panel=review.lot.panel).count() == 4


def test_nobody_consolidates_but_the_procurement_officer(cast: Cast) -> None:
    review = scored_review(cast)
    for stranger in ("buyer", "leader", "other_procurer", "expert1", "provider1", "admin", "auditor"):
        with pytest.raises(NotAllowed):
            consolidate_review(fresh(review), actor=cast.actor(stranger))
    stale = fresh(review)
    consolidate_review(fresh(review), actor=cast.actor("procurer"))
    with pytest.raises(Conflict):
        consolidate_review(stale, actor=cast.actor("procurer"))


def test_scoring_begins_when_all_checks_and_declarations_are_in(cast: Cast) -> None:
    review = checked_review(cast)
    with pytest.raises(NotAllowed):
        start_scoring(review, actor=cast.actor("leader"))
    with pytest.raises(NotNow):
        submit_sheet(review, actor=cast.actor(seated_logins(review.lot.panel, cast)[0]), scores=even_marks(review))
    assert start_scoring(review, actor=cast.actor("procurer")).status == "scoring"
    assert Panel.objects.get(lot=review.lot).status == "scoring"
