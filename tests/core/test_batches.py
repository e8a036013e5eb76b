"""A year's reports at once: every one made once, one zip, one message; taken over from a killed worker; nobody waits behind it."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection

from core import clock, outbox
from core.batches import LANES, request_batch, retry_batch
from core.documents import Document, read
from core.errors import Invalid, NotAllowed, NotNow
from core.messages import Message
from core.outbox import OutboxItem
from core.reports import ReportBatch, ReportJob, request_report
from procurement.settlements.models import Settlement
from tests.cast import Cast, make_cast
from tests.journeys.settlements import approved_settlement, drawn_settlement
from tests.workers import running_worker

KIND = "procurement.settlement"
PAGE = "/w/settlements/batch/"


def settlements(cast: Cast, n: int) -> list[Settlement]:
    """n approved settlements: one walked there, the others its copies, for a batch cares for their number alone."""
    first = Settlement.objects.get(pk=approved_settlement(cast, drawn_settlement(cast)).pk)
    copies = []
    for each in range(1, n):
        copy = Settlement.objects.get(pk=first.pk)
        copy.pk, copy.number, copy.milestone, copy.kind = None, f"{first.number}-{each}", None, "supplementary"
        copy._state.adding = True
        copy.id = Settlement._meta.pk.get_default()
        copies.append(copy)
    Settlement.objects.bulk_create(copies)
    OutboxItem.objects.all().delete()
    return list(Settlement.objects.order_by("number"))


def work(rounds: int = 50) -> None:
    """What a worker does until nothing waits."""
    for _round in range(rounds):
        if not outbox.relay():
            return


def names(batch: ReportBatch) -> list[str]:
    assert batch.document is not None
    with zipfile.ZipFile(io.BytesIO(read(batch.document))) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_a_year_is_asked_on_the_page(cast: Cast) -> None:
    """Asked by the year, watched, each file as it is ready, one zip with its list, one message."""
    things = settlements(cast, 3)
    client = cast.client("finance")
    page = client.get(PAGE).content.decode()
    assert "批量生成结算报告" in page
    nothing = client.post(PAGE, {"year": "2025", "format": "pdf", "idempotency_key": "a" * 32})
    assert nothing.status_code == 422
    assert "没有可以生成的报告" in nothing.content.decode()
    asked = client.post(PAGE, {"year": "2026", "format": "xlsx", "idempotency_key": "b" * 32})
    again = client.post(PAGE, {"year": "2026", "format": "xlsx", "idempotency_key": "b" * 32})
    assert asked.url == again.url
    batch = ReportBatch.objects.get()
    assert "正在生成" in client.get(asked.url).content.decode()
    work()
    shown = client.get(asked.url, headers={"HX-Request": "true"}).content.decode()
    assert "全部做完" in shown
    batch.refresh_from_db()
    assert len(names(batch)) == len(things) + 1
    assert client.get(f"{asked.url}file/").status_code == 200
    assert ReportJob.objects.filter(batch=batch, state="done").count() == len(things)
    assert [m.sentence for m in Message.objects.filter(kind="report")] == [
        "2026 年结算报告（Excel）已全部生成，共 3 份。"
    ]
    for stranger in ("leader", "other_buyer", "provider2"):
        assert cast.client(stranger).get(asked.url).status_code == 404
        assert cast.client(stranger).get(f"{asked.url}file/").status_code == 404
    assert cast.client("leader").post(f"{asked.url}again/").status_code == 404


def test_who_may_not_ask(cast: Cast) -> None:
    things = settlements(cast, 2)
    with pytest.raises(NotAllowed):
        request_batch(KIND, things, actor=cast.actor("provider2"), format="pdf", label="别人的")
    with pytest.raises(Invalid):
        request_batch(KIND, [], actor=cast.actor("finance"), format="pdf", label="空的")
    assert not ReportBatch.objects.exists()
    assert not ReportJob.objects.exists()


def test_what_fails_is_named_and_made_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that cannot be drawn keeps no other back; afterwards only it is made anew."""
    things = settlements(cast, 3)
    batch = request_batch(KIND, things, actor=cast.actor("finance"), format="xlsx", label="一年")
    broken = ReportJob.objects.filter(batch=batch, object_key=things[1].journal_key)
    broken.update(object_key="procurement.settlement:00000000-0000-0000-0000-000000000000")
    with pytest.raises(NotNow):
        retry_batch(batch, actor=cast.actor("finance"))
    work()
    batch.refresh_from_db()
    assert (batch.state, len(names(batch))) == ("done", 3)
    failed = ReportJob.objects.get(batch=batch, state="failed")
    assert "DoesNotExist" in failed.error
    assert "1 份没有生成" in Message.objects.get(kind="report").sentence
    ReportJob.objects.filter(pk=failed.pk).update(object_key=things[1].journal_key)
    before = set(ReportJob.objects.filter(state="done").values_list("document_id", flat=True))
    assert cast.client("finance").post(f"/w/reports/batches/{batch.pk}/again/").status_code == 302
    work()
    batch.refresh_from_db()
    assert len(names(batch)) == 4
    assert before < set(ReportJob.objects.filter(state="done").values_list("document_id", flat=True))


def test_one_report_does_not_wait_behind_a_batch(cast: Cast) -> None:
    """Asked while a batch of 20 runs, a single report waits for one report a lane at most."""
    things = settlements(cast, 20)
    batch = request_batch(KIND, things, actor=cast.actor("finance"), format="xlsx", label="一年")
    outbox.relay(4)
    with clock.travel("2026-09-01 09:01"):
        single = request_report(KIND, things[0], actor=cast.actor("leader"), format="xlsx")
    with clock.travel("2026-09-01 09:02"):
        outbox.relay()
        single.refresh_from_db()
        assert single.state == "done"
        assert ReportJob.objects.filter(batch=batch, state="done").count() <= 4 + LANES


def until(reached: Callable[[], Any], seconds: float = 300) -> bool:
    """Wait in real time, whatever the stopped clock says."""
    deadline = time.monotonic() + seconds
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(reached())


@pytest.mark.django_db(transaction=True)
def test_killed_in_mid_batch(transactional_db: None) -> None:
    """SIGKILL of the real worker in the middle: the next goes on where it was; one file each, one zip, one message."""
    cast = make_cast()
    things = settlements(cast, 8)
    database, media = connection.settings_dict["NAME"], Path(settings.MEDIA_ROOT)
    with running_worker(database, media) as first:
        batch = request_batch(KIND, things, actor=cast.actor("finance"), format="pdf", label="一年")
        assert until(lambda: ReportJob.objects.filter(state="done").count() >= 2), first.log.read_text()
        first.kill()
    kept = set(ReportJob.objects.filter(state="done").values_list("document_id", flat=True))
    assert ReportBatch.objects.get().state == "running"
    with running_worker(database, media) as second:

        def made() -> bool:
            # The timetable's two beats, which a test worker has not.
            current_app.send_task("core.tasks.sweep_reports", ignore_result=True)
            current_app.send_task("core.tasks.relay_outbox", ignore_result=True)
            time.sleep(0.5)
            return ReportBatch.objects.get().state == "done"

        assert until(made), second.log.read_text()
        until(lambda: not OutboxItem.objects.filter(done_at__isnull=True).exists())
    batch.refresh_from_db()
    assert len(names(batch)) == len(things) + 1
    assert ReportJob.objects.filter(batch=batch, state="done").count() == len(things)
    assert kept <= set(ReportJob.objects.values_list("document_id", flat=True))
    assert Document.objects.filter(purpose="report").count() == len(things) + 1
    assert Message.objects.filter(kind="report").count() == 1
