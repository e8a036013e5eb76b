"""The key of checkpoints (存证密钥): Ed25519, in a file outside the database; signed notes as C2SP writes them."""

from __future__ import annotations

import base64
import stat
from datetime import date, datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from audit.journal.standalone import DASH, ED25519, key_id_of


class CheckpointKey:
    """One signing key under the name of this journal."""

    def __init__(self, seed: bytes, name: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.name = name
        raw = self._private.public_key().public_bytes_raw()
        self.key_id = key_id_of(name, raw)
        self.public = f"{name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + raw).decode()}"

    def sign(self, text: str) -> str:
        """The signature under a text, base64."""
        return base64.b64encode(self._private.sign(text.encode())).decode()

    def note(self, size: int, root: bytes, *, at: datetime, closes: date | None = None) -> str:
        """A signed checkpoint. at: aware, in UTC; closes: the day in Shanghai that it ends."""
        lines = [self.name, str(size), base64.b64encode(root).decode(), f"time {at.isoformat()}"]
        if closes is not None:
            lines.append(f"day {closes.isoformat()}")
        text = "\n".join(lines) + "\n"
        signature = base64.b64encode(self.key_id + self._private.sign(text.encode())).decode()
        return f"{text}\n{DASH}{self.name} {signature}\n"


def checkpoint_key() -> CheckpointKey:
    """The key of settings.CHECKPOINT_KEY_FILE (64 hex digits, readable by its owner alone).

    raises  ImproperlyConfigured (no file, other eyes may read it, not a key)
    """
    return _key_from(Path(settings.CHECKPOINT_KEY_FILE), journal_name())


def journal_name() -> str:
    """The journal's name in notes: the platform's host, without a scheme."""
    return f"{urlsplit(settings.SITE_URL).netloc}/journal"


@cache
def _key_from(path: Path, name: str) -> CheckpointKey:
    if not path.is_file():
        raise ImproperlyConfigured("CHECKPOINT_KEY_FILE names no file; make setup writes one")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ImproperlyConfigured("CHECKPOINT_KEY_FILE may be readable by its owner only (0600)")
    try:
        return CheckpointKey(bytes.fromhex(path.read_text("ascii").strip()), name)
    except ValueError:
        raise ImproperlyConfigured("CHECKPOINT_KEY_FILE holds 64 hex digits") from None
