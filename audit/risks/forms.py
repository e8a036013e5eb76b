"""Forms of the risks (风险预警)."""

from django import forms

from audit.risks.models import RiskFlag
from core.forms import VerbForm


class ConcludeForm(VerbForm):
    """What was found, and what follows."""

    result = forms.ChoiceField(label="结论", choices=RiskFlag.RESULTS, widget=forms.RadioSelect)
    conclusion = forms.CharField(
        label="核查情况", max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="看了什么、问了谁、依据是什么。成立的写明已经怎样处理。",
    )  # fmt: skip
