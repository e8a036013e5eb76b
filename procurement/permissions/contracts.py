"""Who may do what with contracts (合同)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.contracts.models import Contract


def can_draw_contract(actor: Actor, contract: Contract | None = None) -> bool:
    """A programme or procurement officer of the buyer."""
    return actor.has("programme_officer", "procurement_officer") and (
        contract is None or actor.belongs_to(contract.buyer_id)
    )


def can_review_contract(actor: Actor, contract: Contract) -> bool:
    """A leader or procurement officer of the buyer, never who drew the text up (法律审核与起草分离)."""
    return actor.works_for(contract.buyer_id, "leader", "procurement_officer") and (
        actor.user_key != contract.drafted_by_key
    )


def can_oversee_delivery(actor: Actor, contract: Contract) -> bool:
    """The buyer's programme officers and leadership: rectification, pause, going on."""
    return actor.works_for(contract.buyer_id, "programme_officer", "leader")


def can_terminate_contract(actor: Actor, contract: Contract) -> bool:
    """The buyer's leadership alone: one level above who manages the contract."""
    return actor.works_for(contract.buyer_id, "leader")


def can_file_contract(actor: Actor, contract: Contract) -> bool:
    """A programme or procurement officer of the buyer, while a contract in force has no filing number yet."""
    return (
        actor.works_for(contract.buyer_id, "programme_officer", "procurement_officer")
        and contract.signed_at is not None
        and not contract.filing_number
    )


def can_sign_for_buyer(actor: Actor, contract: Contract) -> bool:
    """The buyer's leadership."""
    return actor.works_for(contract.buyer_id, "leader")


def can_sign_for_provider(actor: Actor, contract: Contract) -> bool:
    """The provider's head."""
    return actor.works_for(contract.provider_id, "provider_admin")


def can_sign(actor: Actor, contract: Contract) -> bool:
    """The side that has not signed yet."""
    return (can_sign_for_buyer(actor, contract) and not contract.buyer_signed_at) or (
        can_sign_for_provider(actor, contract) and not contract.provider_signed_at
    )


def can_read_report(actor: Actor, contract: Contract) -> bool:
    """The buyer's people; the provider once it is frozen; oversight in scope."""
    return (
        actor.belongs_to(contract.buyer_id)
        or (actor.belongs_to(contract.provider_id) and contract.lifecycle.statuses[contract.status].public)
        or (
            actor.has("district_finance")
            and bool(actor.region_path)
            and contract.region_path.startswith(actor.region_path)
        )
    )
