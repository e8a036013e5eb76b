"""Ways to the states of panel and review, by operations. Every step is done just after the opening's hour."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from core import clock
from procurement.bids.models import Bid
from procurement.orders.models import Order
from procurement.panels.models import Panel, Seat
from procurement.panels.operations import declare_conflict, draw_experts
from procurement.reviews.models import Review
from procurement.reviews.operations import check_bid, consolidate_review, start_scoring, submit_sheet
from procurement.reviews.queries import hand_scored, standing_bids
from tests.cast import Cast
from tests.journeys.bids import opened_order
from tests.journeys.orders import after_deadline


def drawn_panel(cast: Cast, order: Order | None = None, size: int = 3, **how: Any) -> Panel:
    """A panel of an opened order, drawn; nobody has declared."""
    order = order or opened_order(cast, **how)
    panel = Panel.objects.get(lot__order=order)
    with clock.travel(after_deadline(order) + timedelta(hours=1)):
        due_on = clock.today() + timedelta(days=3)
        return draw_experts(panel, actor=cast.actor("procurer"), size=size, due_on=due_on)


def seated_logins(panel: Panel, cast: Cast) -> list[str]:
    """Log-ins of the experts who hold a seat, in the order of the seats."""
    logins = {str(user.pk): login for login, user in cast.users.items()}
    seats = Seat.objects.filter(panel=panel, is_recused=False).select_related("expert").order_by("n")
    return [logins[str(seat.expert.user_id)] for seat in seats]


def declared_panel(cast: Cast, order: Order | None = None, **how: Any) -> Panel:
    """A panel whose experts have all declared no conflict."""
    panel = drawn_panel(cast, order, **how)
    for login in seated_logins(panel, cast):
        panel = declare_conflict(Panel.objects.get(pk=panel.pk), actor=cast.actor(login), answer="none")
    return panel


def all_passed(review: Review) -> dict[str, tuple[bool, str]]:
    """Results of a check in which every rule passed."""
    return {str(rule.pk): (True, "") for rule in review.lot.order.qualification_rules.all()}


def checked_review(cast: Cast, order: Order | None = None, **how: Any) -> Review:
    """A review whose bids all passed both checks, with a declared panel."""
    panel = declared_panel(cast, order, **how)
    review = Review.objects.get(lot=panel.lot)
    for bid in Bid.objects.filter(lot=review.lot, status="opened").order_by("letter"):
        review = check_bid(review, actor=cast.actor("procurer"), bid=bid, results=all_passed(review))
    return Review.objects.get(pk=review.pk)


def scoring_review(cast: Cast, order: Order | None = None, **how: Any) -> Review:
    """A review in which every expert may score."""
    review = start_scoring(checked_review(cast, order, **how), actor=cast.actor("procurer"))
    return Review.objects.get(pk=review.pk)


def even_marks(review: Review, share: str = "0.75") -> dict[str, dict[int, dict[str, str]]]:
    """Marks of one expert: the same share of each weight for every bid, in half points; no reason is wanted at 75 %."""
    marks = {}
    for bid in standing_bids(review):
        marks[bid.letter] = {
            criterion.n: {"points": str(Decimal(int(criterion.weight * Decimal(share) * 2)) / 2), "reason": ""}
            for criterion in hand_scored(review.lot.order)
        }
    return marks


def scored_review(cast: Cast, order: Order | None = None, **how: Any) -> Review:
    """A review to which every expert has handed in equal marks: the lowest price will be first."""
    review = scoring_review(cast, order, **how)
    for login in seated_logins(review.lot.panel, cast):
        submit_sheet(Review.objects.get(pk=review.pk), actor=cast.actor(login), scores=even_marks(review))
    return Review.objects.get(pk=review.pk)


def consolidated_review(cast: Cast, order: Order | None = None, **how: Any) -> Review:
    """A review with its ranking."""
    review = consolidate_review(scored_review(cast, order, **how), actor=cast.actor("procurer"))
    return Review.objects.get(pk=review.pk)
