"""The tree of a year's money (决算追溯): year, budget lines, contracts, payments, what a payment is made of, and its evidence.

One path is open at a time, so that the number of questions does not grow with the year. Each amount is read from one
record and compared with what stands below it in another: allocations with the ledger, the ledger with the splits of the
treasury's orders, those with the reckoning of the settlement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, F, QuerySet, Sum, When
from django.utils.translation import gettext as _

from audit.tracing.queries import traced_lines
from core import clock
from core.actor import Actor
from core.money import ZERO, MoneyField
from procurement.activities.models import ServiceUnit
from procurement.budgets.models import BudgetLine, LedgerEntry
from procurement.expenses.models import Expense
from procurement.payments.models import PaymentSplit
from procurement.settlements.models import SettlementLine

STEPS: Final = ("year", "line", "contract", "payment", "part", "proof")
"""The six links of the chain, from the year down to an activity or a voucher."""
MOST: Final = 200
"""So many rows below one node; what is beyond is told as one row that leads to the list."""


@dataclass(frozen=True)
class Node:
    """One row of the tree.

    key     address of the row within the tree: the keys of its path, joined by "/"; "" is the year
    amount  yuan; None where the row is counted, not paid (an activity of a contract by quantity)
    below   what stands below it in another record, yuan; None where nothing stands below
    thing   what the evidence is shown of; None for a row of arithmetic
    """

    step: str
    key: str
    label: str
    note: str = ""
    amount: Decimal | None = None
    below: Decimal | None = None
    thing: Any = field(default=None, compare=False)

    @property
    def level(self) -> int:
        """Depth below the year."""
        return self.key.count("/") + 1 if self.key else 0

    @property
    def same(self) -> bool | None:
        """Whether it equals the sum of what stands below; None where there is nothing to compare."""
        return None if self.below is None else self.amount == self.below


def tree(actor: Actor, year: int, path: list[str]) -> tuple[list[Node], list[Node]]:
    """The year with one path open.

    path     keys of the nodes to open, from the line down: ["line", "contract", "payment", "part", "proof"]
    returns  the rows in the order of the page; the nodes of the path that exist, from the year down
    queries  the same number whatever the year's size
    """
    lines = list(traced_lines(actor).filter(fiscal_year=year).order_by("buyer__name", "code", "pk"))
    moved = _moved(lines)
    total = sum(moved.values(), ZERO)
    paid = sum((_paid(line) for line in lines), ZERO)
    approved = sum((line.approved_amount for line in lines), ZERO)
    top = Node("year", "", _("%(year)s 年") % {"year": year}, note=str(approved), amount=paid, below=total)
    rows, trail = [top], [top]
    children: Iterable[Node] = (
        Node("line", str(line.pk), line.name, note=line.code, amount=_paid(line), below=moved.get(line.pk, ZERO), thing=line)
        for line in lines
    )  # fmt: skip
    rows += _opened(list(children), path, trail)
    return rows, trail


def _opened(children: list[Node], path: list[str], trail: list[Node]) -> list[Node]:
    """The children, and below the one that the path names its own children."""
    rows: list[Node] = []
    for child in children:
        rows.append(child)
        if path and child.key.rpartition("/")[2] == path[0]:
            trail.append(child)
            if child.step in BELOW:
                rows += _opened(list(BELOW[child.step](child, trail)), path[1:], trail)
    return rows


def _paid(line: BudgetLine) -> Decimal:
    return line.paid_sum or ZERO  # type: ignore[attr-defined]  # annotated by traced_lines


SIGNED = Case(When(kind="pay", then=F("amount")), default=-F("amount"), output_field=MoneyField())


def _movements(lines: Iterable[BudgetLine]) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(allocation__line__in=[line.pk for line in lines], kind__in=("pay", "refund"))


def _moved(lines: list[BudgetLine]) -> dict[UUID, Decimal]:
    """What the ledger says was paid out of each line. One query."""
    return dict(_movements(lines).order_by().values_list("allocation__line").annotate(total=Sum(SIGNED)))


def _contracts(node: Node, trail: list[Node]) -> Iterator[Node]:
    """The contracts of a line by the treasury's orders, with what the ledger says of each; grants stand beside them."""
    line: BudgetLine = node.thing
    ledger = _by_reference(line)
    found: dict[UUID, list[PaymentSplit]] = {}
    for split in _splits(line):
        found.setdefault(split.payment.settlement.contract_id, []).append(split)
    for key, splits in found.items():
        contract = splits[0].payment.settlement.contract
        references = {split.payment.journal_key for split in splits}
        yield Node(
            "contract", f"{node.key}/{key}", contract.title, note=contract.number or "",
            amount=sum((split.amount for split in splits), ZERO),
            below=sum((ledger.pop(each, (ZERO, ""))[0] for each in references), ZERO), thing=(contract, line),
        )  # fmt: skip
    for reference, (amount, label) in ledger.items():
        yield Node("other", f"{node.key}/{reference}", label, amount=amount, thing=reference)


