"""The blocks that pages show of a review, and what waits for whom."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core.actor import Actor
from core.duties import Duty, register
from core.templatetags.words import when_text
from procurement.bids.models import Opening
from procurement.panels.models import Seat
from procurement.panels.queries import seats_of
from procurement.permissions.reviews import can_check_bids
from procurement.reviews.models import Review
from procurement.reviews.queries import bids_of, is_blind, is_related, price_of, results_of, seat_of, visible_reviews
from procurement.reviews.sheets import sheets_of

PASSED = {"yes": {"label": "合格", "kind": "done"}, "no": {"label": "不合格", "kind": "stop"}}
ANSWERED = {"yes": {"label": "符合", "kind": "done"}, "no": {"label": "不符合", "kind": "stop"}}


def board(review: Review, actor: Actor) -> dict[str, Any] | None:
    """The bidders' table: letter, name, price, both checks, score; experts read letters and nothing else."""
    if is_blind(actor):
        return None
    ranks = {result.bid_id: result for result in results_of(review)}
    may_check = review.status == "checking" and can_check_bids(actor, review)
    rows = []
    for bid in bids_of(review):
        qualified = "" if bid.status == "opened" else "no" if bid.status == "disqualified" else "yes"
        answered = (
            ""
            if bid.status in {"opened", "qualified", "disqualified"}
            else "no"
            if bid.status == "nonresponsive"
            else "yes"
        )
        url = reverse("reviews:check", args=[review.pk, bid.letter]) if may_check and bid.status == "opened" else ""
        rows.append(
            {
                "bid": bid,
                "price": price_of(bid),
                "qualified": PASSED.get(qualified),
                "answered": ANSWERED.get(answered),
                "result": ranks.get(bid.pk),
                "is_related": is_related(bid, review),
                "check_url": url,
            }
        )
    compare_url = reverse("reviews:compare", args=[review.pk]) if review.status == "consolidated" else ""
    return {"rows": rows, "compare_url": compare_url, "review": review, "hint": _opened_by(review)}


def _opened_by(review: Review) -> str:
    """Who opened the bids, and when."""
    opening = Opening.objects.filter(order=review.lot.order, status="opened").first()
    if opening is None:
        return ""
    return _("%(at)s 由%(first)s、%(second)s先后验证开启") % {
        "at": when_text(opening.opened_at), "first": opening.first_name, "second": opening.second_name,
    }  # fmt: skip


def leads(review: Review, actor: Actor) -> dict[str, Any] | None:
    """What everybody in the review must be told: a related party bids (关联披露)."""
    related = [bid for bid in bids_of(review) if is_related(bid, review)]
    if not related:
        return None
    blind = is_blind(actor)
    return {
        "flags": [
            {
                "title": _("有一家申报单位由采购人孵化")
                if blind
                else _("申报单位 %(letter)s 由采购人孵化") % {"letter": bid.letter},
                "text": _(
                    "%(buyer)s是其孵化单位，依规披露，不影响其参加；与其有利害关系的专家应当回避，采购人不参加评分。"
                )
                % {"buyer": review.buyer.name},
            }
            for bid in (related[:1] if blind else related)
        ]
    }


def own(review: Review, actor: Actor) -> dict[str, Any] | None:
    """An expert's own sheets with their state."""
    seat = seat_of(review, actor)
    if seat is None:
        return None
    if review.status == "checking":
        return {"waiting": True}
    return {"sheets": sheets_of(review, seat, actor), "review": review, "seat": seat, "due_at": review.lot.panel.due_at}


def register_duties() -> None:
    """What waits in a review: the checks, the start, the sheets, the consolidation."""
    register(
        Duty(
            name="review.check",
            roles=("procurement_officer",),
            queryset=lambda actor: visible_reviews(actor).filter(status="checking", buyer_id=actor.organization_id),
            title=lambda review: review.lot.order.title,
            button="审查申报",
            note=lambda review: _("资格与符合性审查，然后开始评分"),
        )
    )
    register(
        Duty(
            name="review.score",
            roles=("expert",),
            queryset=lambda actor: visible_reviews(actor).filter(
                status="scoring",
                lot__panel__in=seats_of(actor)
                .filter(submitted_at__isnull=True, declared_at__isnull=False)
                .values("panel"),
            ),
            title=lambda review: review.lot.order.title,
            button="评分",
            verb="sheet",
            note=lambda review: _("提交前看不到别人的分，别人也看不到您的分"),
            deadline=lambda review: review.lot.panel.due_at,
        )
    )
    register(
        Duty(
            name="review.consolidate",
            roles=("procurement_officer",),
            queryset=lambda actor: (
                visible_reviews(actor)
                .filter(status="scoring", buyer_id=actor.organization_id)
                .exclude(lot__panel__seats__in=_waiting_seats())
            ),
            title=lambda review: review.lot.order.title,
            button="汇总评审",
            verb="consolidate",
            note=lambda review: _("全部专家已提交"),
        )
    )


def _waiting_seats() -> Any:
    """Live seats that have not handed in, as a subquery."""
    return Seat.objects.filter(is_recused=False, submitted_at__isnull=True)
