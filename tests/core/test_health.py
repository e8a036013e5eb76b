"""/readyz finds each fault, says its words and nothing else; the heartbeat goes the whole way of background work."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from config.celery import app as timetable
from core import append_only, clock, health
from core.heartbeat import Heartbeat, beat, last_beat
from core.outbox import MAX_TRIES, OutboxItem
from tests.workers import Worker


@pytest.fixture
def well(db: None) -> None:
    beat()


def asked() -> tuple[int, dict[str, Any]]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()


def test_all_is_well(well: None) -> None:
    assert asked() == (200, {"ready": True, "faults": []})


def waiting(minutes: int, tries: int = 0) -> None:
    OutboxItem.objects.create(topic="t", key="k", due_at=clock.now() - timedelta(minutes=minutes), tries=tries)


def forget_a_migration() -> None:
    MigrationRecorder.Migration.objects.filter(app="core").delete()


def drop_a_trigger() -> None:
    with connection.cursor() as cursor:
        on_table = ' ON "audit_journalentry"' if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER audit_journalentry_no_update{on_table}")


FAULTS: list[tuple[Callable[[], Any], str]] = [
    (forget_a_migration, health.UNMIGRATED),
    (drop_a_trigger, health.NO_TRIGGERS),
    (lambda: waiting(minutes=6), health.LAGGING),
    (lambda: waiting(minutes=1, tries=MAX_TRIES), health.DEAD),
    (lambda: Heartbeat.objects.all().delete(), health.SILENT),
    (lambda: Heartbeat.objects.update(at=clock.now() - timedelta(minutes=3)), health.SILENT),
    (lambda: Heartbeat.objects.update(at=clock.now() + timedelta(minutes=1)), health.CLOCK),
]


@pytest.mark.parametrize(("break_it", "said"), FAULTS)
def test_one_fault_is_said_in_its_words(well: None, break_it: Callable[[], Any], said: str) -> None:
    break_it()
    assert asked() == (503, {"ready": False, "faults": [said]})


def test_a_full_disk_is_said(well: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "DISK_BYTES", 1 << 62)
    assert asked() == (503, {"ready": False, "faults": [health.FULL]})


def test_a_database_that_is_away_is_an_answer_and_no_secret(well: None, caplog: pytest.LogCaptureFixture) -> None:
    def away(*args: Any) -> None:
        raise OperationalError('connection to server at "db.inside", user "platform" failed')

    with connection.execute_wrapper(away):
        answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["faults"]) == (503, [health.NO_DATABASE])
    assert "db.inside" not in answer.content.decode() + caplog.text


def test_table_names_stay_inside(well: None, caplog: pytest.LogCaptureFixture) -> None:
    drop_a_trigger()
    assert "journalentry" not in Client().get("/readyz").content.decode()
    assert "audit_journalentry" in caplog.text
    assert append_only.missing() == ["audit_journalentry"]


def test_the_handbook_says_what_to_do_about_each_fault() -> None:
    page = (Path(settings.BASE_DIR) / "docs/operations/running.md").read_text("utf-8")
    told = re.findall(r"(?m)^\| `([a-z ]+)` \| [^|]+ \| [^|]+ \|$", page)
    assert sorted(told) == sorted(health.FAULTS)


def test_asking_is_cheap(well: None, django_assert_max_num_queries: Any) -> None:
    asked()
    with django_assert_max_num_queries(8):
        asked()


def test_the_timetable_s_heartbeat_reaches_the_database_through_a_real_worker(worker: Worker) -> None:
    """On the transport of this run: what the timetable sends arrives, runs and is written."""
    entry = timetable.conf.beat_schedule["note the heartbeat"]
    assert entry["schedule"] * 4 <= health.SILENCE.total_seconds()
    assert last_beat() is None
    current_app.send_task(entry["task"], expires=60)
    deadline = time.monotonic() + 60
    while last_beat() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert last_beat() is not None
