"""Frameworks (指标体系) in versions: indicators with weight, tags and formula; vetoes."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from evaluation.frameworks.lifecycle import FRAMEWORK
from evaluation.frameworks.scoring import AXES, FORMULAS, Formula


class Framework(BuyerAggregate):
    """One version of a buyer's framework for one kind of project; frozen once published, kept by its assessments."""

    journal_name = "evaluation.framework"
    lifecycle = FRAMEWORK

    KINDS = [("youth", "青少年服务"), ("worker", "职工服务"), ("women", "妇女儿童服务"), ("psychology", "心理服务")]

    kind = models.CharField("适用", max_length=12, choices=KINDS, default="youth")
    number = models.PositiveSmallIntegerField("版次")
    title = models.CharField("名称", max_length=100)
    note = models.TextField("调整说明", max_length=1000, blank=True)
    drafted_by_key = models.CharField(max_length=64)
    drafted_by_name = models.CharField("起草人", max_length=64)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)

    class Meta:
        app_label = "evaluation"
        constraints = [
            models.UniqueConstraint(fields=["buyer", "kind", "number"], name="framework_number"),
            models.UniqueConstraint(
                fields=["buyer", "kind"], condition=Q(status="published"), name="one_framework_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}（第 {self.number} 版）"

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("frameworks:detail", args=[self.pk])


class Indicator(models.Model):
    """One third-level indicator (三级指标).

    stage, horizon, benefit  its side of the three dualities;  block: which of the three contents it measures (R58)
    formula   a key of scoring.FORMULAS;  params: its parameters where they differ from the usual ones
    source    which stored fact gives its figures (assessments.facts), "" where the raters do
    """

    LEVELS = [("决策", "决策"), ("过程", "过程"), ("产出", "产出"), ("效益", "效益")]
    OUTPUTS = ("产出", "效益")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="indicators")
    level1 = models.CharField("一级指标", max_length=8, choices=LEVELS)
    level2 = models.CharField("二级指标", max_length=20)
    code = models.CharField("编号", max_length=8)
    name = models.CharField("名称", max_length=60)
    weight = models.PositiveSmallIntegerField("权重")
    stage = models.CharField("过程或结果", max_length=2, choices=list(AXES["stage"][1].items()))
    horizon = models.CharField("短期或长远", max_length=2, choices=list(AXES["horizon"][1].items()))
    benefit = models.CharField("社会或经济", max_length=2, blank=True, choices=list(AXES["benefit"][1].items()))
    block = models.CharField("内容", max_length=2, choices=list(AXES["block"][1].items()))
    formula = models.CharField("公式", max_length=16, choices=[(key, each.words) for key, each in FORMULAS.items()])
    params = models.JSONField("参数", default=dict, blank=True)
    source = models.CharField("平台数据", max_length=24, blank=True)
    evidence = models.CharField("需要的证据", max_length=120)

    class Meta:
        app_label = "evaluation"
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["framework", "code"], name="indicator_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def scoring(self) -> Formula:
        """Its formula."""
        return FORMULAS[self.formula]

    @property
    def tags(self) -> list[str]:
        """Its sides in words, neutral left out."""
        shown = (self.get_stage_display(), self.get_horizon_display(), self.benefit and self.get_benefit_display())
        return [*(word for word in shown if word), self.get_block_display()]


class Veto(models.Model):
    """One ground on which a project is 差 whatever its points (一票否决)."""

    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="vetoes")
    code = models.CharField("编号", max_length=4)
    name = models.CharField("情形", max_length=80)

    class Meta:
        app_label = "evaluation"
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["framework", "code"], name="veto_code")]
