"""Open data: valid OCDS, a feed that misses nothing, tables, a year at once; and nothing before its time."""

from __future__ import annotations

import io
import json
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.organizations.models import Organization
from core.actor import SYSTEM
from portal.opendata.packages import cursor_of, position_of
from portal.opendata.queries import last_position
from portal.opendata.tables import TABLES
from procurement.notices.models import Notice
from procurement.notices.operations import publish_notice
from tests.cast import Cast, make_cast
from tests.journeys.awards import published_award
from tests.journeys.bids import sealed_bids
from tests.journeys.orders import drafted_order, published_order
from tests.journeys.settlements import closed_contract

FEED, RECORDS = "/api/v1/ocds/releases/", "/api/v1/ocds/records/"
FILES = [*(f"/data/{name}.{form}" for name in TABLES for form in ("csv", "json")), "/data/notices.atom", "/data/"]


def followed(client: Client, address: str = f"{FEED}?limit=3") -> list[dict[str, Any]]:
    """All releases from an address on, page by page, until a page is empty."""
    found: list[dict[str, Any]] = []
    while True:
        body = client.get(address).json()
        if not body["releases"]:
            return found
        found += body["releases"]
        address = body["links"]["next"]


def everything(client: Client) -> str:
    """Every open answer as one text, archives unpacked."""
    texts = [client.get(address).content.decode("utf-8-sig") for address in (*FILES, RECORDS, f"{FEED}?limit=500")]
    answer = client.get("/data/bulk/2026.zip")
    if answer.status_code == 200:
        with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]
            texts += [archive.read(name).decode("utf-8-sig") for name in archive.namelist()]
    return "\n".join(texts)


def test_nothing_is_told_before_its_time(cast: Cast, client: Client) -> None:
    hidden = drafted_order(cast, title="未发布的暗号订单")
    order = published_order(cast, title="公开征集的订单")
    sealed_bids(order, cast, ("151111.11", "145222.22", "155333.33"))
    text = everything(client)
    assert order.number in text
    for words in ("暗号", str(hidden.pk), "151111.11", "145222.22", "155333.33", "tenderers", '"bids"'):
        assert words not in text, words
    for key in ("provider1", "provider2", "provider3"):
        assert cast.org(key).uscc not in text
    # Opened and decided, the same places tell who offered what.
    award = published_award(cast, title="评完的订单")
    record = client.get(f"{RECORDS}{award.lot.order.project.ocid}/").json()["records"][0]["compiledRelease"]
    assert record["tender"]["numberOfTenderers"] == 3
    assert {each["value"]["amount"] for each in record["bids"]["details"]} == {150000.0, 145000.0, 155000.0}
    assert record["awards"][0]["suppliers"][0]["name"] == award.bid.organization.name


def test_a_process_from_contract_to_acceptance(cast: Cast, client: Client) -> None:
    contract = closed_contract(cast)
    ocid = contract.award.lot.order.project.ocid
    (record,) = client.get(f"{RECORDS}{ocid}/").json()["records"]
    told = record["compiledRelease"]["contracts"][0]
    assert (told["id"], told["status"]) == (contract.number, "active")
    assert told["value"] == {"amount": float(contract.amount), "currency": "CNY"}
    assert {each["status"] for each in told["implementation"]["milestones"]} <= {"met", "partiallyMet"}
    assert len(told["items"]) == contract.lines.count()
    assert client.get(f"{RECORDS}ocds-213czf-nothing/").status_code == 404
    text = everything(client)
    assert contract.number in text
    assert "GK-2026-001" in text
    for words in (contract.provider.bank_account, contract.provider.legal_representative):
        assert words not in text


def test_a_page_on_which_nothing_is_new(cast: Cast, client: Client) -> None:
    """An empty list and the same address again: a reader waits there, and misses nothing that comes."""
    published_order(cast)
    end = client.get(f"{FEED}?limit=100").json()["links"]["next"]
    answer = client.get(end)
    page = answer.json()
    assert (answer.status_code, page["releases"], page["links"]["next"]) == (200, [], end)
    assert {"uri", "version", "publishedDate", "publisher", "license"} <= set(page)
    waiting = client.get(end, headers={"If-None-Match": answer["ETag"]})
    assert (waiting.status_code, waiting.content, waiting["Access-Control-Allow-Origin"]) == (304, b"", "*")
    later = published_order(cast, title="后来发布的订单")
    woken = client.get(end, headers={"If-None-Match": answer["ETag"]})
    assert [each["tender"]["id"] for each in woken.json()["releases"]] == [later.number]
    # Processes come to an end: the last page has no next, however many fit on one.
    for limit, goes_on in ((1, True), (2, False), (3, False)):
        body = client.get(f"{RECORDS}?limit={limit}").json()
        assert ("next" in body.get("links", {})) is goes_on, limit


