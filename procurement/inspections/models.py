"""Inspections (检查) with what was found item by item, their papers, and the draws that chose them."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate, Organization
from core import clock
from core.documents import Document
from procurement.activities.models import Activity
from procurement.contracts.models import Contract
from procurement.inspections.lifecycle import INSPECTION


class SpotDraw(models.Model):
    """One draw of activities to be looked at (抽查): one a contract and month, so that nobody draws until it suits.

    pool    the activities' keys, sorted;  seed: 64 hex digits;  picked: keys in the order of call
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="spot_draws")
    month = models.DateField("月份")
    seed = models.CharField(max_length=64)
    pool = models.JSONField(default=list)
    picked = models.JSONField(default=list)
    by_name = models.CharField("抽取人", max_length=64)
    created_at = models.DateTimeField("抽取时间", default=clock.now)

    append_only = True

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["contract", "month"], name="spot_draw_once")]

    def __str__(self) -> str:
        return f"{self.contract} {self.month:%Y-%m}"


class Inspection(BuyerAggregate):
    """One inspection of a contract, or of one of its activities.

    kind        self (中期自查) | site | phone | papers
    visitors    who went or called, as names; on site at least two
    conclusion  what was found as a whole;  due_at: by when it must be put right
    """

    journal_name = "procurement.inspection"
    lifecycle = INSPECTION

    KINDS = [("self", "中期自查"), ("site", "现场检查"), ("phone", "电话回访"), ("papers", "资料检查")]

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="inspections", verbose_name="合同")
    provider = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", verbose_name="承接单位")
    activity = models.ForeignKey(
        Activity, null=True, blank=True, on_delete=models.PROTECT, related_name="inspections", verbose_name="活动"
    )
    draw = models.ForeignKey(SpotDraw, null=True, blank=True, on_delete=models.PROTECT, related_name="inspections")
    kind = models.CharField("方式", max_length=8, choices=KINDS)
    planned_on = models.DateField("计划日期")
    topic = models.CharField("查什么", max_length=200)
    planned_by_name = models.CharField("安排人", max_length=64)
    held_on = models.DateField("检查日期", null=True, blank=True)
    visitors = models.CharField("检查人", max_length=120, blank=True)
    conclusion = models.CharField("检查结论", max_length=1000, blank=True)
    recorded_by_name = models.CharField("登记人", max_length=64, blank=True)
    recorded_by_key = models.CharField(max_length=64, blank=True)
    due_at = models.DateTimeField("整改期限", null=True, blank=True)
    answer = models.CharField("整改情况", max_length=1000, blank=True)
    answered_at = models.DateTimeField("报告时间", null=True, blank=True)
    rounds = models.PositiveSmallIntegerField("整改次数", default=0)

    class Meta:
        app_label = "procurement"
        indexes = [
            models.Index(fields=["contract", "status"], name="inspection_of_contract"),
            models.Index(fields=["buyer", "status", "planned_on"], name="inspection_of_buyer"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}：{self.activity.title if self.activity else self.contract.title}"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.contract.case_key

    @property
    def is_late(self) -> bool:
        """Whether what must be put right is past its day."""
        return self.status == "noticed" and self.due_at is not None and self.due_at < clock.now()

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("inspections:detail", args=[self.pk])


class Finding(models.Model):
    """One item of a inspection (检查事项) and how it was found."""

    RESULTS = [("good", "符合"), ("partly", "部分符合"), ("bad", "不符合")]

    parent = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="findings")
    n = models.PositiveSmallIntegerField()
    topic = models.CharField("事项", max_length=80)
    result = models.CharField("结果", max_length=8, choices=RESULTS)
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        app_label = "procurement"
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["parent", "n"], name="finding_once")]


class InspectionFile(models.Model):
    """A picture or paper of a inspection: of the visit, or of what was put right."""

    parent = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="files")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    is_answer = models.BooleanField("整改材料", default=False)

    class Meta:
        app_label = "procurement"
        ordering = ["pk"]
