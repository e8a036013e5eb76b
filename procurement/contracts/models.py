"""Contracts (合同): text, lines, milestones, signatures, pauses, and what they take of each allocation."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate, Organization
from core import clock
from core.documents import Document
from core.money import ZERO, MoneyField
from procurement.awards.models import Award
from procurement.budgets.models import Allocation
from procurement.contracts.lifecycle import CONTRACT
from procurement.notices.models import Notice
from procurement.texts.models import ContractText


class Filed(BuyerAggregate):
    """What is filed with the finance bureau (备案): contracts and their amendments.

    file_due_at    the end of the term D23, counted when it took effect
    filing_number  what the bureau gave it (备案号)
    """

    file_due_at = models.DateTimeField("备案期限", null=True, blank=True)
    filing_number = models.CharField("备案号", max_length=60, blank=True)
    filed_on = models.DateField("备案日期", null=True, blank=True)
    filed_at = models.DateTimeField("备案登记时间", null=True, blank=True)
    filed_by_name = models.CharField("备案经办", max_length=64, blank=True)

    class Meta:
        abstract = True

    @property
    def filed_late(self) -> bool:
        """Whether it was filed after its term."""
        return bool(self.filed_on and self.file_due_at and self.filed_on > clock.local(self.file_due_at).date())

    @property
    def filing_overdue(self) -> bool:
        """Whether its term is over and it is not filed yet."""
        return bool(not self.filing_number and self.file_due_at and self.file_due_at < clock.now())


class Contract(Filed):
    """One contract. parties: snapshot of both sides with bank account at freezing (house.md 4b.15).

    text, clauses    the version it began with (None: the starting text), its clauses as they were: [{"heading", "text"}]
    quality_factors  {"优": "1.00", …} as the contract names them, or {} where it names none (then the factor is 1)
    original_amount  what was signed; supplements (补充协议) have added supplement_amount, at most supplement_limit
    announce_due_at  the end of the term D22 (公告), counted when it took effect
    paused_on        since when it is paused; pause_until: when it was to go on
    """

    journal_name = "procurement.contract"
    lifecycle = CONTRACT

    TERMINATIONS = [
        ("breach", "承接单位违约"),
        ("findings", "检查或审计不合格"),
        ("need", "服务需求消失"),
        ("policy", "政策或预算调整"),
        ("force_majeure", "不可抗力"),
        ("agreement", "双方协商一致"),
    ]

    number = models.CharField("编号", max_length=40, unique=True, null=True, blank=True)
    award = models.OneToOneField(Award, on_delete=models.PROTECT, related_name="contract")
    provider = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="contracts", verbose_name="承接单位"
    )
    title = models.CharField("名称", max_length=120)
    amount = MoneyField("合同金额")
    starts_on = models.DateField("开始")
    ends_on = models.DateField("结束")
    place = models.CharField("服务地点", max_length=120)
    scope = models.TextField("服务内容与标准", max_length=4000)
    terms = models.TextField("其他约定", max_length=4000, blank=True)
    parties = models.JSONField(default=dict)
    quality_factors = models.JSONField(default=dict)
    quality_grade = models.CharField("评价等级", max_length=2, blank=True)
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField("摘要", max_length=64, blank=True)
    buyer_signed_at = models.DateTimeField("采购人签订", null=True, blank=True)
    provider_signed_at = models.DateTimeField("承接单位签订", null=True, blank=True)
    signed_at = models.DateTimeField("生效时间", null=True, blank=True)
    notice = models.OneToOneField(Notice, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    text = models.ForeignKey(
        ContractText, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="合同文本"
    )
    text_name = models.CharField("合同文本", max_length=60, blank=True)
    clauses = models.JSONField(default=list)
    drafted_by_key = models.CharField(max_length=64, blank=True)
    drafted_by_name = models.CharField("起草人", max_length=64, blank=True)
    reviewed_by_name = models.CharField("审核人", max_length=64, blank=True)
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    review_opinion = models.TextField("法律审核意见", max_length=1000, blank=True)
    legal_adviser = models.CharField("法律顾问", max_length=80, blank=True)
    original_amount = MoneyField("签订金额", default=ZERO)
    supplement_amount = MoneyField("补充协议累计增加", default=ZERO)
    supplement_limit = MoneyField("补充协议上限", default=ZERO)
    announce_due_at = models.DateTimeField("公告期限", null=True, blank=True)
    paused_on = models.DateField("暂停日期", null=True, blank=True)
    pause_until = models.DateField("预计恢复", null=True, blank=True)
    termination_code = models.CharField("终止原因", max_length=16, choices=TERMINATIONS, blank=True)
    termination_clause = models.CharField("终止依据条款", max_length=120, blank=True)
    terminated_on = models.DateField("终止日期", null=True, blank=True)

    class Meta:
        app_label = "procurement"
        constraints = [
            models.CheckConstraint(
                condition=Q(supplement_amount__lte=F("supplement_limit")), name="supplements_in_limit"
            ),
        ]
        indexes = [
            models.Index(fields=["buyer", "status", "ends_on"], name="contract_of_buyer"),
            models.Index(fields=["provider", "status"], name="contract_of_provider"),
            models.Index(fields=["buyer", "-created_at"], name="contract_latest"),
            models.Index(fields=["provider", "-created_at"], name="contract_of_provider_latest"),
            models.Index(fields=["-created_at"], name="contract_newest"),
            models.Index(fields=["buyer", "ends_on"], name="contract_by_end"),
            models.Index(
                fields=["buyer", "file_due_at"],
                condition=Q(filing_number="", signed_at__isnull=False),
                name="contract_unfiled",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.award.case_key

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("contracts:detail", args=[self.number or self.pk])


class ContractLine(models.Model):
    """One priced line (合同明细): quantity × unit price = amount, in yuan."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="lines")
    n = models.PositiveSmallIntegerField()
    name = models.CharField("名称", max_length=60)
    unit = models.CharField("单位", max_length=12)
    quantity = models.PositiveIntegerField("数量")
    unit_price = MoneyField("单价")
    amount = MoneyField("金额")

    class Meta:
        app_label = "procurement"
        ordering = ["n"]


