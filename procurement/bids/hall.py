"""The opening hall (开启大厅): countdown by the server's clock, two key holders, what will happen, and the record after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from core import clock, duties, sections
from core.actor import Actor
from core.duties import Duty
from core.errors import NotAllowed
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Room, View, register
from procurement.bids.forms import KeyForm
from procurement.bids.lifecycle import OPENING
from procurement.bids.models import Opening
from procurement.bids.opening import turn_key
from procurement.bids.queries import minimum_bids, opening_record, visible_openings
from procurement.orders.models import Order
from procurement.orders.queries import moment_text
from procurement.permissions.bids import can_turn_key

T = "procurement/bids"


def hall(opening: Opening, actor: Actor) -> dict[str, Any]:
    """What the hall shows now: the same for page, fragment and after a refused key. No count of bids before the opening."""
    order = opening.order
    due = clock.now() >= order.bid_deadline
    stands = opening.key_stands
    ended = opening.status in {"opened", "stopped"}
    turned = ended or stands
    office = _("%(office)s · %(buyer)s")
    keys = [
        {
            "name": opening.first_name if turned and opening.first_name else _("第一人"),
            "note": office % {"office": opening.first_office, "buyer": order.buyer.name} if turned and opening.first_office else _("任一科室"),
            "at": opening.first_at if turned and opening.first_name else None,
        },
        {
            "name": opening.second_name or _("第二人"),
            "note": office % {"office": opening.second_office, "buyer": order.buyer.name}
            if opening.second_office
            else _("不同科室，另一台设备"),
            "at": opening.second_at,
        },
    ]  # fmt: skip
    return {
        "opening": opening,
        "order": order,
        "due": due,
        "ended": ended,
        "keys": keys,
        "stands": stands,
        "expires_at": opening.key_expires_at,
        "may": can_turn_key(actor, opening) and due and not ended,
        "mine": stands and opening.first_key == actor.user_key,
        "buyer_side": actor.belongs_to(opening.buyer_id),
        "minimum": minimum_bids(order),
        "record": opening_record(order) if opening.status == "opened" else [],
        "deadline_text": moment_text(order.bid_deadline),
        "live_url": reverse("openings:live", args=[opening.pk]),
        "key_url": reverse("openings:key", args=[opening.pk]),
        "seen": state_of(opening),
        "here_time": f"{clock.local(clock.now()):%H:%M:%S}",
        "idempotency_key": uuid4().hex,
    }


def _context(opening: Opening, actor: Actor) -> dict[str, Any]:
    form = KeyForm(thing=opening, actor=actor, step=OPENING.step("first_key"))
    return {**hall(opening, actor), "form": form, "actions": []}


OPENINGS = register(
    Room(
        slug="openings",
        label="开启",
        model=Opening,
        visible=visible_openings,
        title=lambda opening: opening.order.title,
        icon="key",
        template=f"{T}/hall.html",
        columns=(
            Column("title", "订单", lambda o: (o.order.title, o.order.number), kind="title", sort="order__title"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("due", "截止", lambda o: o.order.bid_deadline, kind="due", sort="order__bid_deadline"),
            Column("opened", "开启时间", lambda o: o.opened_at, kind="date", sort="opened_at"),
        ),
        default_sort="-order__bid_deadline",
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("等待开启", "waiting", lambda rows, actor: rows.filter(status__in=("waiting", "one_key"))),
        ),
        subtitle=lambda o: (o.order.number, o.order.buyer.name),
        context=_context,
        fields=("opened_at",),
        empty=("还没有要开启的订单", "订单发布后，开启大厅在这里；截止后由两位不同科室的同事办理。"),
    )
)


def key_page(request: HttpRequest, key: str) -> HttpResponse:
    """Turn a key: the password again, this browser's session; the answer is the hall."""
    actor = actor_of(request)
    opening: Opening = OPENINGS.fetch(actor, key)
    if not can_turn_key(actor, opening):
        raise NotAllowed(_("开启由本单位两个科室各一人办理。"))
    bound = (request.POST,) if request.method == "POST" else ()
    form = KeyForm(*bound, thing=opening, actor=actor, step=OPENING.step("first_key"))
    form.request = request

    def act(cleaned: dict[str, Any]) -> Opening:
        return turn_key(opening, actor=actor, session_key=request.session.session_key or "")

    context = {
        "room": OPENINGS,
        "thing": opening,
        **hall(opening, actor),
        "crumbs": [{"label": OPENINGS.label, "url": "/w/openings/"}, {"label": opening.order.title, "url": ""}],
    }
    template = f"{T}/hall.html"
    return answer(request, form, act, template=template, context=context, done=lambda done: done.get_absolute_url())


@never_cache
def live(request: HttpRequest, key: str) -> HttpResponse:
    """The two keys as they stand, polled every few seconds; a turned key or the opening brings the whole page anew."""
    actor = actor_of(request)
    opening: Opening = OPENINGS.fetch(actor, key)
    context = hall(opening, actor)
    response = render(request, f"{T}/hall_keys.html", context)
    if request.GET.get("seen", "") != state_of(opening):
        response["HX-Refresh"] = "true"
    return response


def state_of(opening: Opening) -> str:
    """What the page compares to know that somebody else has acted or that time has passed."""
    return f"{opening.shown_status}-{opening.version}-{int(clock.now() >= opening.order.bid_deadline)}"


def _on_order(order: Order, actor: Actor) -> dict[str, Any] | None:
    """The order page's card of its opening, for those who may see the hall."""
    opening = visible_openings(actor).filter(order=order).first()
    if opening is None:
        return None
    return {"opening": opening, "chip": opening.chip, "when": moment_text(order.bid_deadline)}


sections.register(
    "procurement.order", title="开启", template=f"{T}/opening_card.html", context=_on_order, slot="side", order=10
)


def _to_open(actor: Actor) -> QuerySet[Opening]:
    rows = visible_openings(actor).filter(
        buyer_id=actor.organization_id,
        status__in=("waiting", "one_key"),
        order__status="published",
        order__bid_deadline__lte=clock.now(),
    )
    fresh = {"status": "one_key", "first_key": actor.user_key, "first_at__gt": clock.now() - timedelta(minutes=10)}
    return rows.exclude(**fresh)


duties.register(
    Duty(
        name="opening",
        roles=("procurement_officer", "discipline_officer", "programme_officer"),
        queryset=_to_open,
        title=lambda opening: opening.order.title,
        note=lambda opening: _("已截止，等两位不同科室的同事开启"),
        button="开启",
        deadline=lambda opening: opening.order.bid_deadline + timedelta(days=1),
        source=duties.source(Opening, buyer="buyer", status__in=("waiting", "one_key"), order__status="published"),
    )
)

urlpatterns = [
    path("<uuid:key>/first_key/", lambda request, key: key_page(request, str(key)), name="key"),
    path("<uuid:key>/live/", lambda request, key: live(request, str(key)), name="live"),
    *room_urls(OPENINGS),
]
