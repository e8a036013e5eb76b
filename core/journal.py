"""The slot in the floor for the journal (日志): lower floors write to it, `settings.JOURNAL_KEEPER` names its keeper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from core.actor import Actor
from core.aggregates import Journaled

if TYPE_CHECKING:
    from core.documents import Document


@dataclass(frozen=True)
class Entry:
    """One stored entry as lower floors see it (日志条目). hash: 32 bytes; at: aware UTC."""

    object_key: str
    n: int
    hash: bytes
    at: datetime
    verb: str
    actor_name: str = ""
    role: str = ""
    organization: str = ""
    source: str = ""
    target: str = ""
    reason: str = ""
    on_behalf_of: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ClosedDay:
    """The state of the whole journal at a day's end, as it is published (存证). digest: SHA-256 in hex of its signed note."""

    day: date
    digest: str


@dataclass(frozen=True)
class Published:
    """What strangers may know of the journal: the keys that sign it, and one digest a day, newest first. No count."""

    keys: tuple[str, ...]
    days: tuple[ClosedDay, ...]


class Keeper(Protocol):
    """What the journal's keeper must offer; audit's is the real one."""

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
    ) -> Entry: ...

    def entries_for(self, thing: Journaled, limit: int | None = None) -> list[Entry]: ...

    def feed(self, after: str, limit: int) -> list[Entry]: ...

    def head(self, thing: Journaled) -> str: ...

    def receipt(self, entry: Entry, *, proof: bool = False) -> dict[str, Any]: ...

    def published(self) -> Published: ...

    def verifier(self) -> bytes: ...


@cache
def keeper() -> Keeper:
    """The keeper that settings name; a wrong name fails at the first use."""
    made: Keeper = import_string(settings.JOURNAL_KEEPER)()
    return made


def append(
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
    """Hand one entry to the keeper; the caller holds the row and stores the new head. For core.lifecycle and record.

    What a program did is told from what the person did: facts then name the access token.
    """
    if actor.token:
        facts = {**(facts or {}), "access_token": actor.token}
    return keeper().append(
        thing,
        n=n,
        previous=previous,
        verb=verb,
        actor=actor,
        source=source,
        target=target,
        reason=reason,
        facts=facts,
        documents=documents,
    )


def record(
    thing: Journaled,
    verb: str,
    *,
    actor: Actor,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
    documents: Iterable[Document] = (),
) -> Entry:
    """Write an entry for a deed that changes no status: a role, a score, an export, a failed log-in.

    thing   stored; its row is locked until the caller's transaction ends
    facts   plain JSON values; never a price or text of a sealed bid, never personal data of outsiders
    writes  one journal entry; the row's journal head
    """
    if not connection.in_atomic_block:
        raise RuntimeError("the journal is written only inside transaction.atomic()")
    rows = type(thing)._base_manager.filter(pk=thing.pk)
    stored = rows.select_for_update().values("audit_n", "audit_head").get()
    status = getattr(thing, "status", "")
    entry = append(
        thing,
        n=stored["audit_n"] + 1,
        previous=bytes(stored["audit_head"]),
        verb=verb,
        actor=actor,
        source=status,
        target=status,
        reason=reason,
        facts=facts,
        documents=documents,
    )
    rows.update(audit_n=entry.n, audit_head=entry.hash)
    thing.audit_n, thing.audit_head = entry.n, entry.hash
    return entry


def entries_for(thing: Journaled, limit: int | None = None) -> list[Entry]:
    """The object's entries, newest first (经过)."""
    return keeper().entries_for(thing, limit)


def head(thing: Journaled) -> str:
    """The chain's head for a document's foot: "n·first 16 hex digits", and the last published day with its digest's."""
    return keeper().head(thing)


def receipt(entry: Entry, *, proof: bool = False) -> dict[str, Any]:
    """A signed receipt of one entry, as plain JSON to take home (收据).

    proof  whether it may tell the entry's place among all entries: never while a sealed bid could be guessed from it
    """
    return keeper().receipt(entry, proof=proof)


def published() -> Published:
    """What the public page shows of the journal (存证)."""
    return keeper().published()


def verifier() -> bytes:
    """The stand-alone program that checks receipts and exports: one Python file."""
    return keeper().verifier()
