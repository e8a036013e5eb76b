"""Pages of the special audits (专项审计) and of their findings (审计发现); what they show elsewhere; what waits for whom."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.engagements import boards
from audit.engagements.models import AuditFinding, Engagement, ProgrammeItem
from audit.engagements.queries import (
    OPEN,
    SENT,
    tally_of,
    to_lead,
    to_rectify,
    to_reply,
    to_verify,
    to_write,
    visible_engagements,
    visible_findings,
    with_conclusion,
)
from audit.permissions.engagements import BODIES, PROVIDER_ROLES, can_read_papers, can_reply
from core import clock, duties, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.job_pages import report_section
from core.pages import room_urls
from core.presence import Question
from core.rooms import Column, Figure, Room, View, register

KINDS = {"ok": "ok", "issue": "bad", "na": "", None: "wait"}


class EngagementFilter(django_filters.FilterSet):
    """Search by contract, provider or number; status, day."""

    q = django_filters.CharFilter(label="合同、单位、文号", method="search")
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in Engagement.lifecycle.statuses.items()]
    )
    due_on = django_filters.DateFromToRangeFilter(label="完成日期")

    def search(self, rows: QuerySet[Engagement], name: str, value: str) -> QuerySet[Engagement]:
        """Contract, its number, provider, the audit's own numbers."""
        return rows.filter(
            Q(contract__title__icontains=value)
            | Q(contract__number__icontains=value)
            | Q(provider__name__icontains=value)
            | Q(number__icontains=value)
            | Q(report_number__icontains=value)
        )


class FindingFilter(django_filters.FilterSet):
    """Search by words or contract; status, kind, side, day."""

    q = django_filters.CharFilter(label="问题、合同、条款", method="search")
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in AuditFinding.lifecycle.statuses.items()]
    )
    kind = django_filters.ChoiceFilter(label="类型", empty_label="全部类型", choices=AuditFinding.KINDS)
    responsible = django_filters.ChoiceFilter(label="责任方", empty_label="全部责任方", choices=AuditFinding.SIDES)
    due_on = django_filters.DateFromToRangeFilter(label="整改期限")

    def search(self, rows: QuerySet[AuditFinding], name: str, value: str) -> QuerySet[AuditFinding]:
        """The finding's words, its clause, the contract."""
        return rows.filter(
            Q(title__icontains=value)
            | Q(clause__icontains=value)
            | Q(engagement__contract__title__icontains=value)
            | Q(engagement__contract__number__icontains=value)
        )


def _figures(engagement: Engagement, actor: Actor) -> list[Figure]:
    tally = tally_of(visible_findings(actor).filter(engagement=engagement))
    found = []
    if tally.findings:
        late = _("逾期 %(n)s 条") % {"n": tally.late} if tally.late else _("待办结 %(n)s 条") % {"n": tally.open}
        found = [
            Figure(_("涉及金额"), tally.amount, _("元"), _("已纠正 %(sum)s 元") % {"sum": f"{tally.put_right:,.2f}"}),
            Figure(_("审计发现"), tally.findings, _("条"), late, kind="hot" if tally.late else ""),
        ]
    if engagement.status == "draft" and engagement.reply_due_at:
        found.append(Figure(_("答复期限"), f"{clock.local(engagement.reply_due_at):%m-%d}"))
    else:
        detail = _("进点 %(day)s") % {"day": engagement.field_on}
        found.append(Figure(_("完成日期"), f"{engagement.due_on:%m-%d}", detail=detail))
    return found


def _files(engagement: Engagement, actor: Actor) -> QuerySet[Document]:
    """The papers' evidence, for those who read the papers."""
    rows = Document.objects.filter(pk__in=engagement.items.values("papers__evidence__document"))
    return rows if can_read_papers(actor, engagement) else rows.none()


def _locked(engagement: Engagement, actor: Actor) -> list[tuple[str, str]]:
    """Buttons that the table offers and the moment refuses."""
    found, status = [], engagement.status
    if status == "draft":
        if can_reply(actor, engagement):
            side = "buyer" if actor.belongs_to(engagement.buyer_id) else "provider"
            if engagement.replies.filter(side=side).exists():
                found.append(("reply", _("本单位已经答复过。")))
        if engagement.reply_due_at and clock.now() < engagement.reply_due_at:
            found.append(("issue", _("等双方答复，或答复期满。")))
    if status == "rectifying" and engagement.findings.filter(status__in=OPEN).exists():
        found.append(("close", _("还有审计发现没有整改合格。")))
    return found


def _context(engagement: Engagement, actor: Actor) -> dict[str, Any]:
    notes = []
    if engagement.status == "rectifying":
        text = _("整改办结前，本合同不能申报奖励性补助；验收、结算和付款照常办理。")
        notes.append({"kind": "warn", "title": _("整改中"), "text": text})
    return {"notes": notes}


