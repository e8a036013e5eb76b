"""The journals of copies: every entry written anew for its copy, chained and hashed as the keeper does, so that they verify."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from audit.journal.models import JournalEntry, Leaf, WaitingEntry
from audit.journal.standalone import link
from tests.benchmarks.dialect import Dialect, copied

KEY = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
NAMES = ("id", "object_key", "n", "previous", "hash", "body", "at", "verb", "actor_key", "case_key")


@dataclass(frozen=True)
class Copy:
    """One copy: its number, that of its line and of its providers, how many minutes earlier it happened."""

    n: int
    block: int
    party: int
    minutes: int


@dataclass(frozen=True)
class Template:
    """An entry cut where keys and the moment stand. parts: text, key, text, key …; the moment is the key "at"."""

    id: str
    name: str
    key: str
    n: int
    parts: tuple[str, ...]
    at: datetime
    verb: str
    actor: str
    case: str


def templates(object_keys: Iterable[str]) -> list[Template]:
    """The entries of these objects, chain by chain."""
    found = []
    for entry in JournalEntry.objects.filter(object_key__in=list(object_keys)).order_by("object_key", "n"):
        name, _colon, key = entry.object_key.partition(":")
        text = bytes(entry.body).decode()
        before, moment, after = text.partition(entry.at.isoformat())
        assert moment, "the body tells its moment"
        parts = (*KEY.split(before), "at", *KEY.split(after))
        found.append(
            Template(str(entry.pk), name, key, entry.n, parts, entry.at, entry.verb, entry.actor_key, entry.case_key)
        )
    return found


def write_chains(
    dialect: Dialect, entries: list[Template], copies: Iterable[Copy], rename: Callable[[str, Copy], str]
) -> int:
    """Write the entries of each copy; rename: key, copy -> the key in that copy. Returns how many."""
    return dialect.load(JournalEntry._meta.db_table, NAMES, _rows(dialect, entries, copies, rename))


def _rows(
    dialect: Dialect, entries: list[Template], copies: Iterable[Copy], rename: Callable[[str, Copy], str]
) -> Iterator[tuple[Any, ...]]:
    for copy in copies:
        known: dict[str, str] = {}
        earlier = timedelta(minutes=copy.minutes)
        previous = b""
        for entry in entries:
            previous = b"" if entry.n == 1 else previous
            at = entry.at - earlier
            known["at"] = at.isoformat()
            pieces = list(entry.parts)
            for place in range(1, len(pieces), 2):
                key = pieces[place]
                pieces[place] = known[key] if key in known else known.setdefault(key, rename(key, copy))
            body = "".join(pieces).encode()
            own = known.setdefault(entry.key, rename(entry.key, copy))
            case = known.setdefault(entry.case, rename(entry.case, copy)) if entry.case else ""
            made = link(previous, body)
            pk = copied(entry.id, copy.n)
            yield (
                pk if dialect.postgresql else UUID(pk).hex,
                f"{entry.name}:{own}",
                entry.n,
                previous,
                made,
                body,
                at if dialect.postgresql else str(at.replace(tzinfo=None)),
                entry.verb,
                entry.actor,
                case,
            )
            previous = made


def wait_for_leaves() -> None:
    """Every entry that has no place in the tree yet waits for one, as the keeper would have it."""
    entries, waiting, leaves = (model._meta.db_table for model in (JournalEntry, WaitingEntry, Leaf))
    placed = " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM {table} t WHERE t.object_key = e.object_key AND t.n = e.n)"
        for table in (waiting, leaves)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {waiting} (object_key, n, hash) SELECT e.object_key, e.n, e.hash FROM {entries} e "
            f"WHERE {placed} ORDER BY e.object_key, e.n"
        )


def head_of(column: str, name: str, n: str) -> str:
    """SQL: the head that the copied row of this chain must carry; its own where it has no chain."""
    key = f"'{name}:' || {column}" if connection.vendor == "postgresql" else f"'{name}:' || dashed({column})"
    table = JournalEntry._meta.db_table
    return f"COALESCE((SELECT j.hash FROM {table} j WHERE j.object_key = {key} AND j.n = {n}), s.audit_head)"
