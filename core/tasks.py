"""What the clock does on the ground floor; the timetable is in config/celery.py."""

from celery import shared_task

from core import batches, heartbeat, idempotency, outbox, reports


@shared_task(name="core.tasks.relay_outbox")
def relay_outbox() -> int:
    """Do the outbox's due work (发件箱)."""
    return outbox.relay()


@shared_task(name="core.tasks.sweep_reports")
def sweep_reports() -> int:
    """Wake the reports and batches whose worker died."""
    return reports.sweep_reports() + batches.sweep_batches()


@shared_task(name="core.tasks.note_heartbeat")
def note_heartbeat() -> None:
    """Say that timetable, queue, worker and database are alive (心跳)."""
    heartbeat.beat()


@shared_task(name="core.tasks.forget_keys")
def forget_keys() -> int:
    """Forget which requests were done more than 48 hours ago."""
    return idempotency.forget_keys()
