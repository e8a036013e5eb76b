"""Forms of the amendment (补充协议): what changes, and the signature."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.forms import VerbForm
from procurement.amendments.models import Amendment
from procurement.amendments.queries import room_left
from procurement.contracts.forms import scan_field
from procurement.contracts.models import Contract


class AmendForm(VerbForm):
    """New quantities beside the old ones, another last day or place, and why."""

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(contract.lines.all())
        for line in self.lines:
            hint = _("原来 %(n)s %(unit)s，单价 %(price)s 元不变。") % {
                "n": f"{line.quantity:,}", "unit": line.unit, "price": f"{line.unit_price:,.2f}",
            }  # fmt: skip
            self.fields[f"line_{line.n}"] = forms.IntegerField(
                label=line.name, min_value=0, required=False, initial=line.quantity, help_text=hint,
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "data-unit": line.unit}),
            )  # fmt: skip
        left = _("补充协议还可以增加 %(left)s 元（累计不超过原合同的百分之十）。") % {
            "left": f"{room_left(contract):,.2f}"
        }
        self.fields["ends_on"] = forms.DateField(
            label="服务结束改为", required=False, initial=f"{contract.ends_on}",
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        )  # fmt: skip
        self.fields["place"] = forms.CharField(
            label="服务地点改为", max_length=120, required=False, initial=contract.place
        )
        self.fields["code"] = forms.ChoiceField(label="变更原因", choices=[("", _("请选择")), *Amendment.REASONS])
        self.fields["grounds"] = forms.CharField(
            label="理由", max_length=400, widget=forms.Textarea(attrs={"rows": 3}), help_text=left
        )
        self.name_fields()

    def clean(self) -> dict[str, Any]:
        """Fold the quantities into one mapping."""
        cleaned = super().clean() or {}
        given = {line.n: cleaned.pop(f"line_{line.n}", None) for line in self.lines}
        cleaned["quantities"] = {n: quantity for n, quantity in given.items() if quantity is not None}
        return cleaned


class SignForm(VerbForm):
    """The digest of the PDF that was read, the stamped scan where there is one, and the password again."""

    template = "procurement/amendments/sign.html"

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    scan = scan_field()
    read = forms.BooleanField(
        label="我已打开并读过这份补充协议 PDF", error_messages={"required": "请先打开 PDF 读过，再签。"}
    )

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.initial.setdefault("digest", thing.digest)

    def clean(self) -> dict[str, Any]:
        """The tick is for the page; the operation takes the digest."""
        cleaned = super().clean() or {}
        cleaned.pop("read", None)
        return cleaned
