"""Verification of the journal (日志校验): every chain, every head, every status, every leaf, every root and signature.

A fast walk reads everything once and names suspects; each suspect is then examined exactly, in a second look of its own. So
what merely moved while it was read, on a platform at work, is no finding.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.apps import apps

from audit.journal.findings import Finding
from audit.journal.halves import walk
from audit.journal.models import JournalEntry, Leaf, WaitingEntry
from audit.journal.roots import Roots, outside_findings
from audit.journal.standalone import leaf_hash, link
from audit.journal.sweep import Sweep
from core.aggregates import Aggregate, Journaled

BATCH = 5_000
LOOKS = 3


@dataclass(frozen=True)
class Row:
    """What an object's own row says: how many entries, the last one's hash, the status ("" where there is none)."""

    n: int
    head: bytes
    status: str


def verify(*, outside: bool = True) -> tuple[int, list[Finding]]:
    """Walk the whole journal, the tree and all rows.

    outside  whether the checkpoint file is compared too (not right after a restore)
    returns  how many entries were read; the findings, by object
    finds    an entry altered, missing, out of order; columns that differ from the body; a removed tail;
             a row whose head or status is not its last entry's; a row without entry; a chain without row;
             an entry that is not in the tree, or altered since; a forged checkpoint, key or checkpoint file
    """
    roots = Roots()
    found = walk(roots)
    suspects = found.suspects | found.wrongly_begun() | {key for key, _n, _hash in found.orphans} | _unplaced(found)
    suspects |= set(_odd_rows(found))
    findings = [finding for key in sorted(suspects) for finding in examine(key)]
    findings += roots.finish()
    if outside:
        findings += outside_findings()
    return found.count, findings


def examine(key: str) -> list[Finding]:
    """One object exactly: its chain from the first entry on, its leaves, its row. What moves while it is read is read again."""
    findings: list[Finding] = []
    for _look in range(LOOKS):
        findings = list(_examined(key))
        if not findings:
            break
    return findings


def _examined(key: str) -> Iterator[Finding]:
    leaves = {n: bytes(stored) for n, stored in Leaf.objects.filter(object_key=key).values_list("n", "hash")}
    waiting = {n: bytes(stored) for n, stored in WaitingEntry.objects.filter(object_key=key).values_list("n", "hash")}
    previous: JournalEntry | None = None
    for entry in JournalEntry.objects.filter(object_key=key).order_by("n"):
        yield from _check(entry, previous)
        yield from _check_place(entry, leaves.pop(entry.n, None), waiting.pop(entry.n, None))
        previous = entry
    for n in sorted(leaves):
        yield Finding(key, n, "was numbered in the tree, and the entry is gone")
    for n in sorted(waiting):
        yield Finding(key, n, "waits for its number, and the entry is gone")
    yield from _compare(key, previous, _row_of(key))


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
    body = _read(entry)
    told = tuple(body.get(name) for name in ("object", "n", "verb", "actor", "case", "at"))
    if told != (key, n, entry.verb, entry.actor_key, entry.case_key, entry.at.astimezone(UTC).isoformat()):
        yield Finding(key, n, "columns differ from the body")


def _read(entry: JournalEntry) -> dict[str, Any]:
    """A body as JSON; {} where it is none any more: then it says nothing of what it should."""
    try:
        body = json.loads(bytes(entry.body))
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _check_place(entry: JournalEntry, leaf: bytes | None, waiting: bytes | None) -> Iterator[Finding]:
    if leaf is None and waiting is None:
        if not Leaf.objects.filter(object_key=entry.object_key, n=entry.n).exists():
            yield Finding(entry.object_key, entry.n, "has no place in the tree and does not wait for one")
    elif leaf is not None and leaf != leaf_hash(bytes(entry.hash)):
        yield Finding(entry.object_key, entry.n, "is not the entry that was numbered in the tree")
    elif leaf is None and waiting != bytes(entry.hash):
        yield Finding(entry.object_key, entry.n, "is not the entry that waits for its number")


def _compare(key: str, last: JournalEntry | None, row: Row | None) -> Iterator[Finding]:
    n = last.n if last else 0
    if row is None:
        if last is not None:
            yield Finding(key, n, "has entries but no row")
    elif last is None:
        if row.status or row.n:
            yield Finding(key, 0, "row without entry")
    elif n < row.n:
        yield Finding(key, n, f"tail was removed: the row counts {row.n} entries")
    elif n > row.n or bytes(last.hash) != row.head:
        yield Finding(key, n, "row's head is not its last entry's")
    elif row.status and row.status != (target := _read(last).get("to", "")):
        yield Finding(key, n, f"status is {row.status}, its last entry says {target}")


def _unplaced(found: Sweep) -> set[str]:
    """Objects with an entry that has no leaf and does not wait for one as it is."""
    waiting = set()
    if found.unplaced:
        rows = WaitingEntry.objects.values_list("object_key", "n", "hash").iterator()
        waiting = {(key, n, leaf_hash(bytes(stored))) for key, n, stored in rows}
    return {key for key, _n, _hash in found.unplaced - waiting} | {key for key, _n, _hash in waiting - found.unplaced}


def _odd_rows(found: Sweep) -> Iterator[str]:
    """Objects whose row does not plainly agree with the last entry; chains without a row."""
    heads, bodies, seen = found.heads, found.bodies, 0
    for model, rows in _rows():
        name = f"{model.journal_name}:%s"
        for pk, n, head, *status in rows:
            key = name % pk
            if key not in heads:
                if n or status:
                    yield key
                continue
            seen += 1
            # Quotes inside a value are escaped: this is the end of the entry's body and nothing else.
            end = b'"to":"%b","v":1,"verb":"' % status[0].encode() if status else b""
            if heads[key] != (n + 1, bytes(head)) or end not in bodies[key][-len(end) - 60 :]:
                yield key
    if seen != len(heads):
        there = {f"{model.journal_name}:{pk}" for model, rows in _rows("pk") for (pk,) in rows}
        yield from set(heads) - there


def _rows(*names: str) -> Iterator[tuple[type[Journaled], Iterable[Any]]]:
    for model in journaled_models():
        columns = names or ("pk", "audit_n", "audit_head", *(["status"] if issubclass(model, Aggregate) else []))
        yield model, model._base_manager.order_by().values_list(*columns).iterator(chunk_size=BATCH)


def _row_of(key: str) -> Row | None:
    name, _colon, pk = key.rpartition(":")
    for model in journaled_models():
        if model.journal_name == name:
            columns = ["audit_n", "audit_head", *(["status"] if issubclass(model, Aggregate) else [])]
            found = model._base_manager.filter(pk=pk).values(*columns).first()
            return Row(found["audit_n"], bytes(found["audit_head"]), found.get("status", "")) if found else None
    return None


def journaled_models() -> list[type[Journaled]]:
    """Every model with a chain of its own."""
    return [model for model in apps.get_models() if issubclass(model, Journaled)]
