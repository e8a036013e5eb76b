"""Boards of the inspections (检查): planning one, drawing at random, and a draw that anybody repeats."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import NotAllowed
from core.pages import actor_of, answer
from procurement.activities.models import Activity
from procurement.contracts.models import Contract
from procurement.contracts.queries import visible_contracts
from procurement.inspections.forms import DrawForm, PlanForm
from procurement.inspections.models import SpotDraw
from procurement.inspections.operations import draw_spot_inspections, plan_inspection
from procurement.inspections.queries import drawable, visible_inspections
from procurement.panels.draw import draw, order_of_call
from procurement.permissions.inspections import can_plan_inspection

LIST_CRUMB = {"label": "检查", "url": "/w/inspections/"}
MONTHS = 6


def plan(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Plan a inspection of a contract; 404 for another buyer's."""
    actor, found = _of(request, contract)
    form = PlanForm(request.POST if request.method == "POST" else None)
    form.initial.setdefault("planned_on", f"{clock.today()}")
    return answer(
        request,
        form,
        lambda cleaned: plan_inspection(found, actor=actor, **cleaned),
        template="verb.html",
        context=_page(found, _("安排检查"), _("到期列在您的待办里；现场和电话检查，街道社区也可以登记。"), _("安排")),
        done=lambda inspection: inspection.get_absolute_url(),
    )


def spot(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Draw activities of a month at random; the months that have some and were not drawn yet are offered."""
    actor, found = _of(request, contract)
    months = _months(found)
    form = DrawForm(request.POST if request.method == "POST" else None, months=months)

    def act(cleaned: dict[str, Any]) -> SpotDraw:
        return draw_spot_inspections(
            found,
            actor=actor,
            month=date.fromisoformat(cleaned["month"]),
            number=cleaned["number"],
            kind=cleaned["kind"],
        )

    consequence = _("由平台产生的随机数抽取，每月只抽一次；种子、名单和结果记入日志，任何人都能重算。")
    context = _page(found, _("随机抽查"), consequence, _("抽取"))
    if not months:
        context["consequence"] = _("最近 %(n)s 个月没有可抽的活动，或都已经抽过。") % {"n": MONTHS}
    return answer(
        request, form, act, template="verb.html", context=context,
        done=lambda made: reverse("inspections:draw", args=[made.pk]),
    )  # fmt: skip


def drawn(request: HttpRequest, key: UUID) -> HttpResponse:
    """One draw: seed, pool, result, and the repetition made before the reader's eyes."""
    actor = actor_of(request)
    found = get_object_or_404(SpotDraw.objects.select_related("contract"), pk=key)
    get_object_or_404(visible_contracts(actor), pk=found.contract_id)
    if actor.organization_kind == "provider":
        raise NotAllowed(_("抽查结果由采购人和监督人员查看。"))
    order = order_of_call(found.seed, found.pool)
    names = {str(each.pk): each for each in Activity.objects.filter(pk__in=found.pool)}
    inspections = {str(each.activity_id): each for each in visible_inspections(actor).filter(draw=found)}
    context = {
        "title": _("随机抽查 %(month)s") % {"month": f"{found.month:%Y-%m}"},
        "draw": found,
        "same": draw(found.seed, found.pool, len(found.picked)) == found.picked,
        "rows": [
            {"n": n, "activity": names.get(key), "picked": key in found.picked, "inspection": inspections.get(key)}
            for n, key in enumerate(order, 1)
        ],
        "crumbs": [LIST_CRUMB, {"label": found.contract.number or "", "url": found.contract.get_absolute_url()}],
    }
    return render(request, "procurement/inspections/draw.html", context)


def _of(request: HttpRequest, contract: UUID) -> tuple[Any, Contract]:
    actor = actor_of(request)
    found = get_object_or_404(visible_contracts(actor), pk=contract)
    if not can_plan_inspection(actor, found):
        raise NotAllowed(_("检查由采购人的业务经办安排。"))
    return actor, found


def _months(contract: Contract) -> list[tuple[str, str]]:
    """Months of the last half year with activities to draw from, not drawn yet."""
    taken = set(SpotDraw.objects.filter(contract=contract).values_list("month", flat=True))
    months, first = [], clock.today().replace(day=1)
    for _n in range(MONTHS):
        number = 0 if first in taken else len(drawable(contract, first))
        if number:
            months.append((f"{first}", _("%(month)s（%(n)s 场）") % {"month": f"{first:%Y-%m}", "n": number}))
        first = (first - timedelta(days=1)).replace(day=1)
    return months


def _page(contract: Contract, title: str, consequence: str, button: str) -> dict[str, Any]:
    return {
        "title": title,
        "head": {"title": contract.title, "number": contract.number or "", "chip": contract.chip},
        "consequence": consequence,
        "back_url": contract.get_absolute_url(),
        "submit_label": button,
        "back_label": _("先不%(label)s") % {"label": button},
        "crumbs": [LIST_CRUMB, {"label": contract.number or contract.title, "url": contract.get_absolute_url()}],
    }


urlpatterns = [
    path("plan/<uuid:contract>/", plan, name="plan"),
    path("spot/<uuid:contract>/", spot, name="spot"),
    path("draws/<uuid:key>/", drawn, name="draw"),
]
