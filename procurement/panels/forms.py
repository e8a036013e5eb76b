"""The forms of a panel: the draw, and an expert's declaration."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core import clock
from core.forms import VerbForm
from procurement.panels.queries import bidders
from procurement.rules.queries import calendar


class DrawForm(VerbForm):
    """How many experts, and by which day their sheets are due."""

    size = forms.TypedChoiceField(
        label=_("评审组人数"), coerce=int, choices=[(n, f"{n} 人") for n in (3, 5, 7)], widget=forms.RadioSelect
    )
    due_on = forms.DateField(
        label=_("评分截止日"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("当天 18:00 截止。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("size", 3)
        self.initial.setdefault("due_on", calendar().next_working_day(clock.today() + timedelta(days=1)))


class DeclareForm(VerbForm):
    """One expert's declaration. The bidders stand above the question by name, without their letters."""

    template = "procurement/panels/declare.html"

    answer = forms.ChoiceField(
        label=_("近三年内，您与上列单位有没有利害关系"),
        choices=[("none", _("没有，可以参加评审")), ("conflict", _("有，申请回避"))],
        widget=forms.RadioSelect,
        help_text=_("任职、担任董事监事、持股控制、与法定代表人有亲属关系，以及其他可能影响公正的关系，都要回避。"),
    )
    text = forms.CharField(
        label=_("是哪一种关系"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("申请回避的，请写明单位和关系。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bidders = [organization.name for organization in bidders(self.thing.lot)]
