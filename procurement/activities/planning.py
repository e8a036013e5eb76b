"""Planning activities (活动计划): one or a row of them that repeats, and changing what was not published yet."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.regions.models import Region
from core import clock
from core.actor import Actor
from core.errors import Invalid, NotAllowed
from core.lifecycle import advance, begin, require
from procurement.activities.models import (
    SEGMENT_MARK,
    Activity,
    ActivityStaff,
    StaffMember,
)
from procurement.activities.operations import MOST, require_delivering
from procurement.activities.queries import places_of
from procurement.contracts.models import Contract, ContractLine
from procurement.permissions.activities import (
    can_plan_activity,
)

MAX_REPEATS = 120


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
    require_delivering(contract)
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
    require_delivering(activity.contract)
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
