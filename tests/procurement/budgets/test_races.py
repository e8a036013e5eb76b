"""Twenty at once, on PostgreSQL: the affordable ones win, the rest are told, and the sums are right to the fen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from core.actor import Actor
from core.errors import Refused
from procurement.budgets.models import Allocation, BudgetLine
from procurement.budgets.operations import commit_funds, pay_funds, plan_funds, release_plan
from tests.cast import make_cast
from tests.journeys.projects import approved_line

THREADS = 20
OFFICER = Actor(user_key="racer", user_name="周敏")
VOUCHER: dict[str, Any] = {"reference": "procurement.contract:x", "label": "合同", "actor": OFFICER}

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


def sums() -> tuple[int, ...]:
    """The invariants, read by SQL in fen: line's planned, its allocations' planned, contracted, paid."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.planned_amount, coalesce(sum(a.planned_amount), 0), coalesce(sum(a.contracted_amount), 0),"
            " coalesce(sum(a.paid_amount), 0) FROM procurement_budgetline l"
            " LEFT JOIN procurement_allocation a ON a.line_id = l.id GROUP BY l.id"
        )
        (row,) = cursor.fetchall()
    return tuple(int(value) for value in row)


@pytest.fixture
def line(db: None) -> BudgetLine:
    return approved_line(make_cast(), "1000.00")


def test_one_contract_of_twenty_gets_the_money(line: BudgetLine) -> None:
    allocation = plan_funds(line, Decimal("1000.00"), case_key="case", **VOUCHER)
    copies = [Allocation.objects.get(pk=allocation.pk) for _n in range(THREADS)]
    ends = all_at_once(lambda n: commit_funds(copies[n], Decimal("600.00"), **VOUCHER))
    assert ends == {"done": 1, "Conflict": THREADS - 1}
    assert sums() == (100_000, 100_000, 60_000, 0)
    assert allocation.entries.filter(kind="contract").count() == 1


def test_exactly_the_affordable_payments_go_through(line: BudgetLine) -> None:
    allocation = plan_funds(line, Decimal("1000.00"), case_key="case", **VOUCHER)
    commit_funds(allocation, Decimal("700.00"), **VOUCHER)
    copies = [Allocation.objects.get(pk=allocation.pk) for _n in range(THREADS)]
    ends = all_at_once(lambda n: pay_funds(copies[n], Decimal("100.00"), **VOUCHER))
    assert ends == {"done": 7, "Conflict": THREADS - 7}
    assert sums() == (100_000, 100_000, 70_000, 70_000)
    after = list(allocation.entries.filter(kind="pay").order_by("paid_after").values_list("paid_after", flat=True))
    assert after == [Decimal(100 * n) for n in range(1, 8)]


def test_twenty_projects_share_a_line_to_its_end(line: BudgetLine) -> None:
    copies = [BudgetLine.objects.get(pk=line.pk) for _n in range(THREADS)]
    ends = all_at_once(lambda n: plan_funds(copies[n], Decimal("150.00"), case_key=f"case-{n}", **VOUCHER))
    assert ends == {"done": 6, "Conflict": THREADS - 6}
    assert sums() == (90_000, 90_000, 0, 0)


def test_planning_and_giving_back_of_one_case_never_wait_for_each_other_in_a_ring(line: BudgetLine) -> None:
    allocation = plan_funds(line, Decimal("500.00"), case_key="case", **VOUCHER)

    def act(n: int) -> None:
        if n % 2:
            plan_funds(BudgetLine.objects.get(pk=line.pk), Decimal("10.00"), case_key="case", **VOUCHER)
        else:
            release_plan(Allocation.objects.get(pk=allocation.pk), Decimal("10.00"), **VOUCHER)

    assert all_at_once(act) == {"done": THREADS}
    assert sums() == (50_000, 50_000, 0, 0)
