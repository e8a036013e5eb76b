"""The provider's invoice (发票): handed in after the settlement is approved, checked against it, once on the platform."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from core import clock, journal
from core.actor import Actor
from core.documents import Document, store
from core.errors import Invalid, NotAllowed, NotNow
from core.identifiers import uscc_valid
from core.messages import tell
from core.money import ZERO, exact
from procurement.expenses.invoices import number_faults
from procurement.payments.models import Invoice, Payment
from procurement.payments.queries import ENDED
from procurement.permissions.payments import can_enter_invoice
from procurement.settlements.models import Settlement

USED = "这张发票已经在平台登记过，请核对代码和号码。"


@transaction.atomic
def enter_invoice(
    settlement: Settlement,
    *,
    actor: Actor,
    invoice_number: str,
    issued_on: date,
    amount: Decimal,
    seller_uscc: str,
    file: Any,
    invoice_code: str = "",
) -> Invoice:
    """Hand in the invoice of an approved settlement (交发票); another one before takes its place.

    amount       yuan, tax included; must be what is payable
    seller_uscc  must be the provider's that is paid (销售方一致)
    file         the invoice itself, an upload with a name or a stored document
    raises   NotAllowed · NotNow (not approved, nothing payable, asked for already) · Invalid at the field: number, a number
             that was used, day, amount, seller
    writes   the invoice, one stored file; the one before is voided; one journal entry "invoice"; finance is told
    source   发票管理办法第二十一条; domain.md 4 no. 19 (重复发票、销售方核对)
    """
    if not can_enter_invoice(actor, settlement):
        raise NotAllowed(_("发票由承接单位提交。"))
    settlement = (
        Settlement.objects.select_for_update(of=("self",)).select_related("contract__provider").get(pk=settlement.pk)
    )
    if settlement.status != "approved" or settlement.payable_amount <= ZERO:
        raise NotNow(_("结算批准以后、支付以前才交发票。"))
    if Payment.objects.filter(settlement=settlement).exclude(status__in=ENDED).exists():
        raise NotNow(_("已经申请支付，发票不能再换。"))
    code, number = invoice_code.strip(), invoice_number.strip()
    errors = number_faults(code, number)
    provider = settlement.contract.provider
    if issued_on > clock.today():
        errors["issued_on"] = [_("开票日期不能晚于今天。")]
    if exact(amount) != settlement.payable_amount:
        sentence = _("发票是 %(given)s 元，本次应付 %(wanted)s 元，两个数要一致。")
        errors["amount"] = [sentence % {"given": f"{amount:,.2f}", "wanted": f"{settlement.payable_amount:,.2f}"}]
    seller = seller_uscc.strip().upper()
    if not uscc_valid(seller):
        errors["seller_uscc"] = [_("统一社会信用代码不对，请照发票上的销售方填写。")]
    elif seller != provider.uscc:
        errors["seller_uscc"] = [_("销售方不是收款单位「%(name)s」，请核对发票。") % {"name": provider.name}]
    if errors:
        raise Invalid(errors=errors)
    document = file if isinstance(file, Document) else store(file, name=file.name, actor=actor, purpose="invoice")
    Invoice.objects.filter(settlement=settlement, voided_at__isnull=True).update(voided_at=clock.now())
    try:
        with transaction.atomic():
            invoice = Invoice.objects.create(
                settlement=settlement, code=code, number=number, issued_on=issued_on, amount=amount,
                seller_name=provider.name, seller_uscc=seller, document=document, entered_by_name=actor.user_name,
            )  # fmt: skip
    except IntegrityError:
        raise Invalid(_(USED), field="invoice_number") from None
    journal.record(
        settlement, "invoice", actor=actor, facts={"number": str(invoice), "amount": str(amount)}, documents=[document]
    )
    tell(
        people_with_role(settlement.buyer_id, "finance_officer"),
        sentence=_("承接单位已交发票，可以申请支付：%(title)s") % {"title": str(settlement)[:160]},
        url=settlement.get_absolute_url(),
        kind="payment.invoiced",
        key=f"payment.invoiced:{invoice.pk}",
    )
    return invoice
