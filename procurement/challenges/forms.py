"""The forms of a challenge."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import FileFormField
from procurement.challenges.models import Challenge


class ChallengeForm(forms.Form):
    """What a bidder challenges and asks for."""

    ground = forms.ChoiceField(label=_("事由"), choices=Challenge.GROUNDS, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("事实与理由"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6, "data-count": "2000"}),
        help_text=_("写明哪一步、哪一项有误，依据是什么。"),
    )
    remedy = forms.CharField(label=_("请求"), max_length=300, help_text=_("例如：重新核算价格分。"))
    document = FileFormField(label=_("证明材料"), required=False)
