"""Health: /healthz says the process answers, /readyz says that what it needs is there."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from core import append_only, clock
from core.outbox import OutboxItem, waiting

LAG = timedelta(minutes=5)


def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Database, migrations, triggers, outbox lag (a worker that is away shows as lag). 200 or 503 with the reasons."""
    executor = MigrationExecutor(connection)
    faults = []
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        faults.append("migrations pending")
    faults += [f"triggers missing on {table}" for table in append_only.missing()]
    if waiting().filter(due_at__lt=clock.now() - LAG).exists():
        faults.append("outbox is not relayed")
    if OutboxItem.objects.filter(done_at__isnull=True, tries__gte=8).exists():
        faults.append("outbox has dead letters")
    return JsonResponse({"ready": not faults, "faults": faults}, status=503 if faults else 200)
