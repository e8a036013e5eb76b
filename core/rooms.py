"""Rooms (房间): what the generic pages and the API need to know of each kind of object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Model, QuerySet
from django.http import Http404
from django.urls import reverse

from core.actor import Actor
from core.aggregates import Aggregate
from core.documents import Document
from core.paging import narrowed


@dataclass(frozen=True)
class Column:
    """One column of a list page and of its export.

    value  object -> what the cell shows: text; (text, small print) for title; Decimal yuan for money;
           aware UTC for due; for kind chip it is left out (the object's own chip)
    kind   title | text | money | chip | due | date | num | tag
    sort   the order_by name, "" where the column cannot be sorted
    """

    name: str
    label: str
    value: Callable[[Any], Any] = lambda thing: None
    kind: str = "text"
    sort: str = ""


@dataclass(frozen=True)
class Figure:
    """One number of the object page's head: money first (interface.md 3.2)."""

    label: str
    value: str | Decimal | int
    unit: str = ""
    detail: str = ""
    kind: str = ""
    url: str = ""


@dataclass(frozen=True)
class View:
    """A pill over the list: a named filter. query: the address's query string, "" is all."""

    label: str
    query: str
    scope: Callable[[QuerySet[Any], Actor], QuerySet[Any]]


def no_files(thing: Any, actor: Actor) -> QuerySet[Document]:
    """A room whose things have no files."""
    return Document.objects.none()


@dataclass(frozen=True)
class Room:
    """One kind of object on pages and API.

    slug      "orders": folder, address, template folder
    visible   actor -> what this person may know of; every page fetches through it
    lookup    "number" for what has an issued number (a draft without one goes by its UUID), else "id"
    figures   (thing, actor) -> at most four; subtitle: thing -> short facts under the title
    parts     reverse names of what more than one section of its page shows: read once, before they ask
    reads     the fields that title, subtitle, columns and address read, with those of related rows; () is all of them.
              A list asks for no others, for to make a row of nine tables costs more than to find and to show it
    shows     the fields of related rows that the object's own page reads ("provider__name"); () is all that visible joins.
              Seven tables at most: of each further one PostgreSQL's planning takes several times as long
    files     thing -> the documents a reader of the page may open
    fields    attributes that the API shows
    create    (label, url name, permission(actor)->bool) of the button over the list
    """

    slug: str
    label: str
    model: type[Aggregate]
    visible: Callable[[Actor], QuerySet[Any]]
    title: Callable[[Any], str]
    lookup: str = "id"
    icon: str = "folder2"
    template: str = "object.html"
    list_template: str = "list.html"
    filterset: type[django_filters.FilterSet] | None = None
    columns: Sequence[Column] = ()
    default_sort: str = "-created_at"
    views: Sequence[View] = ()
    figures: Callable[[Any, Actor], Sequence[Figure]] = lambda thing, actor: ()
    subtitle: Callable[[Any], Sequence[str]] = lambda thing: ()
    tabs: Sequence[tuple[str, str]] = ()
    parts: Sequence[str] = ()
    files: Callable[[Any, Actor], QuerySet[Document]] = no_files
    context: Callable[[Any, Actor], dict[str, Any]] = lambda thing, actor: {}
    sum_field: str = ""
    reads: Sequence[str] = ()
    shows: Sequence[str] = ()
    fields: Sequence[str] = ()
    create: tuple[str, str, Callable[[Actor], bool]] | None = None
    empty: tuple[str, str] = ("这里还没有内容", "有了以后会按期限列在这里。")
    locked: Callable[[Any, Actor], Sequence[tuple[str, str]]] = lambda thing, actor: ()

    @property
    def name(self) -> str:
        """The lifecycle's dotted name, under which sections are registered."""
        return self.model.lifecycle.name

    def listed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of a list or of a search, with what these show of them (`reads`)."""
        return narrowed(rows, *self.reads)

    def fetch(self, actor: Actor, key: str, *, shown: bool = False) -> Any:
        """The object of this address, if the actor may know of it.

        key     issued number, or UUID text
        shown   for its page alone: of related rows no more than `shows`
        raises  Http404 for what does not exist or is not visible: the two are not told apart
        """
        seen = self.visible(actor)
        if shown and self.shows:
            seen = narrowed(seen, *(each.name for each in self.model._meta.concrete_fields), *self.shows)
        try:
            found = seen.filter(pk=UUID(key)).first()
        except ValueError:
            known = self.lookup == "number" and "\0" not in key
            found = seen.filter(number=key).first() if known else None
        if found is None:
            raise Http404
        return found


_rooms: dict[str, Room] = {}


def register(room: Room) -> Room:
    """Make a room known to the generic pages and the API."""
    _rooms[room.slug] = room
    return room


def rooms() -> list[Room]:
    """All rooms, in the order of registration."""
    return list(_rooms.values())


def room_of(thing: Model) -> Room:
    """The room of an object. KeyError if its kind has no pages."""
    return next(room for room in _rooms.values() if isinstance(thing, room.model))


def address_of(journal_key: str) -> str:
    """The page at work of the object with this name in the journal ("procurement.project:UUID"), "" where its kind has none.

    It promises nothing: who may not know of the object is told there that it does not exist.
    """
    name, _colon, key = journal_key.partition(":")
    slug = next((room.slug for room in _rooms.values() if room.model.journal_name == name), "")
    return reverse(f"{slug}:detail", args=[key]) if slug and key else ""


def moment(thing: Any, name: str) -> datetime | None:
    """A field's moment or None; for columns and deadlines."""
    value: datetime | None = getattr(thing, name)
    return value


def number_of(thing: object) -> str:
    """Its issued number (编号), "" while it has none."""
    return str(getattr(thing, "number", "") or "")
