"""Verbs of the amendment (补充协议): written, approved, printed, signed by both; then contract and budget follow; filed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from core import clock, holds, journal, outbox
from core.actor import SYSTEM, Actor
from core.documents import Document, store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.money import ZERO
from core.separation import note_duty
from procurement.acceptances.queries import accepted_so_far
from procurement.amendments.models import AmendedLine, Amendment, AmendmentSignature
from procurement.amendments.queries import room_left
from procurement.budgets.operations import commit_funds, plan_funds, release_commitment
from procurement.contracts.models import Contract, ContractFunding, ContractLine
from procurement.contracts.operations import keep_scan, record_filing, require_standing
from procurement.contracts.queries import DELIVERING
from procurement.notices import ocds
from procurement.notices.operations import publish_notice
from procurement.permissions.amendments import can_draft_amendment
from procurement.rules.queries import deadline


@transaction.atomic
def draft_amendment(
    contract: Contract,
    *,
    actor: Actor,
    code: str,
    grounds: str,
    quantities: Mapping[int, int],
    ends_on: date | None = None,
    place: str = "",
) -> Amendment:
    """Write an amendment of a contract in delivery (拟定补充协议) and hand it to the leadership.

    quantities  new quantity by the line's number n; a line left out stays; prices never change
    ends_on     a later or earlier last day; place: another place
    returns     the amendment, submitted
    raises      NotAllowed · NotNow (not in delivery, a hold) · Conflict (one is open) · Invalid at code, grounds,
                "line_<n>" (below what was accepted), ends_on, or whole (nothing changes; above the tenth, with the figures)
    writes      the amendment and its lines; one journal entry "create"; the leadership is told
    source      政府采购法第四十九条: 补充合同的采购金额累计不超过原合同的百分之十; R36
    """
    if not can_draft_amendment(actor, contract):
        raise NotAllowed(_("补充协议由采购人的业务经办拟定。"))
    contract = Contract.objects.select_for_update(of=("self",)).select_related("buyer").get(pk=contract.pk)
    if contract.status not in DELIVERING:
        raise NotNow(_("合同当前状态是「%(status)s」，履约中才能变更。") % {"status": contract.status_label})
    holds.require_no_hold(contract)
    changed = _changed(contract, quantities)
    difference = sum((line.unit_price * (after - line.quantity) for line, after in changed), ZERO)
    errors: dict[str, list[str]] = {}
    if code not in dict(Amendment.REASONS):
        errors["code"] = [_("请选择变更原因。")]
    if not grounds.strip():
        errors["grounds"] = [_("请写明为什么变更。")]
    if ends_on is not None and ends_on < max(clock.today(), contract.starts_on):
        errors["ends_on"] = [_("结束日期不能早于今天。")]
    if errors:
        raise Invalid(errors=errors)
    moved = ends_on if ends_on != contract.ends_on else None
    elsewhere = place.strip() if place.strip() != contract.place else ""
    if not (changed or moved or elsewhere):
        raise Invalid(_("没有改动任何内容。"))
    _require_within(contract, difference)
    try:
        with transaction.atomic():
            amendment = begin(
                Amendment(
                    contract=contract,
                    buyer=contract.buyer,
                    region_path=contract.region_path,
                    n=(Amendment.objects.filter(contract=contract).aggregate(last=Max("n"))["last"] or 0) + 1,
                    code=code,
                    grounds=grounds.strip(),
                    difference=difference,
                    ends_on=moved,
                    place=elsewhere,
                    drafted_by_key=actor.user_key,
                    drafted_by_name=actor.user_name,
                ),
                actor=actor,
                facts={"code": code, "difference": str(difference), "ends_on": f"{moved or ''}"},
            )
    except IntegrityError:
        raise Conflict(_("这份合同有一份补充协议还没有办完。")) from None
    AmendedLine.objects.bulk_create(
        AmendedLine(amendment=amendment, line=line, quantity_before=line.quantity, quantity_after=after)
        for line, after in changed
    )
    note_duty(contract.case_key, actor, "draft_contract")
    _tell(amendment, people_with_role(contract.buyer_id, "leader"), "submitted", _("补充协议待批准：%(title)s"))
    return amendment


def _changed(contract: Contract, quantities: Mapping[int, int]) -> list[tuple[ContractLine, int]]:
    """The lines whose quantity changes, with the new one; none falls below what was accepted."""
    accepted, errors, found = accepted_so_far(contract), {}, []
    for line in contract.lines.all():
        after = quantities.get(line.n)
        if after is None or after == line.quantity:
            continue
        if after < accepted.get(line.n, 0) or after < 0:
            sentence = _("已核定 %(n)s %(unit)s，不能少于它。")
            errors[f"line_{line.n}"] = [sentence % {"n": f"{accepted.get(line.n, 0):,}", "unit": line.unit}]
        found.append((line, after))
    if errors:
        raise Invalid(errors=errors)
    return found


def _require_within(contract: Contract, difference: Decimal) -> None:
    left = room_left(contract)
    if difference > left:
        raise Invalid(
            _(
                "补充协议累计不能超过原合同的百分之十：原合同 %(original)s 元，上限 %(limit)s 元，已增加 %(used)s 元，"
                "这次增加 %(more)s 元，超出 %(over)s 元。"
            )
            % {
                "original": f"{contract.original_amount:,.2f}",
                "limit": f"{contract.supplement_limit:,.2f}",
                "used": f"{contract.supplement_amount:,.2f}",
                "more": f"{difference:,.2f}",
                "over": f"{difference - left:,.2f}",
            }
        )


@transaction.atomic
def approve_amendment(amendment: Amendment, *, actor: Actor) -> Amendment:
    """Approve it (批准补充协议), one level above who wrote it; number given, a worker prints the PDF.

    raises  NotAllowed · NotNow · Conflict
    writes  status, number; one outbox row "amendment_pdf"; one journal entry
    """
    number = f"{amendment.contract.number}-补{amendment.n}"
    advance(
        amendment, "approve", actor=actor, facts={"number": number}, number=number, approved_by_name=actor.user_name
    )
    outbox.enqueue("amendment_pdf", {"amendment": str(amendment.pk)}, key=f"amendment_pdf:{amendment.pk}")
    return amendment


@transaction.atomic
def attach_amendment_pdf(key: str, content: bytes) -> Document | None:
    """Keep the printed text of an approved amendment; its SHA-256 is what both sides sign (由平台办理).

    returns  the document, or None when it came too late or is there already
    writes   one document; document and digest of the amendment; one journal entry "print"; both signers are told
    """
    amendment = Amendment.objects.select_for_update(of=("self",)).select_related("contract").get(pk=key)
    if amendment.status != "signing" or amendment.document_id:
        return None
    document = store(content, name=f"{amendment.number}.pdf", actor=SYSTEM, purpose="amendment")
    Amendment.objects.filter(pk=amendment.pk).update(document=document, digest=document.sha256)
    journal.record(amendment, "print", actor=SYSTEM, facts={"digest": document.sha256}, documents=[document])
    signers = [
        *people_with_role(amendment.contract.provider_id, "provider_admin"),
        *people_with_role(amendment.buyer_id, "leader"),
    ]
    _tell(amendment, signers, "signing", _("补充协议待签订：%(title)s"))
    return document


@transaction.atomic
def refuse_amendment(amendment: Amendment, *, actor: Actor, reason: str) -> Amendment:
    """Refuse it (不予批准), with the reason; the officer who wrote it is told."""
    advance(amendment, "refuse", actor=actor, reason=reason)
    _tell(amendment, [amendment.drafted_by_key], "refused", _("补充协议未批准：%(title)s"))
    return amendment


@transaction.atomic
def withdraw_amendment(amendment: Amendment, *, actor: Actor, reason: str) -> Amendment:
    """Take it back before both signed (撤回)."""
    return advance(amendment, "withdraw", actor=actor, reason=reason)


@transaction.atomic
def sign_amendment(amendment: Amendment, *, actor: Actor, digest: str, scan: Any = None) -> Amendment:
    """Sign for one's own side exactly the PDF of this digest (签订); the second signature brings it into force.

    digest  SHA-256 of the PDF that the signer read, hex;  scan: the printed PDF with its stamp, as an upload, or None
    raises  NotAllowed · NotNow (PDF not ready, contract no longer in delivery, a hold, the provider suspended)
            · Conflict (another text; no money in the line) · Invalid (the scan)
    writes  one AmendmentSignature, the scan; one journal entry "sign"; with the second one the contract's lines,
            amount, days and place, the funding and its ledger entries, one public notice, the term of filing
    source  电子签名法第十三条; 政府采购法第四十九条、第五十条
    """
    require(amendment, "sign", actor)
    contract = (
        Contract.objects.select_for_update(of=("self",))
        .select_related("buyer", "provider")
        .get(pk=amendment.contract_id)
    )
    if contract.status not in DELIVERING:
        raise NotNow(_("合同当前状态是「%(status)s」，不能变更。") % {"status": contract.status_label})
    for each in (contract, contract.provider):
        holds.require_no_hold(each)
    require_standing(contract.provider)
    if amendment.document is None:
        raise NotNow(_("补充协议 PDF 正在生成，通常不到一分钟，生成后才能签。"))
    if digest != amendment.digest:
        raise Conflict(_("补充协议的内容已经变了，请重新读过再签。"), current=amendment)
    side = "buyer" if actor.works_for(amendment.buyer_id, "leader") else "provider"
    note_duty(amendment.case_key, actor, "sign_contract")
    at, paper = clock.now(), keep_scan(scan, actor)
    AmendmentSignature.objects.create(
        amendment=amendment,
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
    papers = [amendment.document, *([paper] if paper else [])]
    advance(amendment, "sign", actor=actor, facts={"side": side, "digest": digest}, documents=papers, **changes)
    if amendment.buyer_signed_at and amendment.provider_signed_at:
        _take_effect(amendment, contract, actor)
    return amendment


def _take_effect(amendment: Amendment, contract: Contract, actor: Actor) -> None:
    """Change the contract as signed; the money is bound or loosened in the same transaction."""
    _require_within(contract, amendment.difference)
    for row in amendment.lines.select_related("line"):
        amount = row.line.unit_price * row.quantity_after
        ContractLine.objects.filter(pk=row.line_id).update(quantity=row.quantity_after, amount=amount)
    _move_funds(amendment, contract, actor)
    changes: dict[str, Any] = {"amount": contract.amount + amendment.difference}
    if amendment.difference > ZERO:
        changes["supplement_amount"] = contract.supplement_amount + amendment.difference
    if amendment.ends_on:
        changes["ends_on"] = amendment.ends_on
    if amendment.place:
        changes["place"] = amendment.place
    Contract.objects.filter(pk=contract.pk).update(**changes)
    notice = _publish(amendment, contract, actor)
    facts = {name: str(value) for name, value in changes.items()} | {
        "amendment": amendment.number,
        "notice": notice.number,
    }
    journal.record(contract, "amend", actor=actor, facts=facts)
    at = clock.now()
    due = deadline("D23", at, track=contract.award.lot.order.track).at
    advance(amendment, "take_effect", actor=actor, facts={"notice": notice.number}, effective_at=at, file_due_at=due)


@transaction.atomic
def file_amendment(amendment: Amendment, *, actor: Actor, filing_number: str, filed_on: date) -> Amendment:
    """Record that the amendment was filed with the finance bureau (登记备案), as its contract was.

    raises and writes as `file_contract`;  source  政府采购法第四十七条: a supplementary contract is a procurement contract
    """
    return record_filing(amendment, amendment.effective_at, actor, filing_number.strip(), filed_on)


def _move_funds(amendment: Amendment, contract: Contract, actor: Actor) -> None:
    """Bind or loosen the difference in the contract's largest public funding; donations keep what they gave."""
    difference = amendment.difference
    if not difference:
        return
    fundings = list(contract.fundings.select_related("allocation__line").order_by("-amount", "pk"))
    funding = next((each for each in fundings if each.allocation.line.source != "donation"), fundings[0])
    named: dict[str, Any] = {
        "reference": contract.journal_key,
        "label": f"{amendment.number} {contract.title}"[:200],
        "actor": actor,
    }
    if difference > ZERO:
        allocation = funding.allocation
        missing = difference - (allocation.planned_amount - allocation.contracted_amount)
        if missing > ZERO:
            allocation = plan_funds(allocation.line, missing, case_key=contract.case_key, **named)
        commit_funds(allocation, difference, **named)
    else:
        # The plan stays with the project and goes back to the line when it is closed.
        release_commitment(funding.allocation, -difference, **named)
    ContractFunding.objects.filter(pk=funding.pk).update(amount=funding.amount + difference)


