"""Schemes (奖励办法), incentives (奖励性补助) with their papers, and objections (异议)."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate, Organization
from core import clock
from core.documents import Document
from core.money import ZERO, MoneyField
from evaluation.assessments.models import Assessment
from evaluation.incentives.lifecycle import INCENTIVE, INCENTIVE_SCHEME
from procurement.budgets.models import Allocation, BudgetLine
from procurement.contracts.models import Contract
from procurement.notices.models import Notice

ENDED = ("refused", "withdrawn", "revoked")
"""An incentive that came to nothing: its contract may be nominated again."""


class Scheme(BuyerAggregate):
    """What a buyer gives in a year, from which budget line, by which criteria; amounts in yuan.

    allocation      the total, set aside at publication: what is bound for incentives never passes it (contracted_in_planned)
    least_social, least_economic  what of each benefit's points a project must have reached, in percent
    graded_from, graded_to        between which days its grade was given;  nominate_until: last day of nomination
    """

    journal_name = "evaluation.incentive_scheme"
    lifecycle = INCENTIVE_SCHEME

    year = models.PositiveSmallIntegerField("年度")
    title = models.CharField("名称", max_length=100)
    criteria = models.TextField("奖励条件与程序", max_length=2000)
    line = models.ForeignKey(BudgetLine, on_delete=models.PROTECT, related_name="+", verbose_name="预算线")
    allocation = models.OneToOneField(Allocation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    total_cap = MoneyField("总额")
    provider_cap = MoneyField("一家上限")
    least_social = models.PositiveSmallIntegerField("社会效益得分率不低于（%）")
    least_economic = models.PositiveSmallIntegerField("经济效益得分率不低于（%）")
    graded_from = models.DateField("定级日期自")
    graded_to = models.DateField("定级日期至")
    nominate_until = models.DateField("申报截止")
    drafted_by_key = models.CharField(max_length=64)
    drafted_by_name = models.CharField("起草人", max_length=64)
    published_by_name = models.CharField("发布人", max_length=64, blank=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)

    class Meta:
        app_label = "evaluation"
        constraints = [
            models.UniqueConstraint(
                fields=["buyer", "year"], condition=~Q(status="void"), name="one_incentive_scheme_a_year"
            ),
            models.CheckConstraint(condition=Q(provider_cap__gt=0), name="scheme_provider_cap_positive"),
            models.CheckConstraint(condition=Q(provider_cap__lte=F("total_cap")), name="scheme_provider_in_total"),
            models.CheckConstraint(
                condition=Q(least_social__lte=100, least_economic__lte=100), name="scheme_percent_in_hundred"
            ),
            models.CheckConstraint(condition=Q(graded_from__lte=F("graded_to")), name="scheme_graded_in_order"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("incentive-schemes:detail", args=[self.pk])


class Incentive(BuyerAggregate):
    """One contract's incentive under a scheme; amounts in yuan, scores in hundredths of percent or point as they stood.

    origin   nominated by the buyer, or applied for by the provider
    payee    snapshot of name, bank and account when finance asked
    """

    journal_name = "evaluation.incentive"
    lifecycle = INCENTIVE

    ORIGINS = [("nominated", "采购人提名"), ("applied", "承接单位申报")]

    number = models.CharField("文号", max_length=40, unique=True, null=True, blank=True)
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="incentives", verbose_name="奖励办法")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="incentives")
    provider = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", verbose_name="社会组织")
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="+", verbose_name="绩效评价")
    origin = models.CharField("来源", max_length=10, choices=ORIGINS)
    contribution = models.TextField("突出贡献", max_length=2000)
    social_benefit = models.TextField("社会效益", max_length=2000)
    economic_benefit = models.TextField("经济效益", max_length=2000)
    grade = models.CharField("等级", max_length=2)
    total_centi = models.PositiveIntegerField("总分（百分之一分）")
    social_centi = models.PositiveIntegerField("社会效益得分率（万分之一）")
    economic_centi = models.PositiveIntegerField("经济效益得分率（万分之一）")
    asked_amount = MoneyField("申请金额")
    amount = MoneyField("奖励金额", default=ZERO)
    nominated_by_key = models.CharField(max_length=64)
    nominated_by_name = models.CharField("申报人", max_length=64)
    funds_by_key = models.CharField(max_length=64, blank=True)
    funds_by_name = models.CharField("经审", max_length=64, blank=True)
    funds_opinion = models.CharField("经审意见", max_length=400, blank=True)
    discipline_by_key = models.CharField(max_length=64, blank=True)
    discipline_by_name = models.CharField("纪检", max_length=64, blank=True)
    discipline_opinion = models.CharField("纪检意见", max_length=400, blank=True)
    decided_by_key = models.CharField(max_length=64, blank=True)
    decided_by_name = models.CharField("决定人", max_length=64, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    publicity_ends_at = models.DateTimeField("公示至", null=True, blank=True)
    notice = models.OneToOneField(Notice, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    result_notice = models.OneToOneField(Notice, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    payee = models.JSONField("收款账户", default=dict)
    requested_by_key = models.CharField(max_length=64, blank=True)
    requested_by_name = models.CharField("申请支付", max_length=64, blank=True)
    voucher_number = models.CharField("凭证号", max_length=60, blank=True)
    paid_on = models.DateField("支付日期", null=True, blank=True)
    recorded_by_name = models.CharField("登记人", max_length=64, blank=True)

    class Meta:
        app_label = "evaluation"
        constraints = [
            models.UniqueConstraint(
                fields=["contract"], condition=~Q(status__in=ENDED), name="one_standing_incentive_a_contract"
            ),
            models.UniqueConstraint(
                fields=["buyer", "voucher_number"], condition=~Q(voucher_number=""), name="incentive_voucher_once"
            ),
            models.CheckConstraint(condition=Q(asked_amount__gt=0), name="incentive_asked_positive"),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(status__in=("nominated", "reviewed", *ENDED)),
                name="incentive_amount_once_decided",
            ),
            models.CheckConstraint(
                condition=Q(funds_by_key="") | ~Q(funds_by_key=F("discipline_by_key")), name="incentive_reviewers_apart"
            ),
        ]
        indexes = [models.Index(fields=["scheme", "status"], name="incentive_of_scheme")]

    def __str__(self) -> str:
        return f"{self.contract.title} · 奖励性补助"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.contract.case_key

    @property
    def total(self) -> Decimal:
        """The total in points when it was nominated."""
        return Decimal(self.total_centi).scaleb(-2)

    @property
    def social_percent(self) -> Decimal:
        """What of the social benefit's points was reached, in percent."""
        return Decimal(self.social_centi).scaleb(-2)

    @property
    def economic_percent(self) -> Decimal:
        """What of the economic benefit's points was reached, in percent."""
        return Decimal(self.economic_centi).scaleb(-2)

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("incentives:detail", args=[self.number or self.pk])


