"""Pages of schemes and incentives (奖励办法、奖励性补助): lists, objects, drafting, nominating; what others show of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core import clock, duties, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.errors import NotAllowed
from core.job_pages import report_section
from core.money import ZERO
from core.pages import actor_of, answer, room_urls
from core.presence import Question
from core.rooms import Column, Figure, Room, View, register
from evaluation.incentives import boards as show
from evaluation.incentives.forms import NominateForm, SchemeForm
from evaluation.incentives.models import Incentive, Scheme
from evaluation.incentives.operations import nominate_incentive
from evaluation.incentives.queries import (
    OPEN,
    candidates,
    given_to,
    in_hand,
    open_objections,
    schemes_to_publish,
    standings,
    to_pay,
    to_review,
    visible_incentives,
    visible_schemes,
)
from evaluation.incentives.schemes import draft_scheme
from evaluation.permissions import can_draft_scheme, can_nominate
from procurement.contracts.models import Contract


def may_draft(actor: Actor) -> bool:
    """Whether the button over the list is shown."""
    return can_draft_scheme(actor) and actor.organization_kind == "buyer"


def _scheme_figures(scheme: Scheme, actor: Actor) -> list[Figure]:
    bound = scheme.allocation.contracted_amount if scheme.allocation else ZERO
    paid = scheme.allocation.paid_amount if scheme.allocation else ZERO
    return [
        Figure(
            _("总额"), scheme.total_cap, _("元"), detail=_("一家不超过 %(n)s") % {"n": f"{scheme.provider_cap:,.2f}"}
        ),
        Figure(_("已定"), bound, _("元"), detail=_("还可定 %(n)s") % {"n": f"{scheme.total_cap - bound:,.2f}"}),
        Figure(_("已支付"), paid, _("元")),
        Figure(_("申报截止"), f"{scheme.nominate_until:%m-%d}", detail=str(scheme.nominate_until.year)),
    ]


SCHEMES = register(
    Room(
        slug="incentive-schemes",
        label="奖励办法",
        model=Scheme,
        visible=visible_schemes,
        title=str,
        icon="patch-check",
        columns=(
            Column("title", "奖励办法", lambda s: (s.title, s.buyer.name), "title", "title"),
            Column("year", "年度", lambda s: s.year, "num", "year"),
            Column("total", "总额", lambda s: s.total_cap, "money", "total_cap"),
            Column("until", "申报截止", lambda s: s.nominate_until, "date", "nominate_until"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        default_sort="-year",
        figures=_scheme_figures,
        subtitle=lambda s: [s.buyer.name, _("%(year)s 年") % {"year": s.year}],
        fields=("id", "year", "title", "total_cap", "provider_cap", "nominate_until", "status"),
        create=("起草奖励办法", "incentive-schemes:create", may_draft),
        empty=("还没有奖励办法", "业务经办起草、班子发布以后，优秀项目可以在这里申报奖励性补助。"),
    )
)


class IncentiveFilter(django_filters.FilterSet):
    """Search by project, number, provider; status."""

    q = django_filters.CharFilter(label="项目、文号、单位", method="search")
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in Incentive.lifecycle.statuses.items()]
    )

    def search(self, rows: QuerySet[Incentive], name: str, value: str) -> QuerySet[Incentive]:
        """Title, number or provider."""
        found = rows.none()
        for field in ("contract__title", "number", "provider__name"):
            found |= rows.filter(**{f"{field}__icontains": value})
        return found


def _figures(incentive: Incentive, actor: Actor) -> list[Figure]:
    money = (
        Figure(_("奖励金额"), incentive.amount, _("元"), kind="hero")
        if incentive.amount
        else Figure(_("申请金额"), incentive.asked_amount, _("元"), kind="hero")
    )
    return [
        money,
        Figure(_("评价"), f"{incentive.grade} {incentive.total}", _("分")),
        Figure(_("社会效益"), f"{incentive.social_percent}", "%"),
        Figure(_("经济效益"), f"{incentive.economic_percent}", "%"),
    ]


def _locked(incentive: Incentive, actor: Actor) -> list[tuple[str, str]]:
    """Buttons that the table offers and the moment refuses."""
    found = []
    if incentive.status == "published":
        ends_at = incentive.publicity_ends_at
        running = ends_at is not None and clock.now() <= ends_at
        found.append(
            ("request_payment", _("公示到 %(day)s 结束以后才能申请。") % {"day": f"{clock.local(ends_at):%m-%d}"})
            if running and ends_at
            else ("object", _("公示期已过。"))
        )
    return found


def _files(incentive: Incentive, actor: Actor) -> QuerySet[Document]:
    return Document.objects.filter(pk__in=incentive.papers.values("document"))


INCENTIVES = register(
    Room(
        slug="incentives",
        label="奖励性补助",
        model=Incentive,
        visible=visible_incentives,
        title=lambda i: f"奖励性补助：{i.contract.title}",
        lookup="number",
        icon="trophy",
        filterset=IncentiveFilter,
        columns=(
            Column("title", "项目", lambda i: (i.contract.title, i.number or i.get_origin_display()), "title",
                   "contract__title"),
            Column("provider", "社会组织", lambda i: i.provider.name, sort="provider__name"),
            Column("grade", "等级", lambda i: i.grade, "tag"),
            Column("asked", "申请金额", lambda i: i.asked_amount, "money", "asked_amount"),
            Column("amount", "奖励金额", lambda i: i.amount or None, "money", "amount"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("办理中", "open", lambda rows, actor: rows.filter(status__in=OPEN)),
            View("已支付", "paid", lambda rows, actor: rows.filter(status="paid")),
        ),
        figures=_figures,
        subtitle=lambda i: [i.provider.name, i.scheme.title],
        files=_files,
        locked=_locked,
        fields=(
            *("id", "scheme", "contract", "provider", "assessment"),
            *("number", "status", "grade", "asked_amount", "amount", "paid_on"),
        ),
        empty=("还没有奖励性补助", "评价为优、没有审计发现的项目，在奖励办法的页面上提名或申报。"),
    )
)  # fmt: skip


FOLDER = "evaluation/incentives"
OF_SCHEME, OWN = "evaluation.incentive_scheme", "evaluation.incentive"
sections.register(OF_SCHEME, title="条件", template=f"{FOLDER}/terms.html", context=show.terms_section, order=10)
sections.register(
    OF_SCHEME, title="可以申报的项目", template=f"{FOLDER}/candidates.html", context=show.candidates_section, order=20
)
sections.register(OF_SCHEME, title="奖励性补助", template=f"{FOLDER}/rows.html", context=show.given_section, order=30)
sections.register(
    OWN, title="申报内容与意见", template="evaluation/assessments/words.html", context=show.words_section, order=10
)
sections.register(
    OWN, title="公示与异议", template=f"{FOLDER}/publicity.html", context=show.publicity_section, order=20
)
sections.register(OWN, title="支付", template="components/facts.html", context=show.payment_section, order=30)
sections.register(
    OWN, title="现在核对", template="components/checks.html", context=show.checks_section, slot="side", order=10
)
sections.register(
    OWN, title="证明材料", template="components/filelist.html", context=show.papers_section, slot="side", order=20
)
sections.register(
    OWN, title="信用记录", template="components/facts.html", context=show.credit_section, slot="side", order=30
)
sections.register(
    OWN, title="申报表", template="components/reports.html", slot="side", order=40,
    context=report_section("evaluation.incentive"),
)  # fmt: skip
sections.register(
    "procurement.contract",
    title="奖励性补助",
    template=f"{FOLDER}/rows.html",
    context=show.case_section,
    order=55,
    rows=Question(Incentive, "contract"),
)


def _waiting(*statuses: str) -> Any:
    return lambda actor: in_hand(actor, *statuses)


def _source(status: str) -> duties.Source:
    return duties.source(Incentive, buyer="buyer", status=status)


def _amount(incentive: Incentive) -> Any:
    return incentive.amount or incentive.asked_amount


def _objection_due(incentive: Incentive) -> Any:
    first = open_objections(incentive).first()
    return first.due_at if first else None


for _duty in (
    Duty("incentive_scheme.publish", ("leader",), schemes_to_publish, str, "发布办法", "publish",
         amount=lambda scheme: scheme.total_cap, source=duties.source(Scheme, buyer="buyer", status="draft")),
    Duty("incentive.review", ("funds_reviewer", "discipline_officer"), to_review, str, "审核奖励", amount=_amount,
         source=_source("nominated")),
    Duty("incentive.decide", ("leader",), _waiting("reviewed"), str, "决定奖励", "decide", amount=_amount,
         source=_source("reviewed")),
    Duty("incentive.answer", ("discipline_officer",), _waiting("objected"), str, "答复异议", deadline=_objection_due,
         source=_source("objected")),
    Duty("incentive.request", ("finance_officer",), to_pay, str, "申请支付奖励", "request_payment", amount=_amount,
         source=_source("published")),
    Duty("incentive.record", ("cashier",), _waiting("payable"), str, "登记奖励凭证", "record", amount=_amount,
         source=_source("payable")),
):  # fmt: skip
    duties.register(_duty)


def create(request: HttpRequest) -> HttpResponse:
    """Write a year's scheme."""
    actor = actor_of(request)
    if not may_draft(actor):
        raise NotAllowed(_("奖励办法由本单位业务经办起草。"))
    buyer = Organization.objects.select_related("region").get(pk=actor.organization_id or "")
    context = {
        "title": _("起草奖励办法"),
        "head": {"title": buyer.name},
        "consequence": _("由班子成员发布；发布以后总额在预算线上安排，社会组织可以申报。"),
        "submit_label": _("存为草稿"),
        "back_url": reverse("incentive-schemes:list"),
        "crumbs": [{"label": SCHEMES.label, "url": reverse("incentive-schemes:list")}, {"label": _("起草"), "url": ""}],
    }
    return answer(
        request,
        SchemeForm(*((request.POST,) if request.method == "POST" else ()), actor=actor),
        lambda cleaned: draft_scheme(buyer, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda scheme: scheme.get_absolute_url(),
    )


def nominate(request: HttpRequest, scheme: UUID, contract: UUID) -> HttpResponse:
    """Nominate a contract, or apply for it. 404 for what one may not nominate."""
    actor = actor_of(request)
    given = get_object_or_404(visible_schemes(actor).filter(status="published"), pk=scheme)
    # A repeated request finds it nominated: the contract must then still be found, so that its answer is the same.
    seen = Contract.objects.filter(buyer_id=given.buyer_id).select_related("provider", "buyer")
    found = get_object_or_404(seen if request.method == "POST" else candidates(given, actor), pk=contract)
    if not can_nominate(actor, found):
        raise Http404
    standing = standings(given, [found])[0]
    rest = max(ZERO, given.provider_cap - given_to(given, found.provider_id))
    bound = (request.POST, request.FILES) if request.method == "POST" else ()
    word = _("申报奖励") if actor.organization_kind == "provider" else _("提名奖励")
    context = {
        "title": word,
        "head": {"title": found.title, "number": found.number or "", "chip": found.chip},
        "consequence": _("提交后由经审、纪检分别审核，班子决定，公示期满后支付。"),
        "facts": [
            {"label": _("社会组织"), "value": found.provider.name},
            {
                "label": _("绩效评价"),
                "value": f"{standing.grading.grade} {standing.grading.total}" if standing.grading else "—",
            },
            {"label": _("社会效益得分率"), "value": f"{standing.social}%"},
            {"label": _("经济效益得分率"), "value": f"{standing.economic}%"},
            {"label": _("本年度还可"), "value": rest, "unit": _("元")},
        ],
        "back_url": given.get_absolute_url(),
        "submit_label": word,
        "back_label": _("先不提交"),
        "crumbs": [
            {"label": SCHEMES.label, "url": reverse("incentive-schemes:list")},
            {"label": given.title, "url": given.get_absolute_url()},
            {"label": word, "url": ""},
        ],
    }
    return answer(
        request,
        NominateForm(*bound, actor=actor),
        lambda cleaned: nominate_incentive(given, found, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda incentive: incentive.get_absolute_url(),
    )


scheme_urls = [path("new/", create, name="create"), *room_urls(SCHEMES)]
incentive_urls = [path("nominate/<uuid:scheme>/<uuid:contract>/", nominate, name="nominate"), *room_urls(INCENTIVES)]
