"""Stored rows as the driver hands them over (原始行), by pieces: neither model nor converter stands in between.

SQLite keeps text in a column of bytes when somebody writes it there. Nothing here stumbles over that: whoever verifies sees
that the type is another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import chain, pairwise
from secrets import token_hex
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Max, Min
from psycopg import Cursor

from audit.journal.models import JournalEntry, Leaf

PIECE: Final = 256
"""So many rows are read at a time: few enough that they are still in the processor's cache when they are compared."""
JOIN: Final = 1_024
"""So many leaves does PostgreSQL join at a time."""
PAGES: Final = 64
"""So many of PostgreSQL's pages are read at a time: some six hundred entries, since each question costs it something."""
HASH: Final = 32
ENTRY: Final = JournalEntry._meta.db_table
# On SQLite `+` keeps the driver from making the moment a datetime in Python, slowly.
ENTRIES: Final = f"SELECT object_key, n, previous, hash, body, {{at}}, verb, actor_key, case_key FROM {ENTRY}"  # noqa: S608
MOMENT: Final = {"sqlite": "+at", "postgresql": """to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US')"""}
JOINED_ENTRIES: Final = (
    "SELECT count(*), string_agg(object_key, E'\\n'), string_agg(n::text, ' '), string_agg(hash, ''),"  # noqa: S608
    " string_agg(previous || body, '\\x{mark}'), string_agg({at}, E'\\n'), string_agg(verb, E'\\n'),"
    f" string_agg(actor_key, E'\\n'), string_agg(case_key, E'\\n') FROM {ENTRY}"
)
LEAVES: Final = (
    f"SELECT seq, object_key, n, hash FROM {Leaf._meta.db_table} WHERE seq >= {{}} AND seq < {{}} ORDER BY seq"  # noqa: S608
)
JOINED_LEAVES: Final = (
    "SELECT string_agg(object_key, ' '), string_agg(n::text, ' '), string_agg(hash, ''), count(*)"  # noqa: S608
    f" FROM ({LEAVES}) AS leaves"
)

Rows = Sequence[tuple[Any, ...]]
LeafColumns = tuple[Sequence[int], Sequence[str], Sequence[int], Sequence[bytes]]
"""Numbers in the tree, objects, numbers in their chains, hashes."""


class EntryColumns(NamedTuple):
    """A piece of entries, in columns. moments: as bodies say them but the zone."""

    keys: Sequence[str]
    numbers: Sequence[int]
    previous: Sequence[bytes]
    hashes: Sequence[bytes]
    bodies: Sequence[bytes]
    moments: Sequence[bytes]
    verbs: Sequence[str]
    actors: Sequence[str]
    cases: Sequence[str]


@contextmanager
def stored_entries(first: str = "", end: str = "") -> Iterator[Iterator[EntryColumns]]:
    """All entries by pieces, from one place in the table to before another: SQLite's rowid, PostgreSQL's page and row."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.wrap_database_errors:
            yield _by_pages(first, end)
        return
    limits = [f"rowid >= {first}"] * bool(first) + [f"rowid < {end}"] * bool(end)
    question = ENTRIES.format(at=MOMENT["sqlite"]) + (f" WHERE {' AND '.join(limits)}" if limits else "")
    with raw_pieces(question, "journal_entries") as pieces:
        yield map(_in_columns, pieces)


def stored_leaves(first: int = 0, end: int | None = None) -> Iterator[LeafColumns]:
    """The leaves from one number to before another in the tree's order, by pieces, in columns.

    PostgreSQL joins what stands in a column of a piece, which spares it and us a row each. From the first piece on of which
    that does not tell everything, since there is a gap, rows are read one by one, as on SQLite, which is none the slower.
    """
    # Two questions: for both ends in one, SQLite would read all leaves.
    start = first or min(0, Leaf.objects.aggregate(first=Min("seq", default=0))["first"])
    end = Leaf.objects.aggregate(last=Max("seq", default=-1))["last"] + 1 if end is None else end
    while start < end and connection.vendor == "postgresql":
        stop = min(start + JOIN, end)
        columns = _taken_apart(range(start, stop), *_one_row(JOINED_LEAVES.format(start, stop)))
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


def _one_row(question: str) -> tuple[Any, ...]:
    """The row that is PostgreSQL's answer, in binary, which spares bytes their reading from hex."""
    with Cursor(connection.connection) as cursor:
        found: tuple[Any, ...] | None = cursor.execute(question, binary=True).fetchone()
    return found or ()


def _in_columns(rows: Rows) -> EntryColumns:
    """Rows of SQLite; a moment that is no text is told as what it is, and no body says that."""
    keys, numbers, previous, hashes, bodies, moments, verbs, actors, cases = zip(*rows, strict=True)
    told = "\n".join(map(str, moments)).replace(" ", "T").encode().split(b"\n")
    if len(told) != len(rows):
        told = [str(moment).encode() for moment in moments]
    return EntryColumns(keys, numbers, previous, hashes, bodies, told, verbs, actors, cases)


def _by_pages(first: str, end: str) -> Iterator[EntryColumns]:
    """Entries of PostgreSQL, of which the server joins what stands in a column of some pages.

    Between bodies there is a mark that nobody can foresee; where counts do not agree all the same, rows are read.
    """
    mark, first = token_hex(HASH), first or "0,0"
    pages = f"SELECT pg_relation_size('{ENTRY}') / current_setting('block_size')::int"
    end = end or f"{_one_row(pages)[0]},0"
    between = range(_page_of(first) + PAGES, _page_of(end) + 1, PAGES)
    for start, stop in pairwise([first, *(f"{page},0" for page in between), end]):
        here = f" WHERE ctid >= '({start})' AND ctid < '({stop})'"
        joined = _one_row(JOINED_ENTRIES.format(mark=mark, at=MOMENT["postgresql"]) + here)
        if not joined[0]:
            continue
        columns = _entries_apart(bytes.fromhex(mark), *joined)
        if columns is None:
            with raw_pieces(ENTRIES.format(at=MOMENT["postgresql"]) + here, "journal_entries") as pieces:
                columns = _in_columns(list(chain.from_iterable(pieces)))
        yield columns


def _page_of(place: str) -> int:
    return int(place.partition(",")[0])


def _entries_apart(
    mark: bytes, count: int, keys: str, numbers: str, hashes: bytes, linked: bytes, moments: str, *others: str
) -> EntryColumns | None:
    """A piece's joined columns, when each is of as many entries."""
    places, links = list(map(int, numbers.split(" "))), linked.split(mark)
    firsts = [0 if n == 1 else HASH for n in places]
    columns = EntryColumns(
        keys.split("\n"),
        places,
        [link[:first] for link, first in zip(links, firsts, strict=False)],
        _hashes(hashes),
        [link[first:] for link, first in zip(links, firsts, strict=False)],
        moments.replace(".000000", "").encode().split(b"\n"),
        *(other.split("\n") for other in others),
    )
    whole = len(hashes) == HASH * count and all(len(column) == count for column in columns)
    return columns if whole and len(links) == count else None


def _taken_apart(wanted: range, keys: str, places: str, hashes: bytes, count: int) -> LeafColumns | None:
    """A piece's joined columns, when they are of all the wanted leaves."""
    if count != len(wanted) or len(hashes) != HASH * count:
        return None
    objects = keys.split(" ")
    if len(objects) != count:
        return None
    return wanted, objects, list(map(int, places.split(" "))), _hashes(hashes)


def _hashes(joined: bytes) -> list[bytes]:
    return [joined[at : at + HASH] for at in range(0, len(joined), HASH)]
