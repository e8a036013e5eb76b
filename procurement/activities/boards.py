"""Boards of the activities (看板): planning one or a row of them, the month, the streets, and what is done for many at once."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.errors import NotAllowed
from core.pages import actor_of, answer
from procurement.activities.forms import PlanForm
from procurement.activities.judging import count_activities
from procurement.activities.models import Activity
from procurement.activities.operations import publish_activities
from procurement.activities.planning import plan_activity
from procurement.activities.queries import by_street, plannable_contracts, visible_activities
from procurement.contracts.models import Contract
from procurement.contracts.queries import visible_contracts
from procurement.permissions.activities import can_count_activities, can_plan_activity

SHOWN_A_DAY = 4
MOST_A_MONTH = 1_000
LIST_CRUMB = {"label": "活动", "url": "/w/activities/"}


def plan(request: HttpRequest, contract: UUID | None = None) -> HttpResponse:
    """Plan an activity: of the only contract at once, else after choosing one. 404 for another provider's contract."""
    actor = actor_of(request)
    if not can_plan_activity(actor):
        raise NotAllowed(_("活动由承接单位安排。"))
    open_contracts = plannable_contracts(actor)
    if contract is None:
        rows = list(open_contracts[:100])
        if len(rows) == 1:
            return redirect("activities:plan-for", rows[0].pk)
        crumbs = [LIST_CRUMB, {"label": _("安排活动"), "url": ""}]
        return render(
            request, "procurement/activities/choose.html", {"title": _("安排活动"), "rows": rows, "crumbs": crumbs}
        )
    found = get_object_or_404(open_contracts, pk=contract)
    form = PlanForm(request.POST if request.method == "POST" else None, contract=found)
    day = request.GET.get("day", "")
    form.initial.setdefault("day", day or f"{max(clock.today(), found.starts_on)}")
    context = {
        "title": _("安排活动"),
        "head": {"title": found.title, "number": found.number or "", "chip": None},
        "consequence": _("先排进计划；公布后街道能看到，签到二维码在活动前后开放。"),
        "back_url": found.get_absolute_url(),
        "submit_label": _("排进计划"),
        "back_label": _("先不安排"),
        "crumbs": [LIST_CRUMB, {"label": found.number or found.title, "url": found.get_absolute_url()}],
    }
    return answer(
        request,
        form,
        lambda cleaned: plan_activity(found, actor=actor, **cleaned),
        template="procurement/activities/plan.html",
        context=context,
        done=lambda activity: activity.get_absolute_url(),
    )


def month(request: HttpRequest) -> HttpResponse:
    """The month as a calendar (日历): each day with its activities; one query, whatever the month holds."""
    actor = actor_of(request)
    first = _month_of(request.GET.get("month", ""))
    last = first.replace(day=monthrange(first.year, first.month)[1])
    rows = (
        visible_activities(actor)
        .filter(starts_at__gte=clock.local(first), starts_at__lt=clock.local(last + timedelta(days=1)))
        .exclude(status__in=("withdrawn", "rejected"))
        .order_by("starts_at")[:MOST_A_MONTH]
    )
    days: defaultdict[date, list[Activity]] = defaultdict(list)
    for each in rows:
        days[clock.local(each.starts_at).date()].append(each)
    begin = first - timedelta(days=first.weekday())
    cells = [begin + timedelta(days=n) for n in range(7 * (((last - begin).days // 7) + 1))]
    weeks = [[_cell(day, days, first) for day in cells[n : n + 7]] for n in range(0, len(cells), 7)]
    context = {
        "title": _("活动日历"),
        "weeks": weeks,
        "first": first,
        "total": sum(len(found) for found in days.values()),
        "before": f"?month={first - timedelta(days=1):%Y-%m}",
        "after": f"?month={last + timedelta(days=1):%Y-%m}",
        "days": [cell for week in weeks for cell in week if cell["rows"] and cell["inside"]],
        "crumbs": [LIST_CRUMB, {"label": _("日历"), "url": ""}],
    }
    return render(request, "procurement/activities/month.html", context)


def streets(request: HttpRequest) -> HttpResponse:
    """Activities by street and community (按街道): how many come, wait, are verified. Two queries."""
    rows = by_street(visible_activities(actor_of(request)))
    context = {
        "title": _("活动分布"),
        "rows": rows,
        "most": max((row["total"] for row in rows), default=0),
        "crumbs": [LIST_CRUMB, {"label": _("按街道"), "url": ""}],
    }
    return render(request, "procurement/activities/streets.html", context)


def publish_all(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Publish all planned activities of a contract; 404 for another provider's."""
    found = get_object_or_404(plannable_contracts(actor_of(request)), pk=contract)
    return _batch(
        request,
        found,
        status="planned",
        title=_("全部公布"),
        consequence=_("计划中的活动一次公布；有未成年人参加而材料不齐的，留在计划里。"),
        may=can_plan_activity,
        act=publish_activities,
    )


def count_all(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Count all verified activities of a contract; 404 for another buyer's."""
    found = get_object_or_404(visible_contracts(actor_of(request)), pk=contract)
    return _batch(
        request,
        found,
        status="verified",
        title=_("全部计入"),
        consequence=_("街道社区核实过的活动一次计入合同完成量；您自己核实的不在内。一次最多 500 场。"),
        may=can_count_activities,
        act=count_activities,
    )


def _batch(
    request: HttpRequest,
    contract: Contract,
    *,
    status: str,
    title: str,
    consequence: str,
    may: Callable[[Actor, Contract], bool],
    act: Callable[..., int],
) -> HttpResponse:
    """One deed for many activities of a contract: asks with the number, does it, goes back to the contract."""
    actor = actor_of(request)
    if not may(actor, contract):
        raise NotAllowed(_("这一步不归您办：%(label)s") % {"label": title})
    waiting = visible_activities(actor).filter(contract=contract, status=status).count()
    context = {
        "title": title,
        "head": {"title": contract.title, "number": contract.number or "", "chip": contract.chip},
        "consequence": consequence,
        "facts": [{"label": _("等待办理"), "value": waiting, "unit": _("场")}],
        "back_url": contract.get_absolute_url(),
        "submit_label": title,
        "back_label": _("先不办"),
        "crumbs": [LIST_CRUMB, {"label": contract.number or contract.title, "url": contract.get_absolute_url()}],
    }
    return answer(
        request,
        Form(request.POST if request.method == "POST" else None),
        lambda cleaned: act(contract, actor=actor),
        template="verb.html",
        context=context,
        done=lambda n: contract.get_absolute_url(),
    )


def _month_of(text: str) -> date:
    """ "2026-09" as its first day; this month where nothing or nonsense was given."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return clock.today().replace(day=1)


def _cell(day: date, days: dict[date, list[Activity]], first: date) -> dict[str, Any]:
    rows = days.get(day, [])
    return {
        "day": day,
        "inside": day.month == first.month,
        "today": day == clock.today(),
        "rows": rows,
        "shown": rows[:SHOWN_A_DAY],
        "more": max(0, len(rows) - SHOWN_A_DAY),
        "url": f"{reverse('activities:list')}?day={day}",
    }


urlpatterns = [
    path("plan/", plan, name="plan"),
    path("plan/<uuid:contract>/", plan, name="plan-for"),
    path("calendar/", month, name="calendar"),
    path("streets/", streets, name="streets"),
    path("publish/<uuid:contract>/", publish_all, name="publish-all"),
    path("count/<uuid:contract>/", count_all, name="count-all"),
]
