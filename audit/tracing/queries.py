"""What the auditor's desk reads (查账): the year's lines, what makes up a figure, a case's money, vouchers, samples."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet, Sum

from audit.permissions.tracing import READERS, can_trace
from audit.tracing.models import Sample, SampleItem, SavedView
from audit.tracing.sampling import projected_error
from core.actor import Actor
from core.money import ZERO
from core.permissions import in_scope
from procurement.budgets.models import BudgetLine, LedgerEntry
from procurement.budgets.queries import visible_lines
from procurement.expenses.models import Expense
from procurement.expenses.queries import visible_expenses
from procurement.payments.models import Payment, PaymentSplit
from procurement.payments.queries import visible_payments

FIGURES: dict[str, tuple[str, str, str]] = {
    "planned": ("已安排", "plan", "release_plan"),
    "contracted": ("已签约", "contract", "release_contract"),
    "paid": ("已支付", "pay", "refund"),
}
"""The figures of a line that the ledger explains: word, the kind that adds, the kind that takes away."""


@dataclass(frozen=True)
class Entry:
    """One movement behind a figure: amount in yuan, below zero where it takes away; case: the project's key."""

    entry: LedgerEntry
    amount: Decimal
    case: str


@dataclass(frozen=True)
class Outcome:
    """How far a sample is: looked at, wrong; yuan of error found, and what it stands for in the population."""

    looked: int = 0
    wrong: int = 0
    count: int = 0
    error: Decimal = ZERO
    projected: Decimal = ZERO


def traced_lines(actor: Actor) -> QuerySet[BudgetLine]:
    """The budget lines that this person may trace, with contracted_sum and paid_sum. One query."""
    lines = visible_lines(actor)
    return lines.exclude(status="requested") if can_trace(actor) else lines.none()


def years_of(actor: Actor) -> list[int]:
    """The years that have lines, newest first."""
    return sorted(set(traced_lines(actor).order_by().values_list("fiscal_year", flat=True)), reverse=True)


def vouchers_sum(lines: QuerySet[BudgetLine]) -> dict[UUID, Decimal]:
    """What of each line providers have accounted for with accepted vouchers, in yuan; one query."""
    rows = Expense.objects.filter(status="accepted", budget_line__in=lines.order_by().values("pk")).order_by()
    return dict(rows.values_list("budget_line").annotate(Sum("amount")))


def entries_behind(line: BudgetLine, figure: str) -> list[Entry]:
    """The movements that make up a figure of a line, oldest first; their amounts add up to it exactly. One query.

    figure  a key of FIGURES
    """
    _word, adds, takes = FIGURES[figure]
    rows = LedgerEntry.objects.filter(allocation__line=line, kind__in=(adds, takes)).select_related("allocation")
    return [
        Entry(each, each.amount if each.kind == adds else -each.amount, each.allocation.case)
        for each in rows.order_by("at", "n", "pk")
    ]


def traced_vouchers(actor: Actor) -> QuerySet[Expense]:
    """The vouchers of providers' special accounts that this person may trace: whatever was handed in. One query."""
    rows = visible_expenses(actor)
    return rows if can_trace(actor) else rows.none()


def payments_of_case(actor: Actor, case: str) -> QuerySet[Payment]:
    """The payments of a project that this person may see, oldest first, with splits and invoices; three queries."""
    rows = visible_payments(actor).filter(settlement__contract__award__lot__order__project__pk=case)
    return rows.prefetch_related("splits__allocation__line", "settlement__invoices__document").order_by("paid_on", "pk")


def payments_behind(expense: Expense) -> list[PaymentSplit]:
    """The paid parts out of which an expense was met: of its contract, from its allocation, oldest first; one query."""
    rows = PaymentSplit.objects.filter(
        payment__settlement__contract=expense.contract_id, allocation=expense.allocation_id, payment__status="paid"
    )
    return list(
        rows.select_related("payment__settlement__milestone", "payment__settlement__contract__award").order_by(
            "payment__paid_on", "pk"
        )
    )


def visible_samples(actor: Actor) -> QuerySet[Sample]:
    """The samples of the buyer, or of the district; for auditors and the archivist alone. One query."""
    rows = Sample.objects.select_related("buyer").defer("population")
    return rows.filter(in_scope(actor)) if actor.has(*READERS) else rows.none()


def items_of(sample: Sample) -> QuerySet[SampleItem]:
    """The sample's vouchers with what a page shows of them. One query."""
    return sample.items.select_related("expense__contract", "expense__provider", "expense__line")


def outcome_of(sample: Sample) -> Outcome:
    """How far a sample is and what it tells. One query."""
    rows = list(sample.items.values_list("result", "amount", "error_amount"))
    looked = [(amount, error) for result, amount, error in rows if result]
    return Outcome(
        looked=len(looked),
        wrong=sum(result == "error" for result, _amount, _error in rows),
        count=len(rows),
        error=sum((error for _amount, error in looked), ZERO),
        projected=projected_error(sample.method, looked, total=sample.total_amount, interval=sample.interval),
    )


def samples_to_judge(actor: Actor) -> QuerySet[Sample]:
    """Samples that the actor drew and that are not concluded."""
    return visible_samples(actor).filter(status="drawn", drawn_by_key=actor.user_key).order_by("created_at")


def saved_views(actor: Actor, page: str) -> QuerySet[SavedView]:
    """What this person keeps for a page, oldest first."""
    return SavedView.objects.filter(person_key=actor.user_key, page=page)
