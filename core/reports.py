"""Reports (报告): asked in one request, made by a worker, kept as an immutable document.

The ReportJob row is the queue's memory: a worker that is killed leaves a stale heartbeat, the sweep wakes the job
again, and the last transaction lets exactly one run attach its file and tell the asker.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, models, transaction
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from core import clock, journal
from core.actor import SYSTEM, Actor
from core.aggregates import Journaled
from core.documents import PDF, Document, store
from core.errors import NotAllowed
from core.messages import tell
from core.outbox import enqueue, on_topic
from core.pdf import render_pdf
from core.spreadsheets import XLSX, Sheet, workbook_bytes

log = logging.getLogger(__name__)
STALE = timedelta(seconds=settings.REPORT_STALE_SECONDS)
STEPS = ("取数", "排版", "存档")

Collect = Callable[[Any], Any]


@dataclass(frozen=True)
class Report:
    """One kind of report.

    collect   thing -> frozen dataclass: the same for PDF, workbook and tests
    model     dotted path of the model whose rows it is about
    template  of the PDF; it gets `report`, `thing`, `journal_head`
    sheets    dataclass -> sheets of the workbook, or None where there is none
    can_ask   (actor, thing) -> bool
    """

    kind: str
    label: str
    model: str
    template: str
    collect: Collect
    can_ask: Callable[[Actor, Any], bool]
    sheets: Callable[[Any], list[Sheet]] | None = None


_reports: dict[str, Report] = {}


def report(
    kind: str,
    *,
    label: str,
    model: str,
    template: str,
    can_ask: Callable[[Actor, Any], bool],
    sheets: Callable[[Any], list[Sheet]] | None = None,
) -> Callable[[Collect], Collect]:
    """Register a report; decorates the function from the object to its dataclass."""

    def keep(collect: Collect) -> Collect:
        _reports[kind] = Report(kind, label, model, template, collect, can_ask, sheets)
        return collect

    return keep


def report_kinds() -> dict[str, Report]:
    """The registered reports by kind."""
    return dict(_reports)


class ReportBatch(models.Model):
    """Many reports of one kind asked at once (批量生成); core.batches makes them and packs them. state: running → done."""

    RUNNING, DONE = "running", "done"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=64)
    format = models.CharField(max_length=8, default="pdf")
    label = models.CharField(max_length=100)
    total = models.PositiveIntegerField()
    asked_by_key = models.CharField(max_length=64)
    asked_by_name = models.CharField(max_length=64)
    organization_key = models.CharField(max_length=64)
    asked_at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=12, default=RUNNING)
    heartbeat_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "core"
        indexes = [models.Index(fields=["asked_by_key", "-asked_at"], name="batch_of_asker")]


class ReportJob(models.Model):
    """One asking for one report. state: queued → running → done | failed; written only in this module."""

    QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
    STATES = {
        QUEUED: ("排队中", "wait"),
        RUNNING: ("生成中", "go"),
        DONE: ("已完成", "done"),
        FAILED: ("未生成", "stop"),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=64)
    format = models.CharField(max_length=8, default="pdf")
    batch = models.ForeignKey(ReportBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs")
    object_key = models.CharField(max_length=96)
    object_label = models.CharField(max_length=200)
    object_url = models.CharField(max_length=300)
    asked_by_key = models.CharField(max_length=64)
    asked_by_name = models.CharField(max_length=64)
    asked_at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=12, default=QUEUED)
    step = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=400, blank=True)
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "core"
        indexes = [models.Index(fields=["object_key", "-asked_at"], name="report_of_object")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "format", "object_key", "asked_by_key"],
                condition=Q(state__in=["queued", "running"], batch=None),
                name="report_asked_once",
            ),
            models.UniqueConstraint(fields=["batch", "object_key"], name="batch_holds_each_once"),
        ]

    @property
    def chip(self) -> dict[str, object]:
        """Label and kind of the status chip."""
        label, kind = self.STATES[self.state]
        return {"label": label, "kind": kind, "end": self.state == self.DONE}

    @property
    def label(self) -> str:
        """The report's Chinese name with its format."""
        return f"{_reports[self.kind].label}（{'PDF' if self.format == 'pdf' else 'Excel'}）"

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps by name, with those done."""
        return [{"label": word, "done": self.step > n, "on": self.step == n} for n, word in enumerate(STEPS)]

    @property
    def is_over(self) -> bool:
        """Whether the page may stop asking."""
        return self.state in {self.DONE, self.FAILED}


def request_report(  # the file's format is what everybody calls it
    kind: str,
    thing: Any,
    *,
    actor: Actor,
    format: str = "pdf",  # noqa: A002
) -> ReportJob:
    """Ask for a report; a worker makes it after commit, and the asker is told.

    returns  the job; an equal one that still runs is returned instead of a second
    raises   NotAllowed
    writes   one ReportJob, one outbox row
    """
    wanted = _reports[kind]
    if not wanted.can_ask(actor, thing):
        raise NotAllowed(_("您不能生成这份报告。"))
    with transaction.atomic():
        job, made = ReportJob.objects.get_or_create(
            kind=kind,
            format=format,
            object_key=thing.journal_key,
            asked_by_key=actor.user_key,
            batch=None,
            state__in=[ReportJob.QUEUED, ReportJob.RUNNING],
            defaults={
                "state": ReportJob.QUEUED,
                "object_label": str(thing)[:200],
                "object_url": thing.get_absolute_url(),
                "asked_by_name": actor.user_name,
            },
        )
        if made:
            enqueue("report", {"job": str(job.pk)}, key=f"report:{job.pk}:0")
    return job


def jobs_for(thing: Journaled) -> models.QuerySet[ReportJob]:
    """The object's reports, newest first."""
    return ReportJob.objects.filter(object_key=thing.journal_key).select_related("document").order_by("-asked_at")


