"""The journal's keeper: the hands under the slot in core/journal.py."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from audit.journal.hashing import BODY_VERSION, canonical
from audit.journal.models import Checkpoint, JournalEntry, WaitingEntry
from audit.journal.proofs import public_keys, receipt_of, verifier
from audit.journal.standalone import link
from core import clock
from core.actor import Actor
from core.aggregates import Journaled
from core.documents import Document
from core.journal import ClosedDay, Entry, Published
from core.middleware import request_id


class Keeper:
    """Writes and reads chains; implements core.journal.Keeper."""

    def append(
        self,
        thing: Journaled,
        *,
        n: int,
        previous: bytes,
        verb: str,
        actor: Actor,
        source: str,
        target: str,
        reason: str,
        facts: Mapping[str, Any] | None,
        documents: Iterable[Document],
    ) -> Entry:
        """Add entry n to the object's chain; the unique (object, n) stops a fork."""
        at = clock.now()
        body = {
            "v": BODY_VERSION,
            "n": n,
            "at": at.isoformat(),
            "actor": actor.user_key,
            "actor_name": actor.user_name,
            "roles": sorted(actor.roles),
            "organization": actor.organization_name,
            "on_behalf_of": actor.on_behalf_of,
            "verb": verb,
            "object": thing.journal_key,
            "case": thing.case_key,
            "from": source,
            "to": target,
            "reason": reason,
            "facts": dict(facts or {}),
            "documents": [document.sha256 for document in documents],
            "request": request_id.get(),
        }
        stored = canonical(body)
        row = JournalEntry(
            object_key=thing.journal_key,
            n=n,
            previous=previous,
            hash=link(previous, stored),
            body=stored,
            at=at,
            verb=verb,
            actor_key=actor.user_key,
            case_key=thing.case_key,
        )
        row.save(force_insert=True)
        WaitingEntry.objects.create(object_key=row.object_key, n=n, hash=row.hash)
        return as_entry(row)

    def entries_for(self, thing: Journaled, limit: int | None = None) -> list[Entry]:
        """The object's entries, newest first."""
        rows = JournalEntry.objects.filter(object_key=thing.journal_key).order_by("-n")
        return [as_entry(row) for row in (rows[:limit] if limit else rows)]

    def feed(self, after: str, limit: int) -> list[Entry]:
        """Entries of one case in the order of time; for the case page. after: the case's key."""
        rows = JournalEntry.objects.filter(case_key=after).order_by("-at", "-n")[:limit]
        return [as_entry(row) for row in rows]

    def head(self, thing: Journaled) -> str:
        """Short form of the chain's head and of the last day's checkpoint, for the foot of a document."""
        head = f"{thing.audit_n}·{bytes(thing.audit_head).hex()[:16]}"
        last = Checkpoint.objects.filter(closes__isnull=False).order_by("-closes").values("closes", "digest").first()
        return f"{head}　存证 {last['closes']} {last['digest'][:16]}" if last else head

    def receipt(self, entry: Entry, *, proof: bool = False) -> dict[str, Any]:
        """What a person takes home to prove later that the entry was there."""
        row = JournalEntry.objects.get(object_key=entry.object_key, n=entry.n)
        return receipt_of(row, proof=proof)

    def published(self) -> Published:
        """Keys, and each day's digest: sizes and roots stay inside (docs/decisions/0024-journal-tree.md)."""
        days = Checkpoint.objects.filter(closes__isnull=False).order_by("-closes").values_list("closes", "digest")
        return Published(tuple(public_keys()), tuple(ClosedDay(day, digest) for day, digest in days if day))

    def verifier(self) -> bytes:
        """The stand-alone verifier's own text."""
        return verifier()


def as_entry(row: JournalEntry) -> Entry:
    """The stored row as lower floors see it."""
    body = json.loads(bytes(row.body))
    return Entry(
        object_key=row.object_key,
        n=row.n,
        hash=bytes(row.hash),
        at=datetime.fromisoformat(body["at"]),
        verb=row.verb,
        actor_name=body["actor_name"],
        role=",".join(body["roles"]),
        organization=body["organization"],
        source=body["from"],
        target=body["to"],
        reason=body["reason"],
        on_behalf_of=body["on_behalf_of"],
        facts=body["facts"],
    )
