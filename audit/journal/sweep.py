"""One fast walk over the whole journal (快速通读): says which objects are to be looked at, and how far the tree agrees.

Entries are read in whatever order the database keeps them, leaves in the tree's order; the two orders are nearly the same, so
that little has to be remembered. Nothing is left out: each body is hashed, each link followed, each column compared with the
body, each leaf with its entry. What is not plainly right is named as a suspect and examined exactly (verification.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import chain, zip_longest
from typing import Any, Final

from django.db import connection, transaction

from audit.journal.models import JournalEntry, Leaf

ROWS: Final = 10_000
NOTHING: Final = ("", 0, b"")
LeafRow = tuple[str, int, bytes]


@dataclass
class Sweep:
    """What a walk has found.

    count     entries that were read;  suspects: objects that are not plainly right
    heads     by object: number, hash and body of the last entry that was read
    unplaced  entries without a leaf, leaves without an entry: (object, n, leaf hash)
    """

    count: int = 0
    suspects: set[str] = field(default_factory=set)
    heads: dict[str, tuple[int, bytes, bytes]] = field(default_factory=dict)
    unplaced: set[LeafRow] = field(default_factory=set)
    orphans: set[LeafRow] = field(default_factory=set)


def sweep(leaves: Iterable[LeafRow]) -> Sweep:
    """Walk all entries beside the tree's leaves, which are handed in as they are read: (object, n, hash) in order."""
    found = Sweep()
    with ExitStack() as stack:
        entries = stack.enter_context(stored_entries())
        pairs = zip_longest(entries, leaves)
        _walk(pairs, found)
    return found


def _walk(pairs: Iterable[tuple[tuple[Any, ...] | None, LeafRow | None]], found: Sweep) -> None:
    heads, suspects, unplaced, orphans = found.heads, found.suspects, found.unplaced, found.orphans
    count, starts, ends = 0, _Starts(), _Ends()
    told = _told_on_sqlite if connection.vendor == "sqlite" else _told_on_postgresql
    get, nothing = heads.get, (0, b"", b"")
    for entry, leaf in pairs:
        if entry is not None:
            count += 1
            key, n, previous, stored, body, at, verb, actor, case = entry
            digest = sha256(previous + body).digest()
            last_n, last, _body = get(key, nothing)
            # The body's keys are sorted, and a quote inside a value is escaped: these places can be nothing else.
            if (
                digest != stored
                or previous != last
                or n != last_n + 1
                or not body.startswith(starts[actor])
                or not body.startswith(told(at, case), body.find(b'","at":"'))
                or not body.endswith(ends[verb])
                or f',"n":{n},"object":"{key}","on_behalf_of":"'.encode() not in body
                or body.count(b',"object":"') != 1
            ):
                suspects.add(key)
            heads[key] = (n, digest, body)
            placed = (key, n, sha256(b"\0" + digest).digest())
            if placed == leaf:
                continue
            _toggle(placed, orphans, unplaced)
        if leaf is not None:
            _toggle(leaf, unplaced, orphans)
    found.count = count


def _toggle(one: LeafRow, there: set[LeafRow], here: set[LeafRow]) -> None:
    """Strike it from the other side's open ones, or leave it open on this side."""
    if one in there:
        there.remove(one)
    else:
        here.add(one)


class _Starts(dict[str, bytes]):
    """How the body of an actor's entry begins."""

    def __missing__(self, actor: str) -> bytes:
        self[actor] = f'{{"actor":"{actor}","actor_name":"'.encode()
        return self[actor]


class _Ends(dict[str, bytes]):
    """How the body of a verb's entry ends."""

    def __missing__(self, verb: str) -> bytes:
        self[verb] = f',"v":1,"verb":"{verb}"}}'.encode()
        return self[verb]


def _told_on_sqlite(at: str, case: str) -> bytes:
    return f'","at":"{at[:10]}T{at[11:]}+00:00","case":"{case}","documents":['.encode()


def _told_on_postgresql(at: datetime, case: str) -> bytes:
    return f'","at":"{at.isoformat()}","case":"{case}","documents":['.encode()


# On SQLite the moment as text: the driver would make it a datetime in Python, slowly.
ENTRIES: Final = (
    f"SELECT object_key, n, previous, hash, body, {{at}}, verb, actor_key, case_key FROM {JournalEntry._meta.db_table}"  # noqa: S608
)
MOMENT: Final = {"sqlite": "CAST(at AS TEXT)", "postgresql": "at"}
LEAVES: Final = f"SELECT seq, object_key, n, hash FROM {Leaf._meta.db_table} ORDER BY seq"  # noqa: S608 - constants


@contextmanager
def stored_entries() -> Iterator[Iterator[tuple[Any, ...]]]:
    """The raw rows of all entries, in pieces."""
    with raw_rows(ENTRIES.format(at=MOMENT[connection.vendor]), "journal_entries") as rows:
        yield rows


@contextmanager
def stored_leaves() -> Iterator[Iterator[tuple[Any, ...]]]:
    """The raw rows of all leaves in the tree's order, in pieces."""
    with raw_rows(LEAVES, "journal_leaves") as rows:
        yield rows


@contextmanager
def raw_rows(question: str, name: str) -> Iterator[Iterator[tuple[Any, ...]]]:
    """Rows as the driver hands them over: neither model nor converter stands in between.

    PostgreSQL: a cursor on the server, in binary, inside a transaction; SQLite reads in pieces by itself, and a
    transaction there would keep writers out.
    """
    with ExitStack() as stack:
        if connection.vendor == "postgresql":
            stack.enter_context(transaction.atomic())
            cursor = stack.enter_context(connection.connection.cursor(name=name, binary=True))
        else:
            connection.ensure_connection()
            cursor = stack.enter_context(closing(connection.connection.cursor()))
        cursor.execute(question)
        yield chain.from_iterable(iter(partial(cursor.fetchmany, ROWS), []))
