"""Pages of the orders (订单): list, object, the start from a project, and what orders show on other pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from accounts.regions.models import Region
from catalog.items.starting_list import CATEGORIES
from core import clock, duties, sections
from core.actor import Actor
from core.duties import Duty
from core.errors import NotAllowed
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Figure, Room, View, register
from core.sections import rows_for_card
from core.words import carrying
from procurement.notices.queries import notices_about
from procurement.orders.forms import NewOrderForm
from procurement.orders.lifecycle import ORDER
from procurement.orders.models import Order
from procurement.orders.operations import draft_order
from procurement.orders.queries import (
    bid_time,
    moment_text,
    visible_orders,
    warnings_of,
)
from procurement.permissions.orders import can_draft_order
from procurement.projects.models import Project
from procurement.projects.queries import visible_projects

GOING = ("draft", "checking", "approved", "published", "opened", "reviewing", "standstill", "challenged", "awarded")


class OrderFilter(django_filters.FilterSet):
    """Name or number, category, street, state."""

    q = django_filters.CharFilter(label="查找", method="search", help_text="名称、编号、地点")
    category = django_filters.ChoiceFilter(
        label="类别", field_name="item__category", choices=list(CATEGORIES.items()), empty_label="全部类别"
    )
    street = django_filters.ModelChoiceFilter(
        label="街道", field_name="project__region", queryset=Region.objects.order_by("code"), empty_label="全部街道"
    )
    state = django_filters.ChoiceFilter(
        label="状态",
        method="by_state",
        choices=[(name, status.label) for name, status in ORDER.statuses.items()],
        empty_label="全部状态",
    )

    class Meta:
        model = Order
        fields: list[str] = []

    def search(self, orders: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        """Part of the name, the number or the place."""
        return carrying(orders, value, *Order.words)

    def by_state(self, orders: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        """The state as the clock has it: published ones past their deadline are waiting for the opening."""
        if value == "closed":
            return orders.filter(status="published", bid_deadline__lte=clock.now())
        if value == "published":
            return orders.filter(status="published", bid_deadline__gt=clock.now())
        return orders.filter(status=value)


def _due(order: Order) -> datetime | None:
    return order.bid_deadline if order.shown_status in {"published", "closed"} else None


def _figures(order: Order, actor: Actor) -> list[Figure]:
    lots = list(order.lots.all())
    quantity = sum(lot.quantity for lot in lots)
    units = {lot.unit for lot in lots}
    budget = _("预算 %(sum)s 元") % {"sum": f"{order.project.planned_amount:,.2f}"}
    day = clock.local(order.bid_deadline)
    return [
        Figure(_("最高限价"), order.ceiling, unit=_("元"), detail=budget),
        Figure(_("申报截止"), f"{day:%m-%d %H:%M}", detail=order.deadline_rule.split(" · ")[0], kind=_hot(order)),
        Figure(_("数量"), quantity, unit=units.pop() if len(units) == 1 else "", detail=_lot_words(lots)),
        Figure(_("服务期"), f"{order.starts_on:%m-%d}—{order.ends_on:%m-%d}", detail=order.place),
    ]


def _hot(order: Order) -> str:
    left = order.bid_deadline - clock.now()
    return "hot" if order.status == "published" and timedelta(0) < left < timedelta(days=3) else ""


def _lot_words(lots: list[Any]) -> str:
    return _("%(n)s 个包") % {"n": len(lots)} if len(lots) > 1 else ""


def _context(order: Order, actor: Actor) -> dict[str, Any]:
    notes = []
    if order.status == "draft":
        notes = [{"kind": "warn", "title": _("法定程序里要慎用"), "text": line} for line in warnings_of(order)]
    if order.is_provisional and order.status in {"draft", "checking", "approved"}:
        notes.append({"kind": "warn", "title": _("期限是暂按推算的"), "text": order.deadline_rule})
    if order.failure_reason:
        notes.append({"kind": "bad", "title": order.status_label, "text": order.failure_reason})
    return {
        "notes": notes,
        "public_url": f"/orders/{order.number}/" if order.number and order.published_at else "",
    }


def _terms(order: Order, actor: Actor) -> dict[str, Any]:
    return {"order": order, "standards": order.standards.all(), "lots": list(order.lots.all())}


def _criteria(order: Order, actor: Actor) -> dict[str, Any]:
    rows = list(order.criteria.all())
    return {"criteria": rows, "aside": _("合计 %(n)s 分") % {"n": sum(row.weight for row in rows)}}


def _rules(order: Order, actor: Actor) -> dict[str, Any]:
    return {"rules": order.qualification_rules.all()}


def _payment(order: Order, actor: Actor) -> dict[str, Any]:
    plans = list(order.milestone_plans.all())
    shared = [
        {"plan": plan, "amount": (order.ceiling * plan.share / Decimal(100)).quantize(Decimal("0.01"))}
        for plan in plans
    ]
    return {"plans": shared, "terms": order.payment_terms}


def _people(order: Order, actor: Actor) -> dict[str, Any]:
    facts = [
        {"label": _("采购人"), "value": order.buyer.name},
        {"label": _("起草"), "value": order.drafted_by_name},
        {"label": _("审核"), "value": order.reviewed_by_name},
        {"label": _("程序"), "value": f"{order.get_track_display()} · {order.get_method_display()}"},
        {"label": _("目录条目"), "value": f"{order.item.code} {order.item.name}"},
        {"label": _("期限依据"), "value": order.deadline_rule},
        {"label": _("规则日期"), "value": str(order.rule_date)},
    ]
    if actor.belongs_to(order.buyer_id):
        facts.insert(0, {"label": _("项目"), "value": order.project.title, "url": order.project.get_absolute_url()})
    return {"facts": facts}


def _notices(order: Order, actor: Actor) -> dict[str, Any]:
    return {"notices": notices_about(order.journal_key)}


CARD = ("number", "status", "title", "bid_deadline")


def _on_project(project: Project, actor: Actor) -> dict[str, Any] | None:
    """The project page's card of its orders, with the one button that makes an order."""
    orders = rows_for_card(visible_orders(actor).filter(project=project).order_by("-created_at"), *CARD)
    may = can_draft_order(actor) and actor.belongs_to(project.buyer_id) and project.status in {"approved", "failed"}
    if not orders and not may:
        return None
    return {"orders": orders, "may_draft": may and all(order.status in {"failed", "cancelled"} for order in orders)}


