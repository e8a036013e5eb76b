"""Verbs of the activity (活动): planned, published, held, recorded by the provider; verified by the street; counted."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from accounts.regions.models import Region
from core import clock, holds
from core.actor import Actor
from core.documents import IMAGES, Document, read, store
from core.errors import Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.messages import tell
from procurement.activities.facts import missing_safeguards
from procurement.activities.models import (
    SEGMENT_MARK,
    Activity,
    ActivityPhoto,
    ActivityStaff,
    AttendanceCount,
    ServiceUnit,
    StaffMember,
    VolunteerHours,
    WorkRecord,
)
from procurement.activities.pictures import fingerprint
from procurement.activities.queries import DELIVERING, places_of, signed_in, verifiers_of
from procurement.contracts.models import Contract, ContractLine
from procurement.permissions.activities import (
    can_count_activities,
    can_plan_activity,
    is_of_the_place,
)
from procurement.rules.queries import parameter

MOST = 1_000_000
MAX_REPEATS = 120
MAX_PHOTOS = 9
BATCH = 500


class Heads(NamedTuple):
    """Heads of one group: 人次, 人数, 其中首次."""

    segment: str
    person_times: int
    people: int
    newcomers: int = 0


@transaction.atomic
def plan_activity(
    contract: Contract,
    *,
    actor: Actor,
    title: str,
    place: str,
    region: Region,
    starts_at: datetime,
    ends_at: datetime,
    planned_people: int,
    segments: str = "",
    kind: str = "activity",
    line: ContractLine | None = None,
    capacity: int | None = None,
    plan: str = "",
    minors: bool | None = None,
    is_trip: bool = False,
    staff: Iterable[StaffMember] = (),
    repeat_until: date | None = None,
    weekdays: Sequence[int] = (),
) -> Activity:
    """Enter an activity into the plan, or a row of them that repeats (每周几、到哪天).

    starts_at, ends_at  aware moments; repeats keep the time of day
    minors              None takes the catalogue item's word (涉及未成年人)
    weekdays            0 is Monday; () repeats the weekday of the first
    returns             the first one, planned
    raises              NotAllowed · NotNow (contract not in delivery, a hold) · Invalid (at the field)
    writes              up to 120 activities with their team; one journal entry "create" each
    """
    if not can_plan_activity(actor, contract):
        raise NotAllowed(_("活动由承接单位计划。"))
    _require_delivering(contract)
    item = contract.award.lot.order.item
    fields: dict[str, Any] = {
        "title": title.strip(),
        "place": place.strip(),
        "region": region,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "planned_people": planned_people,
        "segments": _segments(segments or item.segments),
        "kind": kind,
        "line": line,
        "capacity": capacity,
        "plan": plan.strip(),
        "minors": item.minors if minors is None else minors,
        "is_trip": is_trip,
    }
    team = list(staff)
    _check_plan(contract, fields, team)
    made = []
    for days in _shifts(contract, starts_at, ends_at, repeat_until, weekdays):
        moved = {"starts_at": starts_at + days, "ends_at": ends_at + days}
        activity = begin(
            Activity(
                contract=contract,
                provider_id=contract.provider_id,
                buyer_id=contract.buyer_id,
                region_path=region.path,
                token=secrets.token_urlsafe(16),
                **(fields | moved),
            ),
            actor=actor,
            facts={"line": line.n if line else None, "minors": fields["minors"], "trip": is_trip},
        )
        ActivityStaff.objects.bulk_create(ActivityStaff(activity=activity, staff=each) for each in team)
        made.append(activity)
    return made[0]


@transaction.atomic
def edit_activity(activity: Activity, *, actor: Actor, staff: Iterable[StaffMember] = (), **fields: Any) -> Activity:
    """Change a plan that was not published yet; `fields` as `plan_activity` takes them, without the repeats.

    raises  NotAllowed · NotNow · Conflict · Invalid
    """
    require(activity, "edit", actor)
    _require_delivering(activity.contract)
    whole = {
        name: fields.get(name, getattr(activity, name))
        for name in ("title", "place", "region", "starts_at", "ends_at", "planned_people", "segments", "kind", "line")
    } | {name: fields.get(name, getattr(activity, name)) for name in ("capacity", "plan", "minors", "is_trip")}
    whole["segments"] = _segments(whole["segments"])
    team = list(staff)
    _check_plan(activity.contract, whole, team)
    advance(activity, "edit", actor=actor, region_path=whole["region"].path, **whole)
    ActivityStaff.objects.filter(activity=activity).exclude(staff__in=team).delete()
    ActivityStaff.objects.bulk_create(
        [ActivityStaff(activity=activity, staff=each) for each in team], ignore_conflicts=True
    )
    return activity


@transaction.atomic
def publish_activity(activity: Activity, *, actor: Actor) -> Activity:
    """Make time and place known (公布); the place's officers are told.

    raises  NotAllowed · NotNow (contract not in delivery; children without roster, consents, checked staff, insurance
            or emergency plan) · Conflict
    """
    require(activity, "publish", actor)
    _require_delivering(activity.contract)
    _require_safe(activity, _("公布"))
    return advance(activity, "publish", actor=actor)


@transaction.atomic
def publish_activities(contract: Contract, *, actor: Actor) -> int:
    """Publish all planned activities of a contract that may be published (全部公布), at most 500 at once.

    returns  how many; those whose safeguards are missing stay planned
    raises   NotAllowed · NotNow (none could be)
    """
    if not can_plan_activity(actor, contract):
        raise NotAllowed(_("活动由承接单位公布。"))
    _require_delivering(contract)
    planned = Activity.objects.filter(contract=contract, status="planned").order_by("starts_at")[:BATCH]
    ready = [each for each in planned if not missing_safeguards(each)]
    if not ready:
        raise NotNow(_("没有可以公布的活动：还没有计划，或安全保障材料不齐。"))
    for each in ready:
        each.contract = contract
        advance(each, "publish", actor=actor)
    return len(ready)


@transaction.atomic
def hold_activity(activity: Activity, *, actor: Actor) -> Activity:
    """Say that it takes place (登记举办); the record may follow later.

    raises  NotAllowed · NotNow (not begun yet; contract not in delivery; safeguards missing) · Conflict
    """
    require(activity, "hold", actor)
    _require_delivering(activity.contract)
    if clock.now() < activity.starts_at:
        raise NotNow(_("活动还没有开始，开始后再登记。"))
    _require_safe(activity, _("举办"))
    return advance(activity, "hold", actor=actor)


@transaction.atomic
def record_activity(
    activity: Activity,
    *,
    actor: Actor,
    counts: Sequence[Heads],
    outcome: str,
    note: str = "",
    units: Mapping[int, int] | None = None,
    volunteers: int = 0,
    volunteer_minutes: int = 0,
    work: Mapping[str, str] | None = None,
    photos: Sequence[Any] = (),
    captured_at: datetime | None = None,
) -> Activity:
    """Record what took place (记录): heads by group, units by contract line, volunteers, pictures.

    counts       one a group of the plan; 人次 ≥ 人数 ≥ 首次
    units        quantity by the line's number n, in the line's unit
    outcome      smooth | minor | incident; an incident needs a sentence and is told to buyer and street at once
    work         goal, process, result: needed for case work (个案)
    photos       uploads with a name, or documents already stored; what was sent before stays
    captured_at  when it was made on the device, where that was earlier than now
    returns      the activity, recorded; one that was only published is held first
    raises       NotAllowed · NotNow · Conflict · Invalid (at the field)
    writes       counts, units, volunteers, work record, pictures with fingerprint; status; message to the street
    """
    if activity.status == "published":
        hold_activity(activity, actor=actor)
    require(activity, "record", actor)
    _require_delivering(activity.contract)
    heads = _checked_counts(activity, counts)
    lines = _checked_units(activity.contract, units or {})
    _check_story(activity, outcome, note, work)
    _keep_photos(activity, photos, actor)
    for each in heads:
        AttendanceCount.objects.update_or_create(
            activity=activity, segment=each.segment, defaults=each._asdict() | {"segment": each.segment}
        )
    for line, quantity in lines:
        ServiceUnit.objects.update_or_create(activity=activity, line=line, defaults={"quantity": quantity})
    _keep_volunteers(activity, volunteers, volunteer_minutes)
    if work and any(text.strip() for text in work.values()):
        WorkRecord.objects.update_or_create(
            activity=activity, defaults={name: work.get(name, "").strip() for name in ("goal", "process", "result")}
        )
    now = clock.now()
    made = captured_at if captured_at and activity.starts_at <= captured_at <= now else now
    advance(
        activity,
        "record",
        actor=actor,
        facts={
            "person_times": sum(each.person_times for each in heads),
            "people": sum(each.people for each in heads),
            "newcomers": sum(each.newcomers for each in heads),
            "units": {str(line.n): quantity for line, quantity in lines},
            "volunteers": volunteers,
            "signed_in": signed_in(activity)[0],
            "outcome": outcome,
        },
        documents=[photo.document for photo in activity.photos.select_related("document")],
        outcome=outcome,
        note=note.strip(),
        captured_at=made,
        recorded_at=now,
        recorded_by_key=actor.user_key,
        recorded_by_name=actor.user_name,
        recordings=activity.recordings + 1,
        refusal="",
    )
    _tell_recorded(activity)
    return activity


@transaction.atomic
def verify_activity(activity: Activity, *, actor: Actor) -> Activity:
    """Find the record true (核实): from here it counts as delivered.

    actor   the officer of the street or community, never who recorded it
    raises  NotAllowed · NotNow · Conflict
    """
    _require_other_hands(activity, actor)
    require(activity, "verify", actor)
    return advance(
        activity,
        "verify",
        actor=actor,
        verified_at=clock.now(),
        verified_by_key=actor.user_key,
        verified_by_name=actor.user_name,
    )


@transaction.atomic
def send_back_activity(activity: Activity, *, actor: Actor, reason: str) -> Activity:
    """Send a record back for more (退回补充); the provider's people are told the reason."""
    _require_other_hands(activity, actor)
    require(activity, "send_back", actor)
    advance(activity, "send_back", actor=actor, reason=reason, refusal=reason.strip())
    _tell_provider(activity, _("活动记录被退回补充：%(title)s"), "activity.sent_back")
    return activity


