"""Verification of the journal (日志校验): every chain, every head, every status against its last entry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import QuerySet

from audit.journal.models import JournalEntry
from audit.journal.standalone import link
from core.aggregates import Aggregate, Journaled

BATCH = 5_000


@dataclass(frozen=True)
class Finding:
    """One thing that does not agree: which object, at which entry (0: the row itself), and what."""

    object_key: str
    n: int
    what: str

    def __str__(self) -> str:
        return f"{self.object_key} #{self.n}: {self.what}"


@dataclass(frozen=True)
class Tail:
    """Where a chain ends: its last number, hash, and the status it leads to."""

    n: int
    hash: bytes
    target: str


def verify() -> tuple[int, list[Finding]]:
    """Walk the whole journal and all rows.

    returns  how many entries were read; the findings, in the order of discovery
    finds    an entry altered, missing, out of order; columns that differ from the body; a removed tail;
             a row whose head or status is not its last entry's; a row without entry; a chain without row
    """
    findings: list[Finding] = []
    tails: dict[str, Tail] = {}
    count = 0
    for entry, previous in _walk():
        count += 1
        findings.extend(_check(entry, previous))
        if previous is None or entry.object_key != previous.object_key or entry.n > previous.n:
            target = json.loads(bytes(entry.body)).get("to", "")
            tails[entry.object_key] = Tail(entry.n, bytes(entry.hash), target)
    findings.extend(_compare_rows(tails))
    return count, findings


def _walk() -> Iterator[tuple[JournalEntry, JournalEntry | None]]:
    """Entries chain by chain, each with its predecessor of the same chain."""
    previous: JournalEntry | None = None
    entries: QuerySet[JournalEntry] = JournalEntry.objects.order_by("object_key", "n")
    for entry in entries.iterator(chunk_size=BATCH):
        same = previous is not None and previous.object_key == entry.object_key
        yield entry, previous if same else None
        previous = entry


def _check(entry: JournalEntry, previous: JournalEntry | None) -> Iterator[Finding]:
    key, n = entry.object_key, entry.n
    expected_n = previous.n + 1 if previous else 1
    expected_previous = bytes(previous.hash) if previous else b""
    if n != expected_n:
        yield Finding(key, n, f"entry {expected_n} is missing")
    elif bytes(entry.previous) != expected_previous:
        yield Finding(key, n, "does not follow the entry before it")
    if link(bytes(entry.previous), bytes(entry.body)) != bytes(entry.hash):
        yield Finding(key, n, "body was altered")
        return
    body = json.loads(bytes(entry.body))
    told = (body["object"], body["n"], body["verb"], body["actor"], body["case"], body["at"])
    if told != (key, n, entry.verb, entry.actor_key, entry.case_key, entry.at.isoformat()):
        yield Finding(key, n, "columns differ from the body")


def _compare_rows(tails: dict[str, Tail]) -> Iterator[Finding]:
    seen: set[str] = set()
    for model in journaled_models():
        has_status = issubclass(model, Aggregate)
        names = ["pk", "audit_n", "audit_head", *(["status"] if has_status else [])]
        for row in model._base_manager.values(*names).iterator(chunk_size=BATCH):
            key = f"{model.journal_name}:{row['pk']}"
            seen.add(key)
            yield from _compare(key, row["audit_n"], bytes(row["audit_head"]), row.get("status"), tails.get(key))
    for key in sorted(set(tails) - seen):
        yield Finding(key, tails[key].n, "has entries but no row")


def _compare(key: str, n: int, head: bytes, status: str | None, tail: Tail | None) -> Iterator[Finding]:
    if tail is None:
        if status is not None or n:
            yield Finding(key, 0, "row without entry")
    elif tail.n < n:
        yield Finding(key, tail.n, f"tail was removed: the row counts {n} entries")
    elif tail.n > n or tail.hash != head:
        yield Finding(key, tail.n, "row's head is not its last entry's")
    elif status is not None and tail.target != status:
        yield Finding(key, tail.n, f"status is {status}, its last entry says {tail.target}")


def journaled_models() -> list[type[Journaled]]:
    """Every model with a chain of its own."""
    return [model for model in apps.get_models() if issubclass(model, Journaled)]