ORDERS = register(
    Room(
        slug="orders",
        label="订单",
        model=Order,
        visible=visible_orders,
        title=lambda order: order.title,
        lookup="number",
        icon="card-checklist",
        filterset=OrderFilter,
        columns=(
            Column(
                "title",
                "订单",
                lambda o: (o.title, " · ".join(filter(None, (o.number, o.place)))),
                kind="title",
                sort="title",
            ),
            Column("category", "类别", lambda o: o.item.category_name, kind="tag", sort="item__category"),
            Column("ceiling", "最高限价（元）", lambda o: o.ceiling, kind="money", sort="ceiling"),
            Column("method", "方式", lambda o: o.get_method_display()),
            Column("status", "状态", kind="chip", sort="status"),
            Column("due", "期限", _due, kind="due", sort="bid_deadline"),
        ),
        default_sort="-bid_deadline",
        views=(
            View("全部", "", lambda orders, actor: orders),
            View("进行中", "going", lambda orders, actor: orders.filter(status__in=GOING)),
            View("我经办的", "mine", lambda orders, actor: orders.filter(drafted_by_key=actor.user_key)),
        ),
        figures=_figures,
        subtitle=lambda o: (
            o.get_method_display(),
            o.place,
            _("经办 %(who)s") % {"who": o.drafted_by_name},
            o.item.code,
        ),
        tabs=(("bids", "申报"), ("review", "评审"), ("notices", "公告")),
        context=_context,
        sum_field="ceiling",
        reads=(
            "number",
            "title",
            "place",
            "method",
            "status",
            "bid_deadline",
            "ceiling",
            "drafted_by_name",
            "item__code",
            "item__category_name",
        ),
        fields=(
            *("project", "number", "title", "track", "method", "place", "starts_on", "ends_on"),
            *("bid_deadline", "ceiling", "published_at"),
        ),
        create=("发订单", "orders:new", can_draft_order),
        empty=("还没有订单", "项目批准立项后，一步就能发订单。"),
    )
)

