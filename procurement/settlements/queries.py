"""Which settlements exist for whom (结算可见范围), what was paid so far, what a settlement is reckoned from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from core.actor import Actor
from core.money import ZERO
from core.permissions import in_scope
from procurement.acceptances.models import Acceptance
from procurement.acceptances.queries import JUDGED
from procurement.contracts.models import Contract, Milestone
from procurement.contracts.queries import DELIVERING
from procurement.settlements.models import Deduction, Settlement

PENDING = ("drawn", "checked", "approved")
STANDING = (*PENDING, "paid")
SETTLING = (*DELIVERING, "paused", "completed")
"""Statuses of a contract whose milestones may still want a settlement of their own."""


def visible_settlements(actor: Actor) -> QuerySet[Settlement]:
    """What this person may know of: the buyer's people and oversight in scope; the provider once finance checked it."""
    settlements = Settlement.objects.select_related(
        "buyer", "milestone", "acceptance", "contract__provider", "contract__buyer", "contract__award__lot__order"
    )
    if actor.organization_kind == "provider":
        return settlements.filter(
            contract__provider_id=actor.organization_id, status__in=["checked", "approved", "paid"]
        )
    if actor.has("region_officer"):
        return settlements.none()
    return settlements.filter(in_scope(actor))


def settlements_of(contract: Contract) -> QuerySet[Settlement]:
    """The contract's settlements, oldest first."""
    return Settlement.objects.filter(contract=contract).select_related("milestone").order_by("created_at")


def to_confirm(actor: Actor) -> QuerySet[Settlement]:
    """Checked settlements that wait for the provider's word (待对账)."""
    return visible_settlements(actor).filter(
        status="checked", confirmed_at__isnull=True, contract__provider_id=actor.organization_id
    )


def to_approve(actor: Actor) -> QuerySet[Settlement]:
    """Settlements of the actor's organization that the provider confirmed (待批准)."""
    return (
        visible_settlements(actor)
        .filter(status="checked", confirmed_at__isnull=False, buyer_id=actor.organization_id)
        .order_by("confirmed_at")
    )


def paid_so_far(contract: Contract) -> Decimal:
    """What was paid under the contract, in yuan, refunds taken off."""
    total = Settlement.objects.filter(contract=contract, status="paid").aggregate(total=Sum("payable_amount"))["total"]
    return total or ZERO


def deducted_so_far(contract: Contract) -> Decimal:
    """What standing settlements have deducted, in yuan."""
    found = Deduction.objects.filter(settlement__contract=contract, settlement__status__in=STANDING)
    return found.aggregate(total=Sum("amount"))["total"] or ZERO


def deciding_acceptance(contract: Contract, milestone: Milestone | None = None) -> Acceptance | None:
    """The acceptance that a settlement rests on: the milestone's, or the last milestone's for the whole contract."""
    judged = Acceptance.objects.filter(contract=contract, status__in=JUDGED)
    if milestone is not None:
        judged = judged.filter(milestone=milestone)
    return judged.order_by("-milestone__n").first()


def final_settlements(contract: Any) -> QuerySet[Settlement]:
    """The standing final settlement of a contract, if any. contract: its key, or OuterRef of one"""
    return Settlement.objects.filter(contract=contract, kind="final", status__in=STANDING)


def unsettled_milestones(actor: Actor) -> QuerySet[Milestone]:
    """Judged milestones, but the last of each contract, that have no standing settlement (待编制结算)."""
    standing = Settlement.objects.filter(milestone=OuterRef("milestone"), status__in=STANDING)
    final = final_settlements(OuterRef("contract"))
    later = Milestone.objects.filter(contract=OuterRef("contract"), n__gt=OuterRef("n"))
    # Driven from the judgements under the contracts in hand, not from all milestones. A closed contract has its final
    # settlement; saying so keeps the many closed ones out of the search.
    in_hand = {"contract__buyer_id": actor.organization_id, "contract__status__in": SETTLING}
    judged = Acceptance.objects.filter(~Exists(standing), status__in=JUDGED, **in_hand)
    return (
        Milestone.objects.filter(~Exists(final), Exists(later), pk__in=judged.values("milestone"))
        .select_related("contract__provider")
        .order_by("due_on")
    )


def unsettled_contracts(actor: Actor) -> QuerySet[Contract]:
    """Completed or ended contracts without a settlement under way that have no standing final settlement."""
    final = final_settlements(OuterRef("pk"))
    pending = Settlement.objects.filter(contract=OuterRef("pk"), status__in=PENDING)
    return (
        Contract.objects.filter(buyer_id=actor.organization_id, status__in=["completed", "terminated"])
        .filter(~Exists(final), ~Exists(pending))
        .select_related("provider")
        .order_by("ends_on")
    )


def payments_made(contract: Contract) -> QuerySet[Settlement]:
    """The settlements that made up what was paid, oldest first."""
    return settlements_of(contract).filter(Q(status="paid"))
