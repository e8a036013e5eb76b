"""A payment that came back (退票): the bank's slip is recorded, the ledger reversed, the settlement payable again."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from core import clock
from core.actor import Actor
from core.errors import Invalid
from core.lifecycle import advance, require
from core.messages import tell
from procurement.budgets.operations import refund_funds
from procurement.budgets.years import booking_day
from procurement.contracts.models import Contract
from procurement.payments.models import Payment
from procurement.projects.models import Project
from procurement.settlements.models import Settlement


@transaction.atomic
def bounce_payment(payment: Payment, *, actor: Actor, reason: str, bounce_voucher: str, bounced_on: date) -> Payment:
    """Record that the bank gave a payment back (登记退票): wrong account, closed account.

    bounce_voucher  the slip's number;  bounced_on: not before the payment, not in the future
    raises  NotAllowed · NotNow (not paid) · Invalid (slip, day, reason) · Conflict
    writes  status; a ledger entry "refund" an allocation, as it was paid; the settlement back to 待支付, contract and
            project opened again where this payment had closed them; finance and provider are told
    """
    require(payment, "bounce", actor)
    slip = bounce_voucher.strip()
    if not slip:
        raise Invalid(_("请填银行退票的凭证号。"), field="bounce_voucher")
    if bounced_on > clock.today():
        raise Invalid(_("退票日期不能晚于今天。"), field="bounced_on")
    if payment.paid_on and bounced_on < payment.paid_on:
        raise Invalid(_("退票日期不能早于支付日期。"), field="bounced_on")
    booked = booking_day(payment.buyer_id, bounced_on)
    advance(
        payment,
        "bounce",
        actor=actor,
        reason=reason,
        facts={"voucher": slip, "bounced_on": bounced_on.isoformat(), "amount": str(payment.amount)},
        bounce_voucher=slip,
        bounced_on=bounced_on,
    )
    label = _("退票 %(voucher)s") % {"voucher": slip}
    for split in payment.splits.select_related("allocation"):
        refund_funds(split.allocation, split.amount, reference=payment.journal_key, label=label, actor=actor, on=booked)
    settlement = Settlement.objects.select_for_update(of=("self",)).get(pk=payment.settlement_id)
    advance(settlement, "bounce", actor=actor, facts={"payment": payment.number})
    contract = Contract.objects.select_related("award__lot__order").get(pk=settlement.contract_id)
    if contract.status == "closed":
        advance(contract, "reopen", actor=actor)
    project = Project.objects.get(pk=contract.case_key)
    if project.status == "closed":
        advance(project, "reopen", actor=actor)
    tell(
        [
            *people_with_role(payment.buyer_id, "finance_officer"),
            *people_with_role(contract.provider_id, "provider_admin"),
        ],
        sentence=_("支付被银行退回：%(title)s。%(reason)s，请核对收款账号。")
        % {"title": str(payment)[:120], "reason": reason[:100]},
        url=settlement.get_absolute_url(),
        kind="payment.bounced",
        key=f"payment.bounced:{payment.pk}",
    )
    return payment
