"""Ways to special audits and their findings, by operations from a signed contract on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from audit.engagements.findings import write_finding
from audit.engagements.models import AuditFinding, Engagement, ProgrammeItem
from audit.engagements.operations import (
    enter_field,
    issue_report,
    notify_engagement,
    reply_draft,
    send_draft,
    start_engagement,
    write_paper,
)
from audit.engagements.queries import candidates
from core import clock
from core.documents import Document, store
from procurement.contracts.models import Contract
from tests.cast import Cast


def evidence(cast: Cast, name: str = "对账单.txt") -> Document:
    """A stored paper."""
    return store(b"statement", name=name, actor=cast.actor("auditor"), purpose="audit_evidence")


def started_engagement(cast: Cast, contract: Contract, **fields: Any) -> Engagement:
    """An audit of a contract, led by the funds reviewer with discipline and finance."""
    given: dict[str, Any] = {
        "reason": "年度审计计划",
        "members": [each for each in candidates(contract) if each.role != "funds_reviewer"],
        "field_on": clock.today() + timedelta(days=4),
        "due_on": clock.today() + timedelta(days=24),
    }
    return start_engagement(contract, actor=cast.actor("auditor"), **(given | fields))


def field_engagement(cast: Cast, contract: Contract) -> Engagement:
    """In the field, four days after the notice."""
    engagement = notify_engagement(started_engagement(cast, contract), actor=cast.actor("auditor"))
    with clock.travel(clock.local(clock.now()) + timedelta(days=4)):
        return enter_field(engagement, actor=cast.actor("auditor"))


def papered(cast: Cast, engagement: Engagement, issue: str = "funds", **fields: Any) -> AuditFinding:
    """A paper for every item, and one finding from the last item of a scope."""
    items = list(engagement.items.all())
    wrong = [each for each in items if each.scope == issue][-1]
    for each in items:
        found = {"facts": "已核对，与记录一致。", "conclusion": "ok"}
        if each.pk == wrong.pk:
            found = {"facts": "有一笔支出无活动对应。", "conclusion": "issue", "papers": [evidence(cast)]}
        write_paper(each, actor=cast.actor("discipline"), **found)
    return found_in(cast, wrong, **fields)


def found_in(cast: Cast, item: ProgrammeItem, **fields: Any) -> AuditFinding:
    """A finding of 1,200.00 yuan, for the provider, until the end of October 2026."""
    given: dict[str, Any] = {
        "kind": "voucher",
        "title": "一笔物资支出没有对应的活动",
        "statement": "2026-09-01 物资支出 1,200.00 元，没有活动记录对应。",
        "amount": Decimal("1200.00"),
        "clause": "合同第七条：专款专用",
        "demand": "退回 1,200.00 元或补充证明",
        "responsible": "provider",
        "due_on": date(2026, 10, 31),
    }
    return write_finding(item, actor=cast.actor("auditor"), **(given | fields))


def sent_engagement(cast: Cast, contract: Contract, **fields: Any) -> tuple[Engagement, AuditFinding]:
    """The draft before both sides, with one finding."""
    engagement = field_engagement(cast, contract)
    finding = papered(cast, engagement, **fields)
    engagement = Engagement.objects.select_related("contract", "buyer").get(pk=engagement.pk)
    send_draft(engagement, actor=cast.actor("auditor"), opinion="总体合规，个别支出依据不足。")
    return engagement, finding


def issued_engagement(cast: Cast, contract: Contract, **fields: Any) -> tuple[Engagement, AuditFinding]:
    """The report issued; both sides had agreed."""
    engagement, finding = sent_engagement(cast, contract, **fields)
    reply_draft(engagement, actor=cast.actor("leader"), agrees=True)
    reply_draft(engagement, actor=cast.actor("provider1"), agrees=True)
    issue_report(engagement, actor=cast.actor("auditor"))
    return engagement, AuditFinding.objects.select_related("engagement__contract").get(pk=finding.pk)
