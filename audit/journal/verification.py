"""Verification of the journal (日志校验): every chain, every head, every status, every leaf, every root and signature.

A fast walk reads everything once and names suspects; each suspect is then examined exactly, in a second look of its own. So
what merely moved while it was read, on a platform at work, is no finding.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import OperationalError, connection
from django.db.models import F, TextField
from django.db.models.functions import Cast

from audit.journal.findings import Finding
from audit.journal.halves import Walked, walk, walk_alone
from audit.journal.models import JournalEntry, Leaf, WaitingEntry
from audit.journal.roots import outside_findings
from audit.journal.rows import any_text, in_bytes, in_iso, in_text
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
    try:
        return _verified(walk(), outside=outside)
    except OperationalError:
        if connection.vendor != "sqlite":
            raise
        with any_text():
            return _verified(walk_alone(), outside=outside)


def _verified(walked: Walked, *, outside: bool) -> tuple[int, list[Finding]]:
    found, of_tree = walked
    suspects = found.suspects | set(found.begins) | {key for key, _n, _hash in found.orphans} | _unplaced(found)
    suspects |= set(_odd_rows(found))
    findings = [finding for key in sorted(map(in_text, suspects)) for finding in examine(key)]
    findings += of_tree
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
    leaves = {n: in_bytes(stored) for n, stored in Leaf.objects.filter(object_key=key).values_list("n", "hash")}
    waiting = {
        n: in_bytes(stored) for n, stored in WaitingEntry.objects.filter(object_key=key).values_list("n", "hash")
    }
    previous: JournalEntry | None = None
    for entry in _entries_of(key):
        if odd := _of_another_type(entry):
            yield Finding(key, entry.n if isinstance(entry.n, int) else 0, f"is stored as another type: {odd}")
        if not isinstance(entry.n, int):
            continue
        yield from _check(entry, previous)
        yield from _check_place(entry, leaves.pop(entry.n, None), waiting.pop(entry.n, None))
        previous = entry
    for n in sorted(leaves, key=str):
        yield Finding(key, n, "was numbered in the tree, and the entry is gone")
    for n in sorted(waiting, key=str):
        yield Finding(key, n, "waits for its number, and the entry is gone")
    yield from _compare(key, previous, _row_of(key))


def _entries_of(key: str) -> Iterable[Any]:
    """An object's entries with `moment`, which no converter of the driver has touched."""
    moment = Cast("at", TextField()) if connection.vendor == "sqlite" else F("at")
    return JournalEntry.objects.filter(object_key=key).defer("at").annotate(moment=moment).order_by("n")


def _of_another_type(entry: Any) -> str:
    """Columns that SQLite keeps as another type than theirs, as text instead of bytes: comparing values would not tell."""
    binary = [name for name in ("previous", "hash", "body") if not isinstance(getattr(entry, name), bytes | memoryview)]
    return "、".join([*binary, *(["n"] if not isinstance(entry.n, int) else [])])


def _check(entry: Any, previous: JournalEntry | None) -> Iterator[Finding]:
    key, n = entry.object_key, entry.n
    expected_n = previous.n + 1 if previous else 1
    expected_previous = in_bytes(previous.hash) if previous else b""
    if n != expected_n:
        yield Finding(key, n, f"entry {expected_n} is missing")
    elif in_bytes(entry.previous) != expected_previous:
        yield Finding(key, n, "does not follow the entry before it")
    if link(in_bytes(entry.previous), in_bytes(entry.body)) != in_bytes(entry.hash):
        yield Finding(key, n, "body was altered")
        return
    body = _read(entry)
    told = tuple(body.get(name) for name in ("object", "n", "verb", "actor", "case", "at"))
    if told != (key, n, entry.verb, entry.actor_key, entry.case_key, in_iso(entry.moment)):
        yield Finding(key, n, "columns differ from the body")


def _read(entry: JournalEntry) -> dict[str, Any]:
    """A body as JSON; {} where it is none any more: then it says nothing of what it should."""
    try:
        body = json.loads(in_bytes(entry.body))
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _check_place(entry: JournalEntry, leaf: bytes | None, waiting: bytes | None) -> Iterator[Finding]:
    if leaf is None and waiting is None:
        if not Leaf.objects.filter(object_key=entry.object_key, n=entry.n).exists():
            yield Finding(entry.object_key, entry.n, "has no place in the tree and does not wait for one")
    elif leaf is not None and leaf != leaf_hash(in_bytes(entry.hash)):
        yield Finding(entry.object_key, entry.n, "is not the entry that was numbered in the tree")
    elif leaf is None and waiting != in_bytes(entry.hash):
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
    elif n > row.n or in_bytes(last.hash) != row.head:
        yield Finding(key, n, "row's head is not its last entry's")
    elif row.status and row.status != (target := _read(last).get("to", "")):
        yield Finding(key, n, f"status is {row.status}, its last entry says {target}")


def _unplaced(found: Sweep) -> set[str]:
    """Objects with an entry that has no leaf and does not wait for one as it is."""
    waiting = set()
    if found.unplaced:
        rows = WaitingEntry.objects.values_list("object_key", "n", "hash").iterator()
        waiting = {(key, n, leaf_hash(in_bytes(stored))) for key, n, stored in rows}
    return {key for key, _n, _hash in found.unplaced - waiting} | {key for key, _n, _hash in waiting - found.unplaced}


def _odd_rows(found: Sweep) -> Iterator[str]:
    """Objects whose row does not plainly agree with the last entry; chains without a row."""
    heads, targets, seen = found.heads, found.targets, 0
    for model, rows in _rows():
        name = f"{model.journal_name}:%s"
        for pk, n, head, *status in rows:
            key = name % _dashed(pk)
            if key not in heads:
                if n or status:
                    yield key
                continue
            seen += 1
            if heads[key] != (n + 1, in_bytes(head)) or (status and targets.get(key, b"") != status[0].encode()):
                yield key
    if seen != len(heads):
        there = {f"{model.journal_name}:{_dashed(pk)}" for model, rows in _rows("stored_pk") for (pk,) in rows}
        yield from set(heads) - there


def _rows(*names: str) -> Iterator[tuple[type[Journaled], Iterable[Any]]]:
    for model in journaled_models():
        columns = names or ("stored_pk", "audit_n", "audit_head", *(["status"] if issubclass(model, Aggregate) else []))
        rows = model._base_manager.order_by().annotate(stored_pk=Cast("pk", TextField()))
        yield model, rows.values_list(*columns).iterator(chunk_size=BATCH)


def _dashed(pk: str) -> str:
    """A key as objects are named by it; SQLite keeps a UUID without dashes."""
    return f"{pk[:8]}-{pk[8:12]}-{pk[12:16]}-{pk[16:20]}-{pk[20:]}" if len(pk) == 32 else pk


def _row_of(key: str) -> Row | None:
    name, _colon, pk = key.rpartition(":")
    for model in journaled_models():
        if model.journal_name == name:
            columns = ["audit_n", "audit_head", *(["status"] if issubclass(model, Aggregate) else [])]
            found = model._base_manager.filter(pk=pk).values(*columns).first()
            return Row(found["audit_n"], in_bytes(found["audit_head"]), found.get("status", "")) if found else None
    return None


def journaled_models() -> list[type[Journaled]]:
    """Every model with a chain of its own."""
    return [model for model in apps.get_models() if issubclass(model, Journaled)]
