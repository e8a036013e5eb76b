"""Leads (线索): pictures used twice, night, crowding, one person in two places, back-dating; they ask and never decide."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from PIL import Image, ImageEnhance

from core import clock
from core.clock import SHANGHAI
from procurement.activities.leads import Lead, Seen, leads, meters
from procurement.activities.models import Activity
from procurement.activities.pictures import distance, fingerprint
from procurement.activities.queries import leads_of
from procurement.activities.signins import sign_in
from procurement.rules.models import Parameter
from procurement.rules.queries import rules_in_force
from tests.cast import Cast
from tests.journeys.activities import picture, published_activity, recorded_activity
from tests.journeys.contracts import signed_contract

START = datetime(2026, 9, 1, 16, 30, tzinfo=SHANGHAI)
PLAIN = Seen(
    starts_at=START, ends_at=START + timedelta(minutes=90), recorded_at=START + timedelta(hours=2), recordings=1,
    person_times=15, people=15, signed_in=15, usual_mean=15, usual_spread=2, usual_count=9, staff=3,
)  # fmt: skip
LIMITS = {
    "photo_distance": 10, "photo_minutes": 60, "photo_meters": 3000, "night": {"from": "22:00", "to": "06:00"},
    "backdating": 7, "unusual_deviations": 2, "unusual_sessions": 5, "signin_percent": 70, "crowding_percent": 40,
    "round_percent": 60, "round_sessions": 10,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({}, None),
        ({"person_times": 19}, None),
        ({"person_times": 20}, "F32"),
        ({"capacity": 14}, "F32"),
        ({"capacity": 15}, None),
        ({"elsewhere": 1}, "F32"),
        ({"staff_elsewhere": 1}, "F34"),
        ({"signed_in": 10}, "F35"),
        ({"signed_in": 11}, None),
        ({"signed_in": 0}, None),
        ({"starts_at": START.replace(hour=20), "ends_at": START.replace(hour=22, minute=0)}, None),
        ({"starts_at": START.replace(hour=20), "ends_at": START.replace(hour=22, minute=1)}, "F32"),
        ({"recorded_at": PLAIN.ends_at + timedelta(days=7)}, None),
        ({"recorded_at": PLAIN.ends_at + timedelta(days=7, seconds=1)}, "F46"),
        ({"recordings": 2}, "F46"),
        ({"same_time": 4}, "F34"),
        ({"same_time": 3}, None),
        ({"late_share": 40.0}, "F34"),
        ({"round_share": 61.0, "round_count": 10}, "F32"),
        ({"round_share": 61.0, "round_count": 9}, None),
        ({"taken": [START - timedelta(minutes=61)]}, "F33"),
        ({"taken": [START - timedelta(minutes=60)]}, None),
        ({"places": [(25.04, 102.71), (25.08, 102.71)]}, "F33"),
        ({"roster": 14}, "F45"),
        ({"child_free": True}, "F45"),
    ],
)
def test_each_threshold_at_its_edge(change: dict[str, object], rule: str | None) -> None:
    found = leads(replace(PLAIN, **change), LIMITS)
    assert [each.rule for each in found] == ([rule] if rule else [])
    assert leads(replace(PLAIN, **change), {}) == [each for each in found if each.title in UNBOUNDED]


UNBOUNDED = {
    "人数超过场地容量", "同一人同时在两处签到", "带队人员同时在另一场", "提交后改过", "同时活动的场次多于人手",
    "到场人数多于名单", "标为没有未成年人",
}  # fmt: skip


def test_a_picture_is_known_again_smaller_brighter_and_saved_anew() -> None:
    original = picture(3, size=(640, 480))
    with Image.open(io.BytesIO(original)) as image:
        changed = ImageEnhance.Brightness(image.resize((320, 240))).enhance(0.9)
    out = io.BytesIO()
    changed.save(out, "JPEG", quality=60)
    assert distance(fingerprint(original), fingerprint(out.getvalue())) <= 3
    assert all(distance(fingerprint(picture(n)), fingerprint(picture(m))) > 10 for n in range(6) for m in range(n))
    flat = io.BytesIO()
    Image.new("RGB", (90, 80), "gray").save(flat, "PNG")
    assert fingerprint(flat.getvalue()) == ""
    assert 4_400 < meters((25.04, 102.71), (25.08, 102.71)) < 4_500


def asks(activity: Activity) -> list[Lead]:
    """The leads, but for the one that these sessions without children all have: the item is for children."""
    return [each for each in leads_of(activity) if each.rule != "F45"]


def test_leads_from_what_is_stored(cast: Cast) -> None:
    contract = signed_contract(cast)
    recorded_activity(cast, contract, at="2026-09-01 16:30", pictures=(1, 2), title="周二小组")
    second = recorded_activity(cast, contract, at="2026-09-02 16:30", pictures=(3, 4))
    assert asks(second) == []
    third = recorded_activity(cast, contract, at="2026-09-03 16:30", pictures=(5, 1))
    assert [(each.rule, "周二小组" in each.detail) for each in asks(third)] == [("F33", True)]
    beside = published_activity(cast, contract, at="2026-09-03 17:00")
    with clock.travel("2026-09-03 17:00"):
        Activity.objects.filter(pk=third.pk).update(status="held")
        third.refresh_from_db()
        for activity in (third, beside):
            sign_in(activity, code="8812")
    assert "同一人同时在两处签到" in [each.title for each in asks(third)]
    street, provider = cast.client("street"), cast.client("provider1")
    Activity.objects.filter(pk=third.pk).update(status="recorded")
    page = street.get(f"{third.get_absolute_url()}verify/").content.decode()
    assert "周二小组" in page
    assert "和另一场很像" in page
    assert "线索" not in provider.get(third.get_absolute_url()).content.decode()


def test_thresholds_are_dated_rows(cast: Cast) -> None:
    contract = signed_contract(cast)
    recorded_activity(cast, contract, pictures=(1, 2))
    again = recorded_activity(cast, contract, at="2026-09-02 16:30", pictures=(1, 3))
    assert [each.rule for each in asks(again)] == ["F33"]
    row = Parameter.objects.get(key="leads.photo_distance")
    row.pk, row.value, row.effective_from, row._state.adding = None, -1, again.starts_at.date(), True
    row.save(force_insert=True)
    assert asks(again) == []
    assert {
        each.removeprefix("leads.") for each in (r.key for r in rules_in_force()) if each.startswith("leads.")
    } >= set(LIMITS)
