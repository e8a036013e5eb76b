"""Verbs of the payment (支付): asked by finance, approved by the leadership, recorded by the cashier.

The platform pays nobody: it records what the treasury did (house.md 4b.15).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from core import clock, holds
from core.actor import Actor
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.identifiers import next_number
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.money import ZERO, share
from core.separation import note_duty
from procurement.budgets.models import Allocation
from procurement.budgets.operations import pay_funds, refund_funds, release_commitment, release_plan
from procurement.budgets.queries import allocations_of
from procurement.budgets.years import booking_day
from procurement.contracts.models import Contract
from procurement.contracts.queries import contracts_of_case
from procurement.payments.interest import days_late, late_interest
from procurement.payments.models import Payment, PaymentSplit
from procurement.payments.queries import ENDED, committed_of, used_of
from procurement.permissions.payments import can_request_payment
from procurement.projects.models import Project
from procurement.rules.queries import parameter
from procurement.settlements.models import Settlement


@transaction.atomic
def request_payment(settlement: Settlement, *, actor: Actor) -> Payment:
    """Ask for the payment of an approved settlement (申请支付): its payable amount, to the account in the signed contract.

    After a bounce (退票) it goes to the account that two people confirmed since.
    returns  the payment, requested
    raises   NotAllowed · NotNow (not approved, nothing payable, no invoice yet, a hold) · Conflict (asked already)
    writes   the payment; one journal entry "create"
    """
    if not can_request_payment(actor) or not actor.belongs_to(settlement.buyer_id):
        raise NotAllowed(_("支付由采购人的财务申请。"))
    locked = Settlement.objects.select_for_update(of=("self",)).select_related("contract__provider", "buyer")
    settlement = locked.get(pk=settlement.pk)
    if Payment.objects.filter(settlement=settlement).exclude(status__in=ENDED).exists():
        raise Conflict(_("这笔结算已经申请支付。"))
    if settlement.status != "approved":
        raise NotNow(_("结算批准以后才能申请支付，当前状态是「%(status)s」。") % {"status": settlement.status_label})
    if settlement.payable_amount <= ZERO:
        raise NotNow(_("这笔结算没有应付金额。"))
    invoice = settlement.invoices.filter(voided_at__isnull=True).first()
    if invoice is None:
        raise NotNow(_("承接单位还没有交发票，发票核对无误以后才能申请支付。"))
    _require_free(settlement)
    note_duty(settlement.case_key, actor, "request_payment")
    payee = payee_of(settlement)
    return begin(
        Payment(
            settlement=settlement,
            buyer=settlement.buyer,
            region_path=settlement.region_path,
            amount=settlement.payable_amount,
            payee={name: payee[name] for name in ("name", "uscc", "bank_name", "bank_account")},
            requested_by_key=actor.user_key,
            requested_by_name=actor.user_name,
        ),
        actor=actor,
        facts={
            "amount": str(settlement.payable_amount),
            "settlement": settlement.number,
            "invoice": str(invoice),
            "invoice_digest": invoice.document.sha256,
        },
    )


def payee_of(settlement: Settlement) -> dict[str, str]:
    """Name, code, bank and account that are paid: the signed contract's; after a bounce the provider's account of now."""
    payee = dict(settlement.contract.parties["provider"])
    if settlement.payments.filter(status="bounced").exists():
        provider = settlement.contract.provider
        payee |= {"bank_name": provider.bank_name, "bank_account": provider.bank_account}
    return payee


def _require_free(settlement: Settlement) -> None:
    for each in (settlement, settlement.contract, settlement.contract.provider):
        holds.require_no_hold(each)


@transaction.atomic
def approve_payment(payment: Payment, *, actor: Actor, amount: Decimal) -> Payment:
    """Approve a payment (批准支付): by the leadership, who types the amount once more.

    amount  yuan; must be the payment's
    raises  NotAllowed · NotNow (state, a hold) · Invalid (another amount) · Conflict
    writes  status, number 五青购付〔2026〕1号, who approved; one journal entry
    """
    require(payment, "approve", actor)
    _require_free(payment.settlement)
    if amount != payment.amount:
        raise Invalid(
            _("您输入 %(typed)s 元，这笔支付是 %(amount)s 元。请核对后重新输入。")
            % {"typed": f"{amount:,.2f}", "amount": f"{payment.amount:,.2f}"},
            field="amount",
        )
    note_duty(payment.case_key, actor, "approve_payment")
    number = next_number(payment.buyer.number_prefix or payment.buyer.short_name, "购付")
    return advance(
        payment,
        "approve",
        actor=actor,
        facts={"number": number, "amount": str(payment.amount)},
        number=number,
        approved_by_key=actor.user_key,
        approved_by_name=actor.user_name,
        approved_at=clock.now(),
    )


@transaction.atomic
def return_payment(payment: Payment, *, actor: Actor, reason: str) -> Payment:
    """Send a payment back (退回), with the reason; finance may ask anew."""
    require(payment, "return", actor)
    advance(payment, "return", actor=actor, reason=reason)
    tell(
        [payment.requested_by_key],
        sentence=_("支付申请已退回：%(title)s。理由：%(reason)s")
        % {"title": str(payment)[:120], "reason": reason[:120]},
        url=payment.get_absolute_url(),
        kind="payment.returned",
        key=f"payment.returned:{payment.pk}",
    )
    return payment


@transaction.atomic
def record_payment(payment: Payment, *, actor: Actor, voucher_number: str, paid_on: date) -> Payment:
    """Record the treasury's voucher (登记支付凭证): now the money counts as paid.

    voucher_number  the treasury's, once a buyer;  paid_on: not in the future, not before the approval
    returns  the payment, paid
    raises   NotAllowed · NotNow · Invalid (voucher taken, day) · Conflict (somebody was first)
    writes   status; the split over the contract's allocations, adding up to the amount exactly, with a ledger entry each,
             booked on paid_on while its year is open and today after it was closed;
             the settlement "pay"; after the final one contract and project "close" and the rest goes back to the budget
    """
    require(payment, "record", actor)
    _require_free(payment.settlement)
    voucher = voucher_number.strip()
    if not voucher:
        raise Invalid(_("请填国库支付凭证号。"), field="voucher_number")
    if paid_on > clock.today():
        raise Invalid(_("支付日期不能晚于今天。"), field="paid_on")
    if payment.approved_at and paid_on < clock.local(payment.approved_at).date():
        raise Invalid(_("支付日期不能早于批准日期。"), field="paid_on")
    if Payment.objects.filter(buyer_id=payment.buyer_id, voucher_number=voucher).exclude(pk=payment.pk).exists():
        raise Invalid(_("凭证号「%(voucher)s」已经登记过，请核对。") % {"voucher": voucher}, field="voucher_number")
    note_duty(payment.case_key, actor, "record_payment")
    days, owed = lateness(payment, paid_on)
    booked = booking_day(payment.buyer_id, paid_on)
    try:
        with transaction.atomic():
            advance(
                payment,
                "record",
                actor=actor,
                facts={
                    "voucher": voucher,
                    "paid_on": paid_on.isoformat(),
                    "booked_on": booked.isoformat(),
                    "amount": str(payment.amount),
                    "late_days": days,
                    "late_interest": str(owed),
                },
                voucher_number=voucher,
                paid_on=paid_on,
                recorded_by_name=actor.user_name,
                late_days=days,
                late_interest=owed,
            )
    except IntegrityError:
        raise Conflict(_("凭证号刚刚被登记过，请核对。"), field="voucher_number") from None
    settlement = Settlement.objects.select_related("contract").get(pk=payment.settlement_id)
    label = f"{payment.number} {settlement.contract.title}"
    for allocation, amount in split_payment(settlement, payment.amount):
        PaymentSplit.objects.create(payment=payment, allocation=allocation, amount=amount)
        pay_funds(allocation, amount, reference=payment.journal_key, label=label, actor=actor, on=booked)
    advance(settlement, "pay", actor=actor, facts={"payment": payment.number})
    _close_if_final(settlement, actor)
    tell(
        people_with_role(settlement.contract.provider_id, "provider_admin"),
        sentence=_("已支付 %(amount)s 元：%(title)s")
        % {"amount": f"{payment.amount:,.2f}", "title": str(settlement)[:160]},
        url=payment.get_absolute_url(),
        kind="payment.paid",
        key=f"payment.paid:{payment.pk}",
    )
    return payment


def lateness(payment: Payment, day: date) -> tuple[int, Decimal]:
    """How many days late a payment is on a day, and the interest in yuan that follows; (0, 0.00) in time.

    source  保障中小企业款项支付条例第十七条; the dated rule interest.late (每日，万分之几)
    """
    due = payment.settlement.due_at
    days = days_late(clock.local(due).date(), day) if due else 0
    rate = Decimal(str(parameter("interest.late", on=day).value))
    return days, late_interest(payment.amount, days, rate)


def split_payment(settlement: Settlement, amount: Decimal) -> list[tuple[Allocation, Decimal]]:
    """The amount over the allocations that fund the contract, by what each has left; adds up exactly (按来源拆分)."""
    contract = settlement.contract
    bounced = Payment.objects.filter(settlement=settlement, status="bounced").order_by("created_at").last()
    if bounced is not None:
        # What came back goes out again as it was: of the same allocations, where it is still bound.
        return [(each.allocation, each.amount) for each in bounced.splits.select_related("allocation__line")]
    fundings = list(contract.fundings.select_related("allocation__line").order_by("pk"))
    if settlement.kind == "supplementary":
        # Its funds were bound anew in the largest source when it was approved.
        return [(max(fundings, key=lambda funding: funding.amount).allocation, amount)]
    used = used_of(contract)
    left = [funding.amount - used.get(funding.allocation_id, ZERO) for funding in fundings]
    if sum(left, ZERO) < amount:
        raise Conflict(_("合同占用的资金不够这笔支付，请核对此前的支付。"))
    parts = share(amount, left)
    return [(funding.allocation, part) for funding, part in zip(fundings, parts, strict=True) if part]


@transaction.atomic
def conclude_settlement(settlement: Settlement, *, actor: Actor, voucher_number: str = "") -> Settlement:
    """Conclude a settlement that pays nothing (办结): zero, or a refund that has come back (退款到账).

    voucher_number  of the refund's receipt; needed where something is owed
    raises   NotAllowed · NotNow (something is payable) · Invalid (no voucher) · Conflict
    writes   status; a ledger entry "refund" an allocation; after a final one contract and project "close"
    """
    require(settlement, "conclude", actor)
    due = -settlement.payable_amount
    if due < ZERO:
        raise NotNow(_("这笔结算有应付金额，请申请支付。"))
    voucher = voucher_number.strip()
    if due > ZERO and not voucher:
        raise Invalid(_("请填退款到账的凭证号。"), field="voucher_number")
    facts = {"refund": str(due), "voucher": voucher}
    advance(settlement, "conclude", actor=actor, facts=facts)
    if due > ZERO:
        used = used_of(settlement.contract)
        fundings = [
            each for each in settlement.contract.fundings.select_related("allocation") if used.get(each.allocation_id)
        ]
        parts = share(due, [used[each.allocation_id] for each in fundings])
        for funding, part in zip(fundings, parts, strict=True):
            if part:
                label = _("退款 %(voucher)s") % {"voucher": voucher}
                named: dict[str, Any] = {"reference": settlement.journal_key, "label": label, "actor": actor}
                refund_funds(funding.allocation, part, **named)
                if settlement.kind == "supplementary":
                    # The contract is closed: what comes back goes on to the budget line at once.
                    release_commitment(funding.allocation, part, **named)
                    release_plan(funding.allocation, part, **named)
    _close_if_final(settlement, actor)
    return settlement


def _close_if_final(settlement: Settlement, actor: Actor) -> None:
    """After the final settlement: the contract closes, what it did not use is released, and the project closes with it."""
    if settlement.kind == "milestone":
        return
    contract = Contract.objects.select_related("award__lot__order").get(pk=settlement.contract_id)
    named: dict[str, Any] = {
        "reference": contract.journal_key,
        "label": f"{contract.number} {contract.title}",
        "actor": actor,
    }
    if contract.status == "completed":
        advance(contract, "close", actor=actor)
    if settlement.kind == "final":
        used = used_of(contract)
        for funding in contract.fundings.select_related("allocation"):
            rest = committed_of(contract, funding.allocation_id) - used.get(funding.allocation_id, ZERO)
            if rest > ZERO:
                release_commitment(funding.allocation, rest, **named)
    project = Project.objects.get(pk=contract.case_key)
    ended = Settlement.objects.filter(contract__status="terminated", kind="final", status="paid").values("contract")
    open_ones = contracts_of_case(contract.case_key).exclude(status="closed").exclude(pk__in=ended)
    if project.status != "contracted" or open_ones.exists():
        return
    for allocation in allocations_of(contract.case_key):
        rest = allocation.planned_amount - allocation.contracted_amount
        if rest > ZERO:
            release_plan(allocation, rest, **named)
    advance(project, "close", actor=actor)
