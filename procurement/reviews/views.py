"""Pages of the review (评审): the checks, each expert's sheet, the comparison, and the tab on the order page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import clock, journal, sections
from core.actor import Actor
from core.drafts import save_draft
from core.errors import Conflict, NotAllowed
from core.listing import list_page
from core.pages import actor_of, answer, room_urls, timeline_row
from core.rooms import Column, Figure, Room, View, register
from procurement.orders.models import Order
from procurement.panels.models import Seat
from procurement.panels.queries import knows_names, live_seats
from procurement.permissions.reviews import can_check_bids
from procurement.reviews import boards
from procurement.reviews.forms import CheckForm, SendForm
from procurement.reviews.models import Review
from procurement.reviews.operations import check_bid, draft_place, submit_sheet
from procurement.reviews.queries import (
    bids_of,
    is_blind,
    missing_sheets,
    price_of,
    seat_of,
    unequal_objective,
    visible_reviews,
)
from procurement.reviews.sheets import blind_text, comparison, marks_of, sheets_of, totals

Crumbs = list[dict[str, str]]


def _crumbs(review: Review, word: str) -> Crumbs:
    return [
        {"label": _("评审"), "url": reverse("reviews:list")},
        {"label": review.lot.order.title, "url": review.get_absolute_url()},
        {"label": word, "url": ""},
    ]


def check(request: HttpRequest, key: str, letter: str) -> HttpResponse:
    """Check one bid: its rules with what the platform knows beside each."""
    actor = actor_of(request)
    review = REVIEWS.fetch(actor, key)
    if not can_check_bids(actor, review):
        raise NotAllowed(_("资格审查由采购人的采购经办办理。"))
    bids = bids_of(review)
    bid = next((each for each in bids if each.letter == letter), None)
    if bid is None:
        raise Http404
    form = CheckForm(request.POST if request.method == "POST" else None, review=review, bid=bid)

    def done(_review: Review) -> str:
        waiting = next((each for each in bids_of(review) if each.status == "opened"), None)
        return reverse("reviews:check", args=[review.pk, waiting.letter]) if waiting else review.get_absolute_url()

    context = {
        "room": REVIEWS,
        "review": review,
        "bid": bid,
        "price": price_of(bid),
        "bids": bids,
        "done": {str(each.rule_id): each for each in bid.checks.all()},
        "back_url": review.get_absolute_url(),
        "crumbs": _crumbs(review, _("审查 %(letter)s") % {"letter": letter}),
    }
    return answer(
        request,
        form,
        lambda cleaned: check_bid(review, actor=actor, bid=bid, results=form.results()),
        template="procurement/reviews/check.html",
        context=context,
        done=done,
    )


def _seated(request: HttpRequest, key: str) -> tuple[Actor, Review, Seat]:
    """The actor, the review and the own seat. raises  Http404 for who has none, or lost it by recusal"""
    actor = actor_of(request)
    review = REVIEWS.fetch(actor, key)
    seat = seat_of(review, actor)
    if seat is None or review.status == "checking":
        raise Http404
    return actor, review, seat


def sheet(request: HttpRequest, key: str, letter: str = "") -> HttpResponse:
    """The expert's sheet of one bid; without a letter the first that is not done."""
    actor, review, seat = _seated(request, key)
    own = sheets_of(review, seat, actor)
    if not own:
        raise Http404
    if not letter:
        first = next((each for each in own if not each.is_done), own[0])
        return redirect("reviews:sheet", review.pk, first.letter)
    at = next((n for n, each in enumerate(own) if each.letter == letter), None)
    if at is None:
        raise Http404
    context = {
        "room": REVIEWS,
        "review": review,
        "panel": review.lot.panel,
        "seat": seat,
        "sheets": own,
        "sheet": own[at],
        "previous": own[at - 1] if at else None,
        "next": own[at + 1] if at + 1 < len(own) else None,
        "first_open": next((row for row in own[at].rows if not row.is_done), own[at].rows[0]),
        "missing": sum(not each.is_done for each in own),
        "material": blind_text(own[at].bid),
        "is_open": review.status == "scoring" and not seat.submitted_at,
        "crumbs": _crumbs(review, _("评分表")),
    }
    return render(request, "procurement/reviews/sheet.html", context)


