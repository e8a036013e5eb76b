"""Verbs of the contract's text (合同文本): drawn up from award and bid, reviewed by another person, frozen, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from core import clock, holds, journal, outbox
from core.actor import SYSTEM, Actor
from core.documents import Document, store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.identifiers import next_number
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.money import ZERO
from core.separation import note_duty
from procurement.awards.models import Award
from procurement.bids.models import Bid
from procurement.budgets.queries import allocations_of
from procurement.contracts.models import Contract, ContractFunding, ContractLine, ContractStandard, Milestone, Signature
from procurement.contracts.queries import split_over
from procurement.contracts.wording import parties_of, scope_of
from procurement.orders.models import Order
from procurement.permissions.contracts import can_draw_contract
from procurement.texts.queries import text_for


@transaction.atomic
def draw_contract(award: Award, *, actor: Actor) -> Contract:
    """Draw up a contract from a confirmed award and its bid (起草合同); neither adds to what was called for and offered.

    award    confirmed; its bid is open, with priced lines
    actor    a programme or procurement officer of the buyer
    returns  the contract in draft, with lines, milestones, standards and how it is funded
    raises   NotAllowed · NotNow (award not confirmed, a hold) · Conflict (drawn up already) · Invalid (funds, lines)
    writes   the contract and its parts; one journal entry "create"; the duty of drafting, which excludes reviewing
    source   政府采购法第四十六条（按照采购文件确定的事项签订）; house.md 4b.2
    """
    if not can_draw_contract(actor) or not actor.belongs_to(award.buyer_id):
        raise NotAllowed(_("合同由采购人的业务或采购经办起草。"))
    award = (
        Award.objects.select_for_update(of=("self",))
        .select_related("lot__order__project", "lot__order__item", "buyer")
        .get(pk=award.pk)
    )
    if award.status != "confirmed":
        raise NotNow(_("公示期满、确认成交以后才能起草合同。"))
    holds.require_no_hold(award)
    if Contract.objects.filter(award=award).exists():
        raise Conflict(_("这项成交已经起草了合同。"))
    bid = Bid.objects.select_related("organization").get(pk=award.bid_id)
    offered = list(bid.lines.all())
    if sum((line.amount for line in offered), ZERO) != award.amount:
        raise Invalid(_("报价明细合计与成交金额不一致，不能起草合同。"))
    order = award.lot.order
    item = order.item
    chosen = text_for(award.buyer_id, item.category_name, minors=item.minors)
    contract = begin(
        Contract(
            award=award,
            buyer=award.buyer,
            region_path=award.region_path,
            provider=bid.organization,
            title=order.title if order.lots.count() == 1 else f"{order.title} · {award.lot.title}"[:120],
            amount=award.amount,
            starts_on=order.starts_on,
            ends_on=order.ends_on,
            place=order.place,
            scope=scope_of(order, bid),
            terms=_("付款方式：%(terms)s") % {"terms": order.payment_terms},
            text=chosen.text,
            text_name=chosen.name,
            clauses=chosen.clauses,
            drafted_by_key=actor.user_key,
            drafted_by_name=actor.user_name,
        ),
        actor=actor,
        facts={
            "award": award.journal_key,
            "amount": str(award.amount),
            "text": chosen.name,
        },
    )
    ContractLine.objects.bulk_create(
        ContractLine(
            contract=contract,
            n=n,
            name=o.name,
            unit=o.unit,
            quantity=o.quantity,
            unit_price=o.unit_price,
            amount=o.amount,
        )
        for n, o in enumerate(offered, 1)
    )
    _copy_from_order(contract, order)
    _fund(contract)
    note_duty(contract.case_key, actor, "draft_contract")
    return contract


def _copy_from_order(contract: Contract, order: Order) -> None:
    """Milestones and service standards as the order announced them; without any, one milestone at the end."""
    plans = [(plan.name, plan.share, plan.due_on) for plan in order.milestone_plans.all()]
    Milestone.objects.bulk_create(
        Milestone(contract=contract, n=n, name=name, share=share, due_on=due_on)
        for n, (name, share, due_on) in enumerate(plans or [(_("全部完成"), 100, order.ends_on)], 1)
    )
    ContractStandard.objects.bulk_create(
        ContractStandard(contract=contract, n=n, name=each.name, target=each.target, evidence=each.evidence)
        for n, each in enumerate(order.standards.all(), 1)
    )


def _fund(contract: Contract) -> None:
    """Say which allocation carries how much; the money itself is bound when the contract takes effect."""
    try:
        parts = split_over(contract.amount, list(allocations_of(contract.case_key)))
    except ValueError:
        raise Invalid(
            _("本项目已安排的资金少于成交金额 %(amount)s 元，请先补足预算。") % {"amount": f"{contract.amount:,.2f}"}
        ) from None
    ContractFunding.objects.bulk_create(
        ContractFunding(contract=contract, allocation=allocation, amount=amount) for allocation, amount in parts
    )


@transaction.atomic
def edit_contract(
    contract: Contract,
    *,
    actor: Actor,
    place: str,
    starts_on: date,
    ends_on: date,
    scope: str,
    terms: str = "",
    quality_factors: Mapping[str, str] | None = None,
    due_days: Mapping[int, date] | None = None,
) -> Contract:
    """Change the wording of a draft (修改合同); price, quantities and shares are the award's and stay.

    quality_factors  {"优": "1.00", …}, or {} where the contract wants none
    due_days         day of each milestone by its number
    raises   NotAllowed · NotNow · Conflict · Invalid (days that do not fit, a factor above 1.00)
    writes   the row, milestones' days, one journal entry "edit"
    """
    require(contract, "edit", actor)
    if ends_on < starts_on:
        raise Invalid(_("结束日期不能早于开始日期。"), field="ends_on")
    factors = {
        grade: str(Decimal(factor).quantize(Decimal("0.01"))) for grade, factor in (quality_factors or {}).items()
    }
    if any(not Decimal(0) <= Decimal(factor) <= 1 for factor in factors.values()):
        raise Invalid(_("质量系数在 0.00 到 1.00 之间。"))
    for milestone in contract.milestones.all():
        day = (due_days or {}).get(milestone.n)
        if day is not None and day != milestone.due_on:
            Milestone.objects.filter(pk=milestone.pk).update(due_on=day)
    note_duty(contract.case_key, actor, "draft_contract")
    return advance(
        contract,
        "edit",
        actor=actor,
        place=place,
        starts_on=starts_on,
        ends_on=ends_on,
        scope=scope,
        terms=terms,
        quality_factors=factors,
    )


@transaction.atomic
def submit_contract(contract: Contract, *, actor: Actor) -> Contract:
    """Hand the text in for legal review (送法律审核), by another person than who wrote it.

    raises   NotAllowed · NotNow · Conflict · Invalid (shares that do not add up to 100, lines that miss the amount)
    writes   status; one journal entry; a message to those who may review
    source   domain.md 4, row 13 (政府采购需求管理办法第二十三条：政府购买公共服务的合同应请法律顾问审查)
    """
    require(contract, "submit", actor)
    require_whole(contract)
    note_duty(contract.case_key, actor, "draft_contract")
    advance(contract, "submit", actor=actor)
    reviewers = set(people_with_role(contract.buyer_id, "leader", "procurement_officer"))
    tell(
        sorted(reviewers - {actor.user_key, contract.drafted_by_key}),
        sentence=_("合同文本待法律审核：%(title)s") % {"title": contract.title},
        url=contract.get_absolute_url(),
        kind="contract.review",
        key=f"contract.review:{contract.pk}:{contract.version}",
    )
    return contract


def require_whole(contract: Contract) -> None:
    """Refuse a text whose shares or lines do not add up. raises  Invalid"""
    if sum(milestone.share for milestone in contract.milestones.all()) != 100:
        raise Invalid(_("付款节点的比例合计应为 100%。"))
    if sum((line.amount for line in contract.lines.all()), ZERO) != contract.amount:
        raise Invalid(_("合同明细合计与合同金额不一致。"))


@transaction.atomic
def return_contract(contract: Contract, *, actor: Actor, reason: str) -> Contract:
    """Send a text back to its drafter (审核退回), with what is to be changed.

    raises  NotAllowed (who drew it up, a stranger) · NotNow · Invalid (no reason) · Conflict
    writes  status; one journal entry; a message to the drafter
    """
    advance(contract, "return", actor=actor, reason=reason)
    tell(
        [contract.drafted_by_key],
        sentence=_("合同文本审核退回：%(title)s。意见：%(reason)s") % {"title": contract.title, "reason": reason[:120]},
        url=contract.get_absolute_url(),
        kind="contract.returned",
        key=f"contract.returned:{contract.pk}:{contract.version}",
    )
    return contract


@transaction.atomic
def freeze_contract(contract: Contract, *, actor: Actor, opinion: str, legal_adviser: str = "") -> Contract:
    """Pass the review and freeze the text (审核通过、定稿): number and parties are fixed, a worker prints the PDF.

    opinion        what the review found, kept with the contract;  legal_adviser: who was asked, if anybody
    actor          a leader or procurement officer who neither drew up nor changed the text
    raises   NotAllowed · NotNow · Conflict · Invalid (no opinion)
    writes   status, number, parties, opinion; one outbox row "contract_pdf"; one journal entry
    source   house.md 4b.15; domain.md 4, row 13
    """
    require(contract, "freeze", actor)
    if not opinion.strip():
        raise Invalid(_("请写明审核意见。"), field="opinion")
    note_duty(contract.case_key, actor, "review_contract")
    number = contract.number or next_number(contract.buyer.number_prefix or contract.buyer.short_name, "购合")
    advance(
        contract,
        "freeze",
        actor=actor,
        facts={"number": number, "opinion": opinion.strip()},
        number=number,
        parties=parties_of(contract),
        review_opinion=opinion.strip(),
        legal_adviser=legal_adviser.strip(),
        reviewed_by_name=actor.user_name,
        reviewed_at=clock.now(),
    )
    _ask_for_pdf(contract)
    return contract


def _ask_for_pdf(contract: Contract) -> None:
    key = f"contract_pdf:{contract.pk}:{contract.version}"
    outbox.enqueue("contract_pdf", {"contract": str(contract.pk), "version": contract.version}, key=key)


@transaction.atomic
def attach_pdf(contract_key: str, version: int, content: bytes) -> Document | None:
    """Keep the printed text of a frozen contract; its SHA-256 is what both sides sign (由平台办理).

    version  the contract's version when it was frozen: a text that has gone back to draft since is not attached
    returns  the document, or None when it came too late or is there already
    writes   one document; document and digest of the contract; one journal entry "print"; a message to who signs
    """
    contract = Contract.objects.select_for_update().get(pk=contract_key)
    if contract.status != "signing" or contract.version != version or contract.document_id:
        return None
    document = store(
        content, name=f"{contract.number}-{contract.title[:60].replace('/', '-')}.pdf", actor=SYSTEM, purpose="contract"
    )
    Contract.objects.filter(pk=contract.pk).update(document=document, digest=document.sha256)
    journal.record(contract, "print", actor=SYSTEM, facts={"digest": document.sha256}, documents=[document])
    tell(
        people_with_role(contract.buyer_id, "leader") + people_with_role(contract.provider_id, "provider_admin"),
        sentence=_("合同已定稿，请读过再签：%(title)s") % {"title": contract.title},
        url=contract.get_absolute_url(),
        kind="contract.sign",
        key=f"contract.sign:{contract.pk}:{version}",
    )
    return document


@transaction.atomic
def revise_contract(contract: Contract, *, actor: Actor, reason: str) -> Contract:
    """Take a frozen text back to draft (退回修改): every signature on it becomes void.

    raises  NotAllowed · NotNow (in force already) · Invalid (no reason) · Conflict
    writes  status; the document is let go (it stays stored); voided signatures; one journal entry
    """
    require(contract, "revise", actor)
    voided = Signature.objects.filter(contract=contract, voided_at__isnull=True).update(voided_at=clock.now())
    return advance(
        contract,
        "revise",
        actor=actor,
        reason=reason,
        facts={"voided": voided, "digest": contract.digest},
        document=None,
        digest="",
        buyer_signed_at=None,
        provider_signed_at=None,
    )
