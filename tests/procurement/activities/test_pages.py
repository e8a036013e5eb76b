"""The pages of the activities by hand; a contract with thousands of them asks no more than one with five."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from procurement.activities.models import Activity, AttendanceCount, ServiceUnit
from procurement.activities.queries import delivered
from procurement.contracts.models import Contract
from tests.cast import Cast
from tests.journeys.activities import (
    picture,
    planned_activity,
    published_activity,
    recorded_activity,
    verified_activity,
)
from tests.journeys.contracts import signed_contract


def record_data(activity: Activity, **fields: Any) -> dict[str, Any]:
    files = [SimpleUploadedFile(f"{n}.jpg", picture(n), "image/jpeg") for n in (1, 2)]
    given = {"people_1": 13, "new_1": 13, "people_2": 0, "unit_1": 1, "volunteers": 3, "volunteer_minutes": 90}
    return given | {"outcome": "smooth", "photos": files, "version": activity.version} | fields


def test_planned_published_recorded_verified_counted_by_hand(cast: Cast) -> None:
    contract = signed_contract(cast)
    provider, street, buyer = (cast.client(login) for login in ("provider1", "street", "buyer"))
    assert provider.get("/w/activities/plan/")["Location"].endswith(f"/{contract.pk}/")
    url = f"/w/activities/plan/{contract.pk}/"
    assert "安排活动" in provider.get(url).content.decode()
    assert cast.client("provider2").get(url).status_code == 404
    assert buyer.get(url).status_code == 403
    plan = {
        "title": "四点半小组", "line": contract.lines.get(n=1).pk, "kind": "group", "region": cast.regions["大观街道"].pk,
        "place": "党群服务中心", "day": "2026-09-01", "begins": "16:30", "ends": "18:00", "segments": "儿童,家长",
        "planned_people": 15,
    }  # fmt: skip
    wrong = provider.post(url, plan | {"ends": "16:00"})
    assert wrong.status_code == 422
    assert "结束要晚于开始" in wrong.content.decode()
    assert provider.post(url, plan).status_code == 302
    activity = Activity.objects.get()
    assert (clock.local(activity.starts_at).hour, activity.segment_list) == (16, ["儿童", "家长"])
    base = activity.get_absolute_url()
    assert provider.post(f"/w/activities/publish/{contract.pk}/").status_code == 302
    with clock.travel("2026-09-01 18:30"):
        assert "记录活动" in provider.get("/w/").content.decode() or "记录" in provider.get("/w/").content.decode()
        activity.refresh_from_db()
        assert provider.get(f"{base}record/").status_code == 200
        short = record_data(activity, photos=[SimpleUploadedFile("1.jpg", picture(1), "image/jpeg")], note="写了很多字")
        refused = provider.post(f"{base}record/", short)
        assert refused.status_code == 422
        assert "现场照片至少 2 张" in refused.content.decode()
        assert "写了很多字" in refused.content.decode()
        once = record_data(activity, idempotency_key="k" * 32)
        assert provider.post(f"{base}record/", once).status_code == 302
        for file in once["photos"]:
            file.seek(0)
        assert provider.post(f"{base}record/", once).status_code == 302  # sent again: answered, not done again
    activity.refresh_from_db()
    assert (activity.recordings, activity.photos.count()) == (1, 2)
    assert activity.title in street.get("/w/").content.decode()
    page = street.get(f"{base}verify/").content.decode()
    assert "核实，计入 1 场 13 人次" in page
    assert street.post(f"{base}verify/", {"version": activity.version}).status_code == 302
    assert "1 场活动已核实" in buyer.get("/w/").content.decode()
    assert buyer.post(f"/w/activities/count/{contract.pk}/").status_code == 302
    assert Activity.objects.get().status == "counted"
    for login in ("buyer", "provider1", "street"):
        page = cast.client(login).get(contract.get_absolute_url()).content.decode()
        assert "完成情况" in page
        assert cast.client(login).get(base).status_code == 200
    photo = activity.photos.first().document_id
    assert street.get(f"{base}files/{photo}/").status_code == 200
    assert cast.client("provider2").get(f"{base}files/{photo}/").status_code == 404


def test_list_calendar_and_streets(cast: Cast) -> None:
    contract = signed_contract(cast)
    Contract.objects.filter(pk=contract.pk).update(region_path="530102")
    contract.refresh_from_db()
    planned_activity(cast, contract, at="2026-09-10 09:00", title="九月的小组")
    planned_activity(cast, contract, at="2026-10-10 09:00", title="十月的小组", region=cast.regions["华山街道"])
    client = cast.client("buyer")
    for query, seen in (
        ("", {"九月", "十月"}),
        ("?month=2026-10", {"十月"}),
        ("?day=2026-09-10", {"九月"}),
        ("?street=530102001", {"九月"}),
        (f"?contract={contract.pk}", {"九月", "十月"}),
        ("?status=recorded", set()),
        ("?month=nonsense", {"九月", "十月"}),
    ):
        page = client.get(f"/w/activities/{query}").content.decode()
        assert {word for word in ("九月", "十月") if f"{word}的小组" in page} == seen, query
    assert "九月的小组" in client.get("/w/activities/calendar/").content.decode()
    assert "十月的小组" in client.get("/w/activities/calendar/?month=2026-10").content.decode()
    page = client.get("/w/activities/streets/").content.decode()
    assert "大观街道" in page
    assert "华山街道" in page
    assert "华山街道" not in cast.client("street").get("/w/activities/streets/").content.decode()
    assert client.get("/w/activities/?export=csv").status_code == 200


def test_a_case_is_written_without_pictures_but_not_without_words(cast: Cast) -> None:
    activity = published_activity(cast, signed_contract(cast), kind="case", segments="困境儿童")
    client = cast.client("provider1")
    data = record_data(activity, photos=[], people_1=1, new_1=1)
    with clock.travel("2026-09-01 18:30"):
        assert client.post(f"{activity.get_absolute_url()}record/", data).status_code == 422
        words = {"work_goal": "稳定作息", "work_process": "家访，与监护人商定作息表。"}
        assert client.post(f"{activity.get_absolute_url()}record/", data | words).status_code == 302
    assert "商定作息表" in cast.client("street").get(activity.get_absolute_url()).content.decode()


def test_sent_back_and_rejected_by_hand(cast: Cast) -> None:
    contract = signed_contract(cast)
    activity = recorded_activity(cast, contract)
    street, base = cast.client("street"), activity.get_absolute_url()
    assert street.post(f"{base}send_back/", {"version": activity.version}).status_code == 422
    done = street.post(f"{base}send_back/", {"version": activity.version, "reason": "人数对不上"})
    assert done.status_code == 302
    assert "人数对不上" in cast.client("provider1").get(base).content.decode()
    other = verified_activity(cast, contract, at="2026-09-02 16:30")
    reject = f"{other.get_absolute_url()}reject/"
    assert street.post(reject, {"version": other.version, "reason": "x"}).status_code == 403
    assert cast.client("buyer").post(reject, {"version": other.version, "reason": "抽查不实"}).status_code == 302
    assert delivered(contract).sessions == 0


def many(contract: Contract, like: Activity, times: int) -> None:
    """Bulk-created copies of one activity, each with heads and units."""
    names = [field.attname for field in Activity._meta.concrete_fields]
    made = []
    for n in range(times):
        copy = Activity(**{name: getattr(like, name) for name in names})
        copy.pk, copy.token = uuid.uuid4(), secrets.token_urlsafe(16)
        copy.starts_at, copy.ends_at = (moment + timedelta(minutes=n) for moment in (like.starts_at, like.ends_at))
        made.append(copy)
    Activity.objects.bulk_create(made, batch_size=1000)
    line = contract.lines.get(n=1)
    AttendanceCount.objects.bulk_create(
        [AttendanceCount(activity=each, segment="儿童", person_times=13, people=13, newcomers=0) for each in made],
        batch_size=1000,
    )
    ServiceUnit.objects.bulk_create([ServiceUnit(activity=e, line=line, quantity=1) for e in made], batch_size=1000)


def asked(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


@pytest.mark.parametrize("login", ["buyer", "provider1", "street"])
def test_five_thousand_activities_ask_no_more_than_five(cast: Cast, login: str) -> None:
    contract = signed_contract(cast)
    verified = verified_activity(cast, contract)
    many(contract, verified, 4)
    recorded = recorded_activity(cast, contract, at="2026-09-02 16:30", pictures=(3, 4))
    client = cast.client(login)
    urls = [
        contract.get_absolute_url(),
        recorded.get_absolute_url(),
        *("/w/activities/", f"/w/activities/?contract={contract.pk}&status=verified", "/w/activities/streets/"),
        *("/w/activities/calendar/", "/w/"),
    ]
    if login == "street":
        urls.append(f"{recorded.get_absolute_url()}verify/")
    few = {url: asked(client, url) for url in urls}
    many(contract, verified, 4_995)
    assert {url: asked(client, url) for url in urls} == few
    assert delivered(contract).sessions == 5_000
