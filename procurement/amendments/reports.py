"""The amendment as a document (补充协议文本): the PDF that both sides sign, and the signed copy as a report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core import clock, journal
from core.actor import Actor
from core.money import capitals
from core.outbox import on_topic
from core.pdf import render_pdf
from core.printed import Printed
from core.reports import report
from procurement.amendments.models import Amendment
from procurement.amendments.operations import attach_amendment_pdf
from procurement.amendments.queries import visible_amendments

TEMPLATE = "reports/amendment.html"


@dataclass(frozen=True)
class Change:
    """One contract line that changes; the unit price never does. Amounts in yuan."""

    name: str
    unit: str
    before: int
    after: int
    unit_price: Decimal
    difference: Decimal


@dataclass(frozen=True)
class AmendmentText(Printed):
    """Everything that stands in the amendment; signed is empty in the text that is to be signed."""

    issuer: str
    number: str
    title: str
    contract_title: str
    contract_number: str
    buyer: dict[str, str]
    provider: dict[str, str]
    reason: str
    grounds: str
    rows: tuple[Change, ...]
    difference: Decimal
    amount_before: Decimal
    amount_after: Decimal
    ends_on: date | None
    place: str
    signed: tuple[dict[str, Any], ...]
    digest: str
    issued_on: date

    @property
    def amount_words(self) -> str:
        """The new amount in capitals (大写)."""
        return capitals(self.amount_after)

    @property
    def parties(self) -> list[dict[str, Any]]:
        """Both sides for the signature block, with who signed when."""
        by = {each["side"]: each for each in self.signed}
        return [
            {"role": role, **party, "person": by.get(side, {}).get("name", ""), "at": by.get(side, {}).get("at")}
            for role, side, party in (("采购人", "buyer", self.buyer), ("承接单位", "provider", self.provider))
        ]


def text_of(amendment: Amendment, *, with_signatures: bool) -> AmendmentText:
    """Read an amendment for printing; a fixed number of queries.

    with_signatures  False for the text to be signed, so that it is the same whoever signs first
    """
    found = Amendment.objects.select_related("buyer", "contract__buyer", "contract__provider").get(pk=amendment.pk)
    contract = found.contract
    at: datetime = found.effective_at or found.created_at
    after = contract.amount if found.effective_at else contract.amount + found.difference
    return AmendmentText(
        issuer=found.buyer.name,
        number=found.number or "",
        title=f"{contract.title}补充协议（{found.n}）",
        contract_title=contract.title,
        contract_number=contract.number or "",
        buyer=contract.parties.get("buyer", {"name": contract.buyer.name}),
        provider=contract.parties.get("provider", {"name": contract.provider.name}),
        reason=found.get_code_display(),
        grounds=found.grounds,
        rows=tuple(
            Change(
                row.line.name, row.line.unit, row.quantity_before, row.quantity_after, row.line.unit_price,
                row.line.unit_price * (row.quantity_after - row.quantity_before),
            )
            for row in found.lines.select_related("line")
        ),
        difference=found.difference,
        amount_before=after - found.difference,
        amount_after=after,
        ends_on=found.ends_on,
        place=found.place,
        signed=tuple(
            {"side": each.side, "name": each.signer_name, "organization": each.organization_name, "at": each.at,
             "digest": each.digest}
            for each in (found.signatures.all() if with_signatures else ())
        ),
        digest=found.digest if with_signatures else "",
        issued_on=clock.local(at).date(),
    )  # fmt: skip


@on_topic("amendment_pdf")
def print_amendment(payload: dict[str, Any]) -> None:
    """Print an approved amendment and attach the file; repeats safely, and comes to nothing when it was withdrawn."""
    amendment = Amendment.objects.get(pk=payload["amendment"])
    if amendment.status != "signing" or amendment.document_id:
        return
    data = text_of(amendment, with_signatures=False)
    content = render_pdf(TEMPLATE, {"report": data, "thing": amendment}, journal_head=journal.head(amendment))
    attach_amendment_pdf(payload["amendment"], content)


def can_read_amendment(actor: Actor, amendment: Amendment) -> bool:
    """Whoever sees the amendment, once it was approved."""
    return bool(amendment.number) and visible_amendments(actor).filter(pk=amendment.pk).exists()


@report(
    "procurement.amendment",
    label="补充协议文本",
    model="procurement.amendments.models.Amendment",
    template=TEMPLATE,
    can_ask=can_read_amendment,
)
def amendment_report(amendment: Amendment) -> AmendmentText:
    """The amendment with who signed which digest when."""
    return text_of(amendment, with_signatures=True)
