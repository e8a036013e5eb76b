"""A table on the screen, and the same table as a workbook: one description for both, so that they cannot differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from audit.tracing.queries import saved_views
from core import clock, journal
from core.actor import Actor
from core.paging import LongPaginator
from core.spreadsheets import Sheet, workbook_response
from core.templatetags.words import money_text

ROWS = 25
MOST = 10_000


@dataclass(frozen=True)
class Column:
    """One column. value: row -> what stands there, Decimal yuan for money; url: row -> where it leads, "" nowhere."""

    label: str
    value: Callable[[Any], Any]
    kind: str = "text"
    url: Callable[[Any], str] | None = None


@dataclass(frozen=True)
class Table:
    """One page with rows. page: its name, under which exports are journaled and views are kept."""

    page: str
    title: str
    columns: Sequence[Column]
    empty: tuple[str, str]


def table_page(
    request: HttpRequest,
    actor: Actor,
    table: Table,
    rows: QuerySet[Any] | Sequence[Any],
    *,
    filtered: Any = None,
    total: Decimal | None = None,
    chips: Sequence[Mapping[str, str]] = (),
    template: str = "audit/tracing/table.html",
    **context: Any,
) -> HttpResponse:
    """The rows as a page of 25, or with ?export=xlsx|csv all of them as a file with the same columns in the same order.

    filtered  the filter set whose result the rows are, for its form;  total: yuan of all rows
    """
    kind = request.GET.get("export", "")
    if kind in {"xlsx", "csv"}:
        return _export(request, actor, table, list(rows[:MOST]), kind, chips)
    page = LongPaginator(rows, ROWS).get_page(request.GET.get("page"))
    query = _query(request)
    here = {
        "title": table.title,
        "count": page.paginator.count,
        "sum_value": total,
        "filter": filtered,
        "chips": chips,
        "clear_url": request.path,
        "columns": [{"label": each.label, "kind": each.kind} for each in table.columns],
        "rows": [{"cells": [_cell(each, row) for each in table.columns], "url": ""} for row in page.object_list],
        "page": page,
        "empty": {"title": table.empty[0], "text": table.empty[1]},
        "export_url": f"?{_query(request, export='xlsx')}",
        "export_csv_url": f"?{_query(request, export='csv')}",
        "kept": [
            {"name": each.name, "url": f"?{each.query}", "on": each.query == query, "drop": each.pk}
            for each in saved_views(actor, table.page)
        ],
        "save": {"page": table.page, "query": query, "url": reverse("trace:save")},
        "crumbs": [{"label": _("查账"), "url": reverse("trace:year")}, {"label": table.title, "url": ""}],
    }
    return render(request, template, here | context)


def chips_of(request: HttpRequest, filtered: Any, named: Mapping[str, str] | None = None) -> list[dict[str, str]]:
    """The filters that are on, each removable. named: words for keys that say nothing ({"line": "QN-01 …"})."""
    form, found = filtered.form, []
    if not form.is_valid():
        return [{"name": "", "label": _("有一个条件看不懂，没有用上"), "remove_url": request.path}]
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        if value in (None, "", []):
            continue
        choices = dict(getattr(field, "choices", ()) or ())
        if isinstance(value, slice):
            day = "{:%Y-%m-%d}"
            text = " — ".join(day.format(each) for each in (value.start, value.stop) if each)
            names = [f"{name}_min", f"{name}_max", f"{name}_after", f"{name}_before"]
        else:
            text = (named or {}).get(name) or choices.get(request.GET.get(name, "")) or str(value)
            names = [name]
        found.append({"name": name, "label": f"{field.label} {text}", "remove_url": f"?{_query(request, drop=names)}"})
    return found


def _cell(column: Column, row: Any) -> dict[str, Any]:
    value = column.value(row)
    text, sub = value if isinstance(value, tuple) else (value, "")
    url = column.url(row) if column.url else ""
    cell = {"text": text, "sub": sub, "label": column.label, "kind": column.kind, "url": url}
    if column.kind == "money" and url:
        cell["html"] = format_html('<a class="money" href="{}">{}</a>', url, money_text(text))
    return cell


def _export(
    request: HttpRequest, actor: Actor, table: Table, rows: list[Any], kind: str, chips: Sequence[Mapping[str, str]]
) -> HttpResponse:
    """The rows as a file; the export is journaled on the person."""
    values = [[_plain(column.value(row)) for column in table.columns] for row in rows]
    sheets = [
        Sheet(table.title, [column.label for column in table.columns], values),
        Sheet(
            _("说明"),
            [_("项目"), _("内容")],
            [
                [_("条件"), "；".join(chip["label"] for chip in chips) or _("全部")],
                [_("行数"), len(values)],
                [_("导出人"), f"{actor.user_name}（{actor.organization_name}）"],
                [_("导出时间"), clock.now()],
            ],
            widths=(14, 60),
        ),
    ]
    person = get_user_model()._base_manager.filter(pk=str(request.user.pk)).first()
    if person is not None:
        with transaction.atomic():
            facts = {"list": f"trace.{table.page}", "query": _query(request), "rows": len(values), "kind": kind}
            journal.record(person, "export", actor=actor, facts=facts)
    return workbook_response(sheets, name=f"{table.title}-{clock.today():%Y%m%d}", kind=kind)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return "　".join(str(each) for each in value if each)
    return value


def _query(request: HttpRequest, *, drop: Sequence[str] = (), **change: str) -> str:
    """The address's filters without page and export; empty ones left out, so that equal filters have equal texts."""
    left = {"page", "export", *drop}
    pairs = [(name, value) for name, value in request.GET.items() if name not in left and value]
    return urlencode([*pairs, *change.items()])
