"""OCDS 1.1 packages (开放合同数据包): the frame around releases and records; pure.

A compiled release is ocdsmerge's; the rules of merging that our releases need are below, so that no schema is fetched.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ocdsmerge import Merger

from procurement.notices.ocds import BIDS_EXTENSION, moment

LICENSE = "https://creativecommons.org/licenses/by/4.0/"
# What differs from the default rules (objects by id, all else the later value); checked against the whole schema by a test.
MERGING: dict[str, Any] = {
    "properties": {
        "id": {"omitWhenMerged": True},
        "date": {"omitWhenMerged": True},
        "tag": {"omitWhenMerged": True, "type": "array", "items": {"type": "string"}},
    }
}


def package(about: Mapping[str, str], *, uri: str, at: datetime) -> dict[str, Any]:
    """What every package says of itself.

    about  name and address of the publisher: {"name", "uri", "policy"};  at: when it was made, aware
    """
    return {
        "uri": uri,
        "version": "1.1",
        "extensions": [BIDS_EXTENSION],
        "publishedDate": moment(at),
        "publisher": {"name": about["name"], "uri": about["uri"]},
        "license": LICENSE,
        "publicationPolicy": about["policy"],
    }


def record(releases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One contracting process: its releases as they were published, and what they come to."""
    return {
        "ocid": releases[0]["ocid"],
        "releases": list(releases),
        "compiledRelease": Merger(schema=MERGING).create_compiled_release(list(releases)),
    }


def cursor_of(position: int) -> str:
    """A place in the feed as an opaque word."""
    return base64.urlsafe_b64encode(f"n{position}".encode()).decode().rstrip("=")


def position_of(cursor: str) -> int | None:
    """The place that a cursor names; 0 for none, None for what is no cursor of ours."""
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return int(text[1:]) if text[:1] == "n" and text[1:].isdecimal() and len(text) < 18 else None
