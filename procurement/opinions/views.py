"""Pages of the questionnaires (满意度问卷): list, object with its code and figures, opening one for a contract."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import sections
from core.actor import Actor
from core.errors import NotAllowed
from core.pages import actor_of, answer, room_urls
from core.presence import Question
from core.rooms import Column, Figure, Room, View, register
from core.sections import rows_for_card
from procurement.contracts.models import Contract
from procurement.contracts.queries import IN_FORCE, visible_contracts
from procurement.opinions.forms import OpenForm
from procurement.opinions.models import Survey
from procurement.opinions.operations import open_survey
from procurement.opinions.queries import Said, opinion_of, said_in, visible_surveys
from procurement.permissions.opinions import can_open_survey, can_read_words, can_show_code

WORDS = 50


def figures_of(said: Said) -> list[Figure]:
    """The figures with their sample size; below the least number only how many answered."""
    found = [Figure(_("有效问卷"), said.asked, unit=_("份"))]
    if not said.is_shown or said.satisfied is None or said.recommends is None:
        found[0] = Figure(
            _("有效问卷"), said.asked, unit=_("份"), detail=_("满 %(n)s 份才显示结果") % {"n": said.least}
        )
        return found
    share = f"{said.satisfied * 100 / said.asked:.1f}%"
    detail = _("%(n)s 份选满意或很满意") % {"n": said.satisfied}
    found.insert(0, Figure(_("满意率"), share, detail=detail, kind="hero"))
    found.append(Figure(_("愿意推荐"), f"{said.recommends * 100 / said.asked:.1f}%"))
    return found


SURVEYS = register(
    Room(
        slug="opinions",
        label="满意度问卷",
        model=Survey,
        visible=visible_surveys,
        title=str,
        icon="chat-square-text",
        columns=(
            Column("title", "问卷", lambda s: (s.contract.title, s.contract.number or ""), "title", "contract__title"),
            Column("provider", "承接单位", lambda s: s.contract.provider.name, sort="contract__provider__name"),
            Column("answers", "有效问卷", lambda s: s.answers, "num"),
            Column("closes_on", "收集到", lambda s: f"{s.closes_on}", "num", "closes_on"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        default_sort="-closes_on",
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("收集中", "open", lambda rows, actor: rows.filter(status="open")),
        ),
        figures=lambda survey, actor: figures_of(said_in(survey.opinions.all())),
        subtitle=lambda s: [s.contract.number or "", s.contract.provider.name, f"{s.opens_on} 至 {s.closes_on}"],
        fields=("id", "opens_on", "closes_on", "status"),
        empty=("还没有问卷", "合同生效以后，在合同页发起满意度问卷。"),
    )
)


def _figures_section(survey: Survey, actor: Actor) -> dict[str, Any] | None:
    said = said_in(survey.opinions.all())
    if not said.is_shown:
        return None
    words = list(survey.opinions.exclude(words="").values_list("words", flat=True)[:WORDS])
    return {"said": said, "words": words if can_read_words(actor, survey) else []}


def _code_section(survey: Survey, actor: Actor) -> dict[str, Any] | None:
    return {"survey": survey} if survey.takes_answers and can_show_code(actor, survey) else None


CARD = ("status", "opens_on", "closes_on")


def _contract_section(contract: Contract, actor: Actor, there: bool) -> dict[str, Any] | None:
    """What service users say, with the sample size, and the way to ask them."""
    if contract.status not in IN_FORCE:
        return None
    mine = visible_surveys(actor).filter(contract=contract).order_by("-opens_on")
    surveys = rows_for_card(mine, *CARD) if there else []
    opens = can_open_survey(actor, contract) and all(each.status != "open" for each in surveys)
    if not surveys and not opens:
        return None
    figures = figures_of(opinion_of(contract)) if surveys else []
    return {"contract": contract, "surveys": surveys, "figures": figures, "opens": opens}


OWN, FOLDER = "procurement.survey", "procurement/opinions"
sections.register(OWN, title="结果", template=f"{FOLDER}/figures.html", context=_figures_section, order=10)
sections.register(OWN, title="填写二维码", template=f"{FOLDER}/code.html", context=_code_section, slot="side", order=10)
sections.register(
    "procurement.contract",
    title="服务对象意见",
    template=f"{FOLDER}/on_contract.html",
    context=_contract_section,
    order=25,
    rows=Question(Survey, "contract"),
)


def begin(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Open a questionnaire for a contract; 404 for another buyer's."""
    actor = actor_of(request)
    found = get_object_or_404(visible_contracts(actor), pk=contract)
    if not can_open_survey(actor, found):
        raise NotAllowed(_("问卷由采购人的业务经办发起。"))
    context = {
        "title": _("发起满意度问卷"),
        "head": {"title": found.title, "number": found.number or "", "chip": found.chip},
        "consequence": _("生成一个二维码，贴在服务现场。填写不用登录，不收姓名、电话和位置。"),
        "back_url": found.get_absolute_url(),
        "submit_label": _("发起"),
        "back_label": _("先不发起"),
        "crumbs": [
            {"label": _("满意度问卷"), "url": reverse("opinions:list")},
            {"label": found.number or found.title, "url": found.get_absolute_url()},
        ],
    }
    return answer(
        request,
        OpenForm(request.POST if request.method == "POST" else None),
        lambda cleaned: open_survey(found, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda survey: survey.get_absolute_url(),
    )


def sheet(request: HttpRequest, key: UUID) -> HttpResponse:
    """The sheet with the code, to hang up where the service is given."""
    survey = _shown(request, key)
    context = {
        "title": _("问卷二维码"),
        "survey": survey,
        "door": request.build_absolute_uri(reverse("opinion:door", args=[survey.token])),
        "crumbs": [
            {"label": _("满意度问卷"), "url": reverse("opinions:list")},
            {"label": survey.contract.number or survey.contract.title, "url": survey.get_absolute_url()},
        ],
    }
    return render(request, "procurement/opinions/sheet.html", context)


@require_safe
def picture(request: HttpRequest, key: UUID) -> HttpResponse:
    """The code as a picture (SVG)."""
    survey = _shown(request, key)
    out = io.BytesIO()
    address = request.build_absolute_uri(reverse("opinion:door", args=[survey.token]))
    segno.make(address, error="m").save(out, kind="svg", scale=8, border=2, xmldecl=False)
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


def _shown(request: HttpRequest, key: UUID) -> Survey:
    actor = actor_of(request)
    survey = get_object_or_404(visible_surveys(actor), pk=key)
    if not can_show_code(actor, survey):
        raise Http404
    return survey


urlpatterns = [
    path("open/<uuid:contract>/", begin, name="open"),
    path("<uuid:key>/qr/", sheet, name="qr"),
    path("<uuid:key>/qr.svg", picture, name="qr-picture"),
    *room_urls(SURVEYS),
]
