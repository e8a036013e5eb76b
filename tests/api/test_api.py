"""The generic API: the same doors as the pages, told in problem JSON."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.organizations.models import Organization
from core import journal
from tests.cast import Cast
from tests.journeys.bids import sealed_bid
from tests.journeys.orders import published_order, submitted_order


def post(client: Client, url: str, body: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
    return client.post(url, json.dumps(body or {}), content_type="application/json", headers=headers)


def test_a_stranger_reads_nothing(cast: Cast) -> None:
    assert Client().get("/api/v1/orders/").status_code == 403


def test_an_order_is_read_approved_once_and_never_twice(cast: Cast) -> None:
    order = submitted_order(cast)
    leader = cast.client("leader")
    url = f"/api/v1/orders/{order.pk}/"
    answer = leader.get(url)
    told = answer.json()
    assert (told["status"], answer["ETag"]) == ("checking", f'"{order.version}"')
    assert "approve" in told["verbs"]

    verb = f"{url}approve/"
    assert post(leader, verb).status_code == 428
    stale = post(leader, verb, **{"If-Match": '"1"', "Idempotency-Key": "k0"})
    assert (stale.status_code, stale["Content-Type"]) == (409, "application/problem+json")

    right = {"If-Match": answer["ETag"], "Idempotency-Key": "k1"}
    done = post(leader, verb, **right)
    assert (done.status_code, done.json()["status"]) == (200, "approved")
    again = post(leader, verb, **right)
    assert (again.status_code, again.json()["status"]) == (200, "approved")
    other = post(leader, verb, {"something": "else"}, **right)
    assert other.status_code == 409
    order.refresh_from_db()
    assert [entry.verb for entry in journal.entries_for(order)].count("approve") == 1


def test_who_may_not_is_told_403_and_who_may_not_know_404(cast: Cast) -> None:
    order = submitted_order(cast)
    verb = f"/api/v1/orders/{order.pk}/approve/"
    match = {"If-Match": f'"{order.version}"', "Idempotency-Key": "k"}
    assert post(cast.client("buyer"), verb, **match).status_code == 403
    assert post(cast.client("other_leader"), verb, **match).status_code == 404
    assert post(cast.client("leader"), f"/api/v1/orders/{order.pk}/nonsense/", **match).status_code == 404


def test_bad_input_names_its_field(cast: Cast) -> None:
    provider = cast.org("provider1")
    verb = f"/api/v1/organizations/{provider.pk}/suspend/"
    match = {"If-Match": f'"{provider.version}"', "Idempotency-Key": "k"}
    answer = post(cast.client("procurer"), verb, {"reason": ""}, **match)
    assert answer.status_code == 422
    assert "reason" in answer.json()["errors"]
    assert Organization.objects.get(pk=provider.pk).status == "verified"


def test_a_sealed_bid_is_listed_to_its_bidder_alone(cast: Cast) -> None:
    order = published_order(cast)
    bid = sealed_bid(order, cast, "provider1", "151111.11")
    own = cast.client("provider1").get("/api/v1/bids/").json()
    assert [row["id"] for row in own["results"]] == [str(bid.pk)]
    for login in ("provider2", "buyer", "procurer", "leader", "auditor", "discipline", "admin", "district_finance"):
        answer = cast.client(login).get("/api/v1/bids/")
        assert answer.json()["count"] == 0, login
        assert cast.client(login).get(f"/api/v1/bids/{bid.pk}/").status_code == 404, login
        assert b"151111" not in answer.content


def test_the_schema_is_served(cast: Cast) -> None:
    answer = cast.client("buyer").get("/api/v1/schema/")
    assert answer.status_code == 200
    assert b"orders_verb" in answer.content
