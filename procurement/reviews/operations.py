"""What is done in a review: checks with reasons, each expert's sheet alone, one consolidation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.drafts import drop_draft, save_draft
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.sealing import canonical_json
from core.separation import require_apart
from procurement.bids.models import Bid
from procurement.orders.models import Criterion, Lot, QualificationRule
from procurement.orders.operations import fail_order
from procurement.panels.models import Seat
from procurement.panels.operations import require_seated
from procurement.reviews.bands import read_mark
from procurement.reviews.models import Check, Result, Review, Score
from procurement.reviews.queries import (
    hand_scored,
    missing_sheets,
    ranking_of,
    seat_of,
    standing_bids,
    unequal_objective,
)
from procurement.reviews.ranking import needs_reason
from procurement.rules.queries import parameter

Marks = Mapping[str, Mapping[int, Mapping[str, Any]]]


@transaction.atomic
def create_review(lot: Lot, *, actor: Actor) -> Review:
    """Begin the review of a lot whose bids were opened; bids without a letter get theirs in an order nobody can steer.

    actor   whoever opened the bids
    writes  the review, "checking"; missing letters; one journal entry "create"
    """
    order = lot.order
    review = begin(Review(lot=lot, buyer=order.buyer, region_path=order.region_path), actor=actor, facts={"lot": lot.n})
    opened = list(Bid.objects.filter(lot=lot, status="opened"))
    if any(not bid.letter for bid in opened):
        opened.sort(key=lambda bid: hashlib.sha256(f"{review.pk}|{bid.pk}".encode()).digest())
        for n, bid in enumerate(opened):
            Bid.objects.filter(pk=bid.pk).update(letter=chr(ord("A") + n))
    return review


@transaction.atomic
def check_bid(review: Review, *, actor: Actor, bid: Bid, results: Mapping[str, tuple[bool, str]]) -> Review:
    """Check one bid rule by rule: first qualification, then conformity (资格审查、符合性审查).

    bid      opened, of this lot
    results  rule key (text) -> (passed, reason); every qualification rule, and, where all pass, every ★ requirement
    actor    procurement officer of the buyer (the panel does not check qualification)
    returns  the review; the bid is now responsive, disqualified or nonresponsive
    raises   NotAllowed · NotNow (not checking, or the bid was checked) · Invalid (a rule open, a fail without reason) · Conflict
    writes   one Check a rule; the bid's steps with its reason; one journal entry "check"
    source   财政部令第87号第四十四条; domain.md 6.2
    """
    require(review, "check", actor)
    _hold(review)
    if bid.lot_id != review.lot_id or bid.status != "opened":
        raise NotNow(_("这份申报已经审查过，结论不再改动。"))
    rules = list(review.lot.order.qualification_rules.all())
    entry = [rule for rule in rules if not rule.is_conformity]
    starred = [rule for rule in rules if rule.is_conformity]
    failed = _write_checks(bid, entry, results, actor)
    letter = {"bid": bid.letter}
    if failed:
        advance(bid, "disqualify", actor=actor, reason=failed, facts=letter, reject_reason=failed[:400])
    else:
        advance(bid, "qualify", actor=actor, facts=letter)
        failed = _write_checks(bid, starred, results, actor)
        if failed:
            advance(bid, "reject", actor=actor, reason=failed, facts=letter, reject_reason=failed[:400])
        else:
            advance(bid, "respond", actor=actor, facts=letter)
    return advance(review, "check", actor=actor, reason=failed, facts={**letter, "conclusion": bid.status})


@transaction.atomic
def start_scoring(review: Review, *, actor: Actor) -> Review:
    """End the checks: three or more bids stand and the panel begins, or the order fails (审查完毕).

    raises  NotAllowed · NotNow (a bid unchecked, the panel not complete) · Conflict
    writes  the review "start_scoring" and the panel "seat"; or the review "fail", panel "dissolve", bids "lose", the order failed
    source  政府采购法第三十六条; domain.md 2.3
    """
    require(review, "start_scoring", actor)
    lot = review.lot
    order, panel = lot.order, lot.panel
    unchecked = list(Bid.objects.filter(lot=lot, status__in=["opened", "qualified"]).order_by("letter"))
    if unchecked:
        raise NotNow(_("还有申报没有审查：%(letters)s。") % {"letters": "、".join(bid.letter for bid in unchecked)})
    standing = list(Bid.objects.filter(lot=lot, status="responsive"))
    minimum = int(parameter("bids.minimum", track=order.track, on=order.rule_date).value)
    if len(standing) < minimum:
        reason = _("通过资格和符合性审查的申报 %(n)s 家，不足 %(minimum)s 家。") % {
            "n": len(standing),
            "minimum": minimum,
        }
        advance(panel, "dissolve", actor=actor, reason=reason)
        advance(review, "fail", actor=actor, reason=reason)
        if Review.objects.filter(lot__order=order).exclude(status="failed").exists():
            for bid in standing:  # other lots go on; this one's bids end here
                advance(bid, "lose", actor=actor, reason=reason)
        else:
            fail_order(order, actor=actor, reason=reason)
        return review
    seats = require_seated(panel)
    if panel.status == "declaring":
        advance(panel, "seat", actor=actor)
    advance(review, "start_scoring", actor=actor, facts={"bids": [bid.letter for bid in standing]})
    tell(
        [str(seat.expert.user_id) for seat in seats],
        sentence=_("「%(order)s」可以评分了，请在截止前提交全部评分。") % {"order": order.title},
        url=review.get_absolute_url(),
        kind="review",
        key=f"scoring:{review.pk}",
    )
    return review


@transaction.atomic
def submit_sheet(review: Review, *, actor: Actor, scores: Marks) -> Review:
    """Hand in one expert's whole sheet, all bids at once; it cannot be undone (提交评分).

    scores  bid letter -> criterion number -> {"points": half points up to the weight, "reason": text}
    actor   an expert with a declared seat; nobody reads the sheet before all are consolidated
    raises  NotAllowed (no seat, recused, an incompatible duty) · NotNow (not scoring, handed in) · Invalid, every gap named
    writes  one Score a bid and criterion; the seat; one journal entry "score" with the sheet's digest, never a mark
    source  interface.md 3.5; domain.md 6.2
    """
    require(review, "score", actor)
    # Experts hand in side by side; another's entry in between is no conflict with this sheet.
    review = Review.objects.select_for_update(of=("self",)).select_related("lot__order", "lot__panel").get(pk=review.pk)
    seat = seat_of(review, actor)
    if seat is None:
        raise NotAllowed(_("您不在这个评审组，或已回避。"))
    if seat.submitted_at:
        raise NotNow(_("您已提交评分，提交后不能改。"))
    require_apart(review.case_key, actor, "sit_on_panel")
    order = review.lot.order
    criteria = hand_scored(order)
    earlier = {(str(s.bid_id), s.criterion_id): s for s in Score.objects.filter(seat=seat, bid__lot=review.lot)}
    rows, gaps = [], []
    for bid in standing_bids(review):
        for criterion in criteria:
            given = scores.get(bid.letter, {}).get(criterion.n, {})
            before = earlier.get((str(bid.pk), criterion.pk))
            gap = _gap(criterion, given, before)
            if gap:
                gaps.append(f"{bid.letter}「{criterion.name}」：{gap}")
            else:
                rows.append((bid, criterion, given, before))
    if gaps:
        raise Invalid(_("还有 %(n)s 处要改。") % {"n": len(gaps)}, errors={"__all__": gaps})
    for bid, criterion, given, before in rows:
        _keep_mark(seat, bid, criterion, given, before)
    seat.submitted_at = clock.now()
    seat.save(update_fields=["submitted_at"])
    body = [
        [bid.letter, criterion.n, str(given["points"]), str(given.get("reason", ""))]
        for bid, criterion, given, _b in rows
    ]
    digest = hashlib.sha256(canonical_json(body)).hexdigest()
    for letter in {bid.letter for bid, *_rest in rows}:
        drop_draft(actor.user_key, draft_place(review, letter))
    return advance(review, "score", actor=actor, facts={"seat": seat.n, "sheet": digest})


@transaction.atomic
def recheck_objective(review: Review, *, actor: Actor, reason: str) -> Review:
    """Send the sheets back because experts differ on an objective criterion; only that may change (退回核对客观分).

    raises  NotAllowed · NotNow (sheets missing, or all agree) · Invalid (no reason) · Conflict
    writes  the seats; each expert's draft, filled with the own marks; one journal entry "recheck"
    source  财政部令第87号第六十四条
    """
    require(review, "recheck", actor)
    _hold(review)
    if missing_sheets(review):
        raise NotNow(_("全部专家提交后才能核对客观分。"))
    unequal = unequal_objective(review)
    if not unequal:
        raise NotNow(_("客观分已经一致，不用退回。"))
    seats = list(Seat.objects.filter(panel=review.lot.panel, is_recused=False).select_related("expert__user"))
    for seat in seats:
        _draft_from_scores(review, seat)
        seat.submitted_at = None
        seat.save(update_fields=["submitted_at"])
    tell(
        [str(seat.expert.user_id) for seat in seats],
        sentence=_("「%(order)s」的客观分不一致，请核对后重新提交。") % {"order": review.lot.order.title},
        url=review.get_absolute_url(),
        kind="review",
        key=f"recheck:{review.pk}:{review.version}",
    )
    return advance(review, "recheck", actor=actor, reason=reason, facts={"items": unequal})


@transaction.atomic
def consolidate_review(review: Review, *, actor: Actor) -> Review:
    """Bring all sheets together into one ranking, for good (汇总评审).

    raises  NotAllowed · NotNow (a sheet missing, objective marks differ, a seat empty) · Conflict
    writes  one Result a bid; bids "score"; the panel and the review "consolidate", with the ranking in the journal
    source  domain.md 2.4, 6.2
    """
    require(review, "consolidate", actor)
    _hold(review)
    require_seated(review.lot.panel)
    waiting = missing_sheets(review)
    if waiting:
        names = "、".join(str(seat.expert) for seat in waiting)
        raise NotNow(_("全部专家提交后才能汇总：还差 %(names)s。") % {"names": names})
    unequal = unequal_objective(review)
    if unequal:
        raise NotNow(_("客观分不一致：%(items)s。请先退回核对。") % {"items": "、".join(unequal)})
    bids = {str(bid.pk): bid for bid in standing_bids(review)}
    places = ranking_of(review)
    for place in places:
        bid = bids[place.key]
        Result.objects.create(
            bid=bid,
            review=review,
            price_centi=_centi(place.price_score),
            technical_centi=_centi(place.technical_score),
            total_centi=_centi(place.total),
            rank=place.rank,
            tie_rule=place.tie_rule,
        )
        advance(bid, "score", actor=actor)
    table = [{"bid": bids[p.key].letter, "total": str(p.total), "rank": p.rank} for p in places]
    advance(review.lot.panel, "consolidate", actor=actor)
    return advance(review, "consolidate", actor=actor, facts={"ranking": table}, consolidated_at=clock.now())


def _hold(review: Review) -> None:
    """Lock the review before rows are written beneath it. raises  Conflict when it is no longer as the caller read it"""
    stored = Review.objects.select_for_update().filter(pk=review.pk).values_list("status", "version").first()
    if stored != (review.status, review.version):
        raise Conflict(_("刚刚有人先一步改动了它，请看最新的再办。"))


def draft_place(review: Review, letter: str) -> str:
    """The key under which an expert's half-written sheet of one bid is kept."""
    return f"sheet:{review.pk}:{letter}"


