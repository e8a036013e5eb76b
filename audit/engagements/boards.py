"""Boards of the special audit (专项审计): starting one, an item with its working papers, a finding from a paper."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from audit.engagements.findings import write_finding
from audit.engagements.forms import FindingForm, PaperForm, StartForm
from audit.engagements.models import PaperEvidence, ProgrammeItem, WorkingPaper
from audit.engagements.operations import start_engagement, write_paper
from audit.engagements.queries import auditable, visible_engagements
from audit.permissions.engagements import can_audit, can_read_papers, can_start_engagement
from core.actor import Actor
from core.errors import NotAllowed
from core.pages import actor_of, answer
from core.sections import rows_for_card
from procurement.contracts.models import Contract
from procurement.contracts.queries import visible_contracts

LIST_CRUMB = {"label": "专项审计", "url": "/w/engagements/"}


def choose(request: HttpRequest) -> HttpResponse:
    """Which contract to audit: those in force without an open audit."""
    actor = actor_of(request)
    if not actor.has("funds_reviewer"):
        raise Http404
    context = {
        "title": _("选择要审计的合同"),
        "contracts": list(auditable(actor)[:200]),
        "crumbs": [LIST_CRUMB, {"label": _("发起"), "url": ""}],
    }
    return render(request, "audit/engagements/choose.html", context)


def start(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Start an audit of a contract; 404 for a contract of another buyer."""
    actor = actor_of(request)
    found = get_object_or_404(visible_contracts(actor), pk=contract)
    if not can_start_engagement(actor, found):
        raise NotAllowed(_("专项审计由采购人的经审牵头。"))
    form = StartForm(*((request.POST,) if request.method == "POST" else ()), contract=found, actor=actor)
    context = {
        "title": _("发起专项审计"),
        "head": {"title": found.title, "number": found.number or "", "chip": found.chip},
        "consequence": _(
            "审计方案按合同的标准、明细、节点和专账自动生成，分服务过程、任务完成、资金使用三个方面；通知书发出前可以增加事项。"
        ),
        "back_url": found.get_absolute_url(),
        "submit_label": _("发起审计"),
        "back_label": _("先不发起"),
        "crumbs": [LIST_CRUMB, {"label": found.number or found.title, "url": found.get_absolute_url()}],
    }
    return answer(
        request,
        form,
        lambda cleaned: start_engagement(found, actor=actor, reason=cleaned.pop("why"), **cleaned),
        template="verb.html",
        context=context,
        done=lambda made: made.get_absolute_url(),
    )


def item(request: HttpRequest, item: UUID) -> HttpResponse:
    """One item: what should be, what the platform has, its papers with their evidence, and the next paper's form."""
    actor = actor_of(request)
    found = _item(actor, item)
    engagement = found.engagement
    writes = engagement.status == "fieldwork" and can_audit(actor, engagement)
    form = PaperForm(*((request.POST, request.FILES) if request.method == "POST" else ()), item=found)
    if request.method == "POST" and not can_audit(actor, engagement):
        raise NotAllowed(_("底稿由审计组成员编制。"))
    papers = found.papers.prefetch_related(Prefetch("evidence", PaperEvidence.objects.select_related("document")))
    newest: WorkingPaper | None = papers.first()
    findings = list(found.findings.all())
    context = {
        "title": found.title,
        "item": found,
        "head": {"title": str(engagement), "number": engagement.number or "", "chip": engagement.chip},
        "papers": [
            {
                "paper": each,
                "files": [
                    {
                        "name": one.document.name,
                        "url": reverse("engagements:file", args=[engagement.pk, one.document_id]),
                        "size": one.document.size,
                        "sha256": one.document.sha256,
                        "note": _("平台已有") if one.is_platform else one.document.uploaded_by_name,
                    }
                    for one in each.evidence.all()
                ],
            }
            for each in papers
        ],
        "findings": findings,
        "writes": writes,
        "may_find": writes and newest is not None and newest.conclusion == "issue",
        "back_url": engagement.get_absolute_url(),
        "crumbs": [
            LIST_CRUMB,
            {"label": engagement.number or engagement.contract.title, "url": engagement.get_absolute_url()},
            {"label": _("事项 %(n)s") % {"n": found.n}, "url": ""},
        ],
        "submit_label": _("存为新一版底稿") if newest else _("存底稿"),
    }
    return answer(
        request,
        form,
        lambda cleaned: write_paper(found, actor=actor, **cleaned),
        template="audit/engagements/item.html",
        context=context,
        done=lambda paper: found.get_absolute_url(),
    )


def finding(request: HttpRequest, item: UUID) -> HttpResponse:
    """Write a finding from an item."""
    actor = actor_of(request)
    found = _item(actor, item)
    if not can_audit(actor, found.engagement):
        raise NotAllowed(_("审计发现由审计组成员写。"))
    form = FindingForm(*((request.POST,) if request.method == "POST" else ()), item=found)
    context = {
        "title": _("写审计发现"),
        "head": {"title": found.title, "chip": found.engagement.chip},
        "consequence": _("送征求意见稿以前，只有审计组看得到。"),
        "facts": [{"label": _("审计事项"), "value": found.title, "sub": found.get_scope_display()}],
        "back_url": found.get_absolute_url(),
        "submit_label": _("存入问题清单"),
        "back_label": _("先不写"),
        "crumbs": [LIST_CRUMB, {"label": found.title, "url": found.get_absolute_url()}],
    }
    return answer(
        request,
        form,
        lambda cleaned: write_finding(found, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda made: found.get_absolute_url(),
    )


def _item(actor: Actor, key: UUID) -> ProgrammeItem:
    """An item of an audit whose papers the actor may read; 404 otherwise."""
    rows = ProgrammeItem.objects.select_related("engagement__contract__document", "engagement__contract__award")
    seen = visible_engagements(actor).order_by().values("pk")
    found: ProgrammeItem = get_object_or_404(rows, pk=key, engagement__in=seen)
    if not can_read_papers(actor, found.engagement):
        raise Http404
    return found


CARD = ("number", "status", "report_number", "lead_name", "field_on")


def contract_section(contract: Contract, actor: Actor, there: bool) -> dict[str, Any] | None:
    """What a contract's page shows of its audits, and the way to start one."""
    if contract.status in {"draft", "legal_review", "signing"}:
        return None
    mine = visible_engagements(actor).filter(contract=contract).order_by("-created_at")
    rows = rows_for_card(mine[:5], *CARD) if there else []
    busy = any(row.status not in {"closed", "cancelled"} for row in rows)
    starts = can_start_engagement(actor, contract) and not busy
    return {"engagements": rows, "contract": contract, "starts": starts} if rows or starts else None


urlpatterns = [
    path("new/", choose, name="choose"),
    path("start/<uuid:contract>/", start, name="start"),
    path("items/<uuid:item>/", item, name="item"),
    path("items/<uuid:item>/finding/", finding, name="finding"),
]
