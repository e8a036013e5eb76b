"""Deadlines and parameters: the vectors of the sources, both tracks, years without a notice."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from core import clock
from core.errors import Invalid
from procurement.rules.models import CalendarDay, Parameter
from procurement.rules.queries import calendar, calendar_days, deadline, parameter, rules_in_force
from procurement.rules.seed import RULES, seed_rules, seed_when_empty

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rules() -> None:
    seed_rules()


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        ("2026-09-22", 7, "2026-10-09"),
        ("2026-09-11", 7, "2026-09-21"),
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-14", 1, "2026-02-24"),
        ("2025-01-24", 1, "2025-01-26"),
    ],
)
def test_working_days_skip_holidays_and_take_working_weekends(start: str, count: int, last: str) -> None:
    """domain.md 2.5: the vectors of the working-day calendar."""
    assert calendar().add_working_days(date.fromisoformat(start), count) == date.fromisoformat(last)


def test_a_term_runs_to_the_end_of_its_last_day() -> None:
    term = deadline("D16", date(2026, 9, 22), track="statutory")
    assert term.day == date(2026, 10, 9)
    assert term.at == datetime(2026, 10, 9, 15, 59, 59, 999999, tzinfo=UTC)
    assert clock.local("2026-10-09 23:59") < term.at < clock.local("2026-10-10 00:00")
    assert term.label == "质疑答复 7 个工作日 · 政府采购法第五十三条"
    assert not term.is_provisional


def test_a_moment_counts_by_its_day_in_shanghai() -> None:
    late = datetime(2026, 9, 21, 16, 30, tzinfo=UTC)  # 00:30 on the 22nd in Shanghai
    assert deadline("D16", late, track="statutory").day == date(2026, 10, 9)


def test_calendar_days_roll_to_the_next_working_day() -> None:
    assert deadline("D21", date(2026, 9, 3), track="statutory").day == date(2026, 10, 8)
    assert deadline("D25", date(2026, 9, 1)).day == date(2026, 10, 8)


def test_the_own_track_has_its_own_terms_and_borrows_the_law_where_it_is_silent() -> None:
    own, law = deadline("D31", date(2026, 9, 1)), deadline("D31", date(2026, 9, 1), track="statutory")
    assert (own.day, law.day) == (date(2026, 9, 8), date(2026, 9, 11))
    borrowed = deadline("D23", date(2026, 9, 1))
    assert borrowed.label.startswith("参照 合同签订至备案 7 个工作日")


def test_a_year_without_notice_is_provisional_and_says_so() -> None:
    term = deadline("D16", date(2026, 12, 28), track="statutory")
    assert term.is_provisional
    assert term.label.startswith("暂按 质疑答复 7 个工作日")
    assert "2027 年放假通知尚未录入" in term.label
    assert term.day == date(2027, 1, 7)  # the first of January is off by law even without a notice


def test_months_and_years_are_counted_by_the_calendar_and_dates_are_not_counted() -> None:
    assert deadline("D33", date(2026, 8, 31)).day == date(2027, 3, 1)  # the last day of February, a Sunday
    assert deadline("D32", date(2026, 9, 1)).day.year == 2041
    with pytest.raises(Invalid):
        deadline("D27", date(2026, 9, 1))


def test_a_later_row_holds_from_its_day_on() -> None:
    assert parameter("deadline.D25", on=date(2025, 5, 31)).verified is False
    assert "802号" in parameter("deadline.D25", on=date(2025, 6, 1)).source
    Parameter.objects.create(
        key="bids.minimum",
        label="有效申报，不少于",
        value=2,
        unit="count",
        source="新规",
        effective_from=date(2026, 10, 1),
    )
    assert parameter("bids.minimum").value == 3
    assert parameter("bids.minimum", on=date(2026, 10, 1)).value == 2
    with pytest.raises(Invalid, match="规则与日历"):
        parameter("no.such.rule")
    with pytest.raises(Invalid):
        parameter("bids.minimum", on=date(1999, 1, 1))


def test_every_rule_of_the_table_is_there_with_source_and_mark_and_seeding_again_changes_nothing() -> None:
    keys = {row.key for row in rules_in_force()}
    assert {f"deadline.D{n:02d}" for n in range(1, 34)} <= keys
    assert all(row.source for row in rules_in_force())
    assert not any(row.verified for row in rules_in_force() if row.key.startswith("threshold."))
    before = list(Parameter.objects.order_by("pk").values_list("pk", "value"))
    seed_rules()
    seed_when_empty()
    assert list(Parameter.objects.order_by("pk").values_list("pk", "value")) == before
    assert len(before) == len(RULES)
    assert calendar() == clock.ANNOUNCED
    assert calendar_days(2026).filter(is_off=False).count() == 6


def test_a_new_installation_seeds_itself() -> None:
    Parameter.objects.all().delete()
    CalendarDay.objects.all().delete()
    seed_when_empty()
    assert parameter("bids.minimum").value == 3
    assert parameter("quality.factors").value == {"优": "1.00", "良": "1.00", "中": "0.95", "差": "0.80"}
    assert (parameter("price_weight").value, parameter("price_weight").verified) == ({"low": 10, "high": 30}, False)
