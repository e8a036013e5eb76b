"""Pages of the ratings (评价汇总): providers over time, a year side by side, appraisal of buyers and evaluators."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core import clock, journal
from core.actor import Actor
from core.pages import actor_of
from core.spreadsheets import Formula, Sheet, workbook_response
from evaluation.frameworks.scoring import AXES, GRADES
from evaluation.permissions import can_compare
from evaluation.ratings.queries import (
    Project,
    buyer_appraisals,
    evaluator_appraisals,
    graded_years,
    projects_of_year,
    provider_ratings,
)

SIDES = [(axis, key, label) for axis, (_name, sides) in AXES.items() for key, label in sides.items()]
TABS = (
    ("list", "社会组织历年评价", lambda actor: True),
    ("years", "年度项目比较", can_compare),
    ("buyers", "采购人绩效", can_compare),
    ("evaluators", "评估机构", can_compare),
)


def _page(request: HttpRequest, name: str, template: str, context: dict[str, Any]) -> HttpResponse:
    """One page of the four, with the pills that lead to the others."""
    actor = actor_of(request)
    title = next(label for tab, label, _may in TABS if tab == name)
    pills = [
        {"label": label, "url": reverse(f"ratings:{tab}"), "on": tab == name} for tab, label, may in TABS if may(actor)
    ]
    crumbs = [{"label": _("工作台"), "url": "/w/"}, {"label": title, "url": ""}]
    return render(
        request, f"evaluation/ratings/{template}", {"title": title, "pills": pills, "crumbs": crumbs, **context}
    )


def _require_compare(actor: Actor) -> None:
    if not can_compare(actor):
        raise Http404


@login_required
def providers(request: HttpRequest) -> HttpResponse:
    """Providers over time: grades by year, mean, direction."""
    return _page(request, "list", "providers.html", {"ratings": provider_ratings(actor_of(request))})


@login_required
def years(request: HttpRequest) -> HttpResponse:
    """The projects of one year side by side, with their sub-scores; ?export=xlsx as a workbook."""
    actor = actor_of(request)
    _require_compare(actor)
    known = graded_years(actor)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdigit() and len(asked) == 4 else (known[0] if known else clock.today().year)
    projects = projects_of_year(actor, year)
    if request.GET.get("export") == "xlsx":
        person = get_user_model()._base_manager.filter(pk=str(request.user.pk)).first()
        if person is not None:
            with transaction.atomic():
                journal.record(
                    person,
                    "export",
                    actor=actor,
                    facts={"list": "evaluation.years", "year": year, "rows": len(projects)},
                )
        return workbook_response([sheet_of(year, projects)], name=f"{year} 年项目评价比较")
    rows = [
        {"project": each, "scores": [each.scores.get((axis, key)) for axis, key, _label in SIDES]} for each in projects
    ]
    context = {
        "year": year,
        "years": known,
        "sides": [label for _axis, _key, label in SIDES],
        "rows": rows,
        "bars": [
            {"label": each.result.assessment.contract.title, "value": each.result.grading.total}
            for each in projects[:20]
        ],
        "grades": [(grade, sum(each.result.grading.grade == grade for each in projects)) for grade in GRADES],
    }
    return _page(request, "years", "years.html", context)


def sheet_of(year: int, projects: list[Project]) -> Sheet:
    """The year's comparison as a sheet: numbers as numbers, the mean of each column as a formula."""
    header = ["项目", "承接单位", "评估机构", "文号", "等级", "总分", *(label for _axis, _key, label in SIDES)]
    rows: list[list[Any]] = [
        [
            each.result.assessment.contract.title,
            each.result.assessment.contract.provider.name,
            each.result.assessment.evaluator.name,
            each.result.assessment.number or "",
            each.result.grading.grade,
            each.result.grading.total,
            *(score.percent if (score := each.scores.get((axis, key))) else None for axis, key, _label in SIDES),
        ]
        for each in projects
    ]
    if rows:
        last = len(rows) + 1
        columns = [chr(ord("F") + n) for n in range(len(SIDES) + 1)]
        rows.append(["平均", "", "", "", "", *(Formula(f"=ROUND(AVERAGE({c}2:{c}{last}),2)") for c in columns)])
    return Sheet(f"{year} 年", header, rows, totals=bool(projects))


@login_required
def buyers(request: HttpRequest) -> HttpResponse:
    """How buyers do their part. 404 for whom it does not concern."""
    actor = actor_of(request)
    _require_compare(actor)
    return _page(request, "buyers", "buyers.html", {"rows": buyer_appraisals(actor)})


@login_required
def evaluators(request: HttpRequest) -> HttpResponse:
    """How evaluators do their part, with leads. 404 for whom it does not concern."""
    actor = actor_of(request)
    _require_compare(actor)
    return _page(request, "evaluators", "evaluators.html", {"rows": evaluator_appraisals(actor)})


urlpatterns = [
    path("", providers, name="list"),
    path("years/", years, name="years"),
    path("buyers/", buyers, name="buyers"),
    path("evaluators/", evaluators, name="evaluators"),
]
