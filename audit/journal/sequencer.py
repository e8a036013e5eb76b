"""The sequencer (编号): gives each committed entry its place in the one tree, and signs the state as checkpoints.

Numbers are given after commit, so that there is neither gap nor a late entry that slips in before an earlier one. One
sequencer works at a time; a second finds the lock taken and leaves. Writers never wait for it.
"""

from __future__ import annotations

import zlib
from datetime import date, timedelta

from django.db import connection, transaction

from audit.journal.anchors import anchor_checkpoints
from audit.journal.models import Checkpoint, Leaf, PublicKey, Subtree, WaitingEntry
from audit.journal.proofs import BLOCK, LEVEL, StoredTree
from audit.journal.signing import checkpoint_key
from audit.journal.standalone import Note, leaf_hash, node_hash
from audit.journal.tree import fold
from core import clock

BATCH = 2_000
BATCHES = 10
"""So much in one run: an old journal is caught up with in many short runs, between which others write."""
LOCK = zlib.crc32(b"audit.journal.sequencer")


def sequence(batches: int = BATCHES) -> int:
    """Number what waits, sign the new state, tell it to the file outside; closes a day once, after its end.

    returns  how many entries got their place
    writes   leaves, subtrees, at most one checkpoint a batch and one a day; lines of the checkpoint file
    raises   ImproperlyConfigured (no key), OSError (the file outside cannot be written; the next run catches up)
    """
    numbered = 0
    for _n in range(batches):
        taken = _sequence_batch()
        numbered += taken
        if taken < BATCH:
            _close_day()
            break
    anchor_checkpoints()
    return numbered


@transaction.atomic
def _sequence_batch() -> int:
    if not _alone():
        return 0
    waiting = list(WaitingEntry.objects.order_by("pk")[:BATCH])
    if not waiting:
        return 0
    start = _size()
    leaves = [
        Leaf(seq=seq, object_key=row.object_key, n=row.n, hash=leaf_hash(bytes(row.hash)))
        for seq, row in enumerate(waiting, start)
    ]
    Leaf.objects.bulk_create(leaves)
    _grow(start, start + len(leaves))
    WaitingEntry.objects.filter(pk__in=[row.pk for row in waiting]).delete()
    _sign(start + len(leaves))
    return len(waiting)


@transaction.atomic
def _close_day() -> None:
    """The last checkpoint of yesterday: the one that is published."""
    yesterday = clock.today() - timedelta(days=1)
    if Checkpoint.objects.filter(closes=yesterday).exists() or not _alone():
        return
    size = _size()
    if size and not Checkpoint.objects.filter(closes=yesterday).exists():
        _sign(size, closes=yesterday)


def _alone() -> bool:
    """Hold the sequencer's lock till the transaction ends; on SQLite the transaction itself is the lock (IMMEDIATE)."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def _size() -> int:
    last = Leaf.objects.order_by("-seq").values_list("seq", flat=True).first()
    return 0 if last is None else last + 1


def _grow(start: int, size: int) -> None:
    """Write the subtrees that the new leaves complete."""
    stored = StoredTree()
    made: dict[tuple[int, int], bytes] = {}
    for block in range(start // BLOCK, size // BLOCK):
        rows = Leaf.objects.filter(seq__gte=block * BLOCK, seq__lt=(block + 1) * BLOCK).order_by("seq")
        level, index = LEVEL, block
        made[level, index] = fold([bytes(found) for found in rows.values_list("hash", flat=True)])
        while index & 1:
            left = made.get((level, index - 1)) or stored.node(level, index - 1)
            made[level + 1, index >> 1] = node_hash(left, made[level, index])
            level, index = level + 1, index >> 1
    Subtree.objects.bulk_create(Subtree(level=level, index=index, hash=node) for (level, index), node in made.items())


def _sign(size: int, closes: date | None = None) -> None:
    key = checkpoint_key()
    at = clock.now()
    PublicKey.objects.get_or_create(text=key.public, defaults={"since": at})
    root = StoredTree().root(size)
    note = key.note(size, root, at=at, closes=closes)
    last = Checkpoint.objects.order_by("-number").values_list("number", flat=True).first() or 0
    Checkpoint.objects.create(
        number=last + 1, size=size, root=root, note=note, digest=Note(note).digest, at=at, closes=closes
    )
