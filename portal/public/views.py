"""Public pages: no log-in, no cookie needed, nothing that is not in queries.py."""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from accounts.organizations.models import Organization
from catalog.items.models import Item
from core import clock, journal
from core.documents import disposition, serve
from core.paging import LongPaginator, keys_first
from core.words import carrying
from portal.public import queries
from procurement.final_accounts.queries import tables
from procurement.notices.models import Notice
from procurement.orders.models import Order

PAGE_ROWS = 20
DAYS = 31
CATEGORIES = [
    ("W01", "职工就业创业"),
    ("W02", "技能提升培训"),
    ("W03", "青年服务"),
    ("W04", "妇女儿童维权"),
    ("W05", "心理咨询服务"),
]


class OrderFilter(django_filters.FilterSet):
    """How a provider looks for orders."""

    q = django_filters.CharFilter(label="名称、编号、地点", method="search")
    category = django_filters.ChoiceFilter(
        label="类别", choices=CATEGORIES, field_name="item__category", empty_label="全部类别"
    )
    state = django_filters.ChoiceFilter(
        label="状态",
        choices=[("open", "征集中"), ("deciding", "评审与公示"), ("done", "已成交"), ("failed", "流标或终止")],
        method="by_state",
        empty_label="全部状态",
    )

    class Meta:
        model = Order
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        """Title, number or place."""
        return carrying(rows, value, *Order.words)

    def by_state(self, rows: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        """States as the public says them."""
        if value == "open":
            return rows.filter(status="published", bid_deadline__gt=clock.now())
        if value == "deciding":
            waiting = Q(status="published", bid_deadline__lte=clock.now())
            return rows.filter(waiting | Q(status__in=["closed", "opened", "reviewing", "standstill", "challenged"]))
        return rows.filter(status__in=["awarded", "contracted"] if value == "done" else ["failed", "cancelled"])


class NoticeFilter(django_filters.FilterSet):
    """Notices by kind and words."""

    q = django_filters.CharFilter(label="标题、文号", method="search")
    kind = django_filters.ChoiceFilter(label="类型", choices=Notice.KINDS, empty_label="全部类型")

    class Meta:
        model = Notice
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Notice], name: str, value: str) -> QuerySet[Notice]:
        """Title or number."""
        return rows.filter(Q(title__icontains=value) | Q(number__icontains=value))


class ItemFilter(django_filters.FilterSet):
    """Items by category and words."""

    q = django_filters.CharFilter(label="名称、内容", method="search")
    category = django_filters.ChoiceFilter(label="类别", choices=CATEGORIES, empty_label="全部类别")

    class Meta:
        model = Item
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Item], name: str, value: str) -> QuerySet[Item]:
        """Name, code or content."""
        return rows.filter(Q(name__icontains=value) | Q(code__icontains=value) | Q(content__icontains=value))


class ProviderFilter(django_filters.FilterSet):
    """Providers by words and kind."""

    q = django_filters.CharFilter(label="名称、信用代码", method="search")
    provider_kind = django_filters.ChoiceFilter(
        label="类型", choices=Organization.PROVIDER_KINDS, empty_label="全部类型"
    )

    class Meta:
        model = Organization
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Organization], name: str, value: str) -> QuerySet[Organization]:
        """Name or USCC."""
        return rows.filter(Q(name__icontains=value) | Q(uscc__icontains=value.upper()))


def home(request: HttpRequest) -> HttpResponse:
    """首页: the four verbs with live figures, open orders, notices, where the money is."""
    year = queries.this_year()
    context = {
        # Headline figures may be a minute old; counting them is most of what this page would ask.
        "figures": cache.get_or_set("portal.figures", queries.figures, 60),
        "orders": keys_first(queries.open_orders(), 0, 4),
        "notices": queries.notices()[:6],
        "money": queries.money_state(year),
        "chart": _month_chart(year),
        "year": year,
        "now": clock.now(),
    }
    return _page(request, "home", context)


def order_list(request: HttpRequest) -> HttpResponse:
    """订单: what can be bid for, and what became of the others."""
    found = OrderFilter(request.GET, queryset=queries.published_orders())
    return _page(request, "orders", _listed(request, found))


def order_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One order: may I, should I bid."""
    order = queries.order_by_number(number)
    criteria = list(order.criteria.all())
    heaviest = max((criterion.weight for criterion in criteria), default=1)
    context = {
        "order": order,
        "lots": list(order.lots.all()),
        "criteria": [(criterion, criterion.weight / heaviest * 100) for criterion in criteria],
        "bids": queries.opened_bids(order),
        "notices": Notice.objects.filter(case=order.case_key).order_by("published_at"),
    }
    return _page(request, "order", context)


def order_file(request: HttpRequest, number: str, document: str) -> HttpResponseBase:
    """A file that was published with the order."""
    link = queries.order_by_number(number).files.filter(document_id=document).select_related("document").first()
    if link is None:
        raise Http404
    return serve(link.document)


def notice_list(request: HttpRequest) -> HttpResponse:
    """公告: what was decided and when."""
    return _page(request, "notices", _listed(request, NoticeFilter(request.GET, queryset=queries.notices())))


def notice_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One notice as it was frozen, with its digest and its kin."""
    notice = queries.notice_by_number(number)
    later = Notice.objects.filter(replaces=notice).first()
    context = {
        "notice": notice,
        "related": queries.notices_of_case(notice),
        "replaced_by": later,
        "replaced_link": {"label": "看更正公告", "url": later.get_absolute_url()} if later else None,
        "verify_url": request.build_absolute_uri(reverse("public:verify") + f"?digest={notice.digest}"),
    }
    return _page(request, "notice", context)


