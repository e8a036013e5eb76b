"""What is done with awards: proposed by rank, decided by the leadership, published, confirmed by time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import clock
from core.actor import SYSTEM, Actor
from core.errors import Conflict, Invalid, NotAllowed, NotNow, Refused
from core.identifiers import next_number
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.templatetags.words import cn_date_text, money_text
from procurement.awards.models import Award
from procurement.awards.queries import due_awards, lots_settled
from procurement.bids.models import Bid
from procurement.bids.queries import OPENED, bidders_of
from procurement.notices import ocds
from procurement.notices.operations import publish_notice
from procurement.orders.models import Lot, OrderNotice
from procurement.panels.queries import live_seats
from procurement.permissions.awards import can_propose_award
from procurement.reviews.models import Result
from procurement.reviews.queries import price_of
from procurement.rules.queries import deadline

# How a bid is out of the running.
OUT = {"disqualified", "nonresponsive", "unreadable"}


@transaction.atomic
def propose_award(lot: Lot, *, actor: Actor, bid: Bid | None = None, reason: str = "") -> Award:
    """Propose the first in rank, or, with a written reason, the next one who can still be awarded (推荐成交).

    lot     its review is consolidated and no award stands
    bid     one of the ranked; by default the first in rank
    reason  wanted when another than the first in rank is proposed, or the first place is shared
    returns the award, "proposed"
    raises  NotAllowed · NotNow (not consolidated, order not in review) · Invalid (no reason) · Conflict (an award stands)
    writes  the award; the bid "recommend"; one journal entry "create"
    source  政府采购法实施条例第四十三条
    """
    order = lot.order
    if not can_propose_award(actor) or not actor.belongs_to(order.buyer_id):
        raise NotAllowed(_("推荐成交由采购人的采购经办办理。"))
    Lot.objects.select_for_update().get(pk=lot.pk)
    if Award.objects.filter(lot=lot).exclude(status="cancelled").exists():
        raise Conflict(_("这个订单已有成交推荐，请看最新的再办。"))
    order.refresh_from_db()
    ranked = list(
        Result.objects.filter(review__lot=lot).select_related("bid__organization").order_by("rank", "bid__letter")
    )
    if not ranked or order.status != "reviewing":
        raise NotNow(_("评审汇总后才能推荐成交。当前状态是「%(status)s」。") % {"status": order.status_label})
    first = ranked[0]
    chosen = first if bid is None else next((result for result in ranked if result.bid_id == bid.pk), None)
    if chosen is None or chosen.bid.status != "scored":
        raise Invalid(_("只能推荐参加了评分的申报单位。"), field="bid")
    shared = sum(result.rank == 1 for result in ranked) > 1
    if (chosen.rank != 1 or shared) and not reason.strip():
        raise Invalid(_("不推荐第一名，或第一名并列时，请写明理由。"), field="reason")
    amount = price_of(chosen.bid)
    award = Award(
        lot=lot,
        bid=chosen.bid,
        buyer=order.buyer,
        region_path=order.region_path,
        amount=amount,
        reason=reason.strip()[:400] or _("综合得分第一"),
        proposed_by_key=actor.user_key,
        proposed_by_name=actor.user_name,
    )
    facts = {"bid": chosen.bid.letter, "rank": chosen.rank, "amount": str(amount)}
    try:
        with transaction.atomic():
            begin(award, actor=actor, facts=facts, reason=award.reason)
    except IntegrityError:
        raise Conflict(_("这个订单已有成交推荐，请看最新的再办。")) from None
    advance(chosen.bid, "recommend", actor=actor)
    return award


@transaction.atomic
def publish_award(award: Award, *, actor: Actor) -> Award:
    """Decide and publish (发布公示): number, notice with the experts' names, standstill, each bidder told of the own place.

    actor   of the buyer's leadership, another person than who proposed
    returns the award, "published"; standstill_ends_at: last moment at which a bidder may challenge
    raises  NotAllowed · NotNow · Conflict
    writes  number; notice; one journal entry "publish"; the order "publish_award" once all its lots are published; messages
            that name no score
    source  政府采购法实施条例第四十三条; 87 号令第六十九条; domain.md 2.5 D13, D15, D31
    """
    require(award, "publish", actor)
    order, winner = award.lot.order, award.bid.organization
    now = clock.now()
    shown_until, ends_at, rule = _standstill(award, now)
    number = next_number(order.buyer.number_prefix or order.buyer.short_name, "购成")
    notice = publish_notice(
        kind="award",
        title=_("%(order)s成交结果公示") % {"order": order.title},
        body=_body(award, shown_until),
        facts=_facts(award, number, shown_until),
        subject=award.journal_key,
        case=award.case_key,
        ocid=order.project.ocid,
        buyer=order.buyer,
        region_path=order.region_path,
        actor=actor,
        ends_at=shown_until,
        release=award_release(award, now),
    )
    OrderNotice.objects.create(order=order, notice=notice)
    advance(
        award,
        "publish",
        actor=actor,
        facts={"number": number, "notice": notice.number, "standstill_ends_at": clock.local(ends_at).isoformat()},
        number=number,
        notice=notice,
        published_at=now,
        standstill_ends_at=ends_at,
        standstill_rule=rule[:200],
    )
    if order.status == "reviewing" and lots_settled(order, "published", "suspended", "confirmed"):
        advance(order, "publish_award", actor=actor, facts={"award": number})
    _tell_bidders(award)
    tell(
        bidders_of(winner.pk),
        sentence=_("「%(order)s」推荐本单位成交，正在公示。") % {"order": order.title},
        url=award.bid.get_absolute_url(),
        kind="award",
        key=f"award:{award.pk}:winner",
    )
    return award


@transaction.atomic
def return_award(award: Award, *, actor: Actor, reason: str) -> Award:
    """Send a proposal back for another thought (退回重议); it was never public.

    raises  NotAllowed · NotNow · Invalid (no reason) · Conflict
    writes  one journal entry "return"; the bid "unrecommend"
    """
    advance(award, "return", actor=actor, reason=reason)
    advance(award.bid, "unrecommend", actor=actor, reason=reason)
    return award


@transaction.atomic
def confirm_award(award: Award, *, actor: Actor) -> Award:
    """Confirm an award whose standstill ended without an open challenge (确认成交).

    actor   procurement officer of the buyer, or the clock
    raises  NotAllowed · NotNow (the standstill runs, or a challenge is open) · Conflict
    writes  one journal entry "confirm"; bids "award" and "lose"; the order "award" once all its lots are confirmed
    """
    require(award, "confirm", actor)
    ends_at = award.standstill_ends_at
    if ends_at is None or clock.database_now() < ends_at:
        raise NotNow(
            _("公示到 %(end)s 结束，之后才能确认成交。") % {"end": cn_date_text(ends_at, "year") if ends_at else "—"}
        )
    order = award.lot.order
    advance(award, "confirm", actor=actor)
    advance(award.bid, "award", actor=actor)
    for bid in Bid.objects.filter(lot=award.lot, status="scored"):
        advance(bid, "lose", actor=actor)
    if order.status == "standstill" and lots_settled(order, "confirmed"):
        advance(order, "award", actor=actor, facts={"award": award.number})
    for bid in Bid.objects.filter(lot=award.lot, status__in=["awarded", "unsuccessful"]):
        tell(
            bidders_of(bid.organization_id),
            sentence=_("「%(order)s」公示结束，%(what)s。")
            % {
                "order": order.title,
                "what": _("本单位成交，请准备签约") if bid.status == "awarded" else _("结果已确认"),
            },
            url=bid.get_absolute_url(),
            kind="award",
            key=f"award:{award.pk}:confirmed",
        )
    return award


def confirm_due() -> int:
    """Confirm what the clock says is due; one that is refused now is tried again at the next tick. returns  how many"""
    done = 0
    for award in due_awards():
        try:
            confirm_award(award, actor=SYSTEM)
        except Refused:
            continue
        done += 1
    return done


def _standstill(award: Award, now: datetime) -> tuple[datetime, datetime, str]:
    """Until when the result is shown, until when it may be challenged, and the rule that says so.

    own track: D31, the objection lies inside the publicity. Statutory: shown for D13, challenged within D15 after it;
    the award waits for the latter, so that no contract is signed that a challenge may still undo.
    """
    order = award.lot.order
    if order.track == "own":
        term = deadline("D31", now, track="own", on=order.rule_date)
        return term.at, term.at, term.label
    shown = deadline("D13", now, track=order.track, on=order.rule_date)
    challenge = deadline("D15", shown.at, track=order.track, on=order.rule_date)
    return shown.at, challenge.at, f"{shown.label}；{challenge.label}"


def _body(award: Award, shown_until: datetime) -> str:
    order, lot = award.lot.order, award.lot
    names = "、".join(str(seat.expert) for seat in live_seats(lot.panel))
    lines = [
        _("一、订单：%(title)s（%(number)s）") % {"title": order.title, "number": order.number},
        _("二、成交单位：%(name)s；住所：%(address)s") % {
            "name": award.bid.organization.name, "address": award.bid.organization.address or "—",
        },
        _("三、成交金额：%(amount)s 元，服务 %(quantity)s %(unit)s") % {
            "amount": money_text(award.amount), "quantity": lot.quantity, "unit": lot.unit,
        },
        _("四、服务要求：%(requirements)s") % {"requirements": order.requirements},
        _("五、评审专家：%(names)s") % {"names": names},
        _("六、推荐理由：%(reason)s") % {"reason": award.reason},
        _("七、公示到 %(end)s。申报单位对结果有异议的，可以在质疑期限内登录平台提出质疑。") % {
            "end": cn_date_text(shown_until, "year"),
        },
    ]  # fmt: skip
    if award.bid.organization.incubated_by_id == award.buyer_id:
        lines.append(_("八、关联披露：成交单位由采购人孵化，评审组中没有采购人代表。"))
    return "\n".join(lines)


def _facts(award: Award, number: str, shown_until: datetime) -> dict[str, Any]:
    return {
        _("文号"): number,
        _("成交单位"): award.bid.organization.name,
        _("统一社会信用代码"): award.bid.organization.uscc or "—",
        _("成交金额"): _("%(amount)s 元") % {"amount": money_text(award.amount)},
        _("公示至"): cn_date_text(shown_until, "year"),
    }


def award_release(award: Award, now: datetime) -> dict[str, Any]:
    """The award in OCDS 1.1 words, with the bids of its lot as they were opened and judged (bids extension)."""
    winner, order = award.bid.organization, award.lot.order
    bids = list(
        Bid.objects.filter(lot=award.lot, status__in=[*OPENED, "unreadable"])
        .select_related("organization")
        .prefetch_related("offers")
        .order_by("letter")
    )
    valid = [bid for bid in bids if bid.status not in OUT]
    details = [
        {
            "id": f"{award.lot.n}-{bid.letter}",
            "date": ocds.moment(bid.submitted_at or now),
            "status": "valid" if bid in valid else "disqualified",
            "tenderers": [ocds.reference(bid.organization)],
            **_offered(bid),
        }
        for bid in bids
    ]
    return {
        "tender": {
            "id": order.number,
            "status": "complete",
            "numberOfTenderers": len(bids),
            "tenderers": [ocds.reference(bid.organization) for bid in bids],
        },
        "bids": {
            "statistics": [
                {"id": f"{award.lot.n}-{measure}", "measure": measure, "value": len(counted)}
                for measure, counted in (("bids", bids), ("validBids", valid))
            ],
            "details": details,
        },
        "awards": [
            {
                "id": str(award.pk),
                "title": order.title,
                "status": "pending",
                "date": ocds.moment(now),
                "value": ocds.money(award.amount),
                "suppliers": [ocds.reference(winner)],
                "relatedBid": f"{award.lot.n}-{award.bid.letter}",
                "items": [{"id": str(award.lot.n), "description": award.lot.title, "quantity": award.lot.quantity}],
            }
        ],
        "parties": [
            ocds.party(bid.organization, "tenderer", *(("supplier",) if bid.pk == award.bid_id else ())) for bid in bids
        ],
    }


def _offered(bid: Bid) -> dict[str, Any]:
    """The last offer of an opened bid as its value; {} for one that could not be read. Its offers are prefetched."""
    offers = list(bid.offers.all())
    return {"value": ocds.money(offers[-1].amount)} if offers else {}


def _tell_bidders(award: Award) -> None:
    """Each loser, the unqualified too, learns where to read the own score, rank or reason; no message carries them."""
    for bid in Bid.objects.filter(lot=award.lot, status__in=OPENED).exclude(pk=award.bid_id):
        tell(
            bidders_of(bid.organization_id),
            sentence=_("「%(order)s」评审结果已公示，本单位的得分与名次（或未通过的理由）在申报页可看。")
            % {"order": award.lot.order.title},
            url=bid.get_absolute_url(),
            kind="award",
            key=f"award:{award.pk}:told",
        )
