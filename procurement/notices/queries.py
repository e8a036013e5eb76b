"""Notices (公告) are public from their first moment; these name what is shown."""

from __future__ import annotations

from django.db.models import QuerySet

from core import clock
from core.actor import Actor
from procurement.notices.models import Notice


def public_notices() -> QuerySet[Notice]:
    """Every published notice, newest first, with who published it and what replaced it."""
    return (
        Notice.objects.filter(published_at__lte=clock.now())
        .select_related("buyer", "replaced_by")
        .order_by("-published_at", "-pk")
    )


def visible_notices(actor: Actor) -> QuerySet[Notice]:
    """A notice hides from nobody."""
    return public_notices()


def current_notices() -> QuerySet[Notice]:
    """Public notices that no later one replaced."""
    return public_notices().filter(replaced_by__isnull=True)


def notices_of(case_key: str) -> QuerySet[Notice]:
    """The notices of one project, newest first."""
    return public_notices().filter(case=case_key)


def notices_about(subject: str) -> QuerySet[Notice]:
    """The notices about one object ("procurement.order:UUID"), newest first."""
    return public_notices().filter(subject=subject)