@transaction.atomic
def reject_activity(activity: Activity, *, actor: Actor, reason: str) -> Activity:
    """Find it untrue (不予认定): it never counts; the provider's people are told the reason.

    raises  NotAllowed · NotNow · Conflict · Invalid (no reason)
    """
    _require_other_hands(activity, actor)
    require(activity, "reject", actor)
    advance(activity, "reject", actor=actor, reason=reason, refusal=reason.strip())
    _tell_provider(activity, _("活动不予认定：%(title)s"), "activity.rejected")
    return activity


@transaction.atomic
def count_activity(activity: Activity, *, actor: Actor) -> Activity:
    """Count a verified activity into the contract (计入). raises  NotAllowed · NotNow · Conflict"""
    require(activity, "count", actor)
    return advance(activity, "count", actor=actor, counted_at=clock.now())


@transaction.atomic
def count_activities(contract: Contract, *, actor: Actor) -> int:
    """Count all verified activities of a contract (全部计入), at most 500 at once; what this person verified stays.

    returns  how many
    raises   NotAllowed · NotNow (none waits)
    """
    if not can_count_activities(actor, contract):
        raise NotAllowed(_("计入由采购人的业务人员办理。"))
    waiting = (
        Activity.objects.filter(contract=contract, status="verified")
        .exclude(verified_by_key=actor.user_key)
        .exclude(recorded_by_key=actor.user_key)
        .order_by("starts_at")[:BATCH]
    )
    counted = [count_activity(each, actor=actor) for each in waiting]
    if not counted:
        raise NotNow(_("没有等待计入的活动。"))
    return len(counted)


