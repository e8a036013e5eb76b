"""Boards of the settlements (结算页面): drawing one up, and asking for the reports of a whole year."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core import batch_pages
from core.pages import actor_of, answer
from procurement.contracts.models import Contract
from procurement.expenses.queries import ledger_of
from procurement.permissions.settlements import can_draw_settlement
from procurement.settlements.forms import DrawForm
from procurement.settlements.models import Settlement
from procurement.settlements.operations import draw_settlement
from procurement.settlements.queries import deciding_acceptance, deducted_so_far, paid_so_far

KINDS = dict(Settlement.KINDS)


def draw(request: HttpRequest, contract: UUID, kind: str) -> HttpResponse:
    """Draw up a settlement: what was accepted stands there, only deductions are typed. 404 for another buyer's."""
    actor = actor_of(request)
    if not can_draw_settlement(actor) or kind not in KINDS:
        raise Http404
    seen = Contract.objects.filter(buyer_id=actor.organization_id).select_related("buyer", "provider")
    found = get_object_or_404(seen, pk=contract)
    milestone = None
    if kind == "milestone":
        number = request.GET.get("milestone", "")
        milestone = get_object_or_404(found.milestones, n=int(number) if number.isdigit() else 0)
    form = DrawForm(*((request.POST,) if request.method == "POST" else ()), kind=kind)
    acceptance = deciding_acceptance(found, milestone)
    ledger = ledger_of(found) if kind == "final" else None
    context = {
        "title": _("编制结算"),
        "head": {
            "title": f"{found.title}：{milestone.name if milestone else KINDS[kind]}",
            "number": found.number or "",
            "chip": found.chip,
        },
        "consequence": _("应付金额由平台按核定数量算出，这里只填扣减。"),
        "facts": [
            {"label": _("承接单位"), "value": found.provider.name},
            {"label": _("合同金额"), "value": found.amount, "unit": _("元")},
            {"label": _("验收"), "value": acceptance.status_label if acceptance else _("还没有验收")},
            {"label": _("已付"), "value": paid_so_far(found), "unit": _("元")},
            {"label": _("此前扣减"), "value": deducted_so_far(found), "unit": _("元")},
            *([{"label": _("专账认可支出"), "value": ledger.accepted, "unit": _("元")}] if ledger else []),
        ],
        "back_url": found.get_absolute_url(),
        "submit_label": _("编制结算"),
        "back_label": _("先不编制"),
        "crumbs": [
            {"label": _("合同"), "url": reverse("contracts:list")},
            {"label": found.number or found.title, "url": found.get_absolute_url()},
            {"label": _("编制结算"), "url": ""},
        ],
    }
    return answer(
        request,
        form,
        lambda cleaned: draw_settlement(found, actor=actor, kind=kind, milestone=milestone, **cleaned),
        template="verb.html",
        context=context,
        done=lambda settlement: settlement.get_absolute_url(),
    )


urlpatterns = [
    path("batch/", batch_pages.ask, {"kind": "procurement.settlement"}, name="batch"),
    path("draw/<uuid:contract>/<slug:kind>/", draw, name="draw"),
]