ENGAGEMENTS = register(
    Room(
        slug="engagements",
        label="专项审计",
        model=Engagement,
        visible=visible_engagements,
        title=str,
        lookup="number",
        icon="search",
        filterset=EngagementFilter,
        columns=(
            Column("title", "审计", lambda e: (e.contract.title, e.number or e.contract.number or ""), "title",
                   "contract__title"),
            Column("provider", "承接单位", lambda e: e.provider.name, sort="provider__name"),
            Column("lead", "组长", lambda e: e.lead_name, sort="lead_name"),
            Column("report", "报告文号", lambda e: e.report_number or "", sort="report_number"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("due_on", "完成日期", lambda e: e.due_on, "date", "due_on"),
        ),
        default_sort="-due_on",
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("进行中", "open", lambda rows, actor: rows.exclude(status__in=["closed", "cancelled"])),
            View("整改中", "rectifying", lambda rows, actor: rows.filter(status="rectifying")),
            View("已办结", "closed", lambda rows, actor: rows.filter(status="closed")),
        ),
        figures=_figures,
        subtitle=lambda e: [
            e.contract.number or "",
            e.provider.name,
            _("报告 %(number)s") % {"number": e.report_number} if e.report_number else "",
        ],
        files=_files,
        context=_context,
        locked=_locked,
        fields=("id", "contract", "provider", "number", "status", "field_on", "due_on", "report_number", "issued_at"),
        create=("发起审计", "engagements:choose", lambda actor: actor.has("funds_reviewer")),
        empty=("还没有专项审计", "合同生效以后，经审在这里会同财政、纪检发起。"),
    )
)  # fmt: skip


def _finding_files(finding: AuditFinding, actor: Actor) -> QuerySet[Document]:
    return Document.objects.filter(pk__in=finding.files.values("document"))


def _finding_figures(finding: AuditFinding, actor: Actor) -> list[Figure]:
    detail = _("已纠正 %(sum)s 元") % {"sum": f"{finding.put_right:,.2f}"} if finding.rounds else ""
    day = Figure(_("整改期限"), f"{finding.due_on:%m-%d}", detail=finding.get_responsible_display())
    if finding.is_late:
        day = Figure(_("整改期限"), f"{finding.due_on:%m-%d}", detail=_("已逾期"), kind="hot")
    return [Figure(_("涉及金额"), finding.amount, _("元"), detail), day]


