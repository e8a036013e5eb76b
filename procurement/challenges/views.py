"""Pages of the challenges (质疑): filing, answering, and the blocks on award and order."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core import sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.duties import register as register_duty
from core.errors import NotAllowed, Refused
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Figure, Room, View, register
from core.templatetags.words import cn_date_text
from procurement.awards.models import Award
from procurement.awards.queries import own_bid, visible_awards
from procurement.challenges.forms import ChallengeForm
from procurement.challenges.models import Challenge
from procurement.challenges.operations import ANSWERERS, file_challenge, require_may_file
from procurement.challenges.queries import OPEN, visible_challenges
from procurement.permissions.challenges import can_file_challenge


def new(request: HttpRequest, award: UUID) -> HttpResponse:
    """File a challenge against an award; who may not know the award gets 404, who may not file it is told why."""
    actor = actor_of(request)
    found = visible_awards(actor).filter(pk=award).first()
    if found is None:
        raise Http404
    if not can_file_challenge(actor) or own_bid(found, actor) is None:
        raise NotAllowed(_("只有参加了本订单申报的单位可以提出质疑。"))
    require_may_file(found, actor)
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    context = {
        "room": CHALLENGES,
        "head": {"title": found.lot.order.title, "number": found.number, "chip": found.chip},
        "title": _("提出质疑"),
        "consequence": _("提出后成交公示暂停，采购人在答复期限内书面答复；您可以随时撤回。"),
        "facts": [
            {"label": _("成交单位"), "value": found.bid.organization.name},
            {
                "label": _("质疑截止"),
                "value": cn_date_text(found.standstill_ends_at, "full"),
                "sub": found.standstill_rule,
            },
        ],
        "submit_label": _("提出质疑"),
        "back_url": found.get_absolute_url(),
        "crumbs": [
            {"label": _("结果与公示"), "url": reverse("awards:list")},
            {"label": found.lot.order.title, "url": found.get_absolute_url()},
            {"label": _("提出质疑"), "url": ""},
        ],
    }
    return answer(
        request,
        ChallengeForm(*posted),
        lambda cleaned: file_challenge(found, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda done: done.get_absolute_url(),
    )


def _facts(challenge: Challenge, actor: Actor) -> dict[str, Any] | None:
    return {"challenge": challenge}


def _on_award(award: Award, actor: Actor) -> dict[str, Any] | None:
    """The award's challenges this person may read, and the button for who may file one."""
    shown = list(visible_challenges(actor).filter(award=award).order_by("-created_at"))
    file_url, why = "", ""
    if actor.organization_kind == "provider":
        try:
            require_may_file(award, actor)
            file_url = reverse("challenges:new", args=[award.pk])
        except Refused as refusal:
            why = refusal.message
    if not shown and not file_url and not why:
        return None
    return {"challenges": shown, "file_url": file_url, "why": why}


def _files(challenge: Challenge, actor: Actor) -> QuerySet[Document]:
    return Document.objects.filter(pk=challenge.document_id) if challenge.document_id else Document.objects.none()


def _open(challenges: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return challenges.filter(status__in=OPEN)


CHALLENGES = register(
    Room(
        slug="challenges",
        label="质疑",
        model=Challenge,
        visible=visible_challenges,
        title=lambda challenge: _("质疑：%(order)s") % {"order": challenge.award.lot.order.title},
        icon="chat-left-text",
        columns=(
            Column("order", "订单", lambda c: (c.award.lot.order.title, c.award.number or ""), "title"),
            Column("who", "质疑单位", lambda c: c.organization.name),
            Column("ground", "事由", lambda c: c.get_ground_display()),
            Column("status", "状态", kind="chip", sort="status"),
            Column("due", "答复期限", lambda c: c.due_at if c.status in OPEN else None, "due", sort="due_at"),
        ),
        default_sort="due_at",
        views=(View("全部", "", lambda challenges, actor: challenges), View("待答复", "open", _open)),
        figures=lambda challenge, actor: [
            Figure(_("成交金额"), challenge.award.amount, unit=_("元")),
            Figure(_("答复期限"), cn_date_text(challenge.due_at), detail=challenge.due_rule),
        ],
        subtitle=lambda challenge: [
            challenge.organization.name,
            challenge.get_ground_display(),
            challenge.award.number or "",
        ],
        files=_files,
        fields=("id", "award", "status", "ground", "text", "remedy", "due_at", "reply"),
        empty=("没有质疑", "申报单位对成交结果有异议时，会列在这里并写明答复期限。"),
    )
)


sections.register(
    "procurement.challenge", title="质疑内容", template="procurement/challenges/facts.html", context=_facts
)
sections.register(
    "procurement.award", title="质疑", template="procurement/challenges/list.html", context=_on_award, order=60
)

register_duty(
    Duty(
        name="challenge.answer",
        roles=ANSWERERS,
        queryset=lambda actor: visible_challenges(actor).filter(status__in=OPEN, buyer_id=actor.organization_id),
        title=lambda challenge: challenge.award.lot.order.title,
        button="答复质疑",
        note=lambda challenge: (
            _("%(who)s：%(ground)s") % {"who": challenge.organization.name, "ground": challenge.get_ground_display()}
        ),
        deadline=lambda challenge: challenge.due_at,
    )
)

urlpatterns = [path("new/<uuid:award>/", new, name="new"), *room_urls(CHALLENGES)]
