"""The outbox (发件箱): work to be done after commit, written in the same transaction, done at least once.

A broker may lose what it was given (the filesystem transport does when a worker is killed), so the row is the
queue's memory and a beat sweep relays what was not done. Handlers are idempotent.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import QuerySet

from core import clock

log = logging.getLogger(__name__)
Handler = Callable[[dict[str, Any]], None]
MAX_TRIES = 8
LEASE = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
"""How long a worker may be silent about an item before another takes it."""

REST_SECONDS = 5.0

_handlers: dict[str, Handler] = {}
_asked_again_at = 0.0


class OutboxItem(models.Model):
    """One piece of work. key makes it unique: asking twice is asking once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    topic = models.CharField(max_length=48)
    payload = models.JSONField(default=dict)
    key = models.CharField(max_length=160, unique=True)
    due_at = models.DateTimeField(default=clock.now)
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        app_label = "core"
        indexes = [models.Index(fields=["due_at"], name="outbox_waiting", condition=models.Q(done_at__isnull=True))]


def on_topic(topic: str) -> Callable[[Handler], Handler]:
    """Register the function that does the work of a topic."""

    def keep(handler: Handler) -> Handler:
        _handlers[topic] = handler
        return handler

    return keep


def enqueue(topic: str, payload: dict[str, Any], *, key: str) -> None:
    """Ask for work after commit. writes  one OutboxItem in the caller's transaction; wakes a worker on commit."""
    OutboxItem.objects.get_or_create(key=key, defaults={"topic": topic, "payload": payload})
    transaction.on_commit(wake)


def hold_lease(key: str) -> None:
    """Say that the work under this key goes on, so that no other worker takes it: for handlers that take long."""
    OutboxItem.objects.filter(key=key, done_at__isnull=True).update(due_at=clock.now() + LEASE)


def wake() -> None:
    """Nudge a worker; a broker that is down is no fault of the caller: the sweep comes round.

    A broker that did not answer is left in peace for a while: one that hangs costs each asking its whole timeout.
    """
    global _asked_again_at  # noqa: PLW0603 - what this process knows of its broker
    if time.monotonic() < _asked_again_at:
        return
    try:
        from celery import current_app  # the queue is a slow import, and only a nudge

        current_app.send_task("core.tasks.relay_outbox", ignore_result=True, retry=False)
    except Exception as fault:  # noqa: BLE001 - whatever a broker's client raises
        _asked_again_at = time.monotonic() + REST_SECONDS
        log.warning("outbox: no broker (%s); the sweep will relay", type(fault).__name__)


def waiting() -> QuerySet[OutboxItem]:
    """Items that are due and not done."""
    return OutboxItem.objects.filter(done_at__isnull=True, due_at__lte=clock.now(), tries__lt=MAX_TRIES)


def relay(limit: int = 100) -> int:
    """Do what is due. returns  how many were done."""
    return sum(_do(key) for key in list(waiting().order_by("due_at").values_list("pk", flat=True)[:limit]))


def _do(key: uuid.UUID) -> bool:
    """Claim by a lease, do, mark done. No transaction is held while the handler works; a kill lets the lease run out."""
    item = OutboxItem.objects.filter(pk=key, done_at__isnull=True, due_at__lte=clock.now()).first()
    if item is None:
        return False
    claim = OutboxItem.objects.filter(pk=key, done_at__isnull=True, due_at=item.due_at, tries=item.tries)
    if not claim.update(due_at=clock.now() + LEASE, tries=item.tries + 1):
        return False
    mine = OutboxItem.objects.filter(pk=key)
    try:
        _handlers[item.topic](item.payload)
    except Exception as fault:
        log.exception("outbox: %s failed (try %s)", item.topic, item.tries + 1)
        wait = timedelta(seconds=min(600, 2 ** (item.tries + 1)))
        mine.update(error=f"{type(fault).__name__}: {fault}"[:2000], due_at=clock.now() + wait)
        return False
    return bool(mine.update(done_at=clock.now(), error=""))
