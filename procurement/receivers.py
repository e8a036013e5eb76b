"""What earlier stages tell (听消息): when one moves, a later one reacts in the same transaction (house.md 1.2)."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from core.actor import Actor
from core.lifecycle import Step, advance, moved
from procurement.acceptances.queries import hand_down_final_settlements
from procurement.bids.models import Opening
from procurement.bids.operations import create_opening, return_bids
from procurement.contracts.models import Contract
from procurement.expenses.queries import hand_down_payments
from procurement.orders.models import Order
from procurement.panels.models import Panel
from procurement.panels.operations import create_panel
from procurement.payments.models import Payment
from procurement.reviews.models import Review
from procurement.reviews.operations import create_review
from procurement.settlements.models import Settlement
from procurement.settlements.queries import final_settlements


@receiver(moved, sender=Order, dispatch_uid="procurement.order_moved")
def order_moved(thing: Order, step: Step, actor: Actor, **kwargs: Any) -> None:
    """A published order gets its opening; an ended one sends its bids back and stops what hangs on it."""
    if step.verb == "publish":
        create_opening(thing, actor)
    elif step.verb in {"cancel", "fail"}:
        for opening in Opening.objects.filter(order=thing, status__in=("waiting", "one_key")):
            advance(opening, "stop", actor=actor)
        return_bids(thing, actor=actor)
        for panel in Panel.objects.filter(lot__order=thing, status__in=("forming", "declaring", "scoring")):
            advance(panel, "dissolve", actor=actor)
        for review in Review.objects.filter(lot__order=thing, status__in=("checking", "scoring")):
            advance(review, "stop", actor=actor)


@receiver(moved, sender=Opening, dispatch_uid="procurement.opening_moved")
def opening_moved(thing: Opening, step: Step, actor: Actor, **kwargs: Any) -> None:
    """After the opening each lot with opened bids gets its panel and its review."""
    if step.verb == "open":
        for lot in thing.order.lots.filter(bids__status="opened").distinct():
            create_panel(lot, actor=actor)
            create_review(lot, actor=actor)


def money_references(contract: Contract) -> list[str]:
    """Under which vouchers the budget's ledger keeps a contract's money: its payments, and its settlements for refunds. One query."""
    rows: list[tuple[Any, Any]] = list(Settlement.objects.filter(contract=contract).values_list("pk", "payments"))
    return [
        *(f"{Payment.journal_name}:{payment}" for _settlement, payment in rows if payment),
        *{f"{Settlement.journal_name}:{settlement}" for settlement, _payment in rows},
    ]


hand_down_payments(money_references)
hand_down_final_settlements(final_settlements)
