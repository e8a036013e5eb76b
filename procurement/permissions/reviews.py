"""Who may do what in a review (评审): checks by the buyer, scores by each expert alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.reviews.models import Review


def can_check_bids(actor: Actor, review: Review) -> bool:
    """A procurement officer of the buyer (资格审查由采购人办理)."""
    return actor.works_for(review.buyer_id, "procurement_officer")


def can_score(actor: Actor, review: Review) -> bool:
    """An expert; the operation finds the seat and refuses the recused."""
    return actor.has("expert")
