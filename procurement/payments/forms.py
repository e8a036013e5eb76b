"""Forms of the payment (支付)."""

from __future__ import annotations

from typing import Any

from django import forms

from core import clock
from core.forms import FileFormField, VerbForm
from core.money import MoneyFormField


class ApproveForm(VerbForm):
    """The leadership types the amount once more."""

    template = "procurement/payments/approve.html"

    amount = MoneyFormField(label="金额", help_text="请照抄上面的金额再输入一遍，可以粘贴。")


class InvoiceForm(VerbForm):
    """The provider's invoice, typed from the paper, with the paper."""

    template = "procurement/payments/invoice.html"

    invoice_number = forms.CharField(
        label="发票号码", max_length=40, help_text="8 位；全电发票 20 位。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    invoice_code = forms.CharField(
        label="发票代码", max_length=24, required=False, help_text="10 或 12 位；全电发票没有，空着。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    issued_on = forms.DateField(label="开票日期", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    amount = MoneyFormField(label="价税合计")
    seller_uscc = forms.CharField(label="销售方统一社会信用代码", max_length=18)
    file = FileFormField(label="发票", help_text="PDF 或照片。")

    def clean_invoice_number(self) -> str:
        """Spaces of a number copied from paper are no digits."""
        return str(self.cleaned_data["invoice_number"]).replace(" ", "")

    def clean_invoice_code(self) -> str:
        """The same for the code."""
        return str(self.cleaned_data["invoice_code"]).replace(" ", "")


class BounceForm(VerbForm):
    """The bank's slip of a payment that came back."""

    bounce_voucher = forms.CharField(label="退票凭证号", max_length=60)
    bounced_on = forms.DateField(label="退票日期", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))


class VoucherForm(VerbForm):
    """What the treasury did: its voucher and the day."""

    template = "procurement/payments/approve.html"

    voucher_number = forms.CharField(label="国库支付凭证号", max_length=60)
    paid_on = forms.DateField(label="支付日期", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("paid_on", clock.today())
