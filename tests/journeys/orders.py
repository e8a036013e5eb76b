"""Ways to the states of an order, by operations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core import clock
from procurement.orders.models import Order
from procurement.orders.operations import approve_order, cancel_order, draft_order, publish_order, submit_order
from tests.cast import Cast
from tests.journeys.projects import approved_project

WRITERS = {"buyer": ("buyer", "leader", "procurer"), "union": ("other_buyer", "other_leader", "other_procurer")}


def drafted_order(cast: Cast, *, facts: dict[str, Any] | None = None, **how: Any) -> Order:
    """An order in draft, made of an approved project. how: as approved_project (title, quantity, unit_price …)."""
    project = approved_project(cast, **how)
    writer = WRITERS[how.get("organization", "buyer")][0]
    return draft_order(project, actor=cast.actor(writer), **(facts or {}))


def submitted_order(cast: Cast, **how: Any) -> Order:
    """An order that waits for another person's review."""
    writer = WRITERS[how.get("organization", "buyer")][0]
    return submit_order(drafted_order(cast, **how), actor=cast.actor(writer))


def approved_order(cast: Cast, **how: Any) -> Order:
    """An order that waits for publication."""
    reviewer = WRITERS[how.get("organization", "buyer")][1]
    return approve_order(submitted_order(cast, **how), actor=cast.actor(reviewer))


def published_order(cast: Cast, **how: Any) -> Order:
    """An order that takes bids, with number, notice and opening."""
    publisher = WRITERS[how.get("organization", "buyer")][2]
    return publish_order(approved_order(cast, **how), actor=cast.actor(publisher))


def cancelled_order(cast: Cast, **how: Any) -> Order:
    """An order that was published and then cancelled."""
    publisher = WRITERS[how.get("organization", "buyer")][2]
    return cancel_order(
        published_order(cast, **how), actor=cast.actor(publisher), reason="项目计划调整，本年度不再实施。"
    )


def after_deadline(order: Order) -> datetime:
    """A moment just after the order's deadline; for core.clock.travel."""
    return clock.local(order.bid_deadline).replace(microsecond=0)
