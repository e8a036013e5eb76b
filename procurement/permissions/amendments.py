"""Who may do what with amendments (补充协议)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.amendments.models import Amendment
    from procurement.contracts.models import Contract


def can_draft_amendment(actor: Actor, contract: Contract) -> bool:
    """The buyer's programme officer, for a contract of theirs."""
    return actor.works_for(contract.buyer_id, "programme_officer")


def can_keep_amendment(actor: Actor, amendment: Amendment) -> bool:
    """The same officers, for a draft of theirs."""
    return actor.works_for(amendment.buyer_id, "programme_officer")


def can_approve_amendment(actor: Actor, amendment: Amendment) -> bool:
    """The buyer's leadership, one level above who manages the contract; never who wrote it."""
    return actor.works_for(amendment.buyer_id, "leader") and actor.user_key != amendment.drafted_by_key


def can_file_amendment(actor: Actor, amendment: Amendment) -> bool:
    """A programme or procurement officer of the buyer, while an amendment in force has no filing number yet."""
    return actor.works_for(amendment.buyer_id, "programme_officer", "procurement_officer") and (
        amendment.effective_at is not None and not amendment.filing_number
    )


def can_sign_amendment(actor: Actor, amendment: Amendment) -> bool:
    """The leadership for the buyer, the head of the provider for the other side; each side once."""
    if actor.works_for(amendment.buyer_id, "leader"):
        return amendment.buyer_signed_at is None
    return actor.works_for(amendment.contract.provider_id, "provider_admin") and amendment.provider_signed_at is None
