"""Verbs of the settlement (结算): drawn up by arithmetic, checked by finance, approved by the leadership."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from core import clock, holds, journal
from core.actor import Actor
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.identifiers import next_number
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.money import ZERO, exact
from core.separation import note_duty
from procurement.acceptances.models import Acceptance
from procurement.acceptances.queries import quantities_of
from procurement.budgets.operations import commit_funds, plan_funds
from procurement.contracts.models import Contract, ContractLine, Milestone
from procurement.contracts.queries import IN_FORCE
from procurement.expenses.queries import ledger_of
from procurement.permissions.settlements import can_draw_settlement, can_record_quality
from procurement.rules.queries import deadline
from procurement.settlements.amounts import (
    GRADES,
    ONE,
    Cut,
    Line,
    Reckoning,
    quality_factor,
    reckon_final,
    reckon_milestone,
    surplus,
)
from procurement.settlements.models import Deduction, Settlement, SettlementLine
from procurement.settlements.queries import (
    PENDING,
    STANDING,
    deciding_acceptance,
    deducted_so_far,
    paid_so_far,
)


@transaction.atomic
def draw_settlement(
    contract: Contract,
    *,
    actor: Actor,
    kind: str,
    milestone: Milestone | None = None,
    deductions: Sequence[Cut | tuple[str, str, Decimal]] = (),
    grade: str = "",
    return_unspent: bool = False,
) -> Settlement:
    """Draw up a settlement (编制结算) from what was accepted; nobody types an amount but that of a deduction.

    kind        milestone | final | supplementary;  milestone: which one, for the first kind
    deductions  (clause, reason, yuan) each
    grade       supplementary only: the grade (评价等级) that came after the final settlement
    return_unspent  final only: where the contract pays by expense (按实列支) what the special account does not show as
                spent is deducted (结余退回), the platform reckons how much
    returns     the settlement, drawn; payable_amount below zero is a refund due (应退款)
    raises      NotAllowed · NotNow (nothing accepted, another settlement under way, a hold) · Conflict (settled already)
                · Invalid (a deduction above what is payable, without clause or reason)
    writes      the settlement, its lines and deductions; one journal entry "create"
    source      house.md 4b.12, 4b.13; procurement/settlements/amounts.py
    """
    contract = Contract.objects.select_for_update(of=("self",)).select_related("buyer").get(pk=contract.pk)
    if not can_draw_settlement(actor) or not actor.belongs_to(contract.buyer_id):
        raise NotAllowed(_("结算由采购人的业务经办编制。"))
    holds.require_no_hold(contract)
    acceptance = _require_ready(contract, kind, milestone)
    cuts = _cuts(deductions)
    lines = list(contract.lines.all())
    accepted = quantities_of(acceptance) if acceptance else {}
    factor = _factor(contract, kind, grade)
    found = _reckon(contract, milestone if kind == "milestone" else None, _pure(lines, accepted), cuts, factor)
    if return_unspent and (cut := _unspent(contract, kind, found)):
        cuts.append(cut)
        found = _reckon(contract, None, _pure(lines, accepted), cuts, factor)
    if kind == "milestone" and found.payable < ZERO:
        raise Invalid(
            _("扣减合计超过本节点应付的 %(gross)s 元，请留到最终结算扣减。") % {"gross": f"{found.gross:,.2f}"}
        )
    note_duty(contract.case_key, actor, "draw_settlement")
    settlement = begin(
        Settlement(
            contract=contract,
            buyer=contract.buyer,
            region_path=contract.region_path,
            kind=kind,
            milestone=milestone if kind == "milestone" else None,
            acceptance=acceptance,
            accepted_value=found.value,
            quality_factor=int(found.factor * 100),
            gross_amount=found.gross,
            deduction_amount=found.deductions,
            paid_before=found.paid,
            payable_amount=found.payable,
            drawn_by_key=actor.user_key,
            drawn_by_name=actor.user_name,
        ),
        actor=actor,
        facts={"kind": kind, "payable": str(found.payable), "value": str(found.value), "factor": str(found.factor)},
    )
    SettlementLine.objects.bulk_create(
        SettlementLine(
            settlement=settlement,
            line=line,
            contracted_quantity=line.quantity,
            accepted_quantity=accepted.get(line.n, 0),
            unit_price=line.unit_price,
            amount=Line(line.quantity, accepted.get(line.n, 0), line.unit_price).amount,
        )
        for line in lines
    )
    Deduction.objects.bulk_create(Deduction(settlement=settlement, **cut._asdict()) for cut in cuts)
    return settlement


def _require_ready(contract: Contract, kind: str, milestone: Milestone | None) -> Acceptance | None:
    """The acceptance to settle by, or the reason why it is not time yet.

    None for a contract that was ended before anything was judged.
    """
    if contract.status not in IN_FORCE:
        raise NotNow(_("合同生效以后才能结算。"))
    standing = Settlement.objects.filter(contract=contract, status__in=STANDING)
    final = standing.filter(kind="final").first()
    acceptance: Acceptance | None
    if kind == "milestone":
        acceptance = _milestone_ready(contract, milestone, standing, final)
    elif kind == "final":
        acceptance = _final_ready(contract, final)
    elif kind == "supplementary":
        if final is None or final.status != "paid":
            raise NotNow(_("最终结算付清以后才能编制补充结算。"))
        acceptance = deciding_acceptance(contract)
    else:
        raise Invalid(_("没有「%(kind)s」这一种结算。") % {"kind": kind})
    if acceptance is None and (kind, contract.status) != ("final", "terminated"):
        raise NotNow(_("验收完成以后才能结算。"))
    if standing.filter(status__in=PENDING).exists():
        raise NotNow(_("本合同有一笔结算还没有付清，请先办完再编制下一笔。"))
    return acceptance


def _milestone_ready(
    contract: Contract, milestone: Milestone | None, standing: QuerySet[Settlement], final: Settlement | None
) -> Acceptance | None:
    if milestone is None or milestone.contract_id != contract.pk:
        raise Invalid(_("请选择要结算的节点。"), field="milestone")
    if final is not None:
        raise NotNow(_("已有最终结算，节点不再单独结算。"))
    if contract.status == "terminated":
        raise NotNow(_("合同已终止，已完成的部分在最终结算里一并结算。"))
    if standing.filter(milestone=milestone).exists():
        raise Conflict(_("这个节点已经编制了结算。"))
    return deciding_acceptance(contract, milestone)


def _final_ready(contract: Contract, final: Settlement | None) -> Acceptance | None:
    if final is not None:
        raise Conflict(_("最终结算已经编制。"))
    if contract.status == "terminated" and contract.acceptances.filter(status__in=("reported", "confirming")).exists():
        raise NotNow(_("终止前完成的部分已经报验，验收完成以后才能结算。"))
    return deciding_acceptance(contract) if contract.status in {"completed", "terminated"} else None


def _cuts(deductions: Sequence[Cut | tuple[str, str, Decimal]]) -> list[Cut]:
    cuts = [Cut(clause.strip(), reason.strip(), exact(amount)) for clause, reason, amount in deductions]
    for cut in cuts:
        if cut.amount <= ZERO:
            raise Invalid(_("扣减金额要大于 0.00 元。"), field="deductions")
        if not cut.clause or not cut.reason:
            raise Invalid(_("每笔扣减都要写明依据的条款和事由。"), field="deductions")
    return cuts


def _unspent(contract: Contract, kind: str, found: Reckoning) -> Cut | None:
    """The surplus of the special account as a deduction; None where everything was spent."""
    if kind != "final":
        raise Invalid(_("结余在最终结算时退回。"), field="return_unspent")
    ledger = ledger_of(contract)
    if ledger.submitted or ledger.questioned:
        raise NotNow(_("专账里还有支出没有审核完，审核以后才能算结余。"))
    amount = surplus(found, ledger.accepted)
    words = _("专账认可支出 %(spent)s 元，低于核定应付，结余退回") % {"spent": f"{ledger.accepted:,.2f}"}
    return Cut(_("合同「经费」条款"), words, amount) if amount else None


def _pure(lines: Sequence[ContractLine], accepted: dict[int, int]) -> list[Line]:
    return [Line(line.quantity, accepted.get(line.n, 0), line.unit_price) for line in lines]


def _factor(contract: Contract, kind: str, grade: str) -> Decimal:
    """The quality factor: a milestone has none; a supplementary settlement may bring a later grade."""
    if kind == "milestone":
        return ONE
    if grade and (kind != "supplementary" or grade not in GRADES):
        raise Invalid(_("评价等级只在补充结算时另填，为优、良、中、差之一。"), field="grade")
    return quality_factor(contract.quality_factors, grade or contract.quality_grade)


def _reckon(
    contract: Contract, milestone: Milestone | None, lines: list[Line], cuts: Sequence[Cut], factor: Decimal
) -> Reckoning:
    paid = paid_so_far(contract)
    own = [cut.amount for cut in cuts]
    if milestone is not None:
        return reckon_milestone(contract.amount, lines, share=milestone.share, deductions=own, paid=paid)
    # What a milestone has deducted stays deducted: the final settlement counts all of the contract's deductions.
    return reckon_final(contract.amount, lines, factor=factor, deductions=[*own, deducted_so_far(contract)], paid=paid)


def reckon_again(settlement: Settlement) -> Reckoning:
    """The figures of a stored, not yet paid settlement, reckoned anew from acceptance, contract and payments. Reads only."""
    contract = settlement.contract
    lines = [Line(row.contracted_quantity, row.accepted_quantity, row.unit_price) for row in settlement.lines.all()]
    paid = paid_so_far(contract)
    if settlement.kind == "milestone" and settlement.milestone is not None:
        own = [row.amount for row in settlement.deductions.all()]
        return reckon_milestone(contract.amount, lines, share=settlement.milestone.share, deductions=own, paid=paid)
    factor = Decimal(settlement.quality_factor) / 100
    if settlement.kind == "final":
        factor = quality_factor(contract.quality_factors, contract.quality_grade)
    return reckon_final(contract.amount, lines, factor=factor, deductions=[deducted_so_far(contract)], paid=paid)


@transaction.atomic
def check_settlement(settlement: Settlement, *, actor: Actor) -> Settlement:
    """Check a settlement (审核通过): by finance, not by who drew it; the figures are reckoned again.

    raises  NotAllowed · NotNow (state, a hold) · Conflict (the figures are no longer right: a grade or payment came)
    writes  status, who checked; one journal entry
    """
    require(settlement, "check", actor)
    _require_right(settlement)
    note_duty(settlement.case_key, actor, "check_settlement")
    advance(
        settlement,
        "check",
        actor=actor,
        facts={"payable": str(settlement.payable_amount)},
        checked_by_key=actor.user_key,
        checked_by_name=actor.user_name,
    )
    tell(
        people_with_role(settlement.contract.provider_id, "provider_admin"),
        sentence=_("请核对并确认结算：%(title)s") % {"title": str(settlement)[:160]},
        url=settlement.get_absolute_url(),
        kind="settlement.checked",
        key=f"settlement.checked:{settlement.pk}",
    )
    return settlement


@transaction.atomic
def confirm_settlement(settlement: Settlement, *, actor: Actor) -> Settlement:
    """Confirm the statement (确认结算单): by the head of the provider, once; then the leadership may approve.

    raises  NotAllowed · NotNow (state; confirmed already) · Conflict (the figures are no longer right)
    writes  who confirmed and when; one journal entry
    """
    require(settlement, "confirm", actor)
    if settlement.confirmed_at is not None:
        raise NotNow(_("已经确认过了。"))
    _require_right(settlement)
    return advance(
        settlement,
        "confirm",
        actor=actor,
        facts={"payable": str(settlement.payable_amount)},
        confirmed_by_name=actor.user_name,
        confirmed_at=clock.now(),
    )


@transaction.atomic
def dispute_settlement(settlement: Settlement, *, actor: Actor, reason: str) -> Settlement:
    """Dispute the statement (对结算有异议), with the reason; it goes back and a new one is drawn up in its place.

    raises  NotAllowed · NotNow (state; confirmed already) · Invalid (no reason) · Conflict
    writes  status; one journal entry; the officer who drew it and finance are told
    """
    require(settlement, "dispute", actor)
    if settlement.confirmed_at is not None:
        raise NotNow(_("已经确认过了，有出入的请联系采购人退回。"))
    advance(settlement, "dispute", actor=actor, reason=reason)
    tell(
        [settlement.drawn_by_key, settlement.checked_by_key],
        sentence=_("承接单位对结算有异议：%(title)s。%(reason)s")
        % {"title": str(settlement)[:120], "reason": reason[:120]},
        url=settlement.get_absolute_url(),
        kind="settlement.disputed",
        key=f"settlement.disputed:{settlement.pk}",
    )
    return settlement


def _require_right(settlement: Settlement) -> None:
    for each in (settlement, settlement.contract):
        holds.require_no_hold(each)
    if reckon_again(settlement).payable != settlement.payable_amount:
        raise Conflict(
            _("编制以后评价等级或已付金额有变化，算出来的应付数不同了。请退回重新编制。"), current=settlement
        )


@transaction.atomic
def approve_settlement(settlement: Settlement, *, actor: Actor) -> Settlement:
    """Approve a settlement (批准结算): by the leadership, who neither drew nor checked it.

    returns  the settlement with its number 五青购结〔2026〕1号 and the day by which it is to be paid (D25)
    raises   NotAllowed · NotNow (state, a hold, not confirmed by the provider yet) · Conflict
    writes   status, number, due_at; for a supplementary one that pays more: the funds, planned and bound anew
    source   保障中小企业款项支付条例第九条 (D25: 30 days from acceptance)
    """
    require(settlement, "approve", actor)
    if settlement.confirmed_at is None:
        raise NotNow(_("承接单位还没有确认这份结算，确认以后才能批准。"))
    _require_right(settlement)
    contract = settlement.contract
    order = contract.award.lot.order
    start = settlement.acceptance.accepted_at if settlement.acceptance else None
    due = deadline("D25", start or clock.now(), track=order.track)
    number = next_number(contract.buyer.number_prefix or contract.buyer.short_name, "购结")
    advance(
        settlement,
        "approve",
        actor=actor,
        facts={"number": number, "payable": str(settlement.payable_amount), "due": due.label},
        number=number,
        approved_by_name=actor.user_name,
        approved_at=clock.now(),
        due_at=due.at,
    )
    if settlement.kind == "supplementary" and settlement.payable_amount > ZERO:
        # The final payment gave the rest back to the line, so more money needs a place in the budget again.
        funding = contract.fundings.select_related("allocation__line").order_by("-amount").first()
        if funding is not None:
            named: dict[str, Any] = {
                "reference": settlement.journal_key,
                "label": f"{number} {contract.title}",
                "actor": actor,
            }
            amount, line = settlement.payable_amount, funding.allocation.line
            commit_funds(plan_funds(line, amount, case_key=settlement.case_key, **named), amount, **named)
    return settlement


@transaction.atomic
def return_settlement(settlement: Settlement, *, actor: Actor, reason: str) -> Settlement:
    """Send a settlement back (退回), with the reason; a new one is drawn up in its place."""
    require(settlement, "return", actor)
    advance(settlement, "return", actor=actor, reason=reason)
    tell(
        [settlement.drawn_by_key],
        sentence=_("结算已退回：%(title)s。理由：%(reason)s")
        % {"title": str(settlement)[:120], "reason": reason[:120]},
        url=settlement.get_absolute_url(),
        kind="settlement.returned",
        key=f"settlement.returned:{settlement.pk}",
    )
    return settlement


@transaction.atomic
def record_quality(contract: Contract, grade: str, *, actor: Actor) -> Contract:
    """Note the grade (评价等级) that the evaluation gave: the one door through which evaluation reaches payment.

    grade   优 | 良 | 中 | 差; the factor comes from the contract's own table
    raises  NotAllowed · Invalid (no such grade) · NotNow (not in force, or the final settlement is approved: a
            supplementary settlement follows)
    writes  Contract.quality_grade; one journal entry "quality"
    source  house.md 3 (two knots), 4b.12
    """
    if not can_record_quality(actor, contract):
        raise NotAllowed(_("评价等级由评价结果带入。"))
    if grade not in GRADES:
        raise Invalid(_("评价等级为优、良、中、差之一。"), field="grade")
    stored = Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
    if stored.status not in IN_FORCE:
        raise NotNow(_("合同生效以后才能登记评价等级。"))
    if Settlement.objects.filter(contract=stored, kind="final", status__in=["approved", "paid"]).exists():
        raise NotNow(_("最终结算已批准，评价等级请通过补充结算体现。"))
    Contract.objects.filter(pk=stored.pk).update(quality_grade=grade)
    journal.record(stored, "quality", actor=actor, facts={"grade": grade, "before": stored.quality_grade})
    contract.quality_grade = grade
    return contract
