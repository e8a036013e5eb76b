"""Proofs from the stored tree (证明): where an entry stands, and that one checkpoint continues another."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

from audit.journal import standalone, tree
from audit.journal.models import Checkpoint, JournalEntry, Leaf, PublicKey, Subtree
from audit.journal.signing import checkpoint_key

LEVEL = 8
"""Subtrees from this level on are stored; below it the 256 leaves are read."""
BLOCK = 1 << LEVEL


class StoredTree:
    """The tree as the database has it; each block of leaves and each subtree is read at most once."""

    def __init__(self) -> None:
        self._block = cache(_leaves_of)
        self._subtree = cache(_subtree)

    def node(self, level: int, index: int) -> bytes:
        """The hash of the complete subtree (level, index). raises  LookupError where the database has a gap"""
        if level >= LEVEL:
            return self._subtree(level, index)
        width = 1 << level
        first = index * width
        at = first % BLOCK
        leaves = self._block(first // BLOCK)[at : at + width]
        if len(leaves) != width:
            raise LookupError(f"leaves {first} to {first + width - 1} are not all there")
        return tree.fold(leaves)

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves."""
        return tree.root(size, self.node)


def _leaves_of(block: int) -> list[bytes]:
    rows = Leaf.objects.filter(seq__gte=block * BLOCK, seq__lt=(block + 1) * BLOCK).order_by("seq")
    return [bytes(found) for found in rows.values_list("hash", flat=True)]


def _subtree(level: int, index: int) -> bytes:
    found = Subtree.objects.filter(level=level, index=index).values_list("hash", flat=True).first()
    if found is None:
        raise LookupError(f"subtree {level}/{index} is not there")
    return bytes(found)


def latest_checkpoint(size: int = 0) -> Checkpoint | None:
    """The checkpoint to rest on: the last closing one that covers `size` leaves, else the last of all that does."""
    rows = Checkpoint.objects.filter(size__gte=size).order_by("-number")
    return rows.filter(closes__isnull=False).first() or rows.first()


def proofs_of(entries: Sequence[JournalEntry]) -> dict[str, Any]:
    """What proves to anybody that these entries stand in the journal, to be checked with standalone.py.

    entries  stored rows, of one case or of many; for an archive's package, an auditor, a receipt
    returns  plain JSON: format, keys, the checkpoint they rest on, and each entry with index and path; entries that no
             checkpoint covers yet (younger than the sequencer's last run) have index None and no path
    """
    places = _places(entries)
    note = latest_checkpoint(max(places.values(), default=-1) + 1)
    if note is None:
        places = {}
    stored = StoredTree()
    told = []
    for entry in entries:
        index = places.get((entry.object_key, entry.n))
        path = [] if index is None or note is None else tree.inclusion(index, note.size, stored.node)
        told.append(
            {
                "object": entry.object_key,
                "n": entry.n,
                "previous": bytes(entry.previous).hex(),
                "hash": bytes(entry.hash).hex(),
                "body": bytes(entry.body).decode(),
                "index": index,
                "path": [base64.b64encode(step).decode() for step in path],
            }
        )
    return {
        "format": "journal-proof/1",
        "keys": public_keys(),
        "checkpoint": note.note if note else "",
        "closes": note.closes.isoformat() if note and note.closes else "",
        "entries": told,
    }


def receipt_of(entry: JournalEntry, *, proof: bool) -> dict[str, Any]:
    """A receipt that anybody can check with standalone.py: the entry, a signed promise, and, where it may be told, its proof.

    The promise is signed at once and tells no place: places tell how much others do. proof: whether the place may be told.
    returns  plain JSON
    """
    key = checkpoint_key()
    text = f"{key.name}\n{entry.object_key}\n{entry.n}\n{bytes(entry.hash).hex()}\n{entry.at.astimezone(UTC).isoformat()}\n"
    told = proofs_of([entry] if proof else [])
    plain = {
        "object": entry.object_key,
        "n": entry.n,
        "previous": bytes(entry.previous).hex(),
        "hash": bytes(entry.hash).hex(),
        "body": bytes(entry.body).decode(),
    }
    proved = told["entries"][0] if told["entries"] and told["entries"][0]["index"] is not None else None
    return {
        "format": "journal-receipt/1",
        "keys": [*(name for name in told["keys"] if name != key.public), key.public],
        "promise": {"text": text, "signature": key.sign(text)},
        "entry": proved or plain,
        "checkpoint": told["checkpoint"] if proved else "",
        "closes": told["closes"] if proved else "",
    }


def consistency_of(old: Checkpoint, new: Checkpoint) -> list[bytes]:
    """The path that proves that the later checkpoint only adds to the earlier one."""
    return tree.consistency(old.size, new.size, StoredTree().node)


def public_keys() -> list[str]:
    """Every key that has ever signed, oldest first."""
    return list(PublicKey.objects.order_by("pk").values_list("text", flat=True))


def verifier() -> bytes:
    """The stand-alone verifier, as it is laid into exports and archives and offered on the public page."""
    return Path(standalone.__file__).read_bytes()


def _places(entries: Sequence[JournalEntry]) -> dict[tuple[str, int], int]:
    """Where these entries stand, by object and number; a few objects a question."""
    keys = sorted({entry.object_key for entry in entries})
    wanted = {(entry.object_key, entry.n) for entry in entries}
    found: dict[tuple[str, int], int] = {}
    for start in range(0, len(keys), 500):
        rows = Leaf.objects.filter(object_key__in=keys[start : start + 500]).values_list("object_key", "n", "seq")
        found |= {(key, n): seq for key, n, seq in rows if (key, n) in wanted}
    return found
