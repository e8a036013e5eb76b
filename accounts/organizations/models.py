"""Organizations (单位): buyers, providers, evaluators, oversight offices, streets."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse

from accounts.organizations.lifecycle import ORGANIZATION
from accounts.regions.models import Region
from core import clock
from core.aggregates import Aggregate
from core.documents import Document


class Organization(Aggregate):
    """One legal body or office.

    establishment_type and funding_type gate the buyer's role (参照执行 needs 行政编制 and fiscal funds; domain.md 0.1.1).
    number_prefix  the issuing words of its 文号: "五青"
    account_change_by  user key of who proposed a bank account that waits for a second person; "" for none
    incubated_by   the mass organization that incubated it: a related-party flag, disclosure and recusal (fact 12)
    """

    journal_name = "accounts.organization"
    lifecycle = ORGANIZATION

    KINDS = [
        ("buyer", "群团组织"),
        ("provider", "承接主体"),
        ("evaluator", "评估机构"),
        ("oversight", "监管部门"),
        ("street", "街道社区"),
        ("platform", "平台管理"),
    ]
    PROVIDER_KINDS = [
        ("association", "社会团体"),
        ("service", "社会服务机构"),
        ("foundation", "基金会"),
        ("enterprise", "企业"),
        ("social_enterprise", "社会企业"),
    ]
    ESTABLISHMENTS = [("administrative", "行政编制"), ("public_institution", "事业编制"), ("none", "无编制")]
    FUNDINGS = [("fiscal_full", "财政全额保障"), ("fiscal_part", "财政差额补助"), ("self", "自收自支")]

    kind = models.CharField("类别", max_length=16, choices=KINDS)
    name = models.CharField("名称", max_length=100, unique=True)
    short_name = models.CharField("简称", max_length=30, blank=True)
    uscc = models.CharField("统一社会信用代码", max_length=18, unique=True, null=True, blank=True)
    number_prefix = models.CharField("文号字头", max_length=12, blank=True)
    provider_kind = models.CharField("组织类型", max_length=20, choices=PROVIDER_KINDS, blank=True)
    establishment_type = models.CharField("编制", max_length=24, choices=ESTABLISHMENTS, default="none")
    funding_type = models.CharField("经费", max_length=16, choices=FUNDINGS, default="self")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="organizations", verbose_name="所在区域")
    address = models.CharField("住所", max_length=160, blank=True)
    legal_representative = models.CharField("法定代表人", max_length=40, blank=True)
    contact_name = models.CharField("联系人", max_length=40, blank=True)
    contact_phone = models.CharField("联系电话", max_length=20, blank=True)
    scope = models.TextField("业务范围", max_length=1000, blank=True)
    bank_name = models.CharField("开户银行", max_length=80, blank=True)
    bank_account = models.CharField("银行账号", max_length=40, blank=True)
    account_change_by = models.CharField(max_length=64, blank=True, editable=False)
    account_confirmed = models.BooleanField(default=False, editable=False)
    incubated_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="incubates", verbose_name="孵化单位"
    )
    return_reason = models.CharField("退回理由", max_length=300, blank=True)
    suspended_until = models.DateField("暂停至", null=True, blank=True)
    suspension_reason = models.CharField("暂停理由", max_length=300, blank=True)
    credit_grade = models.CharField("最近的评价等级", max_length=2, blank=True, editable=False)
    credit_on = models.DateField("评价日期", null=True, blank=True, editable=False)

    class Meta:
        app_label = "accounts"
        indexes = [models.Index(fields=["kind", "status"], name="organization_kind")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("organizations:detail", args=[self.pk])

    @property
    def may_buy(self) -> bool:
        """Whether the law lets it buy by reference: administrative establishment paid by fiscal funds (R5)."""
        return (
            self.kind == "buyer" and self.establishment_type == "administrative" and self.funding_type == "fiscal_full"
        )

    @property
    def is_suspended(self) -> bool:
        """Whether it is debarred today: the end date counts, whether or not the clock's task has come round."""
        return self.status == "suspended" and (self.suspended_until is None or clock.today() <= self.suspended_until)

    @property
    def may_bid(self) -> bool:
        """Whether it may hand in bids today: a provider, verified, not suspended."""
        return self.kind == "provider" and self.status in {"verified", "suspended"} and not self.is_suspended

    @property
    def masked_account(self) -> str:
        """The bank account with its middle hidden."""
        return (
            f"{self.bank_account[:4]} **** {self.bank_account[-4:]}"
            if len(self.bank_account) > 8
            else self.bank_account
        )


class OrganizationDocument(models.Model):
    """One paper of an organization with its expiry (资质文件)."""

    KINDS = [
        ("registration", "登记证书"),
        ("annual_check", "年检结论"),
        ("finance", "财务报告"),
        ("tax", "完税与社保证明"),
        ("no_violation", "无重大违法声明"),
        ("safeguarding", "未成年人保护承诺"),
        ("other", "其他"),
    ]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="documents")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("种类", max_length=20, choices=KINDS)
    issued_on = models.DateField("签发日期", null=True, blank=True)
    expires_on = models.DateField("有效期至", null=True, blank=True)

    class Meta:
        app_label = "accounts"
        ordering = ["kind", "-expires_on"]

    @property
    def expiry(self) -> str:
        """valid | soon (within 30 days) | expired."""
        if self.expires_on is None:
            return "valid"
        days = (self.expires_on - clock.today()).days
        return "expired" if days < 0 else "soon" if days <= 30 else "valid"


class CreditRecord(models.Model):
    """One entry of an organization's credit (信用记录): what an evaluation found, from where. Rows only grow.

    source_key  names what it comes from; the same source is entered once
    """

    append_only = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="credits")
    grade = models.CharField("等级", max_length=2)
    points = models.CharField("得分", max_length=8)
    title = models.CharField("项目", max_length=160)
    source = models.CharField("依据", max_length=60)
    source_key = models.CharField(max_length=120, unique=True)
    on = models.DateField("日期")
    recorded_by_name = models.CharField("登记人", max_length=64)

    class Meta:
        app_label = "accounts"
        ordering = ["-on", "source_key"]


class BankAccountChange(models.Model):
    """A new bank account (收款账户变更): one person proposes, another confirms, 24 hours later it holds (house.md 4b.15).

    takes_effect_at  a day after the confirmation; until then either side may stop it
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="account_changes")
    bank_name = models.CharField("开户银行", max_length=80)
    bank_account = models.CharField("银行账号", max_length=40)
    proposed_by_key = models.CharField(max_length=64)
    proposed_by_name = models.CharField("提出人", max_length=64)
    proposed_at = models.DateTimeField("提出时间", default=clock.now)
    confirmed_by_key = models.CharField(max_length=64, blank=True)
    confirmed_by_name = models.CharField("复核人", max_length=64, blank=True)
    confirmed_at = models.DateTimeField("复核时间", null=True, blank=True)
    takes_effect_at = models.DateTimeField("生效时间", null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "accounts"
        ordering = ["-proposed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(applied_at__isnull=True, stopped_at__isnull=True),
                name="one_open_account_change",
            )
        ]

    @property
    def masked_account(self) -> str:
        """The account with its middle hidden."""
        return f"{self.bank_account[:4]} **** {self.bank_account[-4:]}"


class BuyerAggregate(Aggregate):
    """An aggregate that belongs to one buyer and one place: what isolation compares (house.md 4b.5)."""

    buyer = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", verbose_name="采购人")
    region_path = models.CharField(max_length=64, db_index=True)

    class Meta:
        abstract = True
