"""Expenses (支出) of a contract's special account (专账), with the papers that prove them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate, Organization
from core.documents import Document
from core.money import MoneyField
from procurement.budgets.models import Allocation, BudgetLine
from procurement.contracts.models import Contract, ContractLine
from procurement.expenses.lifecycle import EXPENSE
from procurement.projects.models import CostLine


class Expense(BuyerAggregate):
    """One payment that the provider made under a contract; amount in yuan.

    line, cost_class  the priced line it is spent on, and that line's class as the bid named it
    allocation        out of which of the contract's funds: public money, or a donation with its purpose
    budget_line       that fund's line of the budget, written with it: the year's sums are read by it
    spent_on          the day on which the provider paid
    usage             what it was for, in the coded words that caps and forbidden uses go by
    invoice_code      10 or 12 digits, "" for the fully digital invoice whose number has 20
    """

    journal_name = "procurement.expense"
    lifecycle = EXPENSE

    USAGES = [
        ("activity", "活动"),
        ("materials", "物资"),
        ("venue", "场地"),
        ("meals", "餐饮"),
        ("transport", "交通"),
        ("insurance", "保险"),
        ("expert", "专家培训"),
        ("publicity", "宣传"),
        ("staff", "人员补贴"),
        ("volunteer", "志愿者补贴"),
        ("office", "办公管理"),
        ("tax", "税费"),
        ("assets", "固定资产"),
        ("building", "基建装修"),
        ("gifts", "慰问品、礼品"),
        ("cash", "现金发放给服务对象"),
        ("other", "其他"),
    ]
    METHODS = [("transfer", "转账"), ("card", "公务卡"), ("cash", "现金")]
    VOUCHERS = [("invoice", "发票"), ("payroll", "发放表"), ("tax", "完税凭证"), ("receipt", "财政票据")]

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="expenses", verbose_name="合同")
    provider = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="expenses", verbose_name="承接单位"
    )
    line = models.ForeignKey(ContractLine, on_delete=models.PROTECT, related_name="expenses", verbose_name="合同明细")
    cost_class = models.CharField("类别", max_length=12, choices=CostLine.CLASSES)
    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="+", verbose_name="资金来源")
    budget_line = models.ForeignKey(BudgetLine, on_delete=models.PROTECT, related_name="+", verbose_name="预算线")
    usage = models.CharField("用途", max_length=12, choices=USAGES)
    amount = MoneyField("金额")
    spent_on = models.DateField("支付日期")
    payee = models.CharField("收款方", max_length=80)
    method = models.CharField("支付方式", max_length=10, choices=METHODS, default="transfer")
    voucher_kind = models.CharField("凭证", max_length=10, choices=VOUCHERS, default="invoice")
    invoice_code = models.CharField("发票代码", max_length=12, blank=True)
    invoice_number = models.CharField("发票号码", max_length=20, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)
    entered_by_name = models.CharField("登记人", max_length=64)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    judged_at = models.DateTimeField("审核时间", null=True, blank=True)
    judged_by_name = models.CharField("审核人", max_length=64, blank=True)
    question = models.CharField("财务的问题或理由", max_length=400, blank=True)
    answer = models.CharField("承接单位的说明", max_length=400, blank=True)

    class Meta:
        app_label = "procurement"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="expense_positive"),
            # Of every provider on the platform: one invoice is paid for once. What was refused or taken back frees it.
            models.UniqueConstraint(
                fields=["invoice_code", "invoice_number"],
                condition=~Q(invoice_number="") & ~Q(status__in=("rejected", "withdrawn")),
                name="invoice_once",
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "status", "spent_on"], name="expense_of_contract"),
            models.Index(fields=["buyer", "status"], name="expense_of_buyer"),
            models.Index(fields=["provider", "status"], name="expense_of_provider"),
            models.Index(fields=["buyer", "-spent_on"], name="expense_latest"),
            models.Index(fields=["provider", "-spent_on"], name="expense_of_provider_latest"),
            # Sums read from the index alone: what was accepted of each budget line, and all that was handed in.
            models.Index(fields=["budget_line", "amount"], condition=Q(status="accepted"), name="expense_accepted"),
            models.Index(fields=["buyer", "amount"], condition=Q(submitted_at__isnull=False), name="expense_handed_in"),
        ]

    def __str__(self) -> str:
        return f"{self.payee} · {self.get_usage_display()}"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.contract.case_key

    @property
    def source(self) -> str:
        """fiscal | donation: what was given for a purpose is kept apart from every other money."""
        return "donation" if self.budget_line.source == "donation" else "fiscal"

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("expenses:detail", args=[self.pk])


class ExpenseFile(models.Model):
    """One paper of an expense (凭证): invoice, payroll list, slip of payment."""

    expense = models.ForeignKey(Expense, on_delete=models.PROTECT, related_name="files")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "procurement"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["expense", "document"], name="expense_file_once")]
