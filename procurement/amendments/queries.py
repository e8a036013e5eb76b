"""Which amendments exist for whom (补充协议可见范围), and how much of the tenth is left."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import QuerySet

from core.actor import Actor
from core.permissions import in_scope
from procurement.amendments.models import Amendment
from procurement.contracts.models import Contract


def visible_amendments(actor: Actor) -> QuerySet[Amendment]:
    """What this person may know of: the buyer's people and oversight in scope; the provider from the approval on."""
    amendments = Amendment.objects.select_related("contract__provider", "buyer", "document").prefetch_related(
        "lines__line"
    )
    if actor.organization_kind == "provider":
        return amendments.filter(contract__provider_id=actor.organization_id, status__in=("signing", "in_force"))
    return amendments.filter(in_scope(actor))


def room_left(contract: Contract) -> Decimal:
    """What amendments may still add to a contract, in yuan (不超过原合同百分之十)."""
    return contract.supplement_limit - contract.supplement_amount


def to_approve(actor: Actor) -> QuerySet[Amendment]:
    """Amendments that wait for the leadership, without the own ones."""
    waiting = visible_amendments(actor).filter(status="submitted", buyer_id=actor.organization_id)
    return waiting.exclude(drafted_by_key=actor.user_key).order_by("created_at")


def to_sign(actor: Actor) -> QuerySet[Amendment]:
    """Amendments that wait for this person's side."""
    waiting = visible_amendments(actor).filter(status="signing", document__isnull=False).order_by("created_at")
    if actor.has("leader"):
        return waiting.filter(buyer_id=actor.organization_id, buyer_signed_at__isnull=True)
    return waiting.filter(contract__provider_id=actor.organization_id, provider_signed_at__isnull=True)


def to_file(actor: Actor) -> QuerySet[Amendment]:
    """Amendments in force of the actor's organization that have no filing number (待备案), the earliest term first."""
    return (
        visible_amendments(actor)
        .filter(buyer_id=actor.organization_id, status="in_force", filing_number="")
        .order_by("file_due_at")
    )
