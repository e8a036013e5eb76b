"""Forms of pledges and trainings (廉洁承诺、廉政教育)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from accounts.pledges.queries import trainable
from accounts.pledges.starting_list import GROUPS
from accounts.users.models import User
from core import clock
from core.forms import FileFormField, VerbForm


class OpenForm(VerbForm):
    """For which group."""

    group = forms.ChoiceField(label="适用", choices=[(key, name) for key, (name, _roles) in GROUPS.items()])


class PledgeTextForm(VerbForm):
    """The words, and how long a signature counts."""

    body = forms.CharField(label="承诺内容", max_length=4000, widget=forms.Textarea(attrs={"rows": 12}))
    valid_months = forms.IntegerField(
        label="签署后有效（月）", min_value=1, max_value=36, help_text="一般 12 个月，每年签一次。"
    )

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.initial.update(body=thing.body, valid_months=thing.valid_months)


class SignForm(VerbForm):
    """The tick under the words."""

    agreed = forms.BooleanField(label="本人已阅读以上内容，承诺遵守；违反的，愿意接受处理。", required=False)


class TrainingForm(VerbForm):
    """What was held, who took part, the sheet that shows it."""

    title = forms.CharField(label="主题", max_length=100)
    held_on = forms.DateField(label="日期", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    hours = forms.DecimalField(
        label="学时",
        max_digits=4,
        decimal_places=1,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.5"}),
    )
    people = forms.ModelMultipleChoiceField(
        label="参加人员", queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    sheet = FileFormField(label="签到表", help_text="照片、PDF 或文档。")

    def __init__(self, *args: Any, buyer_id: UUID | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = trainable(buyer_id)  # type: ignore[attr-defined]
        self.initial.setdefault("held_on", clock.today())
