"""Pages of the assessments (绩效评价): list, object, asking an evaluator; what they show on contracts and projects."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core import clock, duties, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.job_pages import report_section
from core.pages import actor_of, answer, room_urls
from core.presence import Question
from core.rooms import Column, Figure, Room, View, register
from core.sections import rows_for_card
from evaluation.assessments.boards import Line, axes_of_grading, axes_of_lines, lines_of
from evaluation.assessments.forms import PlanForm
from evaluation.assessments.models import Assessment
from evaluation.assessments.operations import plan_assessment
from evaluation.assessments.queries import (
    ASSESSABLE,
    contracts_to_assess,
    has_rated,
    open_follow_ups,
    rotation_years,
    to_finalize,
    to_rate,
    visible_assessments,
)
from evaluation.permissions import can_evaluate, can_plan_assessment, can_read_marks
from procurement.contracts.models import Contract
from procurement.projects.models import Project


class AssessmentFilter(django_filters.FilterSet):
    """Search by contract, provider, evaluator; status and grade."""

    q = django_filters.CharFilter(label="合同、文号、单位", method="search")
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in Assessment.lifecycle.statuses.items()]
    )
    grade = django_filters.ChoiceFilter(
        label="等级", empty_label="全部等级", choices=[(each, each) for each in ("优", "良", "中", "差")]
    )

    def search(self, rows: QuerySet[Assessment], name: str, value: str) -> QuerySet[Assessment]:
        """Title, numbers, provider or evaluator."""
        found = rows.none()
        for field in ("contract__title", "contract__number", "number", "contract__provider__name", "evaluator__name"):
            found |= rows.filter(**{f"{field}__icontains": value})
        return found


def _figures(assessment: Assessment, actor: Actor) -> list[Figure]:
    found = [Figure(_("验收"), f"{assessment.closed_on:%m-%d}", detail=str(assessment.closed_on.year))]
    if assessment.total is not None:
        found = [
            Figure(_("得分"), assessment.total, _("分")),
            Figure(_("等级"), assessment.grade, kind="hot" if assessment.grade == "差" else ""),
            *found,
        ]
    elif assessment.status == "feedback" and assessment.reply_due_at:
        found.append(Figure(_("答复期限"), f"{clock.local(assessment.reply_due_at):%m-%d}"))
    else:
        found.append(Figure(_("应完成"), f"{assessment.due_on:%m-%d}", detail=str(assessment.due_on.year)))
    return found


def _locked(assessment: Assessment, actor: Actor) -> list[tuple[str, str]]:
    """Buttons that the table offers and the moment refuses."""
    found, status, due = [], assessment.status, assessment.reply_due_at
    if status == "self_scored" and can_evaluate(actor, assessment) and has_rated(assessment, actor):
        found.append(("rate", _("您已提交评分，等另一位评分人。")))
    if status == "feedback" and assessment.replied_at:
        found.append(("reply", _("已经答复过了。")))
    elif status == "feedback" and due and clock.now() < due:
        found.append(("finalize", _("等承接单位答复，或答复期满。")))
    rounds = status in {"final", "applied"} and can_evaluate(actor, assessment)
    if rounds and not assessment.follow_ups.filter(grading=None).exists():
        found.append(("follow_up", _("还没有到期的跟踪评估。")))
    return found


def _files(assessment: Assessment, actor: Actor) -> QuerySet[Document]:
    return Document.objects.filter(pk__in=assessment.evidence.values("document"))


ASSESSMENTS = register(
    Room(
        slug="assessments",
        label="绩效评价",
        model=Assessment,
        visible=visible_assessments,
        title=lambda a: f"绩效评价：{a.contract.title}",
        lookup="number",
        icon="clipboard-data",
        filterset=AssessmentFilter,
        columns=(
            Column("title", "评价", lambda a: (a.contract.title, a.number or a.contract.number or ""), "title",
                   "contract__title"),
            Column("provider", "承接单位", lambda a: a.contract.provider.name, sort="contract__provider__name"),
            Column("evaluator", "评估机构", lambda a: a.evaluator.name, sort="evaluator__name"),
            Column("total", "得分", lambda a: a.total, "num", "total_centi"),
            Column("grade", "等级", lambda a: a.grade, "tag", "grade"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("due_on", "应完成", lambda a: a.due_on, "date", "due_on"),
        ),
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("进行中", "open", lambda rows, actor: rows.exclude(status__in=["final", "applied", "declined"])),
            View("已定级", "done", lambda rows, actor: rows.filter(status__in=["final", "applied"])),
        ),
        figures=_figures,
        subtitle=lambda a: [a.contract.provider.name, _("评估机构 %(name)s") % {"name": a.evaluator.name}],
        files=_files,
        locked=_locked,
        fields=("id", "contract", "number", "status", "grade", "total", "due_on", "finalized_at"),
        empty=("还没有绩效评价", "合同全部验收以后，业务经办在这里请第三方评估机构评价。"),
    )
)  # fmt: skip


def _lines(assessment: Assessment, actor: Actor) -> list[Line]:
    """Read once a page, though two sections show them."""
    found: list[Line] = assessment.__dict__.get("lines") or lines_of(assessment, actor)
    assessment.__dict__["lines"] = found
    return found


def _indicators_section(assessment: Assessment, actor: Actor) -> dict[str, Any] | None:
    if assessment.status in {"planned", "declined"}:
        return None
    return {"lines": _lines(assessment, actor), "assessment": assessment, "is_open": can_read_marks(actor, assessment)}


def _axes_section(assessment: Assessment, actor: Actor) -> dict[str, Any] | None:
    if not can_read_marks(actor, assessment):
        return None
    latest = assessment.gradings.order_by("-n").first()
    return axes_of_grading(latest) if latest else axes_of_lines(_lines(assessment, actor))


def _versions_section(assessment: Assessment, actor: Actor) -> dict[str, Any] | None:
    gradings = list(assessment.gradings.all())
    rounds = [each for each in assessment.follow_ups.all() if each.grading_id is None]
    return {"gradings": gradings, "rounds": rounds} if gradings else None


def _words_section(assessment: Assessment, actor: Actor) -> dict[str, Any] | None:
    """Statement, opinion, reply, use: what was written, by whom it may be read."""
    told = [
        (_("自评说明"), assessment.statement, True),
        (_("评价意见"), assessment.opinion, can_read_marks(actor, assessment)),
        (_("一票否决"), assessment.veto_reason, can_read_marks(actor, assessment)),
        (_("承接单位答复"), assessment.reply or (_("同意。") if assessment.reply_agrees else ""), True),
        (_("结果应用"), assessment.use, True),
    ]
    words = [{"title": title, "text": text} for title, text, may in told if text and may]
    return {"words": words} if words else None


def _third_section(assessment: Assessment, actor: Actor) -> dict[str, Any] | None:
    """Independence at a glance: who is asked, in which year running, why not another."""
    years = assessment.rotation_years
    checks = [
        {
            "kind": "ok" if assessment.status not in {"planned", "declined"} else "wait",
            "title": _("与合同双方没有利益关系"),
            "note": _("安排时平台核对；接受时机构声明"),
        },
        {
            "kind": "ok" if years < 3 else "warn",
            "title": _("连续第 %(n)s 年评价本单位的项目") % {"n": years},
            "note": assessment.rotation_reason,
        },
    ]
    return {"checks": checks}


def _files_section(assessment: Assessment, actor: Actor) -> dict[str, Any] | None:
    seen: dict[Any, dict[str, Any]] = {}
    for paper in assessment.evidence.select_related("document", "indicator"):
        row = seen.setdefault(
            paper.document_id,
            {
                "name": paper.document.name,
                "url": reverse("assessments:file", args=[assessment.pk, paper.document_id]),
                "size": paper.document.size,
                "codes": [],
                "who": paper.organization_name,
            },
        )
        row["codes"].append(paper.indicator.code)
    files = [{**row, "note": f"{'、'.join(row['codes'])} · {row['who']}"} for row in seen.values()]
    return {"files": files} if files else None


CARD = ("number", "status", "planned_by_name", "grade", "total_centi", "evaluator__name")


def _contract_section(contract: Contract, actor: Actor, there: bool) -> dict[str, Any] | None:
    if contract.status not in ASSESSABLE:
        return None
    mine = visible_assessments(actor).filter(contract=contract).order_by("created_at")
    rows = rows_for_card(mine, *CARD) if there else []
    # The buyer's officer sees every assessment of the own contract: what is not here does not stand.
    waits = can_plan_assessment(actor, contract) and all(row.status == "declined" for row in rows)
    plan = reverse("assessments:plan", args=[contract.pk]) if waits else ""
    return {"assessments": rows, "plan_url": plan} if rows or plan else None


def _project_section(project: Project, actor: Actor) -> dict[str, Any] | None:
    mine = visible_assessments(actor).filter(contract__award__lot__order__project=project)
    rows = rows_for_card(mine.order_by("created_at"), *CARD)
    return {"assessments": rows, "plan_url": ""} if rows else None


OWN, FOLDER = "evaluation.assessment", "evaluation/assessments"
sections.register(OWN, title="得分结构", template=f"{FOLDER}/axes.html", context=_axes_section, order=10)
sections.register(OWN, title="指标与得分", template=f"{FOLDER}/lines.html", context=_indicators_section, order=20)
sections.register(OWN, title="意见与答复", template=f"{FOLDER}/words.html", context=_words_section, order=30)
sections.register(
    OWN, title="定级版本", template=f"{FOLDER}/versions.html", context=_versions_section, slot="side", order=10
)
sections.register(
    OWN, title="评价报告", template="components/reports.html", slot="side", order=20,
    context=report_section("evaluation.assessment", formats=("pdf", "xlsx")),
)  # fmt: skip
sections.register(OWN, title="独立性", template="components/checks.html", context=_third_section, slot="side", order=30)
sections.register(OWN, title="证据", template="components/filelist.html", context=_files_section, slot="side", order=40)
sections.register(
    "procurement.contract",
    title="绩效评价",
    template=f"{FOLDER}/rows.html",
    context=_contract_section,
    order=50,
    rows=Question(Assessment, "contract"),
)
sections.register(
    "procurement.project", title="绩效评价", template=f"{FOLDER}/rows.html", context=_project_section, order=90
)


def _due(assessment: Assessment) -> datetime:
    return clock.end_of_day(assessment.due_on)


def _waiting(status: str, **more: Any) -> Any:
    return lambda actor: visible_assessments(actor).filter(status=status, **more).order_by("due_on")


PROVIDERS = ("provider_admin", "provider_worker")
for _duty in (
    Duty(
        name="assessment.plan",
        roles=("programme_officer",),
        queryset=contracts_to_assess,
        title=lambda contract: contract.title,
        button="安排评价",
        note=lambda contract: _("全部验收，请第三方评估机构评价"),
        url=lambda contract: reverse("assessments:plan", args=[contract.pk]),
        reads=("title",),
    ),
    Duty("assessment.accept", ("evaluator",), _waiting("planned"), str, "接受评价", "accept", deadline=_due),
    Duty(
        "assessment.self",
        PROVIDERS,
        _waiting("evidence"),
        str,
        "提交自评",
        "self_score",
        deadline=_due,
        source=duties.source(Assessment, provider="contract__provider", status="evidence"),
    ),
    Duty("assessment.rate", ("evaluator",), to_rate, str, "提交评分", "rate", deadline=_due),
    Duty("assessment.conclude", ("evaluator",), _waiting("scored"), str, "征求意见", "conclude", deadline=_due),
    Duty(
        name="assessment.reply",
        roles=PROVIDERS,
        queryset=_waiting("feedback", replied_at=None),
        title=str,
        button="答复",
        verb="reply",
        note=lambda assessment: _("评价意见请您答复"),
        deadline=lambda assessment: assessment.reply_due_at,
    ),
    Duty("assessment.finalize", ("evaluator",), to_finalize, str, "定级", "finalize", deadline=_due),
    Duty(
        "assessment.apply",
        ("programme_officer",),
        _waiting("final"),
        str,
        "记录结果应用",
        "apply",
        source=duties.source(Assessment, buyer="buyer", status="final"),
    ),
    Duty(
        name="assessment.follow_up",
        roles=("evaluator",),
        queryset=open_follow_ups,
        title=lambda each: each.assessment.contract.title,
        button="提交跟踪评估",
        note=lambda each: _("%(n)s 个月跟踪评估") % {"n": each.months},
        deadline=lambda each: each.due_at,
        url=lambda each: f"{each.assessment.get_absolute_url()}follow_up/",
    ),
):
    duties.register(_duty)


def plan(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Ask an evaluator. 404 for what one may not assess."""
    actor = actor_of(request)
    if not can_plan_assessment(actor):
        raise Http404
    # A repeated request finds it planned: the contract must then still be found, so that its answer is the same.
    seen = Contract.objects.filter(buyer_id=actor.organization_id).select_related("buyer__region", "provider")
    found = get_object_or_404(seen if request.method == "POST" else contracts_to_assess(actor), pk=contract)
    form = PlanForm(*((request.POST,) if request.method == "POST" else ()), contract=found)
    year = clock.today().year
    running = [
        {"label": each.name, "value": _("连续第 %(n)s 年") % {"n": rotation_years(each.pk, found.buyer_id, year)}}
        for each in form.fields["evaluator"].queryset  # type: ignore[attr-defined]
    ]
    context = {
        "title": _("安排评价"),
        "head": {"title": found.title, "number": found.number or "", "chip": found.chip},
        "consequence": _("评估机构须独立于双方；平台核对任职、孵化、法定代表人和账户。"),
        "facts": [{"label": _("承接单位"), "value": found.provider.name}, *running],
        "back_url": found.get_absolute_url(),
        "submit_label": _("安排评价"),
        "back_label": _("先不安排"),
        "crumbs": [
            {"label": _("合同"), "url": reverse("contracts:list")},
            {"label": found.number or found.title, "url": found.get_absolute_url()},
            {"label": _("安排评价"), "url": ""},
        ],
    }
    return answer(
        request,
        form,
        lambda cleaned: plan_assessment(found, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda assessment: assessment.get_absolute_url(),
    )


urlpatterns = [path("plan/<uuid:contract>/", plan, name="plan"), *room_urls(ASSESSMENTS)]
