"""Special audits (专项审计): team, programme, working papers with their evidence, replies, findings with their proof."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate, Organization
from accounts.users.models import User
from audit.engagements.lifecycle import ENGAGEMENT, FINDING
from core import clock
from core.documents import Document
from core.money import ZERO, MoneyField
from procurement.contracts.models import Contract


class Engagement(BuyerAggregate):
    """One special audit of one contract.

    team           [{"key", "name", "role", "organization"}]: the members as they sit in it, the lead first
    field_on       the day on which the field work begins;  due_on: by when the draft is to be out
    opinion        what the team finds as a whole (审计评价);  reply_due_at: until when both sides may answer the draft
    """

    journal_name = "audit.engagement"
    lifecycle = ENGAGEMENT

    number = models.CharField("文号", max_length=40, unique=True, null=True, blank=True)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="engagements", verbose_name="合同")
    provider = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", verbose_name="承接单位")
    reason = models.CharField("审计缘由", max_length=400)
    team = models.JSONField(default=list)
    lead_key = models.CharField(max_length=64)
    lead_name = models.CharField("组长", max_length=64)
    field_on = models.DateField("进点日期")
    due_on = models.DateField("完成日期")
    notified_at = models.DateTimeField("通知时间", null=True, blank=True)
    opinion = models.TextField("审计评价", max_length=4000, blank=True)
    draft_sent_at = models.DateTimeField("征求意见时间", null=True, blank=True)
    reply_due_at = models.DateTimeField("答复期限", null=True, blank=True)
    conclusion = models.TextField("对答复的采纳情况", max_length=2000, blank=True)
    report_number = models.CharField("报告文号", max_length=40, unique=True, null=True, blank=True)
    issued_at = models.DateTimeField("报告时间", null=True, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)

    class Meta:
        app_label = "audit"
        constraints = [
            models.UniqueConstraint(
                fields=["contract"],
                condition=~Q(status__in=("closed", "cancelled")),
                name="one_open_engagement_a_contract",
            )
        ]
        indexes = [
            models.Index(fields=["buyer", "status", "due_on"], name="engagement_of_buyer"),
            models.Index(fields=["provider", "status"], name="engagement_of_provider"),
            models.Index(fields=["due_on"], name="engagement_due"),
        ]

    def __str__(self) -> str:
        return f"专项审计：{self.contract.title}"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.contract.case_key

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("engagements:detail", args=[self.number or self.pk])


class TeamMember(models.Model):
    """One member of the joint team (审计组成员): for which body they sit in it."""

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField("代表", max_length=24)
    is_lead = models.BooleanField("组长", default=False)

    class Meta:
        app_label = "audit"
        ordering = ["-is_lead", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "user"], name="team_member_once"),
            models.UniqueConstraint(fields=["engagement"], condition=Q(is_lead=True), name="one_lead_a_team"),
        ]


class ProgrammeItem(models.Model):
    """One item of the programme (审计事项): what should be, what the platform has, how it is looked at.

    scope    process | tasks | funds, the three of the letter
    origin   what it was generated from: "line", "milestone", "expenses" …, "own" for what the team added
    address  the page at work on which the platform's record stands, "" where there is none
    subject  journal key of that record, by which a finding and a sample are joined to it; "" where there is none
    """

    SCOPES = [("process", "服务过程"), ("tasks", "任务完成"), ("funds", "资金使用")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="items")
    n = models.PositiveSmallIntegerField("序号")
    scope = models.CharField("范围", max_length=8, choices=SCOPES)
    origin = models.CharField(max_length=16)
    title = models.CharField("事项", max_length=120)
    expected = models.CharField("应有", max_length=300)
    recorded = models.CharField("平台记录", max_length=300, blank=True)
    method = models.CharField("怎么审", max_length=300)
    address = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=96, blank=True)

    class Meta:
        app_label = "audit"
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["engagement", "n"], name="programme_item_once")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page: the working papers."""
        return reverse("engagements:item", args=[self.pk])


