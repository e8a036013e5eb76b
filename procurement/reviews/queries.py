"""What may be known of a review, and what its pages, its operations and its ranking read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.identifiers import uscc_valid
from core.money import ZERO
from core.permissions import in_scope
from core.templatetags.words import money_text
from procurement.bids.models import Bid
from procurement.orders.models import Criterion, Order
from procurement.panels.models import Seat
from procurement.panels.queries import READABLE, live_seats, seats_of
from procurement.reviews import ranking
from procurement.reviews.models import Result, Review, Score

STANDING = ("responsive", "scored", "recommended", "awarded", "unsuccessful")


@dataclass(frozen=True)
class Fact:
    """What the platform knows about one rule of one bid (平台核对). kind: ok | bad | wait (for a person to judge)."""

    kind: str
    text: str


def visible_reviews(actor: Actor) -> QuerySet[Review]:
    """Reviews this person may know of: the buyer's and its oversight's, and an expert's who declared no conflict.

    A street or community reads the ranking, never a review that goes on.
    """
    allowed = in_scope(actor)
    if actor.has("region_officer"):
        allowed &= Q(status="consolidated")
    if actor.has("expert"):
        mine = seats_of(actor).filter(declared_at__isnull=False, panel__lot__review=OuterRef("pk"))
        allowed |= Q(Exists(mine))
    return Review.objects.filter(allowed).select_related("lot__order__project", "lot__panel", "buyer")


def is_blind(actor: Actor) -> bool:
    """Whether this person reads bids by letter only (单位名称隐去): experts do."""
    return actor.has("expert")


def bids_of(review: Review) -> list[Bid]:
    """The opened bids of the lot by letter, with organization, offers, checks and result. Four queries."""
    return list(
        Bid.objects.filter(lot=review.lot, status__in=READABLE)
        .select_related("organization", "result")
        .prefetch_related("offers", "checks__rule", "lines")
        .order_by("letter", "pk")
    )


def standing_bids(review: Review) -> list[Bid]:
    """The bids that passed both checks, by letter."""
    return [bid for bid in bids_of(review) if bid.status in STANDING and not _is_out(bid)]


def _is_out(bid: Bid) -> bool:
    """A bid that ended unsuccessful without ever being scored never stood in the ranking."""
    return bid.status == "unsuccessful" and getattr(bid, "result", None) is None


def price_of(bid: Bid) -> Decimal:
    """The offer of the last round in yuan."""
    offers = sorted(bid.offers.all(), key=lambda offer: offer.round)
    return offers[-1].amount if offers else ZERO


def hand_scored(order: Order) -> list[Criterion]:
    """The criteria that experts score: all but the price."""
    return [criterion for criterion in order.criteria.all() if criterion.kind != "price"]


def price_weight(order: Order) -> int:
    """The points for the price; 0 where the price is no factor."""
    return sum(criterion.weight for criterion in order.criteria.all() if criterion.kind == "price")


def is_related(bid: Bid, review: Review) -> bool:
    """Whether the bidder was incubated by the buyer: a relation to disclose, no reason to exclude (domain.md 0.1.12)."""
    return bid.organization.incubated_by_id == review.buyer_id


def seat_of(review: Review, actor: Actor) -> Seat | None:
    """The expert's live, declared seat in this review."""
    return seats_of(actor).filter(panel__lot=review.lot, declared_at__isnull=False).select_related("panel").first()


def sheets(review: Review) -> dict[str, dict[int, list[tuple[Score, Decimal]]]]:
    """All marks after consolidation: bid key -> criterion number -> (score, points), in the order of the seats.

    Recused experts' marks do not exist: a seat that handed in cannot be recused.
    """
    found: dict[str, dict[int, list[tuple[Score, Decimal]]]] = defaultdict(lambda: defaultdict(list))
    scores = (
        Score.objects.filter(bid__lot=review.lot, seat__is_recused=False)
        .select_related("seat__expert__user", "criterion")
        .order_by("seat__n")
    )
    for score in scores:
        found[str(score.bid_id)][score.criterion.n].append((score, Decimal(score.half_points) / 2))
    return found


