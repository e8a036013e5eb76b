"""Pages of the contracts (合同): list, object, drawing up from an award; what they show on projects and awards."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core import clock, duties, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.job_pages import report_section
from core.pages import actor_of, answer, room_urls
from core.permissions import BUYER_ROLES
from core.rooms import Column, Figure, Room, View, register
from procurement.awards.models import Award
from procurement.contracts.drafting import draw_contract
from procurement.contracts.models import Contract
from procurement.contracts.queries import (
    DELIVERING,
    IN_FORCE,
    awards_to_draw,
    drafts_to_submit,
    to_file,
    to_resume,
    to_review,
    to_sign,
    visible_contracts,
)
from procurement.orders.models import Order
from procurement.permissions.contracts import can_sign
from procurement.projects.models import Project
from procurement.rules.queries import deadline


class ContractFilter(django_filters.FilterSet):
    """Search by name or number; status; provider."""

    q = django_filters.CharFilter(label="名称、编号、承接单位", method="search")
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in Contract.lifecycle.statuses.items()]
    )
    ends = django_filters.DateFilter(label="结束不晚于", field_name="ends_on", lookup_expr="lte")

    def search(self, rows: QuerySet[Contract], name: str, value: str) -> QuerySet[Contract]:
        """Name, number or provider."""
        return (
            rows.filter(title__icontains=value)
            | rows.filter(number__icontains=value)
            | rows.filter(provider__name__icontains=value)
        )


def _figures(contract: Contract, actor: Actor) -> list[Figure]:
    found = [Figure(_("合同金额"), contract.amount, unit=_("元"), kind="hero")]
    if contract.status in IN_FORCE:
        settled = [each for each in contract.settlements.all() if each.status == "paid"]
        paid = sum((each.payable_amount for each in settled), Decimal("0.00"))
        found.append(Figure(_("已付"), paid, unit=_("元"), detail=_("%(n)s 笔") % {"n": len(settled)}))
    if contract.status in {"draft", "legal_review", "signing"}:
        due = _sign_by(contract.award)
        found.append(Figure(_("签订期限"), f"{due.day:%m-%d}", detail=due.label))
    found.append(
        Figure(_("服务期"), f"{contract.starts_on:%m-%d} — {contract.ends_on:%m-%d}", detail=str(contract.ends_on.year))
    )
    return found


def _sign_by(award: Award) -> Any:
    """D21: the contract is signed within 30 days of the award notice."""
    start = award.published_at or award.created_at
    return deadline("D21", start, track=award.lot.order.track)


def _locked(contract: Contract, actor: Actor) -> list[tuple[str, str]]:
    if contract.status == "signing" and contract.document_id is None:
        return [("sign", _("合同 PDF 正在生成，通常不到一分钟，生成后才能签。"))]
    return []


def _context(contract: Contract, actor: Actor) -> dict[str, Any]:
    notes = []
    if contract.status == "signing" and contract.document_id is None:
        notes.append({"kind": "warn", "title": _("合同 PDF 正在生成"), "text": _("生成后双方才能签订，刷新本页可见。")})
    related = contract.parties.get("related") or (
        _("承接单位由采购人孵化，签订时写入关联关系披露条款。")
        if contract.provider.incubated_by_id == contract.buyer_id
        else ""
    )
    if related:
        notes.append({"kind": "", "title": _("关联关系"), "text": related})
    notes += _standing(contract)
    return {"notes": notes}


def _standing(contract: Contract) -> list[dict[str, str]]:
    """What stops or presses the contract now: pause, rectification, early end, an overdue filing."""
    notes = []
    if contract.status == "paused" and contract.paused_on:
        until = _("，预计 %(day)s 恢复") % {"day": contract.pause_until} if contract.pause_until else ""
        text = _("%(day)s 起暂停%(until)s；暂停期间不开展活动、不报验。") % {"day": contract.paused_on, "until": until}
        notes.append({"kind": "warn", "title": _("合同已暂停"), "text": text})
    if contract.status == "rectifying":
        notes.append(
            {"kind": "warn", "title": _("合同在整改"), "text": _("整改要求和理由见经过；完成后由采购人确认。")}
        )
    if contract.status == "terminated":
        text = _("%(day)s 终止：%(cause)s。依据：%(clause)s。已完成的部分可以报验，编制最终结算后余款退回预算线。") % {
            "day": contract.terminated_on,
            "cause": contract.get_termination_code_display(),
            "clause": contract.termination_clause,
        }
        notes.append({"kind": "bad", "title": _("合同已终止"), "text": text})
    if contract.file_due_at and not contract.filing_number and contract.file_due_at < clock.now():
        text = _("应在 %(day)s 前向财政部门备案，已逾期。") % {"day": clock.local(contract.file_due_at).date()}
        notes.append({"kind": "bad", "title": _("备案逾期"), "text": text})
    return notes


def _files(contract: Contract, actor: Actor) -> QuerySet[Document]:
    return Document.objects.filter(pk=contract.document_id) if contract.document_id else Document.objects.none()


CONTRACTS = register(
    Room(
        slug="contracts",
        label="合同",
        model=Contract,
        visible=visible_contracts,
        title=str,
        lookup="number",
        icon="file-earmark-text",
        filterset=ContractFilter,
        columns=(
            Column(
                "title",
                "合同",
                lambda c: (c.title, " · ".join(filter(None, [c.number or "", c.place]))),
                "title",
                "title",
            ),
            Column("provider", "承接单位", lambda c: c.provider.name, sort="provider__name"),
            Column("amount", "合同金额", lambda c: c.amount, "money", "amount"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("signed_at", "生效", lambda c: c.signed_at, "date", "signed_at"),
            Column("ends_on", "服务结束", lambda c: c.ends_on, "due", "ends_on"),
        ),
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("待审核", "review", lambda rows, actor: rows.filter(status="legal_review")),
            View("待签订", "signing", lambda rows, actor: rows.filter(status="signing")),
            View("履约中", "performing", lambda rows, actor: rows.filter(status__in=[*DELIVERING, "paused"])),
            View(
                "待备案",
                "filing",
                lambda rows, actor: rows.filter(status__in=IN_FORCE, signed_at__isnull=False, filing_number=""),
            ),
            View("已付清", "closed", lambda rows, actor: rows.filter(status="closed")),
        ),
        figures=_figures,
        subtitle=lambda c: [c.provider.name, c.buyer.name, c.place],
        files=_files,
        context=_context,
        locked=_locked,
        sum_field="amount",
        fields=("id", "number", "title", "amount", "status", "starts_on", "ends_on", "digest", "signed_at"),
        empty=("还没有合同", "成交确认以后，从成交页面起草合同，起草的合同列在这里。"),
    )
)


def _lines_section(contract: Contract, actor: Actor) -> dict[str, Any]:
    return {"contract": contract, "lines": contract.lines.all()}


def _milestones_section(contract: Contract, actor: Actor) -> dict[str, Any]:
    return {"contract": contract, "milestones": contract.milestones.all()}


def _text_section(contract: Contract, actor: Actor) -> dict[str, Any]:
    return {"contract": contract, "standards": contract.standards.all()}


def _signatures_section(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    if contract.status in {"draft", "legal_review"} and not contract.signatures.exists():
        return None
    number = contract.number or contract.pk
    return {
        "contract": contract,
        "signatures": list(contract.signatures.all()),
        "file_url": reverse("contracts:file", args=[number, contract.document_id]) if contract.document_id else "",
        "waits": contract.status == "signing" and can_sign(actor, contract),
    }


def _review_section(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    return {"contract": contract} if contract.reviewed_at and actor.organization_kind != "provider" else None


def _clocks_section(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    """Announcement (D22) and filing (D23): the term, and what was done by when."""
    if contract.signed_at is None:
        return None
    return {
        "contract": contract,
        "announced_late": bool(
            contract.notice and contract.announce_due_at and contract.notice.published_at > contract.announce_due_at
        ),
        "filed_late": bool(
            contract.filed_on and contract.file_due_at and contract.filed_on > clock.local(contract.file_due_at).date()
        ),
        "overdue": bool(not contract.filing_number and contract.file_due_at and contract.file_due_at < clock.now()),
        "pauses": list(contract.pauses.all()),
    }


def _funding_section(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    if not actor.has(*BUYER_ROLES, "district_finance"):
        return None
    return {"fundings": contract.fundings.select_related("allocation__line")}


def _project_section(project: Project, actor: Actor) -> dict[str, Any] | None:
    rows = list(visible_contracts(actor).filter(award__lot__order__project=project))
    awards = list(awards_to_draw(actor).filter(lot__order__project=project))
    return {"contracts": rows, "awards": awards} if rows or awards else None


def _order_section(order: Order, actor: Actor) -> dict[str, Any] | None:
    rows = list(visible_contracts(actor).filter(award__lot__order=order))
    awards = list(awards_to_draw(actor).filter(lot__order=order))
    return {"contracts": rows, "awards": awards} if rows or awards else None


def _award_section(award: Award, actor: Actor) -> dict[str, Any] | None:
    rows = list(visible_contracts(actor).filter(award=award))
    awards = list(awards_to_draw(actor).filter(pk=award.pk))
    return {"contracts": rows, "awards": awards} if rows or awards else None


OWN = "procurement.contract"
sections.register(
    OWN, title="数量与价格", template="procurement/contracts/lines.html", context=_lines_section, order=10
)
sections.register(
    OWN, title="付款节点", template="procurement/contracts/milestones.html", context=_milestones_section, order=20
)
sections.register(OWN, title="内容与标准", template="procurement/contracts/text.html", context=_text_section, order=90)
sections.register(
    OWN,
    title="签订",
    template="procurement/contracts/signatures.html",
    context=_signatures_section,
    slot="side",
    order=10,
)
sections.register(
    OWN,
    title="公告与备案",
    template="procurement/contracts/clocks.html",
    context=_clocks_section,
    slot="side",
    order=15,
)
sections.register(
    OWN,
    title="法律审核",
    template="procurement/contracts/reviewed.html",
    context=_review_section,
    slot="side",
    order=25,
)
sections.register(
    OWN,
    title="资金来源",
    template="procurement/contracts/fundings.html",
    context=_funding_section,
    slot="side",
    order=20,
)
sections.register(
    OWN,
    title="合同文本",
    template="components/reports.html",
    context=report_section("procurement.contract"),
    slot="side",
    order=30,
)
for _on, _shown in (
    ("procurement.project", _project_section),
    ("procurement.order", _order_section),
    ("procurement.award", _award_section),
):
    sections.register(_on, title="合同", template="procurement/contracts/rows.html", context=_shown, order=60)

duties.register(
    Duty(
        name="contract.draw",
        roles=("programme_officer", "procurement_officer"),
        queryset=awards_to_draw,
        title=lambda award: award.lot.order.title,
        button="起草合同",
        note=lambda award: _("已成交，由%(name)s承接") % {"name": award.bid.organization.name},
        deadline=lambda award: _sign_by(award).at,
        amount=lambda award: award.amount,
        url=lambda award: reverse("contracts:draw", args=[award.pk]),
    )
)
duties.register(
    Duty(
        name="contract.submit",
        roles=("programme_officer", "procurement_officer"),
        queryset=drafts_to_submit,
        title=str,
        button="送法律审核",
        verb="submit",
        note=lambda contract: _("合同已起草，核对后送审"),
        amount=lambda contract: contract.amount,
    )
)
duties.register(
    Duty(
        name="contract.review",
        roles=("leader", "procurement_officer"),
        queryset=to_review,
        title=str,
        button="审核合同",
        verb="freeze",
        note=lambda contract: _("%(name)s 起草，待法律审核") % {"name": contract.drafted_by_name or _("经办")},
        amount=lambda contract: contract.amount,
    )
)
duties.register(
    Duty(
        name="contract.file",
        roles=("programme_officer", "procurement_officer"),
        queryset=to_file,
        title=str,
        button="登记备案",
        verb="file",
        note=lambda contract: _("合同已生效，向财政部门备案"),
        deadline=lambda contract: contract.file_due_at,
    )
)
duties.register(
    Duty(
        name="contract.resume",
        roles=("programme_officer", "leader"),
        queryset=to_resume,
        title=str,
        button="恢复履约",
        verb="resume",
        note=lambda contract: _("合同已暂停，到期前决定是否恢复"),
        deadline=lambda contract: clock.end_of_day(contract.pause_until) if contract.pause_until else None,
    )
)
duties.register(
    Duty(
        name="contract.sign",
        roles=("leader", "provider_admin"),
        queryset=to_sign,
        title=str,
        button="签订",
        verb="sign",
        note=lambda contract: _("合同 PDF 已定稿，请读过再签"),
        deadline=lambda contract: _sign_by(contract.award).at,
        amount=lambda contract: contract.amount,
    )
)


def draw(request: HttpRequest, award: UUID) -> HttpResponse:
    """Draw up the contract of an award: one confirmation, then the draft. 404 for what one may not draw."""
    actor = actor_of(request)
    # A repeated request finds the contract drawn: the award must then still be found, so that its answer is the same.
    seen = Award.objects.filter(status="confirmed", buyer_id=actor.organization_id)
    found = get_object_or_404(seen if request.method == "POST" else awards_to_draw(actor), pk=award)
    context = {
        "title": _("起草合同"),
        "head": {"title": found.lot.order.title, "number": found.lot.order.number or "", "chip": found.chip},
        "consequence": _("从成交结果和承接单位的报价生成合同草稿；单价、数量和金额不再改动。"),
        "facts": [
            {"label": _("承接单位"), "value": found.bid.organization.name},
            {"label": _("合同金额"), "value": found.amount, "unit": _("元")},
            {"label": _("签订期限"), "value": f"{_sign_by(found).day}", "sub": _sign_by(found).label},
        ],
        "back_url": found.get_absolute_url(),
        "submit_label": _("起草合同"),
        "back_label": _("先不起草"),
        "crumbs": [{"label": _("合同"), "url": reverse("contracts:list")}, {"label": _("起草合同"), "url": ""}],
    }
    return answer(
        request,
        Form(request.POST or None),
        lambda cleaned: draw_contract(found, actor=actor),
        template="verb.html",
        context=context,
        done=lambda contract: contract.get_absolute_url(),
    )


urlpatterns = [path("draw/<uuid:award>/", draw, name="draw"), *room_urls(CONTRACTS)]
