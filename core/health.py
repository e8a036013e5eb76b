"""Health (健康状况): /healthz says the process answers, /readyz says that what it needs is there."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Final

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse

from core import append_only, clock
from core.heartbeat import last_beat
from core.outbox import MAX_TRIES, OutboxItem, waiting

log = logging.getLogger(__name__)
LAG: Final = timedelta(minutes=5)
SILENCE: Final = timedelta(minutes=2)
CLOCKS_APART: Final = timedelta(seconds=5)
DISK_BYTES: Final = 256 * 1024 * 1024

# All that a stranger is told; what to do about each stands in docs/operations/running.md. Details go into the log.
NO_DATABASE: Final = "database is away"
UNMIGRATED: Final = "migrations pending"
NO_TRIGGERS: Final = "triggers missing"
LAGGING: Final = "outbox is not relayed"
DEAD: Final = "outbox has dead letters"
SILENT: Final = "worker is silent"
FULL: Final = "disk is nearly full"
CLOCK: Final = "clocks disagree"
FAULTS: Final = (NO_DATABASE, UNMIGRATED, NO_TRIGGERS, LAGGING, DEAD, SILENT, FULL, CLOCK)


def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Everything that the platform stands on. 200, or 503 with the fault's words."""
    found = faults()
    return JsonResponse({"ready": not found, "faults": found}, status=503 if found else 200)


def faults() -> list[str]:
    """What is wrong now, in the words of FAULTS; [] is right. A few cheap queries."""
    found = [FULL] if disk_free() < DISK_BYTES else []
    try:
        return [*_database_faults(), *found]
    except Error as fault:
        # Its message may name host and user.
        log.error("readiness: %s", type(fault).__name__)
        return [NO_DATABASE, *found]


def disk_free() -> int:
    """Free bytes where the platform keeps what it writes."""
    return shutil.disk_usage(settings.DATA_DIR).free


def _database_faults() -> Iterator[str]:
    if leaves() - set(MigrationRecorder(connection).applied_migrations()):
        # The tables asked for below may not be there yet.
        yield UNMIGRATED
        return
    if bare := append_only.missing():
        log.error("readiness: no triggers on %s", ", ".join(bare))
        yield NO_TRIGGERS
    now = clock.now()
    if waiting().filter(due_at__lt=now - LAG).exists():
        yield LAGGING
    if OutboxItem.objects.filter(done_at__isnull=True, tries__gte=MAX_TRIES).exists():
        yield DEAD
    seen = last_beat()
    if seen is None or now - seen > SILENCE:
        yield SILENT
    # A worker on another machine, or this machine's own clock set back, tells of a moment that has not come.
    ahead = seen is not None and seen - now > CLOCKS_APART
    if ahead or abs(clock.database_now() - clock.now()) > CLOCKS_APART:
        yield CLOCK


@cache
def leaves() -> set[tuple[str, str]]:
    """The last migration of each app in this code; read once a process, since reading takes as long as a page."""
    return set(MigrationLoader(None).graph.leaf_nodes())