class WorkingPaper(models.Model):
    """One version of an item's working paper (审计工作底稿); a better one is a new version, what was written stays."""

    append_only = True

    CONCLUSIONS = [("ok", "符合"), ("issue", "发现问题"), ("na", "不适用")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(ProgrammeItem, on_delete=models.PROTECT, related_name="papers")
    n = models.PositiveSmallIntegerField("版次")
    facts = models.TextField("查明的事实", max_length=4000)
    conclusion = models.CharField("结论", max_length=8, choices=CONCLUSIONS)
    written_by_key = models.CharField(max_length=64)
    written_by_name = models.CharField("编制人", max_length=64)
    at = models.DateTimeField("编制时间", default=clock.now)

    class Meta:
        app_label = "audit"
        ordering = ["-n"]
        constraints = [models.UniqueConstraint(fields=["item", "n"], name="working_paper_once")]


class PaperEvidence(models.Model):
    """One document behind a working paper (审计证据): brought by the team, or one that the platform already keeps."""

    append_only = True

    paper = models.ForeignKey(WorkingPaper, on_delete=models.PROTECT, related_name="evidence")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    is_platform = models.BooleanField("平台已有", default=False)

    class Meta:
        app_label = "audit"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["paper", "document"], name="paper_evidence_once")]


class DraftReply(models.Model):
    """What one side says to the draft (对征求意见稿的答复), once."""

    append_only = True

    SIDES = [("buyer", "采购人"), ("provider", "承接单位")]

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="replies")
    side = models.CharField("方", max_length=10, choices=SIDES)
    agrees = models.BooleanField("没有异议")
    text = models.TextField("意见", max_length=2000, blank=True)
    by_name = models.CharField("答复人", max_length=64)
    at = models.DateTimeField("答复时间", default=clock.now)

    class Meta:
        app_label = "audit"
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["engagement", "side"], name="draft_reply_once")]


class AuditFinding(BuyerAggregate):
    """One finding (审计发现): fact, amount in yuan, clause, what is asked, by whom, until when.

    responsible  buyer | provider: who puts it right;  rounds: how often it was reported
    """

    journal_name = "audit.finding"
    lifecycle = FINDING

    KINDS = [
        ("volume", "服务量不实"),
        ("quality", "服务标准未达到"),
        ("late", "未按期完成"),
        ("voucher", "票据不合规"),
        ("scope", "超范围、超标准支出"),
        ("mixed", "资金未专账核算"),
        ("process", "程序不规范"),
        ("other", "其他"),
    ]
    SIDES = [("buyer", "采购人"), ("provider", "承接单位")]

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="findings")
    item = models.ForeignKey(ProgrammeItem, on_delete=models.PROTECT, related_name="findings", verbose_name="审计事项")
    n = models.PositiveSmallIntegerField("序号")
    kind = models.CharField("类型", max_length=10, choices=KINDS)
    title = models.CharField("问题", max_length=120)
    statement = models.TextField("事实", max_length=2000)
    amount = MoneyField("涉及金额", default=ZERO)
    clause = models.CharField("依据条款", max_length=200)
    demand = models.CharField("整改要求", max_length=400)
    responsible = models.CharField("责任方", max_length=10, choices=SIDES)
    due_on = models.DateField("整改期限")
    answer = models.TextField("整改情况", max_length=2000, blank=True)
    put_right = MoneyField("已纠正金额", default=ZERO)
    answered_at = models.DateTimeField("报告时间", null=True, blank=True)
    answered_by_name = models.CharField("报告人", max_length=64, blank=True)
    rounds = models.PositiveSmallIntegerField("报告次数", default=0)
    verified_at = models.DateTimeField("核验时间", null=True, blank=True)
    verified_by_name = models.CharField("核验人", max_length=64, blank=True)

    class Meta:
        app_label = "audit"
        constraints = [
            models.UniqueConstraint(fields=["engagement", "n"], name="audit_finding_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="finding_amount_positive"),
            models.CheckConstraint(condition=Q(put_right__gte=0), name="finding_put_right_positive"),
        ]
        indexes = [
            models.Index(fields=["buyer", "status", "due_on"], name="finding_of_buyer"),
            models.Index(fields=["status", "due_on"], name="finding_due"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.engagement.case_key

    @property
    def is_late(self) -> bool:
        """Whether it is past its day and not yet reported."""
        return self.status == "open" and clock.end_of_day(self.due_on) < clock.now()

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("findings:detail", args=[self.pk])


class FindingFile(models.Model):
    """One proof of what was put right (整改证明)."""

    append_only = True

    finding = models.ForeignKey(AuditFinding, on_delete=models.PROTECT, related_name="files")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField("第几次报告")

    class Meta:
        app_label = "audit"
        ordering = ["pk"]
