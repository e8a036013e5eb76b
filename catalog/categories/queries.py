"""Official schemes (官方目录) as they were loaded: public knowledge, visible to everybody."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet

from catalog.categories.models import Category


def categories(scheme: str = "") -> QuerySet[Category]:
    """The categories, with their parents; one query."""
    rows = Category.objects.select_related("parent").order_by("scheme", "code")
    return rows.filter(scheme=scheme) if scheme else rows


def schemes() -> list[dict[str, Any]]:
    """The loaded schemes and how many rows each has: {scheme, rows}."""
    found = Category.objects.values_list("scheme").annotate(rows=Count("pk")).order_by("scheme")
    return [{"scheme": scheme, "rows": rows} for scheme, rows in found]
