"""What is done with challenges: filed in time by a bidder, admitted or not, answered; the award waits meanwhile."""

from __future__ import annotations

from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.models import Membership
from core import clock
from core.actor import Actor
from core.documents import store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.separation import note_duty
from core.templatetags.words import cn_date_text
from procurement.awards.models import Award
from procurement.awards.queries import own_bid
from procurement.bids.models import Bid
from procurement.bids.queries import bidders_of
from procurement.challenges.models import Challenge
from procurement.challenges.queries import open_challenges
from procurement.notices.operations import publish_notice
from procurement.orders.models import OrderNotice
from procurement.permissions.challenges import can_file_challenge
from procurement.rules.queries import deadline

ANSWERERS = ("procurement_officer", "discipline_officer")


def require_may_file(award: Award, actor: Actor) -> Bid:
    """Whether this organization may challenge this award now.

    returns the organization's bid on the lot
    raises  NotAllowed (no bidder on the lot, or the winner) · NotNow (not published, confirmed, or too late) · Conflict
    source  政府采购法第五十二条; domain.md 2.5 D15, D31
    """
    bid = own_bid(award, actor)
    if not can_file_challenge(actor) or bid is None:
        raise NotAllowed(_("只有参加了本订单申报的单位可以提出质疑。"))
    if bid.pk == award.bid_id:
        raise NotAllowed(_("成交单位不能对自己的成交结果提出质疑。"))
    if award.status not in {"published", "suspended"} or award.standstill_ends_at is None:
        raise NotNow(_("现在不能提出质疑：成交结果是「%(status)s」。") % {"status": award.status_label})
    if clock.database_now() >= award.standstill_ends_at:
        raise NotNow(
            _("质疑期到 %(end)s 已结束。可以联系采购人询问，或向其纪检部门反映。")
            % {"end": cn_date_text(award.standstill_ends_at, "year")}
        )
    if open_challenges(award).filter(organization_id=bid.organization_id).exists():
        raise Conflict(_("本单位的质疑正在办理，请等答复。"))
    return bid


@transaction.atomic
def file_challenge(
    award: Award,
    *,
    actor: Actor,
    ground: str,
    text: str,
    remedy: str,
    document: IO[bytes] | None = None,
) -> Challenge:
    """File a challenge against an award; the award is suspended until the last open one is answered (提出质疑).

    ground    one of Challenge.GROUNDS;  document: an open file with `name`, or None
    returns   the challenge, "filed"; due_at by D16
    raises    NotAllowed · NotNow · Conflict (one of theirs is open) · Invalid (ground, text or remedy missing, a bad file)
    writes    the challenge; entry "create"; award "suspend"; order "challenge"; messages to those who answer
    source    政府采购法第五十二、五十三条; 94 号令
    """
    award = Award.objects.select_for_update(of=("self",)).select_related("lot__order", "bid", "buyer").get(pk=award.pk)
    bid = require_may_file(award, actor)
    errors = {
        name: [sentence]
        for name, value, sentence in (
            ("ground", ground if ground in dict(Challenge.GROUNDS) else "", _("请选择事由。")),
            ("text", text.strip(), _("请写明事实和理由。")),
            ("remedy", remedy.strip(), _("请写明请求，例如重新评审。")),
        )
        if not value
    }
    if errors:
        raise Invalid(errors=errors)
    now, order = clock.now(), award.lot.order
    term = deadline("D16", now, track=order.track, on=order.rule_date)
    kept = store(document, name=getattr(document, "name", ""), actor=actor, purpose="challenge") if document else None
    challenge = Challenge(
        award=award,
        organization_id=bid.organization_id,
        buyer=award.buyer,
        region_path=award.region_path,
        ground=ground,
        text=text.strip(),
        remedy=remedy.strip()[:300],
        filed_by_name=actor.user_name,
        due_at=term.at,
        due_rule=term.label[:200],
        document=kept,
    )
    begin(
        challenge,
        actor=actor,
        facts={"award": award.number, "ground": ground, "due_at": clock.local(term.at).isoformat()},
    )
    if award.status == "published":
        advance(award, "suspend", actor=actor, facts={"challenge": str(challenge.pk)})
    if order.status == "standstill":
        advance(order, "challenge", actor=actor, facts={"challenge": str(challenge.pk)})
    tell(
        _answerers(award),
        sentence=_("%(who)s对「%(order)s」成交结果提出质疑，请在 %(due)s 前答复。")
        % {"who": actor.organization_name, "order": order.title, "due": cn_date_text(term.at)},
        url=challenge.get_absolute_url(),
        kind="challenge",
        key=f"challenge:{challenge.pk}:filed",
    )
    return challenge


@transaction.atomic
def admit_challenge(challenge: Challenge, *, actor: Actor) -> Challenge:
    """Admit a challenge for an answer (受理).

    raises  NotAllowed (not theirs, or they scored in this case) · NotNow · Conflict
    writes  the duty; one journal entry "admit"; a message to the bidder
    """
    require(challenge, "admit", actor)
    note_duty(challenge.case_key, actor, "answer_challenge")
    advance(challenge, "admit", actor=actor)
    _tell_filer(challenge, _("已受理"))
    return challenge


