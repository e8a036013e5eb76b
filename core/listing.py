"""The list page of every room (列表页): views, filters, sorting, paging, and the export of what is filtered."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from core import clock, journal
from core.actor import Actor
from core.paging import LongPaginator, capped_counts, in_order
from core.rooms import Column, Room, number_of
from core.spreadsheets import Sheet, workbook_response

PAGE_ROWS = 25
EXPORT_ROWS = 10_000


def list_page(request: HttpRequest, room: Room, actor: Actor) -> HttpResponse:
    """A room's list: views, filters, sorting, 25 rows a page, export of the whole filter."""
    chosen, seen = request.GET.get("view", ""), room.listed(room.visible(actor))
    scopes = [view.scope(seen, actor) for view in room.views]
    viewed = next((rows for view, rows in zip(room.views, scopes, strict=True) if view.query == chosen), seen)
    filtered = room.filterset(request.GET, queryset=viewed, request=request) if room.filterset else None
    rows = filtered.qs if filtered is not None else viewed
    sort = _sort(request, room)
    rows = in_order(rows, sort)
    if request.GET.get("export") in {"xlsx", "csv"}:
        return export(request, room, actor, rows[:EXPORT_ROWS], request.GET["export"])
    # One query: how many rows each view holds, and how many are left by the filter.
    *counts, count = capped_counts([*scopes, rows])
    paginator = LongPaginator(rows, PAGE_ROWS, count)
    page = paginator.get_page(request.GET.get("page"))
    summed = room.sum_field and not paginator.is_long
    total = rows.aggregate(total=Sum(room.sum_field))["total"] if summed else None
    create = room.create
    context = {
        "room": room,
        "title": room.label,
        "count": count,
        "sum_value": total,
        "views": [
            {
                "label": view.label,
                "url": f"?{urlencode({'view': view.query})}" if view.query else "?",
                "count": held,
                "on": chosen == view.query,
            }
            for view, held in zip(room.views, counts, strict=True)
        ],
        "filter": filtered,
        "chips": _chips(request, filtered),
        "clear_url": request.path,
        "columns": [_heading(request, column, sort) for column in room.columns],
        "rows": [_row(room, thing) for thing in page.object_list],
        "page": page,
        "query": _query(request, drop=("page",)),
        "export_url": f"?{_query(request, drop=('page',), export='xlsx')}",
        "export_csv_url": f"?{_query(request, drop=('page',), export='csv')}",
        "create": {"label": create[0], "url": reverse(create[1])} if create and create[2](actor) else None,
        "empty": {"title": room.empty[0], "text": room.empty[1]},
        "crumbs": [{"label": "工作台", "url": "/w/"}, {"label": room.label, "url": ""}],
    }
    return render(request, room.list_template, context)


def export(request: HttpRequest, room: Room, actor: Actor, rows: Any, kind: str) -> HttpResponse:
    """The filtered rows as a workbook or CSV, with the columns of the page; the export is journaled on the person."""
    columns = room.columns
    sheet = Sheet(
        title=room.label,
        header=["编号", *[column.label for column in columns]],
        rows=[[number_of(thing), *[_plain(column, thing) for column in columns]] for thing in rows],
    )
    person = get_user_model()._base_manager.filter(pk=str(request.user.pk)).first()
    if person is not None:
        with transaction.atomic():
            journal.record(
                person,
                "export",
                actor=actor,
                facts={"room": room.slug, "rows": len(sheet.rows), "kind": kind},
            )
    return workbook_response([sheet], name=f"{room.label}-{clock.today():%Y%m%d}", kind=kind)


def _sort(request: HttpRequest, room: Room) -> str:
    wanted = request.GET.get("sort", "")
    allowed = {column.sort for column in room.columns if column.sort}
    return wanted if wanted.lstrip("-") in allowed else room.default_sort


def _heading(request: HttpRequest, column: Column, sort: str) -> dict[str, Any]:
    on = bool(column.sort) and sort.lstrip("-") == column.sort
    next_sort = f"-{column.sort}" if on and not sort.startswith("-") else column.sort
    return {
        "label": column.label,
        "kind": column.kind,
        "sort_url": f"?{_query(request, drop=('page',), sort=next_sort)}" if column.sort else "",
        "sorted": ("descending" if sort.startswith("-") else "ascending") if on else "",
    }


def _row(room: Room, thing: Any) -> dict[str, Any]:
    cells = []
    for column in room.columns:
        value = thing.chip if column.kind == "chip" else column.value(thing)
        text, sub = value if isinstance(value, tuple) else (value, "")
        cells.append({"text": text, "sub": sub, "label": column.label, "kind": column.kind, "url": ""})
    url = thing.get_absolute_url()
    for cell in cells:
        if cell["kind"] == "title":
            cell["url"] = url
    return {"cells": cells, "url": url, "thing": thing}


def _plain(column: Column, thing: Any) -> Any:
    if column.kind == "chip":
        return thing.status_label
    value = column.value(thing)
    return value[0] if isinstance(value, tuple) else value


def _query(request: HttpRequest, *, drop: tuple[str, ...] = (), **change: str) -> str:
    query = request.GET.copy()
    for name in drop:
        query.pop(name, None)
    for name, value in change.items():
        query[name] = value
    return query.urlencode()


def _chips(request: HttpRequest, filtered: Any) -> list[dict[str, str]]:
    """The applied filters, each removable."""
    if filtered is None or not filtered.form.is_valid():
        return []
    chips = []
    for name, field in filtered.form.fields.items():
        value = filtered.form.cleaned_data.get(name)
        if value not in (None, "", []):
            choices = dict(getattr(field, "choices", ()) or ())
            text = choices.get(request.GET.get(name, ""), value)
            chips.append({"label": f"{field.label} {text}", "remove_url": f"?{_query(request, drop=(name, 'page'))}"})
    return chips
