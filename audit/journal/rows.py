"""Stored rows as the driver hands them over (原始行), by pieces: neither model nor converter stands in between.

SQLite keeps text in a column of bytes when somebody writes it there. Nothing here stumbles over that: whoever verifies sees
that the type is another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max, Min

from audit.journal.models import JournalEntry, Leaf

PIECE: Final = 1_024
"""So many rows are read at a time."""
HASH: Final = 32
# On SQLite the moment in bytes: the driver would make it a datetime in Python, slowly.
MOMENT: Final = {"sqlite": "CAST(replace(at, ' ', 'T') AS BLOB)", "postgresql": "at"}
ENTRIES: Final = (
    f"SELECT object_key, n, previous, hash, body, {{at}}, verb, actor_key, case_key FROM {JournalEntry._meta.db_table}"  # noqa: S608
)
LEAVES: Final = (
    f"SELECT seq, object_key, n, hash FROM {Leaf._meta.db_table} WHERE seq >= {{}} AND seq < {{}} ORDER BY seq"  # noqa: S608
)
JOINED: Final = {
    "sqlite": "SELECT group_concat(seq, ' '), group_concat(object_key, ' '), group_concat(n, ' '),"  # noqa: S608
    f" CAST(group_concat(hash, '') AS BLOB), sum(typeof(hash) = 'blob') FROM ({LEAVES})",
    "postgresql": "SELECT string_agg(seq::text, ' '), string_agg(object_key, ' '), string_agg(n::text, ' '),"  # noqa: S608
    f" string_agg(hash, ''), count(*) FROM ({LEAVES}) AS leaves",
}

Rows = Sequence[tuple[Any, ...]]
LeafColumns = tuple[Sequence[int], Sequence[str], Sequence[int], Sequence[bytes]]
"""Numbers in the tree, objects, numbers in their chains, hashes."""


@contextmanager
def stored_entries(where: str = "") -> Iterator[Iterator[Rows]]:
    """All entries by pieces: object, n, previous, hash, body, moment as bodies say it but the zone, verb, actor, case."""
    with raw_pieces(ENTRIES.format(at=MOMENT[connection.vendor]) + where, "journal_entries") as pieces:
        yield pieces if connection.vendor == "sqlite" else map(_with_moments, pieces)


def stored_leaves(first: int = 0, end: int | None = None) -> Iterator[LeafColumns]:
    """The leaves from one number to before another in the tree's order, by pieces, in columns.

    The database joins what stands in a column of a piece, which spares it and us a row each. From the first piece on of
    which that does not tell everything, with a gap or a hash that is text, rows are read one by one.
    """
    there = Leaf.objects.aggregate(first=Min("seq", default=0), last=Max("seq", default=-1))
    start = first or min(0, there["first"])
    end = there["last"] + 1 if end is None else end
    with closing(connection.connection.cursor()) as cursor:
        while start < end:
            stop = min(start + PIECE, end)
            cursor.execute(JOINED[connection.vendor].format(start, stop))
            columns = _taken_apart(range(start, stop), *cursor.fetchone())
            if columns is None:
                break
            yield columns
            start = stop
    if start < end:
        with raw_pieces(LEAVES.format(start, end), "journal_leaves") as pieces:
            for rows in pieces:
                numbers, keys, places, hashes = zip(*rows, strict=True)
                yield numbers, keys, places, hashes


@contextmanager
def raw_rows(question: str, name: str) -> Iterator[Iterator[tuple[Any, ...]]]:
    """Rows one by one."""
    with raw_pieces(question, name) as pieces:
        yield chain.from_iterable(pieces)


@contextmanager
def raw_pieces(question: str, name: str) -> Iterator[Iterator[Rows]]:
    """Rows by pieces. raises  django.db.OperationalError, also where SQLite has text that is no UTF-8

    PostgreSQL: a cursor on the server, in binary, inside a transaction; SQLite reads in pieces by itself, and a
    transaction there would keep writers out.
    """
    with ExitStack() as stack:
        stack.enter_context(connection.wrap_database_errors)
        if connection.vendor == "postgresql":
            stack.enter_context(transaction.atomic())
            cursor = stack.enter_context(connection.connection.cursor(name=name, binary=True))
        else:
            connection.ensure_connection()
            cursor = stack.enter_context(closing(connection.connection.cursor()))
        cursor.execute(question)
        yield iter(partial(cursor.fetchmany, PIECE), [])


@contextmanager
def any_text() -> Iterator[None]:
    """On SQLite, read text that is no UTF-8 as well, which the driver refuses; slower."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    connection.connection.text_factory = lambda stored: stored.decode(errors="replace")
    try:
        yield
    finally:
        connection.connection.text_factory = str


def in_bytes(stored: object) -> bytes:
    """A column of bytes; what SQLite has there as text is equal to nothing that is right."""
    return bytes(stored) if isinstance(stored, bytes | memoryview) else f"not bytes: {stored}".encode()


def in_text(stored: object) -> str:
    """A column of text; SQLite keeps bytes there as well."""
    return stored.decode(errors="replace") if isinstance(stored, bytes) else str(stored)


def in_iso(moment: str | datetime) -> str:
    """A moment as bodies say it, from text of SQLite or a datetime of PostgreSQL."""
    return f"{moment.replace(' ', 'T')}+00:00" if isinstance(moment, str) else moment.astimezone(UTC).isoformat()


def _with_moments(rows: Rows) -> Rows:
    """PostgreSQL's session is in UTC; the zone is cut off."""
    return [
        (key, n, previous, stored, body, at.isoformat()[:-6].encode(), verb, actor, case)
        for key, n, previous, stored, body, at, verb, actor, case in rows
    ]


def _taken_apart(
    wanted: range, numbers: str, keys: str, places: str, joined: bytes, of_bytes: int
) -> LeafColumns | None:
    """A piece's joined columns, when they are of all the wanted leaves, each once."""
    if numbers != " ".join(map(str, wanted)) or of_bytes != len(wanted) or len(joined) != HASH * len(wanted):
        return None
    objects, told = keys.split(" "), places.split(" ")
    if len(objects) != len(wanted) or not all(map(str.isdecimal, told)):
        return None
    return wanted, objects, list(map(int, told)), [joined[at : at + HASH] for at in range(0, len(joined), HASH)]
