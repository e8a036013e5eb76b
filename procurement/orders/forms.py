"""The forms of orders (订单): one long form in sections, and the choice of the project to start from."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.forms import VerbForm
from core.money import MoneyFormField
from procurement.orders.models import Criterion, Order
from procurement.orders.queries import instalment_plans

ROWS = forms.Textarea(attrs={"rows": 4})


def _day() -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))


class LotForm(forms.Form):
    """One lot (包): what, how many, at most how much."""

    title = forms.CharField(label=_("名称"), max_length=100)
    quantity = forms.IntegerField(label=_("数量"), min_value=1, max_value=1_000_000)
    unit = forms.CharField(label=_("单位"), max_length=12)
    ceiling = MoneyFormField(label=_("最高限价"))


class CriterionForm(forms.Form):
    """One scoring criterion (评分项)."""

    name = forms.CharField(label=_("评分项"), max_length=60)
    kind = forms.ChoiceField(label=_("类别"), choices=Criterion.KINDS, initial="subjective")
    weight = forms.IntegerField(
        label=_("分值"), min_value=1, max_value=100, widget=forms.NumberInput(attrs={"data-weight": ""})
    )
    bands = forms.CharField(label=_("评分细则"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class RuleForm(forms.Form):
    """One qualification rule or conformity requirement."""

    code = forms.CharField(label=_("代号"), max_length=8)
    text = forms.CharField(label=_("条件"), max_length=200)
    is_conformity = forms.BooleanField(label=_("符合性（★）"), required=False)


class MilestoneForm(forms.Form):
    """One payment milestone."""

    name = forms.CharField(label=_("节点"), max_length=60)
    share = forms.IntegerField(label=_("比例（%）"), min_value=1, max_value=100)
    due_on = _day()
    due_on.label = _("应完成")


PARTS: dict[str, tuple[type[forms.Form], int]] = {
    "lots": (LotForm, 20),
    "criteria": (CriterionForm, 30),
    "rules": (RuleForm, 40),
    "milestones": (MilestoneForm, 12),
}


class OrderForm(VerbForm):
    """All that an order says: facts, lots, criteria, rules, payment, each part a table of rows."""

    template = "procurement/orders/form.html"
    tables: ClassVar[dict[str, type[forms.Form]]] = {name: row for name, (row, _most) in PARTS.items()}

    title = forms.CharField(label=_("订单名称"), max_length=100)
    method = forms.ChoiceField(label=_("方式"), choices=Order.METHODS)
    why = forms.CharField(label=_("为什么要买"), max_length=2000, widget=ROWS)
    requirements = forms.CharField(label=_("要做什么、做到什么程度"), max_length=4000, widget=ROWS)
    place = forms.CharField(label=_("服务地点"), max_length=120)
    starts_on = _day()
    starts_on.label = _("服务开始")
    ends_on = _day()
    ends_on.label = _("服务结束")
    bid_deadline = forms.DateTimeField(
        label=_("申报截止"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        help_text=_("北京时间。不能早于规则规定的最短期限。"),
    )
    payment_terms = forms.CharField(label=_("付款方式"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    minors = forms.BooleanField(label=_("服务涉及未成年人"), required=False)
    plan = forms.ChoiceField(
        label=_("分期方案"),
        required=False,
        help_text=_("选了方案，保存时按服务期重排下面的付款节点；不选就照下面的节点。"),
    )

    facts = ("title", "method", "why", "requirements", "place", "starts_on", "ends_on")
    schedule = ("bid_deadline", "payment_terms", "minors")

    def __init__(self, *args: Any, thing: Order, actor: Actor, step: Any, **kwargs: Any) -> None:
        initial = {name: getattr(thing, name) for name in (*self.facts, *self.schedule)}
        kwargs["initial"] = {**initial, **kwargs.get("initial", {})}
        super().__init__(*args, thing=thing, actor=actor, step=step, **kwargs)
        plan: Any = self.fields["plan"]
        plan.choices = [("", _("照下面的节点")), *instalment_plans()]
        data = args[0] if args else None
        rows: dict[str, list[Any]] = {
            "lots": list(thing.lots.values("title", "quantity", "unit", "ceiling")),
            "criteria": list(thing.criteria.values("name", "kind", "weight", "bands")),
            "rules": list(thing.qualification_rules.values("code", "text", "is_conformity")),
            "milestones": list(thing.milestone_plans.values("name", "share", "due_on")),
        }
        self.parts: dict[str, BaseFormSet[Any]] = {}
        for name, (row_form, most) in PARTS.items():
            made = formset_factory(row_form, extra=1, can_delete=True, max_num=most, validate_max=True)
            self.parts[name] = made(data, prefix=name, initial=rows[name])

    def clean(self) -> dict[str, Any]:
        """The parts' rows as lists, blank and deleted ones left out."""
        cleaned = super().clean() or self.cleaned_data
        for name, part in self.parts.items():
            if name == "milestones" and cleaned.get("plan"):
                continue
            if not part.is_valid():
                word = {"lots": "数量与限价", "criteria": "评分办法", "rules": "申报条件", "milestones": "付款安排"}[
                    name
                ]
                self.add_error(None, _("「%(word)s」里还有几处要改，见标红的行。") % {"word": word})
                continue
            cleaned[name] = [
                {k: v for k, v in row.items() if k != "DELETE"}
                for row in (form.cleaned_data for form in part.forms)
                if row and not row.get("DELETE")
            ]
        return cleaned

    def fact_fields(self) -> list[Any]:
        """The bound fields of the first section."""
        return [self[name] for name in self.facts]

    def schedule_fields(self) -> list[Any]:
        """The bound fields of the schedule."""
        return [self[name] for name in self.schedule]


class NewOrderForm(forms.Form):
    """From which project the order is made."""

    project = forms.UUIDField(widget=forms.HiddenInput)
