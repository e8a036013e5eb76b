"""Forms of the budget (预算)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core import clock
from core.forms import VerbForm
from core.money import MoneyFormField
from procurement.budgets.models import BudgetLine


class RequestLineForm(forms.Form):
    """What the finance officer asks for (申请预算线)."""

    fiscal_year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    code = forms.CharField(label=_("编号"), max_length=24, help_text=_("部门预算里的项目编号，同年不能重复"))
    name = forms.CharField(label=_("名称"), max_length=80)
    requested_amount = MoneyFormField(label=_("申请数"), min_value=None)
    source = forms.ChoiceField(label=_("资金来源"), choices=BudgetLine.SOURCES, widget=forms.RadioSelect)
    purpose = forms.CharField(
        label=_("限定用途"), max_length=200, required=False, help_text=_("捐赠资金必填：捐赠人限定只能用于什么")
    )
    function_class = forms.CharField(label=_("功能分类"), max_length=60, initial="2012999 其他群众团体事务支出")
    economic_class = forms.CharField(label=_("经济分类"), max_length=60, initial="30227 委托业务费")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("fiscal_year", clock.today().year)
        self.initial.setdefault("source", "fiscal")


class ApproveLineForm(VerbForm):
    """The approved amount; what was asked for stands in it."""

    approved_amount = MoneyFormField(label=_("批复数"), min_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("approved_amount", self.thing.requested_amount)


class AdjustForm(VerbForm):
    """The new amount of an approved line, with a reason."""

    approved_amount = MoneyFormField(label=_("调整后的批复数"), min_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("approved_amount", self.thing.approved_amount)
