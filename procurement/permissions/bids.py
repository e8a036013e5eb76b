"""Who may do what with bids (申报) and the opening (开启). Nobody but the bidder knows of a bid before the opening."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.roles import OFFICE
from core.actor import Actor

if TYPE_CHECKING:
    from procurement.bids.models import Bid, Opening


def can_write_bid(actor: Actor, bid: Bid | None = None) -> bool:
    """The bidding organization's head or bidder (申报经办)."""
    return actor.has("provider_admin", "provider_bidder") and (bid is None or actor.belongs_to(bid.organization_id))


def can_turn_key(actor: Actor, opening: Opening) -> bool:
    """An officer of the buyer with an office (科室); the second key needs another person of another office."""
    offices = {OFFICE[role] for role in actor.roles if role in OFFICE}
    if not actor.belongs_to(opening.buyer_id) or not offices:
        return False
    return not (opening.key_stands and opening.first_key == actor.user_key)
