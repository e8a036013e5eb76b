"""Settlements (结算): what is payable, how it came about, what was deducted."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from core.money import ZERO, MoneyField
from procurement.acceptances.models import Acceptance
from procurement.contracts.models import Contract, ContractLine, Milestone
from procurement.settlements.lifecycle import SETTLEMENT


class Settlement(BuyerAggregate):
    """One settlement; all amounts in yuan. payable_amount below zero is a refund due (应退款).

    accepted_value  Σ min(accepted, contracted) × unit price (milestone: × share)
    quality_factor  in hundredths, from the contract's own table by grade; 100 where it names none (house.md 4b.12)
    """

    journal_name = "procurement.settlement"
    lifecycle = SETTLEMENT

    KINDS = [("milestone", "节点结算"), ("final", "最终结算"), ("supplementary", "补充结算")]

    number = models.CharField("文号", max_length=40, unique=True, null=True, blank=True)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="settlements")
    kind = models.CharField("种类", max_length=16, choices=KINDS)
    milestone = models.ForeignKey(
        Milestone, null=True, blank=True, on_delete=models.PROTECT, related_name="settlements"
    )
    acceptance = models.ForeignKey(
        Acceptance, null=True, blank=True, on_delete=models.PROTECT, related_name="settlements"
    )
    accepted_value = MoneyField("核定价值")
    quality_factor = models.PositiveSmallIntegerField("质量系数（%）", default=100)
    gross_amount = MoneyField("应付")
    deduction_amount = MoneyField("扣减", default=ZERO)
    paid_before = MoneyField("此前已付", default=ZERO)
    payable_amount = MoneyField("本次应付")
    drawn_by_key = models.CharField(max_length=64)
    drawn_by_name = models.CharField("编制人", max_length=64)
    checked_by_key = models.CharField(max_length=64, blank=True)
    checked_by_name = models.CharField("审核人", max_length=64, blank=True)
    confirmed_by_name = models.CharField("承接单位确认人", max_length=64, blank=True)
    confirmed_at = models.DateTimeField("承接单位确认时间", null=True, blank=True)
    approved_by_name = models.CharField("批准人", max_length=64, blank=True)
    approved_at = models.DateTimeField("批准时间", null=True, blank=True)
    due_at = models.DateTimeField("付款期限", null=True, blank=True)

    class Meta:
        app_label = "procurement"
        constraints = [
            models.UniqueConstraint(
                fields=["milestone"],
                condition=Q(kind="milestone") & ~Q(status="returned"),
                name="one_settlement_a_milestone",
            ),
            models.UniqueConstraint(
                fields=["contract"], condition=Q(kind="final") & ~Q(status="returned"), name="one_final_settlement"
            ),
        ]
        indexes = [
            models.Index(fields=["buyer", "status"], name="settlement_of_buyer"),
            models.Index(fields=["buyer", "-created_at"], name="settlement_latest"),
            models.Index(fields=["-created_at"], name="settlement_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.contract} · {self.name}"

    @property
    def name(self) -> str:
        """What it settles, in words: 最终结算, or the milestone's name with 结算."""
        return f"「{self.milestone.name}」节点结算" if self.milestone else self.get_kind_display()

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.contract.case_key

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("settlements:detail", args=[self.number or self.pk])


class SettlementLine(models.Model):
    """One contract line in a settlement (结算明细), with the arithmetic kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(ContractLine, on_delete=models.PROTECT, related_name="+")
    contracted_quantity = models.PositiveIntegerField("合同数量")
    accepted_quantity = models.PositiveIntegerField("核定数量")
    unit_price = MoneyField("单价")
    amount = MoneyField("金额")

    class Meta:
        app_label = "procurement"
        ordering = ["line__n"]


class Deduction(models.Model):
    """One deduction (扣减) with its clause (条款)."""

    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="deductions")
    clause = models.CharField("依据条款", max_length=60)
    reason = models.CharField("事由", max_length=200)
    amount = MoneyField("金额")

    class Meta:
        app_label = "procurement"
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="deduction_positive")]
