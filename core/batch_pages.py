"""Pages of the batches (批量生成): ask by the year, watch, download, under /w/reports/batches/."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from core import clock
from core.batches import progress_of, request_batch, retry_batch, rows_of, visible_batches
from core.documents import serve
from core.job_pages import WORDS
from core.pages import actor_of, answer
from core.reports import ReportBatch, ReportJob, report_kinds

YEARS = 6
SHOWN = 50


class BatchForm(forms.Form):
    """Which year, and as what."""

    year = forms.TypedChoiceField(label=_("年度"), coerce=int)
    format = forms.ChoiceField(label=_("格式"), choices=list(WORDS.items()), initial="pdf", widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        this = clock.today().year
        self.fields["year"].choices = [(year, f"{year} 年") for year in range(this, this - YEARS, -1)]  # type: ignore[attr-defined]


@login_required
def ask(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask for all reports of one kind and year; answers at once with the page that shows how it goes."""
    actor = actor_of(request)
    wanted = report_kinds().get(kind)
    try:
        counts = [
            {"label": f"{year} 年", "value": rows_of(kind, actor, year).count(), "unit": _("份")}
            for year in range(clock.today().year, clock.today().year - 2, -1)
        ]
    except KeyError:
        raise Http404 from None
    if wanted is None:
        raise Http404
    form = BatchForm(*((request.POST,) if request.method == "POST" else ()))

    def act(cleaned: dict[str, Any]) -> ReportBatch:
        year = cleaned["year"]
        return request_batch(
            kind,
            list(rows_of(kind, actor, year)),
            actor=actor,
            format=cleaned["format"],
            label=f"{year} 年{wanted.label}（{WORDS[cleaned['format']]}）",
        )

    context = {
        "title": _("批量生成%(label)s") % {"label": wanted.label},
        "head": {"title": _("按年度一次生成全部报告"), "number": "", "chip": None},
        "consequence": _("在后台逐份生成，可以离开页面；全部做好后打成一个压缩包，并通知您。"),
        "facts": counts,
        "back_url": reverse("batches:list"),
        "back_label": _("看以前的批次"),
        "submit_label": _("开始生成"),
        "crumbs": [
            {"label": _("工作台"), "url": "/w/"},
            {"label": _("批量生成"), "url": reverse("batches:list")},
            {"label": wanted.label, "url": ""},
        ],
    }
    return answer(request, form, act, template="verb.html", context=context, done=_url)


@login_required
@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    """One's own batches, newest first."""
    rows = list(visible_batches(actor_of(request))[:SHOWN])
    crumbs = [{"label": _("工作台"), "url": "/w/"}, {"label": _("批量生成"), "url": ""}]
    return render(request, "reports/batches.html", {"rows": rows, "crumbs": crumbs})


@login_required
@require_GET
def batch(request: HttpRequest, key: UUID) -> HttpResponse:
    """How a batch goes: a fragment for the page that polls, else the page."""
    found = get_object_or_404(visible_batches(actor_of(request)).select_related("document"), pk=key)
    jobs = found.jobs.select_related("document")
    context = {
        "batch": found,
        "progress": progress_of(found),
        "ready": list(jobs.filter(state=ReportJob.DONE).order_by("-finished_at", "pk")[:SHOWN]),
        "failed": list(jobs.filter(state=ReportJob.FAILED).order_by("object_label")[:SHOWN]),
        "crumbs": [
            {"label": _("工作台"), "url": "/w/"},
            {"label": _("批量生成"), "url": reverse("batches:list")},
            {"label": found.label, "url": ""},
        ],
    }
    fragment = request.headers.get("HX-Request") == "true"
    return render(request, "reports/batch_card.html" if fragment else "reports/batch.html", context)


@login_required
@require_GET
def file(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """The zip."""
    found = get_object_or_404(visible_batches(actor_of(request)).select_related("document"), pk=key)
    if found.document is None:
        raise Http404
    return serve(found.document)


@login_required
@require_POST
def again(request: HttpRequest, key: UUID) -> HttpResponse:
    """Make again what failed."""
    actor = actor_of(request)
    return redirect(_url(retry_batch(get_object_or_404(visible_batches(actor), pk=key), actor=actor)))


def _url(found: ReportBatch) -> str:
    return reverse("batches:batch", args=[found.pk])


app_name = "batches"
urlpatterns = [
    path("", batches, name="list"),
    path("<uuid:key>/", batch, name="batch"),
    path("<uuid:key>/file/", file, name="file"),
    path("<uuid:key>/again/", again, name="again"),
    path("new/<str:kind>/", ask, name="new"),
]
