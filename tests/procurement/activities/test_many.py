"""A contract with five thousand activities asks the database as often as one with five."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from procurement.activities.models import Activity, AttendanceCount, ServiceUnit
from procurement.activities.queries import delivered
from procurement.contracts.models import Contract
from tests.cast import Cast
from tests.journeys.activities import recorded_activity, verified_activity
from tests.journeys.contracts import signed_contract

FEW, MANY = 5, 5_000


@pytest.fixture
def contract(cast: Cast) -> Contract:
    """A contract with one activity that waits for the street and one that it verified."""
    contract = signed_contract(cast)
    recorded_activity(cast, contract)
    verified_activity(cast, contract, at="2026-09-01 15:00", pictures=(3, 4))
    return contract


def grow_to(contract: Contract, wanted: int) -> None:
    """Copies of the verified activity with its heads and units, until there are so many."""
    model = Activity.objects.filter(contract=contract, status="verified").order_by("created_at")[0]
    heads, units = list(model.counts.all()), list(model.units.all())
    columns = {field.attname: getattr(model, field.attname) for field in Activity._meta.concrete_fields}
    more = wanted - Activity.objects.filter(contract=contract).count()
    made = [
        Activity(
            **columns
            | {
                "id": uuid.uuid4(),
                "token": secrets.token_urlsafe(16),
                "starts_at": model.starts_at + timedelta(minutes=n),
                "ends_at": model.ends_at + timedelta(minutes=n),
            }
        )
        for n in range(more)
    ]
    Activity._base_manager.bulk_create(made, batch_size=500)
    AttendanceCount.objects.bulk_create(
        [
            AttendanceCount(
                activity=each, segment=row.segment, person_times=row.person_times, people=row.people,
                newcomers=row.newcomers,
            )
            for each in made
            for row in heads
        ],
        batch_size=500,
    )  # fmt: skip
    ServiceUnit.objects.bulk_create(
        [ServiceUnit(activity=each, line_id=row.line_id, quantity=row.quantity) for each in made for row in units],
        batch_size=500,
    )


def asked(client: Client, url: str) -> int:
    """How many questions the page asks, once what is asked once a process is known."""
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200, url
    return len(found)


def test_five_and_five_thousand_ask_the_same(cast: Cast, contract: Contract) -> None:
    grow_to(contract, FEW)
    pages = {
        "buyer": [contract.get_absolute_url(), "/w/activities/", "/w/activities/calendar/?month=2026-09", "/w/"],
        "provider1": [contract.get_absolute_url(), "/w/activities/", "/w/"],
        "street": [contract.get_absolute_url(), "/w/activities/streets/", "/w/"],
    }
    clients = {login: cast.client(login) for login in pages}
    few = {(login, url): asked(clients[login], url) for login, urls in pages.items() for url in urls}
    before = delivered(contract)
    grow_to(contract, MANY)
    many = {(login, url): asked(clients[login], url) for login, urls in pages.items() for url in urls}
    assert many == few
    done = delivered(contract)
    assert done.sessions == MANY - 1, "all but the one that waits for the street"
    assert done.person_times - before.person_times == (MANY - FEW) * 15
