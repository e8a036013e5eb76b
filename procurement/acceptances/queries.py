"""Which acceptances exist for whom (验收可见范围), what is still to be reported, what was accepted so far."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.actor import Actor
from core.permissions import in_scope
from procurement.acceptances.models import Acceptance
from procurement.contracts.models import Contract, Milestone
from procurement.contracts.queries import DELIVERING

JUDGED = ("accepted", "partly")
REPORTING = (*DELIVERING, "terminated")
"""Contracts whose milestones may be reported: of a terminated one what was done until its end."""


def visible_acceptances(actor: Actor) -> QuerySet[Acceptance]:
    """What this person may know of: both sides of the contract, oversight and street in scope. One query."""
    mine = Q(contract__provider_id=actor.organization_id) if actor.organization_kind == "provider" else in_scope(actor)
    return Acceptance.objects.filter(mine).select_related(
        "buyer", "milestone", "notice", "contract__provider", "contract__buyer", "contract__award__lot__order"
    )


def open_milestones(actor: Actor) -> QuerySet[Milestone]:
    """Milestones of the provider's contracts in force that wait to be reported, the earliest of each contract (待报验)."""
    standing = Acceptance.objects.filter(milestone=OuterRef("pk")).exclude(status="refused")
    earlier = Milestone.objects.filter(contract=OuterRef("contract"), n__lt=OuterRef("n")).exclude(
        acceptances__status__in=JUDGED
    )
    return (
        Milestone.objects.filter(contract__status__in=REPORTING, contract__provider_id=actor.organization_id)
        .filter(~Exists(standing), ~Exists(earlier))
        .select_related("contract__buyer")
        .order_by("due_on")
    )


def standing_acceptance(milestone: Milestone) -> Acceptance | None:
    """The acceptance of a milestone that was not refused, if any."""
    return Acceptance.objects.filter(milestone=milestone).exclude(status="refused").first()


def accepted_so_far(contract: Contract) -> dict[int, int]:
    """Cumulative accepted quantity by the number of the contract's line: what the last judged milestone says."""
    last = Acceptance.objects.filter(contract=contract, status__in=JUDGED).order_by("-milestone__n").first()
    return quantities_of(last) if last else {}


def quantities_of(acceptance: Acceptance) -> dict[int, int]:
    """Accepted (cumulative) quantity by line number; one query."""
    return {row.line.n: row.accepted_quantity or 0 for row in acceptance.lines.select_related("line")}