def catalog(request: HttpRequest) -> HttpResponse:
    """服务目录: what is bought here, in which edition."""
    found = ItemFilter(request.GET, queryset=queries.items_in_force())
    groups: dict[str, list[Item]] = {}
    for item in found.qs:
        groups.setdefault(item.category_name, []).append(item)
    context = {
        "filter": found,
        "groups": groups.items(),
        "editions": queries.current_editions(),
        "count": found.qs.count(),
    }
    return _page(request, "catalog", context)


def item_detail(request: HttpRequest, edition: str, code: str) -> HttpResponse:
    """One item: what exactly, at what standard, at what price."""
    item = queries.item_in_force(code, edition)
    orders = queries.published_orders().filter(item__code=item.code, buyer=item.edition.buyer)[:10]
    return _page(request, "item", {"item": item, "orders": orders})


def organizations(request: HttpRequest) -> HttpResponse:
    """社会组织: who they are."""
    return _page(request, "organizations", _listed(request, ProviderFilter(request.GET, queryset=queries.providers())))


def money(request: HttpRequest) -> HttpResponse:
    """资金公开: the year's totals, contracts and payments."""
    year = int(request.GET["year"]) if request.GET.get("year", "").isdigit() else queries.this_year()
    categories = queries.spent_by_category(year)
    chart = {
        "id": "by-category",
        "title": "钱花到哪里",
        "says": "，".join(f"{name} {contracted:,.2f} 元" for name, contracted, _paid in categories)
        or "今年还没有签订的合同",
        "kind": "bar",
        "unit": "元",
        "axis": "类别",
        "categories": [name for name, _contracted, _paid in categories],
        "series": [
            {"name": "已签约", "data": [float(contracted) for _name, contracted, _paid in categories]},
            {"name": "已支付", "data": [float(paid) for _name, _contracted, paid in categories]},
        ],
    }
    context = {
        "year": year,
        "money": queries.money_state(year),
        "chart": chart,
        "month_chart": _month_chart(year),
        "contracts": queries.signed_contracts().filter(signed_at__year=year)[:50],
        "accounts": queries.published_accounts()[:20],
        "payments": queries.recorded_payments().filter(paid_on__year=year)[:50],
    }
    return _page(request, "money", context)


def final_account(request: HttpRequest, number: str) -> HttpResponse:
    """年度决算: one buyer's published account, by line, source, class, category and street."""
    account = queries.account_by_number(number)
    return _page(request, "final_account", {"account": account, "tables": tables(account)})


def guide(request: HttpRequest) -> HttpResponse:
    """办事指南: how each step works, for providers and residents."""
    return _page(request, "guide", {})


def verify(request: HttpRequest) -> HttpResponse:
    """查验: whether a paper's digest is one that the platform issued."""
    digest = request.GET.get("digest", "").strip().lower()
    found, paper = None, ""
    if len(digest) == 64:
        paper = queries.issued_paper(digest)
        paper = paper or _closed_day(digest)
        found = Notice.objects.filter(Q(digest=digest) | Q(document__sha256=digest)).select_related("buyer").first()
    link = {"label": "看公告", "url": found.get_absolute_url()} if found else None
    return _page(
        request, "verify", {"digest": digest, "found": found, "paper": paper, "found_link": link, "asked": bool(digest)}
    )


def _closed_day(digest: str) -> str:
    """The day whose checkpoint has this digest, in words; "" for none."""
    day = next((each.day for each in journal.published().days if each.digest == digest), None)
    return f"{day.year} 年 {day.month} 月 {day.day} 日的日志存证" if day else ""


def journal_page(request: HttpRequest) -> HttpResponse:
    """存证: each day's digest of the whole journal and the keys that sign it; no count of anything."""
    told = journal.published()
    page = LongPaginator(told.days, DAYS).get_page(request.GET.get("page"))
    return _page(request, "journal", {"keys": told.keys, "page": page, "days": page.object_list})


def journal_file(request: HttpRequest) -> HttpResponse:
    """The same for programs: every day at once."""
    told = journal.published()
    days = [{"day": each.day.isoformat(), "sha256": each.digest} for each in told.days]
    return JsonResponse({"keys": told.keys, "days": days}, json_dumps_params={"ensure_ascii": False})


def journal_verifier(request: HttpRequest) -> HttpResponse:
    """The program that checks receipts, archives and exports without the platform (核对程序)."""
    return HttpResponse(
        journal.verifier(),
        content_type="text/x-python; charset=utf-8",
        headers={"Content-Disposition": disposition("verify.py"), "X-Content-Type-Options": "nosniff"},
    )


def _listed(request: HttpRequest, found: django_filters.FilterSet) -> dict[str, Any]:
    page = LongPaginator(found.qs, PAGE_ROWS).get_page(request.GET.get("page"))
    return {"filter": found, "page": page, "rows": page.object_list, "count": page.paginator.count}


def _month_chart(year: int) -> dict[str, Any]:
    months = queries.paid_by_month(year)
    return {
        "id": "paid-by-month",
        "title": "各月支付金额",
        "says": f"{year} 年已支付 {sum(amount for _month, amount in months):,.2f} 元",
        "kind": "bar",
        "unit": "元",
        "axis": "月份",
        "categories": [f"{month} 月" for month, _amount in months],
        "series": [{"name": "已支付", "data": [float(amount) for _month, amount in months]}],
    }


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, f"portal/public/{name}.html", {"place": name, **context})
