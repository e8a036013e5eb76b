"""Budgets (预算): lines, what each case has of them, and the ledger that explains every commitment and release.

planned ≤ approved, contracted ≤ planned, paid ≤ contracted: the database holds them by CHECK, whatever the code does.
"""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate, Organization
from core import clock
from core.money import ZERO, MoneyField
from procurement.budgets.lifecycle import BUDGET_LINE


class BudgetLine(BuyerAggregate):
    """One line of a year's budget; amounts in yuan. planned: the sum of its allocations.

    original_amount  what was first approved (预算数); approved_amount follows adjustments (调整预算数)
    """

    journal_name = "procurement.budget_line"
    lifecycle = BUDGET_LINE

    SOURCES = [("fiscal", "财政资金"), ("donation", "捐赠资金"), ("entrusted", "部门委托"), ("transfer", "上级转移")]

    fiscal_year = models.PositiveSmallIntegerField("年度")
    code = models.CharField("编号", max_length=24)
    name = models.CharField("名称", max_length=80)
    function_class = models.CharField("功能分类", max_length=60)
    economic_class = models.CharField("经济分类", max_length=60)
    source = models.CharField("资金来源", max_length=12, choices=SOURCES, default="fiscal")
    purpose = models.CharField("限定用途", max_length=200, blank=True)
    requested_amount = MoneyField("申请数")
    approved_amount = MoneyField("批复数", default=ZERO)
    original_amount = MoneyField("预算数", default=ZERO, editable=False)
    planned_amount = MoneyField("已安排", default=ZERO, editable=False)
    requested_by_key = models.CharField(max_length=64)
    requested_by_name = models.CharField("申请人", max_length=64)

    class Meta:
        app_label = "procurement"
        constraints = [
            models.UniqueConstraint(fields=["buyer", "fiscal_year", "code"], name="budget_line_once"),
            models.CheckConstraint(condition=Q(planned_amount__gte=0), name="line_planned_positive"),
            models.CheckConstraint(
                condition=Q(planned_amount__lte=F("approved_amount")), name="line_planned_in_approved"
            ),
        ]
        indexes = [models.Index(fields=["buyer", "fiscal_year"], name="line_of_year")]

    def __str__(self) -> str:
        return f"{self.fiscal_year} {self.name}"

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("budgets:detail", args=[self.pk])

    @property
    def free_amount(self) -> Decimal:
        """What may still be planned, in yuan."""
        return self.approved_amount - self.planned_amount

    @property
    def shares(self) -> dict[str, Decimal]:
        """The bar of the line in percent of what is approved: paid, contracted beyond it, planned beyond that.

        Needs the sums that `queries.visible_lines` annotates; without them only the planned part is known.
        """
        whole = self.approved_amount
        if not whole:
            return {"paid": ZERO, "contracted": ZERO, "planned": ZERO}
        paid, contracted = getattr(self, "paid_sum", ZERO), getattr(self, "contracted_sum", ZERO)
        parts = {"paid": paid, "contracted": contracted - paid, "planned": self.planned_amount - contracted}
        return {name: part * 100 / whole for name, part in parts.items()}


class Allocation(models.Model):
    """What one case (project) has of one line (资金安排). case: the project's key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    line = models.ForeignKey(BudgetLine, on_delete=models.PROTECT, related_name="allocations")
    case = models.CharField(max_length=64, db_index=True)
    planned_amount = MoneyField("已安排")
    contracted_amount = MoneyField("已签约", default=ZERO)
    paid_amount = MoneyField("已支付", default=ZERO)

    class Meta:
        app_label = "procurement"
        ordering = ["line__source", "line__code"]
        # The sums of a line, read from the index alone.
        indexes = [models.Index(fields=["line", "contracted_amount", "paid_amount"], name="allocation_sums")]
        constraints = [
            models.UniqueConstraint(fields=["line", "case"], name="allocation_once"),
            models.CheckConstraint(condition=Q(paid_amount__gte=0), name="allocation_paid_positive"),
            models.CheckConstraint(condition=Q(contracted_amount__gte=0), name="allocation_contracted_positive"),
            models.CheckConstraint(
                condition=Q(contracted_amount__lte=F("planned_amount")), name="contracted_in_planned"
            ),
            models.CheckConstraint(condition=Q(paid_amount__lte=F("contracted_amount")), name="paid_in_contracted"),
        ]


class LedgerEntry(models.Model):
    """One commitment or release (台账): why an amount moved, by how much, and the sums after it.

    n          its place among the allocation's entries, counted under the row's lock: two of one moment keep their order
    booked_on  the day it counts on (记账日): the treasury's day for what was paid or came back, else the day it was written;
               every account of a year goes by it
    """

    append_only = True

    KINDS = [
        ("plan", "安排"),
        ("release_plan", "退回安排"),
        ("contract", "签约占用"),
        ("release_contract", "释放占用"),
        ("pay", "支付"),
        ("refund", "退款"),
    ]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="entries")
    n = models.PositiveIntegerField("序号")
    kind = models.CharField("事项", max_length=20, choices=KINDS)
    amount = MoneyField("金额")
    planned_after = MoneyField("已安排")
    contracted_after = MoneyField("已签约")
    paid_after = MoneyField("已支付")
    reference = models.CharField("凭据", max_length=96)
    reference_label = models.CharField("凭据名称", max_length=160)
    actor_name = models.CharField("经办", max_length=64)
    at = models.DateTimeField("时间", default=clock.now)
    booked_on = models.DateField("记账日", default=clock.today)

    class Meta:
        app_label = "procurement"
        ordering = ["at", "n"]
        indexes = [
            models.Index(fields=["reference"], name="ledger_reference"),
            models.Index(fields=["allocation", "booked_on"], name="ledger_booked"),
        ]


class FiscalYear(models.Model):
    """A buyer's year in the books (会计年度): open until its final account is approved (关账). Its row is what writers lock."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    buyer = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("年度")
    closed_at = models.DateTimeField("关账时间", null=True, blank=True)
    closed_by_name = models.CharField("关账人", max_length=64, blank=True)

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["buyer", "year"], name="fiscal_year_once")]
