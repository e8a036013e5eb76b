"""Batches of reports (批量生成): many reports asked at once, made by as many workers as there are, one zip in the end.

A batch runs in lanes. Each piece of the outbox makes one report of a lane and asks for the lane's next, which goes to
the end of the queue: a batch of five hundred never keeps one person's single report waiting behind it, and every lane
may be in another worker's hands. The jobs' rows are the memory: a killed worker's report is taken over when its
heartbeat is stale, and the last transaction lets exactly one run attach the zip and tell the asker.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Sequence
from typing import IO, Any, Final
from uuid import uuid4

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from core import clock
from core.actor import SYSTEM, Actor
from core.documents import ZIP, read, store_made
from core.errors import Invalid, NotAllowed, NotNow
from core.messages import tell
from core.outbox import enqueue, on_topic
from core.reports import STALE, ReportBatch, ReportJob, make_report, report_kinds
from core.spreadsheets import Sheet, workbook_bytes

TOPIC: Final = "batch"
LANES: Final = 8
MOST: Final = 2000
# A zip's own earliest day: the same files give the same bytes, whoever packs them.
PACKED_AT: Final = (1980, 1, 1, 0, 0, 0)

Rows = Callable[[Actor, int], QuerySet[Any]]
_rows: dict[str, Rows] = {}


def batchable(kind: str, rows: Rows) -> None:
    """Let reports of a kind be asked by the year. rows: (actor, Shanghai year) -> what the actor may have reported."""
    _rows[kind] = rows


def rows_of(kind: str, actor: Actor, year: int) -> QuerySet[Any]:
    """What a batch of this kind and year would hold for the actor. raises  KeyError (not asked by the year)"""
    return _rows[kind](actor, year)


def request_batch(kind: str, things: Sequence[Any], *, actor: Actor, format: str, label: str) -> ReportBatch:  # noqa: A002
    """Ask for the same report of many things.

    things   at most 2,000, each once
    label    what the asker calls it: 2026 年结算报告
    returns  the batch, running
    raises   NotAllowed (one of them is not theirs to ask) · Invalid (none, or too many)
    writes   the batch, a ReportJob each, an outbox row a lane
    """
    wanted = report_kinds()[kind]
    if not things:
        raise Invalid(_("没有可以生成的报告，请换一个年度。"), field="year")
    if len(things) > MOST:
        raise Invalid(_("一次最多 %(most)d 份，这里有 %(n)d 份。") % {"most": MOST, "n": len(things)}, field="year")
    if not all(wanted.can_ask(actor, thing) for thing in things):
        raise NotAllowed(_("您不能生成这份报告。"))
    with transaction.atomic():
        batch = ReportBatch.objects.create(
            kind=kind,
            format=format,
            label=label,
            total=len(things),
            asked_by_key=actor.user_key,
            asked_by_name=actor.user_name,
            organization_key=str(actor.organization_id or ""),
        )
        ReportJob.objects.bulk_create(
            ReportJob(
                batch=batch,
                kind=kind,
                format=format,
                object_key=thing.journal_key,
                object_label=str(thing)[:200],
                object_url=thing.get_absolute_url(),
                asked_by_key=actor.user_key,
                asked_by_name=actor.user_name,
            )
            for thing in things
        )
        _start(batch)
    return batch


def visible_batches(actor: Actor) -> QuerySet[ReportBatch]:
    """A person's own batches, asked for the organization in which they act now; newest first."""
    return ReportBatch.objects.filter(
        asked_by_key=actor.user_key, organization_key=str(actor.organization_id or "")
    ).order_by("-asked_at")


def retry_batch(batch: ReportBatch, *, actor: Actor) -> ReportBatch:
    """Make again what failed. raises  NotAllowed · NotNow (it still runs, or nothing failed). writes  jobs, outbox"""
    if batch.asked_by_key != actor.user_key:
        raise NotAllowed
    with transaction.atomic():
        locked = ReportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state != ReportBatch.DONE or not locked.jobs.filter(state=ReportJob.FAILED).exists():
            raise NotNow(_("没有需要重新生成的报告。"))
        locked.jobs.filter(state=ReportJob.FAILED).update(
            state=ReportJob.QUEUED, step=0, error="", finished_at=None, heartbeat_at=None
        )
        ReportBatch.objects.filter(pk=batch.pk).update(
            state=ReportBatch.RUNNING, finished_at=None, heartbeat_at=clock.now()
        )
        _start(locked)
    batch.refresh_from_db()
    return batch


