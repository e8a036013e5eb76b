"""Ways to settlements and payments, by operations."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from core import clock
from core.actor import Actor
from core.documents import store
from procurement.contracts.drafting import draw_contract
from procurement.contracts.models import Contract
from procurement.payments.invoicing import enter_invoice
from procurement.payments.models import Payment
from procurement.payments.operations import approve_payment, record_payment, request_payment
from procurement.settlements.models import Settlement
from procurement.settlements.operations import approve_settlement, check_settlement, confirm_settlement, draw_settlement
from tests.cast import Cast
from tests.journeys.contracts import award_of_another_lot, confirmed_award, judged_milestone, signed_contract

_invoices = count(26532000000000000001)


def drawn_settlement(cast: Cast, contract: Contract | None = None, n: int = 1, **how: Any) -> Settlement:
    """The settlement of a milestone, drawn; n=0 is the final one."""
    contract = contract or signed_contract(cast)
    if n:
        judged_milestone(cast, contract, n)
        how |= {"kind": "milestone", "milestone": contract.milestones.get(n=n)}
    return draw_settlement(contract, actor=cast.actor("buyer"), **{"kind": "final", **how})


def provider_of(cast: Cast, settlement: Settlement) -> Actor:
    """The head of the provider that is paid."""
    return cast.actor(next(k for k, org in cast.organizations.items() if org.pk == settlement.contract.provider_id))


def confirmed_settlement(cast: Cast, settlement: Settlement) -> Settlement:
    """A settlement that finance checked and the provider confirmed."""
    check_settlement(settlement, actor=cast.actor("finance"))
    return confirm_settlement(settlement, actor=provider_of(cast, settlement))


def approved_settlement(cast: Cast, settlement: Settlement | None = None, **how: Any) -> Settlement:
    """A settlement with its number, ready to be paid or concluded."""
    settlement = settlement or drawn_settlement(cast, **how)
    confirmed_settlement(cast, settlement)
    return approve_settlement(settlement, actor=cast.actor("leader"))


def invoiced_settlement(cast: Cast, settlement: Settlement | None = None) -> Settlement:
    """An approved settlement with the provider's invoice."""
    settlement = settlement or approved_settlement(cast)
    actor = provider_of(cast, settlement)
    enter_invoice(
        settlement,
        actor=actor,
        invoice_number=str(next(_invoices)),
        issued_on=clock.today(),
        amount=settlement.payable_amount,
        seller_uscc=settlement.contract.provider.uscc,
        file=store(b"invoice", name="发票.txt", actor=actor, purpose="invoice"),
    )
    return settlement


def approved_payment(cast: Cast, settlement: Settlement | None = None) -> Payment:
    """A payment that the cashier may record."""
    payment = request_payment(invoiced_settlement(cast, settlement), actor=cast.actor("finance"))
    return approve_payment(payment, actor=cast.actor("leader"), amount=payment.amount)


def paid(cast: Cast, settlement: Settlement, voucher: str) -> Settlement:
    """A settlement carried to its end: approved, asked, approved, recorded."""
    approved = approved_settlement(cast, settlement)
    if approved.payable_amount > Decimal(0):
        record_payment(
            approved_payment(cast, approved),
            actor=cast.actor("cashier"),
            voucher_number=voucher,
            paid_on=clock.today(),
        )
    return Settlement.objects.get(pk=settlement.pk)


def closed_contract(cast: Cast, vouchers: str = "GK-2026", **how: Any) -> Contract:
    """A contract paid to the end: the midterm 36,800.00, the final 149,836.00 of 186,636.00 accepted."""
    return delivered_and_paid(cast, signed_contract(cast, **how), vouchers)


def delivered_and_paid(cast: Cast, contract: Contract, vouchers: str) -> Contract:
    """A contract in force carried to its end: both milestones accepted, settled and paid."""
    paid(cast, drawn_settlement(cast, contract, 1), f"{vouchers}-001")
    judged_milestone(cast, contract, 2)
    paid(cast, drawn_settlement(cast, contract, 0), f"{vouchers}-002")
    return Contract.objects.get(pk=contract.pk)


def closed_contracts_of_two_lots(cast: Cast) -> tuple[Contract, Contract]:
    """One project, two lots, two providers: both contracts signed, delivered and paid to the end."""
    actor = cast.actor("buyer")
    award = confirmed_award(cast)
    other = award_of_another_lot(cast, award)
    first, second = (signed_contract(cast, draw_contract(each, actor=actor)) for each in (award, other))
    return delivered_and_paid(cast, first, "GK-A"), delivered_and_paid(cast, second, "GK-B")
