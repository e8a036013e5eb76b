"""System checks: what must be true before the platform serves."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution

from core import append_only


@register(Tags.database)
def triggers_stand(**kwargs: Any) -> list[CheckMessage]:
    """The append-only triggers stand on every table that wants them (asked with --database).

    A warning: migrate, which puts them up, asks this check first and would refuse an error.
    """
    return [
        Caution(f"{table} has lost its append-only triggers", hint="run manage.py migrate", id="core.W001")
        for table in append_only.missing()
    ]


@register()
def tasks_are_real(**kwargs: Any) -> list[CheckMessage]:
    """Eager tasks would run inside requests and lose what a crash interrupts."""
    if getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False):
        return [Error("CELERY_TASK_ALWAYS_EAGER is refused: run a worker", id="core.E002")]
    return []


@register(Tags.security, deploy=True)
def no_demo_in_production(**kwargs: Any) -> list[CheckMessage]:
    """The demonstration's log-ins share one known password."""
    if settings.DEMO:
        return [Error("DEMO=1 opens log-ins with a known password", hint="unset DEMO", id="core.E003")]
    return []


@register(Tags.security, deploy=True)
def two_factors_in_production(**kwargs: Any) -> list[CheckMessage]:
    """With a password alone whoever learned it is the person; the demonstration's people are excepted anyway."""
    if not settings.TWO_FACTOR and not settings.DEMO:
        return [Error("TWO_FACTOR=0 lets staff in with a password alone", hint="unset TWO_FACTOR", id="core.E004")]
    return []
