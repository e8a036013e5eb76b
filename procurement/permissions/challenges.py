"""Who may do what with challenges (质疑)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.challenges.models import Challenge


def can_file_challenge(actor: Actor, challenge: Challenge | None = None) -> bool:
    """A bidder's head or bidder, for their own organization."""
    return actor.has("provider_admin", "provider_bidder") and (
        challenge is None or actor.belongs_to(challenge.organization_id)
    )


def can_answer_challenge(actor: Actor, challenge: Challenge) -> bool:
    """A procurement or discipline officer of the buyer; never one who scored (separation of duties)."""
    return actor.works_for(challenge.buyer_id, "procurement_officer", "discipline_officer")