@transaction.atomic
def withdraw_activity(activity: Activity, *, actor: Actor, reason: str) -> Activity:
    """Call an activity off before it was held (取消). raises  NotAllowed · NotNow · Conflict · Invalid (no reason)"""
    was_public = activity.status == "published"
    advance(activity, "withdraw", actor=actor, reason=reason, refusal=reason.strip())
    if was_public:
        tell(
            verifiers_of(activity.region_path),
            sentence=_("活动取消：%(title)s（%(hours)s）") % {"title": activity.title, "hours": activity.hours_label},
            url=activity.get_absolute_url(),
            kind="activity.withdrawn",
            key=f"activity.withdrawn:{activity.pk}",
        )
    return activity


def _require_delivering(contract: Contract) -> None:
    if contract.status not in DELIVERING:
        raise NotNow(_("合同当前状态是「%(status)s」，不能登记活动。") % {"status": contract.status_label})
    holds.require_no_hold(contract)


def _require_safe(activity: Activity, deed: str) -> None:
    missing = missing_safeguards(activity)
    if missing:
        raise NotNow(
            _("有未成年人参加，还不能%(deed)s，缺：%(missing)s。")
            % {"deed": deed, "missing": SEGMENT_MARK.join(missing)}
        )


def _require_other_hands(activity: Activity, actor: Actor) -> None:
    """Who recorded may not judge (记录与核实分离)."""
    if is_of_the_place(actor, activity) and activity.recorded_by_key == actor.user_key:
        raise NotAllowed(_("您记录了这场活动，请换一位同事核实。"))


