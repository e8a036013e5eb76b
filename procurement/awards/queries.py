"""What may be known of awards (成交), and what their pages read."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from core import clock
from core.actor import Actor
from core.permissions import in_scope
from procurement.awards.models import Award
from procurement.bids.models import Bid
from procurement.bids.queries import OPENED
from procurement.orders.models import Order
from procurement.reviews.models import Result, Review
from procurement.reviews.queries import visible_reviews


def visible_awards(actor: Actor) -> QuerySet[Award]:
    """The buyer's and its oversight's; from the publication on also those of every bidder whose bid was opened."""
    allowed = in_scope(actor)
    if actor.organization_kind == "provider" and actor.organization_id:
        mine = Bid.objects.filter(lot=OuterRef("lot"), organization_id=actor.organization_id, status__in=OPENED)
        allowed |= Q(Exists(mine)) & Q(published_at__isnull=False)
    return Award.objects.filter(allowed).select_related("lot__order__project", "bid__organization", "buyer", "notice")


def standing_award(lot_id: UUID) -> Award | None:
    """The award of a lot that was not cancelled, if there is one."""
    return Award.objects.filter(lot_id=lot_id).exclude(status="cancelled").first()


def due_awards() -> QuerySet[Award]:
    """Published awards whose standstill is over: what the clock confirms."""
    return Award.objects.filter(status="published", standstill_ends_at__lte=clock.now()).select_related("lot__order")


def awaiting_proposal(actor: Actor) -> QuerySet[Review]:
    """Consolidated reviews of the actor's organization without a standing award (待推荐成交)."""
    standing = Award.objects.filter(lot=OuterRef("lot")).exclude(status="cancelled")
    return (
        visible_reviews(actor)
        .filter(status="consolidated", buyer_id=actor.organization_id, lot__order__status="reviewing")
        .exclude(Exists(standing))
    )


def own_result(bid: Bid) -> Result | None:
    """A bid's own place, once the award is published; nothing before (每家只看自己的)."""
    published = Award.objects.filter(lot=bid.lot_id, published_at__isnull=False).exists()
    return Result.objects.filter(bid=bid).first() if published else None


def own_bid(award: Award, actor: Actor) -> Bid | None:
    """The actor's organization's opened bid on the award's lot."""
    if actor.organization_id is None:
        return None
    return Bid.objects.filter(lot=award.lot_id, organization_id=actor.organization_id, status__in=OPENED).first()


def lots_settled(order: Order, *statuses: str) -> bool:
    """Whether every lot of the order that is still alive has an award in one of these states.

    A lot without bids, or whose review failed, is not waited for.
    """
    alive = Review.objects.filter(lot__order=order).exclude(status__in=["failed", "stopped"]).values("lot")
    done = Award.objects.filter(lot__order=order, status__in=statuses).values("lot")
    return not Review.objects.filter(lot__in=alive).exclude(lot__in=done).exists()
