"""Who may do what with orders (订单)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.orders.models import Order


def can_draft_order(actor: Actor, order: Order | None = None) -> bool:
    """A programme or procurement officer of the buyer."""
    return actor.has("programme_officer", "procurement_officer") and (order is None or actor.belongs_to(order.buyer_id))


def can_review_order(actor: Actor, order: Order) -> bool:
    """The leadership or a procurement officer of that buyer; never the person who wrote it (审核另有其人)."""
    return actor.works_for(order.buyer_id, "leader", "procurement_officer") and order.drafted_by_key != actor.user_key


def can_publish_order(actor: Actor, order: Order) -> bool:
    """A procurement officer of the buyer."""
    return actor.works_for(order.buyer_id, "procurement_officer")


def can_return_order(actor: Actor, order: Order) -> bool:
    """Whoever reviews it, or would publish it and finds that its deadline has become too short."""
    return can_review_order(actor, order) or (order.status == "approved" and can_publish_order(actor, order))


def can_cancel_order(actor: Actor, order: Order) -> bool:
    """A procurement officer or the leadership of the buyer, with a written reason."""
    return actor.works_for(order.buyer_id, "procurement_officer", "leader")
