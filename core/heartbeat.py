"""The heartbeat (心跳): a row that the timetable, through the worker, writes every few seconds.

It passes through everything that background work passes through: the timetable's process, the queue, a worker, the
database; so it grows old when any of them stands still, on Redis and on the filesystem transport alike.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import models

from core import clock

WORKER: Final = "worker"


class Heartbeat(models.Model):
    """When a part of the platform was last seen alive."""

    name = models.CharField(max_length=24, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        app_label = "core"


def beat(name: str = WORKER) -> None:
    """Say that this part lives. writes  one row, and touches the file that the supervisor watches (scripts/serve.py)"""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": clock.now()})
    (settings.CELERY_DIR / "pulse").touch()


def last_beat(name: str = WORKER) -> datetime | None:
    """When this part was last seen; None if never."""
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
