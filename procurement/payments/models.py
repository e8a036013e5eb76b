"""Payments (支付), split over the allocations that fund the contract."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from core import clock
from core.documents import Document
from core.money import ZERO, MoneyField
from procurement.budgets.models import Allocation
from procurement.payments.lifecycle import PAYMENT
from procurement.settlements.models import Settlement


class Payment(BuyerAggregate):
    """One payment of one settlement, in yuan.

    payee          snapshot of name, bank and account: the signed contract's, after a bounce the confirmed new account
    late_interest  what the day of payment owes beside the amount (逾期利息); recorded, never paid silently with it
    """

    journal_name = "procurement.payment"
    lifecycle = PAYMENT

    number = models.CharField("文号", max_length=40, unique=True, null=True, blank=True)
    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="payments")
    amount = MoneyField("金额")
    payee = models.JSONField(default=dict)
    requested_by_key = models.CharField(max_length=64)
    requested_by_name = models.CharField("申请人", max_length=64)
    approved_by_key = models.CharField(max_length=64, blank=True)
    approved_by_name = models.CharField("批准人", max_length=64, blank=True)
    approved_at = models.DateTimeField("批准时间", null=True, blank=True)
    voucher_number = models.CharField("凭证号", max_length=60, blank=True)
    paid_on = models.DateField("支付日期", null=True, blank=True)
    recorded_by_name = models.CharField("登记人", max_length=64, blank=True)
    late_days = models.PositiveIntegerField("逾期天数", default=0)
    late_interest = MoneyField("逾期利息", default=ZERO)
    bounced_on = models.DateField("退票日期", null=True, blank=True)
    bounce_voucher = models.CharField("退票凭证号", max_length=60, blank=True)

    class Meta:
        app_label = "procurement"
        constraints = [
            models.UniqueConstraint(
                fields=["settlement"],
                condition=~Q(status__in=("returned", "bounced")),
                name="one_payment_a_settlement",
            ),
            models.UniqueConstraint(
                fields=["buyer", "voucher_number"], condition=~Q(voucher_number=""), name="voucher_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
        ]
        indexes = [
            models.Index(fields=["buyer", "status"], name="payment_of_buyer"),
            models.Index(fields=["buyer", "-created_at"], name="payment_latest"),
            models.Index(fields=["-created_at"], name="payment_newest"),
            # What was paid in each month, read from the index alone.
            models.Index(fields=["paid_on", "amount"], condition=Q(status="paid"), name="payment_by_day"),
            models.Index(fields=["buyer", "paid_on"], condition=Q(late_days__gt=0), name="payment_late"),
        ]

    def __str__(self) -> str:
        return f"{self.settlement.contract} · 支付"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.settlement.case_key

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("payments:detail", args=[self.number or self.pk])


class Invoice(models.Model):
    """The provider's invoice for a settlement (发票): checked before the payment is asked for.

    voided_at  when another was handed in instead of it; a voided one frees its number
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="invoices")
    code = models.CharField("发票代码", max_length=12, blank=True)
    number = models.CharField("发票号码", max_length=20)
    issued_on = models.DateField("开票日期")
    amount = MoneyField("价税合计")
    seller_name = models.CharField("销售方", max_length=120)
    seller_uscc = models.CharField("销售方统一社会信用代码", max_length=18)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    entered_by_name = models.CharField("登记人", max_length=64)
    entered_at = models.DateTimeField("登记时间", default=clock.now)
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)

    class Meta:
        app_label = "procurement"
        constraints = [
            models.UniqueConstraint(
                fields=["code", "number"], condition=Q(voided_at__isnull=True), name="payment_invoice_once"
            ),
            models.UniqueConstraint(
                fields=["settlement"], condition=Q(voided_at__isnull=True), name="one_invoice_a_settlement"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.number}".strip()


class PaymentSplit(models.Model):
    """What a payment takes of one allocation (按资金来源拆分), in yuan."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="splits")
    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField("金额")

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["payment", "allocation"], name="split_once")]
