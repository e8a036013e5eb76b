"""Whatever order money moves in, the chain holds: read by SQL after every step, on whichever database the suite runs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings

from core.actor import Actor
from core.errors import Refused
from procurement.budgets.models import Allocation, BudgetLine, LedgerEntry
from procurement.budgets.operations import (
    commit_funds,
    pay_funds,
    plan_funds,
    refund_funds,
    release_commitment,
    release_plan,
)
from tests.cast import Cast
from tests.journeys.projects import approved_line

VOUCHER: dict[str, Any] = {"reference": "x", "label": "x", "actor": Actor(user_key="x", user_name="x")}
MOVES = {
    "contract": commit_funds,
    "release_contract": release_commitment,
    "pay": pay_funds,
    "refund": refund_funds,
    "release_plan": release_plan,
}
SIGNS = {
    "plan": ("planned", 1),
    "release_plan": ("planned", -1),
    "contract": ("contracted", 1),
    "release_contract": ("contracted", -1),
    "pay": ("paid", 1),
    "refund": ("paid", -1),
}
amounts = st.integers(min_value=1, max_value=120_000).map(lambda fen: Decimal(fen) / 100)
steps = st.lists(st.tuples(st.sampled_from(["plan", *MOVES]), st.sampled_from(["a", "b", "c"]), amounts), max_size=25)


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(steps)
def test_the_chain_holds_after_every_step(cast: Cast, moves: list[tuple[str, str, Decimal]]) -> None:
    with transaction.atomic():
        line = approved_line(cast, "1000.00")
        for kind, case, amount in moves:
            try:
                if kind == "plan":
                    plan_funds(BudgetLine.objects.get(pk=line.pk), amount, case_key=case, **VOUCHER)
                elif found := Allocation.objects.filter(line=line, case=case).first():
                    MOVES[kind](found, amount, **VOUCHER)
            except Refused:
                pass
            check()
        transaction.set_rollback(True)


def check() -> None:
    """approved ≥ planned = Σ planned ≥ contracted ≥ paid ≥ 0, and the ledger adds up to each of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, approved_amount, planned_amount FROM procurement_budgetline")
        ((_line, approved, planned),) = cursor.fetchall()
        cursor.execute("SELECT id, planned_amount, contracted_amount, paid_amount FROM procurement_allocation")
        rows = cursor.fetchall()
        cursor.execute("SELECT allocation_id, kind, amount FROM procurement_ledgerentry")
        ledger = cursor.fetchall()
    assert approved >= planned == sum(row[1] for row in rows)
    for key, planned_part, contracted, paid in rows:
        assert planned_part >= contracted >= paid >= 0
        told = {"planned": 0, "contracted": 0, "paid": 0}
        for owner, kind, amount in ledger:
            if owner == key:
                name, sign = SIGNS[kind]
                told[name] += sign * amount
        assert told == {"planned": planned_part, "contracted": contracted, "paid": paid}
    assert LedgerEntry.objects.count() == len(ledger)
