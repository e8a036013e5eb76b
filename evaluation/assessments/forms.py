"""Forms of the assessment (绩效评价)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core.forms import FileFormField, VerbForm
from evaluation.assessments.facts import open_indicators
from evaluation.assessments.queries import evaluators_for, results, visible_sheets
from evaluation.frameworks.models import Framework, Indicator
from evaluation.frameworks.queries import frameworks_in_force
from procurement.contracts.models import Contract

LONG = forms.Textarea(attrs={"rows": 5})


def _short(label: str, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=300, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}), **kwargs
    )


def _figure_field(part: Any) -> forms.Field:
    label = f"{part.label}（{part.unit}）" if part.unit else part.label
    if part.flag:
        return forms.TypedChoiceField(label=label, choices=[("0", "否"), ("1", "是")], coerce=Decimal)
    return forms.DecimalField(
        label=label, required=False, min_value=0, max_digits=14, decimal_places=2,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "autocomplete": "off"}),
    )  # fmt: skip


class PlanForm(VerbForm):
    """Whom to ask, by which framework, until when."""

    evaluator = forms.ModelChoiceField(label="评估机构", queryset=Organization.objects.none(), empty_label="请选择")
    framework = forms.ModelChoiceField(label="指标体系", queryset=Framework.objects.none(), empty_label=None)
    due_on = forms.DateField(label="完成日期", widget=forms.DateInput(attrs={"type": "date"}))
    rotation_reason = _short("不轮换的理由", help_text="同一机构连续多年评价时填写。")

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["evaluator"].queryset = evaluators_for(contract)  # type: ignore[attr-defined]
        self.fields["framework"].queryset = frameworks_in_force(contract.buyer_id)  # type: ignore[attr-defined]


class AcceptForm(VerbForm):
    """The declaration of being third."""

    third = forms.BooleanField(
        label="本机构及参与人员与采购人、承接单位没有利益关系", required=False,
        help_text="没有任职、投资、孵化和亲属关系，也没有参与本项目的设计、实施和监理。",
    )  # fmt: skip


class EvidenceForm(VerbForm):
    """One paper and what it shows."""

    file = FileFormField(label="文件", help_text="不含服务对象真实姓名、住址和电话。")
    codes = forms.MultipleChoiceField(label="证明哪些指标", widget=forms.CheckboxSelectMultiple)
    note = forms.CharField(label="说明", max_length=120, required=False)

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.fields.pop("version", None)  # several people bring papers at the same time
        self.fields["codes"].choices = [  # type: ignore[attr-defined]
            (each.code, f"{each}（{each.evidence}）") for each in thing.framework.indicators.all()
        ]


class FiguresForm(VerbForm):
    """The figures of some indicators, a group each: `groups` for the template, {"figures", "remarks"} when cleaned."""

    template = "evaluation/assessments/figures.html"
    remarks = False

    def indicators(self) -> Sequence[Indicator]:
        """Which indicators are asked."""
        return open_indicators(self.thing)

    def __init__(self, *args: Any, thing: Any, actor: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, actor=actor, **kwargs)
        self.asked = list(self.indicators())
        for each in self.asked:
            for part in each.scoring.parts:
                self.fields[f"{each.code}_{part.name}"] = _figure_field(part)
            if self.remarks:
                self.fields[f"{each.code}_remark"] = _short("说明", help_text="数据取不到的，写明为什么，按 0 分计。")
        own = {
            mark.indicator_id: mark
            for sheet in visible_sheets(thing, actor)
            if sheet.side == "self"
            for mark in sheet.marks.all()
        }
        papers: dict[Any, list[Any]] = {}
        for paper in thing.evidence.select_related("document"):
            papers.setdefault(paper.indicator_id, []).append(paper)
        self.groups = [
            {
                "indicator": each,
                "own": own.get(each.pk),
                "evidence": papers.get(each.pk, []),
                "fields": [self[name] for name in self.fields if name.startswith(f"{each.code}_")],
            }
            for each in self.asked
        ]
        self.others = [
            self[name]
            for name in self.fields
            if name != "version" and not any(name.startswith(f"{each.code}_") for each in self.asked)
        ]

    def clean(self) -> dict[str, Any]:
        """Fold the figures into one mapping; an indicator of which nothing was typed is left out."""
        cleaned = super().clean() or {}
        figures: dict[str, dict[str, Any]] = {}
        remarks: dict[str, str] = {}
        for each in self.asked:
            given = {part.name: cleaned.pop(f"{each.code}_{part.name}", None) for part in each.scoring.parts}
            typed = any(given[part.name] is not None for part in each.scoring.parts if not part.flag)
            if typed:
                figures[each.code] = {name: value for name, value in given.items() if value is not None}
            if self.remarks:
                remarks[each.code] = cleaned.pop(f"{each.code}_remark", "")
        cleaned["figures"] = figures
        if self.remarks:
            cleaned["remarks"] = remarks
        return cleaned


class SelfForm(FiguresForm):
    """The provider's own figures and what it says of them."""

    statement = forms.CharField(
        label="自评说明", max_length=2000, widget=LONG, help_text="完成了什么、哪些没有做到、为什么。不写服务对象姓名。"
    )


class RateForm(FiguresForm):
    """One rater's sheet. It carries no version: the other rater's sheet may come in while this one is typed."""

    remarks = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("version", None)


class FollowUpForm(FiguresForm):
    """The long-term indicators, measured again."""

    note = forms.CharField(
        label="怎么跟踪的",
        max_length=1000,
        widget=LONG,
        help_text="跟踪了多少人、用什么方法；没有新数据的指标留空，维持原来的得分。",
    )

    def indicators(self) -> Sequence[Indicator]:
        """The long-term ones."""
        return list(self.thing.framework.indicators.filter(horizon="L"))


class ConcludeForm(VerbForm):
    """The opinion, why the raters differ, and what vetoes."""

    opinion = forms.CharField(
        label="评价意见", max_length=2000, widget=LONG, help_text="成效、不足和建议。不写服务对象姓名。"
    )
    vetoes = forms.MultipleChoiceField(
        label="一票否决",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="没有就不勾；勾选任何一项，等级为差。",
    )
    veto_reason = forms.CharField(
        label="否决的事实和依据", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.fields["vetoes"].choices = [  # type: ignore[attr-defined]
            (veto.code, veto.name) for veto in thing.framework.vetoes.all()
        ]
        for row in results(thing):
            if row.wants_reason:
                self.fields[f"why_{row.indicator.code}"] = _short(
                    _("%(name)s 为什么相差 %(gap)s 分") % {"name": row.indicator, "gap": row.gap}
                )

    def clean(self) -> dict[str, Any]:
        """Fold the reasons into one mapping by code."""
        cleaned = super().clean() or {}
        names = [name for name in cleaned if name.startswith("why_")]
        cleaned["explanations"] = {name.removeprefix("why_"): cleaned.pop(name) for name in names}
        return cleaned


class ReplyForm(VerbForm):
    """The provider's answer."""

    agrees = forms.TypedChoiceField(
        label="是否同意", choices=[("yes", "同意"), ("no", "不同意")], coerce=lambda value: value == "yes",
        empty_value=None, widget=forms.RadioSelect,
    )  # fmt: skip
    reply = forms.CharField(label="答复", max_length=2000, required=False, widget=LONG)


class ApplyForm(VerbForm):
    """How the result is used."""

    use = forms.CharField(
        label="结果怎么用", max_length=1000, widget=LONG,
        help_text="例如：作为下一轮申报的参考、按合同约定计入结算、建议整改。",
    )  # fmt: skip
