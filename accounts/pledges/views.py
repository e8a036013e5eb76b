"""Pages of pledges and trainings (廉洁承诺、廉政教育): signing, texts, who has signed, one's own record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from accounts.permissions import can_draft_pledge, can_enter_training, can_read_signers
from accounts.pledges.forms import OpenForm, SignForm, TrainingForm
from accounts.pledges.models import PledgeText, Training
from accounts.pledges.operations import enter_training, open_text, sign_pledge
from accounts.pledges.queries import (
    Signer,
    signatures_of,
    signers,
    texts_to_publish,
    texts_to_sign,
    trainings_of,
    visible_texts,
    visible_trainings,
)
from accounts.users.models import User
from core import clock, duties, journal, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.errors import NotAllowed
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Figure, Room, register
from core.spreadsheets import Sheet, workbook_response


def may_open(actor: Actor) -> bool:
    """Whether the button over the texts is shown."""
    return can_draft_pledge(actor) and actor.organization_kind == "buyer"


def may_enter(actor: Actor) -> bool:
    """Whether the button over the trainings is shown."""
    return can_enter_training(actor) and actor.organization_kind == "buyer"


PLEDGES = register(
    Room(
        slug="pledges",
        label="廉洁承诺书",
        model=PledgeText,
        visible=visible_texts,
        title=str,
        icon="shield-check",
        columns=(
            Column("title", "承诺书", lambda t: (str(t), t.buyer.name), "title", "group"),
            Column("drafted", "起草人", lambda t: t.drafted_by_name),
            Column("published", "发布时间", lambda t: t.published_at, "date", "published_at"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        figures=lambda t, actor: [
            Figure(_("版次"), t.edition),
            Figure(_("签署后有效"), t.valid_months, _("个月")),
            Figure(_("已签署"), t.signatures.values("user").distinct().count(), _("人")),
        ],
        subtitle=lambda t: [t.buyer.name, _("%(name)s起草") % {"name": t.drafted_by_name}],
        fields=("id", "group", "edition", "body", "valid_months", "status", "published_at"),
        create=("起草承诺书", "pledges:create", may_open),
        empty=("还没有廉洁承诺书", "纪检起草、班子发布以后，这一组的人签署以前不能办理业务。"),
    )
)
TRAININGS = register(
    Room(
        slug="trainings",
        label="廉政教育",
        model=Training,
        visible=visible_trainings,
        title=str,
        icon="mortarboard",
        columns=(
            Column("title", "主题", lambda t: (t.title, t.entered_by_name), "title", "title"),
            Column("held", "日期", lambda t: t.held_on, "date", "held_on"),
            Column("hours", "学时", lambda t: t.hours, "num", "hours"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        default_sort="-held_on",
        figures=lambda t, actor: [
            Figure(_("日期"), f"{t.held_on:%m-%d}", detail=str(t.held_on.year)),
            Figure(_("学时"), f"{t.hours}"),
            Figure(_("参加"), t.attendances.count(), _("人")),
        ],
        subtitle=lambda t: [t.buyer.name, _("%(name)s登记") % {"name": t.entered_by_name}],
        files=lambda t, actor: Document.objects.filter(pk=t.sheet_id),
        fields=("id", "title", "held_on", "hours", "status"),
        create=("登记廉政教育", "trainings:create", may_enter),
        empty=("还没有廉政教育记录", "纪检登记主题、学时、签到表和参加人员。"),
    )
)


def _sheet_section(training: Training, actor: Actor) -> dict[str, Any]:
    url = reverse("trainings:file", args=[training.pk, training.sheet_id])
    return {
        "files": [
            {"name": training.sheet.name, "url": url, "size": training.sheet.size, "sha256": training.sheet.sha256}
        ]
    }


sections.register(
    "accounts.pledge_text", title="承诺内容", template="accounts/pledges/text.html",
    context=lambda text, actor: {"text": text}, order=10,
)  # fmt: skip
sections.register(
    "accounts.training", title="参加人员", template="accounts/pledges/people_names.html",
    context=lambda training, actor: {"names": [each.user_name for each in training.attendances.all()]}, order=10,
)  # fmt: skip
sections.register(
    "accounts.training",
    title="签到表",
    template="components/filelist.html",
    context=_sheet_section,
    slot="side",
    order=10,
)
duties.register(
    Duty(
        "pledge.publish",
        ("leader",),
        texts_to_publish,
        str,
        "发布承诺书",
        "publish",
        source=duties.source(PledgeText, buyer="buyer", status="draft"),
    )
)


def _own(actor: Actor) -> Organization:
    return Organization.objects.select_related("region").get(pk=actor.organization_id or "")


@login_required
def sign(request: HttpRequest) -> HttpResponse:
    """Sign the first text that waits for this person; the next one follows, then the page that was asked for."""
    actor, user = actor_of(request), User.objects.get(pk=str(request.user.pk))
    onward = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, allowed_hosts=None):
        onward = "/w/"
    text = texts_to_sign(user, request.identities).first()  # type: ignore[attr-defined]
    asked = request.POST.get("text", "")
    if text is None and not asked:
        return redirect(onward)
    if asked:
        text = PledgeText.objects.filter(pk=asked).first() if _is_key(asked) else None
    if text is None:
        raise Http404
    context = {
        "title": _("签署廉洁承诺书"),
        "head": {"title": str(text)},
        "text": text,
        "consequence": _("签署以前不能办理业务。签署后有效 %(n)s 个月。") % {"n": text.valid_months},
        "submit_label": _("签署"),
        "back_url": "/w/me/",
        "back_label": _("先不签署"),
    }
    return answer(
        request,
        SignForm(*((request.POST,) if request.method == "POST" else ())),
        lambda cleaned: sign_pledge(text, actor=actor, user=user, **cleaned),
        template="accounts/pledges/sign.html",
        context=context,
        done=lambda signature: request.get_full_path(),
    )


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """One's own record: signatures and trainings."""
    user = User.objects.get(pk=str(request.user.pk))
    context = {
        "signatures": signatures_of(user),
        "trainings": trainings_of(user),
        "today": clock.today(),
        "crumbs": [{"label": "工作台", "url": "/w/"}, {"label": _("廉洁档案"), "url": ""}],
    }
    return render(request, "accounts/pledges/mine.html", context)