class IncentivePaper(models.Model):
    """A paper that shows a benefit (证明材料)."""

    KINDS = [("social", "社会效益"), ("economic", "经济效益"), ("other", "其他")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    incentive = models.ForeignKey(Incentive, on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField("证明", max_length=8, choices=KINDS)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField("提供人", max_length=64)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "evaluation"
        ordering = ["kind", "at", "pk"]


class Objection(models.Model):
    """One objection against a published incentive (异议): entered by the discipline officer, answered within the term.

    by_name  who objects, "" for anonymous;  contact is read by the buyer's discipline officer alone
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    incentive = models.ForeignKey(Incentive, on_delete=models.PROTECT, related_name="objections")
    n = models.PositiveSmallIntegerField()
    by_name = models.CharField("异议人", max_length=60, blank=True)
    contact = models.CharField("联系方式", max_length=60, blank=True)
    text = models.TextField("异议事项", max_length=1000)
    entered_by_name = models.CharField("登记人", max_length=64)
    entered_at = models.DateTimeField("登记时间", default=clock.now)
    due_at = models.DateTimeField("答复期限")
    upheld = models.BooleanField("成立", null=True, blank=True)
    answer = models.TextField("答复", max_length=1000, blank=True)
    answered_by_name = models.CharField("答复人", max_length=64, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    class Meta:
        app_label = "evaluation"
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["incentive", "n"], name="objection_number")]
