"""OCDS 1.1 packages (开放合同数据包): the frame around releases and records; pure.

What the releases of one process come to is in `procurement/notices/ocds.py`: the archive packs the same record.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from procurement.notices.ocds import BIDS_EXTENSION, moment

LICENSE = "https://creativecommons.org/licenses/by/4.0/"


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
