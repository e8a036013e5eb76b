"""Pages and files of the open data (开放数据): what there is, its columns, downloads."""

from __future__ import annotations

import io
import json
import zipfile
from tempfile import SpooledTemporaryFile
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import etag, require_safe

from core import clock
from core.spreadsheets import csv_bytes, workbook_response
from portal.opendata.feeds import NoticesFeed
from portal.opendata.packages import LICENSE
from portal.opendata.queries import last_position, releases_of_year, years
from portal.opendata.tables import TABLES, Table, objects, sheet

MEMORY = 4_000_000


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """开放数据: the data sets with their columns, the feed, a year at once."""
    context = {"place": "data", "tables": TABLES.values(), "years": years(), "license": LICENSE, "now": clock.now()}
    return render(request, "portal/opendata/page.html", context)


@require_safe
def table_csv(request: HttpRequest, name: str) -> HttpResponse:
    """A table as CSV with a byte order mark; what a spreadsheet would run as a formula is text."""
    return workbook_response([sheet(known(name))], name=f"{name}-{clock.today():%Y%m%d}", kind="csv")


@require_safe
def table_json(request: HttpRequest, name: str) -> HttpResponse:
    """A table as JSON with its dictionary."""
    table = known(name)
    fields = [{"name": c.name, "label": c.label, "meaning": c.meaning} for c in table.columns]
    body = {"name": table.name, "label": table.label, "license": LICENSE, "fields": fields, "rows": objects(table)}
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})


def known(name: str) -> Table:
    """A table by name. raises  Http404"""
    if name not in TABLES:
        raise Http404
    return TABLES[name]


def _year_tag(request: HttpRequest, year: int) -> str:
    return f'"{year}-{last_position(year)}-{clock.today()}"'


@require_safe
@etag(_year_tag)
def bulk(request: HttpRequest, year: int) -> HttpResponseBase:
    """A year at once: releases as JSON lines, every table as CSV; 404 for a year without releases."""
    if year not in years():
        raise Http404
    file: Any = SpooledTemporaryFile(max_size=MEMORY)  # noqa: SIM115 - the response closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(f"releases-{year}.jsonl", "w") as lines, io.TextIOWrapper(lines, encoding="utf-8") as text:
            for release in releases_of_year(year):
                text.write(json.dumps(release, ensure_ascii=False, separators=(",", ":")) + "\n")
        for table in TABLES.values():
            archive.writestr(f"{table.name}.csv", csv_bytes(sheet(table)))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"open-data-{year}.zip", content_type="application/zip")


app_name = "opendata"
urlpatterns = [
    path("", page, name="page"),
    path("<slug:name>.csv", table_csv, name="csv"),
    path("<slug:name>.json", table_json, name="json"),
    path("bulk/<int:year>.zip", bulk, name="bulk"),
    path("notices.atom", NoticesFeed(), name="atom"),
]
