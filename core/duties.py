"""Duties (待办): what waits for whom, registered by each room and shown on the desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Model, QuerySet

from core import clock
from core.actor import Actor
from core.paging import first_keys, narrowed
from core.permissions import BUYER_ROLES
from core.presence import Question, are_there

LIMIT = 20
"""Rows of one kind that a desk shows; beyond it the list page is the place."""


@dataclass(frozen=True, eq=False)
class Source:
    """Where a kind of work comes from (待办的来源): without such a row of the actor's organization none of it waits.

    buyer, provider  asked for people of either side; None where that side's work is looked for in any case
    """

    buyer: Question | None = None
    provider: Question | None = None


def source(model: type[Model], *, buyer: str = "", provider: str = "", **where: Any) -> Source:
    """Rows of a model that belong to a buyer or provider by these lookups, where these constants hold (mostly a status).

    Every condition must be one of the duty's query set too (tests/core/test_duties.py): what is left out here costs time,
    what is put in wrongly hides work.
    """
    return Source(*(Question(model, by, **where) if by else None for by in (buyer, provider)))


@dataclass(frozen=True)
class Duty:
    """One kind of waiting work.

    roles     who does it; a desk shows it when the actor holds one
    queryset  actor -> the objects that wait (already cut to what the actor may do)
    title     object -> the line on the desk;  note: its small print
    verb      the verb's slug: the button leads to that verb's page; "" leads to the object
    button    the words on the button
    deadline  object -> aware UTC or None;  amount: object -> yuan or None
    reads     the fields that all these read of an object, with those of related rows; () is all that the query set has
    source    what must be there before any of it waits; None: the query set is asked in any case
    """

    name: str
    roles: tuple[str, ...]
    queryset: Callable[[Actor], QuerySet[Any]]
    title: Callable[[Any], str]
    button: str
    verb: str = ""
    note: Callable[[Any], str] = lambda thing: ""
    deadline: Callable[[Any], datetime | None] = lambda thing: None
    amount: Callable[[Any], Decimal | None] = lambda thing: None
    url: Callable[[Any], str] | None = None
    order: int = 50
    reads: tuple[str, ...] = ()
    source: Source | None = None


@dataclass(frozen=True)
class Task:
    """One row of the desk."""

    name: str
    title: str
    note: str
    url: str
    button: str
    due: datetime | None
    amount: Decimal | None

    @cached_property
    def group(self) -> str:
        """逾期 | 今天 | 本周 | 以后, by the deadline in Shanghai."""
        if self.due is None:
            return "以后"
        if self.due < clock.now():
            return "逾期"
        days = (clock.local(self.due).date() - clock.today()).days
        return "今天" if days == 0 else "本周" if days < 7 else "以后"


_registered: dict[str, Duty] = {}


def register(duty: Duty) -> Duty:
    """Make a kind of work known; called where the room's pages are defined. A second of the same name replaces it."""
    _registered[duty.name] = duty
    return duty


def tasks_for(actor: Actor) -> list[Task]:
    """All that waits for this actor now, most urgent first.

    One query asks which kinds have a source, for most are empty on most days; one for the keys of what waits; then one a kind
    (plus the rooms' own prefetches).
    """
    mine = [duty for duty in sorted(_registered.values(), key=lambda d: d.order) if actor.has(*duty.roles)]
    duties = _with_source(mine, actor)
    sets = [duty.queryset(actor) for duty in duties]
    found: list[Task] = []
    for duty, things, keys in zip(duties, sets, first_keys(sets, LIMIT), strict=True):
        if keys:
            found.extend(_task(duty, thing) for thing in narrowed(things.filter(pk__in=keys), *duty.reads))
    latest = datetime.max.replace(tzinfo=clock.now().tzinfo)
    return sorted(found, key=lambda task: task.due or latest)


def _with_source(duties: list[Duty], actor: Actor) -> list[Duty]:
    """Those of the duties that may have something for the actor."""
    asked = {duty.name: question for duty in duties if (question := question_of(duty, actor))}
    if not asked or actor.organization_id is None:
        return duties
    found = dict(zip(asked, are_there(list(asked.values()), actor.organization_id), strict=True))
    return [duty for duty in duties if found.get(duty.name, True)]


def question_of(duty: Duty, actor: Actor) -> Question | None:
    """The question for a duty's source, by the side on which `in_scope` and the rooms' visible_* see the actor."""
    if duty.source is None:
        return None
    if actor.organization_kind == "provider":
        return duty.source.provider
    return duty.source.buyer if actor.organization_kind == "buyer" and actor.has(*BUYER_ROLES) else None


def _task(duty: Duty, thing: Any) -> Task:
    base = duty.url(thing) if duty.url else thing.get_absolute_url() + (f"{duty.verb}/" if duty.verb else "")
    return Task(
        name=duty.name,
        title=duty.title(thing),
        note=duty.note(thing),
        url=base,
        button=duty.button,
        due=duty.deadline(thing),
        amount=duty.amount(thing),
    )
