"""Forms of the framework (指标体系)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.forms import VerbForm
from evaluation.frameworks.models import Framework, Indicator
from evaluation.frameworks.scoring import AXES, FORMULAS


class FrameworkForm(VerbForm):
    """What a new version is for and what it changes."""

    kind = forms.ChoiceField(label="适用", choices=Framework.KINDS)
    note = forms.CharField(
        label="调整说明", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )  # fmt: skip


class WeightsForm(VerbForm):
    """One weight an indicator; together 100."""

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        for each in thing.indicators.all():
            self.fields[f"w_{each.code}"] = forms.IntegerField(
                label=str(each), min_value=0, max_value=100, initial=each.weight,
                help_text=_("%(level1)s · %(level2)s；填 0 就不用这一项") % {"level1": each.level1, "level2": each.level2},
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Fold the weights into one mapping by code."""
        cleaned = super().clean() or {}
        names = [name for name in cleaned if name.startswith("w_")]
        weights = {name[2:]: cleaned.pop(name) for name in names}
        return {**cleaned, "weights": weights}


class IndicatorForm(VerbForm):
    """One indicator more, scored by the raters."""

    level1 = forms.ChoiceField(label="一级指标", choices=Indicator.LEVELS)
    level2 = forms.CharField(label="二级指标", max_length=20, help_text="例如 质量、社会效益")
    code = forms.RegexField(
        r"^[A-Z]\d+(\.\d+)?$", label="编号", max_length=8, help_text="例如 E3.7",
        error_messages={"invalid": "编号是一个大写字母加数字，例如 E3.7。"},
    )  # fmt: skip
    name = forms.CharField(label="名称", max_length=60)
    weight = forms.IntegerField(label="权重", min_value=1, max_value=100)
    stage = forms.ChoiceField(label="过程或结果", choices=list(AXES["stage"][1].items()))
    horizon = forms.ChoiceField(label="短期或长远", choices=list(AXES["horizon"][1].items()))
    benefit = forms.ChoiceField(label="社会或经济", choices=list(AXES["benefit"][1].items()), required=False)
    block = forms.ChoiceField(label="内容", choices=list(AXES["block"][1].items()))
    formula = forms.ChoiceField(label="公式（w 是权重）", choices=[(key, each.words) for key, each in FORMULAS.items()])
    evidence = forms.CharField(label="需要的证据", max_length=120)
