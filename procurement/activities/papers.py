"""Pages of what protects children (安全保障): people and beneficiaries of a provider, rosters, papers, identity, the QR sheet."""

from __future__ import annotations

import io
from datetime import date
from typing import Any
from uuid import UUID

import segno
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core.errors import NotAllowed
from core.forms import FileFormField, WellSpoken
from core.pages import actor_of, answer
from procurement.activities.facts import staff_of, visible_beneficiaries
from procurement.activities.forms import day_field
from procurement.activities.models import Activity, RosterEntry, SafeguardPaper, StaffMember
from procurement.activities.queries import signed_in, visible_activities
from procurement.activities.safeguarding import (
    add_beneficiary,
    add_paper,
    add_staff,
    check_staff,
    keep_roster,
    open_identity,
)
from procurement.activities.signins import is_open, open_from_to
from procurement.permissions.activities import can_keep_roster, can_open_identity, can_run_activity

PEOPLE_CRUMBS = [
    {"label": "活动", "url": "/w/activities/"},
    {"label": "人员与服务对象", "url": "/w/activities/people/"},
]


class PaperForm(WellSpoken, forms.Form):
    """The base of these pages' forms."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name_fields()


class StaffForm(PaperForm):
    """One of the provider's people."""

    name = forms.CharField(label="姓名", max_length=40)
    post = forms.CharField(label="岗位", max_length=40, help_text="如社工、带队老师、厨师。")


class CheckForm(PaperForm):
    """An inquiry into crime records."""

    checked_on = day_field("查询日期")
    is_clear = forms.TypedChoiceField(
        label="结果", choices=[("yes", "未发现记录"), ("no", "有记录，不得接触未成年人")],
        coerce=lambda value: value == "yes", empty_value=None, widget=forms.RadioSelect,
    )  # fmt: skip
    file = FileFormField(label="查询回执", required=False)


class BeneficiaryForm(PaperForm):
    """One person served: code and year in the open, name and guardian sealed."""

    code = forms.CharField(label="编号", max_length=12, help_text="4 到 12 位字母数字，签到时也用它。")
    segment = forms.CharField(label="类别", max_length=40, help_text="如困境儿童、随迁子女。")
    birth_year = forms.IntegerField(label="出生年份", widget=forms.NumberInput(attrs={"inputmode": "numeric"}))
    consent_on = day_field(
        "同意处理个人信息的日期", required=False, help_text="监护人单独书面同意的那天；没有同意不能列入名单。"
    )
    name = forms.CharField(label="姓名", max_length=40, help_text="加密保存，之后只有写明理由才能打开。")
    guardian = forms.CharField(label="监护人", max_length=40, required=False)
    phone = forms.CharField(label="监护人电话", max_length=20, required=False)


