"""Forms of the guiding catalogue (指导性目录)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.items.models import Item
from catalog.items.starting_list import CATEGORIES
from core.forms import VerbForm
from core.money import MoneyFormField


class EditionForm(forms.Form):
    """What a new edition changes, in a sentence."""

    title = forms.CharField(
        label=gettext_lazy("名称"), max_length=100, required=False, help_text=gettext_lazy("不填就用单位名称")
    )
    note = forms.CharField(
        label=gettext_lazy("调整说明"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ItemForm(VerbForm):
    """One item of a draft, with its standards: one a line, three parts divided by 「｜」."""

    code = forms.CharField(label=gettext_lazy("编号"), max_length=16, help_text=gettext_lazy("例如 W03-08"))
    category = forms.ChoiceField(label=gettext_lazy("类别"), choices=list(CATEGORIES.items()))
    name = forms.CharField(label=gettext_lazy("名称"), max_length=80)
    kind = forms.CharField(
        label=gettext_lazy("种类"), max_length=40, help_text=gettext_lazy("例如 社会工作、培训、心理服务")
    )
    nature = forms.ChoiceField(
        label=gettext_lazy("性质"), choices=Item.NATURES, widget=forms.RadioSelect(attrs={"data-layout": "few"})
    )
    content = forms.CharField(label=gettext_lazy("服务内容"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)
    function = forms.CharField(label=gettext_lazy("职能依据"), max_length=120)
    segments = forms.CharField(label=gettext_lazy("服务对象"), max_length=120)
    unit = forms.CharField(
        label=gettext_lazy("计量单位"), max_length=12, help_text=gettext_lazy("场、人次、人、小时、个案、餐、月")
    )
    norm_price = MoneyFormField(label=gettext_lazy("参考单价"))
    low_price = MoneyFormField(label=gettext_lazy("下限"))
    high_price = MoneyFormField(label=gettext_lazy("上限"))
    price_basis = forms.CharField(label=gettext_lazy("价格依据"), max_length=200)
    standing = forms.ChoiceField(label=gettext_lazy("设置"), choices=Item.STANDINGS)
    minors = forms.BooleanField(label=gettext_lazy("涉及未成年人"), required=False)
    gpc_code = forms.CharField(
        label=gettext_lazy("政府采购品目"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("例如 C05020300，须已导入官方目录"),
    )
    standards = forms.CharField(
        label=gettext_lazy("服务标准"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("一行一条：标准｜要求｜怎么核"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("nature", "public")

    def clean_standards(self) -> list[tuple[str, str, str]]:
        """The lines as triples; a line that is not one is named by its number."""
        found = []
        for n, line in enumerate(filter(str.strip, self.cleaned_data["standards"].splitlines()), 1):
            parts = [part.strip() for part in line.replace("|", "｜").split("｜")]
            if len(parts) != 3 or not all(parts):
                raise forms.ValidationError(_("第 %(n)s 行要写三段，用「｜」隔开：标准｜要求｜怎么核。") % {"n": n})
            if len(parts[0]) > 60 or max(len(parts[1]), len(parts[2])) > 120:
                raise forms.ValidationError(_("第 %(n)s 行太长：标准 60 字，要求和核法各 120 字以内。") % {"n": n})
            found.append((parts[0], parts[1], parts[2]))
        return found
