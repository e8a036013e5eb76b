"""The walk shared by two processes (两个进程分读): a second one reads the later entries and leaves, this one the earlier.

Each has a connection of its own. On PostgreSQL both see one exported snapshot; on SQLite what was written meanwhile makes
its object a suspect, which is examined exactly as ever. Each half stands for itself; where they meet is compared afterwards.
The second half of the tree continues the stored subtrees before it, which the first half compares with the leaves: only when
both agree with everything is the tree verified. Otherwise it is read again as a whole, so that what is said is exact.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from multiprocessing import current_process, get_all_start_methods, get_context
from multiprocessing.connection import Connection
from typing import Final

from django.db import connection, transaction

from audit.journal.findings import Finding
from audit.journal.models import JournalEntry, Leaf
from audit.journal.proofs import BLOCK
from audit.journal.roots import Roots
from audit.journal.rows import EntryColumns, LeafColumns, stored_entries, stored_leaves
from audit.journal.sweep import Sweep, sweep

FEWEST: Final = 20_000
"""With fewer leaves a second process is not worth its start."""
OWN_SHARE: Final = 0.47
"""This process also reads the rows."""
PLACE: Final = {"sqlite": "rowid", "postgresql": "btrim(ctid::text, '()')"}

Entries = AbstractContextManager[Iterator[EntryColumns]]
Walked = tuple[Sweep, list[Finding]]
"""What was found of the entries, and of the tree."""


@dataclass(frozen=True)
class Split:
    """Where the second half begins: the leaf's number, its entry's place in the table, the snapshot that both see."""

    seq: int
    place: str
    snapshot: str


def walk() -> Walked:
    """Walk the whole journal, by two processes where there are two cores and the journal is long."""
    if not _can_share() or not Leaf.objects.filter(seq__gte=FEWEST).exists():
        return walk_alone()
    roots = Roots()
    # A child must not inherit an open connection: it begins its own.
    connection.close()
    context = get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=_later_half, args=(here, there, roots), daemon=True)
    child.start()
    there.close()
    try:
        with closing(here), _one_snapshot() as snapshot:
            split = _split(snapshot)
            if split is None:
                return walk_alone()
            here.send(split)
            roots.end_at(split.seq)
            found, of_tree = _walk(roots, stored_leaves(end=split.seq), stored_entries(end=split.place))
            later = here.recv()
            if isinstance(later, Exception):
                raise later
    finally:
        child.terminate()
        child.join()
    found.continue_with(later[0])
    return found, _tree_alone() if of_tree or later[1] else []


def walk_alone() -> Walked:
    """Walk the whole journal in this process."""
    return _walk(Roots(), stored_leaves(), stored_entries())


def _walk(roots: Roots, leaves: Iterator[LeafColumns], of_entries: Entries) -> Walked:
    """Walk some leaves and entries. Python's collector finds nothing in them, and would look through them again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        with of_entries as entries:
            found = sweep(entries, roots.watch(leaves))
        return found, roots.finish()
    finally:
        if collecting:
            gc.enable()


def _tree_alone() -> list[Finding]:
    roots = Roots()
    for _piece in roots.watch(stored_leaves()):
        pass
    return roots.finish()


def _can_share() -> bool:
    """Not inside a transaction, whose rows only this connection sees, nor where a process may have no children."""
    return (
        len(os.sched_getaffinity(0)) > 1
        and "fork" in get_all_start_methods()
        and not current_process().daemon
        and not connection.in_atomic_block
        and not (connection.vendor == "sqlite" and "memory" in str(connection.settings_dict["NAME"]))
    )


def _later_half(unused: Connection, pipe: Connection, roots: Roots) -> None:
    """What the second process does; when it dies, the first one's recv fails and so does the verification."""
    unused.close()
    try:
        split: Split = pipe.recv()
        with _one_snapshot(split.snapshot):
            roots.begin_at(split.seq)
            pipe.send(_walk(roots, stored_leaves(split.seq), stored_entries(split.place)))
    except Exception as error:  # noqa: BLE001 - the first process raises it
        pipe.send(error)
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


def middle() -> int:
    """The number of the leaf at which the tree is divided: whole blocks are before it."""
    last = Leaf.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    return int(last * OWN_SHARE) // BLOCK * BLOCK


def _split(snapshot: str) -> Split | None:
    """Where to divide: at a leaf and its entry; None where one of them is not there."""
    seq = middle()
    leaf = Leaf.objects.filter(seq=seq).first()
    if leaf is None:
        return None
    question = f"SELECT {PLACE[connection.vendor]} FROM {JournalEntry._meta.db_table} WHERE object_key = %s AND n = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(question, [leaf.object_key, leaf.n])
        row = cursor.fetchone()
    if row is None:
        return None
    return Split(seq, str(row[0]), snapshot)
