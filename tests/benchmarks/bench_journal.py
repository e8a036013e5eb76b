"""The whole journal of a million entries verified, against hashlib alone over the same bytes in memory.

ENTRIES     how many, fewer on a desk that is in a hurry
RECORD=1    keep the figures in results/, from which the papers' tables are drawn
"""

from __future__ import annotations

import gc
import os
import random
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from django.db import connection, transaction

from audit.journal import halves
from audit.journal.hashing import canonical
from audit.journal.models import JournalEntry, WaitingEntry
from audit.journal.sequencer import sequence
from audit.journal.standalone import link
from audit.journal.verification import verify
from procurement.notices.models import Notice
from tests.benchmarks import papers, table
from tests.benchmarks.table import Took
from tests.cast import make_cast

ENTRIES = int(os.environ.get("ENTRIES", "1000000"))
A_CHAIN = 10
BATCH = 5_000
ROUNDS = 3


def bodies(chance: random.Random) -> Iterator[tuple[JournalEntry, bytes]]:
    """Entries as the platform writes them, many objects in turn; with each the bytes that its hash is over."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    people = [str(UUID(int=chance.getrandbits(128))) for _n in range(60)]
    cases = [str(UUID(int=chance.getrandbits(128))) for _n in range(400)]
    open_chains: list[tuple[str, str, int, bytes]] = []
    for _n in range(ENTRIES):
        if len(open_chains) < 500:
            key = f"procurement.notice:{UUID(int=chance.getrandbits(128))}"
            open_chains.append((key, chance.choice(cases), 0, b""))
        place = chance.randrange(len(open_chains))
        key, case, n, previous = open_chains[place]
        n, at = n + 1, at + timedelta(microseconds=chance.randrange(1, 60_000_000))
        actor = chance.choice(people)
        body = canonical(
            {
                "v": 1,
                "n": n,
                "at": at.isoformat(),
                "actor": actor,
                "actor_name": "周敏",
                "roles": ["programme_officer"],
                "organization": "共青团五华区委员会",
                "on_behalf_of": "",
                "verb": "report",
                "object": key,
                "case": case,
                "from": "",
                "to": "",
                "reason": "",
                "facts": {"kind": "procurement.settlement", "job": str(UUID(int=chance.getrandbits(128)))},
                "documents": [f"{chance.getrandbits(256):064x}"] if n % 3 == 0 else [],
                "request": f"{chance.getrandbits(128):032x}",
            }
        )
        entry = JournalEntry(
            object_key=key, n=n, previous=previous, hash=link(previous, body), body=body, at=at, verb="report",
            actor_key=actor, case_key=case,
        )  # fmt: skip
        open_chains[place] = (key, case, n, entry.hash)
        if n == A_CHAIN:
            open_chains[place] = open_chains[-1]
            open_chains.pop()
        yield entry, previous + body


def fill() -> list[bytes]:
    """Entries, their rows, their leaves and checkpoints; what hashlib alone is to hash."""
    buyer = make_cast().org("buyer")
    raw, heads = [], dict[str, tuple[int, bytes]]()
    made = bodies(random.Random(2026))
    while rows := [row for _n, row in zip(range(BATCH), made, strict=False)]:
        entries = [entry for entry, _bytes in rows]
        raw += [hashed for _entry, hashed in rows]
        heads |= {entry.object_key: (entry.n, entry.hash) for entry in entries}
        with transaction.atomic():
            JournalEntry.objects.bulk_create(entries)
            WaitingEntry.objects.bulk_create(
                WaitingEntry(object_key=entry.object_key, n=entry.n, hash=entry.hash) for entry in entries
            )
    at = datetime(2026, 1, 1, tzinfo=UTC)
    notices = (
        Notice(
            pk=key.rpartition(":")[2], number=f"号{n}", position=n, kind="tender", title="公告", body="正文", buyer=buyer,
            region_path="530102", subject="", case="", ocid="", published_at=at, digest="", audit_n=last, audit_head=head,
        )
        for n, (key, (last, head)) in enumerate(heads.items(), 1)
    )  # fmt: skip
    Notice.objects.bulk_create(notices, batch_size=BATCH)
    return raw


def took(work: Callable[[], None]) -> Took:
    """The least of some runs, in µs an entry; Python's own collector is not what is measured."""
    walls, longer = [], []
    for _n in range(ROUNDS):
        gc.collect()
        gc.disable()
        before, begun = used(), time.perf_counter()
        work()
        walls.append(time.perf_counter() - begun)
        longer.append(max(now - then for now, then in zip(used(), before, strict=True)))
        gc.enable()
    return Took(min(walls) / ENTRIES * 1e6, min(longer) / ENTRIES * 1e6)


def used() -> list[float]:
    """Seconds of the processor that this process took, and all its children that have ended."""
    return [sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]


@pytest.mark.django_db(transaction=True)
def test_against_bare_hashlib(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains, columns, heads, statuses, leaves, subtrees, roots, signatures and the file outside; by one process and by two."""
    raw = fill()
    begun = time.perf_counter()
    while sequence():
        pass
    print(f"{connection.vendor}：编号 {ENTRIES / (time.perf_counter() - begun):,.0f} 条/秒")

    def bare() -> None:
        for hashed in raw:
            sha256(hashed).digest()

    def whole() -> None:
        count, findings = verify()
        assert count >= ENTRIES
        assert findings == []

    found = table.Verified(connection.vendor, ENTRIES, took(bare))
    for processes, fewest in ((1, 2 * ENTRIES), (2, 0)):
        monkeypatch.setattr(halves, "FEWEST", fewest)
        found.by[processes] = took(whole)
    for line in found.lines(papers.verified(connection.vendor)):
        print(line)
    if os.environ.get("RECORD") == "1":
        found.write()
