"""Forms of the contract (合同)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core import clock
from core.documents import SCANS
from core.forms import FileFormField, VerbForm
from procurement.contracts.models import Contract
from procurement.contracts.wording import pledges_of


class ContractForm(VerbForm):
    """The wording of a draft; price, quantities and shares are the award's and not in it."""

    place = forms.CharField(label="服务地点", max_length=120)
    starts_on = forms.DateField(label="开始", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    ends_on = forms.DateField(label="结束", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    scope = forms.CharField(label="服务内容与标准", max_length=4000, widget=forms.Textarea(attrs={"rows": 10}))
    terms = forms.CharField(label="其他约定", max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4}))
    grades = (("factor_best", "优"), ("factor_good", "良"), ("factor_fair", "中"), ("factor_poor", "差"))

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        for name in ("place", "starts_on", "ends_on", "scope", "terms"):
            self.initial.setdefault(name, getattr(thing, name))
        for name, grade in self.grades:
            self.fields[name] = forms.DecimalField(
                label=_("质量系数：%(grade)s") % {"grade": grade},
                required=False,
                min_value=0,
                max_value=1,
                decimal_places=2,
                help_text=_("不约定就留空，最终结算按 1.00 计。") if grade == "优" else "",
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )
            self.initial.setdefault(name, thing.quality_factors.get(grade, ""))
        for milestone in thing.milestones.all():
            name = f"due_{milestone.n}"
            self.fields[name] = forms.DateField(
                label=_("「%(name)s」应完成") % {"name": milestone.name},
                widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            )
            self.initial.setdefault(name, milestone.due_on)

    def clean(self) -> dict[str, Any]:
        """Fold the grades and days into what the operation takes."""
        cleaned = super().clean() or {}
        typed = {grade: cleaned.pop(name, None) for name, grade in self.grades}
        factors = {grade: str(value) for grade, value in typed.items() if value is not None}
        if factors and len(factors) < len(self.grades):
            self.add_error("factor_best", _("质量系数四个等级要一起约定，或者都不填。"))
        days = {n: cleaned.pop(f"due_{n}", None) for n in [each.n for each in self.thing.milestones.all()]}
        return {**cleaned, "quality_factors": factors, "due_days": {n: day for n, day in days.items() if day}}


def scan_field() -> FileFormField:
    """The stamped scan of a signature (盖章扫描件), for a side that signs on paper too."""
    return FileFormField(
        label="盖章扫描件",
        required=False,
        kinds=SCANS,
        help_text="本单位要求盖实体章的，打印上面这份 PDF，签字盖章后扫描或拍照上传；不盖章就留空。",
    )


class SignForm(VerbForm):
    """The signature: the digest of the PDF that was read, the stamped scan where there is one, the password again."""

    template = "procurement/contracts/sign.html"

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    scan = scan_field()
    read = forms.BooleanField(
        label="我已打开并读过这份合同 PDF", error_messages={"required": "请先打开 PDF 读过，再签。"}
    )

    pledge = forms.BooleanField(
        label="我代表本单位作出这份廉洁承诺", error_messages={"required": "请作出廉洁承诺，再签。"}
    )

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.initial.setdefault("digest", thing.digest)
        provider_signs = self.actor is not None and self.actor.belongs_to(thing.provider_id)
        names = [thing.parties.get(side, {}).get("name", "") for side in ("buyer", "provider")]
        self.fields["pledge"].help_text = pledges_of(*names)[int(provider_signs)]["text"]

    def clean(self) -> dict[str, Any]:
        """The ticks are for the page; the operation takes the digest of the text that holds the pledges."""
        cleaned = super().clean() or {}
        cleaned.pop("read", None)
        cleaned.pop("pledge", None)
        return cleaned


class ReviewForm(VerbForm):
    """The legal review: what was found, and who was asked."""

    template = "procurement/contracts/review.html"

    opinion = forms.CharField(
        label="审核意见", max_length=1000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="对照采购文件、报价和服务标准，写明主体、标的、价款、验收、违约责任是否齐全。",
    )  # fmt: skip
    legal_adviser = forms.CharField(
        label="法律顾问", max_length=80, required=False, help_text="请过法律顾问的，填律所和姓名；没有就留空。"
    )


class FilingForm(VerbForm):
    """The bureau's number and its day."""

    filing_number = forms.CharField(
        label="备案号", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    filed_on = forms.DateField(
        label="备案日期", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), initial=clock.today
    )


class PauseForm(VerbForm):
    """For how long the contract is paused; the reason comes with the step."""

    days = forms.IntegerField(
        label="预计暂停天数", widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    )


class TerminateForm(VerbForm):
    """Why and on what ground a contract ends early; the reason comes with the step."""

    code = forms.ChoiceField(label="终止原因", choices=[("", "请选择"), *Contract.TERMINATIONS])
    clause = forms.CharField(
        label="依据条款", max_length=120, help_text="写明合同第几条，或法律条文，例如：合同第九条第二款。"
    )
