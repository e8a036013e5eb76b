"""Lifecycles (生命周期): one table of steps a room, and the one function that writes a status.

django-fsm-2 was tried and left (docs/decisions/0003-lifecycle-table.md): two stale instances pass silently there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection
from django.dispatch import Signal
from django.utils.translation import gettext as _

from core import journal
from core.actor import Actor
from core.aggregates import Aggregate
from core.errors import Conflict, Invalid, NotAllowed, NotNow

if TYPE_CHECKING:
    from core.documents import Document

A = TypeVar("A", bound=Aggregate)
Permission = Callable[[Actor, Any], bool]

moved = Signal()
"""Sent after each step, in its transaction: sender=model, thing, step, actor. A listener's fault undoes the step."""


@dataclass(frozen=True)
class Status:
    """One state: its Chinese word, its chip (plain go wait done stop seal), who brings it there (note)."""

    label: str
    kind: str = "plain"
    public: bool = True
    end: bool = False
    note: str = ""


@dataclass(frozen=True)
class Step:
    """One verb: from which states, to which (“” stays), who may (permission), what does it (operation).

    operation, form   dotted paths, since both lie above the lifecycle; form "" means a plain confirmation
    weight            none | ask | type: how much the page asks before doing it (interface.md 3.12)
    consequence       the sentence the confirmation shows
    reason            whether a written reason is required
    primary           the one blue button of the page
    listed            False for steps that are taken by other verbs or by the clock
    password          whether the log-in password is asked again (签订、开启)
    own_page          a page of the room's own asks what no form can tell (封存的申报、两台设备); the API does not offer it
    """

    verb: str
    source: tuple[str, ...]
    target: str
    label: str
    permission: Permission
    operation: str = ""
    form: str = ""
    weight: str = "ask"
    consequence: str = ""
    reason: bool = False
    primary: bool = False
    listed: bool = True
    password: bool = False
    own_page: bool = False


@dataclass(frozen=True)
class Lifecycle:
    """The table of one room, readable aloud.

    name    "procurement.order": the room's dotted name
    line    the step line of the object page: (word, statuses that stand on it), in order
    """

    name: str
    label: str
    initial: str
    statuses: Mapping[str, Status]
    steps: tuple[Step, ...]
    line: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def step(self, verb: str) -> Step:
        """The step of this verb; KeyError if the table has none."""
        for step in self.steps:
            if step.verb == verb:
                return step
        raise KeyError(f"{self.name} has no verb {verb}")

    def offered(self, thing: Aggregate, actor: Actor) -> list[Step]:
        """The verbs that the state offers now and this person may do: the page's buttons."""
        return [
            step
            for step in self.steps
            if step.listed and thing.shown_status in step.source and step.permission(actor, thing)
        ]

    def require(self, thing: Aggregate, verb: str, actor: Actor) -> Step:
        """The step, if this person may take it now.

        raises  NotAllowed (not theirs) · NotNow (the state does not offer it)
        """
        step = self.step(verb)
        if not step.permission(actor, thing):
            raise NotAllowed(_("这一步不归您办：%(label)s") % {"label": step.label})
        if thing.shown_status not in step.source:
            raise NotNow(
                _("现在不能%(label)s：当前状态是「%(status)s」。") % {"label": step.label, "status": thing.status_label}
            )
        return step


def require(thing: Aggregate, verb: str, actor: Actor) -> Step:
    """`thing.lifecycle.require`, as operations call it in their first lines."""
    return thing.lifecycle.require(thing, verb, actor)


def begin(thing: A, *, actor: Actor, facts: Mapping[str, Any] | None = None, reason: str = "") -> A:
    """Insert a new object in its first state, with the first entry of its chain (verb "create").

    thing   unsaved; its fields are filled, its status is set here
    writes  the row; one journal entry
    """
    _require_transaction()
    thing.status = thing.lifecycle.initial
    thing.save(force_insert=True)
    entry = journal.append(
        thing,
        n=1,
        previous=b"",
        verb="create",
        actor=actor,
        source="",
        target=thing.status,
        reason=reason,
        facts=facts,
        documents=(),
    )
    type(thing)._base_manager.filter(pk=thing.pk).update(audit_n=entry.n, audit_head=entry.hash)
    thing.audit_n, thing.audit_head = entry.n, entry.hash
    return thing


def advance(
    thing: A,
    verb: str,
    *,
    actor: Actor,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
    documents: Iterable[Document] = (),
    **changes: Any,
) -> A:
    """Take one step: the only place where the status of a stored object changes.

    thing    as the caller read it: its status and version must still be the stored ones
    changes  further fields of the same row, written in the same UPDATE
    returns  the same instance, its fields brought up to date
    raises   NotAllowed · NotNow · Invalid (a reason is wanted) · Conflict (somebody was first)
    writes   one UPDATE (status, version + 1, journal head, changes); one journal entry; tells `moved`
    """
    _require_transaction()
    step = require(thing, verb, actor)
    if step.reason and not reason.strip():
        raise Invalid(_("请写明理由。"), field="reason")
    rows = type(thing)._base_manager.filter(pk=thing.pk)
    stored = rows.select_for_update().values("status", "version", "audit_n", "audit_head").first()
    if stored is None or (stored["status"], stored["version"]) != (thing.status, thing.version):
        raise Conflict(_("刚刚有人先一步改动了它，请看最新的再办。"))
    source, target = thing.status, step.target or thing.status
    entry = journal.append(
        thing,
        n=stored["audit_n"] + 1,
        previous=bytes(stored["audit_head"]),
        verb=verb,
        actor=actor,
        source=source,
        target=target,
        reason=reason,
        facts=facts,
        documents=documents,
    )
    changes |= {"status": target, "version": thing.version + 1, "audit_n": entry.n, "audit_head": entry.hash}
    expected = rows.filter(status=source, version=thing.version, audit_n=stored["audit_n"])
    if expected.update(**changes) != 1:
        raise Conflict(_("刚刚有人先一步改动了它，请看最新的再办。"))
    for name, value in changes.items():
        setattr(thing, name, value)
    moved.send(sender=type(thing), thing=thing, step=step, actor=actor)
    return thing


def _require_transaction() -> None:
    """A step outside a transaction could leave a row without its entry."""
    if not connection.in_atomic_block:
        raise RuntimeError("a status is written only inside transaction.atomic()")
