"""One fast walk over the whole journal (快速通读): says which objects are to be looked at, and how far the tree agrees.

Entries are read in whatever order the database keeps them, leaves in the tree's order; the two orders are nearly the same, so
that little has to be remembered. Nothing is left out: each body is hashed, each link followed, each column compared with the
body, each leaf with its entry. What is not plainly right is named as a suspect and examined exactly (verification.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import chain, zip_longest
from typing import Any, Final

from django.db import connection, transaction

from audit.journal.models import JournalEntry, Leaf

ROWS: Final = 2_048
END: Final = 400
FIRST: Final = (1, b"")
_next = (1).__add__
LeafRow = tuple[str, int, bytes]
Link = tuple[int, bytes]


@dataclass
class Sweep:
    """What a walk has found.

    count     entries that were read;  suspects: objects that are not plainly right
    begins    by object: the number of the first entry that was read and the hash that it follows
    heads     by object: the number that comes next and the hash that it must follow;  bodies: the last entry's body
    unplaced  entries without a leaf, leaves without an entry: (object, n, leaf hash)
    """

    count: int = 0
    suspects: set[str] = field(default_factory=set)
    begins: dict[str, Link] = field(default_factory=dict)
    heads: dict[str, Link] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    unplaced: set[LeafRow] = field(default_factory=set)
    orphans: set[LeafRow] = field(default_factory=set)

    def continue_with(self, later: Sweep) -> None:
        """Add what a walk over the following entries and leaves has found, compared where the two meet."""
        for key, one in later.begins.items():
            if key not in self.heads:
                self.begins[key] = one
            elif self.heads[key] != one:
                self.suspects.add(key)
        self.count += later.count
        self.suspects |= later.suspects
        self.heads |= later.heads
        self.bodies |= later.bodies
        for placed in later.unplaced:
            _toggle(placed, self.orphans, self.unplaced)
        for leaf in later.orphans:
            _toggle(leaf, self.unplaced, self.orphans)

    def shorten(self) -> None:
        """Keep only the ends of bodies, where the status stands."""
        self.bodies = {key: body[-END:] for key, body in self.bodies.items()}

    def wrongly_begun(self) -> set[str]:
        """Objects whose first entry is not a first one."""
        return {key for key, one in self.begins.items() if one != FIRST}


def sweep(entries: Iterable[Sequence[tuple[Any, ...]]], leaves: Iterable[Sequence[LeafRow]]) -> Sweep:
    """Walk entries beside the tree's leaves, both by pieces as they are read; leaves: (object, n, hash) in order."""
    found = Sweep()
    for rows, placed in zip_longest(entries, leaves, fillvalue=()):
        _match(_walk(rows, found) if rows else [], placed, found)
    return found


def _walk(rows: Sequence[tuple[Any, ...]], found: Sweep) -> list[LeafRow]:
    """One piece of entries: hash, link, columns. Returns the leaves that they must have."""
    keys, numbers, previous, stored, bodies, moments, verbs, actors, cases = zip(*rows, strict=True)
    digests = [sha256(before + body).digest() for before, body in zip(previous, bodies, strict=True)]
    if digests != list(stored):
        found.suspects.update(key for key, made, kept in zip(keys, digests, stored, strict=True) if made != kept)
    found.suspects.update(_odd_columns(zip(keys, numbers, bodies, moments, verbs, actors, cases, strict=True)))
    _follow(keys, zip(numbers, previous, strict=True), zip(map(_next, numbers), digests, strict=True), found)
    found.bodies.update(zip(keys, bodies, strict=True))
    found.count += len(rows)
    return list(zip(keys, numbers, [sha256(b"\0" + made).digest() for made in digests], strict=True))


def _follow(keys: Iterable[str], told: Iterable[Link], then: Iterable[Link], found: Sweep) -> None:
    """Each entry continues the one that was read last of its object: number and hash."""
    heads, get = found.heads, found.heads.get
    for key, one, following in zip(keys, told, then, strict=True):
        if get(key) != one:
            if key in heads:
                found.suspects.add(key)
            else:
                found.begins[key] = one
        heads[key] = following


def _odd_columns(rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    """Objects with an entry whose columns differ from its body.

    The body's keys are sorted, and a quote inside a value is escaped: these places can be nothing else.
    """
    starts, ends, numbered = _Starts(), _Ends(), _Numbered()
    told = _told_on_sqlite if connection.vendor == "sqlite" else _told_on_postgresql
    for key, n, body, at, verb, actor, case in rows:
        before, _name, after = body.partition(b',"object":"')
        if not (
            before.startswith(starts[actor])
            and before.startswith(told(at, case), before.find(b'","at":"'))
            and before.endswith(numbered[n])
            and after.startswith(f'{key}","on_behalf_of":"'.encode())
            and after.endswith(ends[verb])
            and b',"object":"' not in after
        ):
            yield key


def _match(entries: list[LeafRow], leaves: Sequence[LeafRow], found: Sweep) -> None:
    """Entries and leaves of the same place in both orders: mostly the same; what is not is kept until its other comes."""
    if entries == leaves:
        return
    for placed, leaf in zip_longest(entries, leaves):
        if placed == leaf:
            continue
        if placed is not None:
            _toggle(placed, found.orphans, found.unplaced)
        if leaf is not None:
            _toggle(leaf, found.unplaced, found.orphans)


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


class _Numbered(dict[int, bytes]):
    """How an entry's number is told before its object."""

    def __missing__(self, n: int) -> bytes:
        self[n] = f',"n":{n}'.encode()
        return self[n]


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
LEAVES: Final = f"SELECT seq, object_key, n, hash FROM {Leaf._meta.db_table}{{where}} ORDER BY seq"  # noqa: S608 - constants


@contextmanager
def stored_entries(where: str = "") -> Iterator[Iterator[list[tuple[Any, ...]]]]:
    """The raw rows of all entries, by pieces."""
    with raw_pieces(ENTRIES.format(at=MOMENT[connection.vendor]) + where, "journal_entries") as pieces:
        yield pieces


@contextmanager
def stored_leaves(where: str = "") -> Iterator[Iterator[list[tuple[Any, ...]]]]:
    """The raw rows of all leaves in the tree's order, by pieces."""
    with raw_pieces(LEAVES.format(where=where), "journal_leaves") as pieces:
        yield pieces


@contextmanager
def raw_rows(question: str, name: str) -> Iterator[Iterator[tuple[Any, ...]]]:
    """Rows as the driver hands them over, one by one."""
    with raw_pieces(question, name) as pieces:
        yield chain.from_iterable(pieces)


@contextmanager
def raw_pieces(question: str, name: str) -> Iterator[Iterator[list[tuple[Any, ...]]]]:
    """Rows as the driver hands them over, by pieces: neither model nor converter stands in between.

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
        yield iter(partial(cursor.fetchmany, ROWS), [])
