"""Payments (支付), split over the allocations that fund the contract."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from core.money import MoneyField
from procurement.budgets.models import Allocation
from procurement.payments.lifecycle import PAYMENT
from procurement.settlements.models import Settlement


class Payment(BuyerAggregate):
    """One payment of one settlement; payee: snapshot of name, bank and account from the signed contract."""

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

    class Meta:
        app_label = "procurement"
        constraints = [
            models.UniqueConstraint(
                fields=["settlement"], condition=~Q(status="returned"), name="one_payment_a_settlement"
            ),
            models.UniqueConstraint(
                fields=["buyer", "voucher_number"], condition=~Q(voucher_number=""), name="voucher_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
        ]
        indexes = [models.Index(fields=["buyer", "status"], name="payment_of_buyer")]

    def __str__(self) -> str:
        return f"{self.settlement.contract} · 支付"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.settlement.case_key

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("payments:detail", args=[self.number or self.pk])


class PaymentSplit(models.Model):
    """What a payment takes of one allocation (按资金来源拆分), in yuan."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="splits")
    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField("金额")

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["payment", "allocation"], name="split_once")]
