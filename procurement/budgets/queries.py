"""What may be known of budget lines (预算线), allocations (资金安排) and their ledger (台账)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import OuterRef, QuerySet, Sum
from django.db.models.functions import Coalesce

from core import clock
from core.actor import Actor
from core.money import ZERO, money_value
from core.permissions import BUYER_ROLES, in_scope
from procurement.budgets.models import Allocation, BudgetLine, LedgerEntry


@dataclass(frozen=True)
class Totals:
    """Four sums in yuan, each at most the one before it."""

    approved: Decimal = ZERO
    planned: Decimal = ZERO
    contracted: Decimal = ZERO
    paid: Decimal = ZERO


def visible_lines(actor: Actor) -> QuerySet[BudgetLine]:
    """The budget lines this person may know of, with contracted_sum and paid_sum in yuan; one query.

    A buyer's people see their own, district finance its district's; streets, providers and strangers none.
    """
    if not actor.has(*BUYER_ROLES, "district_finance"):
        return BudgetLine.objects.none()
    # Subqueries, not a join: what only asks for lines or years leaves the sums out, and they are read from an index alone.
    sums = Allocation.objects.filter(line=OuterRef("pk")).order_by().values("line")
    return (
        BudgetLine.objects.filter(in_scope(actor))
        .select_related("buyer")
        .annotate(
            contracted_sum=Coalesce(sums.annotate(sum=Sum("contracted_amount")).values("sum"), money_value(0)),
            paid_sum=Coalesce(sums.annotate(sum=Sum("paid_amount")).values("sum"), money_value(0)),
        )
    )


def plannable_lines(actor: Actor, year: int | None = None) -> QuerySet[BudgetLine]:
    """Approved lines of the actor's own organization from which a project may still ask; this year's and later."""
    return (
        BudgetLine.objects.filter(
            buyer_id=actor.organization_id, status="approved", fiscal_year__gte=year or clock.today().year
        )
        .order_by("fiscal_year", "code")
    )  # fmt: skip


def allocations_of(case_key: str) -> QuerySet[Allocation]:
    """What a case has of its lines, in a fixed order: payments are split over them in it."""
    return Allocation.objects.filter(case=case_key).select_related("line").order_by("line__source", "line__code", "pk")


def ledger_of(line: BudgetLine) -> QuerySet[LedgerEntry]:
    """Every movement on a line, oldest first (台账)."""
    return LedgerEntry.objects.filter(allocation__line=line).select_related("allocation").order_by("at", "n", "pk")


def ledger_of_case(case_key: str) -> QuerySet[LedgerEntry]:
    """Every movement of a case's money, oldest first."""
    return (
        LedgerEntry.objects.filter(allocation__case=case_key)
        .select_related("allocation__line")
        .order_by("at", "n", "pk")
    )


def claims_on(line: BudgetLine, *, other_than: str = "") -> list[tuple[str, Decimal]]:
    """Who has what of a line: (name of the case's latest voucher, planned yuan), largest first."""
    rows = Allocation.objects.filter(line=line, planned_amount__gt=0).exclude(case=other_than)
    names = dict(
        LedgerEntry.objects.filter(allocation__in=rows, kind="plan")
        .order_by("at")
        .values_list("allocation", "reference_label")
    )
    return sorted(((names.get(row.pk, ""), row.planned_amount) for row in rows), key=lambda claim: -claim[1])


def totals_of(lines: Sequence[BudgetLine]) -> Totals:
    """The sums of lines that `visible_lines` gave."""
    return Totals(
        approved=sum((line.approved_amount for line in lines), ZERO),
        planned=sum((line.planned_amount for line in lines), ZERO),
        contracted=sum((getattr(line, "contracted_sum", ZERO) for line in lines), ZERO),
        paid=sum((getattr(line, "paid_sum", ZERO) for line in lines), ZERO),
    )
