"""Pages of the contracts (合同): list, object, drawing up from an award; what they show on projects and awards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.documents import Document
from core.money import ZERO
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Figure, Room, View, register
from procurement.awards.models import Award
from procurement.contracts.boards import sign_by
from procurement.contracts.drafting import draw_contract
from procurement.contracts.models import Contract
from procurement.contracts.queries import (
    DELIVERING,
    IN_FORCE,
    awards_to_draw,
    visible_contracts,
)
from procurement.permissions.contracts import can_draw_contract


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
        settled = contract.settlements.filter(status="paid").values_list("payable_amount", flat=True)
        paid = sum(settled, ZERO)
        found.append(Figure(_("已付"), paid, unit=_("元"), detail=_("%(n)s 笔") % {"n": len(settled)}))
    if contract.status in {"draft", "legal_review", "signing"}:
        due = sign_by(contract.award)
        found.append(Figure(_("签订期限"), f"{due.day:%m-%d}", detail=due.label))
    found.append(
        Figure(_("服务期"), f"{contract.starts_on:%m-%d} — {contract.ends_on:%m-%d}", detail=str(contract.ends_on.year))
    )
    return found


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
        text = _(
            "%(day)s 终止：%(cause)s。依据：%(clause)s。已完成的部分报验、验收后编制最终结算；办结以后，余款退回预算线。"
        ) % {
            "day": contract.terminated_on,
            "cause": contract.get_termination_code_display(),
            "clause": contract.termination_clause,
        }
        notes.append({"kind": "bad", "title": _("合同已终止"), "text": text})
    if contract.filing_overdue and contract.file_due_at:
        text = _("应在 %(day)s 前向财政部门备案，已逾期。") % {"day": clock.local(contract.file_due_at).date()}
        notes.append({"kind": "bad", "title": _("备案逾期"), "text": text})
    return notes


def _files(contract: Contract, actor: Actor) -> QuerySet[Document]:
    signed = contract.signatures.filter(scan__isnull=False).values("scan")
    return Document.objects.filter(Q(pk=contract.document_id) | Q(pk__in=signed))


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
            Column(
                "ends_on",
                "服务结束",
                lambda c: c.ends_on if c.status in (*DELIVERING, "paused") else None,
                "due",
                "ends_on",
            ),
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
        parts=("lines",),
        subtitle=lambda c: [c.provider.name, c.buyer.name, c.place],
        files=_files,
        context=_context,
        locked=_locked,
        sum_field="amount",
        reads=("number", "title", "place", "amount", "status", "signed_at", "ends_on", "provider__name", "buyer__name"),
        shows=(
            *("buyer__name", "provider__name", "provider__incubated_by", "notice__number", "notice__published_at"),
            *("award__buyer", "award__bid", "award__published_at", "award__created_at"),
            *("award__lot__order__project", "award__lot__order__track"),
        ),
        fields=(
            *("id", "award", "provider"),
            *("number", "title", "amount", "status", "starts_on", "ends_on", "digest", "signed_at"),
        ),
        empty=("还没有合同", "成交确认以后，从成交页面起草合同，起草的合同列在这里。"),
    )
)


def draw(request: HttpRequest, award: UUID) -> HttpResponse:
    """Draw up the contract of an award: one confirmation, then the draft. 404 for what one may not draw."""
    actor = actor_of(request)
    if not can_draw_contract(actor):
        raise Http404
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
            {"label": _("签订期限"), "value": f"{sign_by(found).day}", "sub": sign_by(found).label},
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
