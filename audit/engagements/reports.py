"""The audit report (审计报告): a draft for comment until it is issued, then what was issued, with what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from audit.engagements.models import Engagement, ProgrammeItem
from audit.engagements.queries import SENT, with_conclusion
from audit.permissions.engagements import BODIES, can_read_papers
from core import clock
from core.actor import Actor
from core.money import ZERO
from core.printed import Printed
from core.reports import report

WORDS = {"ok": "符合", "issue": "发现问题", "na": "不适用"}


@dataclass(frozen=True)
class Looked:
    """One item as it was looked at."""

    n: int
    title: str
    expected: str
    facts: str
    result: str


@dataclass(frozen=True)
class Found:
    """One finding; amounts in yuan. state: how far its rectification is, "" before the report."""

    n: int
    kind: str
    title: str
    facts: str
    amount: Decimal
    clause: str
    demand: str
    responsible: str
    due_on: date
    state: str
    answer: str
    put_right: Decimal


@dataclass(frozen=True)
class AuditReport(Printed):
    """Everything that the report says."""

    issuer: str
    number: str
    title: str
    addressee: str
    contract_number: str
    provider: str
    amount: Decimal
    starts_on: date
    ends_on: date
    notice: str
    reason: str
    team: tuple[str, ...]
    field_on: date
    scopes: tuple[tuple[str, tuple[Looked, ...]], ...]
    opinion: str
    findings: tuple[Found, ...]
    replies: tuple[tuple[str, str], ...]
    conclusion: str
    draft: bool
    issued_on: date

    @property
    def total(self) -> Decimal:
        """What the findings concern together, in yuan."""
        return sum((each.amount for each in self.findings), ZERO)


def can_read_report(actor: Actor, engagement: Engagement) -> bool:
    """Both sides once the draft was sent to them; whoever reads the papers from then on too."""
    near = actor.belongs_to(engagement.buyer_id) or actor.belongs_to(engagement.provider_id)
    return engagement.status in SENT and (near or can_read_papers(actor, engagement))


@report(
    "audit.engagement",
    label="审计报告",
    model="audit.engagements.models.Engagement",
    template="reports/audit.html",
    can_ask=can_read_report,
)
def audit_report(engagement: Engagement) -> AuditReport:
    """An audit as its report; a fixed number of queries. Working papers are summed up, their evidence stays inside."""
    found = Engagement.objects.select_related("buyer", "contract", "provider").get(pk=engagement.pk)
    contract, labels = found.contract, dict(ProgrammeItem.SCOPES)
    items = list(with_conclusion(found.items.prefetch_related("papers")))
    issued = found.issued_at is not None
    return AuditReport(
        issuer=found.buyer.name,
        number=found.report_number or "",
        title=f"{contract.title}专项审计报告",
        addressee=found.provider.name,
        contract_number=contract.number or "",
        provider=found.provider.name,
        amount=contract.amount,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        notice=found.number or "",
        reason=found.reason,
        team=tuple(f"{BODIES[seat['role']]} {seat['name']}（{seat['organization']}）" for seat in found.team),
        field_on=found.field_on,
        scopes=tuple(
            (
                label,
                tuple(
                    Looked(each.n, each.title, each.expected, papers[0].facts if papers else "", _word(each))
                    for each in items
                    if each.scope == scope
                    for papers in [each.papers.all()]
                ),
            )
            for scope, label in labels.items()
        ),
        opinion=found.opinion,
        findings=tuple(
            Found(
                each.n, each.get_kind_display(), each.title, each.statement, each.amount, each.clause, each.demand,
                each.get_responsible_display(), each.due_on, each.status_label if issued else "", each.answer,
                each.put_right,
            )
            for each in found.findings.exclude(status="dropped").order_by("n")
        ),
        replies=tuple((each.get_side_display(), each.text or "没有异议。") for each in found.replies.all()),
        conclusion=found.conclusion,
        draft=not issued,
        issued_on=clock.local(found.issued_at or found.draft_sent_at or found.created_at).date(),
    )  # fmt: skip


def _word(item: ProgrammeItem) -> str:
    return WORDS.get(item.conclusion, "")  # type: ignore[attr-defined]  # annotated by with_conclusion
