"""Activities: planned, held and recorded by the provider, verified by the street, counted by the buyer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import inbox
from procurement.activities.judging import (
    count_activities,
    count_activity,
    reject_activity,
    send_back_activity,
    verify_activity,
)
from procurement.activities.models import Activity, AttendanceCount
from procurement.activities.operations import Heads, hold_activity, publish_activity, record_activity, withdraw_activity
from procurement.activities.queries import Delivered, delivered, visible_activities
from procurement.contracts.models import Contract
from tests.cast import Cast
from tests.journeys.activities import (
    counted_activity,
    photos,
    planned_activity,
    published_activity,
    recorded_activity,
    verified_activity,
)
from tests.journeys.contracts import frozen_contract, signed_contract


def test_from_plan_to_counted(cast: Cast) -> None:
    contract = signed_contract(cast)
    activity = recorded_activity(cast, contract, units={1: 1, 3: 13})
    assert delivered(contract) == Delivered()
    assert inbox(cast.actor("street").user_key).filter(kind="activity.recorded").count() == 1
    verify_activity(activity, actor=cast.actor("street"))
    expected = Delivered(1, 15, 15, {1: 1, 3: 13}, 3, Decimal("4.50"))
    assert delivered(contract) == expected
    count_activity(activity, actor=cast.actor("buyer"))
    assert delivered(contract) == expected
    assert delivered(contract, date(2026, 8, 31)) == Delivered()
    assert delivered(contract, date(2026, 9, 1)) == expected
    verbs = [entry.verb for entry in journal.entries_for(activity)]
    assert verbs == ["count", "verify", "record", "hold", "publish", "create"]


def test_a_camp_counts_days_apart_from_people(cast: Cast) -> None:
    contract = signed_contract(cast)
    end = clock.local("2026-09-05 18:00")
    activity = published_activity(cast, contract, ends_at=end, segments="青少年", line=contract.lines.get(n=5))
    assert activity.days == 5
    actor = cast.actor("provider1")
    given = {"outcome": "smooth", "photos": photos(actor)}
    with clock.travel("2026-09-05 19:00"):
        with pytest.raises(Invalid, match="人次不能少于人数"):
            record_activity(activity, actor=actor, counts=[Heads("青少年", 44, 45)], **given)
        activity.refresh_from_db()
        record_activity(activity, actor=actor, counts=[Heads("青少年", 225, 45, 45)], **given)
    verify_activity(activity, actor=cast.actor("street"))
    done = delivered(contract)
    assert (done.sessions, done.person_times, done.people) == (1, 225, 45)


def test_the_database_holds_person_times_above_people(cast: Cast) -> None:
    activity = planned_activity(cast, signed_contract(cast))
    for figures in ({"person_times": 3, "people": 4}, {"person_times": 3, "people": 2, "newcomers": 3}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AttendanceCount.objects.create(activity=activity, segment="儿童", **figures)


def test_repeats_are_planned_at_once(cast: Cast) -> None:
    contract = signed_contract(cast)
    planned_activity(cast, contract, repeat_until=date(2026, 9, 14), weekdays=[0, 1, 2, 3, 4])
    days = [clock.local(each.starts_at).day for each in Activity.objects.order_by("starts_at")]
    assert days == [1, 2, 3, 4, 7, 8, 9, 10, 11, 14]
    assert len(set(Activity.objects.values_list("token", flat=True))) == 10
    with pytest.raises(Invalid, match="重复"):
        planned_activity(cast, contract, repeat_until=date(2027, 9, 14))


def test_who_may_and_when(cast: Cast) -> None:
    contract = frozen_contract(cast)
    with pytest.raises(NotNow):
        planned_activity(cast, contract)
    Contract.objects.filter(pk=contract.pk).update(status="performing")
    contract.refresh_from_db()
    for stranger in ("provider2", "buyer", "street"):
        with pytest.raises(NotAllowed):
            planned_activity(cast, contract, login=stranger)
    activity = published_activity(cast, contract)
    with pytest.raises(NotNow, match="还没有开始"):
        hold_activity(activity, actor=cast.actor("provider1"))
    recorded = recorded_activity(cast, contract)
    for stranger in ("buyer", "provider1", "provider2", "other_buyer", "leader"):
        with pytest.raises(NotAllowed):
            verify_activity(recorded, actor=cast.actor(stranger))
    far = replace(cast.actor("street"), region_path=cast.regions["华山街道"].path)
    with pytest.raises(NotAllowed):
        verify_activity(recorded, actor=far)
    with pytest.raises(NotNow):
        count_activity(recorded, actor=cast.actor("buyer"))
    stale = Activity.objects.get(pk=recorded.pk)
    verify_activity(recorded, actor=cast.actor("street"))
    with pytest.raises(Conflict):
        reject_activity(stale, actor=cast.actor("street"), reason="晚了一步")


def test_who_recorded_neither_verifies_nor_counts(cast: Cast) -> None:
    """One person may work for a provider and sit in a street's office; not for the same record."""
    recorded = recorded_activity(cast, signed_contract(cast))
    both = replace(cast.actor("street"), user_key=recorded.recorded_by_key)
    for verb in (verify_activity, lambda a, actor: reject_activity(a, actor=actor, reason="x")):
        with pytest.raises(NotAllowed, match="换一位同事"):
            verb(recorded, actor=both)
    verify_activity(recorded, actor=cast.actor("street"))
    with pytest.raises(NotAllowed):
        count_activity(recorded, actor=replace(cast.actor("buyer"), user_key=recorded.verified_by_key))


