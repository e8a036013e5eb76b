"""What the open data hold (开放数据范围): published releases in the order of their publication."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Max, Min, QuerySet

from procurement.notices.models import Notice


def releases() -> QuerySet[Notice]:
    """Notices that carry a release, in the order in which they became visible; what concerns no process has none."""
    return Notice.objects.exclude(ocid="").order_by("position")


def releases_after(position: int, limit: int) -> list[Notice]:
    """The next releases behind a place, at most `limit`. One query by the index of positions."""
    return list(releases().filter(position__gt=position).only("position", "release", "published_at")[:limit])


def releases_of(ocid: str) -> list[Notice]:
    """All releases of one process, oldest first; [] for what is not public."""
    return list(releases().filter(ocid=ocid).only("position", "release", "published_at"))


def processes(after: str, limit: int) -> list[str]:
    """The next ocids in their own order, at most `limit`; after: "" begins."""
    return list(
        Notice.objects.filter(ocid__gt=after).order_by("ocid").values_list("ocid", flat=True).distinct()[:limit]
    )


def releases_of_processes(ocids: list[str]) -> dict[str, list[Notice]]:
    """The releases of several processes, each list oldest first. One query."""
    found: dict[str, list[Notice]] = {ocid: [] for ocid in ocids}
    for notice in releases().filter(ocid__in=ocids).only("ocid", "position", "release", "published_at"):
        found[notice.ocid].append(notice)
    return found


def years() -> list[int]:
    """The years of which there are releases, latest first. One query."""
    ends = releases().order_by().aggregate(first=Min("published_at__year"), last=Max("published_at__year"))
    return list(range(ends["last"], ends["first"] - 1, -1)) if ends["last"] else []


def releases_of_year(year: int) -> Iterator[dict[str, Any]]:
    """The releases published in a Shanghai year, one by one."""
    yield from releases().filter(published_at__year=year).values_list("release", flat=True).iterator(chunk_size=500)


def last_position(year: int | None = None) -> int:
    """The latest place, of all or of a year; 0 while there is none. What an ETag is made of. One query."""
    found = releases().order_by()
    if year is not None:
        found = found.filter(published_at__year=year)
    return found.aggregate(last=Max("position"))["last"] or 0
