"""Spreadsheets (表格): workbooks with real numbers and formulas, and tables read from CSV or xlsx."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.http import HttpResponse
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from core import clock
from core.documents import disposition
from core.errors import Invalid
from core.filetypes import SPREADSHEETS, check_file, decode_text

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MONEY_FORMAT: Final = "#,##0.00"
DAY_FORMAT: Final = "yyyy-mm-dd"
MOMENT_FORMAT: Final = "yyyy-mm-dd hh:mm"
# A text that begins so would be run as a formula by the program that opens the file.
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 200


@dataclass(frozen=True)
class Formula:
    """A formula that we wrote ourselves: Formula("=SUM(E2:E9)"); text from people never becomes one."""

    text: str
    number_format: str = MONEY_FORMAT


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    header  the names of the columns, bold and frozen
    rows    plain values: text, int, Decimal yuan (as money), day, moment (Shanghai time), bool, None, Formula
    widths  in characters, by column; 0 or absent is measured
    totals  whether the last row is a sum, drawn bold under a line
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    widths: Sequence[int] = field(default=())
    totals: bool = False


def workbook_bytes(sheets: Iterable[Sheet]) -> bytes:
    """The sheets as xlsx bytes: numbers as numbers, header frozen and repeated in print, filters on."""
    book = Workbook()
    book.remove(book.active)
    book.properties.creator = ""
    book.properties.created = book.properties.modified = clock.now().replace(tzinfo=None)
    for sheet in sheets:
        _fill(book.create_sheet(re.sub(r"[\[\]:*?/\\]", "-", sheet.title)[:31] or "Sheet"), sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def workbook_response(sheets: Sequence[Sheet], *, name: str, kind: str = "xlsx") -> HttpResponse:
    """The sheets as a download; kind "csv" gives the first one as CSV with BOM, for spreadsheets that expect it."""
    if kind == "csv":
        response = HttpResponse(csv_bytes(sheets[0]), content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(workbook_bytes(sheets), content_type=XLSX)
    response["Content-Disposition"] = disposition(f"{name}.{kind}")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def csv_bytes(sheet: Sheet) -> bytes:
    """A sheet as CSV in UTF-8 with BOM; texts that a spreadsheet would run get an apostrophe in front."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(sheet.header)
    writer.writerows([_text(value) for value in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def read_table(content: bytes, *, name: str) -> list[dict[str, str]]:
    """The rows of a CSV (UTF-8 with or without BOM, GB18030) or xlsx file (first sheet), by the names in its first row.

    content  the whole file;  name: its name, whose ending must agree with the content
    returns  one dict a row, all text, blanks stripped, whole numbers without ".0", days as 2026-09-01; empty rows left out
    raises   Invalid at field "file": neither kind, not decodable, no header or the same column twice, over 20 000 rows
    """
    return [row for _number, row in read_numbered(content, name=name)]


def read_numbered(content: bytes, *, name: str) -> list[tuple[int, dict[str, str]]]:
    """The same rows, each with its number in the file, by which its faults are told: (5, {"金额": "12.00"})."""
    kind = check_file(content, name, kinds=SPREADSHEETS)
    rows = _xlsx_rows(content) if kind == XLSX else _csv_rows(content)
    if not rows or not any(rows[0]):
        raise _refuse(_("「%(name)s」的第一行没有列名。请把列名放在第一行。") % {"name": name})
    header = rows[0]
    while header and not header[-1]:
        header.pop()
    twice = [column for column in header if column and header.count(column) > 1]
    if twice:
        raise _refuse(_("列名「%(column)s」出现了两次，请改名后再传。") % {"column": twice[0]})
    table = []
    for number, row in enumerate(rows[1:], 2):
        if not any(row):
            continue
        if any(row[len(header) :]):
            raise _refuse(_("第 %(row)s 行比列名多出内容，请检查分隔符或多余的列。") % {"row": number})
        table.append((number, {column: row[n] if n < len(row) else "" for n, column in enumerate(header) if column}))
    return table


def _refuse(sentence: str) -> Invalid:
    return Invalid(sentence, field="file")


def _too_long() -> Invalid:
    return _refuse(_("表格超过 %(limit)s 行，请拆分后再传。") % {"limit": MAX_ROWS})


def _csv_rows(content: bytes) -> list[list[str]]:
    try:
        text = decode_text(content)
    except Invalid as refusal:
        raise _refuse(refusal.message) from None
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            rows.append([cell.strip() for cell in row[:MAX_COLUMNS]])
            if len(rows) > MAX_ROWS + 1:
                raise _too_long()
    except csv.Error as fault:
        raise _refuse(_("CSV 第 %(row)s 行附近的引号或分隔符不对。") % {"row": len(rows) + 1}) from fault
    return rows


def _xlsx_rows(content: bytes) -> list[list[str]]:
    rows = []
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            for row in book.worksheets[0].iter_rows(values_only=True, max_col=MAX_COLUMNS):
                rows.append([_read_cell(value) for value in row])
                if len(rows) > MAX_ROWS + 1:
                    raise _too_long()
        finally:
            book.close()
    except Invalid:
        raise
    except Exception as fault:  # a parser of foreign bytes fails in any way it likes
        raise _refuse(_("这个 xlsx 打不开，请用表格软件另存一次再传。")) from fault
    return rows


def _read_cell(value: Any) -> str:
    """A cell as text: what a person sees, not how the file keeps it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        # Fifteen digits are what a spreadsheet itself holds; 0.1 + 0.2 reads 0.3.
        return f"{value:.15g}" if abs(value) < 1e15 else f"{value:.0f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == datetime.min.time() else f"{value:%Y-%m-%d %H:%M}"
    return str(value).strip()


_HEAD_FILL: Final = PatternFill("solid", fgColor="FFE6F1F3")
_TOTAL_LINE: Final = Border(top=Side(style="thin"))


def _fill(page: Any, sheet: Sheet) -> None:
    """Write one sheet into its page."""
    for column, word in enumerate(sheet.header, 1):
        cell = page.cell(1, column)
        _write(cell, word)
        cell.font, cell.fill = Font(bold=True), _HEAD_FILL
        cell.alignment = Alignment(vertical="center", wrap_text=True)
    for number, row in enumerate(sheet.rows, 2):
        last = sheet.totals and number == len(sheet.rows) + 1
        for column, value in enumerate(row, 1):
            cell = page.cell(number, column)
            _write(cell, value)
            if last:
                cell.font, cell.border = Font(bold=True), _TOTAL_LINE
    for column in range(1, len(sheet.header) + 1):
        asked = sheet.widths[column - 1] if column <= len(sheet.widths) else 0
        page.column_dimensions[get_column_letter(column)].width = asked or _measured(sheet, column - 1)
    page.freeze_panes = "A2"
    filtered = len(sheet.rows) + 1 - (1 if sheet.totals else 0)
    page.auto_filter.ref = f"A1:{get_column_letter(max(1, len(sheet.header)))}{max(1, filtered)}"
    page.print_title_rows = "1:1"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0


def _write(cell: Any, value: Any) -> None:
    """Put one value into its cell; a text stays a text whatever it begins with."""
    if isinstance(value, Formula):
        cell.value, cell.number_format = value.text, value.number_format
    elif isinstance(value, Decimal):
        cell.value, cell.number_format = value, MONEY_FORMAT
    elif isinstance(value, datetime):
        cell.value, cell.number_format = clock.local(value).replace(tzinfo=None), MOMENT_FORMAT
    elif isinstance(value, date):
        cell.value, cell.number_format = value, DAY_FORMAT
    elif isinstance(value, bool):
        cell.value = "是" if value else "否"
    elif value is None or isinstance(value, int | float):
        cell.value = value
    else:
        text = ILLEGAL_CHARACTERS_RE.sub("", str(value))
        cell.value = text
        if text.startswith(DANGEROUS):
            cell.data_type, cell.quotePrefix = "s", True


def _measured(sheet: Sheet, column: int) -> int:
    """A column's width from its first rows; a Chinese character is as wide as two others."""
    cells = [sheet.header[column], *(row[column] for row in sheet.rows[:200] if column < len(row))]
    widest = max(sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in _text(cell)) for cell in cells)
    return min(48, max(10, widest + 3))


def _text(value: Any) -> str:
    """A value as CSV text."""
    if isinstance(value, datetime):
        return f"{clock.local(value):%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "是" if value else "否"
    if value is None or isinstance(value, Formula):
        return ""
    text = str(value)
    # A negative amount is a number and stays one.
    harmless = isinstance(value, Decimal | int | float)
    return text if harmless or not text.startswith(DANGEROUS) else f"'{text}"
