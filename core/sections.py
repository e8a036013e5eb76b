"""Sections (页面板块): what each app shows on another app's object page, without being imported by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from core.actor import Actor
from core.paging import narrowed
from core.presence import Question, are_there

M = TypeVar("M", bound=Model)
Context = Callable[..., "dict[str, Any] | None"]


@dataclass(frozen=True)
class Section:
    """One block of an object page. context(thing, actor) returns its template's context, or None to stay away.

    rows  whether it has any is asked for all sections of a page at once, by the object's key, before they read theirs;
          context then takes a third argument, `there`. For what most objects of the kind do not have
    """

    title: str
    template: str
    context: Context
    slot: str = "main"
    tab: str = ""
    order: int = 50
    rows: Question | None = None


_registered: defaultdict[str, list[Section]] = defaultdict(list)


def register(
    on: str,
    *,
    title: str,
    template: str,
    context: Context,
    slot: str = "main",
    tab: str = "",
    order: int = 50,
    rows: Question | None = None,
) -> None:
    """Show a section on the pages of `on` ("procurement.order"); called from apps.ready or a room's views.

    slot  main | side
    tab   "" is the first tab (概况); else the slug of a tab of that room
    """
    section = Section(title, template, context, slot, tab, order, rows)
    known = _registered[on]
    if all((s.title, s.template) != (title, template) for s in known):
        known.append(section)
        known.sort(key=lambda s: s.order)


def rows_for_card(rows: QuerySet[M], *columns: str) -> list[M]:
    """The rows of a card, with the columns that its template shows and no others ("provider__name": of what a row points to).

    visible_* joins what a list of many cases shows; on the page of one case, those joins lead back to the page itself, and
    reading nine tables for two lines costs as much as the rest of the card. A column that is shown and not named costs a query
    a row; so does, where the rows come by a reverse name (contract.fundings), the key by which they came.
    """
    return list(narrowed(rows, *columns))


def sections_for(on: str, thing: Model, actor: Actor, *, tab: str = "") -> dict[str, list[dict[str, Any]]]:
    """The sections that have something to show now: {"main": [...], "side": [...]} of {title, template, context}."""
    shown: dict[str, list[dict[str, Any]]] = {"main": [], "side": []}
    sections = [section for section in _registered[on] if section.tab == tab]
    asked = [section.rows for section in sections if section.rows]
    there = dict(zip(asked, are_there(asked, thing.pk), strict=True))
    for section in sections:
        context = section.context(thing, actor, *([there[section.rows]] if section.rows else []))
        if context is not None:
            shown[section.slot].append({"title": section.title, "template": section.template, "context": context})
    return shown
