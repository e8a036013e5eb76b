"""Which activities exist for whom (活动可见范围), what was delivered, and what stands around one activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, F, OuterRef, Q, QuerySet, StdDev, Subquery, Sum, Value

from accounts.memberships.models import Membership
from accounts.memberships.queries import in_force
from accounts.regions.models import Region
from accounts.regions.queries import below
from core import clock
from core.actor import Actor
from core.permissions import in_scope
from procurement.activities.leads import Alike, Lead, Seen, leads
from procurement.activities.models import (
    Activity,
    ActivityPhoto,
    ActivityStaff,
    AttendanceCount,
    ServiceUnit,
    SignIn,
    StaffMember,
    VolunteerHours,
)
from procurement.activities.pictures import distance
from procurement.contracts.models import Contract, ContractLine
from procurement.rules.queries import rules_in_force

DELIVERING = ("performing", "rectifying")
DELIVERED = ("verified", "counted")
PHOTOS_COMPARED = 20_000


@dataclass(frozen=True)
class Delivered:
    """What a contract delivered so far (完成量): only what the street verified.

    sessions 场次 · person_times 人次 · people 人数, each once · units by the contract line's number, in its unit ·
    volunteers 志愿者人次 · volunteer_hours in hours, two decimals
    """

    sessions: int = 0
    person_times: int = 0
    people: int = 0
    units: dict[int, int] = field(default_factory=dict)
    volunteers: int = 0
    volunteer_hours: Decimal = Decimal("0.00")


def visible_activities(actor: Actor) -> QuerySet[Activity]:
    """What this person may know of: the provider's own, the buyer's, a street's or district's in scope. One query."""
    mine = Q(provider_id=actor.organization_id) if actor.organization_kind == "provider" else in_scope(actor)
    return Activity.objects.filter(mine).select_related("contract__award", "provider", "region", "line", "buyer")


def plannable_contracts(actor: Actor) -> QuerySet[Contract]:
    """The provider's contracts in which activities may be entered (履约中)."""
    return (
        Contract.objects.filter(provider_id=actor.organization_id, status__in=DELIVERING)
        .select_related("buyer", "provider", "award__lot__order__item")
        .order_by("title", "pk")
    )


def places_of(contract: Contract) -> QuerySet[Region]:
    """The streets and communities where a contract's activities may take place."""
    return below(contract.region_path).exclude(level="district")


def recordable(actor: Actor) -> QuerySet[Activity]:
    """The provider's activities that have begun and wait to be recorded (待记录), oldest first."""
    begun = Q(status="held") | Q(status="published", starts_at__lte=clock.now())
    return visible_activities(actor).filter(begun, provider_id=actor.organization_id).order_by("starts_at")


def to_verify(actor: Actor) -> QuerySet[Activity]:
    """What waits for this officer's word (待核实); not what the same person recorded."""
    return (
        visible_activities(actor).filter(status="recorded").exclude(recorded_by_key=actor.user_key).order_by("ends_at")
    )


def contracts_to_count(actor: Actor) -> QuerySet[Contract]:
    """The buyer's contracts with verified activities that are not counted yet; each with `waiting`."""
    verified = Activity.objects.filter(buyer_id=actor.organization_id, status="verified").order_by()
    each = verified.filter(contract=OuterRef("pk")).values("contract").annotate(n=Count("pk"))
    return (
        # Driven from the few that wait, not grouped over the many contracts.
        Contract.objects.filter(pk__in=verified.values("contract"))
        .annotate(waiting=Subquery(each.values("n")))
        .select_related("provider")
        .order_by("title", "pk")
    )


def verifiers_of(region_path: str) -> list[str]:
    """User keys of the officers of a place: the community's, its street's. Not the district's."""
    parts = region_path.split("/")
    paths = ["/".join(parts[:n]) for n in range(2, len(parts) + 1)]
    own = Q(region__path__in=paths) | Q(region__isnull=True, organization__region__path__in=paths)
    found = Membership.objects.filter(in_force(), own, role="region_officer")
    return [str(key) for key in found.values_list("user_id", flat=True).distinct()]


def delivered(contract: Contract, until: date | datetime | None = None) -> Delivered:
    """What was delivered under a contract, from activities that began by `until` (a day counts whole; None: all).

    returns  sums over verified and counted activities; the order in which they were entered never matters
    queries  two, whatever the number of activities; one where there are none
    """
    return delivered_of([contract.pk], until).get(contract.pk, Delivered())


def delivered_of(contracts: Sequence[UUID], until: date | datetime | None = None) -> dict[UUID, Delivered]:
    """`delivered` of several contracts at once, by key; still two queries."""
    whole: dict[str, Any] = {"contract__in": contracts, "status__in": DELIVERED}
    if until is not None:
        whole["starts_at__lte"] = until if isinstance(until, datetime) else clock.end_of_day(until)
    sessions = Activity.objects.filter(**whole).values_list("contract").annotate(n=Count("pk"))
    return _delivered(dict(sessions), {f"activity__{name}": value for name, value in whole.items()})