@transaction.atomic
def refuse_challenge(challenge: Challenge, *, actor: Actor, reason: str) -> Challenge:
    """Refuse to admit, with a reason (不予受理); the award resumes when it was the last open one."""
    return _answer(challenge, "refuse", actor=actor, reply=reason)


@transaction.atomic
def dismiss_challenge(challenge: Challenge, *, actor: Actor, reason: str) -> Challenge:
    """Answer that there is no ground (不成立); the award resumes when it was the last open one.

    reason  the reply, sent to the bidder
    raises  NotAllowed · NotNow · Invalid (no reply) · Conflict
    writes  the reply; one journal entry "dismiss"; perhaps award and order "resume"
    """
    return _answer(challenge, "dismiss", actor=actor, reply=reason)


@transaction.atomic
def uphold_challenge(challenge: Challenge, *, actor: Actor, reason: str) -> Challenge:
    """Answer that there is a ground (成立): the award is cancelled and the review takes it up again.

    raises  NotAllowed · NotNow · Invalid (no reply) · Conflict
    writes  the reply; entry "uphold"; award "cancel"; bid "unrecommend"; order "reopen_review"; a notice that replaces
    """
    require(challenge, "uphold", actor)
    note_duty(challenge.case_key, actor, "answer_challenge")
    advance(challenge, "uphold", actor=actor, reason=reason, reply=reason.strip())
    award = (
        Award.objects.select_for_update(of=("self",))
        .select_related("lot__order__project", "bid", "buyer", "notice")
        .get(pk=challenge.award_id)
    )
    if award.status == "suspended":
        order = award.lot.order
        advance(award, "cancel", actor=actor, reason=reason)
        advance(award.bid, "unrecommend", actor=actor, reason=reason)
        if order.status in {"challenged", "standstill"}:
            advance(order, "reopen_review", actor=actor, reason=reason)
        notice = publish_notice(
            kind="award_change",
            title=_("%(order)s成交结果变更公告") % {"order": order.title},
            body=_("经质疑处理，原成交结果（%(number)s）撤销，退回评审重新推荐。\n答复：%(reply)s")
            % {"number": award.number, "reply": reason.strip()},
            facts={_("原文号"): award.number},
            subject=award.journal_key,
            case=award.case_key,
            ocid=order.project.ocid,
            buyer=award.buyer,
            region_path=award.region_path,
            actor=actor,
            replaces=award.notice,
            release={"awards": [{"id": str(award.pk), "status": "cancelled"}]},
        )
        OrderNotice.objects.create(order=order, notice=notice)
    _tell_filer(challenge, _("已答复：成立，原结果撤销"))
    return challenge


@transaction.atomic
def withdraw_challenge(challenge: Challenge, *, actor: Actor) -> Challenge:
    """Take one's own challenge back (撤回质疑); the award resumes when it was the last open one.

    raises  NotAllowed · NotNow · Conflict
    writes  one journal entry "withdraw"; perhaps award and order "resume"
    """
    advance(challenge, "withdraw", actor=actor)
    _resume(challenge, actor)
    return challenge


def _answer(challenge: Challenge, verb: str, *, actor: Actor, reply: str) -> Challenge:
    require(challenge, verb, actor)
    note_duty(challenge.case_key, actor, "answer_challenge")
    advance(challenge, verb, actor=actor, reason=reply, reply=reply.strip())
    _resume(challenge, actor)
    _tell_filer(challenge, challenge.status_label)
    return challenge


def _resume(challenge: Challenge, actor: Actor) -> None:
    """Let award and order go on, once no challenge of the award is open."""
    award = Award.objects.select_for_update(of=("self",)).select_related("lot__order").get(pk=challenge.award_id)
    if award.status != "suspended" or open_challenges(award).exists():
        return
    advance(award, "resume", actor=actor)
    order = award.lot.order
    if order.status == "challenged" and not Award.objects.filter(lot__order=order, status="suspended").exists():
        advance(order, "resume", actor=actor)


def _answerers(award: Award) -> list[str]:
    """User keys of the buyer's people who answer."""
    today = clock.today()
    rows = Membership.objects.filter(organization=award.buyer, role__in=ANSWERERS, valid_from__lte=today)
    return [str(key) for key in rows.exclude(valid_to__lt=today).values_list("user_id", flat=True).distinct()]


def _tell_filer(challenge: Challenge, outcome: str) -> None:
    tell(
        bidders_of(challenge.organization_id),
        sentence=_("本单位对「%(order)s」的质疑：%(outcome)s。")
        % {"order": challenge.award.lot.order.title, "outcome": outcome},
        url=challenge.get_absolute_url(),
        kind="challenge",
        key=f"challenge:{challenge.pk}:{challenge.status}",
    )
