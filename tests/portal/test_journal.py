"""The public page of the journal: one digest a day and the keys; nothing that counts, nothing that can be guessed."""

from __future__ import annotations

import json
import re
from datetime import timedelta

from django.db import transaction
from django.test import Client

from audit.journal import standalone
from audit.journal.models import Checkpoint, JournalEntry, Leaf
from audit.journal.proofs import verifier
from audit.journal.sequencer import sequence
from audit.journal.signing import checkpoint_key
from core import clock, journal
from core.actor import SYSTEM
from procurement.bids.models import Bid
from tests.cast import Cast
from tests.journeys.bids import opened_order, sealed_bid
from tests.journeys.orders import published_order

PAGES = ("/journal/", "/journal/checkpoints.json")


def test_before_the_first_day_the_page_says_so(db: None, client: Client) -> None:
    assert "还没有公布的摘要" in client.get("/journal/").content.decode()
    assert client.get("/journal/checkpoints.json").json() == {"keys": [], "days": []}


def test_each_day_s_digest_is_there_and_can_be_looked_up(cast: Cast, client: Client) -> None:
    for day in range(3):
        with clock.travel(clock.now() + timedelta(days=day)):
            sequence()
    closed = list(Checkpoint.objects.filter(closes__isnull=False).order_by("-closes"))
    assert len(closed) == 3
    told = client.get("/journal/checkpoints.json").json()
    assert told == {
        "keys": [checkpoint_key().public],
        "days": [{"day": each.closes.isoformat(), "sha256": each.digest} for each in closed],
    }
    page = client.get("/journal/").content.decode()
    assert all(each.digest in page for each in closed)
    assert checkpoint_key().public in page
    assert "的日志存证" in client.get("/v/", {"digest": closed[0].digest}).content.decode()
    answer = client.get("/journal/verify.py")
    assert answer.content == verifier()
    assert "attachment" in answer["Content-Disposition"]


def test_a_sealed_bid_moves_nothing_that_a_stranger_sees(cast: Cast, client: Client) -> None:
    """A day with bids and a day without look the same: no size, no root, no leaf, no hash of an entry, one line each."""
    order = published_order(cast, title="青年夜校", quantity=120)
    sequence()
    before = {url: client.get(url).content for url in PAGES}
    sealed_bid(order, cast, "provider2")
    sequence()
    assert {url: client.get(url).content for url in PAGES} == before
    with clock.travel(clock.now() + timedelta(days=1)):
        sequence()
        shown = b"".join(client.get(url).content for url in PAGES).decode()
    for row in Checkpoint.objects.all():
        assert standalone.Note(row.note).text.split("\n")[2] not in shown
        assert not re.search(
            rf"\b{row.size}\b", re.sub(r"[0-9a-f]{64}", "", shown).partition("公钥")[0].partition("<h1")[2]
        )
    hidden = [bytes(row.hash).hex() for row in [*Leaf.objects.all(), *JournalEntry.objects.all()]]
    assert not any(digest in shown for digest in hidden)


def test_the_bidder_s_receipt_is_signed_and_tells_its_place_only_after_the_opening(cast: Cast) -> None:
    order = published_order(cast, title="青年夜校", quantity=120)
    bid = sealed_bid(order, cast, "provider2")
    sequence()
    url, keys = f"/w/bids/{bid.pk}/receipt/file/", [checkpoint_key().public]
    answer = cast.client("provider2").get(url)
    assert "attachment" in answer["Content-Disposition"]
    early = json.loads(answer.content)
    assert early["checkpoint"] == ""
    assert "index" not in early["entry"]
    assert bid.commitment in early["entry"]["body"]
    assert list(standalone.faults_of_proof(early, keys)) == []
    for login in ("provider1", "buyer", "auditor", "admin"):
        assert cast.client(login).get(url).status_code == 404
    assert "开启前不给出位置" in cast.client("provider2").get(f"/w/bids/{bid.pk}/receipt/").content.decode()


def test_after_the_opening_the_receipt_proves_itself(cast: Cast) -> None:
    order = opened_order(cast)
    sequence()
    bid = Bid.objects.filter(lot__order=order, status="opened").select_related("organization").first()
    assert bid is not None
    login = next(key for key, org in cast.organizations.items() if org.pk == bid.organization_id)
    told = json.loads(cast.client(login).get(f"/w/bids/{bid.pk}/receipt/file/").content)
    assert told["entry"]["index"] is not None
    assert list(standalone.faults_of_proof(told, [checkpoint_key().public])) == []
    published = [each.digest for each in journal.published().days]
    assert list(standalone.faults_of_proof(told, [checkpoint_key().public], published)) == []


def test_the_foot_of_a_paper_names_the_last_day(cast: Cast) -> None:
    buyer = cast.org("buyer")
    assert "存证" not in journal.head(buyer)
    with transaction.atomic():
        journal.record(buyer, "credit", actor=SYSTEM)
    sequence()
    last = journal.published().days[0]
    assert journal.head(buyer).endswith(f"存证 {last.day} {last.digest[:16]}")