FINDINGS = register(
    Room(
        slug="findings",
        label="审计发现",
        model=AuditFinding,
        visible=visible_findings,
        title=str,
        icon="exclamation-diamond",
        filterset=FindingFilter,
        columns=(
            Column("title", "问题", lambda f: (f.title, f.clause), "title", "title"),
            Column("contract", "合同", lambda f: f.engagement.contract.number or f.engagement.contract.title,
                   sort="engagement__contract__number"),
            Column("kind", "类型", lambda f: f.get_kind_display(), "tag", "kind"),
            Column("amount", "涉及金额", lambda f: f.amount, "money", "amount"),
            Column("put_right", "已纠正", lambda f: f.put_right, "money", "put_right"),
            Column("responsible", "责任方", lambda f: f.get_responsible_display(), sort="responsible"),
            Column("due", "整改期限", lambda f: clock.end_of_day(f.due_on) if f.status == "open" else None, "due",
                   "due_on"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        default_sort="due_on",
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("待整改", "open", lambda rows, actor: rows.filter(status="open")),
            View("逾期", "late", lambda rows, actor: rows.filter(status="open", due_on__lt=clock.today())),
            View("待核验", "reported", lambda rows, actor: rows.filter(status="reported")),
        ),
        figures=_finding_figures,
        subtitle=lambda f: [f.engagement.report_number or f.engagement.number or "", f.engagement.contract.title],
        files=_finding_files,
        sum_field="amount",
        fields=("id", "engagement", "kind", "title", "amount", "clause", "responsible", "due_on", "status", "put_right"),
        empty=("还没有审计发现", "专项审计的底稿发现问题以后，审计组在这里写明金额、条款和期限。"),
    )
)  # fmt: skip


def _programme_section(engagement: Engagement, actor: Actor) -> dict[str, Any] | None:
    """The items by scope with their conclusions; for those who read the papers."""
    if not can_read_papers(actor, engagement):
        return None
    words = {"ok": _("符合"), "issue": _("发现问题"), "na": _("不适用")}
    scopes: dict[str, list[dict[str, Any]]] = {scope: [] for scope, _label in ProgrammeItem.SCOPES}
    for each in with_conclusion(engagement.items.all()):
        conclusion = each.conclusion  # type: ignore[attr-defined]  # annotated
        scopes[each.scope].append(
            {"item": each, "mark": KINDS[conclusion], "word": words.get(conclusion, _("没有底稿"))}
        )
    rows = [row for found in scopes.values() for row in found]
    return {
        "scopes": [{"label": label, "rows": scopes[scope]} for scope, label in ProgrammeItem.SCOPES if scopes[scope]],
        "written": sum(row["mark"] != "wait" for row in rows),
        "total": len(rows),
    }


def _findings_section(engagement: Engagement, actor: Actor) -> dict[str, Any] | None:
    rows = list(visible_findings(actor).filter(engagement=engagement).order_by("n"))
    return {"findings": rows} if rows else None


def _words_section(engagement: Engagement, actor: Actor) -> dict[str, Any] | None:
    """Opinion, the two answers, what was made of them."""
    if engagement.status not in SENT and not can_read_papers(actor, engagement):
        return None
    words = [(_("审计评价"), engagement.opinion)]
    for reply in engagement.replies.all():
        text = reply.text or _("没有异议。")
        words.append((_("%(side)s答复（%(name)s）") % {"side": reply.get_side_display(), "name": reply.by_name}, text))
    words.append((_("采纳情况"), engagement.conclusion))
    told = [{"title": title, "text": text} for title, text in words if text]
    return {"words": told} if told else None


def _team_section(engagement: Engagement, actor: Actor) -> dict[str, Any]:
    checks = [
        {
            "kind": "ok",
            "title": f"{BODIES[seat['role']]} {seat['name']}" + (_("（组长）") if n == 0 else ""),
            "note": seat["organization"],
        }
        for n, seat in enumerate(engagement.team)
    ]
    return {"checks": checks, "reason": engagement.reason, "contract": engagement.contract}


def _finding_section(finding: AuditFinding, actor: Actor) -> dict[str, Any]:
    engagement = finding.engagement
    reads = can_read_papers(actor, engagement)
    facts = [
        {"label": _("类型"), "value": finding.get_kind_display()},
        {"label": _("依据条款"), "value": finding.clause},
        {"label": _("整改要求"), "value": finding.demand},
        {"label": _("责任方"), "value": finding.get_responsible_display()},
    ]
    if reads:
        facts.append({"label": _("底稿"), "value": finding.item.title, "url": finding.item.get_absolute_url()})
    facts.append({"label": _("审计"), "value": str(engagement), "url": engagement.get_absolute_url()})
    return {"finding": finding, "facts": facts}


def _answer_section(finding: AuditFinding, actor: Actor) -> dict[str, Any] | None:
    if not finding.rounds:
        return None
    files = [
        {
            "name": each.document.name,
            "url": reverse("findings:file", args=[finding.pk, each.document_id]),
            "size": each.document.size,
            "sha256": each.document.sha256,
            "note": _("第 %(n)s 次报告") % {"n": each.round},
        }
        for each in finding.files.select_related("document")
    ]
    return {"finding": finding, "files": files}


OWN, FOLDER = "audit.engagement", "audit/engagements"
sections.register(OWN, title="审计发现", template=f"{FOLDER}/findings.html", context=_findings_section, order=10)
sections.register(OWN, title="评价与答复", template=f"{FOLDER}/words.html", context=_words_section, order=20)
sections.register(
    OWN, title="审计方案与底稿", template=f"{FOLDER}/programme.html", context=_programme_section, order=30
)
sections.register(OWN, title="审计组", template=f"{FOLDER}/team.html", context=_team_section, slot="side", order=10)
sections.register(
    OWN, title="审计报告", template="components/reports.html", slot="side", order=20,
    context=report_section("audit.engagement"),
)  # fmt: skip
sections.register("audit.finding", title="问题", template=f"{FOLDER}/finding.html", context=_finding_section, order=10)
sections.register("audit.finding", title="整改", template=f"{FOLDER}/answer.html", context=_answer_section, order=20)
sections.register(
    "procurement.contract", title="专项审计", template=f"{FOLDER}/on_contract.html", context=boards.contract_section,
    order=70, rows=Question(Engagement, "contract"),
)  # fmt: skip


def _next(engagement: Engagement) -> str:
    return str(engagement.status_label)


for _duty in (
    Duty(
        "engagement.lead", ("funds_reviewer",), to_lead, str, "办下一步", note=_next,
        deadline=lambda e: clock.end_of_day(e.due_on),
    ),
    Duty(
        "engagement.write", tuple(BODIES), to_write, str, "编底稿", note=lambda e: _("还有事项没有底稿"),
        deadline=lambda e: clock.end_of_day(e.due_on),
    ),
    Duty(
        "engagement.reply", ("leader", "provider_admin"), to_reply, str, "答复", "reply",
        note=lambda e: _("审计报告征求意见"), deadline=lambda e: e.reply_due_at,
        source=duties.source(Engagement, buyer="buyer", provider="provider", status="draft"),
    ),
    Duty(
        "finding.report", ("programme_officer", "finance_officer", *PROVIDER_ROLES), to_rectify, str, "报告整改", "report",
        note=lambda f: f"{f.engagement.contract.title} · {f.demand}"[:80], deadline=lambda f: clock.end_of_day(f.due_on),
        amount=lambda f: f.amount or None, source=duties.source(AuditFinding, buyer="engagement__buyer", provider="engagement__provider", status="open"),
    ),
    Duty(
        "finding.verify", tuple(BODIES), to_verify, str, "核验", note=lambda f: f.engagement.contract.title,
        amount=lambda f: f.amount or None,
    ),
):  # fmt: skip
    duties.register(_duty)

urlpatterns = [*boards.urlpatterns, *room_urls(ENGAGEMENTS)]
finding_urlpatterns = room_urls(FINDINGS)
