"""Forms of the inspection (检查): the plan, the record made on a phone, the provider's report, the draw."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core import clock
from core.forms import FilesFormField, VerbForm
from procurement.contracts.models import Contract
from procurement.inspections.models import Finding, Inspection
from procurement.inspections.operations import CONCLUSIONS, MAX_FILES, Item

ROWS = 6
DAY = {"type": "date"}


def _day(label: str, help_text: str = "") -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs=DAY), help_text=help_text)


class PlanForm(VerbForm):
    """What is looked at, how and when."""

    kind = forms.ChoiceField(label="方式", choices=Inspection.KINDS, widget=forms.RadioSelect, initial="site")
    planned_on = _day("计划日期", "除中期自查外，承接单位事先看不到。")
    topic = forms.CharField(label="查什么", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class DrawForm(VerbForm):
    """Of which month, how many, how they are looked at."""

    month = forms.ChoiceField(label="月份")
    number = forms.IntegerField(label="抽几场", min_value=1, max_value=100, initial=3)
    kind = forms.ChoiceField(
        label="怎么查", choices=[("phone", "电话回访"), ("site", "现场检查")], widget=forms.RadioSelect, initial="phone"
    )

    def __init__(self, *args: Any, months: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["month"].choices = months  # type: ignore[attr-defined]


class RecordForm(VerbForm):
    """What was found, item by item; the standards of the contract stand there to begin with."""

    template = "procurement/inspections/record.html"

    held_on = _day("检查日期")
    visitors = forms.CharField(label="检查人", max_length=120, help_text="现场检查至少两人，用顿号分开。")
    outcome = forms.ChoiceField(label="怎么处理", choices=list(CONCLUSIONS.items()), widget=forms.RadioSelect)
    conclusion = forms.CharField(label="检查结论", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    papers = FilesFormField(label="照片、记录", least=0, most=MAX_FILES)

    def __init__(self, *args: Any, thing: Inspection, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.initial.setdefault("held_on", f"{clock.today()}")
        if self.actor is not None:
            self.initial.setdefault("visitors", self.actor.user_name)
        for n, topic in enumerate(_topics(thing.contract), 1):
            label = _("事项 %(n)s") % {"n": n}
            self.fields[f"topic_{n}"] = forms.CharField(label=label, max_length=80, required=False, initial=topic)
            self.fields[f"result_{n}"] = forms.ChoiceField(
                label=_("%(item)s 的结果") % {"item": label},
                choices=Finding.RESULTS,
                widget=forms.RadioSelect,
                required=False,
            )
            self.fields[f"note_{n}"] = forms.CharField(
                label=_("%(item)s 的情况") % {"item": label}, max_length=300, required=False
            )
        if thing.kind == "self":
            del self.fields["outcome"]
            self.fields["visitors"].help_text = _("参加自查的人。")
        self.order_fields(["version", "held_on", "visitors"])

    @property
    def rows(self) -> list[tuple[Any, Any, Any]]:
        """The items' fields, three by three."""
        return [(self[f"topic_{n}"], self[f"result_{n}"], self[f"note_{n}"]) for n in range(1, ROWS + 1)]

    def clean(self) -> dict[str, Any]:
        """The filled items; one with a name and no result is told at its place."""
        cleaned = super().clean() or {}
        items = []
        for n in range(1, ROWS + 1):
            topic, result = cleaned.pop(f"topic_{n}", ""), cleaned.pop(f"result_{n}", "")
            note = cleaned.pop(f"note_{n}", "")
            if not topic:
                continue
            if not result:
                self.add_error(f"result_{n}", _("请选择结果；不查这一项就把事项清空。"))
            elif result != "good" and not note:
                self.add_error(f"note_{n}", _("请写明情况。"))
            items.append(Item(topic, result, note))
        return {**cleaned, "items": items}


class AnswerForm(VerbForm):
    """What the provider put right."""

    answer = forms.CharField(label="整改情况", max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))
    papers = FilesFormField(label="整改材料", least=0, most=MAX_FILES)


def _topics(contract: Contract) -> list[str]:
    """The contract's standards first, then what is always looked at."""
    always = [
        _("活动按计划举办，时间地点相符"),
        _("记录、签到和人数相符"),
        _("经费专款专用，票据齐全"),
        _("安全保障到位"),
    ]
    standards = [each.name[:80] for each in contract.standards.all()[:ROWS]]
    return [*standards, *always, *[""] * ROWS][:ROWS]
