"""Who may see the pool of experts (评审专家库)."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.experts.models import Expert
from accounts.permissions import can_see_experts
from core.actor import Actor


def visible_experts(actor: Actor) -> QuerySet[Expert]:
    """The pool, for those who draw from it and who watch the draw; nobody else sees who might judge."""
    rows = Expert.objects.select_related("user")
    return rows if can_see_experts(actor) else rows.none()


def active_experts() -> QuerySet[Expert]:
    """Experts that a draw may take."""
    return Expert.objects.filter(is_active=True, user__is_active=True).select_related("user")
