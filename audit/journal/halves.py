"""The walk shared by two processes (两个进程分读): a second one reads the later entries while this one reads the earlier.

Each has a connection of its own. On PostgreSQL both see one exported snapshot; on SQLite what was written meanwhile makes
its object a suspect, which is examined exactly as ever. Each half stands for itself; where they meet is compared afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import current_process, get_all_start_methods, get_context
from multiprocessing.connection import Connection
from typing import Final

from django.db import connection, transaction

from audit.journal.models import JournalEntry, Leaf
from audit.journal.roots import Roots
from audit.journal.sweep import Sweep, stored_entries, stored_leaves, sweep

FEWEST: Final = 20_000
"""With fewer leaves a second process is not worth its start."""
OWN_SHARE: Final = 0.4
"""This process also folds the tree and reads the rows."""
PLACE: Final = {"sqlite": "rowid", "postgresql": "ctid"}


@dataclass(frozen=True)
class Split:
    """Where the second half begins: the leaf's number, its entry's place in the table, the snapshot that both see."""

    seq: int
    place: str
    snapshot: str

    def of_entries(self, sign: str) -> str:
        """The condition for one half of the entries; the place came from the database itself."""
        return f" WHERE {PLACE[connection.vendor]} {sign} {self.place}"


def walk(roots: Roots) -> Sweep:
    """Walk the whole journal, by two processes where there are two cores and the journal is long."""
    if not _can_share() or Leaf.objects.count() < FEWEST:
        return _alone(roots)
    # A child must not inherit an open connection: it begins its own.
    connection.close()
    context = get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=_later_half, args=(here, there), daemon=True)
    child.start()
    there.close()
    try:
        with closing(here), _one_snapshot() as snapshot:
            split = _split(snapshot)
            if split is None:
                return _alone(roots)
            here.send(split)
            with stored_leaves() as leaves, stored_entries(split.of_entries("<")) as entries:
                found = sweep(entries, roots.watch(leaves, handed_on=split.seq))
            later = here.recv()
        found.continue_with(later)
        return found
    finally:
        child.terminate()
        child.join()


def _alone(roots: Roots) -> Sweep:
    with stored_leaves() as leaves, stored_entries() as entries:
        return sweep(entries, roots.watch(leaves))


def _can_share() -> bool:
    """Not inside a transaction, whose rows only this connection sees, nor where a process may have no children."""
    return (
        len(os.sched_getaffinity(0)) > 1
        and "fork" in get_all_start_methods()
        and not current_process().daemon
        and not connection.in_atomic_block
        and not (connection.vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"]))
    )


def _later_half(unused: Connection, pipe: Connection) -> None:
    """What the second process does; when it dies, the first one's recv fails and so does the verification."""
    unused.close()
    try:
        split: Split = pipe.recv()
        with (
            _one_snapshot(split.snapshot),
            stored_entries(split.of_entries(">=")) as entries,
            stored_leaves(f" WHERE seq >= {split.seq}") as leaves,
        ):
            found = sweep(entries, ([row[1:] for row in rows] for rows in leaves))
        found.shorten()
        pipe.send(found)
    finally:
        connection.close()


@contextmanager
def _one_snapshot(given: str = "") -> Iterator[str]:
    """A transaction that sees one moment, this one or the given one; on SQLite nothing: it would keep writers out."""
    if connection.vendor == "sqlite":
        yield ""
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        if given:
            cursor.execute("SET TRANSACTION SNAPSHOT %s", [given])
        else:
            cursor.execute("SELECT pg_export_snapshot()")
            given = cursor.fetchone()[0]
        yield given


def _split(snapshot: str) -> Split | None:
    """Where to divide: at a leaf and its entry; None where that entry is not there."""
    seq = int(Leaf.objects.count() * OWN_SHARE)
    leaf = Leaf.objects.filter(seq=seq).first()
    if leaf is None:
        return None
    question = f"SELECT {PLACE[connection.vendor]} FROM {JournalEntry._meta.db_table} WHERE object_key = %s AND n = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(question, [leaf.object_key, leaf.n])
        row = cursor.fetchone()
    if row is None:
        return None
    return Split(seq, str(row[0]) if connection.vendor == "sqlite" else f"'{row[0]}'::tid", snapshot)