def _segments(text: str) -> str:
    """The groups as stored: known marks become 、, doubled ones go."""
    for mark in ",，;；/ \n":
        text = text.replace(mark, SEGMENT_MARK)
    parts = dict.fromkeys(part.strip()[:40] for part in text.split(SEGMENT_MARK) if part.strip())
    return SEGMENT_MARK.join(parts)


def _check_plan(contract: Contract, fields: Mapping[str, Any], team: Sequence[StaffMember]) -> None:
    """Refuse a plan that cannot be: at its fields."""
    errors: dict[str, list[str]] = {}
    start, end = fields["starts_at"], fields["ends_at"]
    first, last = clock.local(start).date(), clock.local(end).date()
    if not fields["title"]:
        errors["title"] = [_("请填写名称。")]
    if not fields["place"]:
        errors["place"] = [_("请填写地点。")]
    if not fields["segments"]:
        errors["segments"] = [_("请写明服务谁。")]
    if end <= start:
        errors["ends_at"] = [_("结束要晚于开始。")]
    elif first < contract.starts_on or last > contract.ends_on:
        errors["starts_at"] = [
            _("合同服务期是 %(from)s 至 %(to)s。") % {"from": contract.starts_on, "to": contract.ends_on}
        ]
    if not 0 < fields["planned_people"] <= MOST:
        errors["planned_people"] = [_("人数应为大于 0 的整数。")]
    if fields["line"] is not None and fields["line"].contract_id != contract.pk:
        errors["line"] = [_("这不是本合同的明细。")]
    if not places_of(contract).filter(pk=fields["region"].pk).exists():
        errors["region"] = [_("请选择合同服务范围内的街道或社区。")]
    if any(each.provider_id != contract.provider_id for each in team):
        errors["staff"] = [_("只能选本单位的人员。")]
    if errors:
        raise Invalid(errors=errors)


def _shifts(
    contract: Contract, start: datetime, end: datetime, until: date | None, weekdays: Sequence[int]
) -> list[timedelta]:
    """By how many days each repetition is moved; the first is not moved."""
    if until is None:
        return [timedelta()]
    first, length = clock.local(start).date(), clock.local(end).date() - clock.local(start).date()
    if until < first or until + length > contract.ends_on:
        raise Invalid(_("重复要在首场之后、合同服务期之内结束。"), field="repeat_until")
    wanted = set(weekdays) or {first.weekday()}
    found = [timedelta(days=n) for n in range((until - first).days + 1)]
    found = [each for each in found if not each or (first + each).weekday() in wanted]
    if len(found) > MAX_REPEATS:
        raise Invalid(_("一次最多排 %(n)s 场，请分段。") % {"n": MAX_REPEATS}, field="repeat_until")
    return found


