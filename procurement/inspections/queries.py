"""Which inspections exist for whom (检查可见范围), what waits, and what they add up to for an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet

from core import clock
from core.actor import Actor
from core.permissions import in_scope
from procurement.activities.models import Activity
from procurement.activities.queries import DELIVERED
from procurement.contracts.models import Contract
from procurement.inspections.models import Inspection, SpotDraw
from procurement.permissions.inspections import PROVIDER_ROLES

OPEN = ("noticed", "answered")


@dataclass(frozen=True)
class Summary:
    """A contract's inspections: how many were held, found in order, put right, still open, ended in a stop."""

    held: int = 0
    passed: int = 0
    rectified: int = 0
    late: int = 0
    open: int = 0
    stopped: int = 0


def visible_inspections(actor: Actor) -> QuerySet[Inspection]:
    """What this person may know of. A visit that is only planned is a surprise: the provider learns of it when it was held."""
    inspections = Inspection.objects.select_related("contract", "activity", "provider", "buyer")
    if actor.organization_kind == "provider":
        known = ~Q(status__in=("planned", "withdrawn")) | Q(kind="self")
        mine = inspections.filter(known, provider_id=actor.organization_id)
        return mine if actor.has(*PROVIDER_ROLES) else mine.none()
    return inspections.filter(in_scope(actor))


def to_record(actor: Actor) -> QuerySet[Inspection]:
    """Planned inspections of the buyer's officer, the earliest first."""
    rows = visible_inspections(actor).filter(status="planned", buyer_id=actor.organization_id)
    return rows.exclude(kind="self").order_by("planned_on")


def to_visit(actor: Actor) -> QuerySet[Inspection]:
    """Planned visits and calls of the street's officer."""
    return visible_inspections(actor).filter(status="planned", kind__in=("site", "phone")).order_by("planned_on")


def to_review_oneself(actor: Actor) -> QuerySet[Inspection]:
    """Self-reviews that the provider is asked for."""
    return visible_inspections(actor).filter(status="planned", kind="self").order_by("planned_on")


def to_put_right(actor: Actor) -> QuerySet[Inspection]:
    """Notices that the provider must answer, the most urgent first."""
    return visible_inspections(actor).filter(status="noticed", provider_id=actor.organization_id).order_by("due_at")


def to_judge(actor: Actor) -> QuerySet[Inspection]:
    """What the buyer's officer decides: reports, and rectifications to look at again."""
    rows = visible_inspections(actor).filter(status__in=("reported", "answered"), buyer_id=actor.organization_id)
    return rows.order_by("planned_on")


def drawable(contract: Contract, month: date) -> list[str]:
    """The keys of the activities of a month that the street verified or the buyer counted, sorted: the pool of a draw."""
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    rows = Activity.objects.filter(
        contract=contract, status__in=DELIVERED, starts_at__gte=clock.local(month), starts_at__lt=clock.local(after)
    )
    return sorted(str(key) for key in rows.values_list("pk", flat=True))


def draws_of(contract: Contract) -> QuerySet[SpotDraw]:
    """The contract's draws, newest first."""
    return SpotDraw.objects.filter(contract=contract).order_by("-month")


def inspection_summary(contract: Contract) -> Summary:
    """What the inspections of a contract came to; one query. late: put right after the day, or still open past it."""
    past = Q(answered_at__gt=F("due_at")) | Q(status="noticed", due_at__lt=clock.now())
    found = Inspection.objects.filter(contract=contract).aggregate(
        held=Count("pk", filter=~Q(status__in=("planned", "withdrawn"))),
        passed=Count("pk", filter=Q(status="passed")),
        rectified=Count("pk", filter=Q(status="closed")),
        late=Count("pk", filter=past),
        open=Count("pk", filter=Q(status__in=OPEN)),
        stopped=Count("pk", filter=Q(status="stopped")),
    )
    return Summary(**found)
