"""Forms of the acceptance (验收)."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.forms import FilesFormField, VerbForm
from procurement.acceptances.queries import possible_members
from procurement.activities.queries import delivered
from procurement.contracts.models import Milestone


def quantity_field(label: str, unit: str, hint: str) -> forms.IntegerField:
    """A cumulative quantity with its unit."""
    return forms.IntegerField(
        label=label,
        min_value=0,
        help_text=hint,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "data-unit": unit, "autocomplete": "off"}),
    )


class ReportForm(VerbForm):
    """The provider's report of a milestone: what was delivered so far, line by line, with papers."""

    summary = forms.CharField(
        label="完成情况", max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="做了什么、服务了谁、有什么没有做到。不写服务对象的真实姓名。",
    )  # fmt: skip

    def __init__(self, *args: Any, milestone: Milestone, accepted: dict[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(milestone.contract.lines.all())
        for line in self.lines:
            before = accepted.get(line.n, 0)
            hint = _("累计数量；合同 %(quantity)s %(unit)s，此前已核定 %(before)s。") % {
                "quantity": f"{line.quantity:,}", "unit": line.unit, "before": f"{before:,}",
            }  # fmt: skip
            self.fields[f"line_{line.n}"] = quantity_field(line.name, line.unit, hint)
            self.initial.setdefault(f"line_{line.n}", before or None)
        self.fields["files"] = FilesFormField(
            label="验收资料", least=0, help_text="签到表、活动记录、照片，最多 10 个。"
        )

    def clean(self) -> dict[str, Any]:
        """Fold the quantities into one mapping."""
        cleaned = super().clean() or {}
        cleaned["quantities"] = {
            line.n: cleaned.pop(f"line_{line.n}") for line in self.lines if f"line_{line.n}" in cleaned
        }
        return cleaned


class JudgeForm(VerbForm):
    """The judgement: quantity by quantity, standard by standard, and an opinion."""

    template = "procurement/acceptances/judge.html"

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.rows = list(thing.lines.select_related("line"))
        self.standards = list(thing.contract.standards.all())
        verified = delivered(thing.contract).units
        for row in self.rows:
            hint = _("报验累计 %(claimed)s，合同 %(quantity)s %(unit)s") % {
                "claimed": f"{row.claimed_quantity:,}", "quantity": f"{row.line.quantity:,}", "unit": row.line.unit,
            }  # fmt: skip
            if row.line.n in verified:
                hint += _("；活动记录核实 %(n)s %(unit)s") % {"n": f"{verified[row.line.n]:,}", "unit": row.line.unit}
            self.fields[f"line_{row.line.n}"] = quantity_field(
                _("%(name)s 核定累计") % {"name": row.line.name}, row.line.unit, hint
            )
            self.initial.setdefault(f"line_{row.line.n}", row.claimed_quantity)
            self.fields[f"note_{row.line.n}"] = forms.CharField(
                label=_("%(name)s 说明") % {"name": row.line.name}, max_length=200, required=False,
                help_text=_("核减时写明为什么，例如「2 场人数不足，不计」。"),
            )  # fmt: skip
        for each in self.standards:
            self.fields[f"standard_{each.n}"] = forms.TypedChoiceField(
                label=f"{each.name}：{each.target}",
                choices=[("yes", _("达标")), ("no", _("未达标"))],
                coerce=lambda value: value == "yes",
                empty_value=None,
                widget=forms.RadioSelect,
                help_text=each.evidence,
            )
        self.fields["members"] = forms.MultipleChoiceField(
            label="验收小组其他成员",
            required=False,
            choices=possible_members(thing, self.actor) if self.actor else [],
            widget=forms.CheckboxSelectMultiple,
            help_text="连您在内至少两人，各用自己的账号确认。合同签字人不参加，没有列在这里。",
        )
        self.fields["others"] = forms.CharField(
            label="其他参加人",
            max_length=200,
            required=False,
            help_text="没有账号的服务对象代表、社区代表，用顿号分开；没有就留空。",
        )
        self.fields["opinion"] = forms.CharField(
            label="验收意见",
            max_length=1000,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text="随验收结果公开，不写服务对象姓名。",
        )

    def clean(self) -> dict[str, Any]:
        """Fold quantities, notes and standards into mappings by number."""
        cleaned = super().clean() or {}
        numbers = [row.line.n for row in self.rows]
        cleaned["others"] = re.split(r"[、,，;；\s]+", cleaned.get("others", ""))
        cleaned["quantities"] = {n: cleaned.pop(f"line_{n}") for n in numbers if f"line_{n}" in cleaned}
        cleaned["notes"] = {n: cleaned.pop(f"note_{n}", "") for n in numbers}
        cleaned["standards"] = {
            each.n: cleaned.pop(f"standard_{each.n}")
            for each in self.standards
            if cleaned.get(f"standard_{each.n}") is not None
        }
        return cleaned
