"""The form of a proposal."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from procurement.reviews.models import Review
from procurement.reviews.queries import results_of


class ProposeForm(forms.Form):
    """Who is proposed, and why, where it is not the first in rank."""

    bid = forms.ChoiceField(label=_("推荐成交单位"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("推荐理由"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("推荐第一名可以不写；不推荐第一名，或第一名并列时必填。"),
    )

    def __init__(self, *args: Any, review: Review, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.results = list(results_of(review))
        choices = [
            (
                str(result.bid_id),
                f"第 {result.rank} 名 · {result.bid.letter} {result.bid.organization.name} · {result.total_points:.2f} 分",
            )
            for result in self.results
        ]
        self.fields["bid"].choices = choices  # type: ignore[attr-defined]
        self.fields["bid"].initial = choices[0][0] if choices else None