@on_topic("report")
def make_report(payload: dict[str, Any]) -> None:
    """Make the file of one job. Repeats safely: a job that is done stays as it is.

    The rendering runs outside any long transaction of its own row: progress is visible, and a kill loses nothing.
    raises  what a database that is away raises: no fault of the report, the outbox tries again
    """
    job = ReportJob.objects.get(pk=payload["job"])
    if job.is_over:
        return
    try:
        _make(job)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        log.exception("report %s failed", job.pk)
        _note(job, state=ReportJob.FAILED, finished_at=clock.now(), error=f"{type(fault).__name__}：{fault}"[:400])


def _make(job: ReportJob) -> None:
    wanted = _reports[job.kind]
    _note(job, state=ReportJob.RUNNING, step=0, attempts=job.attempts + 1, heartbeat_at=clock.now())
    thing = import_string(wanted.model)._base_manager.get(pk=job.object_key.rpartition(":")[2])
    data = wanted.collect(thing)
    _note(job, step=1, heartbeat_at=clock.now())
    if job.format == "xlsx" and wanted.sheets is not None:
        content, name, made = workbook_bytes(wanted.sheets(data)), f"{wanted.label}.xlsx", XLSX
    else:
        head = journal.head(thing)
        content = render_pdf(
            wanted.template, {"report": data, "thing": thing}, journal_head=head, verify_url=settings.VERIFY_URL
        )
        name, made = f"{wanted.label}.pdf", PDF
    _note(job, step=2, heartbeat_at=clock.now())
    _finish(job, thing, content, f"{job.object_label[:60].replace('/', '-')}-{name}", made)


def _finish(job: ReportJob, thing: Any, content: bytes, name: str, made: str) -> None:
    """Attach the file, journal its digest, tell the asker: once, whoever comes second finds it done."""
    with transaction.atomic():
        locked = ReportJob.objects.select_for_update().get(pk=job.pk)
        if locked.is_over:
            return
        document = store(content, name=name, actor=SYSTEM, purpose="report", made=made)
        journal.record(
            thing, "report", actor=SYSTEM, facts={"kind": job.kind, "job": str(job.pk)}, documents=[document]
        )
        ReportJob.objects.filter(pk=job.pk).update(
            state=ReportJob.DONE, step=len(STEPS), finished_at=clock.now(), document=document, error=""
        )
        if job.batch_id is not None:  # the batch tells once, in the end
            return
        tell(
            [job.asked_by_key],
            sentence=_("%(label)s已生成：%(thing)s") % {"label": job.label, "thing": job.object_label},
            url=job.object_url,
            kind="report",
            key=f"report:{job.pk}",
        )


def sweep_reports() -> int:
    """Wake jobs whose worker died: stale heartbeat, or queued and forgotten; a batch looks after its own.

    returns  how many were woken
    """
    late = clock.now() - STALE
    stale = ReportJob.objects.filter(
        Q(state=ReportJob.RUNNING, heartbeat_at__lt=late) | Q(state=ReportJob.QUEUED, asked_at__lt=late), batch=None
    )
    woken = 0
    for job in stale[:50]:
        with transaction.atomic():
            enqueue("report", {"job": str(job.pk)}, key=f"report:{job.pk}:{job.attempts + 1}:{clock.now():%Y%m%d%H%M}")
        woken += 1
    return woken


def _note(job: ReportJob, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(job, name, value)
    ReportJob.objects.filter(pk=job.pk).exclude(state=ReportJob.DONE).update(**changes)
