"""Who may do what with payments (支付): asked by one, approved by another, the voucher recorded by a third."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from accounts.organizations.models import Organization
    from procurement.payments.models import Payment
    from procurement.settlements.models import Settlement


def can_request_payment(actor: Actor, payment: Payment | None = None) -> bool:
    """The buyer's finance officer."""
    return actor.has("finance_officer") and (payment is None or actor.belongs_to(payment.buyer_id))


def can_approve_payment(actor: Actor, payment: Payment) -> bool:
    """The buyer's leadership; not who asked."""
    return actor.works_for(payment.buyer_id, "leader") and payment.requested_by_key != actor.user_key


def can_publish_overdue(actor: Actor, buyer: Organization) -> bool:
    """The buyer's finance, for its own organization."""
    return actor.works_for(buyer.pk, "finance_officer")


def can_enter_invoice(actor: Actor, settlement: Settlement) -> bool:
    """The head of the provider that is paid, or its workers."""
    return actor.works_for(settlement.contract.provider_id, "provider_admin", "provider_worker")


def can_record_bounce(actor: Actor, payment: Payment) -> bool:
    """The buyer's cashier, who sees the bank's slip."""
    return actor.works_for(payment.buyer_id, "cashier")


def can_record_payment(actor: Actor, payment: Payment) -> bool:
    """The buyer's cashier; neither who asked nor who approved (出纳与会计分离)."""
    return actor.works_for(payment.buyer_id, "cashier") and actor.user_key not in {
        payment.requested_by_key,
        payment.approved_by_key,
    }
