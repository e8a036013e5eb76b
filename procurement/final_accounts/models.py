"""Final accounts (年度决算) and their frozen rows."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from core.money import ZERO, MoneyField
from procurement.final_accounts.lifecycle import FINAL_ACCOUNT
from procurement.notices.models import Notice

# What has no class or project of its own.
OTHER = "未归类"


class FinalAccount(BuyerAggregate):
    """The account of one buyer's year; amounts in yuan. final_amount: what was paid in the year, refunds taken off."""

    journal_name = "procurement.final_account"
    lifecycle = FINAL_ACCOUNT

    fiscal_year = models.PositiveSmallIntegerField("年度")
    budget_amount = MoneyField("预算数", default=ZERO)
    adjusted_amount = MoneyField("调整预算数", default=ZERO)
    brought_amount = MoneyField("上年结转", default=ZERO)
    final_amount = MoneyField("决算数", default=ZERO)
    carried_amount = MoneyField("结转", default=ZERO)
    returned_amount = MoneyField("退回", default=ZERO)
    drafted_by_key = models.CharField(max_length=64)
    drafted_by_name = models.CharField("编制人", max_length=64)
    submitted_by_key = models.CharField(max_length=64, blank=True)
    reviewed_by_key = models.CharField(max_length=64, blank=True)
    reviewed_by_name = models.CharField("经审", max_length=64, blank=True)
    approved_by_name = models.CharField("批准人", max_length=64, blank=True)
    approved_at = models.DateTimeField("批准时间", null=True, blank=True)
    publish_due_at = models.DateTimeField("公开期限", null=True, blank=True)
    notice = models.OneToOneField(Notice, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["buyer", "fiscal_year"], name="final_account_once")]

    def __str__(self) -> str:
        return f"{self.buyer.short_name or self.buyer.name} {self.fiscal_year} 年度服务资金决算"

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("final-accounts:detail", args=[self.pk])


class FinalAccountRow(models.Model):
    """One row of one dimension; amounts in yuan.

    key       the line's key, the source's code, or the name of category or street
    budget, adjusted  lines, sources and classes have a budget of their own; None elsewhere
    brought   contracted and not paid when the year began (上年结转);  final: paid in the year less refunds
    carried   contracted and not paid at its end (结转)
    returned  refunds of the year (退回);  note: why it differs from the budget
    """

    DIMENSIONS = [
        ("line", "预算线"),
        ("source", "资金来源"),
        ("function", "功能分类"),
        ("economic", "经济分类"),
        ("category", "服务类别"),
        ("street", "街道"),
    ]
    BUDGETED = ("line", "source", "function", "economic")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(FinalAccount, on_delete=models.PROTECT, related_name="rows")
    dimension = models.CharField(max_length=8, choices=DIMENSIONS)
    n = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=64)
    name = models.CharField("名称", max_length=120)
    budget = MoneyField("预算数", null=True, blank=True)
    adjusted = MoneyField("调整预算数", null=True, blank=True)
    brought = MoneyField("上年结转", default=ZERO)
    final = MoneyField("决算数")
    carried = MoneyField("结转")
    returned = MoneyField("退回")
    note = models.CharField("差异说明", max_length=400, blank=True)

    class Meta:
        app_label = "procurement"
        ordering = ["dimension", "n"]
        constraints = [models.UniqueConstraint(fields=["account", "dimension", "key"], name="final_row_once")]
