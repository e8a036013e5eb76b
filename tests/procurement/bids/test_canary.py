"""A canary in a draft and in a submitted bid is found nowhere: database, media, logs, journal, pages, exports, API."""

from __future__ import annotations

import json
import logging
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from core import clock
from core.sealing import Unreadable
from procurement.bids.models import Bid
from procurement.bids.operations import begin_bid, submit_bid, unsealed
from tests.cast import Cast
from tests.journeys.bids import content, drafted_bid
from tests.journeys.orders import after_deadline, published_order

WORD = "金丝雀柒叁玖壹羽"
PRICE = Decimal("73919.37")
NEEDLES = {
    form
    for text in (WORD, str(PRICE), "73,919.37")
    for form in (text.encode(), text.encode("gb18030"), text.encode("utf-16-le"), json.dumps(text).strip('"').encode())
}


READERS = (
    "buyer",
    "procurer",
    "auditor",
    "discipline",
    "district_finance",
    "street",
    "admin",
    "other_buyer",
    "provider2",
    "expert1",
)


def plain(value: Any) -> bytes:
    """A column's value as bytes, however it is kept."""
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def found_in_database() -> list[str]:
    """Every table and column in which the canary, its price, or its price in fen lies."""
    places = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description or ()]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    if value == int(PRICE * 100) or any(needle in plain(value) for needle in NEEDLES):
                        places.append(f"{table}.{name}")
    return places


def found_in_files(*folders: Path) -> list[str]:
    """Every file below these folders in which the canary lies; the database's own file and its log are among them."""
    return [
        str(path)
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and any(needle in path.read_bytes() for needle in NEEDLES)
    ]


def lines() -> list[dict[str, str]]:
    row = {
        "cost_class": "activity",
        "name": WORD,
        "unit": "项",
        "quantity": "1",
        "unit_price": str(PRICE),
        "reason": WORD,
    }
    return [row]


def write_canary(cast: Cast, bid: Bid) -> None:
    """Type the canary into every part by the pages: as autosaved text, as price, as file name and file content."""
    client = cast.client("provider1")
    plan = {"plan-approach": WORD, "plan-understanding": WORD, "plan-safeguarding": WORD}
    contact = {"contact-name": WORD, "contact-phone": "0871", "contact-email": ""}
    priced = {f"lines-0-{k}": v for k, v in lines()[0].items()}
    team = {"team-0-name": WORD, "team-0-role": "负责人"}
    pledges = {f"pledges-{k}": "on" for k in content()["pledges"]}
    for part, data in (("plan", plan), ("contact", contact), ("lines", priced), ("team", team), ("pledges", pledges)):
        assert client.post(f"/w/bids/{bid.pk}/draft/{part}/", {**data, "force": "1"}).status_code == 200
    upload = SimpleUploadedFile(f"{WORD}.txt", WORD.encode())
    assert client.post(f"/w/bids/{bid.pk}/write/files/", {"file": upload, "kind": "其他"}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_the_canary_is_found_nowhere(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    order = published_order(cast)
    lot = order.lots.get()
    bid = begin_bid(lot, actor=cast.actor("provider1"))
    write_canary(cast, bid)
    assert found_in_database() == []
    refused = cast.client("provider1").post(
        f"/w/bids/{bid.pk}/draft/lines/", {"lines-0-name": WORD, "draft_version": "1"}
    )
    assert refused.status_code == 409
    bid.refresh_from_db()
    submitted = cast.client("provider1").post(f"/w/bids/{bid.pk}/submit/", {"version": bid.version})
    assert submitted.status_code == 302, submitted.content.decode()[:2000]
    drafted_bid(order, cast, "provider2", str(PRICE))
    with clock.travel(after_deadline(order)):
        look_everywhere(cast, order.number, str(bid.pk), caplog)
    own = cast.client("provider1").get(f"/w/bids/{bid.pk}/").content.decode()
    assert WORD in own
    assert "73,919.37" in own


def look_everywhere(cast: Cast, number: str | None, key: str, caplog: pytest.LogCaptureFixture) -> None:
    """Look into the database, the files, the log, and what every other person may open."""
    assert found_in_database() == []
    assert found_in_files(Path(settings.MEDIA_ROOT), Path(settings.DATA_DIR)) == []
    assert not [record for record in caplog.records if WORD in record.getMessage() or str(PRICE) in record.getMessage()]
    addresses = [
        "/", "/orders/", f"/orders/{number}/", "/notices/",
        "/w/", "/w/orders/", f"/w/orders/{number}/", f"/w/orders/{number}/bids/", f"/w/orders/{number}/review/",
        f"/w/orders/{number}/history/", "/w/bids/", "/w/bids/?export=xlsx", "/w/openings/", "/w/messages/",
        f"/w/search/?q={WORD[:4]}", f"/w/bids/{key}/", "/api/v1/bids/", f"/api/v1/bids/{key}/", "/api/v1/orders/",
        f"/api/v1/orders/{number}/", "/w/projects/",
    ]  # fmt: skip
    for login in READERS:
        client = cast.client(login)
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code < 500, address
            body = b"".join(answer) if answer.streaming else answer.content
            assert not any(needle in body for needle in NEEDLES - own_price(login)), (login, address)
            assert key.encode() not in body, (login, address)


def own_price(login: str) -> set[bytes]:
    """provider2 wrote the same price and may read its own."""
    return {n for n in NEEDLES if b"73" in n or b"7\x003" in n} if login == "provider2" else set()


def test_an_envelope_opens_as_its_own_bids_alone(cast: Cast) -> None:
    order = published_order(cast)
    first = submit_bid(drafted_bid(order, cast, "provider1"), actor=cast.actor("provider1"))
    second = submit_bid(drafted_bid(order, cast, "provider2"), actor=cast.actor("provider2"))
    first.envelope = second.envelope
    with pytest.raises(Unreadable):
        unsealed(first)
