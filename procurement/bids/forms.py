"""The forms of bids (申报) and openings: the last look before submitting, the key with the password."""

from __future__ import annotations

from typing import Any

from django import forms

from core.actor import Actor
from core.errors import Invalid
from core.forms import FileFormField, VerbForm
from procurement.bids.envelope import COST_CLASSES, PARTS, PLAN, PLEDGES, facts_of, line_amount, totals
from procurement.bids.models import Bid
from procurement.bids.operations import own_content
from procurement.bids.queries import cost_caps


class BeginForm(forms.Form):
    """On which lot a bid is begun."""

    lot = forms.UUIDField(widget=forms.HiddenInput)


class SubmitForm(VerbForm):
    """Everything on one read-only page, then one confirmation (检查并提交)."""

    template = "procurement/bids/submit.html"

    def __init__(self, *args: Any, thing: Bid, actor: Actor, step: Any, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, actor=actor, step=step, **kwargs)
        self.content = own_content(thing, actor=actor)
        self.shown = shown_content(self.content)
        self.facts = facts_of(self.content, ceiling=thing.lot.ceiling, caps=cost_caps(thing.lot.order))
        self.total = totals(self.content)["total"]


class UploadForm(forms.Form):
    """One file of a bid; opened and looked at before it is taken."""

    file = FileFormField(label="选择文件")
    kind = forms.ChoiceField(
        label="这是什么",
        choices=[(word, word) for word in ("服务方案", "资质证明", "业绩证明", "团队证书", "其他")],
        required=False,
    )


class KeyForm(VerbForm):
    """The password again: proof that the person is at the own device."""


def shown_content(content: dict[str, Any]) -> dict[str, Any]:
    """A bid's content, typed or opened, as pages show it: texts by title, lines with amounts, pledges in words."""
    lines = []
    for row in content.get("lines", []):
        try:
            _quantity, price, amount = line_amount(row)
        except Invalid:
            price, amount = row.get("unit_price", ""), None
        lines.append(
            {**row, "price": price, "class_label": COST_CLASSES.get(row.get("cost_class", ""), ""), "amount": amount}
        )
    plan = content.get("plan") or {}
    return {
        "contact": content.get("contact") or {},
        "plan": [{"title": title, "text": plan.get(name, "")} for name, title in PLAN.items()],
        "team": content.get("team") or [],
        "lines": lines,
        "files": content.get("files") or [],
        "pledges": [text for name, text in PLEDGES.items() if (content.get("pledges") or {}).get(name)],
        "total": totals(content)["total"],
        "parts": PARTS,
    }
