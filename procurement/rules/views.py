"""The read page of the rules (规则与日历): value, source, since when, whether verified; the holiday notices loaded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _

from core import clock
from procurement.rules.models import Parameter
from procurement.rules.queries import TRACKS, UNITS, calendar, calendar_days, rules_in_force


@login_required
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule in force today; a date in the address asks for another day."""
    year = clock.today().year
    loaded = sorted(calendar().years)
    groups: dict[str, list[dict[str, Any]]] = {"期限": [], "数额与比例": []}
    for row in rules_in_force():
        groups["期限" if row.key.startswith("deadline.") else "数额与比例"].append(
            {"rule": row, "value": value_text(row), "track": TRACKS[row.track]}
        )
    context = {
        "groups": groups.items(),
        "unverified": sum(not row["rule"].verified for rows in groups.values() for row in rows),
        "years": [{"year": y, "days": list(calendar_days(y))} for y in loaded],
        "missing": [y for y in (year, year + 1) if y not in loaded],
        "phone_title": _("规则与日历"),
        "crumbs": [{"label": "工作台", "url": "/w/"}, {"label": _("规则与日历"), "url": ""}],
    }
    return render(request, "procurement/rules/list.html", context)


def value_text(row: Parameter) -> str:
    """A value as people read it."""
    value, unit = row.value, UNITS.get(row.unit, "")
    if isinstance(value, list):
        return _listed(value, unit)
    if isinstance(value, dict):
        return _paired(value, unit)
    if row.unit == "yuan":
        return f"{Decimal(value):,.2f} {unit}"
    if row.unit == "date":
        return _("每年 %(day)s 前") % {"day": value}
    return _("自约定验收期满之日") if row.unit == "rule" else f"{value} {unit}".strip()


def _listed(value: list[Any], unit: str) -> str:
    """Months, or the milestones of a payment plan: [share in percent, name, percent of the term]."""
    if value and isinstance(value[0], list):
        return "，".join(f"{name} {share}%（服务期 {part}% 处）" for share, name, part in value)
    return "、".join(map(str, value)) + unit


def _paired(value: dict[str, Any], unit: str) -> str:
    """A range, a fraction, or a value for each of several kinds."""
    if {"low", "high"} == set(value):
        return f"{value['low']}—{value['high']}{unit}"
    if {"part", "whole"} == set(value):
        return f"{value['part']}/{value['whole']}"
    return "，".join(f"{WORDS.get(name, name)} {one}" for name, one in value.items())


WORDS = {"supervisor": "业务主管单位", "registrar": "登记机关", "foundation": "基金会"}

urlpatterns = [path("", rules, name="list")]
