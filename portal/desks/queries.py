"""What a desk shows beside its tasks: where the money and the orders stand, what falls next; and the search."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Sum

from core import clock
from core.actor import Actor
from core.money import ZERO
from core.paging import capped_counts, in_order, narrowed
from core.permissions import in_scope
from core.rooms import Room, rooms
from core.words import carrying
from procurement.budgets.models import Allocation, BudgetLine
from procurement.contracts.models import Contract
from procurement.contracts.queries import DELIVERING, visible_contracts
from procurement.orders.models import Order
from procurement.orders.queries import visible_orders

STAGES = (
    ("立项", ("draft", "checking", "approved")),
    ("征集中", ("published",)),
    ("评审中", ("closed", "opened", "reviewing")),
    ("公示", ("standstill", "challenged")),
    ("成交", ("awarded",)),
    ("已签约", ("contracted",)),
    ("未成", ("failed", "cancelled")),
)
FOUND = 8


@dataclass(frozen=True)
class Found:
    """One line of the search's answer."""

    kind: str
    title: str
    note: str
    url: str


def budget_progress(actor: Actor) -> dict[str, Any] | None:
    """The year's money of this office's scope, or None for those who have none."""
    lines = BudgetLine.objects.filter(
        in_scope(actor), fiscal_year=clock.today().year, status__in=["approved", "closed"]
    )
    whole = lines.aggregate(approved=Sum("approved_amount"), planned=Sum("planned_amount"))
    if not whole["approved"]:
        return None
    spent = Allocation.objects.filter(line__in=lines).aggregate(
        contracted=Sum("contracted_amount"), paid=Sum("paid_amount")
    )
    approved, planned = whole["approved"], whole["planned"] or ZERO
    rows = [("已安排", planned), ("已签约", spent["contracted"] or ZERO), ("已支付", spent["paid"] or ZERO)]
    return {
        "year": clock.today().year,
        "total": approved,
        "rows": [{"label": label, "value": amount, "share": float(amount / approved * 100)} for label, amount in rows],
        "note": f"还可安排 {approved - planned:,.2f} 元。",
    }


def order_stages(actor: Actor) -> list[dict[str, Any]]:
    """How many of the visible orders stand where; [] for those who see none. One query."""
    orders = visible_orders(actor)
    counts = capped_counts([orders.filter(status__in=statuses) for _label, statuses in STAGES])
    if not any(counts):
        return []
    return [{"label": label, "count": count} for (label, _statuses), count in zip(STAGES, counts, strict=True)]


def next_dates(actor: Actor) -> list[dict[str, Any]]:
    """The next three days on which something of the actor's falls: order deadlines and contract ends."""
    now = clock.now()
    coming = visible_orders(actor).filter(status="published", bid_deadline__gt=now).order_by("bid_deadline")
    orders = narrowed(coming, "number", "title", "bid_deadline")[:3]
    dates: list[tuple[datetime, str, str, str]] = [
        (order.bid_deadline, f"申报截止：{order.title}", "截止后两人同时开启", order.get_absolute_url())
        for order in orders
    ]
    return [{"at": at, "title": title, "note": note, "url": url} for at, title, note, url in sorted(dates)[:3]]


def money_on_its_way(actor: Actor) -> list[Contract]:
    """A provider's running contracts."""
    moving = [*DELIVERING, "paused", "completed"]
    running = visible_contracts(actor).filter(provider_id=actor.organization_id, status__in=moving)
    return list(narrowed(running.order_by("ends_on"), "number", "title", "amount", "status", "ends_on")[:5])


def orders_that_fit(actor: Actor) -> list[Order]:
    """Orders a provider can bid for now, the nearest deadline first."""
    open_now = Order.objects.filter(status="published", bid_deadline__gt=clock.now()).order_by("bid_deadline")
    return list(narrowed(open_now, "number", "title", "place", "bid_deadline")[:4])


def search(actor: Actor, words: str) -> list[tuple[str, list[Found]]]:
    """What the actor may know of that carries these words, by kind; at most eight of each. Sealed bids are not searched."""
    found = ((room.label, _matches(room, actor, words)) for room in rooms() if room.slug in SEARCHED)
    return [(label, rows) for label, rows in found if rows]


def _matches(room: Room, actor: Actor, words: str) -> list[Found]:
    rows = in_order(carrying(room.visible(actor), words, *SEARCHED[room.slug]), room.default_sort)
    return [
        Found(
            room.label,
            room.title(thing),
            " · ".join(str(f) for f in room.subtitle(thing) if f),
            thing.get_absolute_url(),
        )
        for thing in room.listed(rows)[:FOUND]
    ]


SEARCHED: dict[str, tuple[str, ...]] = {
    "projects": ("title", "number"),
    "orders": ("title", "number", "place"),
    "contracts": ("title", "number", "provider__name"),
    "settlements": ("number", "contract__title"),
    "payments": ("number", "voucher_number", "settlement__contract__title"),
    "organizations": ("name", "uscc"),
    "budgets": ("name", "code"),
}