@login_required
def people(request: HttpRequest) -> HttpResponse:
    """Who has signed and who has not; ?export=xlsx as a workbook. 404 for others than discipline and leadership."""
    actor = actor_of(request)
    if not can_read_signers(actor):
        raise Http404
    rows = signers(_own(actor))
    if request.GET.get("export") == "xlsx":
        person = User.objects.get(pk=actor.user_key)
        with transaction.atomic():
            journal.record(person, "export", actor=actor, facts={"list": "pledges.people", "rows": len(rows)})
        return workbook_response([_sheet(rows)], name=_("廉洁承诺签署情况"))
    context = {
        "rows": rows,
        "unsigned": sum(row.text is not None and not row.is_signed for row in rows),
        "crumbs": [
            {"label": PLEDGES.label, "url": reverse("pledges:list")},
            {"label": _("签署情况"), "url": ""},
        ],
    }
    return render(request, "accounts/pledges/people.html", context)


def _sheet(rows: list[Signer]) -> Sheet:
    header = ["姓名", "角色", "承诺书", "签署日期", "有效至", "本年廉政教育学时"]
    body: list[list[Any]] = [
        [
            row.user.name, row.roles, str(row.text) if row.text else "—", row.signed_on or ("未签" if row.text else "—"),
            row.valid_until, row.hours,
        ]
        for row in rows
    ]  # fmt: skip
    return Sheet(_("签署情况"), header, body)


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Open a new version."""
    actor = actor_of(request)
    if not may_open(actor):
        raise NotAllowed(_("廉洁承诺书由本单位纪检起草。"))
    buyer = _own(actor)
    context = {
        "title": _("起草承诺书"),
        "head": {"title": buyer.name},
        "consequence": _("从使用中的版本复制；还没有的，从示范文本开始。由班子发布。"),
        "submit_label": _("起草新版"),
        "back_url": reverse("pledges:list"),
        "crumbs": [{"label": PLEDGES.label, "url": reverse("pledges:list")}, {"label": _("起草"), "url": ""}],
    }
    return answer(
        request,
        OpenForm(*((request.POST,) if request.method == "POST" else ())),
        lambda cleaned: open_text(buyer, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda text: text.get_absolute_url(),
    )


@login_required
def training(request: HttpRequest) -> HttpResponse:
    """Enter a training."""
    actor = actor_of(request)
    if not may_enter(actor):
        raise NotAllowed(_("廉政教育由本单位纪检登记。"))
    buyer = _own(actor)
    context = {
        "title": _("登记廉政教育"),
        "head": {"title": buyer.name},
        "submit_label": _("登记"),
        "back_url": reverse("trainings:list"),
        "crumbs": [{"label": TRAININGS.label, "url": reverse("trainings:list")}, {"label": _("登记"), "url": ""}],
    }
    return answer(
        request,
        TrainingForm(*((request.POST, request.FILES) if request.method == "POST" else ()), buyer_id=buyer.pk),
        lambda cleaned: enter_training(buyer, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda made: made.get_absolute_url(),
    )


pledge_urls = [
    path("sign/", sign, name="sign"),
    path("mine/", mine, name="mine"),
    path("people/", people, name="people"),
    path("new/", create, name="create"),
    *room_urls(PLEDGES),
]
training_urls = [path("new/", training, name="create"), *room_urls(TRAININGS)]
