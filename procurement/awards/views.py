"""Pages of the awards (结果与公示): proposal, decision, publicity, and what a bidder reads of the own place."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core import clock, duties, sections
from core.actor import Actor
from core.duties import Duty
from core.errors import NotAllowed
from core.job_pages import report_section
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Figure, Room, View, register
from core.templatetags.words import cn_date_text
from procurement.awards.forms import ProposeForm
from procurement.awards.models import Award
from procurement.awards.operations import propose_award
from procurement.awards.queries import awaiting_proposal, own_result, standing_award, visible_awards
from procurement.bids.models import Bid
from procurement.bids.queries import OPENED
from procurement.orders.models import Order
from procurement.permissions.awards import can_propose_award
from procurement.reviews.models import Review
from procurement.reviews.queries import results_of, visible_reviews


def propose(request: HttpRequest, review: UUID) -> HttpResponse:
    """Propose an award from a consolidated review."""
    actor = actor_of(request)
    found = visible_reviews(actor).filter(pk=review).first()
    if found is None:
        raise Http404
    if not can_propose_award(actor) or not actor.belongs_to(found.buyer_id):
        raise NotAllowed(_("推荐成交由采购人的采购经办办理。"))
    form = ProposeForm(request.POST if request.method == "POST" else None, review=found)

    def act(cleaned: dict[str, Any]) -> Award:
        bid = next(result.bid for result in form.results if str(result.bid_id) == cleaned["bid"])
        return propose_award(found.lot, actor=actor, bid=bid, reason=cleaned["reason"])

    order = found.lot.order
    context = {
        "room": AWARDS,
        "head": {"title": order.title, "number": order.number, "chip": order.chip},
        "title": _("推荐成交"),
        "consequence": _("推荐后由班子决定并发布公示。"),
        "submit_label": _("推荐成交"),
        "back_url": found.get_absolute_url(),
        "offered": found.status == "consolidated" and standing_award(found.lot_id) is None,
        "crumbs": [
            {"label": _("评审"), "url": reverse("reviews:list")},
            {"label": order.title, "url": found.get_absolute_url()},
            {"label": _("推荐成交"), "url": ""},
        ],
    }
    return answer(request, form, act, template="verb.html", context=context, done=lambda done: done.get_absolute_url())


def _figures(award: Award, actor: Actor) -> list[Figure]:
    lot = award.lot
    figures = [
        Figure(
            _("成交金额"),
            award.amount,
            unit=_("元"),
            detail=_("限价 %(ceiling)s 元") % {"ceiling": f"{lot.ceiling:,.2f}"},
        ),
        Figure(
            _("成交单位"),
            award.bid.organization.short_name or award.bid.organization.name,
            detail=award.bid.organization.name,
        ),
    ]
    if award.standstill_ends_at:
        figures.append(
            Figure(_("质疑截止"), cn_date_text(award.standstill_ends_at), detail=award.standstill_rule.split(" · ")[0])
        )
    return figures


def _facts_section(award: Award, actor: Actor) -> dict[str, Any] | None:
    return {"award": award, "is_related": award.bid.organization.incubated_by_id == award.buyer_id}


def _ranking_section(award: Award, actor: Actor) -> dict[str, Any] | None:
    """The ranking is for the buyer and its overseers; a bidder reads the own place on the own bid."""
    if actor.organization_kind == "provider":
        return None
    review = Review.objects.get(lot=award.lot_id)
    return {"results": results_of(review), "award": award, "compare_url": reverse("reviews:compare", args=[review.pk])}


def _locked(award: Award, actor: Actor) -> list[tuple[str, str]]:
    if award.status == "published" and award.standstill_ends_at and clock.now() < award.standstill_ends_at:
        return [
            ("confirm", _("公示到 %(end)s 结束，之后才能确认成交。") % {"end": cn_date_text(award.standstill_ends_at)})
        ]
    return []


def _next_on_review(review: Review, actor: Actor) -> dict[str, Any] | None:
    """On the review: the button that proposes, or the award that stands."""
    if review.status != "consolidated":
        return None
    award = visible_awards(actor).filter(lot=review.lot_id).exclude(status="cancelled").first()
    may = award is None and can_propose_award(actor) and actor.belongs_to(review.buyer_id)
    if award is None and not may:
        return None
    return {"award": award, "propose_url": reverse("awards:propose", args=[review.pk]) if may else ""}


def _on_order(order: Order, actor: Actor) -> dict[str, Any] | None:
    awards = list(visible_awards(actor).filter(lot__order=order).exclude(status="cancelled"))
    return {"awards": awards} if awards else None


def _on_bid(bid: Bid, actor: Actor) -> dict[str, Any] | None:
    """The bidder's own score and rank, or the reason why it did not pass; nothing of anybody else."""
    if bid.status not in OPENED or not (
        actor.belongs_to(bid.organization_id) or actor.belongs_to(bid.lot.order.buyer_id)
    ):
        return None
    award = visible_awards(actor).filter(lot=bid.lot_id, published_at__isnull=False).order_by("-published_at").first()
    if award is None:
        return None
    return {"bid": bid, "result": own_result(bid), "award": award, "won": award.bid_id == bid.pk}


