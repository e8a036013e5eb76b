"""Forms of the auditor's desk: filters of the tables, drawing, judging, concluding, taking into an audit."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from accounts.organizations.models import Organization
from audit.engagements.models import Engagement
from audit.engagements.queries import visible_engagements
from audit.permissions.engagements import can_audit
from audit.tracing.models import Sample, SampleItem
from audit.tracing.operations import MAX_FILES
from core.forms import FilesFormField, VerbForm
from core.money import ZERO, MoneyFormField
from procurement.budgets.models import BudgetLine
from procurement.expenses.models import Expense


class MoneyFilter(django_filters.Filter):
    """An amount in yuan as people type it."""

    field_class = MoneyFormField


class LineFilter(django_filters.FilterSet):
    """The year's lines: words, year, source, buyer."""

    q = django_filters.CharFilter(label="预算名称、编号", method="search")
    year = django_filters.NumberFilter(label="年度", field_name="fiscal_year")
    source = django_filters.ChoiceFilter(label="资金来源", empty_label="全部来源", choices=BudgetLine.SOURCES)
    buyer = django_filters.ModelChoiceFilter(
        label="采购人",
        empty_label="全部采购人",
        queryset=Organization.objects.filter(kind="buyer").only("name").order_by("name"),
    )

    def search(self, rows: QuerySet[BudgetLine], name: str, value: str) -> QuerySet[BudgetLine]:
        """Name or code."""
        return rows.filter(Q(name__icontains=value) | Q(code__icontains=value))


class VoucherFilter(django_filters.FilterSet):
    """Vouchers: words, year, state, usage, method, amounts, days; line and contract by their keys (links set them)."""

    q = django_filters.CharFilter(label="收款方、合同、单位、发票号", method="search")
    year = django_filters.NumberFilter(label="年度", field_name="budget_line__fiscal_year")
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态",
        choices=[(k, s.label) for k, s in Expense.lifecycle.statuses.items() if k != "entered"],
    )  # fmt: skip
    usage = django_filters.ChoiceFilter(label="用途", empty_label="全部用途", choices=Expense.USAGES)
    method = django_filters.ChoiceFilter(label="支付方式", empty_label="全部方式", choices=Expense.METHODS)
    least = MoneyFilter(label="金额不低于", field_name="amount", lookup_expr="gte")
    most = MoneyFilter(label="金额不高于", field_name="amount", lookup_expr="lte")
    spent_on = django_filters.DateFromToRangeFilter(label="支付日期")
    buyer = django_filters.ModelChoiceFilter(
        label="采购人", empty_label="全部采购人",
        queryset=Organization.objects.filter(kind="buyer").only("name").order_by("name"),
    )  # fmt: skip
    line = django_filters.UUIDFilter(field_name="budget_line", label="预算线", widget=forms.HiddenInput)
    contract = django_filters.UUIDFilter(field_name="contract", label="合同", widget=forms.HiddenInput)

    def search(self, rows: QuerySet[Expense], name: str, value: str) -> QuerySet[Expense]:
        """Payee, contract, provider, invoice number."""
        return rows.filter(
            Q(payee__icontains=value)
            | Q(contract__title__icontains=value)
            | Q(contract__number__icontains=value)
            | Q(provider__name__icontains=value)
            | Q(invoice_number__icontains=value)
        )


class DrawForm(VerbForm):
    """A name, the method, how many."""

    title = forms.CharField(label="名称", max_length=80)
    method = forms.ChoiceField(
        label="方法", choices=Sample.METHODS, widget=forms.RadioSelect, initial="monetary",
        help_text="随机：每笔机会相同。货币单元：每一元机会相同，金额大的更容易抽中，达到间隔的必定抽中。",
    )  # fmt: skip
    wanted = forms.IntegerField(label="抽几笔", min_value=1, max_value=200, initial=10)


class JudgeForm(VerbForm):
    """What was found at one voucher."""

    result = forms.ChoiceField(label="结果", choices=SampleItem.RESULTS, widget=forms.RadioSelect)
    error_amount = MoneyFormField(label="不符金额", required=False, help_text="不符时填写。")
    note = forms.CharField(label="核对情况", max_length=400, widget=forms.Textarea(attrs={"rows": 3}))
    papers = FilesFormField(label="上传证据", least=0, most=MAX_FILES)

    def clean_error_amount(self) -> Any:
        """0.00 where nothing was typed."""
        return self.cleaned_data["error_amount"] or ZERO


class ConcludeForm(VerbForm):
    """The conclusion."""

    conclusion = forms.CharField(label="抽样结论", max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))


class FeedForm(VerbForm):
    """Into which audit."""

    engagement = forms.ModelChoiceField(label="专项审计", queryset=Engagement.objects.none(), empty_label="请选择")

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        rows = visible_engagements(actor).filter(status__in=("planned", "notified", "fieldwork"))
        mine = [each.pk for each in rows if can_audit(actor, each)]
        self.fields["engagement"].queryset = rows.filter(pk__in=mine)  # type: ignore[attr-defined]