@require_POST
def keep_sheet(request: HttpRequest, key: str, letter: str) -> HttpResponse:
    """Autosave one sheet as typed (contract: static/js/autosave.js); also the save without script."""
    actor, review, seat = _seated(request, key)
    if review.status != "scoring" or seat.submitted_at:
        return JsonResponse({"message": _("您已提交评分，提交后不能改。")}, status=422)
    known = {each.letter for each in sheets_of(review, seat, actor)}
    if letter not in known:
        raise Http404
    typed = {name: value[:400] for name, value in request.POST.items() if name[:2] in {"p-", "r-", "b-"}}
    seen = request.POST.get("draft_version", "")
    expected = int(seen) if seen.isdigit() and int(seen) and not request.POST.get("force") else None
    try:
        saved = save_draft(
            actor.user_key,
            draft_place(review, letter),
            typed,
            expected_version=expected,
            sealed=True,
            device=request.headers.get("User-Agent", "")[:80],
        )
    except Conflict as refusal:
        other = refusal.current
        return JsonResponse(
            {
                "message": refusal.message,
                "device": other.device,
                "at": f"{clock.local(other.saved_at):%H:%M}",
                "version": other.version,
                "content": other.content,
            },
            status=409,
        )
    if request.headers.get("X-Requested-With") != "fetch" and "text/html" in request.headers.get("Accept", ""):
        return redirect("reviews:sheet", review.pk, letter)
    now = next(each for each in sheets_of(review, seat, actor) if each.letter == letter)
    said = {"saved_at": f"{clock.local(saved.saved_at):%H:%M}", "version": saved.version, "totals": totals(now)}
    return JsonResponse(said)


def send_sheet(request: HttpRequest, key: str) -> HttpResponse:
    """Hand in the whole sheet: all totals once more, one confirmation."""
    actor, review, seat = _seated(request, key)
    own = sheets_of(review, seat, actor)
    form = SendForm(request.POST or None)
    context = {
        "room": REVIEWS,
        "review": review,
        "seat": seat,
        "sheets": own,
        "head": {"title": review.lot.order.title, "number": review.lot.order.number, "chip": review.chip},
        "title": _("提交评分"),
        "consequence": _("提交后不能改，也看不到别人的分；汇总后公布。"),
        "submit_label": _("提交评分"),
        "back_url": reverse("reviews:sheets", args=[review.pk]),
        "crumbs": _crumbs(review, _("提交评分")),
    }
    return answer(
        request,
        form,
        lambda cleaned: submit_sheet(review, actor=actor, scores=marks_of(own)),
        template="procurement/reviews/send.html",
        context=context,
        done=lambda done: done.get_absolute_url(),
    )


def compare(request: HttpRequest, key: str) -> HttpResponse:
    """The comparison sheet; there is none before the consolidation, for anybody."""
    actor = actor_of(request)
    review = REVIEWS.fetch(actor, key)
    if review.status != "consolidated":
        raise Http404
    table = comparison(review)
    named = knows_names(actor, review.lot.panel)
    context = {
        "room": REVIEWS,
        "review": review,
        "blind": is_blind(actor),
        "named": named,
        "crumbs": _crumbs(review, _("比较表")),
        **table,
    }
    return render(request, "procurement/reviews/compare.html", context)


def listing(request: HttpRequest) -> HttpResponse:
    """The list; experts read it as 「我的评审」."""
    actor = actor_of(request)
    own = replace(REVIEWS, label=_("我的评审")) if is_blind(actor) else REVIEWS
    return list_page(request, own, actor)


def _figures(review: Review, actor: Actor) -> list[Figure]:
    bids = bids_of(review)
    panel = review.lot.panel
    standing = [bid for bid in bids if bid.status not in {"opened", "qualified", "disqualified", "nonresponsive"}]
    handed = sum(bool(seat.submitted_at) for seat in live_seats(panel))
    first = Figure(_("最高限价"), review.lot.ceiling, unit=_("元"))
    count = Figure(_("申报"), len(bids), unit=_("家"), detail=_("%(n)s 家通过审查") % {"n": len(standing)})
    if is_blind(actor):
        return [first, Figure(_("待评"), len(standing), unit=_("家"), detail=_("价格分由平台计算"))]
    prices = sorted(price_of(bid) for bid in bids)
    span = f"{prices[0] / 10000:.2f}—{prices[-1] / 10000:.2f}" if prices else "—"
    return [
        first,
        count,
        Figure(_("报价区间"), span, unit=_("万元")),
        Figure(_("评分"), handed, unit=_("/ %(n)s 位已交") % {"n": panel.size if panel.seed else 0},
               detail=_("提交前互不可见")),
    ]  # fmt: skip