def _delivered(sessions: dict[UUID, int], inside: dict[str, Any]) -> dict[UUID, Delivered]:
    """What was recorded in so many activities by contract; inside: which activities they are, as their records ask."""
    if not sessions:
        return {}
    sums = (
        (AttendanceCount, "heads", Value(0), Sum("person_times"), Sum("newcomers")),
        (ServiceUnit, "units", F("line__n"), Sum("quantity"), Value(0)),
        (VolunteerHours, "hands", Value(0), Sum("people"), Sum(F("people") * F("minutes"))),
    )
    first, *others = (
        model._base_manager.filter(**inside)
        .order_by()
        .values_list("activity__contract")
        .annotate(kind=Value(kind), line_n=n, one=one, other=other)
        for model, kind, n, one, other in sums
    )
    heads: dict[UUID, tuple[int, int]] = {}
    hands: dict[UUID, tuple[int, int]] = {}
    units: dict[UUID, dict[int, int]] = {}
    for contract, kind, n, one, other in first.union(*others, all=True):
        if kind == "units":
            units.setdefault(contract, {})[n] = one
        else:
            (heads if kind == "heads" else hands)[contract] = (one, other)
    units = {contract: dict(sorted(lines.items())) for contract, lines in units.items()}
    return {
        contract: Delivered(
            sessions=count,
            person_times=heads.get(contract, (0, 0))[0],
            people=heads.get(contract, (0, 0))[1],
            units=units.get(contract, {}),
            volunteers=hands.get(contract, (0, 0))[0],
            volunteer_hours=(Decimal(hands.get(contract, (0, 0))[1]) / 60).quantize(Decimal("0.01")),
        )
        for contract, count in sessions.items()
    }


