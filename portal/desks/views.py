"""The desk (待办), the search, and a person's notices."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from core import clock
from core.actor import Actor
from core.duties import LIMIT, Task, tasks_for
from core.messages import inbox, mark_all_read
from core.pages import actor_of
from core.paging import LongPaginator
from core.templatetags.ui import counted
from portal.desks import queries

GROUPS = (("逾期", "bad"), ("今天", "warn"), ("本周", ""), ("以后", ""))
WEEKDAYS = "一二三四五六日"


def desk(request: HttpRequest) -> HttpResponse:
    """待办: what must I do now, by deadline, one click from the deed."""
    actor = actor_of(request)
    tasks = tasks_for(actor)
    today = clock.today()
    context = {
        "greeting": f"{actor.user_name}，今天要办 {_pressing(tasks)} 件"
        if _pressing(tasks)
        else f"{actor.user_name}，今天没有到期的事",
        "dateline": f"{today.month} 月 {today.day} 日 星期{WEEKDAYS[today.weekday()]} · {actor.organization_name}",
        "desk_actions": _actions(actor),
        "figures": _figures(tasks),
        "duty_count": len(tasks),
        "duty_limit": LIMIT if any(n == LIMIT for n in Counter(task.name for task in tasks).values()) else 0,
        "groups": _grouped(tasks),
        "sections_side": _side(actor),
        "sections_main": _main(actor),
    }
    return render(request, "desk.html", context)


def search(request: HttpRequest) -> HttpResponse:
    """查找: over all kinds of objects this person may know of."""
    words = request.GET.get("q", "").strip()[:60]
    found = queries.search(actor_of(request), words) if len(words) >= 2 else []
    return render(request, "portal/desks/search.html", {"search_query": words, "found": found, "short": len(words) < 2})


def messages(request: HttpRequest) -> HttpResponse:
    """通知: newest first."""
    page = LongPaginator(inbox(actor_of(request).user_key), 25).get_page(request.GET.get("page"))
    return render(request, "portal/desks/messages.html", {"page": page, "rows": page.object_list})


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all notices as read."""
    mark_all_read(actor_of(request).user_key)
    return redirect("desks:messages")


def _pressing(tasks: list[Task]) -> int:
    return sum(task.group in {"逾期", "今天"} for task in tasks)


def _figures(tasks: list[Task]) -> list[dict[str, Any]]:
    counts = {title: [task for task in tasks if task.group == title] for title, _kind in GROUPS}
    labels = {"逾期": "逾期", "今天": "今天到期", "本周": "本周到期", "以后": "以后"}
    return [
        {
            "label": labels[title],
            "value": len(rows),
            "unit": "件",
            "detail": rows[0].title[:18] if rows else "没有",
            "kind": "hot" if title == "逾期" and rows else "",
        }
        for title, rows in counts.items()
    ]


def _grouped(tasks: list[Task]) -> list[dict[str, Any]]:
    order = [title for title, _kind in GROUPS]
    ranked = sorted(tasks, key=lambda task: order.index(task.group))
    kinds = dict(GROUPS)
    return [
        {"title": title, "kind": kinds[title], "items": list(rows)}
        for title, rows in groupby(ranked, lambda task: task.group)
    ]


def _actions(actor: Actor) -> list[dict[str, Any]]:
    if actor.has("programme_officer"):
        return [{"label": "新立项", "url": "/w/projects/new/", "icon": "plus-lg", "primary": True}]
    if actor.has("provider_admin", "provider_bidder"):
        return [{"label": "找订单", "url": "/orders/", "icon": "card-checklist", "primary": True}]
    return []


def _side(actor: Actor) -> list[dict[str, Any]]:
    """The cards beside the tasks; one that has nothing to show stays away."""
    cards = []
    if progress := queries.budget_progress(actor):
        title = f"{progress['year']} 年预算走到哪一步"
        cards.append({"title": title, "template": "components/stages.html", "context": progress})
    if not actor.has("provider_admin", "provider_bidder", "provider_worker", "expert"):
        stages = queries.order_stages(actor)
        if stages:
            count = counted(sum(stage["count"] for stage in stages))
            card = {"template": "components/pipe.html", "context": {"pipe": stages}}
            cards.append({"title": f"{count} 个订单在哪里", **card})
    if dates := queries.next_dates(actor):
        cards.append({"title": "接下来", "template": "portal/desks/dates.html", "context": {"dates": dates}})
    return cards


def _main(actor: Actor) -> list[dict[str, Any]]:
    if not actor.has("provider_admin", "provider_bidder", "provider_worker"):
        return []
    cards = []
    if contracts := queries.money_on_its_way(actor):
        cards.append(
            {"title": "在办的合同", "template": "portal/desks/contracts.html", "context": {"contracts": contracts}}
        )
    if orders := queries.orders_that_fit(actor):
        cards.append({"title": "可以申报的订单", "template": "portal/desks/orders.html", "context": {"orders": orders}})
    return cards
