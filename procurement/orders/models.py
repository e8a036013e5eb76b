"""Orders (订单): a published call for one item of a project's list, in one or several lots."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from catalog.items.models import Item
from core import clock
from core.documents import Document
from core.money import ZERO, MoneyField
from procurement.notices.models import Notice
from procurement.orders.lifecycle import ORDER
from procurement.projects.models import Project


class Order(BuyerAggregate):
    """One call. track and rule_date say which dated rules it runs under; item keeps the edition it was made from.

    bid_deadline  aware UTC; "in time" is now < bid_deadline, whether or not anybody has closed the order
    ceiling       yuan, the sum of its lots' ceilings (最高限价合计), written with them
    """

    journal_name = "procurement.order"
    lifecycle = ORDER
    words = ("title", "number", "place")

    TRACKS = [("own", "限额以下（本单位办法）"), ("statutory", "政府采购法定程序")]
    METHODS = [("selection", "比选"), ("consultation", "竞争性磋商"), ("open", "公开招标")]

    number = models.CharField("编号", max_length=40, unique=True, null=True, blank=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="orders", verbose_name="项目")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="orders", verbose_name="目录条目")
    title = models.CharField("订单名称", max_length=100)
    track = models.CharField("程序", max_length=12, choices=TRACKS, default="own")
    method = models.CharField("方式", max_length=16, choices=METHODS, default="selection")
    rule_date = models.DateField("规则日期", default=clock.today)
    why = models.TextField("为什么要买", max_length=2000)
    requirements = models.TextField("要做什么、做到什么程度", max_length=4000)
    place = models.CharField("服务地点", max_length=120)
    starts_on = models.DateField("服务开始")
    ends_on = models.DateField("服务结束")
    bid_deadline = models.DateTimeField("申报截止")
    deadline_rule = models.CharField("期限依据", max_length=200, blank=True)
    is_provisional = models.BooleanField("暂按推算", default=False)
    ceiling = MoneyField("最高限价", default=ZERO, editable=False)
    payment_terms = models.CharField("付款方式", max_length=300)
    minors = models.BooleanField("涉及未成年人", default=False)
    drafted_by_key = models.CharField(max_length=64)
    drafted_by_name = models.CharField("起草人", max_length=64)
    reviewed_by_name = models.CharField("审核人", max_length=64, blank=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    failure_reason = models.CharField("流标原因", max_length=300, blank=True)

    class Meta:
        app_label = "procurement"
        indexes = [
            models.Index(fields=["buyer", "status", "bid_deadline"], name="order_of_buyer"),
            models.Index(fields=["status", "bid_deadline"], name="order_open"),
            models.Index(fields=["buyer", "bid_deadline", "id"], name="order_of_buyer_by_deadline"),
            models.Index(fields=["buyer", "ceiling", "id"], name="order_of_buyer_by_ceiling"),
            models.Index(fields=["-published_at"], name="order_newest"),
            models.Index(fields=["-bid_deadline"], name="order_by_deadline"),
            models.Index(fields=["drafted_by_key", "-bid_deadline"], name="order_of_drafter"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def case_key(self) -> str:
        """The project's key."""
        return str(self.project_id)

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("orders:detail", args=[self.number or self.pk])

    @property
    def is_open(self) -> bool:
        """Whether bids may come in: published, and now before the deadline by the clock."""
        return self.status == "published" and clock.now() < self.bid_deadline

    @property
    def shown_status(self) -> str:
        """ "closed" from the deadline on: nobody has to press anything for time to pass."""
        return "closed" if self.status == "published" and clock.now() >= self.bid_deadline else self.status


class Lot(models.Model):
    """One lot (包) of an order; ceiling in yuan for the whole quantity. A single lot is not shown as one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lots")
    n = models.PositiveSmallIntegerField("包号", default=1)
    title = models.CharField("名称", max_length=100)
    quantity = models.PositiveIntegerField("数量")
    unit = models.CharField("单位", max_length=12)
    ceiling = MoneyField("最高限价")

    class Meta:
        app_label = "procurement"
        ordering = ["n"]
        constraints = [
            models.UniqueConstraint(fields=["order", "n"], name="lot_once"),
            models.CheckConstraint(condition=Q(ceiling__gt=0), name="lot_ceiling_positive"),
        ]

    def __str__(self) -> str:
        return self.title


class Criterion(models.Model):
    """One scoring criterion (评分项). kind price is computed, never scored by hand; weights of an order sum to 100."""

    KINDS = [("price", "价格"), ("subjective", "主观分"), ("objective", "客观分")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="criteria")
    n = models.PositiveSmallIntegerField()
    name = models.CharField("评分项", max_length=60)
    kind = models.CharField("类别", max_length=12, choices=KINDS)
    weight = models.PositiveSmallIntegerField("分值")
    bands = models.TextField("评分细则", max_length=1000)

    class Meta:
        app_label = "procurement"
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["order", "n"], name="criterion_once")]


class QualificationRule(models.Model):
    """One qualification rule (资格条件); automatic ones are checked by the platform (codes Q1… of domain.md 6.2)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="qualification_rules")
    n = models.PositiveSmallIntegerField()
    code = models.CharField("代号", max_length=8)
    text = models.CharField("条件", max_length=200)
    is_conformity = models.BooleanField("符合性要求（★）", default=False)

    class Meta:
        app_label = "procurement"
        ordering = ["n"]


class OrderStandard(models.Model):
    """One service standard, copied from the item when the order is made (服务水平标准)."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="standards")
    n = models.PositiveSmallIntegerField()
    name = models.CharField("标准", max_length=60)
    target = models.CharField("要求", max_length=120)
    evidence = models.CharField("怎么核", max_length=120)

    class Meta:
        app_label = "procurement"
        ordering = ["n"]


class MilestonePlan(models.Model):
    """One payment milestone that the order announces (付款节点); shares of an order sum to 100."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="milestone_plans")
    n = models.PositiveSmallIntegerField()
    name = models.CharField("节点", max_length=60)
    share = models.PositiveSmallIntegerField("比例（%）")
    due_on = models.DateField("应完成")

    class Meta:
        app_label = "procurement"
        ordering = ["n"]


class OrderNotice(models.Model):
    """Which notices an order has (公告)."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="notice_links")
    notice = models.OneToOneField(Notice, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "procurement"


class OrderFile(models.Model):
    """A document published with the order (采购文件附件)."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="files")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "procurement"
