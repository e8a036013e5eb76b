"""Verbs of the contract (合同) from the frozen text on: signed by both, in force, filed, rectified, paused, ended early."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from accounts.organizations.models import Organization
from core import clock, holds
from core.actor import Actor
from core.documents import SCANS, Document, store
from core.errors import Conflict, Invalid, NotNow
from core.lifecycle import advance, require
from core.messages import tell
from core.separation import note_duty
from procurement.awards.models import Award
from procurement.budgets.operations import commit_funds
from procurement.contracts.models import Contract, ContractPause, Filed, Milestone, Signature
from procurement.contracts.queries import IN_FORCE
from procurement.contracts.wording import contract_notice, termination_notice
from procurement.notices.operations import publish_notice
from procurement.orders.models import Order
from procurement.permissions.contracts import can_sign_for_buyer
from procurement.rules.queries import deadline, parameter

F = TypeVar("F", bound=Filed)


def keep_scan(scan: Any, actor: Actor) -> Document | None:
    """Keep the stamped scan (盖章扫描件) of a signature, a PDF or a picture; None where there is none.

    scan    an upload with a name, or None
    raises  Invalid at "scan" (another kind of file, damaged, too large)
    writes  one document
    """
    return store(scan, name=scan.name, actor=actor, purpose="stamped_scan", kinds=SCANS, field="scan") if scan else None


@transaction.atomic
def sign_contract(contract: Contract, *, actor: Actor, digest: str, scan: Any = None) -> Contract:
    """Sign for one's own side exactly the PDF of this digest (签订); the second signature brings it into force.

    digest   SHA-256 of the PDF that the signer read, hex
    scan     the printed PDF with stamp and hand signature, as an upload, where a side signs on paper too
    actor    the buyer's leadership, or the provider's head; the page has asked the password again
    returns  the contract; in force when both have signed
    raises   NotAllowed · NotNow (PDF not ready, a hold, the provider suspended) · Conflict (another text stands now)
             · Invalid (the scan)
    writes   one Signature, the scan; one journal entry "sign"; with the second one what `take_effect` writes
    source   电子签名法第十三条; domain.md 4.1 (签订与验收分离)
    """
    require(contract, "sign", actor)
    if contract.document is None:
        raise NotNow(_("合同 PDF 正在生成，通常不到一分钟，生成后才能签。"))
    if digest != contract.digest:
        raise Conflict(_("合同文本已经换了一稿，请读过现在的这一份再签。"), current=contract)
    for each in (contract, contract.award, contract.provider):
        holds.require_no_hold(each)
    require_standing(contract.provider)
    side = "buyer" if can_sign_for_buyer(actor, contract) and not contract.buyer_signed_at else "provider"
    note_duty(contract.case_key, actor, "sign_contract")
    at, paper = clock.now(), keep_scan(scan, actor)
    Signature.objects.create(
        contract=contract,
        side=side,
        signer_key=actor.user_key,
        signer_name=actor.user_name,
        organization_name=actor.organization_name,
        digest=digest,
        method="scan" if paper else "platform",
        scan=paper,
        at=at,
    )
    changes: dict[str, Any] = {f"{side}_signed_at": at}
    papers = [contract.document, *([paper] if paper else [])]
    advance(contract, "sign", actor=actor, facts={"side": side, "digest": digest}, documents=papers, **changes)
    if contract.buyer_signed_at and contract.provider_signed_at:
        take_effect(contract, actor=actor)
    return contract


def require_standing(provider: Organization) -> None:
    """Refuse a provider that may not take on anything now (暂停、未核验). raises  NotNow"""
    if provider.status != "verified":
        raise NotNow(_("承接单位当前状态是「%(status)s」，不能签订合同。") % {"status": provider.status_label})


@transaction.atomic
def take_effect(contract: Contract, *, actor: Actor) -> Contract:
    """Bring a contract that both sides signed into force (生效): money is bound, order and project move, notice goes out.

    raises   NotNow (a signature is missing, or lies on another text) · Invalid, Conflict (funds)
    writes   status, signed_at, the limit of supplements, the terms of announcement and filing; a commitment of each
             allocation with its ledger entry; order and project; one notice
    source   D22 合同公告 2 个工作日（实施条例第五十条）: published at once; D23 备案 7 个工作日; 政府采购法第四十九条
    """
    standing = Signature.objects.filter(contract=contract, voided_at__isnull=True, digest=contract.digest)
    if {each.side for each in standing} != {"buyer", "provider"}:
        raise NotNow(_("双方在同一份文本上都签了字，合同才生效。"))
    at = clock.now()
    order = Order.objects.select_related("project__region").get(pk=contract.award.lot.order_id)
    most = int(parameter("amendment.maximum", track=order.track).value)
    notice = publish_notice(
        **contract_notice(contract, order, at),
        subject=contract,
        case=contract.case_key,
        ocid=order.project.ocid,
        buyer=contract.buyer,
        region_path=contract.region_path,
        actor=actor,
    )
    advance(
        contract,
        "take_effect",
        actor=actor,
        facts={"notice": notice.number},
        signed_at=at,
        notice=notice,
        original_amount=contract.amount,
        # Rounded down: a supplement of half a fen more would be above the law's limit.
        supplement_limit=(contract.amount * most / 100).quantize(Decimal("0.01"), rounding=ROUND_DOWN),
        announce_due_at=deadline("D22", at, track=order.track).at,
        file_due_at=deadline("D23", at, track=order.track).at,
    )
    label = f"{contract.number} {contract.title}"
    for funding in contract.fundings.select_related("allocation__line"):
        commit_funds(funding.allocation, funding.amount, reference=contract.journal_key, label=label, actor=actor)
    # An order of several lots is signed when the last awarded lot is; its project with it.
    waiting = Award.objects.filter(
        lot__order=order, status__in=["proposed", "published", "suspended", "confirmed"]
    ).exclude(contract__status__in=IN_FORCE)
    if order.status == "awarded" and not waiting.exists():
        advance(order, "contract", actor=actor)
    if order.project.status == "procuring" and not waiting.exists():
        advance(order.project, "contract", actor=actor)
    return contract


@transaction.atomic
def file_contract(contract: Contract, *, actor: Actor, filing_number: str, filed_on: date) -> Contract:
    """Record that the contract was filed with the finance bureau (登记备案); late is recorded too, and shown as late.

    filing_number  the bureau's (备案号);  filed_on: not before the contract took effect, not in the future
    raises   NotAllowed (also: filed already) · NotNow · Invalid (number, day) · Conflict
    writes   number, day, who; one journal entry that says whether it was in time
    source   政府采购法第四十七条: 7 working days from signing (D23)
    """
    return record_filing(contract, contract.signed_at, actor, filing_number.strip(), filed_on)


def record_filing(thing: F, since: datetime | None, actor: Actor, number: str, filed_on: date) -> F:
    """The filing of a contract or of its amendment. since: when it took effect. raises and writes as `file_contract`"""
    require(thing, "file", actor)
    if not number:
        raise Invalid(_("请填备案号。"), field="filing_number")
    if filed_on > clock.today():
        raise Invalid(_("备案日期不能晚于今天。"), field="filed_on")
    if since and filed_on < clock.local(since).date():
        raise Invalid(_("备案日期不能早于生效日期。"), field="filed_on")
    thing.filed_on = filed_on
    return advance(
        thing,
        "file",
        actor=actor,
        facts={"filing_number": number, "filed_on": filed_on.isoformat(), "late": thing.filed_late},
        filing_number=number,
        filed_on=filed_on,
        filed_at=clock.now(),
        filed_by_name=actor.user_name,
    )


@transaction.atomic
def rectify_contract(contract: Contract, *, actor: Actor, reason: str) -> Contract:
    """Ask for rectification (责令整改); delivery goes on, its result waits for `restore_contract`.

    raises  NotAllowed · NotNow · Invalid (no reason) · Conflict
    writes  status; one journal entry; a message to the provider
    """
    advance(contract, "rectify", actor=actor, reason=reason)
    _tell_provider(contract, _("采购人责令整改：%(title)s") % {"title": contract.title}, "contract.rectify")
    return contract


@transaction.atomic
def restore_contract(contract: Contract, *, actor: Actor, reason: str) -> Contract:
    """Find the rectification done (整改完成). raises and writes as `rectify_contract`."""
    advance(contract, "restore", actor=actor, reason=reason)
    _tell_provider(contract, _("整改已通过：%(title)s") % {"title": contract.title}, "contract.restore")
    return contract


@transaction.atomic
def pause_contract(contract: Contract, *, actor: Actor, reason: str, days: int) -> Contract:
    """Pause a contract (暂停履约) for some days, from today on.

    days     how long it is meant to last; at most what the rule "contract.pause_maximum" allows
    raises   NotAllowed · NotNow · Invalid (no reason, days) · Conflict
    writes   status, paused_on, pause_until; one ContractPause; one journal entry; a message to the provider
    source   民法典第五百二十五条至第五百二十八条（中止履行）
    """
    require(contract, "pause", actor)
    most = int(parameter("contract.pause_maximum", track=contract.award.lot.order.track).value)
    if not 1 <= days <= most:
        raise Invalid(_("暂停天数应为 1 到 %(most)s 天。") % {"most": most}, field="days")
    today, before = clock.today(), contract.status
    advance(
        contract,
        "pause",
        actor=actor,
        reason=reason,
        facts={"days": days},
        paused_on=today,
        pause_until=today + timedelta(days=days),
    )
    ContractPause.objects.create(
        contract=contract, paused_on=today, days=days, reason=reason.strip(), status_before=before
    )
    _tell_provider(
        contract,
        _("合同暂停履约 %(days)s 天：%(title)s") % {"days": days, "title": contract.title},
        "contract.pause",
    )
    return contract


@transaction.atomic
def resume_contract(contract: Contract, *, actor: Actor) -> Contract:
    """Go on with a paused contract (恢复履约), in the status that it had; the end moves by rule.

    The rule "contract.pause_extends" says what part of the days it was really paused, in percent, is added to the
    contract's last day and to every milestone that had not fallen due when the pause began.
    raises   NotAllowed · NotNow · Conflict
    writes   status, ends_on, milestones' days; the ContractPause with days, rule, end before and after; one journal entry
    """
    require(contract, "resume", actor)
    pause = ContractPause.objects.select_for_update().get(contract=contract, resumed_on__isnull=True)
    rule = parameter("contract.pause_extends", track=contract.award.lot.order.track)
    moved = (clock.today() - pause.paused_on).days * int(rule.value) // 100
    pause.resumed_on, pause.moved_days = clock.today(), moved
    pause.ends_before, pause.ends_after = contract.ends_on, contract.ends_on + timedelta(days=moved)
    pause.rule = f"{rule.label} {rule.value}% · {rule.source}"[:240]
    pause.save()
    for milestone in contract.milestones.filter(due_on__gte=pause.paused_on):
        Milestone.objects.filter(pk=milestone.pk).update(due_on=milestone.due_on + timedelta(days=moved))
    advance(
        contract,
        "resume_rectifying" if pause.status_before == "rectifying" else "resume",
        actor=actor,
        facts={
            "moved_days": moved,
            "ends_before": f"{pause.ends_before}",
            "ends_on": f"{pause.ends_after}",
            "rule": pause.rule,
        },
        ends_on=pause.ends_after,
        paused_on=None,
        pause_until=None,
    )
    _tell_provider(
        contract,
        _("合同恢复履约，服务期顺延 %(days)s 天：%(title)s") % {"days": moved, "title": contract.title},
        "contract.resume",
    )
    return contract


@transaction.atomic
def terminate_contract(contract: Contract, *, actor: Actor, reason: str, code: str, clause: str) -> Contract:
    """End a contract early (终止合同): nothing more is delivered; what was done is reported, accepted and settled.

    code     one of Contract.TERMINATIONS;  clause: what it rests on, of the contract or the law
    actor    the buyer's leadership
    raises   NotAllowed · NotNow · Invalid (code, clause, reason) · Conflict
    writes   status, code, clause, day; one public notice; one journal entry; a message to the provider. The money that
             is left goes back to the budget line when the final settlement is paid or concluded.
    source   民法典第五百六十二条、第五百六十三条; 政府采购法第五十条
    """
    require(contract, "terminate", actor)
    if code not in dict(Contract.TERMINATIONS):
        raise Invalid(_("请选择终止原因。"), field="code")
    if not clause.strip():
        raise Invalid(_("请写明终止依据的合同条款或法律条文。"), field="clause")
    if not reason.strip():
        raise Invalid(_("请写明理由。"), field="reason")
    today = clock.today()
    order = Order.objects.select_related("project").get(pk=contract.award.lot.order_id)
    notice = publish_notice(
        **termination_notice(contract, dict(Contract.TERMINATIONS)[code], clause.strip(), today),
        subject=contract,
        case=contract.case_key,
        ocid=order.project.ocid,
        buyer=contract.buyer,
        region_path=contract.region_path,
        actor=actor,
    )
    ContractPause.objects.filter(contract=contract, resumed_on__isnull=True).update(resumed_on=today, moved_days=0)
    advance(
        contract,
        "terminate",
        actor=actor,
        reason=reason,
        facts={"code": code, "clause": clause.strip(), "notice": notice.number},
        termination_code=code,
        termination_clause=clause.strip(),
        terminated_on=today,
        paused_on=None,
        pause_until=None,
    )
    _tell_provider(
        contract, _("合同已终止，请就已完成的部分报验：%(title)s") % {"title": contract.title}, "contract.terminate"
    )
    return contract


def _tell_provider(contract: Contract, sentence: str, kind: str) -> None:
    tell(
        people_with_role(contract.provider_id, "provider_admin", "provider_worker"),
        sentence=sentence,
        url=contract.get_absolute_url(),
        kind=kind,
        key=f"{kind}:{contract.pk}:{contract.version}",
    )
