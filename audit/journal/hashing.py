"""Pure arithmetic of the chain: canonical bytes and the link from one entry to the next."""

from __future__ import annotations

import hashlib
import json
from typing import Any

BODY_VERSION = 1


def canonical(body: dict[str, Any]) -> bytes:
    """The one byte form of an entry: sorted keys, no blanks, UTF-8. Stored as it stands, never rebuilt."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def link(previous: bytes, body: bytes) -> bytes:
    """sha256(previous ‖ body), 32 bytes; the first entry's previous is b""."""
    return hashlib.sha256(previous + body).digest()
