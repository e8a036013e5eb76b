"""Proofs that a case's entries stand in the journal's signed tree (存证), as one checkpoint has it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from audit.archive.models import ArchiveBag
from audit.journal import tree
from audit.journal.models import Checkpoint, JournalEntry, Leaf
from audit.journal.proofs import StoredTree, latest_checkpoint, public_keys
from audit.journal.sequencer import sequence


def rest_on(bag: ArchiveBag) -> Checkpoint | None:
    """The checkpoint that a bag rests on: chosen once, so that a second try takes the same.

    writes  places of what waited for one, so that the case's last entries are covered too; the bag's checkpoint
    """
    if bag.checkpoint is None:
        sequence()
        note = latest_checkpoint(Leaf.objects.count())
        bag.checkpoint = note.number if note else None
        ArchiveBag.objects.filter(pk=bag.pk).update(checkpoint=bag.checkpoint)
    return Checkpoint.objects.filter(number=bag.checkpoint or 0).first()


def proofs_at(entries: Sequence[JournalEntry], note: Checkpoint | None) -> dict[str, Any]:
    """What audit/journal/standalone.py checks, without the bodies, which lie beside it; one query and those of the tree.

    returns  {"format", "keys", "checkpoint", "closes", "entries": [{"object", "n", "index", "path"}]}; an entry that the
             checkpoint does not cover has index None
    """
    keys = list({entry.object_key for entry in entries})
    size = note.size if note else 0
    places = {
        (key, n): seq
        for key, n, seq in Leaf.objects.filter(object_key__in=keys, seq__lt=size).values_list("object_key", "n", "seq")
    }
    stored = StoredTree()
    told = []
    for entry in entries:
        index = places.get((entry.object_key, entry.n))
        path = [] if index is None else tree.inclusion(index, size, stored.node)
        steps = [base64.b64encode(step).decode() for step in path]
        told.append({"object": entry.object_key, "n": entry.n, "index": index, "path": steps})
    return {
        "format": "journal-proof/1",
        "keys": public_keys(),
        "checkpoint": note.note if note else "",
        "closes": note.closes.isoformat() if note and note.closes else "",
        "entries": told,
    }