def _publish(amendment: Amendment, contract: Contract, actor: Actor) -> Any:
    """The notice of the change (合同变更公告): what changes, by how much."""
    facts = {
        _("合同编号"): contract.number,
        _("补充协议"): amendment.number,
        _("采购人"): contract.buyer.name,
        _("承接单位"): contract.provider.name,
        _("变更原因"): amendment.get_code_display(),
        _("金额变化"): f"{amendment.difference:+,.2f} 元",
        _("变更后金额"): f"{contract.amount + amendment.difference:,.2f} 元",
    }
    if amendment.ends_on:
        facts[_("服务结束改为")] = f"{amendment.ends_on}"
    if amendment.place:
        facts[_("服务地点改为")] = amendment.place
    body = _("%(buyer)s与%(provider)s就“%(title)s”签订补充协议，现予公告。%(grounds)s") % {
        "buyer": contract.buyer.name,
        "provider": contract.provider.name,
        "title": contract.title,
        "grounds": amendment.grounds,
    }
    return publish_notice(
        kind="contract_change",
        title=_("%(title)s合同变更公告（%(n)s）") % {"title": contract.title, "n": amendment.n},
        body=body,
        facts=facts,
        subject=amendment,
        case=contract.case_key,
        ocid=contract.award.lot.order.project.ocid,
        buyer=contract.buyer,
        region_path=contract.region_path,
        actor=actor,
        release=amendment_release(amendment, contract),
    )


def amendment_release(amendment: Amendment, contract: Contract) -> dict[str, Any]:
    """The contract as it is from now on, with what was amended and why, in OCDS 1.1 words."""
    ends_on = amendment.ends_on or contract.ends_on
    return {
        "contracts": [
            {
                "id": contract.number,
                "awardID": str(contract.award_id),
                "value": ocds.money(contract.amount + amendment.difference),
                "period": ocds.period(contract.starts_on, ends_on),
                "amendments": [
                    {
                        "id": str(amendment.n),
                        "date": ocds.moment(clock.now()),
                        "rationale": amendment.get_code_display(),
                        "description": amendment.grounds,
                    }
                ],
            }
        ]
    }


def _tell(amendment: Amendment, people: list[str], event: str, sentence: str) -> None:
    tell(
        people,
        sentence=sentence % {"title": str(amendment)[:160]},
        url=amendment.get_absolute_url(),
        kind=f"amendment.{event}",
        key=f"amendment.{event}:{amendment.pk}",
    )
