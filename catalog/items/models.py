"""The guiding catalogue (指导性目录): editions and their items, with unit, price norm and service standard."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from catalog.categories.models import Category
from catalog.items.lifecycle import EDITION
from core.money import MoneyField


class Edition(BuyerAggregate):
    """One edition of a buyer's catalogue; frozen once published, kept by the orders made from it."""

    journal_name = "catalog.edition"
    lifecycle = EDITION

    number = models.PositiveSmallIntegerField("版次")
    title = models.CharField("名称", max_length=100)
    note = models.TextField("调整说明", blank=True)
    drafted_by_key = models.CharField(max_length=64)
    drafted_by_name = models.CharField("起草人", max_length=64)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)

    class Meta:
        app_label = "catalog"
        constraints = [models.UniqueConstraint(fields=["buyer", "number"], name="edition_number")]

    def __str__(self) -> str:
        return f"{self.title}（第 {self.number} 版）"

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("editions:detail", args=[self.pk])


class Item(models.Model):
    """One thing that may be bought (目录条目).

    kind 种类, nature 性质 (public service, or auxiliary to the body's duties), content 内容: the three the letter names (R20).
    unit_price norm and range in yuan a unit; segments: the groups it serves; minors: whether it touches children.
    """

    NATURES = [("public", "公共服务"), ("auxiliary", "履职辅助")]
    STANDINGS = [("standing", "常设"), ("new", "新增"), ("temporary", "临时"), ("phased", "阶段性")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="items")
    code = models.CharField("编号", max_length=16)
    category = models.CharField("类别", max_length=4)
    category_name = models.CharField("类别名称", max_length=40)
    name = models.CharField("名称", max_length=80)
    kind = models.CharField("种类", max_length=40)
    nature = models.CharField("性质", max_length=12, choices=NATURES, default="public")
    content = models.TextField("服务内容")
    function = models.CharField("职能依据", max_length=120)
    unit = models.CharField("计量单位", max_length=12)
    norm_price = MoneyField("参考单价")
    low_price = MoneyField("下限")
    high_price = MoneyField("上限")
    price_basis = models.CharField("价格依据", max_length=200)
    segments = models.CharField("服务对象", max_length=120)
    procurement_category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="政府采购品目"
    )
    standing = models.CharField("设置", max_length=12, choices=STANDINGS, default="standing")
    minors = models.BooleanField("涉及未成年人", default=False)

    class Meta:
        app_label = "catalog"
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["edition", "code"], name="item_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ServiceStandard(models.Model):
    """One service-level standard of an item (服务水平标准): copied into orders, checked at acceptance."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="standards")
    n = models.PositiveSmallIntegerField()
    name = models.CharField("标准", max_length=60)
    target = models.CharField("要求", max_length=120)
    evidence = models.CharField("怎么核", max_length=120)

    class Meta:
        app_label = "catalog"
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["item", "n"], name="standard_once")]
