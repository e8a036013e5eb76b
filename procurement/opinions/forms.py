"""Forms of the questionnaire (问卷): until when, and the five questions that anybody answers on a phone."""

from __future__ import annotations

from django import forms

from core.forms import VerbForm
from procurement.opinions.models import Opinion

HONEST = {"required": "请选一个。"}


class OpenForm(VerbForm):
    """Until when it is collected."""

    closes_on = forms.DateField(label="收集到哪天", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))


def _marks(label: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=Opinion.MARKS, coerce=int, widget=forms.RadioSelect, error_messages=HONEST
    )


class OpinionForm(forms.Form):
    """Four marks, one yes or no, and what one would like to say."""

    overall = _marks("总的来说，您满意吗？")
    punctual = _marks("活动按说好的时间地点办了吗？")
    attitude = _marks("工作人员的态度怎么样？")
    useful = _marks("对您或孩子有帮助吗？")
    recommends = forms.TypedChoiceField(
        label="愿意推荐给别人吗？", choices=[("yes", "愿意"), ("no", "不愿意")], coerce=lambda value: value == "yes",
        widget=forms.RadioSelect, error_messages=HONEST,
    )  # fmt: skip
    words = forms.CharField(
        label="还想说什么（可以不填，请不要写姓名和电话）", max_length=300, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
