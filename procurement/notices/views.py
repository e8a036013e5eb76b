"""The list of notices at work (公告) under /w/notices/: what was published, by whom, with the way to each public page."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from core.listing import PAGE_ROWS
from core.pages import actor_of
from core.paging import LongPaginator, capped_counts
from procurement.notices.models import Notice
from procurement.notices.queries import visible_notices


class NoticeFilter(django_filters.FilterSet):
    """Search by title, number or publisher; kind; own organization's only."""

    q = django_filters.CharFilter(label="标题、文号、发布单位", method="search")
    kind = django_filters.ChoiceFilter(label="类型", empty_label="全部类型", choices=Notice.KINDS)

    def search(self, rows: QuerySet[Notice], name: str, value: str) -> QuerySet[Notice]:
        """Anywhere in title, number or publisher's name."""
        return rows.filter(Q(title__icontains=value) | Q(number__icontains=value) | Q(buyer__name__icontains=value))


@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """All notices, newest first, 25 a page; 「本单位」 narrows to those of the viewer's organization."""
    actor = actor_of(request)
    seen = visible_notices(actor)
    own = seen.filter(buyer_id=actor.organization_id)
    chosen = request.GET.get("view", "")
    counts = capped_counts([seen, own])
    views: list[dict[str, Any]] = [{"label": "全部", "url": "?", "count": counts[0], "on": chosen != "own"}]
    if actor.organization_kind == "buyer":
        views.append({"label": "本单位", "url": "?view=own", "count": counts[1], "on": chosen == "own"})
    filtered = NoticeFilter(request.GET, queryset=own if chosen == "own" else seen, request=request)
    page = LongPaginator(filtered.qs, PAGE_ROWS).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "title": "公告",
        "count": page.paginator.count,
        "views": views,
        "filter": filtered,
        "page": page,
        "query": query.urlencode(),
        "clear_url": request.path,
        "chips": [],
        "columns": [{"label": label} for label in ("公告", "类型", "发布单位", "发布时间", "公示至")],
        "rows": [
            {
                "url": each.get_absolute_url(),
                "cells": [
                    {"kind": "title", "text": each.title, "sub": each.number, "url": each.get_absolute_url()},
                    {"kind": "tag", "text": each.get_kind_display(), "label": "类型"},
                    {"kind": "text", "text": each.buyer.short_name or each.buyer.name, "label": "发布单位"},
                    {"kind": "date", "text": each.published_at, "label": "发布时间"},
                    {"kind": "date", "text": each.ends_at, "label": "公示至"},
                ],
            }
            for each in page.object_list
        ],
        "empty": {"title": "还没有公告", "text": "订单、结果、合同和验收的公告发布以后列在这里。"},
        "crumbs": [{"label": "工作台", "url": "/w/"}, {"label": "公告", "url": ""}],
    }
    return render(request, "list.html", context)


urlpatterns = [path("", notices, name="list")]
