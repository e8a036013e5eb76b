"""What protects the children at an activity (未成年人安全保障): what is there, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from procurement.activities.leads import Lead
from procurement.activities.models import (
    Activity,
    Beneficiary,
    RosterEntry,
    SafeguardPaper,
    StaffCheck,
    StaffMember,
)
from procurement.activities.queries import signed_in
from procurement.rules.queries import parameter


@dataclass(frozen=True)
class Safeguard:
    """One thing that must be there before children take part: whether it is, and what is missing."""

    name: str
    is_there: bool
    note: str


def safeguards(activity: Activity) -> list[Safeguard]:
    """The six safeguards of an activity with minors, each there or missing; [] where none take part.

    Roster and consent are of this activity, staff checks at most as old as the parameter says on its day. Insurance and
    emergency plan may stand for the whole contract, but a trip needs its own (R75).
    source  未成年人保护法第六十二条; 个人信息保护法第三十一条; house.md 4b.16; F45
    """
    if not activity.minors:
        return []
    day = clock.local(activity.starts_at).date()
    roster = RosterEntry.objects.filter(activity=activity).aggregate(n=Count("pk"), signed=Count("consent_on"))
    team = list(StaffMember.objects.filter(activities__activity=activity))
    invalid = len(team) - checked_staff([each.pk for each in team], day).count()
    ratio = int(parameter("minors.staff_ratio", on=day).value)
    children, needed = roster["n"], -(-roster["n"] // ratio)
    papers = _papers(activity)
    unsigned = children - roster["signed"]
    return [
        Safeguard(
            _("名单"), children > 0, _("%(n)s 人") % {"n": children} if children else _("还没有登记参加的未成年人")
        ),
        Safeguard(
            _("监护人同意"),
            children > 0 and not unsigned,
            _("%(n)s 人还没有监护人同意") % {"n": unsigned} if unsigned else _("每人都有同意日期"),
        ),
        Safeguard(
            _("带队人员"),
            bool(team) and len(team) >= needed,
            _("%(n)s 名带 %(c)s 人，每 %(r)s 人至少 1 名") % {"n": len(team), "c": children, "r": ratio},
        ),
        Safeguard(
            _("违法犯罪记录查询"),
            bool(team) and not invalid,
            _("%(n)s 名带队人员没有有效的查询") % {"n": invalid} if invalid else _("都在有效期内"),
        ),
        Safeguard(_("保险"), "insurance" in papers, _trip_note(activity)),
        Safeguard(_("应急预案"), "emergency" in papers, _trip_note(activity)),
    ]


def missing_safeguards(activity: Activity) -> list[str]:
    """The names of what is missing, ready to be read out; [] when the activity may go on."""
    return [each.name for each in safeguards(activity) if not each.is_there]


def checked_staff(staff: Iterable[UUID], day: date) -> QuerySet[StaffMember]:
    """Those of the staff whose last inquiry was clear and is valid on a day.

    source  未成年人保护法第六十二条：每年定期查询
    """
    months = int(parameter("minors.check_months", on=day).value)
    since = day - timedelta(days=months * 365 // 12)
    last = StaffCheck.objects.filter(staff=OuterRef("pk"), checked_on__lte=day).order_by("-checked_on", "-pk")
    return StaffMember.objects.filter(pk__in=list(staff)).filter(
        Exists(last.filter(is_clear=True, checked_on__gte=since)),
        ~Exists(StaffCheck.objects.filter(staff=OuterRef("pk"), is_clear=False)),
    )


def _papers(activity: Activity) -> set[str]:
    own = Q(activity=activity.pk)
    if not activity.is_trip:
        own |= Q(activity__isnull=True)
    day = clock.local(activity.ends_at).date()
    valid = Q(valid_to__isnull=True) | Q(valid_to__gte=day)
    found = SafeguardPaper.objects.filter(own, valid, contract=activity.contract_id)
    return set(found.values_list("kind", flat=True))


def _trip_note(activity: Activity) -> str:
    return _("外出活动要有本次的") if activity.is_trip else _("可用整个合同的")


def staff_of(provider_id: UUID | None) -> QuerySet[StaffMember]:
    """A provider's active people, each with the day of the last inquiry. One query."""
    last = StaffCheck.objects.filter(staff=OuterRef("pk")).order_by("-checked_on").values("checked_on")[:1]
    return StaffMember.objects.filter(provider_id=provider_id, is_active=True).annotate(last_checked_on=last)


def visible_beneficiaries(actor: Actor) -> QuerySet[Beneficiary]:
    """The provider's own people, by code; nobody else lists them."""
    mine = actor.organization_id if actor.organization_kind == "provider" else None
    return Beneficiary.objects.filter(provider_id=mine).order_by("code")


def roster_of(activity: Activity) -> QuerySet[RosterEntry]:
    """Who is on the list of an activity, by code."""
    return activity.roster.select_related("beneficiary").annotate(code=F("beneficiary__code"))


@dataclass(frozen=True)
class Pair:
    """One row of the verifier's table: what they say, what the platform sees; kind ok | warn | wait (nothing to compare)."""

    name: str
    said: str
    seen: str
    kind: str


def said_and_seen(activity: Activity, found: Sequence[Lead]) -> list[Pair]:
    """Their words beside what is stored (他们说、平台看到): heads, time, place, pictures. Three queries."""
    heads = activity.counts.aggregate(people=Sum("people"), times=Sum("person_times"))
    people, total = heads["people"] or 0, signed_in(activity)[0]
    pictures = [photo.document for photo in activity.photos.select_related("document")]
    taken = sorted(clock.local(each.taken_at) for each in pictures if each.taken_at)
    placed = sum(bool(each.place) for each in pictures)
    asked = {each.title for each in found if each.rule == "F33"}
    said_people = _("%(n)s 人") % {"n": people}
    if heads["times"] and heads["times"] != people:
        said_people += _("，%(n)s 人次") % {"n": heads["times"]}
    return [
        Pair(
            _("人数"),
            said_people,
            _("签到 %(n)s") % {"n": total} if total else _("没有扫码签到"),
            "wait" if not total else "ok" if total >= people else "warn",
        ),
        Pair(
            _("时间"),
            activity.hours_label,
            _("照片 %(at)s") % {"at": f"{taken[0]:%m-%d %H:%M}"} if taken else _("照片没有时间"),
            "wait" if not taken else "warn" if _("照片不是活动时拍的") in asked else "ok",
        ),
        Pair(
            _("地点"),
            activity.place,
            _("%(n)s 张带定位") % {"n": placed} if placed else _("照片没有定位"),
            "wait" if not placed else "warn" if _("照片的地点彼此很远") in asked else "ok",
        ),
        Pair(
            _("照片"),
            _("%(n)s 张") % {"n": len(pictures)},
            _("和另一场很像") if _("照片和另一场活动的很像") in asked else _("未曾用过"),
            "warn" if _("照片和另一场活动的很像") in asked else "ok" if pictures else "wait",
        ),
    ]
