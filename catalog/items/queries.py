"""What may be known of editions (目录版本) and items (目录条目)."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from catalog.items.models import Edition, Item
from core.actor import Actor
from core.permissions import in_scope


def visible_editions(actor: Actor) -> QuerySet[Edition]:
    """Published and superseded editions for everybody; drafts for the people of their own buyer.

    Each with item_count; one query.
    """
    public = Q(status__in=["published", "superseded"])
    own = Q(buyer_id=actor.organization_id) if actor.organization_kind == "buyer" else Q(pk__in=[])
    scoped = in_scope(actor) & Q(status="draft") if actor.has("district_finance") else Q(pk__in=[])
    return Edition.objects.filter(public | own | scoped).select_related("buyer").annotate(item_count=Count("items"))


def current_edition(buyer_id: UUID | None) -> Edition | None:
    """The edition that a buyer's projects are drawn from now."""
    return Edition.objects.filter(buyer_id=buyer_id, status="published").order_by("-number").first()


def public_items() -> QuerySet[Item]:
    """The items of every buyer's published edition, with their standards."""
    return (
        Item.objects.filter(edition__status="published")
        .select_related("edition__buyer", "procurement_category")
        .prefetch_related("standards")
        .order_by("code", "edition__buyer__name", "pk")
    )


def buyable_items(actor: Actor) -> QuerySet[Item]:
    """The items of the actor's own published edition: what a project may be drawn from."""
    return public_items().filter(edition__buyer_id=actor.organization_id)


def items_of(edition: Edition) -> QuerySet[Item]:
    """An edition's items in their order, with standards."""
    return edition.items.select_related("procurement_category").prefetch_related("standards").order_by("code")
