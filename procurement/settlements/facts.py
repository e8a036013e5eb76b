"""What a settlement is made of, read once for page, PDF and workbook (结算数据): a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from core import clock
from core.money import ZERO, capitals
from core.printed import Printed
from procurement.contracts.models import ContractFunding
from procurement.settlements.models import Settlement
from procurement.settlements.queries import payments_made
from procurement.settlements.working import Operation, Terms, operations_of


@dataclass(frozen=True)
class Row:
    """One contract line as settled; amounts in yuan."""

    n: int
    name: str
    unit: str
    contracted: int
    accepted: int
    unit_price: Decimal
    amount: Decimal
    note: str

    @property
    def counted(self) -> int:
        """What counts."""
        return min(self.contracted, self.accepted)


@dataclass(frozen=True)
class Source:
    """What the contract takes of one budget line, in yuan."""

    name: str
    source: str
    purpose: str
    amount: Decimal


@dataclass(frozen=True)
class SettlementReport(Printed):
    """Everything that the settlement report says, with nothing to be looked up any more."""

    issuer: str
    number: str
    title: str
    kind: str
    addressee: str
    contract_number: str
    contract_title: str
    contract_amount: Decimal
    starts_on: date
    ends_on: date
    accepted_on: date | None
    accepted_by: str
    milestone: str
    rows: tuple[Row, ...]
    value: Decimal
    gross: Decimal
    total: Decimal
    paid_before: Decimal
    payable: Decimal
    operations: tuple[Operation, ...]
    sources: tuple[Source, ...]
    balance: Decimal
    drawn_by: str
    checked_by: str
    approved_by: str
    issued_on: date
    draft: bool

    @property
    def payable_words(self) -> str:
        """The payable amount, or the refund, in capitals (大写)."""
        return capitals(abs(self.payable))

    @property
    def total_words(self) -> str:
        """The settled sum in capitals."""
        return capitals(self.total)

    @property
    def is_refund(self) -> bool:
        """Whether the provider owes."""
        return self.payable < ZERO

    @property
    def chart(self) -> list[dict[str, object]]:
        """The bars: each line's settled amount before its contracted one."""
        return [
            {"label": row.name, "value": row.amount, "planned": row.contracted * row.unit_price} for row in self.rows
        ]


def report_of(settlement: Settlement) -> SettlementReport:
    """Read a settlement for its report.

    settlement  with contract, provider and buyer fetched (visible_settlements does)
    returns     the figures; `balance` is what the contract leaves unspent once this is paid (final settlements only)
    writes      nothing; at most seven queries whatever the number of lines
    """
    contract = settlement.contract
    rows = rows_of(settlement)
    earlier = [each for each in payments_made(contract) if _place(each) < _place(settlement)]
    own = [(f"{cut.reason}，{cut.clause}", cut.amount) for cut in settlement.deductions.all()]
    whole = settlement.kind != "milestone"
    terms = Terms(
        lines=len(rows),
        value=settlement.accepted_value,
        contract_amount=contract.amount,
        gross=settlement.gross_amount,
        payable=settlement.payable_amount,
        share=settlement.milestone.share if settlement.milestone else None,
        factor=settlement.quality_factor,
        grade=contract.quality_grade if whole and contract.quality_factors else "",
        cuts=own,
        earlier_cuts=settlement.deduction_amount - sum((amount for _ground, amount in own), ZERO),
        payments=[_payment(each) for each in earlier] if whole else [],
    )
    at = settlement.approved_at or settlement.created_at
    acceptance = settlement.acceptance
    fundings = ContractFunding.objects.filter(contract=contract).select_related("allocation__line").order_by("pk")
    return SettlementReport(
        issuer=settlement.buyer.name,
        number=settlement.number or "",
        title=f"{contract.title}{settlement.name}报告",
        kind=settlement.name,
        addressee=contract.provider.name,
        contract_number=contract.number or "",
        contract_title=contract.title,
        contract_amount=contract.amount,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        accepted_on=clock.local(acceptance.accepted_at).date() if acceptance and acceptance.accepted_at else None,
        accepted_by=acceptance.accepted_by_name if acceptance else "",
        milestone=settlement.milestone.name if settlement.milestone else "",
        rows=tuple(rows),
        value=settlement.accepted_value,
        gross=settlement.gross_amount,
        total=settlement.gross_amount - settlement.deduction_amount,
        paid_before=settlement.paid_before,
        payable=settlement.payable_amount,
        operations=tuple(operations_of(terms)),
        sources=tuple(
            Source(
                each.allocation.line.name,
                each.allocation.line.get_source_display(),
                each.allocation.line.purpose,
                each.amount,
            )
            for each in fundings
        ),
        balance=contract.amount - settlement.gross_amount + settlement.deduction_amount if whole else ZERO,
        drawn_by=settlement.drawn_by_name,
        checked_by=settlement.checked_by_name,
        approved_by=settlement.approved_by_name,
        issued_on=clock.local(at).date(),
        draft=settlement.status in {"drawn", "checked", "returned"},
    )


def _place(settlement: Settlement) -> tuple[int, int, datetime]:
    """Where a settlement stands in its contract: milestones in their order, then the final one, then what follows."""
    kinds = [name for name, _label in Settlement.KINDS]
    return kinds.index(settlement.kind), settlement.milestone.n if settlement.milestone else 0, settlement.created_at


def _payment(settlement: Settlement) -> tuple[str, Decimal, str]:
    """A payment before, as an operation's ground, amount and address."""
    day = f"{clock.local(settlement.approved_at):%m-%d} " if settlement.approved_at else ""
    return f"{day}{settlement.name}", settlement.payable_amount, settlement.get_absolute_url()


def rows_of(settlement: Settlement) -> list[Row]:
    """The settled lines with the acceptance's note why less; two queries."""
    notes = {row.line_id: row.note for row in settlement.acceptance.lines.all()} if settlement.acceptance else {}
    return [
        Row(
            n=row.line.n,
            name=row.line.name,
            unit=row.line.unit,
            contracted=row.contracted_quantity,
            accepted=row.accepted_quantity,
            unit_price=row.unit_price,
            amount=row.amount,
            note=notes.get(row.line_id, "")
            or (_("超出合同的不计") if row.accepted_quantity > row.contracted_quantity else ""),
        )
        for row in settlement.lines.select_related("line")
    ]
