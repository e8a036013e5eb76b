"""The clock can be moved for all threads; terms are counted as the law counts them."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import ANNOUNCED, SHANGHAI, Calendar, database_now, end_of_day, local, now, set_travel, today, travel

day = date.fromisoformat


def test_travel_stops_the_clock_and_brings_it_back() -> None:
    before = now()
    with travel("2026-09-22 17:00"):
        assert now() == datetime(2026, 9, 22, 9, 0, tzinfo=UTC)
        with travel(datetime(2027, 1, 1, 0, 30, tzinfo=SHANGHAI)):
            assert today() == day("2027-01-01")
            assert now().year == 2026, "UTC is still in the old year"
        assert now() == datetime(2026, 9, 22, 9, 0, tzinfo=UTC)
    assert abs(now() - before) < timedelta(minutes=5)


def test_travel_comes_back_after_a_fault() -> None:
    before = now()
    with pytest.raises(RuntimeError), travel("2030-01-01"):
        raise RuntimeError
    assert abs(now() - before) < timedelta(minutes=5)


def test_every_thread_sees_the_moved_clock() -> None:
    seen: list[date] = []
    with travel("2026-10-01 08:00"):
        thread = threading.Thread(target=lambda: seen.append(today()))
        thread.start()
        thread.join()
    assert seen == [day("2026-10-01")]


def test_a_ticking_clock_runs_on() -> None:
    with travel("2026-10-01 08:00", tick=True):
        first = now()
        threading.Event().wait(0.01)
        assert first < now() < first + timedelta(minutes=5)


def test_the_demonstration_moves_the_clock_without_a_with() -> None:
    with travel("2026-09-01 09:00"):  # restores whatever stood before
        set_travel("2031-05-04 10:00", tick=False)
        assert local(now()).isoformat() == "2031-05-04T10:00:00+08:00"
        set_travel(None)
        assert now().tzinfo is UTC


def test_local_reads_days_texts_and_moments() -> None:
    assert local(day("2026-09-01")).isoformat() == "2026-09-01T00:00:00+08:00"
    assert local("2026-09-01 09:30") == datetime(2026, 9, 1, 1, 30, tzinfo=UTC)
    assert local(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)).date() == day("2027-01-01")


def test_a_day_ends_with_its_last_moment() -> None:
    end = end_of_day(day("2026-11-26"))
    assert local("2026-11-26 23:59:59") < end < local("2026-11-27")
    assert end.date() == day("2026-11-26")


@pytest.mark.django_db
def test_the_database_clock_follows_travel() -> None:
    with travel("2026-09-22 17:00"):
        assert database_now() == now()
    assert abs(database_now() - now()) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        ("2026-09-22", 7, "2026-10-09"),
        ("2026-09-11", 7, "2026-09-21"),
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-14", 1, "2026-02-24"),
        ("2026-02-14", 0, "2026-02-14"),
    ],
)
def test_working_days_as_published(start: str, count: int, last: str) -> None:
    assert ANNOUNCED.add_working_days(day(start), count) == day(last)


def test_a_last_day_on_a_holiday_rolls_on() -> None:
    assert ANNOUNCED.add_days(day("2026-09-05"), 20) == day("2026-09-28"), "Mid-Autumn, then a weekend"
    assert ANNOUNCED.add_days(day("2026-09-01"), 19) == day("2026-09-20"), "a Sunday that is worked"
    assert ANNOUNCED.add_days(day("2026-09-01"), 20) == day("2026-09-21")


def test_a_year_without_notice_is_provisional() -> None:
    assert not ANNOUNCED.provisional(day("2026-01-01"), day("2026-12-31"))
    assert ANNOUNCED.provisional(day("2026-12-25"), day("2027-01-08"))
    assert ANNOUNCED.provisional(day("2024-01-02"), day("2028-01-02"))
    assert not ANNOUNCED.is_working_day(day("2027-10-01")), "fixed by law, notice or not"
    assert ANNOUNCED.is_working_day(day("2027-10-08"))


def test_a_term_never_runs_backwards() -> None:
    for add in (ANNOUNCED.add_days, ANNOUNCED.add_working_days):
        with pytest.raises(ValueError, match="negative"):
            add(day("2026-09-01"), -1)


days = st.dates(date(2025, 1, 1), date(2026, 10, 31))


@given(days, st.integers(0, 40))
def test_counting_there_and_back_agrees(start: date, count: int) -> None:
    last = ANNOUNCED.add_working_days(start, count)
    assert ANNOUNCED.working_days_between(start, last) == count
    assert count == 0 or ANNOUNCED.is_working_day(last)


@given(days, st.integers(0, 60))
def test_a_rolled_day_is_worked_and_rolls_no_further_than_needed(start: date, count: int) -> None:
    due = start + timedelta(days=count)
    last = ANNOUNCED.add_days(start, count)
    assert last >= due
    assert ANNOUNCED.is_working_day(last)
    assert not any(ANNOUNCED.is_working_day(due + timedelta(days=n)) for n in range((last - due).days))


def test_without_any_notice_only_weekends_and_fixed_days_are_off() -> None:
    assert Calendar().add_working_days(day("2031-04-30"), 1) == day("2031-05-05")
