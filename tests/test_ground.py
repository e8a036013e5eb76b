"""The ground that tests stand on: the stopped clock, tables that only grow and are emptied all the same, a real worker."""

import time

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from audit.journal.models import JournalEntry
from core import append_only, clock, outbox
from core.outbox import OutboxItem
from tests.cast import Cast
from tests.workers import Worker


def test_clock_stands_still() -> None:
    assert clock.local(clock.now()).isoformat() == "2026-09-01T09:00:00+08:00"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_journal_is_emptied_between_tests_and_by_nobody_in_them(turn: str, cast: Cast) -> None:
    """Played twice, in any order: each turn finds the triggers standing and only what it wrote itself."""
    assert append_only.missing() == []
    assert set(JournalEntry.objects.values_list("at", flat=True)) == {clock.now()}
    people = JournalEntry.objects.count()
    with pytest.raises(DatabaseError), transaction.atomic():
        JournalEntry.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        JournalEntry.objects.update(n=0)
    assert JournalEntry.objects.count() == people


@pytest.mark.django_db(transaction=True)
def test_worker_is_another_process_on_this_database(worker: Worker) -> None:
    outbox.enqueue("nobody's", {}, key="one")
    deadline = time.monotonic() + 30
    while not (item := OutboxItem.objects.get()).tries and time.monotonic() < deadline:
        time.sleep(0.1)
    assert item.error.startswith("KeyError") or item.error == ""
    assert item.tries == 1
    assert worker.process.poll() is None


@pytest.mark.postgres
@pytest.mark.django_db
def test_part_on_servers_runs_on_servers() -> None:
    assert connection.vendor == "postgresql"
    assert settings.CELERY_BROKER_URL.startswith("redis") == bool(settings.REDIS_URL)