class Milestone(models.Model):
    """One payment milestone (付款节点): its share in percent of the lines it covers, its day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="milestones")
    n = models.PositiveSmallIntegerField()
    name = models.CharField("节点", max_length=60)
    share = models.PositiveSmallIntegerField("比例（%）")
    due_on = models.DateField("应完成")

    class Meta:
        app_label = "procurement"
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["contract", "n"], name="milestone_once")]


class ContractStandard(models.Model):
    """One service standard of the contract (服务水平标准), checked item by item at acceptance."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="standards")
    n = models.PositiveSmallIntegerField()
    name = models.CharField("标准", max_length=60)
    target = models.CharField("要求", max_length=120)
    evidence = models.CharField("怎么核", max_length=120)

    class Meta:
        app_label = "procurement"
        ordering = ["n"]


class ContractFunding(models.Model):
    """What the contract takes of one allocation (资金占用), in yuan."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="fundings")
    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField("金额")

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["contract", "allocation"], name="contract_funding_once")]


class ContractPause(models.Model):
    """One pause (暂停履约): why, how long it was to last, how long it lasted, and by how many days the end moved.

    rule  the dated rule by which the end moved, in words, as it stood when the contract went on
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="pauses")
    paused_on = models.DateField("暂停")
    days = models.PositiveSmallIntegerField("预计天数")
    reason = models.CharField("事由", max_length=400)
    status_before = models.CharField(max_length=32)
    resumed_on = models.DateField("恢复", null=True, blank=True)
    moved_days = models.PositiveSmallIntegerField("顺延天数", null=True, blank=True)
    ends_before = models.DateField("原结束日期", null=True, blank=True)
    ends_after = models.DateField("顺延后结束日期", null=True, blank=True)
    rule = models.CharField("依据", max_length=240, blank=True)

    class Meta:
        app_label = "procurement"
        ordering = ["paused_on"]
        constraints = [
            models.UniqueConstraint(fields=["contract"], condition=Q(resumed_on=None), name="one_pause_at_a_time")
        ]


class Signed(models.Model):
    """What one signature (签订) says: who, for which side, on exactly the PDF of this digest, and how.

    method  by password on the platform, or by a stamped scan (盖章扫描件) of the printed PDF, whose file is `scan`
    """

    SIDES = [("buyer", "采购人"), ("provider", "承接单位")]
    METHODS = [("platform", "平台签字"), ("scan", "盖章扫描件")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    side = models.CharField("方", max_length=10, choices=SIDES)
    signer_key = models.CharField(max_length=64)
    signer_name = models.CharField("签订人", max_length=64)
    organization_name = models.CharField("单位", max_length=100)
    digest = models.CharField("摘要", max_length=64)
    method = models.CharField("方式", max_length=10, choices=METHODS, default="platform")
    scan = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        abstract = True
        ordering = ["at"]


class Signature(Signed):
    """One signature on a contract; void when the text went back to draft."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="signatures")
    voided_at = models.DateTimeField("作废", null=True, blank=True)

    class Meta(Signed.Meta):
        app_label = "procurement"