T = "procurement/orders"
sections.register("procurement.order", title="要做什么", template=f"{T}/terms.html", context=_terms, order=10)
sections.register("procurement.order", title="评分办法", template=f"{T}/criteria.html", context=_criteria, order=20)
sections.register("procurement.order", title="申报条件", template=f"{T}/rules.html", context=_rules, order=30)
sections.register("procurement.order", title="付款安排", template=f"{T}/payment.html", context=_payment, order=40)
sections.register(
    "procurement.order", title="经办与依据", template=f"{T}/people.html", context=_people, slot="side", order=60
)
sections.register("procurement.order", title="公告", template=f"{T}/notices.html", context=_notices, tab="notices")
sections.register("procurement.project", title="订单", template=f"{T}/on_project.html", context=_on_project, order=40)


def _own(actor: Actor, *statuses: str) -> QuerySet[Order]:
    return visible_orders(actor).filter(buyer_id=actor.organization_id, status__in=statuses)


duties.register(
    Duty(
        name="order_draft",
        roles=("programme_officer", "procurement_officer"),
        queryset=lambda actor: _own(actor, "draft").filter(drafted_by_key=actor.user_key),
        title=lambda order: order.title,
        note=lambda order: _("订单草稿，写好后提交审核"),
        button="修改订单",
        verb="edit",
        deadline=lambda order: order.bid_deadline,
        amount=lambda order: order.ceiling,
        reads=("number", "title", "bid_deadline", "ceiling"),
        source=duties.source(Order, buyer="buyer", status="draft"),
    )
)
duties.register(
    Duty(
        name="order_review",
        roles=("leader", "procurement_officer"),
        queryset=lambda actor: _own(actor, "checking").exclude(drafted_by_key=actor.user_key),
        title=lambda order: order.title,
        note=lambda order: _("%(who)s 提交，等您审核") % {"who": order.drafted_by_name},
        button="审核",
        amount=lambda order: order.ceiling,
        reads=("number", "title", "drafted_by_name", "ceiling"),
        source=duties.source(Order, buyer="buyer", status="checking"),
    )
)
duties.register(
    Duty(
        name="order_publish",
        roles=("procurement_officer",),
        queryset=lambda actor: _own(actor, "approved"),
        title=lambda order: order.title,
        note=lambda order: _("已批准，可以发布"),
        button="发布",
        verb="publish",
        amount=lambda order: order.ceiling,
        reads=("number", "title", "ceiling"),
        source=duties.source(Order, buyer="buyer", status="approved"),
    )
)


def new_order(request: HttpRequest) -> HttpResponse:
    """Start an order from an approved project: choose it, and everything known is filled in."""
    actor = actor_of(request)
    if not can_draft_order(actor):
        raise NotAllowed(_("发订单由业务或采购经办办理。"))
    projects = (
        visible_projects(actor)
        .filter(buyer_id=actor.organization_id, status__in=("approved", "failed"))
        .exclude(orders__in=Order.objects.exclude(status__in=("failed", "cancelled")))
        .select_related("item", "region")
        .order_by("-approved_at")
    )
    chosen = request.GET.get("project", "")
    form = NewOrderForm(request.POST or None, initial={"project": chosen})
    track = [
        {
            "project": project,
            "time": bid_time("own", "selection", clock.today(), clock.today()),
            "on": str(project.pk) == chosen,
        }
        for project in projects
    ]

    def act(cleaned: dict[str, Any]) -> Order:
        project = visible_projects(actor).filter(pk=cleaned["project"]).first()
        if project is None:
            raise Http404
        return draft_order(project, actor=actor)

    context = {
        "rows": sorted(track, key=lambda row: not row["on"]),
        "crumbs": [{"label": ORDERS.label, "url": "/w/orders/"}, {"label": _("发订单"), "url": ""}],
        "moment": moment_text,
    }
    return answer(
        request,
        form,
        act,
        template="procurement/orders/new.html",
        context=context,
        done=lambda order: f"{order.get_absolute_url()}edit/",
    )


urlpatterns = [path("new/", new_order, name="new"), *room_urls(ORDERS)]
