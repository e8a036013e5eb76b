"""The figures of a year's account (决算取数): the ledger's movements folded by line, source, class, category and street."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, Sum

from core.money import ZERO
from procurement.budgets.models import Allocation, BudgetLine, LedgerEntry
from procurement.final_accounts.models import OTHER, FinalAccountRow
from procurement.grants.queries import case_counted
from procurement.projects.models import Project

# What a row says, as it is called on paper; the first two only where the dimension has a budget of its own.
FIGURES = {
    "budget": "预算数",
    "adjusted": "调整预算数",
    "brought": "上年结转",
    "final": "决算数",
    "carried": "结转",
    "returned": "退回",
}


@dataclass
class Row:
    """One row, in yuan; budget and adjusted are None where the dimension has no budget of its own."""

    key: str
    name: str
    budget: Decimal | None = None
    adjusted: Decimal | None = None
    brought: Decimal = ZERO
    final: Decimal = ZERO
    carried: Decimal = ZERO
    returned: Decimal = ZERO

    def add(self, other: Row) -> None:
        """Add what another row moved; budgets are added by whoever has them."""
        self.brought += other.brought
        self.final += other.final
        self.carried += other.carried
        self.returned += other.returned

    def grant(self, line: BudgetLine) -> None:
        """Add a line's budget: first approved, and as adjusted."""
        self.budget = (self.budget or ZERO) + line.original_amount
        self.adjusted = (self.adjusted or ZERO) + line.approved_amount


@dataclass
class Figures:
    """A year's rows by dimension, each in the order of its names."""

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
    """The account of a buyer's year, from the ledger by its booking day; four queries, whatever the number of payments.

    A line of the year stands there with its budget even where nothing moved; a line of another year only with what was
    paid, returned, brought in or still bound in this one.
    source  预算法第七十五条: 预算数、调整预算数、决算数; 功能分类 and 经济分类 as the budget has them
    """
    by: dict[str, dict[str, Row]] = {dimension: {} for dimension, _label in FinalAccountRow.DIMENSIONS}
    lines = BudgetLine.objects.filter(buyer_id=buyer_id, fiscal_year=year).exclude(status__in=("requested", "refused"))
    for line in lines:
        for dimension, key, name in _of_line(line):
            by[dimension].setdefault(key, Row(key, name)).grant(line)
    moved = _moves(buyer_id, year)
    allocations = Allocation.objects.select_related("line").in_bulk({allocation for allocation, _case in moved})
    cases = {case for _allocation, case in moved}
    found = Project.objects.filter(pk__in=cases).select_related("region__parent", "item")
    projects = {str(each.pk): each for each in found}
    for (allocation, case), row in moved.items():
        project = projects.get(case)
        category = project.item.category_name if project else OTHER
        street = project.region.street.name if project else OTHER
        places = (*_of_line(allocations[allocation].line), ("category", category, category), ("street", street, street))
        for dimension, key, name in places:
            by[dimension].setdefault(key, Row(key, name)).add(row)
    return Figures({dimension: _ordered(rows.values()) for dimension, rows in by.items()})


def _of_line(line: BudgetLine) -> Iterator[tuple[str, str, str]]:
    """Where a line stands in each dimension that has a budget: (dimension, key, name)."""
    yield "line", str(line.pk), f"{line.fiscal_year} {line.code} {line.name}"
    yield "source", line.source, line.get_source_display()
    yield "function", line.function_class or OTHER, line.function_class or OTHER
    yield "economic", line.economic_class or OTHER, line.economic_class or OTHER


def _moves(buyer_id: UUID, year: int) -> dict[tuple[UUID, str], Row]:
    """What each allocation moved for each case: bound when the year began, paid and refunded within it, bound at its end.

    One query. An allocation moves for its own project; what was set aside for grants, for each project that it rewards.
    """
    begin, end = date(year, 1, 1), date(year + 1, 1, 1)
    sums = (
        LedgerEntry.objects.filter(allocation__line__buyer_id=buyer_id, booked_on__lt=end)
        .exclude(kind__in=("plan", "release_plan"))
        .order_by()
        .annotate(counted=case_counted())
        .values_list("allocation", "counted", "kind")
        .annotate(
            before=Sum("amount", filter=Q(booked_on__lt=begin)), within=Sum("amount", filter=Q(booked_on__gte=begin))
        )
    )
    found: dict[tuple[UUID, str], Row] = {}
    for allocation, case, kind, before, within in sums:
        row = found.setdefault((allocation, case), Row("", ""))
        earlier, now = before or ZERO, within or ZERO
        # Bound and not paid: raised by contracts and refunds, lowered by releases and payments.
        sign = 1 if kind in {"contract", "refund"} else -1
        row.brought += sign * earlier
        row.carried += sign * (earlier + now)
        if kind == "refund":
            row.returned += now
        if kind in {"pay", "refund"}:
            row.final -= sign * now
    return {key: row for key, row in found.items() if row.brought or row.final or row.carried or row.returned}


def _ordered(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.name, row.key))
