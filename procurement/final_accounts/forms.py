"""Forms of the final account (年度决算): which year, and why lines differ."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core import clock
from core.forms import VerbForm
from procurement.final_accounts.models import FinalAccount


class YearForm(VerbForm):
    """Which year is drawn up: this one or one of the last five."""

    year = forms.TypedChoiceField(label="年度", coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = clock.today().year
        field: Any = self.fields["year"]
        field.choices = [(year, _("%(year)s 年") % {"year": year}) for year in range(now, now - 6, -1)]


class NotesForm(VerbForm):
    """One note a line."""

    def __init__(self, *args: Any, thing: FinalAccount, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        for row in thing.rows.filter(dimension="line"):
            self.fields[f"note_{row.n}"] = forms.CharField(
                label=row.name, max_length=400, required=False, initial=row.note,
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text=_("调整预算数 %(adjusted)s 元，决算数 %(final)s 元")
                % {"adjusted": f"{row.adjusted or 0:,.2f}", "final": f"{row.final:,.2f}"},
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Fold the notes into one mapping by the line's place."""
        cleaned = super().clean() or {}
        names = [name for name in cleaned if name.startswith("note_")]
        cleaned["notes"] = {int(name[5:]): cleaned.pop(name) for name in names}
        return cleaned