def _by_reference(line: BudgetLine) -> dict[str, tuple[Decimal, str]]:
    """What each paper moved out of the line. One query."""
    rows = (
        _movements([line]).values_list("reference", "reference_label").annotate(total=Sum(SIGNED)).order_by("reference")
    )
    found: dict[str, tuple[Decimal, str]] = {}
    for reference, label, total in rows:
        before = found.get(reference, (ZERO, label))
        found[reference] = (before[0] + total, before[1])
    return found


def _splits(line: BudgetLine, **more: Any) -> QuerySet[PaymentSplit]:
    """What was paid out of the line, order by order, oldest first; a bounced order is none. One query."""
    rows = PaymentSplit.objects.filter(allocation__line=line, payment__status="paid", **more)
    return rows.select_related("payment__settlement__contract", "payment__settlement__milestone").order_by(
        "payment__paid_on", "pk"
    )


def _payments(node: Node, trail: list[Node]) -> Iterator[Node]:
    """The payments of a contract out of a line, each with the reckoning of its settlement. Two queries more."""
    contract, line = node.thing
    rows = _splits(line, payment__settlement__contract=contract)
    for split in rows.prefetch_related("payment__settlement__lines__line", "payment__settlement__deductions"):
        yield Node(
            "payment", f"{node.key}/{split.pk}", split.payment.settlement.name, note=split.payment.number or "",
            amount=split.amount, below=sum((amount for _w, amount, _l in _reckoning(split)), ZERO), thing=split,
        )  # fmt: skip


def _reckoning(split: PaymentSplit) -> list[tuple[str, Decimal, SettlementLine | None]]:
    """How a settlement comes to what was paid from this source: word, yuan, contract line. Adds up or is told as wrong."""
    settlement = split.payment.settlement
    lines = list(settlement.lines.all())
    found: list[tuple[str, Decimal, SettlementLine | None]] = [(each.line.name, each.amount, each) for each in lines]
    found.append(
        (_("按节点比例或质量系数计"), settlement.gross_amount - sum((each.amount for each in lines), ZERO), None)
    )
    why = "；".join(cut.reason for cut in settlement.deductions.all())
    found.append((_("扣减：%(why)s") % {"why": why}, -settlement.deduction_amount, None))
    if settlement.kind != "milestone":
        found.append((_("减：此前已付"), -settlement.paid_before, None))
    found.append((_("其中由其他资金承担"), split.amount - split.payment.amount, None))
    return [each for each in found if each[1] or each[2]]


def _parts(node: Node, trail: list[Node]) -> Iterator[Node]:
    for n, (word, amount, line) in enumerate(_reckoning(node.thing), start=1):
        note = ""
        if line is not None:
            note = _("核定 %(accepted)s / 合同 %(contracted)s") % {
                "accepted": line.accepted_quantity, "contracted": line.contracted_quantity,
            }  # fmt: skip
        yield Node("part", f"{node.key}/{n}", word, note=note, amount=amount, thing=line)


def _proofs(node: Node, trail: list[Node]) -> Iterator[Node]:
    """What was done and what was spent of a contract line up to the day of the settlement: activities, then vouchers. Two queries."""
    part: SettlementLine | None = node.thing
    if part is None:
        return
    until = clock.local(part.settlement.created_at).date()
    units = ServiceUnit.objects.filter(line=part.line, activity__status__in=("verified", "counted"))
    units = units.filter(activity__starts_at__date__lte=until)
    units = units.select_related("activity__contract", "activity__provider", "activity__region")
    for unit in units.order_by("activity__starts_at", "pk")[:MOST]:
        yield Node(
            "proof", f"{node.key}/a{unit.activity_id}", f"{unit.activity.hours_label} {unit.activity.title}",
            note=f"{unit.quantity} {part.line.unit}", thing=unit.activity,
        )  # fmt: skip
    spent = Expense.objects.filter(line=part.line, status="accepted", spent_on__lte=until).select_related(
        "contract", "provider", "line"
    )
    for expense in spent.order_by("spent_on", "pk")[:MOST]:
        yield Node(
            "proof", f"{node.key}/e{expense.pk}", _("凭证 %(payee)s") % {"payee": expense.payee},
            note=f"{expense.spent_on:%m-%d}", amount=expense.amount, thing=expense,
        )  # fmt: skip


BELOW: Mapping[str, Callable[[Node, list[Node]], Iterator[Node]]] = {
    "line": _contracts,
    "contract": _payments,
    "payment": _parts,
    "part": _proofs,
}