def progress_of(batch: ReportBatch) -> dict[str, int]:
    """How far it is: {"done", "failed", "total", "percent"}. One query."""
    counts = dict(batch.jobs.values_list("state").annotate(n=Count("pk")))
    done, failed = counts.get(ReportJob.DONE, 0), counts.get(ReportJob.FAILED, 0)
    return {
        "done": done,
        "failed": failed,
        "total": batch.total,
        "percent": (done + failed) * 100 // batch.total,
    }


def sweep_batches() -> int:
    """Start the lanes of batches anew that nobody has moved for a while. returns  how many batches."""
    late = clock.now() - STALE
    stale = list(ReportBatch.objects.filter(state=ReportBatch.RUNNING, heartbeat_at__lt=late)[:20])
    for batch in stale:
        with transaction.atomic():
            _start(batch)
    return len(stale)


def _start(batch: ReportBatch) -> None:
    for lane in range(min(LANES, batch.total)):
        _ask(batch, f"{lane}:{uuid4().hex[:12]}", 0)


def _ask(batch: ReportBatch, lane: str, n: int) -> None:
    enqueue(TOPIC, {"batch": str(batch.pk), "lane": lane, "n": n}, key=f"{TOPIC}:{batch.pk}:{lane}:{n}")


@on_topic(TOPIC)
def run_lane(payload: dict[str, Any]) -> None:
    """Make one report of a batch and ask for the lane's next; whoever finds nothing left packs. Repeats safely."""
    batch = ReportBatch.objects.get(pk=payload["batch"])
    if batch.state == ReportBatch.DONE:
        return
    job = _claim(batch)
    if job is not None:
        make_report({"job": str(job.pk)})
        ReportBatch.objects.filter(pk=batch.pk).update(heartbeat_at=clock.now())
        with transaction.atomic():
            _ask(batch, payload["lane"], payload["n"] + 1)
    elif not batch.jobs.filter(state__in=[ReportJob.QUEUED, ReportJob.RUNNING]).exists():
        _pack(batch)


def _claim(batch: ReportBatch) -> ReportJob | None:
    """Take one job that nobody works on; None when all are taken."""
    late = clock.now() - STALE
    free = Q(state=ReportJob.QUEUED) | Q(state=ReportJob.RUNNING, heartbeat_at__lt=late)
    for job in batch.jobs.filter(free)[: 2 * LANES]:
        if ReportJob.objects.filter(free, pk=job.pk).update(state=ReportJob.RUNNING, heartbeat_at=clock.now()):
            return job
    return None


def _pack(batch: ReportBatch) -> None:
    """Put the files and their list into one zip and attach it. The zip is made outside the transaction: it takes its time."""
    jobs = list(batch.jobs.select_related("document").order_by("object_label", "pk"))
    with tempfile.TemporaryFile() as packed:
        _zip(jobs, packed)
        _attach(batch, jobs, packed)


def _attach(batch: ReportBatch, jobs: Sequence[ReportJob], packed: IO[bytes]) -> None:
    """The last transaction: the zip and the message, or nothing if another was first."""
    with transaction.atomic():
        locked = ReportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state == ReportBatch.DONE:
            return
        document = store_made(packed, name=f"{batch.label}.zip", made=ZIP, actor=SYSTEM, purpose="report")
        ReportBatch.objects.filter(pk=batch.pk).update(
            state=ReportBatch.DONE, finished_at=clock.now(), document=document
        )
        failed = sum(job.state == ReportJob.FAILED for job in jobs)
        words = (
            _("%(label)s已生成 %(made)d 份，%(failed)d 份没有生成。")
            if failed
            else _("%(label)s已全部生成，共 %(made)d 份。")
        )
        tell(
            [batch.asked_by_key],
            sentence=words % {"label": batch.label, "made": len(jobs) - failed, "failed": failed},
            url=f"/w/reports/batches/{batch.pk}/",
            kind="report",
            key=f"batch:{batch.pk}:{document.sha256[:16]}",
        )


def _zip(jobs: Sequence[ReportJob], packed: IO[bytes]) -> None:
    """The files, numbered in the list's order, and the list. PDF and xlsx are packed already: they are stored as is."""
    rows = []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for n, job in enumerate(jobs, 1):
            name = f"{n:04d}-{job.document.name}" if job.document else ""
            rows.append([n, job.object_label, name, job.document.sha256 if job.document else "", job.error])
            if job.document:
                archive.writestr(zipfile.ZipInfo(name, PACKED_AT), read(job.document))
        listed = Sheet(_("目录"), [_("序号"), _("对象"), _("文件"), "SHA-256", _("没有生成的原因")], rows)
        archive.writestr(zipfile.ZipInfo("0000-目录.xlsx", PACKED_AT), workbook_bytes([listed]))
