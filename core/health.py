"""Health: /healthz says the process answers, /readyz says that what it needs is there."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from core import append_only, clock
from core.error_pages import AWAY
from core.outbox import MAX_TRIES, OutboxItem, waiting

LAG = timedelta(minutes=5)


def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Database, migrations, triggers, outbox lag (a worker that is away shows as lag). 200 or 503 with the reasons."""
    try:
        faults = _faults()
    except AWAY as fault:
        faults = [f"database is away: {type(fault).__name__}"]
    return JsonResponse({"ready": not faults, "faults": faults}, status=503 if faults else 200)


def _faults() -> list[str]:
    executor = MigrationExecutor(connection)
    faults = []
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        faults.append("migrations pending")
    faults += [f"triggers missing on {table}" for table in append_only.missing()]
    if waiting().filter(due_at__lt=clock.now() - LAG).exists():
        faults.append("outbox is not relayed")
    if OutboxItem.objects.filter(done_at__isnull=True, tries__gte=MAX_TRIES).exists():
        faults.append("outbox has dead letters")
    return faults