def ranking_of(review: Review) -> list[ranking.Place]:
    """The ranking of the standing bids from the stored marks; keys are the bids' keys."""
    marks = sheets(review)
    bids = standing_bids(review)
    entries = [
        ranking.Entry(
            str(bid.pk),
            price_of(bid),
            {str(n): [points for _score, points in each] for n, each in marks[str(bid.pk)].items()},
        )
        for bid in bids
    ]
    letters = {str(bid.pk): bid.letter for bid in bids}
    placed = ranking.rank(entries, price_weight(review.lot.order))
    return sorted(placed, key=lambda place: (place.rank, letters[place.key]))


def unequal_objective(review: Review) -> list[str]:
    """Where the experts' marks of an objective criterion differ (客观项不一致): "A 的「同类业绩」"."""
    letters = {str(bid.pk): bid.letter for bid in standing_bids(review)}
    found = []
    for key, criteria in sheets(review).items():
        for each in criteria.values():
            criterion = each[0][0].criterion
            if criterion.kind == "objective" and len({points for _score, points in each}) > 1:
                found.append(_("%(letter)s 的「%(name)s」") % {"letter": letters.get(key, ""), "name": criterion.name})
    return sorted(found)


def missing_sheets(review: Review) -> list[Seat]:
    """The live seats that have not handed in."""
    return [seat for seat in live_seats(review.lot.panel) if not seat.submitted_at]


def results_of(review: Review) -> QuerySet[Result]:
    """The ranking after consolidation, best first."""
    return Result.objects.filter(review=review).select_related("bid__organization").order_by("rank", "bid__letter")


def automatic_facts(bid: Bid, review: Review) -> dict[str, Fact]:
    """What the platform knows about a bid, by the code of the rule (domain.md 6.2): prefilled, judged by a person.

    Q1 legal existence and code · Q3, Q4 standing on the platform · Q7 relation · Q11 ceiling · Q12 in time
    """
    organization = bid.organization
    today = clock.today()
    valid = bool(organization.uscc) and uscc_valid(organization.uscc or "")
    verified = organization.status == "verified"
    suspended = organization.status == "suspended" or bool(
        organization.suspended_until and organization.suspended_until >= today
    )
    price, ceiling = price_of(bid), review.lot.ceiling
    in_time = bid.submitted_at is not None and bid.submitted_at < review.lot.order.bid_deadline
    standing = (
        Fact("bad", _("单位已暂停：%(why)s") % {"why": organization.suspension_reason})
        if suspended
        else Fact("ok" if verified else "bad", _("平台已核验，未暂停") if verified else _("单位未核验"))
    )
    if organization.credit_grade == "差" and standing.kind == "ok":
        # A lead for a person: only what the order named as a condition keeps anybody out.
        told = {"day": organization.credit_on, "grade": organization.credit_grade}
        standing = Fact("wait", _("最近一次绩效评价「%(grade)s」（%(day)s），请对照采购文件的条件核对") % told)
    related = is_related(bid, review)
    return {
        "Q1": Fact("ok" if valid else "bad", _("信用代码 %(code)s，校验位%(ok)s") % {
            "code": organization.uscc or "—", "ok": _("相符") if valid else _("不符"),
        }),
        "Q3": standing,
        "Q4": standing,
        "Q7": Fact("wait", _("由采购人孵化，须披露") if related else _("平台未发现与采购人的孵化关系")),
        "Q11": Fact("ok" if price <= ceiling else "bad", _("报价 %(price)s 元，限价 %(ceiling)s 元") % {
            "price": money_text(price), "ceiling": money_text(ceiling),
        }),
        "Q12": Fact("ok" if in_time else "bad", _("截止前密封递交") if in_time else _("没有在截止前密封递交")),
    }  # fmt: skip
