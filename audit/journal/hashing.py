"""Pure arithmetic of the chain: the canonical bytes of an entry. What anybody needs to check it is in standalone.py."""

from __future__ import annotations

import json
from typing import Any

BODY_VERSION = 1


def canonical(body: dict[str, Any]) -> bytes:
    """The one byte form of an entry: sorted keys, no blanks, UTF-8. Stored as it stands, never rebuilt."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
