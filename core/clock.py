"""The clock (时钟) everyone reads, and the working-day calendar (工作日历) that legal terms are counted on.

All decisions use `now()`. Tests and the demonstration may move it; the state is the process's, so that threads and a live
test server see the same moment. "In time" is always `now() < deadline` by comparison.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as day_time
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connections

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class _Travel:
    """Where the clock was put: `moment` at the monotonic instant `since`; running on or standing still."""

    moment: datetime
    since: float
    tick: bool


class _Clock:
    """The process's one clock: real time, or where it was put. Replacing one reference is all a move does."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.travel: _Travel | None = None


_clock = _Clock()


def now() -> datetime:
    """The present moment, aware, in UTC; honors `travel` and `set_travel`."""
    with _clock.lock:
        there = _clock.travel
    if there is None:
        return datetime.now(UTC)
    if there.tick:
        return there.moment + timedelta(seconds=time.monotonic() - there.since)
    return there.moment


def database_now(using: str = "default") -> datetime:
    """The database's moment, aware, in UTC: what a deadline is decided by when several machines serve.

    using    database alias
    returns  clock_timestamp() on PostgreSQL; `now()` on SQLite, which lives in our process, and while the clock is moved
    """
    connection = connections[using]
    with _clock.lock:
        moved = _clock.travel is not None
    if moved or connection.vendor != "postgresql":
        return now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)


def today() -> date:
    """The present day in Shanghai."""
    return now().astimezone(SHANGHAI).date()


def local(moment: datetime | date | str) -> datetime:
    """The same moment on Shanghai's clock.

    moment   aware datetime (converted); naive datetime, date or ISO text such as "2026-09-01 09:00" (read as Shanghai time)
    returns  aware datetime in Asia/Shanghai; a plain date becomes its first moment
    raises   ValueError when the text is no moment
    """
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, day_time.min)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=SHANGHAI)
    return moment.astimezone(SHANGHAI)


def end_of_day(day: date) -> datetime:
    """The last moment of a day in Shanghai, as a deadline: everything on that day is in time.

    source  民法典第二百零三条：期间的最后一日的截止时间为二十四时
    """
    return datetime.combine(day, day_time.max, tzinfo=SHANGHAI)


def set_travel(moment: datetime | date | str | None, *, tick: bool = True) -> None:
    """Put this process's clock at a moment (the demonstration's clock); None brings the real time back.

    tick  True lets it run on from there, False stops it
    """
    there = None if moment is None else _Travel(local(moment).astimezone(UTC), time.monotonic(), tick)
    with _clock.lock:
        _clock.travel = there


@contextmanager
def travel(moment: datetime | date | str, *, tick: bool = False) -> Iterator[None]:
    """Live at another moment inside the `with`; nested travels return to where they started.

    moment  as `local` reads it
    tick    False stops the clock, True lets it run on
    """
    with _clock.lock:
        before = _clock.travel
    set_travel(moment, tick=tick)
    try:
        yield
    finally:
        with _clock.lock:
            _clock.travel = before


@dataclass(frozen=True)
class Calendar:
    """Which days are worked (工作日), by the State Council's yearly notices; pure data and arithmetic.

    off       days off named by a notice, weekends inside them included or not
    working   weekend days that are worked (调休上班)
    years     the years whose notice is loaded; a term that touches another year is provisional (暂按)
    """

    off: frozenset[date] = field(default_factory=frozenset)
    working: frozenset[date] = field(default_factory=frozenset)
    years: frozenset[int] = field(default_factory=frozenset)

    def is_working_day(self, day: date) -> bool:
        """True when the day is worked; in a year without notice weekends and the fixed holidays are taken as off."""
        if day in self.working:
            return True
        if day in self.off or day.weekday() >= 5:
            return False
        return day.year in self.years or (day.month, day.day) not in FIXED_HOLIDAYS

    def next_working_day(self, day: date) -> date:
        """The day itself when worked, else the first worked day after it."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def add_working_days(self, start: date, count: int) -> date:
        """The last day of a term of `count` working days (工作日); the start day is not counted.

        raises  ValueError for a negative count
        source  民法典第二百零一条
        """
        if count < 0:
            raise ValueError("count must not be negative")
        day = start
        for _each in range(count):
            day = self.next_working_day(day + timedelta(days=1))
        return day

    def add_days(self, start: date, count: int) -> date:
        """The last day of a term of `count` calendar days (日); a last day on a holiday rolls to the next working day.

        raises  ValueError for a negative count
        source  民法典第二百零一条、第二百零三条
        """
        if count < 0:
            raise ValueError("count must not be negative")
        return self.next_working_day(start + timedelta(days=count))

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after `start` up to and with `end`; 0 when `end` is not later."""
        return sum(self.is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))

    def provisional(self, *days: date) -> bool:
        """True when a term that touches these days rests on a year without notice, so is only 暂按.

        days  usually the start and the last day; every year from the earliest to the latest must be announced
        """
        return bool(days) and any(year not in self.years for year in range(min(days).year, max(days).year + 1))


def _days(first: str, last: str) -> list[date]:
    """All days from first to last, both inside."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


# Holidays whose day is fixed by law; the others move with the moon and are known from the notice only.
# Source: 全国年节及纪念日放假办法（2024 年修订）第二条.
FIXED_HOLIDAYS: Final = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})

# The two notices known when this was written, the seed of the editable table.
# Source: 国办发明电〔2024〕8号 (2025), 国办发明电〔2025〕7号 (2026).
ANNOUNCED: Final = Calendar(
    off=frozenset(
        day
        for first, last in (
            ("2025-01-01", "2025-01-01"),
            ("2025-01-28", "2025-02-04"),
            ("2025-04-04", "2025-04-06"),
            ("2025-05-01", "2025-05-05"),
            ("2025-05-31", "2025-06-02"),
            ("2025-10-01", "2025-10-08"),
            ("2026-01-01", "2026-01-03"),
            ("2026-02-15", "2026-02-23"),
            ("2026-04-04", "2026-04-06"),
            ("2026-05-01", "2026-05-05"),
            ("2026-06-19", "2026-06-21"),
            ("2026-09-25", "2026-09-27"),
            ("2026-10-01", "2026-10-07"),
        )
        for day in _days(first, last)
    ),
    working=frozenset(
        date.fromisoformat(day)
        for day in (
            *("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
            *("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
        )
    ),
    years=frozenset({2025, 2026}),
)
