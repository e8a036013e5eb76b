"""Who may do what with awards (成交)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.awards.models import Award


def can_propose_award(actor: Actor, award: Award | None = None) -> bool:
    """A procurement officer of the buyer."""
    return actor.has("procurement_officer") and (award is None or actor.belongs_to(award.buyer_id))


def can_publish_award(actor: Actor, award: Award) -> bool:
    """The leadership of the buyer decides; not who proposed it."""
    return actor.works_for(award.buyer_id, "leader") and award.proposed_by_key != actor.user_key


def can_confirm_award(actor: Actor, award: Award) -> bool:
    """A procurement officer, or the clock, once the standstill is over."""
    return actor.user_key == "system" or actor.works_for(award.buyer_id, "procurement_officer")
