"""Forms of the payment (支付)."""

from __future__ import annotations

from typing import Any

from django import forms

from core import clock
from core.forms import VerbForm
from core.money import MoneyFormField


class ApproveForm(VerbForm):
    """The leadership types the amount once more."""

    template = "procurement/payments/approve.html"

    amount = MoneyFormField(label="金额", help_text="请照抄上面的金额再输入一遍，可以粘贴。")


class VoucherForm(VerbForm):
    """What the treasury did: its voucher and the day."""

    template = "procurement/payments/approve.html"

    voucher_number = forms.CharField(label="国库支付凭证号", max_length=60)
    paid_on = forms.DateField(label="支付日期", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("paid_on", clock.today())