def _open(awards: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return awards.filter(status__in=["proposed", "published", "suspended"])


AWARDS = register(
    Room(
        slug="awards",
        label="结果与公示",
        model=Award,
        visible=visible_awards,
        title=lambda award: _("成交：%(order)s") % {"order": award.lot.order.title},
        icon="award",
        columns=(
            Column("order", "订单", lambda award: (award.lot.order.title, award.number or ""), "title"),
            Column("winner", "成交单位", lambda award: award.bid.organization.name),
            Column("amount", "成交金额", lambda award: award.amount, "money", sort="amount"),
            Column("status", "状态", kind="chip", sort="status"),
            Column(
                "due", "公示至", lambda award: award.standstill_ends_at if award.status == "published" else None, "due",
                sort="standstill_ends_at",
            ),
        ),
        views=(View("全部", "", lambda awards, actor: awards), View("在办", "open", _open)),
        figures=_figures,
        subtitle=lambda award: [award.lot.order.number or "", award.buyer.name],
        locked=_locked,
        sum_field="amount",
        reads=(
            "number", "amount", "status", "standstill_ends_at", "lot__order__number", "lot__order__title",
            "bid__organization__name", "buyer__name",
        ),
        fields=("id", "number", "status", "amount", "published_at", "standstill_ends_at", "reason"),
        empty=("还没有成交结果", "评审汇总、推荐成交后，结果和公示期会列在这里。"),
    )
)  # fmt: skip

T = "procurement/awards/"
sections.register("procurement.award", title="成交结果", template=f"{T}facts.html", context=_facts_section, order=10)
sections.register(
    "procurement.award", title="评审名次", template=f"{T}ranking.html", context=_ranking_section, order=20
)
sections.register(
    "procurement.award",
    title="公示文件",
    template="components/reports.html",
    context=report_section("procurement.award"),
    slot="side",
)
sections.register("procurement.review", title="下一步", template=f"{T}next.html", context=_next_on_review, order=1)
sections.register(
    "procurement.order", title="成交结果", template=f"{T}on_order.html", context=_on_order, tab="review", order=5
)
sections.register("procurement.bid", title="评审结果", template=f"{T}on_bid.html", context=_on_bid, order=5)

duties.register(
    Duty(
        name="award.propose",
        roles=("procurement_officer",),
        queryset=awaiting_proposal,
        title=lambda review: review.lot.order.title,
        button="推荐成交",
        note=lambda review: _("评审已汇总，推荐成交单位"),
        url=lambda review: reverse("awards:propose", args=[review.pk]),
        source=duties.source(Review, buyer="buyer", status="consolidated", lot__order__status="reviewing"),
    )
)
duties.register(
    Duty(
        name="award.publish",
        roles=("leader",),
        queryset=lambda actor: (
            visible_awards(actor)
            .filter(status="proposed", buyer_id=actor.organization_id)
            .exclude(proposed_by_key=actor.user_key)
        ),
        title=lambda award: award.lot.order.title,
        button="发布公示",
        verb="publish",
        note=lambda award: _("推荐 %(who)s：%(why)s") % {"who": award.bid.organization.name, "why": award.reason},
        amount=lambda award: award.amount,
        source=duties.source(Award, buyer="buyer", status="proposed"),
    )
)

urlpatterns = [path("propose/<uuid:review>/", propose, name="propose"), *room_urls(AWARDS)]
