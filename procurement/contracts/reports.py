"""The contract as a document (合同文本): the frozen PDF that both sides sign, and the signed copy as a report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core import journal
from core.money import capitals
from core.outbox import on_topic
from core.pdf import render_pdf
from core.printed import Printed
from core.reports import report
from procurement.contracts.drafting import attach_pdf
from procurement.contracts.models import Contract
from procurement.contracts.queries import with_parts
from procurement.contracts.wording import pledges_of
from procurement.permissions.contracts import can_read_report

TEMPLATE = "reports/contract.html"


@dataclass(frozen=True)
class ContractText(Printed):
    """Everything that stands in the contract; signed is empty in the text that is to be signed."""

    issuer: str
    number: str
    title: str
    contract_title: str
    amount: Decimal
    starts_on: date
    ends_on: date
    place: str
    scope: tuple[str, ...]
    terms: tuple[str, ...]
    lines: tuple[dict[str, Any], ...]
    milestones: tuple[dict[str, Any], ...]
    standards: tuple[dict[str, str], ...]
    sources: tuple[dict[str, Any], ...]
    factors: tuple[tuple[str, str], ...]
    buyer: dict[str, str]
    provider: dict[str, str]
    related: str
    clauses: tuple[dict[str, str], ...]
    pledges: tuple[dict[str, str], ...]
    digest: str
    signed: tuple[dict[str, Any], ...]
    signed_at: datetime | None
    issued_on: date

    @property
    def amount_words(self) -> str:
        """The amount in capitals (大写)."""
        return capitals(self.amount)

    @property
    def parties(self) -> list[dict[str, Any]]:
        """Both sides for the signature block, with who signed when."""
        by = {each["side"]: each for each in self.signed}
        return [
            {"role": role, **party, "person": by.get(side, {}).get("name", ""), "at": by.get(side, {}).get("at")}
            for role, side, party in (("采购人", "buyer", self.buyer), ("承接单位", "provider", self.provider))
        ]


def text_of(contract: Contract, *, with_signatures: bool) -> ContractText:
    """Read a contract for printing; a fixed number of queries.

    with_signatures  False for the text to be signed, so that it is the same whoever signs first
    """
    found = with_parts(Contract.objects.select_related("buyer", "provider")).get(pk=contract.pk)
    frozen_on = found.parties.get("frozen_on")
    standing = [each for each in found.signatures.all() if each.voided_at is None] if with_signatures else []
    return ContractText(
        issuer=found.buyer.name,
        number=found.number or "",
        title=f"{found.title}购买服务合同",
        contract_title=found.title,
        amount=found.amount,
        starts_on=found.starts_on,
        ends_on=found.ends_on,
        place=found.place,
        scope=tuple(part for part in found.scope.splitlines() if part.strip()),
        terms=tuple(part for part in found.terms.splitlines() if part.strip()),
        lines=tuple(
            {
                "n": each.n,
                "name": each.name,
                "unit": each.unit,
                "quantity": each.quantity,
                "unit_price": each.unit_price,
                "amount": each.amount,
            }
            for each in found.lines.all()
        ),
        milestones=tuple(
            {"n": each.n, "name": each.name, "share": each.share, "due_on": each.due_on}
            for each in found.milestones.all()
        ),
        standards=tuple(
            {"name": each.name, "target": each.target, "evidence": each.evidence} for each in found.standards.all()
        ),
        sources=tuple(
            {
                "name": each.allocation.line.name,
                "source": each.allocation.line.get_source_display(),
                "purpose": each.allocation.line.purpose,
                "amount": each.amount,
            }
            for each in found.fundings.all()
        ),
        factors=tuple(found.quality_factors.items()),
        buyer=found.parties.get("buyer", {"name": found.buyer.name}),
        provider=found.parties.get("provider", {"name": found.provider.name}),
        related=found.parties.get("related", ""),
        clauses=tuple(found.clauses),
        pledges=tuple(
            pledges_of(
                found.parties.get("buyer", {}).get("name", found.buyer.name),
                found.parties.get("provider", {}).get("name", found.provider.name),
            )
        ),
        digest=found.digest if with_signatures else "",
        signed=tuple(
            {
                "side": each.side,
                "name": each.signer_name,
                "organization": each.organization_name,
                "at": each.at,
                "digest": each.digest,
            }
            for each in standing
        ),
        signed_at=found.signed_at if with_signatures else None,
        issued_on=date.fromisoformat(frozen_on) if frozen_on else found.starts_on,
    )


@on_topic("contract_pdf")
def print_contract(payload: dict[str, Any]) -> None:
    """Print a frozen contract and attach the file; repeats safely, and comes to nothing when the text went back to draft."""
    contract = Contract.objects.get(pk=payload["contract"])
    if contract.status != "signing" or contract.version != payload["version"] or contract.document_id:
        return
    data = text_of(contract, with_signatures=False)
    content = render_pdf(TEMPLATE, {"report": data, "thing": contract}, journal_head=journal.head(contract))
    attach_pdf(payload["contract"], payload["version"], content)


@report(
    "procurement.contract",
    label="合同文本",
    model="procurement.contracts.models.Contract",
    template=TEMPLATE,
    can_ask=can_read_report,
)
def contract_report(contract: Contract) -> ContractText:
    """The contract with who signed which digest when."""
    return text_of(contract, with_signatures=True)
