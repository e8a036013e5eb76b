"""What the two databases say differently when rows are copied: keys, days, texts, bulk loading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

from django.db import connection, models

STRIDE = 1_000_000
"""Between the whole-number keys of one copy and the next."""
LOADED = 20_000


def copied(key: str, n: int) -> str:
    """The key of copy n, the same in Python, PostgreSQL and SQLite; copy 0 is the original."""
    return str(UUID(md5(f"{key}/{n}".encode(), usedforsecurity=False).hexdigest())) if n else key


class Dialect:
    """Expressions over a row of the template (column `name`) and a row `c` of the plan of copies."""

    def __init__(self) -> None:
        self.postgresql = connection.vendor == "postgresql"
        self.cast = "::uuid" if self.postgresql else ""

    def prepare(self) -> None:
        """Make the functions that the copying needs; they last as long as the connection."""
        with connection.cursor() as cursor:
            if self.postgresql:
                cursor.execute(
                    "CREATE OR REPLACE FUNCTION pg_temp.copied(uuid, integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ "
                    "SELECT CASE WHEN $2 = 0 THEN $1 ELSE md5($1::text || '/' || $2::text)::uuid END $$"
                )
                return
        made: dict[str, Callable[[Any, int], Any]] = {"copied": _hex, "keyed": _keyed, "earlier": _earlier}
        for name, function in made.items():
            connection.connection.create_function(name, 2, function, deterministic=True)
        connection.connection.create_function("dashed", 1, lambda key: str(UUID(key)), deterministic=True)

    def key(self, column: str, n: str) -> str:
        """A UUID of the copy."""
        return f"pg_temp.copied({column}, {n})" if self.postgresql else f"copied({column}, {n})"

    def keyed(self, column: str, n: str) -> str:
        """A text that ends with a UUID ("procurement.bid:…")."""
        if self.postgresql:
            return f"left({column}, -36) || pg_temp.copied(right({column}, 36)::uuid, {n})::text"
        return f"keyed({column}, {n})"

    def earlier(self, column: str, field: models.Field[Any, Any]) -> str:
        """A moment or day, as many minutes earlier as the plan says."""
        if not self.postgresql:
            return f"earlier({column}, c.minutes)"
        if isinstance(field, models.DateTimeField):
            return f"{column} - make_interval(mins => c.minutes)"
        return f"{column} - c.minutes / 1440"

    def renewed(self, column: str, longest: int, room: int) -> str:
        """A text that must differ from every other copy's: -n behind it, or in its place where there is no room."""
        n = "CAST(c.n AS TEXT)"
        if longest + 8 <= room:
            return f"CASE WHEN {column} = '' THEN '' ELSE {column} || '-' || {n} END"
        padded = f"lpad({n}, 7, '0')" if self.postgresql else "printf('%%07d', c.n)"
        return f"CASE WHEN {column} = '' THEN '' ELSE {padded} || substr({column}, 8) END"

    @contextmanager
    def unchecked(self, wanted: bool) -> Iterator[None]:
        """Leave foreign keys unlooked at until the block ends, where the database lets us."""
        if not (wanted and self.postgresql):
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            cursor.execute("SET LOCAL session_replication_role = origin")

    def load(self, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Write rows that Python made; returns how many."""
        count = 0
        columns = ", ".join(connection.ops.quote_name(name) for name in names)
        with connection.cursor() as cursor:
            if self.postgresql:
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                        count += 1
                return count
            places = ", ".join("?" * len(names))
            # Django's own cursor counts placeholders and keeps statements; the driver's takes a stream.
            done = connection.connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
            return int(done.rowcount)

    def settle(self, kinds: Iterable[type[models.Model]]) -> None:
        """Let whole-number keys go on behind those of the copies."""
        if not self.postgresql:
            return
        with connection.cursor() as cursor:
            for kind in kinds:
                pk = kind._meta.pk
                if isinstance(pk, models.AutoField):
                    table = kind._meta.db_table
                    cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


def tidy() -> None:
    """What autovacuum does in a night: statistics, and which pages are visible to all. Outside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _hex(key: str | None, n: int) -> str | None:
    return None if key is None else UUID(copied(str(UUID(key)), n)).hex


def _keyed(text: str | None, n: int) -> str | None:
    return text if not text else text[:-36] + copied(text[-36:], n)


def _earlier(text: str | None, minutes: int) -> str | None:
    if text is None:
        return None
    moved = datetime.fromisoformat(text) - timedelta(minutes=minutes)
    return str(moved) if len(text) > 10 else str(moved.date())
