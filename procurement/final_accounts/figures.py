"""The figures of a year's account (决算取数): the ledger's movements folded by line, source, category and street."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, Sum

from core import clock
from core.money import ZERO
from procurement.budgets.models import Allocation, BudgetLine, LedgerEntry
from procurement.projects.models import Project

OTHER = "未归类"


@dataclass
class Row:
    """One row, in yuan; budget and adjusted are None where the dimension has no budget of its own."""

    key: str
    name: str
    budget: Decimal | None = None
    adjusted: Decimal | None = None
    final: Decimal = ZERO
    carried: Decimal = ZERO
    returned: Decimal = ZERO

    def add(self, other: Row) -> None:
        """Add the movements of another row; budgets are added by whoever has them."""
        self.final += other.final
        self.carried += other.carried
        self.returned += other.returned


@dataclass
class Figures:
    """A year's rows by dimension ("line" | "source" | "category" | "street"), each in the order of its names."""

    rows: dict[str, list[Row]] = field(default_factory=dict)

    def total(self) -> Row:
        """The sum over the lines: budget and adjusted too."""
        whole = Row("", "合计", ZERO, ZERO)
        for row in self.rows.get("line", []):
            whole.add(row)
            whole.budget = (whole.budget or ZERO) + (row.budget or ZERO)
            whole.adjusted = (whole.adjusted or ZERO) + (row.adjusted or ZERO)
        return whole


def figures_of(buyer_id: UUID, year: int) -> Figures:
    """The account of a buyer's year, from the ledger; four queries, whatever the number of lines and payments.

    A line of the year stands there with its budget even where nothing moved; a line of another year only with what was
    paid, returned or still bound in this one.
    """
    begin, end = clock.local(f"{year}-01-01"), clock.local(f"{year + 1}-01-01")
    sums = (
        LedgerEntry.objects.filter(allocation__line__buyer_id=buyer_id, at__lt=end)
        .order_by()
        .values_list("allocation", "kind")
        .annotate(ever=Sum("amount"), within=Sum("amount", filter=Q(at__gte=begin)))
    )
    moved: dict[UUID, dict[str, tuple[Decimal, Decimal]]] = {}
    for allocation, kind, ever, within in sums:
        moved.setdefault(allocation, {})[kind] = (ever or ZERO, within or ZERO)
    allocations = list(Allocation.objects.filter(pk__in=moved).select_related("line"))
    projects = {
        str(each.pk): each
        for each in Project.objects.filter(pk__in={each.case for each in allocations}).select_related("region", "item")
    }
    lines = list(
        BudgetLine.objects.filter(buyer_id=buyer_id, fiscal_year=year).exclude(status__in=("requested", "refused"))
    )
    by: dict[str, dict[str, Row]] = {"line": {}, "source": {}, "category": {}, "street": {}}
    for line in lines:
        for dimension, key, name in _of_line(line):
            row = by[dimension].setdefault(key, Row(key, name))
            row.budget = (row.budget or ZERO) + line.original_amount
            row.adjusted = (row.adjusted or ZERO) + line.approved_amount
    for allocation in allocations:
        moves = _moves(moved[allocation.pk])
        if not (moves.final or moves.carried or moves.returned):
            continue
        project = projects.get(allocation.case)
        category = project.item.category_name if project else OTHER
        street = project.region.name if project else OTHER
        for dimension, key, name in (
            *_of_line(allocation.line),
            ("category", category, category),
            ("street", street, street),
        ):
            by[dimension].setdefault(key, Row(key, name)).add(moves)
    return Figures({dimension: _ordered(rows.values()) for dimension, rows in by.items()})


def _of_line(line: BudgetLine) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    name = f"{line.fiscal_year} {line.code} {line.name}"
    return ("line", str(line.pk), name), ("source", line.source, line.get_source_display())


def _moves(kinds: dict[str, tuple[Decimal, Decimal]]) -> Row:
    """What one allocation moved: paid and refunded within the year; bound and not paid at its end."""

    def ever(kind: str) -> Decimal:
        return kinds.get(kind, (ZERO, ZERO))[0]

    def within(kind: str) -> Decimal:
        return kinds.get(kind, (ZERO, ZERO))[1]

    paid = ever("pay") - ever("refund")
    bound = ever("contract") - ever("release_contract")
    return Row(
        "", "", final=within("pay") - within("refund"), carried=max(bound - paid, ZERO), returned=within("refund")
    )


def _ordered(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.name, row.key))
