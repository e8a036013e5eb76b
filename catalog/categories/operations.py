"""Loading official schemes (导入官方目录) from a table, all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.categories.models import Category
from core.errors import Invalid
from core.spreadsheets import read_table

COLUMNS: Final = ("code", "name", "parent", "level", "scheme", "status", "seed_category", "note")
WRITTEN: Final = ("name", "parent_id", "level", "status", "seed_category", "note")
FAULTS_SHOWN: Final = 10


@dataclass(frozen=True)
class Loaded:
    """What an import did, in rows: added, changed, left as they were."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True)
class Row:
    """One row of the table, checked by itself. number: its place in the file, the header being 1."""

    number: int
    code: str
    name: str
    parent: str
    level: int
    scheme: str
    status: str
    seed_category: str
    note: str

    @property
    def key(self) -> tuple[str, str]:
        """What names it: scheme and code."""
        return self.scheme, self.code


@transaction.atomic
def import_categories(content: bytes, *, name: str) -> Loaded:
    """Load categories of one or several schemes with their hierarchy; loading the same again changes nothing.

    content  CSV (UTF-8 with or without BOM, GB18030) or xlsx with the columns code, name, parent, level, scheme, status,
             seed_category, note;  name: the file's, for messages
    returns  how many rows were added, changed, left
    raises   Invalid naming each broken row by its number; then nothing at all is written
    writes   Category rows; rows that the file no longer has stay, since older items point at them
    """
    rows = _read(content, name)
    stored = {(c.scheme, c.code): c for c in Category.objects.filter(scheme__in={row.scheme for row in rows})}
    _check_hierarchy(rows, stored)
    added: list[Category] = []
    changed: list[Category] = []
    for row in sorted(rows, key=lambda r: (r.level, r.number)):
        parent = stored[row.scheme, row.parent] if row.parent else None
        values: dict[str, Any] = {
            "name": row.name,
            "parent_id": parent.pk if parent else None,
            "level": row.level,
            "status": row.status,
            "seed_category": row.seed_category,
            "note": row.note,
        }
        found = stored.get(row.key)
        if found is None:
            found = stored[row.key] = Category(scheme=row.scheme, code=row.code, **values)
            added.append(found)
        elif any(getattr(found, field) != value for field, value in values.items()):
            for field, value in values.items():
                setattr(found, field, value)
            changed.append(found)
    Category.objects.bulk_create(added, batch_size=200)
    Category.objects.bulk_update(changed, WRITTEN, batch_size=100)
    return Loaded(len(added), len(changed), len(rows) - len(added) - len(changed))


def _read(content: bytes, name: str) -> list[Row]:
    """The rows of the file. raises  Invalid with every broken row (the first ten)"""
    table = read_table(content, name=name)
    if not table:
        raise Invalid(_("%(name)s 里没有数据行。") % {"name": name}, field="file")
    missing = [column for column in COLUMNS if column not in table[0]]
    if missing:
        raise Invalid(_("缺少列：%(names)s。") % {"names": "、".join(missing)}, field="file")
    rows: list[Row] = []
    faults: list[str] = []
    first: dict[tuple[str, str], int] = {}
    names = {(cells["scheme"], cells["code"]): cells["name"] for cells in table}
    for number, cells in enumerate(table, 2):
        _name_residual(cells, names.get((cells["scheme"], cells["parent"]), ""))
        fault = _fault(cells)
        if not fault:
            key = (cells["scheme"], cells["code"])
            earlier = first.setdefault(key, number)
            fault = "" if earlier == number else _("与第 %(n)s 行重复") % {"n": earlier}
        if fault:
            faults.append(
                _("第 %(n)s 行（%(code)s）：%(fault)s") % {"n": number, "code": cells["code"] or "—", "fault": fault}
            )
            continue
        values: dict[str, Any] = {column: cells[column] for column in COLUMNS}
        rows.append(Row(number=number, **(values | {"level": int(float(cells["level"]))})))
    _refuse(faults)
    return rows


def _name_residual(cells: dict[str, str], parent: str) -> None:
    """Name a residual class (…99) whose name the source left out, by the scheme's own habit: 「其他」 and the parent's.

    The row says so, and no longer counts as verified.
    """
    code = cells["code"].rstrip("0")
    if not cells["name"] and code.endswith("99") and parent:
        cells["name"] = f"其他{parent}"
        cells["status"] = "unverified"
        cells["note"] = cells["note"] or _("来源此行没有名称，按上级补为「其他…」，待核实")


def _fault(cells: dict[str, str]) -> str:
    """What is wrong with one row by itself, or nothing."""
    empty = [column for column in ("code", "name", "level", "scheme", "status") if not cells[column]]
    if empty:
        return _("「%(names)s」是空的") % {"names": "、".join(empty)}
    try:
        level = float(cells["level"])
    except ValueError:
        return _("层级「%(level)s」不是数字") % {"level": cells["level"]}
    if not level.is_integer() or not 0 <= level <= 9:
        return _("层级要在 0 到 9 之间")
    for column, longest in (("code", 20), ("name", 120), ("scheme", 40), ("status", 24), ("seed_category", 40)):
        if len(cells[column]) > longest:
            return _("「%(name)s」超过 %(n)s 个字") % {"name": column, "n": longest}
    return ""


def _check_hierarchy(rows: Sequence[Row], stored: dict[tuple[str, str], Category]) -> None:
    """Every parent is in the file or in the database, one level up. raises  Invalid naming the rows"""
    levels = {key: category.level for key, category in stored.items()} | {row.key: row.level for row in rows}
    faults = []
    for row in rows:
        if not row.parent:
            continue
        above = levels.get((row.scheme, row.parent))
        if above is None:
            faults.append(
                _("第 %(n)s 行（%(code)s）：上级「%(parent)s」不存在")
                % {"n": row.number, "code": row.code, "parent": row.parent}
            )
        elif above >= row.level:
            faults.append(
                _("第 %(n)s 行（%(code)s）：层级 %(level)s 不低于上级「%(parent)s」的 %(above)s")
                % {"n": row.number, "code": row.code, "level": row.level, "parent": row.parent, "above": above}
            )
    _refuse(faults)


def _refuse(faults: list[str]) -> None:
    if faults:
        more = _("；另有 %(n)s 行") % {"n": len(faults) - FAULTS_SHOWN} if len(faults) > FAULTS_SHOWN else ""
        raise Invalid(_("没有导入。") + "；".join(faults[:FAULTS_SHOWN]) + more, field="file")