@dataclass(frozen=True)
class LineProgress:
    """How far one contract line is. waiting: recorded, not yet verified; percent of the contracted quantity, ≤ 100."""

    line: ContractLine
    done: int
    waiting: int

    @property
    def percent(self) -> int:
        """Done of contracted, whole percent, rounded down."""
        return min(100, self.done * 100 // self.line.quantity) if self.line.quantity else 0


@dataclass(frozen=True)
class Course:
    """How far a contract is: its activities by status, what they delivered, line by line against the contract."""

    by_status: dict[str, int]
    done: Delivered
    lines: list[LineProgress]


def course_of(contract: Contract) -> Course:
    """How far a contract is: three queries, one fewer before the first activity is verified, one fewer while none waits."""
    by_status = counts_by_status(contract)
    inside = {"activity__contract": contract}
    sessions = sum(by_status.get(status, 0) for status in DELIVERED)
    found = _delivered({contract.pk: sessions} if sessions else {}, {**inside, "activity__status__in": DELIVERED})
    done, waiting = found.get(contract.pk, Delivered()), {}
    if by_status.get("recorded"):
        recorded = ServiceUnit.objects.filter(**inside, activity__status="recorded").order_by()
        waiting = dict(recorded.values_list("line__n").annotate(Sum("quantity")))
    lines = [
        LineProgress(line=line, done=done.units.get(line.n, 0), waiting=waiting.get(line.n, 0))
        for line in contract.lines.all()
    ]
    return Course(by_status, done, lines)


def counts_by_status(contract: Contract) -> dict[str, int]:
    """How many activities stand where. One query."""
    return dict(Activity.objects.filter(contract=contract).values_list("status").annotate(n=Count("pk")))


def by_street(rows: QuerySet[Activity]) -> list[dict[str, Any]]:
    """Activities by place (街道), busiest first: region, counts by state, person-times. Two queries."""
    heads: dict[UUID, int] = {
        region: times or 0
        for region, times in rows.filter(status__in=DELIVERED)
        .order_by()
        .values_list("region")
        .annotate(Sum("counts__person_times"))
    }
    found = (
        rows.order_by()
        .values("region", "region__name", "region__parent__name", "region__level")
        .annotate(
            total=Count("pk"),
            coming=Count("pk", filter=Q(status__in=("planned", "published", "held"))),
            waiting=Count("pk", filter=Q(status="recorded")),
            done=Count("pk", filter=Q(status__in=DELIVERED)),
        )
        .order_by("-total", "region__name")
    )
    return [{**row, "person_times": heads.get(row["region"], 0)} for row in found]


def signed_in(activity: Activity) -> tuple[int, int]:
    """How many signed in, and how many of them for the first time under this contract. Two queries."""
    here = SignIn.objects.filter(activity=activity)
    earlier = SignIn.objects.filter(activity__contract=activity.contract_id, activity__starts_at__lt=activity.starts_at)
    known = here.filter(pseudonym__in=earlier.values("pseudonym")).count()
    total = here.count()
    return total, total - known


def leads_of(activity: Activity) -> list[Lead]:
    """What the verifier might ask about (线索, F32–F35, F46), by the limits in force when it took place.

    returns  leads, never a judgement; [] is the rule
    queries  the same number whatever the contract's size
    """
    day = clock.local(activity.starts_at).date()
    limits = {row.key.removeprefix("leads."): row.value for row in rules_in_force(day) if row.key.startswith("leads.")}
    return leads(_seen(activity, limits), limits)


def _seen(activity: Activity, limits: dict[str, Any]) -> Seen:
    own = activity.counts.aggregate(times=Sum("person_times"), people=Sum("people"))
    others = (
        Activity.objects.filter(contract=activity.contract_id, status__in=("recorded", *DELIVERED))
        .exclude(pk=activity.pk)
        .annotate(times=Sum("counts__person_times"))
        .annotate(rest=F("times") % 5)
    )
    ends_round = Q(rest=0, times__gt=0)
    usual = others.aggregate(
        mean=Avg("times"), spread=StdDev("times"), n=Count("pk"), round=Count("pk", filter=ends_round)
    )
    contract = activity.contract
    tail = limits.get("crowding_tail", 20)
    late_from = contract.ends_on - timedelta(days=(contract.ends_on - contract.starts_on).days * tail // 100)
    late = others.filter(starts_at__gte=clock.local(late_from)).count()
    overlapping = Activity.objects.filter(
        provider=activity.provider_id, starts_at__lt=activity.ends_at, ends_at__gt=activity.starts_at
    ).exclude(status__in=("rejected", "withdrawn"))
    beside = overlapping.exclude(pk=activity.pk)
    here = SignIn.objects.filter(activity=activity)
    team = ActivityStaff.objects.filter(activity=activity)
    photos = [photo.document for photo in activity.photos.select_related("document")]
    count = usual["n"] or 0
    return Seen(
        starts_at=clock.local(activity.starts_at),
        ends_at=clock.local(activity.ends_at),
        recorded_at=clock.local(activity.captured_at or activity.recorded_at) if activity.recorded_at else None,
        recordings=activity.recordings,
        person_times=own["times"] or 0,
        people=own["people"] or 0,
        signed_in=here.count(),
        capacity=activity.capacity,
        roster=activity.roster.count() if activity.minors else None,
        usual_mean=float(usual["mean"] or 0),
        usual_spread=float(usual["spread"] or 0),
        usual_count=count,
        same_time=overlapping.count(),
        staff=StaffMember.objects.filter(provider=activity.provider_id, is_active=True).count(),
        elsewhere=SignIn.objects.filter(activity__in=beside, pseudonym__in=here.values("pseudonym"))
        .values("pseudonym")
        .distinct()
        .count(),
        staff_elsewhere=ActivityStaff.objects.filter(activity__in=beside, staff__in=team.values("staff"))
        .values("staff")
        .distinct()
        .count(),
        late_share=100 * late / count if count else 0.0,
        round_share=100 * (usual["round"] or 0) / count if count else 0.0,
        round_count=count,
        alike=_alike(activity, limits.get("photo_distance", 0)),
        taken=[clock.local(photo.taken_at) for photo in photos if photo.taken_at],
        places=[_degrees(photo.place) for photo in photos if photo.place],
        child_free=not activity.minors and contract.award.lot.order.item.minors,
    )


def _degrees(place: str) -> tuple[float, float]:
    latitude, longitude = place.split(",")
    return float(latitude), float(longitude)


def _alike(activity: Activity, most: int) -> list[Alike]:
    """The provider's pictures of other activities that resemble one of these, nearest first. Three queries at most."""
    own = list(activity.photos.exclude(fingerprint="").values_list("fingerprint", flat=True))
    if not own:
        return []
    others = (
        ActivityPhoto.objects.filter(activity__provider=activity.provider_id)
        .exclude(activity=activity.pk)
        .exclude(fingerprint="")
        .order_by("-pk")
        .values_list("activity", "fingerprint")[:PHOTOS_COMPARED]
    )
    near: dict[UUID, int] = {}
    for key, print_ in others:
        closest = min(distance(print_, mine) for mine in own)
        if closest <= most:
            near[key] = min(closest, near.get(key, closest))
    chosen = sorted(near, key=lambda key: near[key])[:3]
    found = Activity.objects.in_bulk(chosen)
    return [
        Alike(near[key], found[key].title, f"{clock.local(found[key].starts_at):%Y-%m-%d}")
        for key in chosen
        if key in found
    ]
