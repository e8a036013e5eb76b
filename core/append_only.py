"""Append-only tables (只增不改): triggers that refuse UPDATE, DELETE and TRUNCATE, on both databases.

A model says `append_only = True`. The triggers are installed after every migrate, since SQLite drops them when it
rebuilds a table; a system check and /readyz ask whether they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection


def tables() -> list[str]:
    """The tables that only grow."""
    return sorted(m._meta.db_table for m in apps.get_models() if getattr(m, "append_only", False))


def install(**kwargs: Any) -> None:
    """Create the triggers that are missing; safe to repeat. Receiver of post_migrate."""
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in tables():
            if table in present:
                for statement in _creation(table):
                    cursor.execute(statement)


def missing() -> list[str]:
    """Tables whose triggers do not stand; [] is right. A table that a migration is yet to make lacks nothing."""
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        names = {row[0] for row in cursor.fetchall()}
    wanted = [table for table in tables() if table in present]
    return [table for table in wanted if not {f"{table}_no_update", f"{table}_no_delete"} <= names]


@contextmanager
def lifted(*only: str) -> Iterator[None]:
    """Take the triggers away for a while, of all tables or those named: for test fixtures that flush and for migrations."""
    with connection.cursor() as cursor:
        for table in only or tables():
            for statement in _removal(table):
                cursor.execute(statement)
    try:
        yield
    finally:
        install()


def _creation(table: str) -> list[str]:
    if connection.vendor == "postgresql":
        return [
            (
                "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
            ),
            *_removal(table),
            f'CREATE TRIGGER {table}_no_update BEFORE UPDATE ON "{table}" FOR EACH ROW EXECUTE FUNCTION append_only()',
            f'CREATE TRIGGER {table}_no_delete BEFORE DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION append_only()',
            (
                f'CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON "{table}" '
                "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            ),
        ]
    return [
        f'CREATE TRIGGER IF NOT EXISTS {table}_no_{deed} BEFORE {deed.upper()} ON "{table}" '
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for deed in ("update", "delete")
    ]


def _removal(table: str) -> list[str]:
    if connection.vendor == "postgresql":
        return [f'DROP TRIGGER IF EXISTS {table}_no_{d} ON "{table}"' for d in ("update", "delete", "truncate")]
    return [f"DROP TRIGGER IF EXISTS {table}_no_{deed}" for deed in ("update", "delete")]
