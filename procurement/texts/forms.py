"""Forms of the contract text (合同文本): which kind, and the clauses row by row."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext as _

from core.forms import VerbForm
from procurement.texts.models import ContractText
from procurement.texts.operations import MOST
from procurement.texts.starting_list import KINDS


class NewTextForm(VerbForm):
    """Which kind of text a new version is for, and what it changes."""

    kind = forms.ChoiceField(label="种类", choices=KINDS)
    note = forms.CharField(label="修订说明", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class ClauseForm(forms.Form):
    """One clause."""

    heading = forms.CharField(label="标题", max_length=40)
    text = forms.CharField(label="内容", max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class ClausesForm(VerbForm):
    """All clauses of a draft, one row each, with an empty one at the end."""

    template = "procurement/texts/form.html"
    tables: ClassVar[dict[str, type[forms.Form]]] = {"clauses": ClauseForm}

    note = forms.CharField(label="修订说明", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, thing: ContractText, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.initial.setdefault("note", thing.note)
        made = formset_factory(ClauseForm, extra=1, can_delete=True, max_num=MOST, validate_max=True)
        self.rows = made(args[0] if args else None, prefix="clauses", initial=thing.clauses)

    def clean(self) -> dict[str, Any]:
        """The rows as a list, blank and deleted ones left out."""
        cleaned = super().clean() or self.cleaned_data
        if not self.rows.is_valid():
            self.add_error(None, _("有几条还要改，见标红的行。"))
            return cleaned
        rows = [form.cleaned_data for form in self.rows.forms if form.cleaned_data]
        cleaned["clauses"] = [{"heading": row["heading"], "text": row["text"]} for row in rows if not row.get("DELETE")]
        return cleaned
