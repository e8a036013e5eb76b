"""Forms of the expense (支出): the entry, made on a phone too, the answer, the workbook, the selection that finance accepts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.documents import SPREADSHEETS
from core.forms import FileFormField, FilesFormField, VerbForm
from core.money import MoneyFormField
from procurement.budgets.models import Allocation
from procurement.contracts.models import Contract, ContractLine
from procurement.expenses.models import Expense
from procurement.expenses.operations import MAX_FILES
from procurement.expenses.queries import CLASSES, cost_options
from procurement.rules.queries import parameter


class ExpenseForm(VerbForm):
    """One expense: on what, how much, when, to whom, with which paper. What may not be paid for is not offered."""

    line: Any = forms.ModelChoiceField(label="合同明细", queryset=ContractLine.objects.none(), empty_label="请选择")
    usage = forms.ChoiceField(label="用途", choices=[("", "请选择"), *Expense.USAGES])
    amount = MoneyFormField(label="金额")
    spent_on = forms.DateField(
        label="支付日期",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="实际付款那一天。",
    )
    payee = forms.CharField(label="收款方", max_length=80)
    method = forms.ChoiceField(label="支付方式", choices=Expense.METHODS, widget=forms.RadioSelect, initial="transfer")
    allocation: Any = forms.ModelChoiceField(
        label="资金来源", queryset=None, empty_label=None, widget=forms.RadioSelect
    )
    voucher_kind = forms.ChoiceField(
        label="凭证", choices=Expense.VOUCHERS, widget=forms.RadioSelect, initial="invoice"
    )
    invoice_number = forms.CharField(
        label="发票号码",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text="8 位；全电发票 20 位。一张发票在全平台只能登记一次。",
    )
    invoice_code = forms.CharField(
        label="发票代码",
        max_length=24,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text="10 或 12 位；全电发票没有，空着。",
    )
    papers = FilesFormField(
        label="凭证文件",
        least=0,
        most=MAX_FILES,
        help_text="发票、发放表、支付回单的照片或 PDF。可以先登记，提交审核前补上。",
    )
    note = forms.CharField(label="说明", max_length=200, required=False)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract
        classes = {option.line.pk: CLASSES.get(option.cost_class, "") for option in cost_options(contract)}
        fundings = contract.fundings.select_related("allocation__line")
        rows = {each.allocation_id: each.allocation for each in fundings}
        of_line: Any = lambda row: f"{row.name}（{classes.get(row.pk, '')}）"  # noqa: E731
        chosen: dict[str, Any] = {
            "line": (contract.lines.all(), of_line),
            "allocation": (Allocation.objects.filter(pk__in=rows).select_related("line"), _source),
        }
        for name, (found, label) in chosen.items():
            picked: Any = self.fields[name]
            picked.queryset, picked.label_from_instance = found, label
        if len(rows) == 1:
            self.initial.setdefault("allocation", next(iter(rows)))
        forbidden = parameter("expenses.forbidden", on=contract.starts_on)
        field = self.fields["usage"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("请选择")), *(each for each in Expense.USAGES if each[0] not in forbidden.value)]
        words = "、".join(forbidden.value.values())
        field.help_text = _("不能列支：%(words)s。") % {"words": words}

    def clean_invoice_number(self) -> str:
        """Spaces of a number copied from paper are no digits."""
        return str(self.cleaned_data["invoice_number"]).replace(" ", "")

    def clean_invoice_code(self) -> str:
        """The same for the code."""
        return str(self.cleaned_data["invoice_code"]).replace(" ", "")


class EditForm(ExpenseForm):
    """The same entry again; papers are added to those that are there."""

    template = "procurement/expenses/enter.html"

    def __init__(self, *args: Any, thing: Expense, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, contract=thing.contract, **kwargs)
        names = ("line", "usage", "amount", "spent_on", "payee", "method", "allocation", "voucher_kind", "note")
        self.initial.update({name: getattr(thing, name) for name in (*names, "invoice_code", "invoice_number")})


class AnswerForm(VerbForm):
    """What the provider says to a question, with further papers."""

    answer = forms.CharField(label="说明", max_length=400, widget=forms.Textarea(attrs={"rows": 3}))
    papers = FilesFormField(label="补充凭证", least=0, most=MAX_FILES)

    def __init__(self, *args: Any, thing: Expense, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.fields["answer"].help_text = _("财务的问题：%(question)s") % {"question": thing.question}


class WorkbookForm(VerbForm):
    """The workbook, filled after our template."""

    file = FileFormField(label="表格", kinds=SPREADSHEETS, help_text="xlsx 或 CSV，第一行是列名，一次最多 500 笔。")


class AcceptForm(forms.Form):
    """Which of the waiting expenses are accepted together."""

    expenses: Any = forms.ModelMultipleChoiceField(
        label="支出",
        queryset=None,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选一笔。", "invalid_choice": "有一笔已经不在待审核里，请刷新后再选。"},
    )

    def __init__(self, *args: Any, rows: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["expenses"]
        if isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = rows


def _source(allocation: Any) -> str:
    line = allocation.line
    purpose = _("，限定用途：%(purpose)s") % {"purpose": line.purpose} if line.purpose else ""
    return f"{line.get_source_display()} · {line.name}{purpose}"
