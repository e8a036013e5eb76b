"""A real Celery worker is killed while it makes a report: one file and one message in the end, on either transport."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection

from core.documents import Document, read
from core.messages import Message
from core.outbox import OutboxItem
from core.reports import ReportJob, request_report
from tests.cast import make_cast
from tests.journeys.settlements import approved_settlement
from tests.workers import running_worker


def until(reached: Callable[[], bool], seconds: float = 240) -> bool:
    """Wait in real time, whatever the stopped clock says."""
    deadline = time.monotonic() + seconds
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.02)
    return reached()


@pytest.mark.django_db(transaction=True)
def test_killed_in_mid_report(transactional_db: None) -> None:
    cast = make_cast()
    settlement = approved_settlement(cast)
    # What the journey left for the worker (the contract's text is attached already) is not what this test is about.
    OutboxItem.objects.all().delete()
    database, media = connection.settings_dict["NAME"], Path(settings.MEDIA_ROOT)
    with running_worker(database, media) as first:
        job = request_report("procurement.settlement", settlement, actor=cast.actor("finance"))
        assert until(lambda: ReportJob.objects.get().step >= 1), first.log.read_text()
        first.kill()
    left = ReportJob.objects.get()
    assert (left.state, left.document) == ("running", None)
    assert not Message.objects.filter(kind="report").exists()
    with running_worker(database, media) as second:

        def made() -> bool:
            # The timetable's two beats, which a test worker has not.
            current_app.send_task("core.tasks.sweep_reports", ignore_result=True)
            current_app.send_task("core.tasks.relay_outbox", ignore_result=True)
            time.sleep(1)
            return ReportJob.objects.get(pk=job.pk).is_over

        assert until(made), second.log.read_text()
        # Late wake-ups of the same job change nothing any more.
        current_app.send_task("core.tasks.relay_outbox", ignore_result=True)
        until(lambda: not OutboxItem.objects.filter(done_at__isnull=True).exists())
    job.refresh_from_db()
    assert job.state == "done", job.error
    assert job.attempts >= 2
    assert job.document is not None
    assert read(job.document).startswith(b"%PDF-")
    assert Document.objects.filter(purpose="report").count() == 1
    assert Message.objects.filter(kind="report").count() == 1
