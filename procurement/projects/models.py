"""Projects (项目): the central record; its key is the case's key, its ocid names the process in open data."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property

from accounts.organizations.models import BuyerAggregate
from accounts.regions.models import Region
from catalog.items.models import Item
from core.documents import Document
from core.money import MoneyField
from procurement.budgets.models import Allocation, BudgetLine
from procurement.budgets.queries import allocations_of
from procurement.projects.lifecycle import PROJECT


class Project(BuyerAggregate):
    """One project: why, what goals, what it costs, who approved it."""

    journal_name = "procurement.project"
    lifecycle = PROJECT
    words = ("title", "number")

    KINDS = [("standard", "常规项目"), ("micro", "公益自管微项目"), ("pilot", "试点项目")]

    number = models.CharField("编号", max_length=40, unique=True, null=True, blank=True)
    ocid = models.CharField(max_length=64, unique=True)
    title = models.CharField("项目名称", max_length=100)
    kind = models.CharField("类型", max_length=12, choices=KINDS, default="standard")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name="实施地点")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="projects", verbose_name="目录条目")
    need = models.TextField("为什么要买", max_length=2000)
    beneficiaries = models.CharField("服务对象", max_length=200)
    goals = models.TextField("要做到什么程度", max_length=2000)
    feasibility = models.TextField("可行性", max_length=2000, blank=True)
    planned_amount = MoneyField("预算金额")
    starts_on = models.DateField("开始")
    ends_on = models.DateField("结束")
    minors = models.BooleanField("涉及未成年人", default=False)
    drafted_by_key = models.CharField(max_length=64)
    drafted_by_name = models.CharField("编写人", max_length=64)
    approved_by_name = models.CharField("批准人", max_length=64, blank=True)
    approved_at = models.DateTimeField("批准时间", null=True, blank=True)
    opinion = models.TextField("论证意见", max_length=1000, blank=True)

    class Meta:
        app_label = "procurement"
        indexes = [
            models.Index(fields=["buyer", "status", "-created_at"], name="project_of_buyer"),
            models.Index(fields=["buyer", "-created_at"], name="project_latest"),
            models.Index(fields=["-created_at"], name="project_newest"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def case_key(self) -> str:
        """A project is its own case."""
        return str(self.pk)

    @cached_property
    def allocations(self) -> list[Allocation]:
        """What it has of its lines, read once for a page; operations ask `allocations_of` anew."""
        return list(allocations_of(self.case_key))

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("projects:detail", args=[self.number or self.pk])


class CostLine(models.Model):
    """One line of the project's cost estimate (成本测算), in yuan."""

    CLASSES = [("activity", "业务活动费"), ("staff", "项目人员补贴"), ("management", "管理费用"), ("tax", "税费")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="cost_lines")
    n = models.PositiveSmallIntegerField()
    cost_class = models.CharField("类别", max_length=12, choices=CLASSES)
    name = models.CharField("名称", max_length=60)
    unit = models.CharField("单位", max_length=12)
    quantity = models.PositiveIntegerField("数量")
    unit_price = MoneyField("单价")
    amount = MoneyField("金额")

    class Meta:
        app_label = "procurement"
        ordering = ["n"]


class ProjectFile(models.Model):
    """A document of the project (立项资料)."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="files")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "procurement"


class Funding(models.Model):
    """What the project asks of one budget line (资金来源); becomes an Allocation when it is submitted."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="fundings")
    line = models.ForeignKey(BudgetLine, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField("金额")

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["project", "line"], name="funding_once")]