class RosterForm(PaperForm):
    """Who takes part, and the day of their guardians' consent."""

    beneficiaries: Any = forms.ModelMultipleChoiceField(
        label="参加的人", queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    consent_on = day_field(
        "监护人同意参加的日期", required=False, help_text="对所选的、还没有同意日期的人一并登记；留空则不登记。"
    )

    def __init__(self, *args: Any, activity: Activity, rows: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["beneficiaries"]
        field.queryset = rows
        field.label_from_instance = lambda each: f"{each.code} · {each.segment} · {each.birth_year} 年生"
        self.days = dict(RosterEntry.objects.filter(activity=activity).values_list("beneficiary", "consent_on"))
        self.initial.setdefault("beneficiaries", list(self.days))

    def clean(self) -> dict[str, Any]:
        """Each chosen person with a day: what stood, else the new one."""
        cleaned = super().clean() or {}
        day: date | None = cleaned.pop("consent_on", None)
        chosen = cleaned.pop("beneficiaries", [])
        return {"consents": {each: self.days.get(each.pk) or day for each in chosen}}


class SafeguardForm(PaperForm):
    """Insurance, emergency plan, signed consents."""

    kind = forms.ChoiceField(label="种类", choices=SafeguardPaper.KINDS, widget=forms.RadioSelect)
    file = FileFormField(label="文件")
    valid_to = day_field("有效期至", required=False)
    whole_contract = forms.BooleanField(
        label="整个合同都用它", required=False, help_text="外出活动不能用，要有本次的。"
    )


class ReasonForm(PaperForm):
    """Why somebody's identity is opened."""

    reason = forms.CharField(label="理由", max_length=400, widget=forms.Textarea(attrs={"rows": 3}))


def people(request: HttpRequest) -> HttpResponse:
    """The provider's staff with their checks, and its beneficiaries by code. Two queries; no name of a beneficiary."""
    actor = actor_of(request)
    if not (can_keep_roster(actor) and actor.organization_kind == "provider"):
        raise Http404
    context = {
        "title": _("人员与服务对象"),
        "staff": list(staff_of(actor.organization_id)[:200]),
        "beneficiaries": list(visible_beneficiaries(actor)[:500]),
        "crumbs": [*PEOPLE_CRUMBS[:1], {"label": _("人员与服务对象"), "url": ""}],
    }
    return render(request, "procurement/activities/people.html", context)


def _form_page(
    request: HttpRequest, form: Any, act: Any, *, title: str, head: str, note: str, back: str
) -> HttpResponse:
    context = {
        "title": title,
        "head": {"title": head, "number": "", "chip": None},
        "consequence": note,
        "back_url": back,
        "submit_label": title,
        "back_label": _("先不登记"),
        "crumbs": [*PEOPLE_CRUMBS, {"label": title, "url": ""}],
    }
    return answer(request, form, act, template="verb.html", context=context, done=lambda thing: back)


def _bound(request: HttpRequest) -> Any:
    return (request.POST, request.FILES) if request.method == "POST" else ()


def _own(request: HttpRequest) -> Organization:
    """The acting provider. raises  Http404 for everybody else"""
    actor = actor_of(request)
    if not can_keep_roster(actor):
        raise Http404
    return get_object_or_404(Organization, pk=actor.organization_id, kind="provider")


def staff_new(request: HttpRequest) -> HttpResponse:
    """Enter one of the provider's people."""
    provider = _own(request)
    return _form_page(
        request,
        StaffForm(*_bound(request)),
        lambda cleaned: add_staff(provider, actor=actor_of(request), **cleaned),
        title=_("登记人员"),
        head=provider.name,
        note=_("接触未成年人的人员，入职前和每年都要查询违法犯罪记录。"),
        back=reverse("activities:people"),
    )


def staff_check(request: HttpRequest, staff: UUID) -> HttpResponse:
    """Record an inquiry into crime records. 404 for another provider's people."""
    found = get_object_or_404(StaffMember.objects.select_related("provider"), pk=staff, provider=_own(request))
    return _form_page(
        request,
        CheckForm(*_bound(request)),
        lambda cleaned: check_staff(found, actor=actor_of(request), **cleaned),
        title=_("登记查询"),
        head=found.name,
        note=_("查询一年内有效；有记录的人员不得带有未成年人的活动。"),
        back=reverse("activities:people"),
    )


def beneficiary_new(request: HttpRequest) -> HttpResponse:
    """Enter a person served."""
    provider = _own(request)
    return _form_page(
        request,
        BeneficiaryForm(*_bound(request)),
        lambda cleaned: add_beneficiary(provider, actor=actor_of(request), **cleaned),
        title=_("登记服务对象"),
        head=provider.name,
        note=_("平台只显示编号、类别和出生年份；姓名和监护人联系方式加密保存。"),
        back=reverse("activities:people"),
    )


def _activity(request: HttpRequest, key: UUID) -> Activity:
    return get_object_or_404(visible_activities(actor_of(request)), pk=key)


def roster(request: HttpRequest, key: UUID) -> HttpResponse:
    """Who takes part; only the provider's people. 404 for others."""
    activity = _activity(request, key)
    actor = actor_of(request)
    if not can_run_activity(actor, activity):
        raise Http404
    rows = visible_beneficiaries(actor).filter(consent_on__isnull=False)
    form = RosterForm(*_bound(request), activity=activity, rows=rows)
    return _form_page(
        request,
        form,
        lambda cleaned: keep_roster(activity, actor=actor, **cleaned),
        title=_("登记名单"),
        head=activity.title,
        note=_("只列同意处理个人信息的服务对象；每人还要有监护人同意参加本场的日期。"),
        back=activity.get_absolute_url(),
    )


def paper(request: HttpRequest, key: UUID) -> HttpResponse:
    """Hand in a paper; only the provider's people. 404 for others."""
    activity = _activity(request, key)
    actor = actor_of(request)
    if not can_run_activity(actor, activity):
        raise Http404

    def act(cleaned: dict[str, Any]) -> Any:
        whole = cleaned.pop("whole_contract")
        return add_paper(activity.contract, actor=actor, activity=None if whole else activity, **cleaned)

    return _form_page(
        request,
        SafeguardForm(*_bound(request)),
        act,
        title=_("登记材料"),
        head=activity.title,
        note=_("保险单、应急预案、监护人同意书。只有本单位能打开文件，街道和采购人看到有没有。"),
        back=activity.get_absolute_url(),
    )


def identity(request: HttpRequest, key: UUID, entry: int) -> HttpResponse:
    """Open who a child on the roster is: asks for the reason, then shows it once. 404 for who may not even ask."""
    activity = _activity(request, key)
    actor = actor_of(request)
    if not can_open_identity(actor, activity):
        raise Http404
    found = get_object_or_404(
        RosterEntry.objects.select_related("beneficiary", "activity__contract"), pk=entry, activity=activity
    )
    form = ReasonForm(*_bound(request))
    context: dict[str, Any] = {
        "title": _("查看身份"),
        "head": {"title": _("编号 %(code)s") % {"code": found.beneficiary.code}, "number": "", "chip": None},
        "consequence": _("理由和您的姓名记入日志，不能改；承接单位负责人会收到通知。"),
        "back_url": activity.get_absolute_url(),
        "submit_label": _("查看身份"),
        "back_label": _("先不看"),
        "form": form,
        "crumbs": [
            {"label": _("活动"), "url": reverse("activities:list")},
            {"label": activity.title, "url": activity.get_absolute_url()},
        ],
    }
    if request.method == "POST" and form.is_valid():
        context["identity"] = open_identity(found, actor=actor, reason=form.cleaned_data["reason"])
    answer_page = render(request, "procurement/activities/identity.html", context, status=422 if form.errors else 200)
    answer_page["Cache-Control"] = "no-store"
    return answer_page


def qr(request: HttpRequest, key: UUID) -> HttpResponse:
    """The sheet with the sign-in code, to hang up at the door; only the provider's people."""
    activity = _activity(request, key)
    if not can_run_activity(actor_of(request), activity):
        raise NotAllowed(_("签到二维码由承接单位出示。"))
    opens, closes = open_from_to(activity)
    total, new = signed_in(activity)
    context = {
        "title": _("签到二维码"),
        "thing": activity,
        "opens": opens,
        "closes": closes,
        "is_open": is_open(activity),
        "total": total,
        "new": new,
        "code_url": reverse("activities:qr-picture", args=[activity.pk]),
        "door": request.build_absolute_uri(reverse("signin:door", args=[activity.token])),
        "crumbs": [
            {"label": _("活动"), "url": reverse("activities:list")},
            {"label": activity.title, "url": activity.get_absolute_url()},
        ],
    }
    return render(request, "procurement/activities/qr.html", context)


def qr_picture(request: HttpRequest, key: UUID) -> HttpResponse:
    """The code as a picture (SVG)."""
    activity = _activity(request, key)
    if not can_run_activity(actor_of(request), activity):
        raise Http404
    out = io.BytesIO()
    address = request.build_absolute_uri(reverse("signin:door", args=[activity.token]))
    segno.make(address, error="m").save(out, kind="svg", scale=8, border=2, xmldecl=False)
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


urlpatterns = [
    path("people/", people, name="people"),
    path("people/staff/", staff_new, name="staff-new"),
    path("people/staff/<uuid:staff>/", staff_check, name="staff-check"),
    path("people/new/", beneficiary_new, name="beneficiary-new"),
    path("<uuid:key>/roster/", roster, name="roster"),
    path("<uuid:key>/roster/<int:entry>/", identity, name="identity"),
    path("<uuid:key>/papers/", paper, name="paper"),
    path("<uuid:key>/qr/", qr, name="qr"),
    path("<uuid:key>/qr.svg", qr_picture, name="qr-picture"),
]
