"""Forms of the special audit (专项审计): team and dates, items, working papers, findings, answers, rectification."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

from accounts.memberships.models import Membership
from audit.engagements.facts import platform_documents
from audit.engagements.findings import MAX_FILES
from audit.engagements.models import AuditFinding, ProgrammeItem, WorkingPaper
from audit.engagements.queries import candidates
from audit.permissions.engagements import BODIES
from core import clock
from core.forms import FilesFormField, VerbForm
from core.money import ZERO, MoneyFormField
from procurement.contracts.models import Contract
from procurement.rules.queries import parameter


def _day(label: str, help_text: str = "") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, help_text=help_text)


def _text(label: str, length: int, rows: int = 3, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=length, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


def _later(days: int) -> date:
    return clock.today() + timedelta(days=days)


class StartForm(VerbForm):
    """Why, with whom, from when to when."""

    why = _text("审计缘由", 400, 2)
    members = forms.ModelMultipleChoiceField(
        label="审计组成员", queryset=Membership.objects.none(), widget=forms.CheckboxSelectMultiple,
        help_text="您任组长。至少一名财政或纪检人员；办理过本项目业务的人不能参加。",
    )  # fmt: skip
    field_on = _day("进点日期", "审计通知书送达满三日才能进点。")
    due_on = _day("完成日期", "这一天以前送出征求意见稿。")

    def __init__(self, *args: Any, contract: Contract, actor: Any, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        people = [each for each in candidates(contract) if str(each.user_id) != actor.user_key]
        members = self.fields["members"]
        members.queryset = Membership.objects.filter(pk__in=[each.pk for each in people])  # type: ignore[attr-defined]
        members.choices = [  # type: ignore[attr-defined]
            (
                each.pk,
                f"{BODIES[each.role]} {each.user.name}（{each.organization.short_name or each.organization.name}）",
            )
            for each in people
        ]
        self.initial.setdefault("field_on", f"{_later(4)}")
        self.initial.setdefault("due_on", f"{_later(24)}")

    def clean_members(self) -> list[Membership]:
        """The memberships, with person and organization."""
        return list(self.cleaned_data["members"].select_related("user", "organization"))


class ItemForm(VerbForm):
    """One item that the contract does not name."""

    scope = forms.ChoiceField(label="范围", choices=ProgrammeItem.SCOPES, widget=forms.RadioSelect)
    title = forms.CharField(label="事项", max_length=120)
    expected = forms.CharField(label="应有", max_length=300, help_text="合同、制度要求是什么。")
    method = forms.CharField(label="怎么审", max_length=300)


class PaperForm(VerbForm):
    """One working paper: facts, conclusion, evidence."""

    facts = _text("查明的事实", 4000, 6, help_text="时间、数量、金额、凭证号；只写查明的，不写推测。不写服务对象姓名。")
    conclusion = forms.ChoiceField(label="结论", choices=WorkingPaper.CONCLUSIONS, widget=forms.RadioSelect)
    platform = forms.MultipleChoiceField(
        label="平台已有的材料", required=False, widget=forms.CheckboxSelectMultiple, help_text="勾选作为证据的材料。"
    )
    papers = FilesFormField(label="上传证据", least=0, most=MAX_FILES)

    def __init__(self, *args: Any, item: ProgrammeItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = platform_documents(item)
        self.fields["platform"].choices = [  # type: ignore[attr-defined]
            (str(document.pk), f"{whose}：{document.name}") for document, whose in offered
        ]
        if not offered:
            del self.fields["platform"]


class FindingForm(VerbForm):
    """One finding: what, how much, against which clause, who puts it right until when."""

    kind = forms.ChoiceField(label="类型", choices=AuditFinding.KINDS)
    title = forms.CharField(label="问题", max_length=120, help_text="一句话说清楚。")
    statement = _text("事实", 2000, 5)
    amount = MoneyFormField(label="涉及金额", min_value=ZERO, help_text="不涉及金额的填 0。")
    clause = forms.CharField(label="依据条款", max_length=200, help_text="合同第几条，或制度名称、文号和条款。")
    demand = _text("整改要求", 400, 2)
    responsible = forms.ChoiceField(label="责任方", choices=AuditFinding.SIDES, widget=forms.RadioSelect)
    due_on = _day("整改期限")

    def __init__(self, *args: Any, thing: Any = None, item: ProgrammeItem | None = None, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        if thing is not None:
            for name in ("kind", "title", "statement", "amount", "clause", "demand", "responsible"):
                self.initial.setdefault(name, getattr(thing, name))
            self.initial.setdefault("due_on", f"{thing.due_on}")
        elif item is not None:
            newest = item.papers.first()
            self.initial.setdefault("statement", newest.facts[:2000] if newest else "")
            self.initial.setdefault("due_on", f"{_later(int(parameter('audit.rectify_days').value))}")
            self.initial.setdefault("responsible", "provider")


class DraftForm(VerbForm):
    """The opinion as a whole."""

    opinion = _text("审计评价", 4000, 7, help_text="按服务过程、任务完成、资金使用三个方面评价。")


class ReplyForm(VerbForm):
    """Whether a side agrees, and what it says."""

    agrees = forms.TypedChoiceField(
        label="意见", choices=[("yes", "没有异议"), ("no", "有异议")], coerce=lambda text: text == "yes",
        widget=forms.RadioSelect,
    )  # fmt: skip
    text = _text("说明和依据", 2000, 5, required=False)


class IssueForm(VerbForm):
    """What is made of the answers."""

    conclusion = _text(
        "对答复的采纳情况", 2000, 4, required=False, help_text="有一方有异议时必填：采纳了什么，没有采纳的说明理由。"
    )


class RectifyForm(VerbForm):
    """What was put right, with proof."""

    answer = _text("整改情况", 2000, 5)
    put_right = MoneyFormField(label="已纠正金额", min_value=ZERO, help_text="已退回或已调账的金额；没有的填 0。")
    papers = FilesFormField(label="整改证明", least=1, most=MAX_FILES, help_text="退款凭证、更正后的票据、制度文件等。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("put_right", ZERO)


class RefuseForm(VerbForm):
    """Why, and until when."""

    due_on = _day("新的整改期限")


class ExtendForm(VerbForm):
    """Until when."""

    due_on = _day("延长到")
