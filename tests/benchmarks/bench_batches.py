"""A year's settlement reports: against bare WeasyPrint on the same HTML, and two workers against one."""

from __future__ import annotations

import io
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.conf import settings
from django.db import connection
from weasyprint import HTML

from core import outbox, pdf
from core.batches import request_batch
from core.documents import read
from core.outbox import OutboxItem
from core.reports import ReportBatch, ReportJob
from tests.cast import Cast, make_cast
from tests.core.test_batches import KIND, settlements, until
from tests.workers import running_worker

REPORTS = 40
ROUNDS = 3


def row(what: str, ratio: float, target: float, detail: str) -> None:
    """One line of the table."""
    print(f"{what:<44} {ratio:>6.2f}  目标 ≥ {target:.2f}  {detail}")


def pages_of(batch: ReportBatch) -> int:
    """How many pages the batch's reports have."""
    jobs = ReportJob.objects.filter(batch=batch).select_related("document")
    return sum(len(pypdf.PdfReader(io.BytesIO(read(job.document))).pages) for job in jobs)


def made(cast: Cast, things: list[Any]) -> ReportBatch:
    batch = request_batch(KIND, things, actor=cast.actor("finance"), format="pdf", label="一年")
    while outbox.relay():
        pass
    batch.refresh_from_db()
    assert batch.state == "done"
    return batch


@pytest.mark.django_db(transaction=True)
def test_against_bare_weasyprint(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same HTML drawn by WeasyPrint alone is the floor; queries, journal, storage and zip come on top."""
    cast = make_cast()
    things = settlements(cast, REPORTS)
    texts: list[str] = []
    plain = pdf.render_to_string

    def keeping(*args: Any, **kwargs: Any) -> str:
        text = plain(*args, **kwargs)
        texts.append(text)
        return text

    monkeypatch.setattr(pdf, "render_to_string", keeping)
    made(cast, things[:2])
    ours = bare = 0.0
    pages = 0
    for _round in range(ROUNDS):
        texts.clear()
        begun = time.perf_counter()
        batch = made(cast, things)
        ours += time.perf_counter() - begun
        pages += pages_of(batch)
        begun = time.perf_counter()
        for text in texts:
            # As anybody would who calls WeasyPrint himself: the style sheet is linked in the head.
            linked = text.replace("</head>", f'<link rel="stylesheet" href="{settings.STATIC_URL}{pdf.STYLE}"></head>')
            HTML(string=linked, base_url=pdf._base_url(), url_fetcher=pdf._fetcher_class()()).write_pdf(
                font_config=pdf._fonts(), pdf_variant="pdf/a-3b"
            )
        bare += time.perf_counter() - begun
    detail = f"{pages / ours:.1f} 页/秒，裸 WeasyPrint {pages / bare:.1f} 页/秒，共 {pages} 页"
    row("批量结算报告 ÷ 裸 WeasyPrint（同一 HTML）", bare / ours, 0.9, detail)


@pytest.mark.django_db(transaction=True)
def test_two_workers_against_one(transactional_db: None) -> None:
    """Real workers, started before the clock runs."""
    cast = make_cast()
    things = settlements(cast, REPORTS)
    taken: dict[int, float] = {}
    for workers in (1, 2):
        with ExitStack() as stack:
            for _n in range(workers):
                stack.enter_context(running_worker(connection.settings_dict["NAME"], Path(settings.MEDIA_ROOT)))
            # One report each, so that fonts are loaded and modules imported.
            warm = request_batch(KIND, things[: 4 * workers], actor=cast.actor("finance"), format="pdf", label="预热")
            assert until(lambda batch=warm: ReportBatch.objects.get(pk=batch.pk).state == "done", 300)
            OutboxItem.objects.all().delete()
            begun = time.perf_counter()
            batch = request_batch(KIND, things, actor=cast.actor("finance"), format="pdf", label=f"{workers}")
            assert until(lambda batch=batch: ReportBatch.objects.get(pk=batch.pk).state == "done", 600)
            taken[workers] = time.perf_counter() - begun
    detail = f"{REPORTS / taken[1]:.1f} 份/秒 → {REPORTS / taken[2]:.1f} 份/秒"
    row("两个工作进程 ÷ 一个", taken[1] / taken[2], 1.7, detail)
