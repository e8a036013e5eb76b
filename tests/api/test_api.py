"""The generic API: the same doors as the pages, told in problem JSON."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from accounts.organizations.models import Organization, OrganizationDocument
from core import clock, journal
from core.idempotency import IdempotencyKey
from core.tasks import forget_keys
from procurement.orders.models import Order
from procurement.rules.seed import seed_rules
from tests.api.test_tokens import program, token_of
from tests.cast import Cast, make_cast
from tests.core.test_documents import picture
from tests.journeys.bids import sealed_bid
from tests.journeys.orders import drafted_order, published_order, submitted_order

ORDERS = "/api/v1/orders/"


def post(client: Client, url: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    return client.post(url, json.dumps(body or {}), content_type="application/json", headers=headers)


def right(thing: Any, key: str = "k1") -> dict[str, str]:
    """The two headers of a deed on a thing as it stands."""
    return {"If-Match": f'"{thing.version}"', "Idempotency-Key": key}


def test_a_stranger_reads_nothing_and_is_told_how_to_log_in(cast: Cast) -> None:
    answer = Client().get(ORDERS)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert Client().get(ORDERS, headers={"Authorization": "Basic YTpi"}).status_code == 401


def test_an_order_is_read_approved_once_and_never_twice(cast: Cast) -> None:
    order = submitted_order(cast)
    leader = cast.client("leader")
    url = f"{ORDERS}{order.pk}/"
    answer = leader.get(url)
    told = answer.json()
    assert (told["status"], answer["ETag"]) == ("checking", f'"{order.version}"')
    assert "approve" in told["verbs"]

    verb = f"{url}approve/"
    assert post(leader, verb).status_code == 428
    stale = post(leader, verb, **{"If-Match": '"1"', "Idempotency-Key": "k0"})
    assert (stale.status_code, stale["Content-Type"]) == (409, "application/problem+json")

    # A browser's or proxy's gzip makes the version a weak one.
    weak = {"If-Match": f"W/{answer['ETag']}", "Idempotency-Key": "k1"}
    done = post(leader, verb, **weak)
    assert (done.status_code, done.json()["status"]) == (200, "approved")

    published = post(cast.client("procurer"), f"{url}publish/", **right(Order.objects.get(pk=order.pk), "p"))
    assert published.json()["status"] == "published"
    again = post(leader, verb, **weak)
    assert (again.status_code, again.content, again["ETag"]) == (200, done.content, done["ETag"])
    assert again["Idempotent-Replayed"] == "true"

    other = post(leader, f"{url}return/", {"reason": "别的事"}, **weak)
    assert (other.status_code, other.json()["code"]) == (422, "invalid")
    # The same key of somebody else is another key.
    assert post(cast.client("leader2"), verb, **weak).status_code == 409
    assert [entry.verb for entry in journal.entries_for(order)].count("approve") == 1


def test_a_refusal_keeps_no_key_and_a_kept_answer_is_forgotten_after_two_days(cast: Cast) -> None:
    order = submitted_order(cast)
    leader, verb = cast.client("leader"), f"{ORDERS}{order.pk}/return/"
    assert post(leader, verb, {"reason": ""}, **right(order)).status_code == 422
    assert not IdempotencyKey.objects.exists()
    assert post(leader, verb, {"reason": "数量与需求不符"}, **right(order)).status_code == 200
    with clock.travel(clock.now() + timedelta(hours=47)):
        assert forget_keys() == 0
    with clock.travel(clock.now() + timedelta(hours=49)):
        assert forget_keys() == 1


def test_who_may_not_is_told_403_and_who_may_not_know_404(cast: Cast) -> None:
    order = submitted_order(cast)
    verb = f"{ORDERS}{order.pk}/approve/"
    match = right(order)
    assert post(cast.client("buyer"), verb, **match).status_code == 403
    assert post(cast.client("buyer"), verb).status_code == 403
    assert post(cast.client("other_leader"), verb, **match).status_code == 404
    assert post(cast.client("other_leader"), verb).status_code == 404
    assert post(cast.client("leader"), f"{ORDERS}{order.pk}/nonsense/", **match).status_code == 404
    # A bid is written on its own page, sealed; the keys of an opening are turned on two devices.
    opening = published_order(cast, title="征集中").opening
    assert (
        post(cast.client("procurer"), f"/api/v1/openings/{opening.pk}/first_key/", **right(opening)).status_code == 403
    )


def test_bad_input_names_its_field(cast: Cast) -> None:
    provider = cast.org("provider1")
    verb = f"/api/v1/organizations/{provider.pk}/suspend/"
    for body, field in (
        ({"until": "2026-12-01", "reason": ""}, "reason"),
        ({"until": "2026-12-01"}, "reason"),
        ({"until": "2026-12-01", "reason": 5}, "reason"),
        ({"until": "2026-12-01", "reason": None}, "reason"),
        ({"until": "2026-12-01", "reason": "a\x00b"}, "reason"),
        ({"until": "十二月", "reason": "逾期"}, "until"),
        ({"until": "2026-12-01", "reason": "逾期", "untill": "2027-01-01"}, "untill"),
    ):
        answer = post(cast.client("procurer"), verb, body, **right(provider))
        assert answer.status_code == 422, body
        assert field in answer.json()["errors"], answer.json()
    assert Organization.objects.get(pk=provider.pk).status == "verified"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"x"', "application/json", 400),
        (b'{"reason": NaN}', "application/json", 400),
        (b'{"reason": "\\ud800"}', "application/json", 400),
        (b'{"reason": "\xff"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"reason": "' + b"x" * 2_200_000 + b'"}', "application/json", 413),
        (b"reason=x", "application/x-www-form-urlencoded", 415),
        (b"<reason/>", "text/xml", 415),
        (b"--x\r\n", "multipart/form-data", 400),
    ],
)
def test_what_cannot_be_read_is_refused_as_such(cast: Cast, body: bytes, kind: str, status: int) -> None:
    order = submitted_order(cast)
    answer = cast.client("leader").post(f"{ORDERS}{order.pk}/return/", body, content_type=kind, headers=right(order))
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["title"]


@pytest.mark.parametrize("key", ["k" * 65, "带字", "a b", ""])
def test_a_key_is_short_and_plain(cast: Cast, key: str) -> None:
    order = submitted_order(cast)
    headers = {"If-Match": '"2"', "Idempotency-Key": key}
    assert post(cast.client("leader"), f"{ORDERS}{order.pk}/approve/", **headers).status_code in {400, 428}


@pytest.mark.parametrize(
    "query",
    [
        "statsu=checking",
        "state=nonsense",
        "page=0",
        "page=x",
        "page=１",
        "page_size=101",
        "sort=why",
        "view=none",
        "q=%00",
    ],
)
def test_a_question_that_makes_no_sense_is_not_passed_over(cast: Cast, query: str) -> None:
    answer = cast.client("buyer").get(f"{ORDERS}?{query}")
    if query == "page=１":
        assert answer.status_code == 200  # a full-width digit is a digit
    else:
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [query.partition("=")[0]])


def test_lists_are_filtered_sorted_and_paged_as_on_the_page(cast: Cast) -> None:
    titles = ["丙", "甲", "乙"]
    for title in titles:
        drafted_order(cast, title=f"订单{title}", quantity=10)
    submitted_order(cast, title="待审订单", quantity=10)
    buyer = cast.client("buyer")
    drafts = buyer.get(f"{ORDERS}?state=draft&sort=title&page_size=2").json()
    assert (drafts["count"], drafts["next_page"], len(drafts["results"])) == (3, 2, 2)
    assert len(buyer.get(f"{ORDERS}?state=draft&page_size=2&page=2").json()["results"]) == 1
    assert buyer.get(f"{ORDERS}?state=draft&page=3").status_code == 404
    assert buyer.get(f"{ORDERS}?q=待审").json()["count"] == 1
    assert buyer.head(ORDERS).status_code == 200
    assert buyer.options(ORDERS).status_code == buyer.delete(ORDERS).status_code == 405
    for strange in ("/api/v1/nonsense/", f"{ORDERS}%00/", f"{ORDERS}x/y/z/"):
        answer = buyer.get(strange)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), strange


def test_a_verb_tells_what_it_asks_and_takes_rows_as_lists(cast: Cast) -> None:
    order = drafted_order(cast)
    buyer, url = cast.client("buyer"), f"{ORDERS}{order.pk}/edit/"
    assert cast.client("cashier").get(url).status_code == 403
    form = buyer.get(url).json()["form"]["properties"]
    assert [row["ceiling"] for row in form["lots"]["default"]] == [str(lot.ceiling) for lot in order.lots.all()]
    body = {name: part["default"] for name, part in form.items() if "default" in part}
    body["lots"][0]["quantity"] = 7
    done = post(buyer, url, body, **right(order))
    assert done.status_code == 200, done.json()
    assert [lot.quantity for lot in order.lots.all()] == [7]
    body["lots"] = [{"title": "只有名称"}]
    order.refresh_from_db()
    assert post(buyer, url, body, **right(order, "k2")).status_code == 422
    assert buyer.get(f"{ORDERS}{submitted_order(cast, title='已提交').pk}/edit/").status_code == 409


def test_files_go_in_by_multipart_and_come_out_by_their_digest(cast: Cast) -> None:
    provider = cast.org("provider1")
    url, client = f"/api/v1/organizations/{provider.pk}/", program(token_of(cast, "provider1")[1])

    def send(photo: bytes) -> Any:
        file = SimpleUploadedFile("证书.jpg", photo, "image/jpeg")
        fields = {"kind": "certificate", "file": file, "expires_on": "2028-01-01"}
        fields["kind"] = OrganizationDocument.KINDS[0][0]
        return client.post(f"{url}add_document/", fields, headers=right(provider, "file"))

    first = send(picture())
    assert first.status_code == 200, first.json()
    assert send(picture()).content == first.content
    # The same name and size, other bytes.
    assert send(picture()[:-1] + b"\x00").status_code == 422
    told = client.get(f"{url}files/").json()["results"]
    assert len(told) == 1
    brought = client.get(f"{url}files/{told[0]['id']}/")
    assert (brought.status_code, len(brought.content)) == (200, told[0]["size"])
    assert program(token_of(cast, "provider2")[1]).get(f"{url}files/{told[0]['id']}/").status_code == 404


def test_too_many_are_told_to_wait(cast: Cast, settings: Any) -> None:
    settings.API_RATES = settings.API_RATES | {"read": "2/min", "act": "1/min"}
    order = submitted_order(cast)
    leader = cast.client("leader")
    answers = [leader.get(ORDERS) for _n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (answers[2]["Content-Type"], answers[2].json()["code"]) == ("application/problem+json", "too_many_requests")
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    assert cast.client("buyer").get(ORDERS).status_code == 200
    verb = f"{ORDERS}{order.pk}/approve/"
    assert [post(leader, verb).status_code for _n in range(2)] == [428, 429]


def test_a_sealed_bid_is_listed_to_its_bidder_alone(cast: Cast) -> None:
    order = published_order(cast)
    bid = sealed_bid(order, cast, "provider1", "151111.11")
    own = cast.client("provider1").get("/api/v1/bids/").json()
    assert [row["id"] for row in own["results"]] == [str(bid.pk)]
    for login in ("provider2", "buyer", "procurer", "leader", "auditor", "discipline", "admin", "district_finance"):
        answer = cast.client(login).get("/api/v1/bids/")
        assert answer.json()["count"] == 0, login
        assert cast.client(login).get(f"/api/v1/bids/{bid.pk}/").status_code == 404, login
        assert cast.client(login).get(f"/api/v1/bids/{bid.pk}/files/").status_code == 404, login
        assert b"151111" not in answer.content


def test_the_schema_is_served(cast: Cast) -> None:
    answer = Client().get("/api/v1/schema/")
    assert answer.status_code == 200
    paths = answer.json()["paths"]
    assert paths[f"{ORDERS}{{key}}/approve/"]["post"]["operationId"] == "orders_approve"
    assert f"{ORDERS}{{key}}/nonsense/" not in paths


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_key_at_the_same_moment_does_one_deed() -> None:
    """Twelve requests of one program, started together: one does it, all are answered the same."""
    seed_rules()
    cast, threads = make_cast(), 12
    order = submitted_order(cast)
    text, start = token_of(cast, "leader")[1], Barrier(12)

    def send(n: int) -> tuple[int, bytes]:
        try:
            client = program(text)
            start.wait(timeout=120)
            answer: HttpResponse = post(client, f"{ORDERS}{order.pk}/approve/", **right(order))
            return answer.status_code, answer.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        ended = Counter(pool.map(send, range(threads)))
    assert len(ended) == 1, ended
    ((status, content),) = ended
    assert (status, json.loads(content)["status"]) == (200, "approved")
    assert [entry.verb for entry in journal.entries_for(order)].count("approve") == 1
    assert IdempotencyKey.objects.count() == 1
