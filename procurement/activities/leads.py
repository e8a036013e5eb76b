"""Leads for the verifier (线索): what looks unusual, with the figures behind it. Pure arithmetic; nothing here punishes.

A lead is a question to ask, never a finding: the street's officer reads it beside the record and decides.
source  domain.md 5: F32 inflated attendance, F33 reused pictures, F34 crowding, F35 sign-in, F46 back-dating
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

EARTH_METERS = 6_371_000


@dataclass(frozen=True)
class Lead:
    """One thing to ask about. rule: "F33"; detail: the figures, ready to read."""

    rule: str
    title: str
    detail: str


@dataclass(frozen=True)
class Alike:
    """A picture elsewhere that resembles one of these: at how many of 64 bits they differ, and where it was used."""

    distance: int
    title: str
    day: str


@dataclass(frozen=True)
class Seen:
    """What is stored about one activity and around it; moments on Shanghai's clock.

    usual_mean, usual_spread  person-times of the contract's other sessions; usual_count: of how many sessions
    same_time   sessions of the provider that overlap with this one, itself included; staff: its active people
    elsewhere   people signed in here who signed in at an overlapping session too; staff_elsewhere: of the team
    late_share, round_share   percent of the contract's sessions in its last stretch; of counts that end in 0 or 5
    """

    starts_at: datetime
    ends_at: datetime
    recorded_at: datetime | None
    recordings: int
    person_times: int
    people: int
    signed_in: int
    capacity: int | None = None
    roster: int | None = None
    usual_mean: float = 0.0
    usual_spread: float = 0.0
    usual_count: int = 0
    same_time: int = 1
    staff: int = 0
    elsewhere: int = 0
    staff_elsewhere: int = 0
    late_share: float = 0.0
    round_share: float = 0.0
    round_count: int = 0
    alike: Sequence[Alike] = ()
    taken: Sequence[datetime] = ()
    places: Sequence[tuple[float, float]] = ()
    child_free: bool = False


def leads(seen: Seen, limits: Mapping[str, Any]) -> list[Lead]:
    """Everything unusual about one activity, most telling first.

    limits   the parameters "leads.*" in force, by the word after the dot; a missing one asks nothing
    returns  leads in the order of their rules' weight; [] is the rule
    """
    return [*_pictures(seen, limits), *_heads(seen, limits), *_hours(seen, limits), *_pattern(seen, limits)]


def _pictures(seen: Seen, limits: Mapping[str, Any]) -> list[Lead]:
    most = limits.get("photo_distance")
    found = [
        Lead(
            "F33",
            _("照片和另一场活动的很像"),
            _("与 %(day)s「%(title)s」的一张照片相差 %(n)s/64 位。")
            % {"day": each.day, "title": each.title, "n": each.distance},
        )
        for each in [one for one in seen.alike if most is not None and one.distance <= most][:3]
    ]
    slack = limits.get("photo_minutes")
    if slack is not None:
        room = timedelta(minutes=slack)
        outside = [at for at in seen.taken if not seen.starts_at - room <= at <= seen.ends_at + room]
        if outside:
            found.append(
                Lead(
                    "F33",
                    _("照片不是活动时拍的"),
                    _("照片自带的拍摄时间是 %(at)s。") % {"at": f"{outside[0]:%Y-%m-%d %H:%M}"},
                )
            )
    far = limits.get("photo_meters")
    widest = max((meters(a, b) for a in seen.places for b in seen.places), default=0.0)
    if far is not None and widest > far:
        found.append(Lead("F33", _("照片的地点彼此很远"), _("最远两张相距约 %(n)s 米。") % {"n": f"{widest:,.0f}"}))
    return found


def _heads(seen: Seen, limits: Mapping[str, Any]) -> list[Lead]:
    found = []
    if seen.capacity and seen.people > seen.capacity:
        found.append(
            Lead(
                "F32",
                _("人数超过场地容量"),
                _("记录 %(n)s 人，场地容量 %(most)s 人。") % {"n": seen.people, "most": seen.capacity},
            )
        )
    deviations, least = limits.get("unusual_deviations"), limits.get("unusual_sessions")
    if deviations is not None and least is not None and seen.usual_count >= least:
        bound = seen.usual_mean + deviations * seen.usual_spread
        if seen.person_times > bound:
            found.append(
                Lead(
                    "F32",
                    _("人次明显多于往常"),
                    _("本场 %(n)s 人次，其余 %(count)s 场平均 %(mean)s。")
                    % {"n": seen.person_times, "count": seen.usual_count, "mean": f"{seen.usual_mean:.1f}"},
                )
            )
    if seen.elsewhere:
        found.append(
            Lead(
                "F32",
                _("同一人同时在两处签到"),
                _("%(n)s 个签到编号在同一时段的另一场也出现。") % {"n": seen.elsewhere},
            )
        )
    if seen.staff_elsewhere:
        found.append(
            Lead(
                "F34",
                _("带队人员同时在另一场"),
                _("%(n)s 名带队人员同一时段还排了别的活动。") % {"n": seen.staff_elsewhere},
            )
        )
    share = limits.get("signin_percent")
    if share is not None and seen.signed_in and seen.signed_in * 100 < seen.people * share:
        found.append(
            Lead(
                "F35",
                _("签到比记录的少很多"),
                _("记录 %(n)s 人，扫码签到 %(s)s 人。") % {"n": seen.people, "s": seen.signed_in},
            )
        )
    if seen.roster is not None and seen.people > seen.roster:
        found.append(
            Lead(
                "F45",
                _("到场人数多于名单"),
                _("名单 %(n)s 人，记录 %(p)s 人，多出的人没有监护人同意。") % {"n": seen.roster, "p": seen.people},
            )
        )
    if seen.child_free:
        found.append(
            Lead("F45", _("标为没有未成年人"), _("目录条目涉及未成年人，本场计划写明没有，请现场或电话确认。"))
        )
    return found


def _hours(seen: Seen, limits: Mapping[str, Any]) -> list[Lead]:
    found = []
    night = limits.get("night")
    if night and _touches_night(seen.starts_at, seen.ends_at, night):
        found.append(
            Lead(
                "F32",
                _("活动时间在夜间"),
                _("%(start)s—%(end)s。") % {"start": f"{seen.starts_at:%H:%M}", "end": f"{seen.ends_at:%H:%M}"},
            )
        )
    late = limits.get("backdating")
    if late is not None and seen.recorded_at and seen.recorded_at - seen.ends_at > timedelta(days=late):
        days = (seen.recorded_at - seen.ends_at).days
        found.append(
            Lead(
                "F46", _("事后很久才记录"), _("活动结束 %(n)s 天后提交，超过 %(most)s 天。") % {"n": days, "most": late}
            )
        )
    if seen.recordings > 1:
        found.append(Lead("F46", _("提交后改过"), _("这是第 %(n)s 次提交。") % {"n": seen.recordings}))
    return found


def _pattern(seen: Seen, limits: Mapping[str, Any]) -> list[Lead]:
    found = []
    if seen.staff and seen.same_time > seen.staff:
        found.append(
            Lead(
                "F34",
                _("同时活动的场次多于人手"),
                _("同一时段 %(n)s 场，登记的项目人员 %(staff)s 名。") % {"n": seen.same_time, "staff": seen.staff},
            )
        )
    crowd = limits.get("crowding_percent")
    if crowd is not None and seen.usual_count and seen.late_share >= crowd:
        found.append(
            Lead(
                "F34",
                _("活动集中在合同末期"),
                _("%(n)s%% 的场次挤在服务期最后一段。") % {"n": f"{seen.late_share:.0f}"},
            )
        )
    roundish, least = limits.get("round_percent"), limits.get("round_sessions")
    if roundish is not None and least is not None and seen.round_count >= least and seen.round_share > roundish:
        found.append(
            Lead(
                "F32",
                _("人数多为整数"),
                _("%(count)s 场里 %(n)s%% 的人次以 0 或 5 结尾。")
                % {"count": seen.round_count, "n": f"{seen.round_share:.0f}"},
            )
        )
    return found


def _touches_night(start: datetime, end: datetime, night: Mapping[str, str]) -> bool:
    """Whether any moment between start and end lies in the night ("22:00" to "06:00"); stays over night are not asked."""
    if start.date() != end.date():
        return False
    begins, ends = time.fromisoformat(night["from"]), time.fromisoformat(night["to"])
    return start.time() < ends or end.time() > begins


def meters(one: tuple[float, float], other: tuple[float, float]) -> float:
    """How far two places lie apart, in meters; (latitude, longitude) in degrees."""
    (a, b), (c, d) = ((math.radians(x), math.radians(y)) for x, y in (one, other))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * EARTH_METERS * math.asin(min(1.0, math.sqrt(h)))
