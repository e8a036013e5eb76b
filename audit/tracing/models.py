"""Samples (样本) with the working paper of each voucher, and a person's saved views (常用筛选)."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from audit.tracing.lifecycle import SAMPLE
from core import clock
from core.documents import Document
from core.money import ZERO, MoneyField
from procurement.expenses.models import Expense


class Sample(BuyerAggregate):
    """One sample of vouchers of one buyer.

    query       the address's query string under which the population stood on the screen
    seed        64 hex digits;  population: {expense key: fen} as it was;  digest: over it (sampling.digest_of)
    wanted      how many were asked for;  interval: of the monetary sample, 0.00 for a random one; yuan
    """

    journal_name = "audit.sample"
    lifecycle = SAMPLE

    METHODS = [("random", "随机抽样"), ("monetary", "货币单元抽样")]

    title = models.CharField("名称", max_length=80)
    method = models.CharField("方法", max_length=10, choices=METHODS)
    query = models.CharField("总体的筛选条件", max_length=400, blank=True)
    seed = models.CharField("种子", max_length=64)
    population = models.JSONField(default=dict)
    digest = models.CharField("总体摘要", max_length=64)
    size = models.PositiveIntegerField("总体笔数")
    total_amount = MoneyField("总体金额")
    wanted = models.PositiveSmallIntegerField("拟抽")
    interval = MoneyField("间隔", default=ZERO)
    drawn_by_key = models.CharField(max_length=64)
    drawn_by_name = models.CharField("抽样人", max_length=64)
    conclusion = models.CharField("抽样结论", max_length=1000, blank=True)

    class Meta:
        app_label = "audit"
        indexes = [
            models.Index(fields=["buyer", "status", "-created_at"], name="sample_of_buyer"),
            models.Index(fields=["drawn_by_key", "status"], name="sample_of_person"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("samples:detail", args=[self.pk])


class SampleItem(models.Model):
    """One voucher of a sample with its working paper (抽样底稿). error_amount in yuan, at most the voucher's.

    amount  the voucher's as it was when it was drawn;  hits: how many points fell on it;  is_certain: above the interval
    """

    RESULTS = [("ok", "相符"), ("error", "不符")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="items")
    n = models.PositiveSmallIntegerField("序号")
    expense = models.ForeignKey(Expense, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField("金额")
    hits = models.PositiveSmallIntegerField("选中次数", default=1)
    is_certain = models.BooleanField("必选", default=False)
    result = models.CharField("结果", max_length=8, choices=RESULTS, blank=True)
    error_amount = MoneyField("不符金额", default=ZERO)
    note = models.CharField("核对情况", max_length=400, blank=True)
    judged_by_name = models.CharField("核对人", max_length=64, blank=True)
    judged_at = models.DateTimeField("核对时间", null=True, blank=True)

    class Meta:
        app_label = "audit"
        ordering = ["n"]
        constraints = [
            models.UniqueConstraint(fields=["sample", "n"], name="sample_item_n_once"),
            models.UniqueConstraint(fields=["sample", "expense"], name="sample_item_once"),
            models.CheckConstraint(
                condition=Q(error_amount__gte=0) & Q(error_amount__lte=F("amount")), name="sample_error_in_amount"
            ),
        ]

    def __str__(self) -> str:
        return str(self.expense)

    @property
    def share(self) -> Decimal:
        """The error's share of the voucher, in percent."""
        return self.error_amount * 100 / self.amount


class SampleFile(models.Model):
    """One paper that the auditor brought to a voucher of a sample."""

    append_only = True

    item = models.ForeignKey(SampleItem, on_delete=models.PROTECT, related_name="files")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "audit"
        ordering = ["pk"]


class SavedView(models.Model):
    """A filter that a person keeps under a name (常用筛选); theirs alone, and theirs to throw away."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person_key = models.CharField(max_length=64)
    name = models.CharField("名称", max_length=20)
    page = models.CharField(max_length=20)
    query = models.CharField(max_length=400)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "audit"
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["person_key", "page", "name"], name="saved_view_once")]
