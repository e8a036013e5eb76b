"""Verbs of the activity (活动): published, held, recorded or called off by the provider; planning and judging beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from core import clock, holds
from core.actor import Actor
from core.documents import IMAGES, Document, read, store
from core.errors import Invalid, NotAllowed, NotNow
from core.lifecycle import advance, require
from core.messages import tell
from procurement.activities.facts import missing_safeguards
from procurement.activities.models import (
    SEGMENT_MARK,
    Activity,
    ActivityPhoto,
    AttendanceCount,
    ServiceUnit,
    VolunteerHours,
    WorkRecord,
)
from procurement.activities.pictures import fingerprint
from procurement.activities.queries import DELIVERING, signed_in, verifiers_of
from procurement.contracts.models import Contract, ContractLine
from procurement.permissions.activities import (
    can_plan_activity,
)
from procurement.rules.queries import parameter

MOST = 1_000_000
MAX_PHOTOS = 9
BATCH = 500


class Heads(NamedTuple):
    """Heads of one group: 人次, 人数, 其中首次."""

    segment: str
    person_times: int
    people: int
    newcomers: int = 0


@transaction.atomic
def publish_activity(activity: Activity, *, actor: Actor) -> Activity:
    """Make time and place known (公布); the place's officers are told.

    raises  NotAllowed · NotNow (contract not in delivery; children without roster, consents, checked staff, insurance
            or emergency plan) · Conflict
    """
    require(activity, "publish", actor)
    require_delivering(activity.contract)
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
    require_delivering(contract)
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
    require_delivering(activity.contract)
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
    require_delivering(activity.contract)
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


def require_delivering(contract: Contract) -> None:
    """raises  NotNow, where the contract is not in delivery or a hold lies on it"""
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
