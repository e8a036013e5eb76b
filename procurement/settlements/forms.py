"""Forms of the settlement (结算)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.forms import VerbForm
from core.money import ZERO, MoneyFormField
from procurement.settlements.amounts import GRADES

ROWS = 3


class DrawForm(VerbForm):
    """What is settled is in the address; the form asks only for deductions, each with its clause."""

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind == "supplementary":
            self.fields["grade"] = forms.ChoiceField(
                label="评价等级", required=False, choices=[("", "不变"), *[(grade, grade) for grade in GRADES]]
            )
        if kind == "final":
            self.fields["return_unspent"] = forms.BooleanField(
                label="按专账退回结余", required=False, help_text="合同约定按实列支的勾选；扣减多少由平台按专账算。"
            )
        for n in range(1, ROWS + 1):
            self.fields[f"clause_{n}"] = forms.CharField(
                label=_("扣减 %(n)s：依据条款") % {"n": n}, max_length=60, required=False
            )
            self.fields[f"reason_{n}"] = forms.CharField(
                label=_("扣减 %(n)s：事由") % {"n": n}, max_length=200, required=False
            )
            self.fields[f"amount_{n}"] = MoneyFormField(label=_("扣减 %(n)s：金额") % {"n": n}, required=False)

    def clean(self) -> dict[str, Any]:
        """The rows that are filled in, as (clause, reason, yuan); a half-filled one is refused at its amount."""
        cleaned = super().clean() or {}
        cuts = []
        for n in range(1, ROWS + 1):
            clause, reason = cleaned.pop(f"clause_{n}", ""), cleaned.pop(f"reason_{n}", "")
            amount = cleaned.pop(f"amount_{n}", None)
            if clause or reason or amount:
                if not (clause and reason and amount and amount > ZERO):
                    self.add_error(f"amount_{n}", _("一笔扣减要写全条款、事由和金额；没有扣减就都留空。"))
                else:
                    cuts.append((clause, reason, amount))
        return {**cleaned, "deductions": cuts}


class ApproveForm(VerbForm):
    """The leadership types the amount once more; the operation itself takes no figure."""

    amount = MoneyFormField(label="金额", help_text="请照抄上面的应付（应退）金额再输入一遍，可以粘贴。")

    def clean(self) -> dict[str, Any]:
        """The amount as it stands, or its figure in the sentence."""
        cleaned = super().clean() or {}
        typed, wanted = cleaned.pop("amount", None), abs(self.thing.payable_amount)
        if typed is not None and typed != wanted:
            self.add_error(
                "amount",
                _("您输入 %(typed)s 元，这笔结算是 %(wanted)s 元。请核对后重新输入。")
                % {"typed": f"{typed:,.2f}", "wanted": f"{wanted:,.2f}"},
            )
        return cleaned


class ConcludeForm(VerbForm):
    """Conclude what pays nothing; a refund names its receipt."""

    voucher_number = forms.CharField(
        label="退款凭证号", max_length=60, required=False, help_text="有应退款时必填：退款到账的凭证号。"
    )
