"""Budget lines and their money: asked by one, approved by another; every yuan moves once and is explained."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from core import journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.money import ZERO
from procurement.budgets.models import Allocation, BudgetLine, LedgerEntry
from procurement.budgets.operations import (
    adjust_line,
    approve_line,
    close_line,
    commit_funds,
    pay_funds,
    plan_funds,
    refund_funds,
    refuse_line,
    release_commitment,
    release_plan,
    request_line,
)
from procurement.budgets.queries import claims_on, ledger_of, visible_lines
from tests.cast import Cast
from tests.journeys.projects import approved_line, requested_line

CASE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def voucher(cast: Cast, login: str = "buyer") -> dict[str, Any]:
    return {"reference": f"procurement.project:{CASE}", "label": "成长陪伴", "actor": cast.actor(login)}


def planned(cast: Cast, amount: str = "100.00") -> Allocation:
    return plan_funds(approved_line(cast, "1000.00"), Decimal(amount), case_key=CASE, **voucher(cast))


def test_a_line_is_asked_by_finance_and_approved_by_the_district(cast: Cast) -> None:
    line = requested_line(cast, "500000.00")
    assert (line.status, line.approved_amount) == ("requested", ZERO)
    for login in ("finance", "leader", "other_buyer"):
        with pytest.raises(NotAllowed):
            approve_line(line, actor=cast.actor(login))
    with pytest.raises(NotNow):
        plan_funds(line, Decimal("1.00"), case_key=CASE, **voucher(cast))
    done = approve_line(line, actor=cast.actor("district_finance"), approved_amount=Decimal("450000.00"))
    assert (done.status, done.approved_amount) == ("approved", Decimal("450000.00"))
    assert [e.verb for e in journal.entries_for(done)] == ["approve", "create"]
    with pytest.raises(NotNow):
        approve_line(done, actor=cast.actor("district_finance"))
    donated = approved_line(cast, "43267.30", code="JZ-01", source="donation")
    assert journal.entries_for(donated)[0].actor_name == cast.actor("leader").user_name


def test_bad_requests_and_strangers_are_refused(cast: Cast) -> None:
    fields: dict[str, Any] = {
        "fiscal_year": 2026,
        "code": "A",
        "name": "线",
        "function_class": "f",
        "economic_class": "e",
        "requested_amount": Decimal("1.00"),
    }
    buyer, finance = cast.org("buyer"), cast.actor("finance")
    for change, field in (
        ({"requested_amount": Decimal("0.00")}, "requested_amount"),
        ({"fiscal_year": 26}, "fiscal_year"),
        ({"source": "donation"}, "purpose"),
    ):
        with pytest.raises(Invalid) as refusal:
            request_line(buyer, actor=finance, **(fields | change))
        assert field in refusal.value.errors
    request_line(buyer, actor=finance, **fields)
    with pytest.raises(Invalid, match="已有编号"):
        request_line(buyer, actor=finance, **fields)
    for login in ("buyer", "cashier", "other_buyer"):
        with pytest.raises(NotAllowed):
            request_line(buyer, actor=cast.actor(login), **fields)
    refused = refuse_line(BudgetLine.objects.get(), actor=cast.actor("district_finance"), reason="与上年结余重复。")
    assert refused.status == "refused"


def test_a_stale_approval_is_a_conflict(cast: Cast) -> None:
    line = requested_line(cast)
    stale = BudgetLine.objects.get(pk=line.pk)
    approve_line(line, actor=cast.actor("district_finance"))
    with pytest.raises(Conflict):
        refuse_line(stale, actor=cast.actor("district_finance"), reason="晚了")


def test_the_whole_way_of_a_yuan_is_in_the_ledger(cast: Cast) -> None:
    allocation = planned(cast)
    line = allocation.line
    commit_funds(allocation, Decimal("80.00"), **voucher(cast))
    pay_funds(allocation, Decimal("30.10"), **voucher(cast))
    pay_funds(allocation, Decimal("19.90"), **voucher(cast))
    refund_funds(allocation, Decimal("5.00"), **voucher(cast))
    release_commitment(allocation, Decimal("35.00"), **voucher(cast))
    release_plan(allocation, Decimal("55.00"), **voucher(cast))
    line.refresh_from_db()
    entries = list(ledger_of(line))
    assert [entry.kind for entry in entries] == [
        "plan", "contract", "pay", "pay", "refund", "release_contract", "release_plan",
    ]  # fmt: skip
    last = entries[-1]
    assert (last.planned_after, last.contracted_after, last.paid_after) == (
        Decimal("45.00"),
        Decimal("45.00"),
        Decimal("45.00"),
    )
    assert (line.planned_amount, allocation.paid_amount) == (Decimal("45.00"), Decimal("45.00"))
    assert line.free_amount == Decimal("955.00")
    assert claims_on(line) == [("成长陪伴", Decimal("45.00"))]


@pytest.mark.parametrize("verb", [plan_funds, commit_funds, release_commitment, pay_funds, refund_funds, release_plan])
def test_too_much_is_refused_with_the_figures_and_nothing_moves(cast: Cast, verb: Any) -> None:
    allocation = planned(cast)
    before = list(Allocation.objects.values())
    asked: dict[str, Any] = voucher(cast)
    thing, amount = (allocation, "100.01")
    if verb is plan_funds:
        thing, amount = (allocation.line, "900.01")
        asked["case_key"] = "other"
    with pytest.raises(Invalid) as refusal:
        verb(thing, Decimal(amount), **asked)
    assert "元" in refusal.value.message
    assert "100.00" in refusal.value.message
    assert list(Allocation.objects.values()) == before
    assert BudgetLine.objects.get().planned_amount == Decimal("100.00")
    assert LedgerEntry.objects.count() == 1


@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
def test_amounts_are_above_nothing(cast: Cast, amount: str) -> None:
    with pytest.raises(Invalid, match=r"大于 0\.00"):
        planned(cast, amount)


def test_who_comes_second_is_told_of_a_conflict(cast: Cast) -> None:
    allocation = planned(cast)
    stale = Allocation.objects.get(pk=allocation.pk)
    commit_funds(allocation, Decimal("60.00"), **voucher(cast))
    with pytest.raises(Conflict, match="有人先用"):
        commit_funds(stale, Decimal("60.00"), **voucher(cast))
    line, stale_line = BudgetLine.objects.get(), BudgetLine.objects.get()
    plan_funds(line, Decimal("600.00"), case_key="second", **voucher(cast))
    with pytest.raises(Conflict, match="有人先安排"):
        plan_funds(stale_line, Decimal("600.00"), case_key="third", **voucher(cast))


def test_the_database_itself_holds_the_chain(cast: Cast) -> None:
    allocation = planned(cast)
    for change in (
        {"contracted_amount": Decimal("100.01")},
        {"paid_amount": Decimal("0.01")},
        {"paid_amount": Decimal("-0.01")},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Allocation.objects.filter(pk=allocation.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        BudgetLine.objects.update(planned_amount=Decimal("1000.01"))
    with pytest.raises(DatabaseError), transaction.atomic():
        LedgerEntry.objects.update(amount=Decimal("1.00"))
    with pytest.raises(DatabaseError), transaction.atomic():
        LedgerEntry.objects.all().delete()


def test_an_adjustment_never_undercuts_what_is_planned(cast: Cast) -> None:
    line = planned(cast).line
    line.refresh_from_db()
    with pytest.raises(Invalid, match=r"成长陪伴 100\.00 元"):
        adjust_line(line, actor=cast.actor("district_finance"), approved_amount=Decimal("99.99"), reason="压减")
    done = adjust_line(line, actor=cast.actor("district_finance"), approved_amount=Decimal("100.00"), reason="压减")
    assert done.approved_amount == Decimal("100.00")
    assert journal.entries_for(done)[0].facts == {"before": "1000.00", "after": "100.00"}
    closed = close_line(done, actor=cast.actor("finance"), reason="年度结束")
    with pytest.raises(NotNow):
        plan_funds(closed, Decimal("1.00"), case_key="late", **voucher(cast))


def test_lines_are_seen_by_their_buyer_and_the_district(cast: Cast) -> None:
    line = approved_line(cast)
    for login, sees in {
        "leader": True,
        "auditor": True,
        "district_finance": True,
        "other_buyer": False,
        "street": False,
    }.items():
        assert (line in visible_lines(cast.actor(login))) is sees, login
    shown = visible_lines(cast.actor("leader")).get()
    assert (shown.contracted_sum, shown.paid_sum, shown.shares["planned"]) == (ZERO, ZERO, ZERO)