def _locked(review: Review, actor: Actor) -> list[tuple[str, str]]:
    """Why a next step that is mine cannot be taken yet."""
    if review.status == "checking":
        open_ones = [bid.letter for bid in bids_of(review) if bid.status == "opened"]
        return (
            [("start_scoring", _("还有申报没有审查：%(letters)s。") % {"letters": "、".join(open_ones)})]
            if open_ones
            else []
        )
    if review.status != "scoring":
        return []
    missing = missing_sheets(review)
    if missing:
        names = "、".join(str(seat.expert) for seat in missing) if knows_names(actor, review.lot.panel) else ""
        why = _("全部专家提交后才能汇总：还差 %(names)s。") % {"names": names or _("%(n)s 位") % {"n": len(missing)}}
        return [("consolidate", why), ("recheck", _("全部专家提交后才能核对客观分。"))]
    if unequal_objective(review):
        return [("consolidate", _("客观分不一致，请先退回核对。"))]
    return [("recheck", _("客观分已经一致，不用退回。"))]


def _context(review: Review, actor: Actor) -> dict[str, Any]:
    """Experts' names stay out of the timeline for who may not know them."""
    found: dict[str, Any] = {}
    if not knows_names(actor, review.lot.panel):
        rows = [timeline_row(review, entry) for entry in journal.entries_for(review)]
        hidden = {str(seat.expert) for seat in review.lot.panel.seats.select_related("expert__user")} - {
            actor.user_name
        }
        found["timeline"] = [row | {"who": _("一位评审专家")} if row["who"] in hidden else row for row in rows]
    return found


def _open(reviews: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return reviews.filter(status__in=["checking", "scoring"])


def _over(reviews: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return reviews.exclude(status__in=["checking", "scoring"])


REVIEWS = register(
    Room(
        slug="reviews",
        label="评审",
        model=Review,
        visible=visible_reviews,
        title=lambda review: review.lot.order.title,
        icon="clipboard-check",
        columns=(
            Column("order", "订单", lambda review: (review.lot.order.title, review.lot.order.number or ""), "title"),
            Column("buyer", "采购人", lambda review: review.buyer.name),
            Column("ceiling", "最高限价", lambda review: review.lot.ceiling, "money"),
            Column("status", "状态", kind="chip", sort="status"),
            Column(
                "due", "评分截止", lambda r: None if r.lifecycle.statuses[r.status].end else r.lot.panel.due_at, "due"
            ),
        ),
        views=(
            View("全部", "", lambda reviews, actor: reviews),
            View("在办", "open", _open),
            View("已完", "over", _over),
        ),
        figures=_figures,
        subtitle=lambda review: [
            review.lot.order.number or "",
            review.lot.order.get_method_display(),
            review.buyer.name,
        ],
        context=_context,
        locked=_locked,
        fields=("id", "status", "consolidated_at"),
        empty=("还没有评审", "开启申报后，评审会列在这里。"),
    )
)


def _of_order(order: Order, actor: Actor) -> Review | None:
    return visible_reviews(actor).filter(lot__order=order).order_by("lot__n").first()


def _board_on_order(order: Order, actor: Actor) -> dict[str, Any] | None:
    review = _of_order(order, actor)
    shown = boards.board(review, actor) if review else None
    return {**shown, "review_url": review.get_absolute_url()} if review and shown else None


def _leads_on_order(order: Order, actor: Actor) -> dict[str, Any] | None:
    review = _of_order(order, actor)
    return boards.leads(review, actor) if review else None


sections.register(
    "procurement.review", title="本人的评分", template="procurement/reviews/own.html", context=boards.own, order=5
)
sections.register(
    "procurement.review", title="申报单位", template="procurement/reviews/board.html", context=boards.board, order=10
)
sections.register(
    "procurement.review", title="需要留意", template="procurement/reviews/leads.html", context=boards.leads, order=20
)
sections.register(
    "procurement.order",
    title="申报单位",
    template="procurement/reviews/board.html",
    context=_board_on_order,
    tab="review",
    order=10,
)
sections.register(
    "procurement.order",
    title="需要留意",
    template="procurement/reviews/leads.html",
    context=_leads_on_order,
    tab="review",
    order=20,
)
boards.register_duties()

urlpatterns = [
    path("", listing, name="list"),
    path("<str:key>/check/<str:letter>/", check, name="check"),
    path("<str:key>/sheet/", sheet, name="sheets"),
    path("<str:key>/sheet/submit/", send_sheet, name="send"),
    path("<str:key>/sheet/<str:letter>/", sheet, name="sheet"),
    path("<str:key>/sheet/<str:letter>/draft/", keep_sheet, name="keep"),
    path("<str:key>/compare/", compare, name="compare"),
    *room_urls(REVIEWS),
]
