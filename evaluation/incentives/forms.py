"""Forms of schemes and incentives (奖励办法、奖励性补助)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.forms import FileFormField, FilesFormField, VerbForm
from core.money import MoneyFormField
from evaluation.incentives.models import IncentivePaper
from procurement.budgets.models import BudgetLine
from procurement.budgets.queries import plannable_lines
from procurement.rules.queries import parameter

LONG = forms.Textarea(attrs={"rows": 4})
TERMS = (
    "year",
    "title",
    "criteria",
    "line",
    "total_cap",
    "provider_cap",
    "least_social",
    "least_economic",
    "graded_from",
    "graded_to",
    "nominate_until",
)


def _day(label: str, **kwargs: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)


def _text(label: str, length: int = 2000, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=length, widget=LONG, **kwargs)


class SchemeForm(VerbForm):
    """A year's scheme; amounts and percentages begin with the dated rules."""

    year = forms.IntegerField(label="年度", min_value=2000, max_value=2100)
    title = forms.CharField(label="名称", max_length=100)
    criteria = _text(
        "奖励条件与程序",
        help_text="奖励什么、怎么评、谁来定。评价等级必须为优、没有未整改的审计发现，由平台核对，不用写。",
    )
    line = forms.ModelChoiceField(label="预算线", queryset=BudgetLine.objects.none(), empty_label="请选择")
    total_cap = MoneyFormField(label="总额", help_text="发布后在预算线上安排。")
    provider_cap = MoneyFormField(label="一家社会组织上限")
    least_social = forms.IntegerField(label="社会效益得分率不低于（%）", min_value=0, max_value=100)
    least_economic = forms.IntegerField(label="经济效益得分率不低于（%）", min_value=0, max_value=100)
    graded_from = _day("定级日期自", help_text="评价在这段时间内定级的项目可以申报。")
    graded_to = _day("定级日期至")
    nominate_until = _day("申报截止")

    def __init__(self, *args: Any, thing: Any = None, actor: Actor | None = None, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, actor=actor, **kwargs)
        if actor is not None:
            self.fields["line"].queryset = plannable_lines(actor)  # type: ignore[attr-defined]
        if thing is not None:
            self.initial.update({name: getattr(thing, name) for name in TERMS})
            return
        today, least = clock.today(), parameter("incentives.benefit").value
        self.initial.update(
            year=today.year,
            title=_("%(year)s 年度购买服务奖励办法") % {"year": today.year},
            total_cap=parameter("incentives.total_cap").value,
            provider_cap=parameter("incentives.provider_cap").value,
            least_social=least["So"],
            least_economic=least["Ec"],
            graded_from=today.replace(month=1, day=1),
            graded_to=today.replace(month=12, day=31),
            nominate_until=today.replace(month=12, day=31),
        )


class NominateForm(VerbForm):
    """The application (申报表): what was contributed, both benefits with their evidence, how much."""

    contribution = _text("突出贡献", help_text="做到了什么别人没有做到的。会写进公示，不写服务对象姓名。")
    social_benefit = _text("社会效益", help_text="多少人受益、改善了什么、数据从哪里来。会写进公示。")
    social_papers = FilesFormField(
        label="社会效益证明材料", help_text="前后测报告、街道证明、表彰文件等；不含服务对象个人信息。"
    )
    economic_benefit = _text(
        "经济效益", help_text="节约了多少、撬动多少社会资金、带动就业等，数据从哪里来。会写进公示。"
    )
    economic_papers = FilesFormField(label="经济效益证明材料", help_text="捐赠票据、配套资金证明、成本核算表等。")
    asked_amount = MoneyFormField(label="申请金额")


class PaperForm(VerbForm):
    """One more paper."""

    kind = forms.ChoiceField(label="证明", choices=IncentivePaper.KINDS)
    file = FileFormField(label="文件", help_text="不含服务对象个人信息。")


class OpinionForm(VerbForm):
    """What a reviewing office looked at and thinks."""

    opinion = _text("意见", 400, help_text="核对了什么、意见如何。")


class DecideForm(VerbForm):
    """How much, and by what decision."""

    amount = MoneyFormField(label="奖励金额")
    basis = forms.CharField(label="决定依据", max_length=400, help_text="例如：党组会议纪要〔2026〕12号。")

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.initial.setdefault("amount", thing.asked_amount)


class ObjectionForm(VerbForm):
    """An objection that came in."""

    text = _text("异议事项", 1000)
    by_name = forms.CharField(label="异议人", max_length=60, required=False, help_text="匿名的不填。")
    contact = forms.CharField(label="联系方式", max_length=60, required=False, help_text="只有纪检看得到，用来答复。")


class AnswerForm(VerbForm):
    """What was found about an objection."""

    answer = _text("核查情况和答复", 400)


class VoucherForm(VerbForm):
    """What the treasury did: its voucher and the day."""

    template = "procurement/payments/approve.html"

    voucher_number = forms.CharField(label="国库支付凭证号", max_length=60)
    paid_on = _day("支付日期")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("paid_on", clock.today())


class BounceForm(VerbForm):
    """The bank's slip of a grant that came back."""

    bounce_voucher = forms.CharField(label="退票凭证号", max_length=60)
    bounced_on = _day("退票日期")
