"""Whatever is recorded, 人次 ≥ 人数; and the order in which it is entered, verified and rejected never matters."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core import clock
from procurement.activities.models import Activity, AttendanceCount, ServiceUnit, VolunteerHours
from procurement.activities.queries import DELIVERED, Delivered, delivered
from tests.cast import Cast, make_cast
from tests.journeys.activities import planned_activity
from tests.journeys.contracts import signed_contract

STATUSES = ("planned", "held", "recorded", "verified", "counted", "rejected")
numbers = st.integers(0, 200)
heads = st.tuples(numbers, numbers, numbers).map(lambda three: tuple(sorted(three, reverse=True)))
sessions = st.lists(
    st.tuples(st.sampled_from(STATUSES), st.lists(heads, min_size=1, max_size=3), numbers, numbers, st.integers(0, 30)),
    max_size=12,
)


class OrderNeverMatters(TestCase):
    """One contract for all examples; each example's rows go with its transaction."""

    cast: Cast

    @classmethod
    def setUpTestData(cls) -> None:
        """A contract with one plan to copy."""
        with clock.travel("2026-09-01 09:00"):
            cls.cast = make_cast()
            cls.contract = signed_contract(cls.cast)
            cls.plan = planned_activity(cls.cast, cls.contract)

    def enter(self, rows: list[Any]) -> None:
        names = [field.attname for field in Activity._meta.concrete_fields]
        lines = list(self.contract.lines.all())
        for status, counts, quantity, hands, day in rows:
            activity = Activity(**{name: getattr(self.plan, name) for name in names})
            activity.pk, activity.token, activity.status = uuid.uuid4(), secrets.token_urlsafe(16), status
            activity.starts_at += timedelta(days=day)
            activity.ends_at += timedelta(days=day)
            activity.save(force_insert=True)
            for n, (times, people, fresh) in enumerate(counts):
                AttendanceCount.objects.create(
                    activity=activity, segment=f"类{n}", person_times=times, people=people, newcomers=fresh
                )
            ServiceUnit.objects.create(activity=activity, line=lines[quantity % len(lines)], quantity=quantity)
            VolunteerHours.objects.create(activity=activity, people=hands, minutes=30)

    @settings(max_examples=25)
    @given(rows=sessions, shuffle=st.randoms())
    def test_order_of_entry(self, rows: list[Any], shuffle: random.Random) -> None:
        self.enter(rows)
        until = clock.local("2026-09-10").date()
        first, early = delivered(self.contract), delivered(self.contract, until)
        ServiceUnit.objects.all().delete()
        AttendanceCount.objects.all().delete()
        VolunteerHours.objects.all().delete()
        Activity.objects.exclude(pk=self.plan.pk).delete()
        shuffled = list(rows)
        shuffle.shuffle(shuffled)
        self.enter(shuffled)
        assert (delivered(self.contract), delivered(self.contract, until)) == (first, early)
        self.compare(first, rows, lambda day: True)
        self.compare(early, rows, lambda day: day <= 9)

    def compare(self, found: Delivered, rows: list[Any], counts: Callable[[int], bool]) -> None:
        """The sums in plain Python, and the order of the three figures."""
        good = [row for row in rows if row[0] in DELIVERED and counts(row[4])]
        assert found.sessions == len(good)
        assert found.person_times == sum(times for row in good for times, _people, _new in row[1])
        assert found.people == sum(fresh for row in good for _times, _people, fresh in row[1])
        assert found.person_times >= found.people
        assert sum(found.units.values()) == sum(row[2] for row in good)
        assert found.volunteer_hours == Decimal(sum(row[3] for row in good)) / 2
