"""What a round of tampering works on, and the few strokes that all of its ways need."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Model

from audit.journal.hashing import canonical
from audit.journal.models import JournalEntry
from audit.journal.standalone import link
from audit.journal.surroundings import Told, read_told
from audit.journal.verification import journaled_models
from core.aggregates import Journaled
from core.documents import Document


@dataclass
class Scene:
    """What a round tampers with: the objects by name, what the journal told, what was touched already."""

    chance: random.Random
    told: Told = field(default_factory=read_told)
    touched: set[str] = field(default_factory=set)
    objects: dict[str, Journaled] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for model in journaled_models():
            self.objects |= {row.journal_key: row for row in model._base_manager.all()}

    def one_of(self, things: Iterable[Any], name: Callable[[Any], str]) -> Any:
        """One that nobody has touched yet, or None."""
        free = sorted((thing for thing in things if name(thing) not in self.touched), key=name)
        if not free:
            return None
        chosen = self.chance.choice(free)
        self.touched.add(name(chosen))
        return chosen

    def an_object(self, kind: type[Journaled] = Journaled, least: int = 1) -> Any:
        """A journaled row with at least so many entries."""
        rows = [row for row in self.objects.values() if isinstance(row, kind) and row.audit_n >= least]
        return self.one_of(rows, lambda row: row.journal_key)

    def a_document(self, *, named: bool | None = None) -> Any:
        """A document; named: whether an entry names its digest."""
        rows = [d for d in Document.objects.all() if named is None or (d.sha256 in self.told.documents) == named]
        found = self.one_of(rows, lambda d: d.key)
        if found is not None and named:
            self.touched.add(self.told.documents[found.sha256][0])
        return found


def change(row: Model, **values: Any) -> None:
    """Write columns past every operation."""
    type(row)._base_manager.filter(pk=row.pk).update(**values)


def into_text(row: Model, column: str) -> None:
    """Let a column of bytes hold text of the same bytes, as only SQLite allows."""
    table = row._meta.db_table
    with connection.cursor() as cursor:
        question = f'UPDATE "{table}" SET {column} = CAST({column} AS TEXT) WHERE {row._meta.pk.column} = %s'
        cursor.execute(question, [row._meta.pk.get_db_prep_value(row.pk, connection)])


def entries_of(key: str) -> list[JournalEntry]:
    return list(JournalEntry.objects.filter(object_key=key).order_by("n"))


def forged(entry: JournalEntry, **facts: Any) -> bytes:
    return canonical(json.loads(bytes(entry.body)) | facts)


def rebuild(thing: Journaled, entries: list[JournalEntry], first: int) -> None:
    """All hashes from `first` on and the row's head, computed anew."""
    previous = bytes(entries[first - 1].hash) if first else b""
    for entry in entries[first:]:
        entry.previous, entry.hash = previous, link(previous, bytes(entry.body))
        change(entry, body=entry.body, previous=entry.previous, hash=entry.hash, n=entry.n)
        previous = entry.hash
    change(thing, audit_head=previous, audit_n=entries[-1].n)