def _write_checks(
    bid: Bid, rules: list[QualificationRule], results: Mapping[str, tuple[bool, str]], actor: Actor
) -> str:
    """Keep the conclusions. returns  the reasons of the failed ones, "" if none failed. raises  Invalid"""
    errors, failed = {}, []
    for rule in rules:
        if str(rule.pk) not in results:
            errors[f"passed-{rule.n}"] = [_("「%(code)s」还没有结论。") % {"code": rule.code}]
            continue
        passed, reason = results[str(rule.pk)]
        if not passed and not reason.strip():
            errors[f"reason-{rule.n}"] = [_("「%(code)s」不合格，请写明理由。") % {"code": rule.code}]
        if not passed:
            failed.append(f"{rule.code} {reason.strip()}")
    if errors:
        raise Invalid(errors=errors)
    if Check.objects.filter(bid=bid, rule__in=rules).exists():
        raise Conflict(_("刚刚有人审查了这份申报，请看最新的。"))
    for rule in rules:
        passed, reason = results[str(rule.pk)]
        Check.objects.create(
            bid=bid, rule=rule, is_passed=passed, reason=reason.strip()[:300], checked_by_name=actor.user_name
        )
    return "；".join(failed)


def _gap(criterion: Criterion, given: Mapping[str, Any], before: Score | None) -> str:
    """What is missing or wrong in one mark, "" if it may stand."""
    text = str(given.get("points", "")).strip()
    if not text:
        return _("未评")
    mark = read_mark(text, criterion.weight)
    if mark is None:
        return _("%(mark)s 分不行，应为 0 至 %(weight)s 分，可用 0.5 分") % {"mark": text, "weight": criterion.weight}
    if (
        criterion.kind == "subjective"
        and needs_reason(mark, criterion.weight)
        and not str(given.get("reason", "")).strip()
    ):
        return _("%(mark)s 分低于 60%% 或高于 90%%，请写理由") % {"mark": mark}
    if before is not None and criterion.kind != "objective" and int(mark * 2) != before.half_points:
        return _("退回只核对客观分，主观分仍为 %(mark)s 分") % {"mark": Decimal(before.half_points) / 2}
    return ""


def _keep_mark(seat: Seat, bid: Bid, criterion: Criterion, given: Mapping[str, Any], before: Score | None) -> None:
    half_points = int(Decimal(str(given["points"]).strip()) * 2)
    reason = str(given.get("reason", "")).strip()[:300]
    if before is None:
        Score.objects.create(seat=seat, bid=bid, criterion=criterion, half_points=half_points, reason=reason)
    elif (before.half_points, before.reason) != (half_points, reason):
        before.half_points, before.reason = half_points, reason
        before.save(update_fields=["half_points", "reason"])


def _draft_from_scores(review: Review, seat: Seat) -> None:
    """The own marks as a draft again, so that nothing has to be typed twice."""
    drafts: dict[str, dict[str, str]] = {}
    for score in Score.objects.filter(seat=seat, bid__lot=review.lot).select_related("bid", "criterion"):
        content = drafts.setdefault(score.bid.letter, {})
        content[f"p-{score.criterion.n}"] = str(Decimal(score.half_points) / 2)
        content[f"r-{score.criterion.n}"] = score.reason
    for letter, content in drafts.items():
        save_draft(str(seat.expert.user_id), draft_place(review, letter), content, sealed=True)


def _centi(points: Decimal) -> int:
    return int(points * 100)
