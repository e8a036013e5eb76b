"""What the rules say (规则): a dated parameter, a deadline counted from it, the calendar it is counted on."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core import clock
from core.clock import Calendar
from core.errors import Invalid
from procurement.rules.models import CalendarDay, Parameter

TRACKS = {"own": "限额以下（本单位办法）", "statutory": "政府采购法定程序", "": "通用"}
UNITS = {
    "wd": "个工作日",
    "d": "日",
    "month": "个月",
    "year": "年",
    "yuan": "元",
    "percent": "%",
    "count": "",
    "share": "",
}


@dataclass(frozen=True)
class Deadline:
    """The end of a term (期限).

    at              aware UTC: the last microsecond of the last day in Shanghai; in time is `now < at`
    label           its rule, for people: "质疑答复 7 个工作日 · 政府采购法第五十三条", with 「暂按」 where provisional
    is_provisional  whether it rests on a year without the State Council's notice
    """

    at: datetime
    label: str
    is_provisional: bool

    @property
    def day(self) -> date:
        """The last day, in Shanghai."""
        return clock.local(self.at).date()


def parameter(key: str, *, track: str = "own", on: date | None = None) -> Parameter:
    """The value in force on a day (规则取值).

    key      "bids.minimum", "deadline.D16" …;  on: a day in Shanghai, today by default
    track    "own" | "statutory"; a value of the track itself goes before one for both, and where an own procedure
             (限额以下) names none the statutory one is taken as its guide (参照)
    returns  the latest row whose effective_from has come
    raises   Invalid when no rule is in force
    """
    day = on or clock.today()
    order = [track, "", *(["statutory"] if track == "own" else [])]
    found = {
        row.track: row for row in Parameter.objects.filter(key=key, effective_from__lte=day).order_by("effective_from")
    }
    for name in order:
        if name in found:
            return found[name]
    raise Invalid(_("规则表里没有 %(day)s 起用的「%(key)s」，请先在「规则与日历」补上。") % {"day": day, "key": key})


def deadline(rule_id: str, start: date | datetime, *, track: str = "own", on: date | None = None) -> Deadline:
    """When the term of a rule ends, counted from a day that is itself not counted.

    rule_id  "D16" …, the parameter "deadline.D16" with unit wd, d, month or year
    start    a day, or a moment whose day in Shanghai counts
    on       the day whose rules apply (an order keeps its own), by default the start's
    returns  the end of the last day, 24:00 in Shanghai: a term of law runs to the end of its last day. An order's own
             deadline is a chosen moment (17:00, say) and must not lie before a minimum term's end.
    raises   Invalid (no such rule, or one that counts no days)
    source   民法典第二百零一条至第二百零三条; domain.md 2.5
    """
    day = clock.local(start).date() if isinstance(start, datetime) else start
    rule = parameter(f"deadline.{rule_id}", track=track, on=on or day)
    days = calendar()
    last = _last_day(rule, day, days)
    provisional = days.provisional(day, last)
    label = f"{rule.label} {rule.value} {UNITS[rule.unit]} · {rule.source}"
    if track == "own" and rule.track == "statutory":
        label = _("参照 %(label)s") % {"label": label}
    if provisional:
        label = _("暂按 %(label)s（%(year)s 年放假通知尚未录入）") % {"label": label, "year": last.year}
    return Deadline(at=clock.end_of_day(last).astimezone(UTC), label=label, is_provisional=provisional)


def _last_day(rule: Parameter, day: date, days: Calendar) -> date:
    """The last day of the term; a last day on a holiday rolls to the next working day."""
    if rule.unit == "wd":
        return days.add_working_days(day, int(rule.value))
    if rule.unit == "d":
        return days.add_days(day, int(rule.value))
    if rule.unit in {"month", "year"}:
        months = day.year * 12 + day.month - 1 + int(rule.value) * (12 if rule.unit == "year" else 1)
        year, month = divmod(months, 12)
        # A term that begins on the 31st ends on the last day of a shorter month.
        return days.next_working_day(date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])))
    raise Invalid(_("「%(label)s」不是按天数计的期限。") % {"label": rule.label})


def calendar() -> Calendar:
    """The working-day calendar of the loaded notices (工作日历). One query."""
    rows = list(CalendarDay.objects.values_list("day", "is_off"))
    return Calendar(
        off=frozenset(day for day, is_off in rows if is_off),
        working=frozenset(day for day, is_off in rows if not is_off),
        years=frozenset(day.year for day, _is_off in rows),
    )


def rules_in_force(on: date | None = None) -> list[Parameter]:
    """Every parameter's row in force on a day, by key and track, for the read page."""
    newest: dict[tuple[str, str], Parameter] = {}
    for row in Parameter.objects.filter(effective_from__lte=on or clock.today()).order_by("effective_from"):
        newest[row.key, row.track] = row
    return [newest[name] for name in sorted(newest)]


def values_of(keys: Iterable[str]) -> dict[str, list[Parameter]]:
    """The rows under these keys whose day has come, oldest first; of several tracks the statutory one, then the own. One query."""
    found: dict[str, dict[str, list[Parameter]]] = {key: {} for key in keys}
    rows = Parameter.objects.filter(key__in=found, effective_from__lte=clock.today())
    for row in rows.order_by("effective_from"):
        found[row.key].setdefault(row.track, []).append(row)
    return {key: tracks[max(tracks)] for key, tracks in found.items() if tracks}


def calendar_days(year: int) -> QuerySet[CalendarDay]:
    """The notice of one year."""
    return CalendarDay.objects.filter(day__year=year).order_by("day")
