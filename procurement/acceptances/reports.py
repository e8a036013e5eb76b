"""The certificate of acceptance (验收书): group, items, quantities, standards, what service users said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from core import clock
from core.actor import Actor
from core.printed import Printed
from core.reports import report
from procurement.acceptances.models import Acceptance
from procurement.acceptances.queries import JUDGED, visible_acceptances
from procurement.opinions.queries import opinion_of


@dataclass(frozen=True)
class Line:
    """One contract line as accepted; quantities are cumulative."""

    n: int
    name: str
    unit: str
    contracted: int
    claimed: int
    accepted: int
    note: str


@dataclass(frozen=True)
class Standard:
    """One service standard as found."""

    name: str
    target: str
    is_met: bool


@dataclass(frozen=True)
class Certificate(Printed):
    """Everything that the certificate says; satisfied is None where too few answered to be shown."""

    issuer: str
    number: str
    title: str
    contract_title: str
    contract_number: str
    provider: str
    milestone: str
    result: str
    summary: str
    opinion: str
    group: tuple[tuple[str, datetime | None], ...]
    rows: tuple[Line, ...]
    standards: tuple[Standard, ...]
    asked: int
    satisfied: int | None
    least: int
    issued_on: date


def can_read_certificate(actor: Actor, acceptance: Acceptance) -> bool:
    """Whoever sees the acceptance, once it was judged."""
    return acceptance.status in JUDGED and visible_acceptances(actor).filter(pk=acceptance.pk).exists()


@report(
    "procurement.acceptance",
    label="验收书",
    model="procurement.acceptances.models.Acceptance",
    template="reports/acceptance.html",
    can_ask=can_read_certificate,
)
def certificate_of(acceptance: Acceptance) -> Certificate:
    """A judged acceptance as its certificate; a fixed number of queries."""
    found = Acceptance.objects.select_related("buyer", "milestone", "notice", "contract__provider").get(
        pk=acceptance.pk
    )
    contract, said = found.contract, opinion_of(found.contract)
    rows = found.lines.select_related("line").order_by("line__n")
    results = found.standard_results.select_related("standard").order_by("standard__n")
    at = found.accepted_at or found.created_at
    return Certificate(
        issuer=found.buyer.name,
        number=found.notice.number if found.notice else "",
        title=f"{contract.title}验收书",
        contract_title=contract.title,
        contract_number=contract.number or "",
        provider=contract.provider.name,
        milestone=found.milestone.name,
        result=found.status_label,
        summary=found.summary,
        opinion=found.opinion,
        group=(
            (found.accepted_by_name, None),
            *((each.name, each.confirmed_at) for each in found.group.all()),
            *((name, None) for name in found.members.split("、") if name),
        ),
        rows=tuple(
            Line(
                row.line.n, row.line.name, row.line.unit, row.line.quantity, row.claimed_quantity,
                row.accepted_quantity or 0, row.note,
            )
            for row in rows
        ),
        standards=tuple(Standard(each.standard.name, each.standard.target, each.is_met) for each in results),
        asked=said.asked,
        satisfied=said.satisfied,
        least=said.least,
        issued_on=clock.local(at).date(),
    )  # fmt: skip
