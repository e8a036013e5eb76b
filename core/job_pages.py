"""Pages of the report jobs (报告任务): ask, watch, download, under /w/reports/."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET, require_POST

from core.actor import Actor
from core.documents import serve
from core.idempotency import Once
from core.pages import actor_of
from core.reports import Report, ReportJob, jobs_for, report_kinds, request_report
from core.rooms import rooms

LISTED = 8
WORDS = {"pdf": "PDF", "xlsx": "Excel"}


def thing_of(kind: str, key: str, actor: Actor) -> tuple[Report, Any]:
    """The report and the object it is about, if the actor may know of the object. raises  Http404"""
    wanted = report_kinds().get(kind)
    if wanted is None:
        raise Http404
    model = import_string(wanted.model)
    room = next((room for room in rooms() if room.model is model), None)
    if room is None:
        raise Http404
    return wanted, room.fetch(actor, key)


@login_required
@require_POST
def ask(request: HttpRequest, kind: str, key: UUID) -> HttpResponse:
    """Ask for a report: answers at once; the object's page shows how it goes. 404 for what one may not see."""
    _wanted, thing = thing_of(kind, str(key), actor_of(request))
    wanted = "xlsx" if request.POST.get("format") == "xlsx" else "pdf"

    def act() -> str:
        request_report(kind, thing, actor=actor_of(request), format=wanted)
        return f"{thing.get_absolute_url()}#reports"

    once = Once.of(request)
    return redirect(once.earlier() or once.do(act))


@login_required
@require_GET
def card(request: HttpRequest, job: UUID) -> HttpResponse:
    """The job's card: a fragment for the page that polls, a page of its own for a link that was kept."""
    found = _visible(request, job)
    context = card_context(found)
    if request.headers.get("HX-Request") == "true":
        return render(request, "components/job_card.html", context)
    return render(request, "reports/job.html", {**context, "back_url": found.object_url})


@login_required
@require_GET
def file(request: HttpRequest, job: UUID) -> HttpResponseBase:
    """The finished file, for who may read the object's report; 404 for everybody else."""
    found = _visible(request, job)
    if found.document is None:
        raise Http404
    return serve(found.document)


def _visible(request: HttpRequest, key: UUID) -> ReportJob:
    """The job, if its object is visible to the actor and its report may be asked by them. raises  Http404"""
    job = get_object_or_404(ReportJob.objects.select_related("document"), pk=key)
    wanted, thing = thing_of(job.kind, job.object_key.rpartition(":")[2], actor_of(request))
    if not wanted.can_ask(actor_of(request), thing):
        raise Http404
    return job


def card_context(job: ReportJob) -> dict[str, Any]:
    """What components/job_card.html wants of one job."""
    key = job.object_key.rpartition(":")[2]
    return {
        "job": job,
        "job_url": reverse("jobs:card", args=[job.pk]),
        "file_url": reverse("jobs:file", args=[job.pk]) if job.document_id else "",
        "again_url": reverse("jobs:ask", args=[job.kind, key]),
    }


def report_section(kind: str, *, formats: Sequence[str] = ("pdf",)) -> Callable[[Any, Actor], dict[str, Any] | None]:
    """The context function of a section 「报告」: what runs, what is ready, what may be asked.

    To be registered with template components/reports.html on the room whose objects the report is about:
    `sections.register("procurement.award", title="公告文件", template="components/reports.html", slot="side",
    context=report_section("procurement.award"))`. Nothing is shown to who may not ask. One query.
    """

    def context(thing: Any, actor: Actor) -> dict[str, Any] | None:
        wanted = report_kinds().get(kind)
        if wanted is None or not wanted.can_ask(actor, thing):
            return None
        jobs = list(jobs_for(thing).filter(kind=kind)[: LISTED + 1])
        # The newest job, and whatever still runs, as a card; what was made before as a list.
        first = [job for n, job in enumerate(jobs) if n == 0 or not job.is_over]
        return {
            "cards": [card_context(job) for job in first],
            "past": [card_context(job) for job in jobs if job not in first][:LISTED],
            "asks": [{"format": name, "label": f"{wanted.label}（{WORDS[name]}）"} for name in formats],
            "ask_url": reverse("jobs:ask", args=[kind, thing.pk]),
            "report_label": wanted.label,
        }

    return context


app_name = "jobs"
urlpatterns = [
    path("jobs/<uuid:job>/", card, name="card"),
    path("jobs/<uuid:job>/file/", file, name="file"),
    path("ask/<str:kind>/<uuid:key>/", ask, name="ask"),
]
