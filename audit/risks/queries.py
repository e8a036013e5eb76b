"""Which flags exist for whom (风险可见范围), and what they add up to."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import NoReverseMatch, reverse

from audit.permissions.risks import can_watch
from audit.risks.models import RiskFlag, RiskScan
from core.actor import Actor
from core.permissions import in_scope

# The room in which a subject has its page, by the first word of its journal key.
ROOMS = {
    "procurement.order": "orders",
    "procurement.contract": "contracts",
    "procurement.expense": "expenses",
    "procurement.settlement": "settlements",
    "procurement.activity": "activities",
    "procurement.inspection": "inspections",
    "evaluation.assessment": "assessments",
    "audit.finding": "findings",
    "accounts.organization": "organizations",
}
KEY = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def visible_flags(actor: Actor) -> QuerySet[RiskFlag]:
    """The oversight of the buyer and of the district; nobody whom a flag might be about. One query."""
    if not can_watch(actor):
        return RiskFlag.objects.none()
    return RiskFlag.objects.filter(in_scope(actor)).select_related("buyer")


def flags_of_case(actor: Actor, case: str) -> list[RiskFlag]:
    """The flags of a project that this person may know of, those to be checked first. One query."""
    return list(visible_flags(actor).filter(case=case).order_by("-status", "rule")) if can_watch(actor) else []


def to_check(actor: Actor) -> QuerySet[RiskFlag]:
    """What waits for the actor's organization: open ones, and those the actor took up."""
    waiting = Q(status="open") | Q(status="verifying", taken_by_key=actor.user_key)
    return visible_flags(actor).filter(waiting, buyer_id=actor.organization_id).order_by("-level", "found_at")


def last_scans() -> list[RiskScan]:
    """The latest runs, newest first."""
    return list(RiskScan.objects.all()[:5])


def counts_by_rule(actor: Actor) -> dict[str, dict[str, Any]]:
    """rule -> {"open", "all", "confirmed"}. One query."""
    rows = visible_flags(actor).order_by().values("rule")
    counted = rows.annotate(
        all=Count("pk"),
        open=Count("pk", filter=~Q(status="concluded")),
        confirmed=Count("pk", filter=Q(result="confirmed")),
    )
    return {row["rule"]: dict(row) for row in counted}


def address_of(flag: RiskFlag) -> str:
    """The page of what a flag is about, "" where it has none."""
    kind, _colon, rest = flag.subject.partition(":")
    key = KEY.search(rest)
    if kind not in ROOMS or key is None:
        return ""
    try:
        return reverse(f"{ROOMS[kind]}:detail", args=[key.group(1)])
    except NoReverseMatch:
        return ""


def facts_of(flag: RiskFlag) -> list[dict[str, Any]]:
    """The evidence as label and value."""
    return [{"label": label, "value": value} for label, value in flag.evidence.items()]
