"""Forms of the project (立项): everything on one page, cost lines and funding included."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.regions.models import Region
from core.actor import ANYONE
from core.forms import FilesFormField, VerbForm
from core.money import ZERO, MoneyFormField
from procurement.budgets.models import BudgetLine
from procurement.budgets.queries import plannable_lines
from procurement.projects.models import CostLine, Project


class AttachForm(VerbForm):
    """Papers that argue for the project."""

    papers = FilesFormField(
        label=gettext_lazy("资料"),
        most=10,
        help_text=gettext_lazy("需求调研、座谈记录、询价单等，PDF、Word、表格或照片。"),
    )


class CostForm(forms.Form):
    """One line of the estimate (成本测算)."""

    cost_class = forms.ChoiceField(label=gettext_lazy("类别"), choices=CostLine.CLASSES)
    name = forms.CharField(label=gettext_lazy("内容"), max_length=60)
    unit = forms.CharField(label=gettext_lazy("单位"), max_length=12)
    quantity = forms.IntegerField(label=gettext_lazy("数量"), min_value=1, max_value=10_000_000)
    unit_price = MoneyFormField(label=gettext_lazy("单价"), min_value=Decimal("0.01"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, attributes in {
            "quantity": {"data-quantity": "", "inputmode": "numeric"},
            "unit_price": {"data-price": "", "inputmode": "decimal"},
        }.items():
            # Text inputs: 「1,600.00」 is a number here, and a wheel never changes it.
            self.fields[name].widget = forms.TextInput(attrs=attributes)
        for bound in self:
            bound.field.widget.attrs["aria-label"] = str(bound.label)


CostFormSet: type[BaseFormSet[CostForm]] = formset_factory(
    CostForm, extra=0, can_delete=True, max_num=100, validate_max=True
)


class ProjectForm(VerbForm):
    """A draft as a whole. Σ cost = budget = Σ funding is asked when it is submitted, and shown while it is typed."""

    template = "procurement/projects/form.html"
    tables: ClassVar[dict[str, type[forms.Form]]] = {"costs": CostForm}

    title = forms.CharField(label=gettext_lazy("项目名称"), max_length=100)
    kind = forms.ChoiceField(
        label=gettext_lazy("类型"), choices=Project.KINDS, widget=forms.RadioSelect(attrs={"data-layout": "p3"})
    )
    region = forms.ModelChoiceField(label=gettext_lazy("实施地点"), queryset=Region.objects.none())
    beneficiaries = forms.CharField(
        label=gettext_lazy("服务对象"), max_length=200, help_text=gettext_lazy("哪些人、多少人、在哪里")
    )
    need = forms.CharField(
        label=gettext_lazy("为什么要买"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("谁提出的需求、有什么依据；提交前必填"),
    )
    goals = forms.CharField(
        label=gettext_lazy("要做到什么程度"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("能数出来、能核对：多少场、多少人、达到什么标准；提交前必填"),
    )  # fmt: skip
    feasibility = forms.CharField(
        label=gettext_lazy("可行性"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("必要、合法、有谁能承接、有什么风险；提交前必填"),
    )  # fmt: skip
    starts_on = forms.DateField(
        label=gettext_lazy("开始"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    ends_on = forms.DateField(
        label=gettext_lazy("结束"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    minors = forms.BooleanField(label=gettext_lazy("涉及未成年人"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project: Project = self.thing
        for name in (
            "title",
            "kind",
            "region",
            "beneficiaries",
            "need",
            "goals",
            "feasibility",
            "starts_on",
            "ends_on",
            "minors",
        ):
            self.initial.setdefault(name, getattr(project, name))
        places = Region.objects.filter(path__startswith=project.buyer.region.path)
        self.fields["region"].queryset = places  # type: ignore[attr-defined]
        self.costs = self._cost_lines(project)
        self.funds = self._fund_fields(project)
        self.order_fields([*self.fields])

    def _cost_lines(self, project: Project) -> BaseFormSet[CostForm]:
        names = ("cost_class", "name", "unit", "quantity", "unit_price")
        initial = [{name: getattr(line, name) for name in names} for line in project.cost_lines.all()]
        return CostFormSet(self.data if self.is_bound else None, initial=initial, prefix="costs")

    def _fund_fields(self, project: Project) -> list[tuple[BudgetLine, str]]:
        """One amount a line that may be asked; what the project asks of a line that closed meanwhile stays visible."""
        asked = {funding.line_id: funding for funding in project.fundings.select_related("line")}
        lines = {line.pk: line for line in plannable_lines(self.actor or ANYONE)} | {
            f.line_id: f.line for f in asked.values()
        }
        found = []
        for key, line in lines.items():
            name = f"fund_{key}"
            self.fields[name] = MoneyFormField(
                label=line.name, required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
            )
            if key in asked:
                self.initial.setdefault(name, asked[key].amount)
            found.append((line, name))
        return found

    @property
    def fund_rows(self) -> list[dict[str, Any]]:
        """The lines with their amount fields, for the page."""
        return [{"line": line, "field": self[name]} for line, name in self.funds]

    def clean(self) -> dict[str, Any]:
        """Turn lines and amounts into what the operation takes; a broken line is marked in its row."""
        cleaned = dict(super().clean() or self.cleaned_data)
        if self.costs.is_valid():
            rows = [
                form.cleaned_data for form in self.costs if form.cleaned_data and not form.cleaned_data.get("DELETE")
            ]
            cleaned["costs"] = [{k: v for k, v in row.items() if k != "DELETE"} for row in rows]
        else:
            self.add_error(None, _("成本测算里有几行要改，已在行内标出。"))
        cleaned["fundings"] = {
            line: amount for line, name in self.funds if (amount := cleaned.pop(name, None)) not in (None, ZERO)
        }
        return cleaned


class ApproveForm(VerbForm):
    """The opinion that stands behind the approval."""

    opinion = forms.CharField(
        label=gettext_lazy("论证意见"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("必要性、合法性、预算、承接能力、风险各看了什么"),
    )  # fmt: skip
