"""The list of experts under /w/experts/."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.experts.queries import visible_experts
from accounts.permissions import can_see_experts
from core.listing import PAGE_ROWS
from core.pages import actor_of


@login_required
def experts(request: HttpRequest) -> HttpResponse:
    """The pool, 25 a page, searched by name, field or employer; 404 for whom it is none of their business."""
    actor = actor_of(request)
    if not can_see_experts(actor):
        raise Http404
    text = request.GET.get("q", "").strip()
    rows = visible_experts(actor)
    if text:
        rows = rows.filter(Q(user__name__icontains=text) | Q(field__icontains=text) | Q(employer__icontains=text))
    page = Paginator(rows.order_by("user__name", "pk"), PAGE_ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "q": text,
        "query": request.GET.urlencode() if text else "",
        "crumbs": [{"label": "工作台", "url": "/w/"}, {"label": "评审专家", "url": ""}],
    }
    return render(request, "accounts/experts.html", context)