def test_files_and_their_tags(cast: Cast, client: Client) -> None:
    published_order(cast, title="=1+1 订单")
    table = client.get("/data/orders.csv")
    assert table["Content-Type"].startswith("text/csv")
    assert "'=1+1 订单" in table.content.decode("utf-8-sig")
    rows = client.get("/data/orders.json").json()
    assert [field["name"] for field in rows["fields"]] == list(rows["rows"][0])
    assert client.get("/data/nothing.csv").status_code == client.get("/data/bulk/1999.zip").status_code == 404
    bulk = client.get("/data/bulk/2026.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(bulk.streaming_content))) as archive:  # type: ignore[attr-defined]
        lines = archive.read("releases-2026.jsonl").decode().splitlines()
        assert set(archive.namelist()) == {"releases-2026.jsonl", *(f"{name}.csv" for name in TABLES)}
    assert [json.loads(line)["id"] for line in lines] == [release["id"] for release in followed(client)]
    assert client.get("/data/bulk/2026.zip", headers={"If-None-Match": bulk["ETag"]}).status_code == 304
    feed = client.get("/data/notices.atom").content.decode()
    assert "=1+1 订单征集公告" in feed
    for nonsense in ("?after=!!", "?limit=0", "?limit=501", "?limit=x", "?after=" + "9" * 40):
        answer = client.get(f"{FEED}{nonsense}")
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), nonsense
    assert client.get(FEED)["Access-Control-Allow-Origin"] == "*"
    assert client.post(FEED).status_code == 405


@pytest.mark.parametrize("address", [f"{FEED}?limit=500", f"{RECORDS}?limit=500", *FILES])
def test_as_many_questions_for_thirty(cast: Cast, client: Client, address: str) -> None:
    order = published_order(cast)
    asked = []
    for size in (1, 30):
        cache.clear()
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        asked.append(len(seen))
        if size == 30:
            break
        first = Notice.objects.filter(case=order.case_key).earliest("position")
        Notice.objects.bulk_create(
            Notice(
                **{
                    field.attname: getattr(first, field.attname)
                    for field in Notice._meta.concrete_fields
                    if field.attname not in {"id", "number", "position", "ocid", "audit_n", "audit_head"}
                },
                number=f"测〔2026〕{n}号",
                position=first.position + n,
                ocid=f"ocds-213czf-{n:012d}",
            )
            for n in range(1, 30)
        )
    assert asked[0] == asked[1] <= 12


def test_a_cursor_is_a_word() -> None:
    for position in (0, 1, 99, 10**12):
        assert position_of(cursor_of(position)) == position
    for nonsense in ("x", "%%", "bi0x", "bjFh", cursor_of(3) * 9):
        assert position_of(nonsense) is None, nonsense


@pytest.mark.django_db(transaction=True)
def test_a_reader_beside_many_writers_misses_nothing() -> None:
    """Publications that commit late and out of turn: whoever follows links.next sees each once, in one order."""
    cast = make_cast()
    buyers = [cast.org("buyer"), cast.org("union")]
    chance, over = Random(7), Event()
    waits = [[chance.random() / 40 for _n in range(6)] for _writer in range(4)]

    def write(writer: int) -> None:
        try:
            for n, wait in enumerate(waits[writer]):
                published(buyers[writer % 2], f"{writer}-{n}", wait, keep=n != 3)
        finally:
            connections.close_all()

    def read() -> list[str]:
        try:
            seen, address, client = [], f"{FEED}?limit=2", Client()
            while True:
                last = over.is_set()
                body = client.get(address).json()
                seen += [release["tender"]["title"] for release in body["releases"]]
                address = body["links"]["next"]
                if last and not body["releases"]:
                    return seen
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        reader = pool.submit(read)
        for writing in [pool.submit(write, n) for n in range(4)]:
            writing.result()
        over.set()
        seen = reader.result()
    expected = {f"{writer}-{n}" for writer in range(4) for n in range(6) if n != 3}
    assert len(seen) == len(set(seen)) == len(expected)
    assert set(seen) == expected
    assert last_position() == len(expected)


def published(buyer: Organization, title: str, wait: float, *, keep: bool) -> None:
    """One notice whose transaction goes on for a while after it was written; rolled back unless kept."""
    with transaction.atomic():
        publish_notice(
            kind="tender", title=title, body="正文", subject="procurement.order:x", case=title, buyer=buyer,
            ocid=f"ocds-213czf-{title}", region_path="530102", actor=SYSTEM, release={"tender": {"id": "1", "title": title}},
        )  # fmt: skip
        time.sleep(wait)
        if not keep:
            transaction.set_rollback(True)