def test_sent_back_is_recorded_again_and_rejected_never_counts(cast: Cast) -> None:
    contract = signed_contract(cast)
    activity = recorded_activity(cast, contract)
    send_back_activity(activity, actor=cast.actor("street"), reason="人数与签到不符")
    assert (activity.status, activity.refusal) == ("held", "人数与签到不符")
    assert "人数与签到不符" in inbox(cast.actor("provider1").user_key).get(kind="activity.sent_back").sentence
    with clock.travel("2026-09-02 09:00"):
        actor = cast.actor("provider1")
        record_activity(activity, actor=actor, counts=[Heads("儿童", 12, 12, 12)], outcome="smooth")
    assert (activity.recordings, activity.refusal, activity.photos.count()) == (2, "", 2)
    assert activity.counts.get(segment="家长").people == 0
    verify_activity(activity, actor=cast.actor("street"))
    assert delivered(contract).person_times == 12
    reject_activity(activity, actor=cast.actor("buyer"), reason="现场抽查没有这场")
    assert delivered(contract) == Delivered()
    with pytest.raises(Invalid):
        reject_activity(recorded_activity(cast, contract), actor=cast.actor("street"), reason=" ")


def test_a_record_that_cannot_be(cast: Cast) -> None:
    activity = published_activity(cast, signed_contract(cast))
    actor = cast.actor("provider1")
    heads = [Heads("儿童", 5, 5)]
    with clock.travel("2026-09-01 19:00"):
        for wrong, field in (
            ({"counts": [Heads("儿童", 0, 0)]}, "people_1"),
            ({"counts": [Heads("儿童", 4, 5)]}, "times_1"),
            ({"counts": [Heads("儿童", 5, 5, 6)]}, "new_1"),
            ({"outcome": "incident"}, "note"),
            ({"units": {9: 1}}, "unit_9"),
            ({"volunteers": 2}, "volunteer_minutes"),
            ({"photos": photos(actor, 1)}, "photos"),
        ):
            given = {"counts": heads, "outcome": "smooth", "photos": photos(actor)} | wrong
            with pytest.raises(Invalid) as refusal:
                record_activity(Activity.objects.get(pk=activity.pk), actor=actor, **given)
            assert field in refusal.value.errors
        assert Activity.objects.get(pk=activity.pk).status == "published"


def test_an_incident_is_told_to_the_buyer_too(cast: Cast) -> None:
    activity = published_activity(cast, signed_contract(cast))
    with clock.travel("2026-09-01 19:00"):
        actor = cast.actor("provider1")
        heads = [Heads("儿童", 5, 5)]
        record_activity(
            activity, actor=actor, counts=heads, outcome="incident", note="一人擦伤，已处理", photos=photos(actor)
        )
    assert "有意外" in inbox(cast.actor("buyer").user_key).get(kind="activity.recorded").sentence


def test_all_at_once(cast: Cast) -> None:
    contract = signed_contract(cast)
    for n in range(3):
        verified_activity(cast, contract, at=f"2026-09-0{n + 2} 16:30", pictures=(n * 2, n * 2 + 1))
    with pytest.raises(NotAllowed):
        count_activities(contract, actor=cast.actor("leader"))
    assert count_activities(contract, actor=cast.actor("buyer")) == 3
    with pytest.raises(NotNow):
        count_activities(contract, actor=cast.actor("buyer"))


def test_withdrawn_and_unpublished_from_a_withdrawn_state(cast: Cast) -> None:
    activity = published_activity(cast, signed_contract(cast))
    withdraw_activity(activity, actor=cast.actor("provider1"), reason="下雨")
    assert activity.status == "withdrawn"
    with pytest.raises(NotNow):
        publish_activity(activity, actor=cast.actor("provider1"))


def test_isolation(cast: Cast) -> None:
    activity = counted_activity(cast, signed_contract(cast))
    for login in ("provider1", "street", "buyer", "district_finance"):
        assert visible_activities(cast.actor(login)).filter(pk=activity.pk).exists(), login
    for login in ("provider2", "other_buyer", "admin", "expert1"):
        assert cast.client(login).get(activity.get_absolute_url()).status_code == 404, login
