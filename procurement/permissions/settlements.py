"""Who may do what with settlements (结算)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.contracts.models import Contract
    from procurement.settlements.models import Settlement


def can_draw_settlement(actor: Actor, settlement: Settlement | None = None) -> bool:
    """A programme officer of the buyer (业务核定)."""
    return actor.has("programme_officer") and (settlement is None or actor.belongs_to(settlement.buyer_id))


def can_check_settlement(actor: Actor, settlement: Settlement) -> bool:
    """The buyer's finance officer; not who drew it."""
    return actor.works_for(settlement.buyer_id, "finance_officer") and settlement.drawn_by_key != actor.user_key


def can_approve_settlement(actor: Actor, settlement: Settlement) -> bool:
    """The buyer's leadership; neither who drew nor who checked it."""
    return actor.works_for(settlement.buyer_id, "leader") and actor.user_key not in {
        settlement.drawn_by_key,
        settlement.checked_by_key,
    }


def can_return_settlement(actor: Actor, settlement: Settlement) -> bool:
    """Whose turn it is: finance while it is drawn, the leadership once it is checked."""
    if settlement.status == "checked":
        return can_approve_settlement(actor, settlement)
    return can_check_settlement(actor, settlement)


def can_confirm_settlement(actor: Actor, settlement: Settlement) -> bool:
    """The head of the provider: confirms the statement or disputes it (对账)."""
    return actor.works_for(settlement.contract.provider_id, "provider_admin")


def can_conclude_settlement(actor: Actor, settlement: Settlement) -> bool:
    """The buyer's cashier, where there is nothing to pay: zero, or a refund due."""
    return actor.works_for(settlement.buyer_id, "cashier") and settlement.payable_amount <= 0


def can_record_quality(actor: Actor, contract: Contract) -> bool:
    """The evaluator, a programme officer of the buyer, or the clock in the name of a finished evaluation."""
    return (
        actor.user_key == "system" or actor.has("evaluator") or actor.works_for(contract.buyer_id, "programme_officer")
    )


def can_read_report(actor: Actor, settlement: Settlement) -> bool:
    """The buyer's people; the provider once it is approved; oversight in scope."""
    return (
        actor.belongs_to(settlement.buyer_id)
        or (actor.belongs_to(settlement.contract.provider_id) and settlement.status in {"checked", "approved", "paid"})
        or (
            actor.has("district_finance")
            and bool(actor.region_path)
            and settlement.region_path.startswith(actor.region_path)
        )
    )
