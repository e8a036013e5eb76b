"""Pages of the panels (评审组): the draw, the seats, each expert's declaration."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core import duties, journal, sections
from core.actor import Actor
from core.duties import Duty
from core.pages import actor_of, room_urls, timeline_row, verb_page
from core.rooms import Column, Figure, Room, View, register
from procurement.orders.models import Order
from procurement.panels.models import Panel, Seat
from procurement.panels.queries import knows_names, live_seats, seats_of, visible_panels


def seat_chip(seat: Seat) -> dict[str, object]:
    """What a seat's chip says: declared, recused, handed in."""
    if seat.is_recused:
        return {"label": _("已回避"), "kind": "plain", "end": True}
    if seat.submitted_at:
        return {"label": _("已提交"), "kind": "done", "end": False}
    if seat.declared_at:
        return {"label": _("已声明，待评分"), "kind": "go", "end": False}
    return {"label": _("待声明"), "kind": "wait", "end": False}


def people(panel: Panel, actor: Actor) -> list[dict[str, Any]]:
    """The seats as this person may read them: an expert sees the own one alone."""
    seats = panel.seats.select_related("expert__user").order_by("n")
    if not knows_names(actor, panel):
        seats = seats.filter(expert__user_id=actor.user_key) if actor.has("expert") else seats.none()
    return [{"name": str(seat.expert), "note": seat.expert.field, "chip": seat_chip(seat)} for seat in seats]


def _seats_section(panel: Panel, actor: Actor) -> dict[str, Any] | None:
    live = live_seats(panel)
    return {"people": people(panel, actor), "aside": _("%(n)s 席") % {"n": len(live)} if live else ""}


def _draw_section(panel: Panel, actor: Actor) -> dict[str, Any] | None:
    return {"panel": panel, "pool_size": len(panel.pool)}


def _order_section(order: Order, actor: Actor) -> dict[str, Any] | None:
    """The side card 「评审组」 on the order page."""
    panel = visible_panels(actor).filter(lot__order=order).first()
    if panel is None or not knows_names(actor, panel):
        return None
    shown = people(panel, actor)
    foot = {
        "text": _("名单在成交公告前保密，只有经办人可见。"),
        "url": panel.get_absolute_url(),
        "label": _("抽取记录可复算"),
    }
    return {"people": shown, "foot": foot, "aside": _("%(n)s 人") % {"n": len(live_seats(panel))}}


def _context(panel: Panel, actor: Actor) -> dict[str, Any]:
    """Names in the timeline are for who may know them."""
    if knows_names(actor, panel):
        return {}
    own = [entry for entry in journal.entries_for(panel) if entry.actor_name == actor.user_name]
    return {"timeline": [timeline_row(panel, entry) for entry in own], "steps": []}


def _locked(panel: Panel, actor: Actor) -> list[tuple[str, str]]:
    live = live_seats(panel)
    locks = []
    if panel.status in {"declaring", "scoring"} and len(live) >= panel.size:
        locks.append(("redraw", _("没有空缺的席位，不用递补。")))
    own = next((seat for seat in live if str(seat.expert.user_id) == actor.user_key), None)
    if own is not None and own.submitted_at:
        locks.append(("declare", _("您已提交评分。")))
    return locks


def _figures(panel: Panel, actor: Actor) -> list[Figure]:
    live = live_seats(panel)
    figures = [
        Figure(_("席位"), len(live), unit=_("位")),
        Figure(_("已声明"), sum(bool(seat.declared_at) for seat in live), unit=_("位")),
        Figure(_("已交评分"), sum(bool(seat.submitted_at) for seat in live), unit=_("位"), detail=_("提交前互不可见")),
    ]
    return figures if knows_names(actor, panel) else []


def _open(panels: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return panels.filter(status__in=["forming", "declaring", "scoring"])


PANELS = register(
    Room(
        slug="panels",
        label="评审组",
        model=Panel,
        visible=visible_panels,
        title=str,
        icon="people",
        columns=(
            Column("order", "订单", lambda panel: (panel.lot.order.title, panel.lot.order.number or ""), "title"),
            Column("buyer", "采购人", lambda panel: panel.buyer.name),
            Column("size", "席位", lambda panel: len([s for s in panel.seats.all() if not s.is_recused]), "num"),
            Column("status", "状态", kind="chip", sort="status"),
            Column(
                "due",
                "评分截止",
                lambda p: None if p.lifecycle.statuses[p.status].end else p.due_at,
                "due",
                sort="due_at",
            ),
        ),
        views=(View("全部", "", lambda panels, actor: panels), View("在办", "open", _open)),
        figures=_figures,
        subtitle=lambda panel: [panel.lot.order.number or "", panel.buyer.name],
        context=_context,
        locked=_locked,
        fields=("id", "status", "size", "seed_commitment", "due_at"),
        empty=("还没有评审组", "开启申报后，平台在这里为每个订单建立评审组。"),
    )
)

sections.register("procurement.panel", title="席位", template="procurement/panels/seats.html", context=_seats_section)
sections.register(
    "procurement.panel", title="抽取记录", template="procurement/panels/draw.html", context=_draw_section, slot="side"
)
sections.register(
    "procurement.order",
    title="评审组",
    template="procurement/panels/seats.html",
    context=_order_section,
    slot="side",
    tab="review",
    order=10,
)

duties.register(
    Duty(
        name="panel.draw",
        roles=("procurement_officer",),
        queryset=lambda actor: visible_panels(actor).filter(status="forming", buyer_id=actor.organization_id),
        title=lambda panel: panel.lot.order.title,
        button="抽取专家",
        verb="draw",
        note=lambda panel: _("申报已开启，抽取评审专家"),
        source=duties.source(Panel, buyer="buyer", status="forming"),
    )
)
duties.register(
    Duty(
        name="panel.declare",
        roles=("expert",),
        queryset=lambda actor: visible_panels(actor).filter(
            pk__in=seats_of(actor).filter(declared_at__isnull=True).values("panel"), status__in=["declaring", "scoring"]
        ),
        title=lambda panel: panel.lot.order.title,
        button="声明回避情况",
        verb="declare",
        note=lambda panel: _("抽取为评审专家，先声明再评分"),
        deadline=lambda panel: panel.due_at,
    )
)


def declare(request: HttpRequest, key: str) -> HttpResponse:
    """The declaration; who is recused by it no longer sees the panel and lands on the list."""
    answered = verb_page(request, PANELS, key, "declare")
    if answered.status_code == 302 and not visible_panels(actor_of(request)).filter(pk=key).exists():
        answered["Location"] = reverse("panels:list")
    return answered


urlpatterns = [path("<str:key>/declare/", declare, name="declare"), *room_urls(PANELS)]
