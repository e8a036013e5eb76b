"""What may be known of challenges (质疑)."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from core.actor import Actor
from core.permissions import in_scope
from procurement.awards.models import Award
from procurement.challenges.models import Challenge

OPEN = ("filed", "admitted")


def visible_challenges(actor: Actor) -> QuerySet[Challenge]:
    """The buyer's and its oversight's; a bidder's own, never another's."""
    allowed = in_scope(actor)
    if actor.organization_kind == "provider" and actor.organization_id:
        allowed |= Q(organization_id=actor.organization_id)
    return Challenge.objects.filter(allowed).select_related("award__lot__order", "organization", "buyer", "document")


def open_challenges(award: Award) -> QuerySet[Challenge]:
    """The challenges of an award that still wait for their answer."""
    return Challenge.objects.filter(award=award, status__in=OPEN)
