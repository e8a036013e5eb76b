"""Verbs of the special audit (专项审计): started, noticed, papers written, draft sent and answered, issued, closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.memberships.models import Membership
from accounts.memberships.queries import people_with_role
from audit.engagements.facts import facts_of, platform_documents
from audit.engagements.models import (
    AuditFinding,
    DraftReply,
    Engagement,
    PaperEvidence,
    ProgrammeItem,
    TeamMember,
    WorkingPaper,
)
from audit.engagements.programme import Planned, programme_of
from audit.engagements.queries import OPEN, candidates, unwritten
from audit.permissions.engagements import BODIES, BUYER_SIDE, PROVIDER_ROLES, can_start_engagement
from core import clock, holds
from core.actor import Actor
from core.documents import Document, store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.identifiers import next_number
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.separation import note_duty
from procurement.contracts.models import Contract
from procurement.contracts.queries import IN_FORCE
from procurement.rules.queries import deadline, parameter

MAX_FILES = 12
CONCLUSIONS = dict(WorkingPaper.CONCLUSIONS)
HOLD = "audit_finding"
"""The kind of hold that open findings place on their contract: incentives ask for it, payments never."""


@transaction.atomic
def start_engagement(
    contract: Contract, *, actor: Actor, reason: str, members: Sequence[Membership], field_on: date, due_on: date
) -> Engagement:
    """Start the special audit of a contract (专项审计立项): joint team and the programme generated from the contract.

    members   memberships of those who audit with the actor, who leads; at least one of 财政 or 纪检 (会同)
    field_on  not past;  due_on: not before it
    returns   the engagement, planned
    raises    NotAllowed (not 经审 of this buyer; a member carried a duty in this project) · NotNow (contract not in force)
              · Invalid at reason, members, field_on, due_on · Conflict (another audit of it is open)
    writes    engagement, team, items; a duty "audit" of each member in the case; one journal entry "create"
    source    R43, R44: 经审部门会同财政、纪检; 4.1: whoever took part does not audit
    """
    if not can_start_engagement(actor, contract):
        raise NotAllowed(_("专项审计由采购人的经审牵头。"))
    if contract.status not in IN_FORCE:
        raise NotNow(_("合同当前状态是「%(status)s」，生效以后才能审计。") % {"status": contract.status_label})
    chosen = [each for each in members if str(each.user_id) != actor.user_key]
    _require_start(contract, reason, chosen, field_on, due_on)
    team = [_seat(actor.user_key, actor.user_name, "funds_reviewer", actor.organization_name)]
    team += [_seat(str(m.user_id), m.user.name, m.role, m.organization.name) for m in chosen]
    try:
        with transaction.atomic():
            engagement = begin(
                Engagement(
                    contract=contract, provider_id=contract.provider_id, buyer_id=contract.buyer_id,
                    region_path=contract.region_path, reason=reason.strip(), team=team, lead_key=actor.user_key,
                    lead_name=actor.user_name, field_on=field_on, due_on=due_on,
                ),
                actor=actor,
                facts={"team": [f"{BODIES[each['role']]} {each['name']}" for each in team]},
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(_("这份合同已有一项没有办结的专项审计。")) from None
    for seat in team:
        note_duty(contract.case_key, Actor(user_key=seat["key"], user_name=seat["name"]), "audit")
        TeamMember.objects.create(
            engagement=engagement, user_id=seat["key"], role=seat["role"], is_lead=seat["key"] == actor.user_key
        )
    append_items(engagement, programme_of(facts_of(contract)))
    _tell(engagement, [str(m.user_id) for m in chosen], "team", _("您已编入审计组：%(title)s"))
    return engagement


def _seat(key: str, name: str, role: str, organization: str) -> dict[str, str]:
    return {"key": key, "name": name, "role": role, "organization": organization}


def _require_start(contract: Contract, reason: str, chosen: Sequence[Membership], field_on: date, due_on: date) -> None:
    errors: dict[str, list[str]] = {}
    if not reason.strip():
        errors["reason"] = [_("请写明审计缘由。")]
    may = {each.pk for each in candidates(contract)}
    people = [each.user_id for each in chosen]
    if any(each.pk not in may for each in chosen) or len(set(people)) != len(people):
        errors["members"] = [_("审计组成员限本单位经审、纪检和本区财政，每人一席。")]
    elif not any(each.role != "funds_reviewer" for each in chosen):
        errors["members"] = [_("审计组至少要有一名财政或纪检人员。")]
    if field_on < clock.today():
        errors["field_on"] = [_("进点日期不能早于今天。")]
    if due_on < field_on:
        errors["due_on"] = [_("完成日期不能早于进点日期。")]
    if errors:
        raise Invalid(errors=errors)


def append_items(engagement: Engagement, planned: Iterable[Planned]) -> list[ProgrammeItem]:
    """Put items at the end of the programme. writes  the items"""
    last = engagement.items.aggregate(last=Max("n"))["last"] or 0
    return ProgrammeItem.objects.bulk_create(
        ProgrammeItem(
            engagement=engagement, n=n, scope=each.scope, origin=each.origin, title=each.title[:120],
            expected=each.expected[:300], recorded=each.recorded[:300], method=each.method[:300],
            address=each.address[:200], subject=each.subject,
        )
        for n, each in enumerate(planned, last + 1)
    )  # fmt: skip


@transaction.atomic
def add_item(engagement: Engagement, *, actor: Actor, scope: str, title: str, expected: str, method: str) -> Engagement:
    """Add an item that the contract does not name (增加审计事项).

    raises  NotAllowed · NotNow (the draft is out) · Invalid at scope, title, expected, method · Conflict
    writes  the item; one journal entry "add_item"
    """
    require(engagement, "add_item", actor)
    errors = {}
    if scope not in dict(ProgrammeItem.SCOPES):
        errors["scope"] = [_("请选择审计范围。")]
    for name, text in (("title", title), ("expected", expected), ("method", method)):
        if not text.strip():
            errors[name] = [_("请填写这一栏。")]
    if errors:
        raise Invalid(errors=errors)
    item = Planned(scope, "own", title.strip(), expected.strip(), "", method.strip())
    advance(engagement, "add_item", actor=actor, facts={"scope": scope, "title": item.title})
    append_items(engagement, [item])
    return engagement


@transaction.atomic
def notify_engagement(engagement: Engagement, *, actor: Actor) -> Engagement:
    """Send the audit notice (审计通知书); both sides are told. writes  number, status, notified_at, one entry"""
    require(engagement, "notify", actor)
    number = next_number(engagement.buyer.number_prefix or engagement.buyer.short_name, "审通")
    advance(engagement, "notify", actor=actor, number=number, notified_at=clock.now())
    _tell(engagement, _both(engagement), "notified", _("审计通知：%(title)s"))
    return engagement


@transaction.atomic
def enter_field(engagement: Engagement, *, actor: Actor) -> Engagement:
    """Begin the field work (进点审计).

    raises  NotAllowed · NotNow (the notice is too fresh) · Conflict
    writes  status, one entry; the team is told
    source  参照审计法第四十二条：实施审计三日前送达审计通知书
    """
    require(engagement, "enter", actor)
    days = int(parameter("audit.notice_days").value)
    told = clock.local(engagement.notified_at or clock.now()).date()
    first = told + timedelta(days=days)
    if clock.today() < first:
        raise NotNow(_("审计通知书送达满 %(n)s 日才能进点，最早 %(day)s。") % {"n": days, "day": first})
    advance(engagement, "enter", actor=actor)
    _tell(engagement, _team(engagement), "field", _("已进点，可以编制工作底稿：%(title)s"))
    return engagement


@transaction.atomic
def write_paper(
    item: ProgrammeItem,
    *,
    actor: Actor,
    facts: str,
    conclusion: str,
    papers: Iterable[Any] = (),
    platform: Iterable[str] = (),
) -> WorkingPaper:
    """Write an item's working paper (编制工作底稿); where one stands this is its next version, the earlier stays.

    conclusion  ok | issue | na;  papers: uploads or Documents
    platform    keys of documents that the platform keeps about this item (facts.platform_documents)
    returns     the paper
    raises      NotAllowed · NotNow (not in the field) · Invalid at facts, conclusion, papers · Conflict
    writes      the paper, its evidence; one journal entry "write" of the engagement with their digests
    """
    engagement = Engagement.objects.select_related("contract").get(pk=item.engagement_id)
    require(engagement, "write", actor)
    offered = {str(document.pk): document for document, _whose in platform_documents(item)}
    kept = [offered[key] for key in dict.fromkeys(platform) if key in offered]
    uploads = list(papers)
    errors: dict[str, list[str]] = {}
    if not facts.strip():
        errors["facts"] = [_("请写明查明的事实。")]
    if conclusion not in CONCLUSIONS:
        errors["conclusion"] = [_("请选择结论。")]
    if conclusion == "issue" and not uploads and not kept:
        errors["papers"] = [_("发现问题的底稿要附证据：上传文件，或勾选平台已有的材料。")]
    if len(uploads) > MAX_FILES:
        errors["papers"] = [_("每份底稿最多上传 %(n)s 个文件。") % {"n": MAX_FILES}]
    if errors:
        raise Invalid(errors=errors)
    brought = [
        each
        if isinstance(each, Document)
        else store(each, name=each.name, actor=actor, purpose="audit_evidence", field="papers")
        for each in uploads
    ]
    n = (item.papers.aggregate(last=Max("n"))["last"] or 0) + 1
    advance(
        engagement, "write", actor=actor, documents=[*brought, *kept],
        facts={"item": item.n, "paper": n, "conclusion": conclusion},
    )  # fmt: skip
    paper = WorkingPaper.objects.create(
        item=item, n=n, facts=facts.strip(), conclusion=conclusion, written_by_key=actor.user_key,
        written_by_name=actor.user_name,
    )  # fmt: skip
    PaperEvidence.objects.bulk_create(
        PaperEvidence(paper=paper, document=each, is_platform=each in kept) for each in [*brought, *kept]
    )
    return paper


@transaction.atomic
def send_draft(engagement: Engagement, *, actor: Actor, opinion: str) -> Engagement:
    """Send the draft to both sides (征求意见稿) with its term.

    raises  NotAllowed · NotNow (an item without paper, or an issue without finding) · Invalid at opinion · Conflict
    writes  status, opinion, term; both sides are told; the duty of both stands on their desks
    source  domain.md 4.20: draft→reply→final
    """
    require(engagement, "send_draft", actor)
    open_items = list(unwritten(engagement).values_list("title", flat=True)[:3])
    if open_items:
        raise NotNow(_("还有事项没有底稿：%(titles)s。") % {"titles": "、".join(open_items)})
    for item in engagement.items.prefetch_related("papers", "findings"):
        if item.papers.all()[0].conclusion == "issue" and not item.findings.all():
            raise NotNow(_("「%(title)s」的底稿发现了问题，还没有写成审计发现。") % {"title": item.title})
    if not opinion.strip():
        raise Invalid(_("请写审计评价。"), field="opinion")
    due = deadline("A01", clock.today())
    advance(
        engagement, "send_draft", actor=actor, opinion=opinion.strip(), draft_sent_at=clock.now(), reply_due_at=due.at,
        facts={"findings": engagement.findings.exclude(status="dropped").count(), "reply_by": f"{due.day}"},
    )  # fmt: skip
    _tell(engagement, _answerers(engagement), "draft", _("审计报告征求意见，请限期答复：%(title)s"))
    return engagement


@transaction.atomic
def reply_draft(engagement: Engagement, *, actor: Actor, agrees: bool, text: str = "") -> Engagement:
    """Answer the draft for one's side (答复征求意见稿), once; with the second answer it is complete.

    raises  NotAllowed · NotNow (the term is over) · Invalid (neither agrees nor says why) · Conflict (answered before)
    writes  the answer; one journal entry "reply"; with the second one more, "complete"; the lead is told
    """
    require(engagement, "reply", actor)
    if engagement.reply_due_at is not None and clock.now() >= engagement.reply_due_at:
        raise NotNow(_("答复期限已过，由审计组按现有材料出具报告。"))
    if not agrees and not text.strip():
        raise Invalid(_("有异议的，请写明意见和依据。"), field="text")
    side = "buyer" if actor.belongs_to(engagement.buyer_id) else "provider"
    try:
        with transaction.atomic():
            DraftReply.objects.create(
                engagement=engagement, side=side, agrees=agrees, text=text.strip(), by_name=actor.user_name
            )
    except IntegrityError:
        raise Conflict(_("本单位已经答复过。")) from None
    advance(engagement, "reply", actor=actor, facts={"side": side, "agrees": agrees})
    if engagement.replies.count() == len(DraftReply.SIDES):
        advance(engagement, "complete", actor=actor)
    _tell(engagement, [engagement.lead_key], f"reply.{side}", _("征求意见稿已答复：%(title)s"))
    return engagement


@transaction.atomic
def issue_report(engagement: Engagement, *, actor: Actor, conclusion: str = "") -> Engagement:
    """Issue the audit report (出具审计报告): what was drafted becomes open, and holds incentives, never payment.

    conclusion  what the team makes of the answers; wanted where a side did not agree
    returns     the engagement: rectifying, or final where no finding stands
    raises      NotAllowed · NotNow (the term runs and a side is silent; a deadline of a finding is past) · Invalid · Conflict
    writes      report number, status; every drafted finding open; a hold on the contract; both sides are told
    source      R44; 2.8; 《保障中小企业款项支付条例》: audit is no condition of payment
    """
    require(engagement, "issue", actor)
    due = engagement.reply_due_at
    if engagement.status == "draft" and due is not None and clock.now() < due:
        raise NotNow(_("双方答复以前，要等到答复期满。"))
    if engagement.replies.filter(agrees=False).exists() and not conclusion.strip():
        raise Invalid(_("有一方有异议，请写明采纳情况和理由。"), field="conclusion")
    standing = list(AuditFinding.objects.filter(engagement=engagement, status="drafted").order_by("n"))
    past = next((each for each in standing if each.due_on < clock.today()), None)
    if past is not None:
        raise NotNow(_("第 %(n)s 条的整改期限已过，请先修改期限。") % {"n": past.n})
    number = next_number(engagement.buyer.number_prefix or engagement.buyer.short_name, "审")
    advance(
        engagement, "issue" if standing else "issue_clean", actor=actor, report_number=number, issued_at=clock.now(),
        conclusion=conclusion.strip(), facts={"number": number, "findings": len(standing)},
    )  # fmt: skip
    for each in standing:
        advance(each, "issue", actor=actor, facts={"number": number})
    if standing:
        reason = _("专项审计 %(number)s 提出 %(n)s 条问题，尚未办结") % {"number": number, "n": len(standing)}
        holds.place_hold(engagement.contract, HOLD, reason, actor=actor)
    _tell(engagement, _both(engagement), "issued", _("审计报告已出具：%(title)s"))
    return engagement


@transaction.atomic
def close_engagement(engagement: Engagement, *, actor: Actor) -> Engagement:
    """Close the audit (审计办结). raises  NotNow while a finding is open. writes  status, closed_at, one entry"""
    require(engagement, "close", actor)
    left = engagement.findings.filter(status__in=OPEN).count()
    if left:
        raise NotNow(_("还有 %(n)s 条审计发现没有整改合格。") % {"n": left})
    advance(engagement, "close", actor=actor, closed_at=clock.now())
    _tell(engagement, _both(engagement), "closed", _("专项审计已办结：%(title)s"))
    return engagement


@transaction.atomic
def cancel_engagement(engagement: Engagement, *, actor: Actor, reason: str) -> Engagement:
    """Take the audit back before the field work (取消审计). writes  status, one entry; who was told is told"""
    known = engagement.status == "notified"
    advance(engagement, "cancel", actor=actor, reason=reason)
    if known:
        _tell(engagement, _both(engagement), "cancelled", _("专项审计已取消：%(title)s"))
    return engagement


def _team(engagement: Engagement) -> list[str]:
    return [each["key"] for each in engagement.team]


def _answerers(engagement: Engagement) -> list[str]:
    return [
        *people_with_role(engagement.buyer_id, "leader"),
        *people_with_role(engagement.provider_id, "provider_admin"),
    ]


def _both(engagement: Engagement) -> list[str]:
    return [
        *_team(engagement),
        *people_with_role(engagement.buyer_id, *BUYER_SIDE),
        *people_with_role(engagement.provider_id, *PROVIDER_ROLES),
    ]


def _tell(engagement: Engagement, people: Sequence[str], event: str, sentence: str) -> None:
    tell(
        people,
        sentence=sentence % {"title": engagement.contract.title[:120]},
        url=engagement.get_absolute_url(),
        kind=f"engagement.{event}",
        key=f"engagement.{event}:{engagement.pk}",
    )
