"""The forms of a review: the checks of one bid, and the sending in of a sheet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from procurement.bids.models import Bid
from procurement.reviews.models import Review
from procurement.reviews.queries import Fact, automatic_facts


class CheckForm(forms.Form):
    """One bid, rule by rule. Facts the platform knows stand beside the rule; where they are good, 「合格」 is preset."""

    def __init__(self, *args: Any, review: Review, bid: Bid, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules = list(review.lot.order.qualification_rules.all())
        self.known = automatic_facts(bid, review)
        for rule in self.rules:
            fact = self.known.get(rule.code)
            preset = {"ok": "yes", "bad": "no"}.get(fact.kind, "") if fact else ""
            self.fields[f"passed-{rule.n}"] = forms.ChoiceField(
                label=rule.text,
                choices=[("yes", _("合格")), ("no", _("不合格"))],
                widget=forms.RadioSelect,
                required=False,
                initial=preset,
            )
            self.fields[f"reason-{rule.n}"] = forms.CharField(
                label=_("理由"),
                max_length=300,
                required=False,
                widget=forms.TextInput(attrs={"placeholder": _("不合格的，写明理由")}),
                initial=fact.text if fact and fact.kind == "bad" else "",
            )

    def rows(self) -> list[dict[str, Any]]:
        """The rules with their two fields and the platform's fact, for the template."""
        return [
            {
                "rule": rule,
                "passed": self[f"passed-{rule.n}"],
                "reason": self[f"reason-{rule.n}"],
                "fact": self.known.get(rule.code, Fact("", "")),
            }
            for rule in self.rules
        ]

    def results(self) -> dict[str, tuple[bool, str]]:
        """What `check_bid` takes: rule key -> (passed, reason); rules without a conclusion are left out."""
        found = {}
        for rule in self.rules:
            passed = self.cleaned_data.get(f"passed-{rule.n}")
            if passed:
                found[str(rule.pk)] = (passed == "yes", self.cleaned_data.get(f"reason-{rule.n}", ""))
        return found


class SendForm(forms.Form):
    """The last question before a sheet is handed in."""

    agreed = forms.BooleanField(
        label=_("以上评分是本人独立作出，提交后不再改动"), error_messages={"required": _("请先确认。")}
    )