def _checked_counts(activity: Activity, counts: Sequence[Heads]) -> list[Heads]:
    """Heads by the groups of the plan, in its order; the three figures in their order of size."""
    errors: dict[str, list[str]] = {}
    given = {each.segment: each for each in counts}
    strange = [segment for segment in given if segment not in activity.segment_list]
    if strange:
        raise Invalid(_("计划里没有「%(segment)s」。") % {"segment": strange[0]})
    for n, segment in enumerate(activity.segment_list, 1):
        each = given.get(segment, Heads(segment, 0, 0))
        if not 0 <= each.people <= each.person_times <= MOST:
            errors[f"times_{n}"] = [_("人次不能少于人数。")]
        elif not 0 <= each.newcomers <= each.people:
            errors[f"new_{n}"] = [_("首次参加的不能多于人数。")]
    if errors:
        raise Invalid(errors=errors)
    if not any(each.people for each in given.values()):
        raise Invalid(_("请填到场人数，至少一类大于 0。"), field="people_1")
    return [given.get(segment, Heads(segment, 0, 0)) for segment in activity.segment_list]


def _checked_units(contract: Contract, units: Mapping[int, int]) -> list[tuple[ContractLine, int]]:
    lines = {line.n: line for line in contract.lines.all()}
    for n, quantity in units.items():
        if n not in lines or not 0 <= quantity <= MOST:
            raise Invalid(_("服务量应为不小于 0 的整数，且是本合同的明细。"), field=f"unit_{n}")
    return [(lines[n], quantity) for n, quantity in sorted(units.items())]


def _check_story(activity: Activity, outcome: str, note: str, work: Mapping[str, str] | None) -> None:
    if outcome not in dict(Activity.OUTCOMES):
        raise Invalid(_("请选择今天怎么样。"), field="outcome")
    if outcome != "smooth" and not note.strip():
        raise Invalid(_("请补充一句发生了什么。不写真实姓名。"), field="note")
    if activity.kind == "case" and not (
        (work or {}).get("goal", "").strip() and (work or {}).get("process", "").strip()
    ):
        raise Invalid(_("个案要写目标和过程，用编号，不写姓名。"), field="work_goal")


def _keep_photos(activity: Activity, photos: Sequence[Any], actor: Actor) -> None:
    """Store the pictures with their fingerprints; enough of them there must be (但个案不拍照)."""
    before = activity.photos.count()
    least = 0 if activity.kind == "case" else int(parameter("activities.photos").value)
    if before + len(photos) < least:
        raise Invalid(_("现场照片至少 %(n)s 张。") % {"n": least}, field="photos")
    if before + len(photos) > MAX_PHOTOS:
        raise Invalid(_("照片最多 %(n)s 张。") % {"n": MAX_PHOTOS}, field="photos")
    for each in photos:
        document = (
            each
            if isinstance(each, Document)
            else store(each, name=each.name, actor=actor, purpose="activity", kinds=IMAGES, field="photos")
        )
        ActivityPhoto.objects.create(activity=activity, document=document, fingerprint=fingerprint(read(document)))


def _keep_volunteers(activity: Activity, people: int, minutes: int) -> None:
    if not 0 <= people <= MOST or not 0 <= minutes <= 24 * 60 * max(1, activity.days):
        raise Invalid(_("志愿者人数和时长不对。"), field="volunteers")
    if people and not minutes:
        raise Invalid(_("请填每位志愿者服务多久。"), field="volunteer_minutes")
    if people or activity.volunteers.exists():
        VolunteerHours.objects.update_or_create(
            activity=activity, work=_("志愿服务"), defaults={"people": people, "minutes": minutes}
        )


def _tell_recorded(activity: Activity) -> None:
    """The street hears that a record waits; of an incident the buyer too, at once (未成年人保护法第十一条)."""
    sentence = _("活动待核实：%(title)s（%(hours)s）")
    people = verifiers_of(activity.region_path)
    if activity.outcome == "incident":
        sentence = _("活动有意外，请马上看：%(title)s（%(hours)s）")
        people += people_with_role(activity.buyer_id, "programme_officer")
    tell(
        people,
        sentence=sentence % {"title": activity.title, "hours": activity.hours_label},
        url=activity.get_absolute_url(),
        kind="activity.recorded",
        key=f"activity.recorded:{activity.pk}:{activity.recordings}",
    )


def _tell_provider(activity: Activity, sentence: str, kind: str) -> None:
    tell(
        people_with_role(activity.provider_id, "provider_worker", "provider_admin"),
        sentence=f"{sentence % {'title': activity.title}}，{activity.refusal}"[:300],
        url=activity.get_absolute_url(),
        kind=kind,
        key=f"{kind}:{activity.pk}:{activity.recordings}",
    )
