"""The queue (任务队列) and the timetable (时刻表): everything that the clock does stands on this page.

An operation never sends a task: it writes a row, and the entries below look for rows that wait.
So a lost message costs seconds, on Redis and on the filesystem transport alike.
"""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    # Every entry expires before it would be asked again: after a stop of the worker, nothing piles up.
    "note the heartbeat": {"task": "core.tasks.note_heartbeat", "schedule": 15.0, "options": {"expires": 15}},
    "relay the outbox": {"task": "core.tasks.relay_outbox", "schedule": 5.0, "options": {"expires": 5}},
    "number the journal": {"task": "audit.tasks.sequence_journal", "schedule": 10.0, "options": {"expires": 10}},
    "wake stale reports": {"task": "core.tasks.sweep_reports", "schedule": 30.0, "options": {"expires": 30}},
    "forget old requests": {"task": "core.tasks.forget_keys", "schedule": 3600.0, "options": {"expires": 3600}},
    "end what is over in accounts": {"task": "accounts.tasks.tick", "schedule": 300.0, "options": {"expires": 300}},
    "remind people": {
        "task": "accounts.tasks.remind",
        "schedule": crontab(hour="8", minute="30"),
        "options": {"expires": 3600},
    },
    "close what is over": {"task": "procurement.tasks.tick", "schedule": 60.0, "options": {"expires": 60}},
    "run the risk rules": {
        "task": "audit.tasks.scan_risks",
        "schedule": crontab(hour="3", minute="20"),
        "options": {"expires": 3600},
    },
    "tend the archive": {
        "task": "audit.tasks.tend_archive",
        "schedule": crontab(hour="4", minute="10"),
        "options": {"expires": 3600},
    },
    "place follow-ups of evaluations": {
        "task": "evaluation.tasks.tick",
        "schedule": crontab(hour="7", minute="30"),
        "options": {"expires": 3600},
    },
}
