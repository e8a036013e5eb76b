"""The words of OCDS 1.1 (开放合同数据标准): values, moments and parties as every release writes them; pure.

What a release says of tender, awards and contracts stands in the room that publishes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from ocdsmerge import Merger

from core import clock

BIDS_EXTENSION = (
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_bid_extension/v1.1.5/extension.json"
)


# What differs from the default rules of merging (objects by id, all else the later value), so that no schema is fetched;
# checked against the whole schema by a test.
MERGING: dict[str, Any] = {
    "properties": {
        "id": {"omitWhenMerged": True},
        "date": {"omitWhenMerged": True},
        "tag": {"omitWhenMerged": True, "type": "array", "items": {"type": "string"}},
    }
}


def record(releases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One contracting process: its releases as they were published, and what they come to (compiled by ocdsmerge)."""
    return {
        "ocid": releases[0]["ocid"],
        "releases": list(releases),
        "compiledRelease": Merger(schema=MERGING).create_compiled_release(list(releases)),
    }


def moment(at: datetime) -> str:
    """A moment with the offset of Shanghai: "2026-09-01T09:00:00+08:00"."""
    return clock.local(at).isoformat(timespec="seconds")


def period(first: date, last: date) -> dict[str, str]:
    """From the first day's beginning to the last day's end, in Shanghai."""
    return {"startDate": day(first), "endDate": day(last, end=True)}


def day(on: date, *, end: bool = False) -> str:
    """A day as a moment: its beginning, or its end."""
    return datetime.combine(on, time(23, 59, 59) if end else time(), tzinfo=clock.SHANGHAI).isoformat()


def money(amount: Decimal) -> dict[str, Any]:
    """Yuan as a value; OCDS has numbers there, and two decimals survive one."""
    return {"amount": float(amount), "currency": "CNY"}


def party(organization: Any, *roles: str) -> dict[str, Any]:
    """An organization with its roles; no person, no telephone.

    identifier.scheme CN-USCC: 统一社会信用代码 (an open code list; org-id.guide names none for it)
    """
    named = reference(organization)
    identifier = (
        {"identifier": {"scheme": "CN-USCC", "id": organization.uscc, "legalName": organization.name}}
        if organization.uscc
        else {}
    )
    return {**named, **identifier, "roles": list(roles)}


def reference(organization: Any) -> dict[str, str]:
    """How other parts of a release name an organization."""
    return {
        "id": f"CN-USCC-{organization.uscc}" if organization.uscc else str(organization.pk),
        "name": organization.name,
    }


def items(lines: Any) -> list[dict[str, Any]]:
    """Priced lines (合同明细) with their unit price."""
    return [
        {
            "id": str(line.n),
            "description": line.name,
            "quantity": line.quantity,
            "unit": {"name": line.unit, "value": money(line.unit_price)},
        }
        for line in lines
    ]
