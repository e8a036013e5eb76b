"""Assessments (绩效评价): sheets with marks, evidence, gradings in versions, follow-up rounds."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate, Organization
from core import clock
from core.documents import Document
from evaluation.assessments.lifecycle import ASSESSMENT
from evaluation.frameworks.models import Framework, Indicator
from procurement.contracts.models import Contract


def points(centi: int | None) -> Decimal | None:
    """Stored hundredths of a point as points."""
    return None if centi is None else Decimal(centi).scaleb(-2)


class Assessment(BuyerAggregate):
    """The assessment of one contract by one evaluator; after a refusal another may be planned.

    closed_on      the day of the last acceptance: follow-ups are counted from it
    rotation_years how many years in a row this evaluator assessed this buyer's projects, this one included (F44)
    grade          the first grade, which follow-ups never rewrite: their own stand in Grading
    """

    journal_name = "evaluation.assessment"
    lifecycle = ASSESSMENT

    number = models.CharField("文号", max_length=40, unique=True, null=True, blank=True)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="assessments")
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="+", verbose_name="指标体系")
    evaluator = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", verbose_name="评估机构")
    closed_on = models.DateField("验收日期")
    due_on = models.DateField("应完成")
    planned_by_name = models.CharField("安排人", max_length=64)
    rotation_years = models.PositiveSmallIntegerField(default=1)
    rotation_reason = models.CharField("不轮换的理由", max_length=300, blank=True)
    statement = models.TextField("自评说明", max_length=2000, blank=True)
    opinion = models.TextField("评价意见", max_length=2000, blank=True)
    explanations = models.JSONField("分差说明", default=dict)
    vetoes = models.JSONField("一票否决", default=list)
    veto_reason = models.CharField("否决依据", max_length=400, blank=True)
    reply_due_at = models.DateTimeField("答复期限", null=True, blank=True)
    reply = models.TextField("承接单位答复", max_length=2000, blank=True)
    reply_agrees = models.BooleanField("同意", null=True, blank=True)
    replied_at = models.DateTimeField("答复时间", null=True, blank=True)
    total_centi = models.PositiveIntegerField("总分", null=True, blank=True)
    grade = models.CharField("等级", max_length=2, blank=True)
    finalized_at = models.DateTimeField("定级时间", null=True, blank=True)
    use = models.TextField("结果应用", max_length=1000, blank=True)

    class Meta:
        app_label = "evaluation"
        indexes = [models.Index(fields=["evaluator", "status"], name="assessment_of_evaluator")]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"], condition=~Q(status="declined"), name="one_standing_assessment_a_contract"
            )
        ]

    def __str__(self) -> str:
        return self.contract.title

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.contract.case_key

    @property
    def total(self) -> Decimal | None:
        """The first total in points."""
        return points(self.total_centi)

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("assessments:detail", args=[self.number or self.pk])


class Sheet(models.Model):
    """One set of marks: the platform's figures frozen, the provider's own, or one rater's; void after a rescoring.

    What a rater hands in is not read by anybody else before the second is in (queries.visible_sheets).
    """

    SIDES = [("facts", "平台数据"), ("self", "自评"), ("rater", "评分人")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="sheets")
    side = models.CharField(max_length=8, choices=SIDES)
    person_key = models.CharField(max_length=64)
    person_name = models.CharField("提交人", max_length=64)
    submitted_at = models.DateTimeField(default=clock.now)
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "evaluation"
        ordering = ["submitted_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "side", "person_key"], condition=Q(voided_at=None), name="one_sheet_a_person"
            )
        ]


class Mark(models.Model):
    """One indicator on a sheet: the figures, the points they give (None: 未取得), the working or the remark."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="marks")
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="+")
    figures = models.JSONField(default=dict)
    centi = models.PositiveIntegerField("得分（百分之一分）", null=True, blank=True)
    working = models.CharField("算式", max_length=300, blank=True)
    remark = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        app_label = "evaluation"
        constraints = [models.UniqueConstraint(fields=["sheet", "indicator"], name="mark_once")]

    @property
    def points(self) -> Decimal | None:
        """In points."""
        return points(self.centi)


class Evidence(models.Model):
    """A paper beside an indicator's figure (证据)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="evidence")
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    note = models.CharField("说明", max_length=120, blank=True)
    by_name = models.CharField("提供人", max_length=64)
    organization_name = models.CharField("单位", max_length=100)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "evaluation"
        ordering = ["indicator__code", "at"]
        constraints = [models.UniqueConstraint(fields=["assessment", "indicator", "document"], name="evidence_once")]


class Grading(models.Model):
    """One version of the result (定级版本): the first at close, later ones by follow-up. Rows only grow.

    kind  "first", or the months of the follow-up: "6", "12"
    """

    append_only = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="gradings")
    n = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8)
    total_centi = models.PositiveIntegerField()
    grade = models.CharField(max_length=2)
    vetoes = models.JSONField(default=list)
    note = models.CharField("说明", max_length=1000, blank=True)
    by_name = models.CharField(max_length=64)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "evaluation"
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["assessment", "n"], name="grading_once")]

    @property
    def total(self) -> Decimal:
        """In points."""
        return Decimal(self.total_centi).scaleb(-2)

    @property
    def name(self) -> str:
        """What round it is."""
        return "首次评价" if self.kind == "first" else f"{self.kind} 个月跟踪评估"


class GradedPoint(models.Model):
    """One indicator's points in one version. origin: facts | raters | kept (taken over from the version before)."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    grading = models.ForeignKey(Grading, on_delete=models.PROTECT, related_name="points")
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="+")
    centi = models.PositiveIntegerField()
    origin = models.CharField(max_length=8)
    working = models.CharField(max_length=300, blank=True)
    provisional = models.BooleanField("暂定", default=False)

    class Meta:
        app_label = "evaluation"
        ordering = ["indicator__code"]
        constraints = [models.UniqueConstraint(fields=["grading", "indicator"], name="graded_point_once")]

    @property
    def points(self) -> Decimal:
        """In points."""
        return Decimal(self.centi).scaleb(-2)


class FollowUp(models.Model):
    """One follow-up round (跟踪评估), placed by the clock."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="follow_ups")
    months = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField("应完成")
    placed_at = models.DateTimeField(default=clock.now)
    grading = models.OneToOneField(Grading, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "evaluation"
        ordering = ["months"]
        constraints = [models.UniqueConstraint(fields=["assessment", "months"], name="follow_up_once")]
