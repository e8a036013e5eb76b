"""Sealing (密封): encryption at rest for what nobody may read before its time.

The first sealer is AES-256-GCM under a platform key that lies in a file outside the database. Each sealed blob begins
with its suite and the key's id, so that another sealer (two custodians, SM4) can follow without touching bids.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

AES_256_GCM: Final = b"\x01"
NONCE_BYTES: Final = 12
KEY_ID_BYTES: Final = 4


class Unreadable(Exception):
    """A sealed blob cannot be opened: another key, another context, or altered bytes."""


class Sealer(Protocol):
    """Seals bytes under a context (which bid, which file): the same context opens them, no other."""

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """The sealed form of `plain`."""

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """The plain form. raises  Unreadable"""


class AesGcmSealer:
    """AES-256-GCM with one 32-byte key. Layout: suite ‖ key id ‖ nonce ‖ ciphertext and tag; context is authenticated."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ImproperlyConfigured("the seal key has 32 bytes")
        self._aead = AESGCM(key)
        self._key_id = hashlib.sha256(b"seal-key-id" + key).digest()[:KEY_ID_BYTES]

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """The sealed form of `plain`; fresh nonce each time."""
        nonce = os.urandom(NONCE_BYTES)
        return AES_256_GCM + self._key_id + nonce + self._aead.encrypt(nonce, plain, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """The plain form. raises  Unreadable"""
        start = len(AES_256_GCM) + KEY_ID_BYTES
        if sealed[:1] != AES_256_GCM or sealed[1:start] != self._key_id:
            raise Unreadable("sealed by another suite or key")
        # Another suite or key is told apart from damage: after a change of keys the message says which backup is wanted.
        nonce, body = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, body, context)
        except (InvalidTag, ValueError):  # ValueError: cut so short that not even the nonce is there
            raise Unreadable("altered, or of another context") from None


def platform_sealer() -> AesGcmSealer:
    """The sealer with the key of settings.SEAL_KEY_FILE (64 hex digits, readable by its owner alone).

    raises  ImproperlyConfigured (no file, other eyes may read it, not a key)
    """
    return _sealer_from(Path(settings.SEAL_KEY_FILE))


@cache
def _sealer_from(path: Path) -> AesGcmSealer:
    if not path.is_file():
        raise ImproperlyConfigured("SEAL_KEY_FILE names no file; make setup writes one")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ImproperlyConfigured("SEAL_KEY_FILE may be readable by its owner only (0600)")
    try:
        return AesGcmSealer(bytes.fromhex(path.read_text("ascii").strip()))
    except ValueError:
        raise ImproperlyConfigured("SEAL_KEY_FILE holds 64 hex digits") from None


def canonical_json(content: Any) -> bytes:
    """The one byte form of a JSON value: sorted keys, no blanks, UTF-8; Decimal, UUID and dates as text.

    raises  ValueError for NaN, infinity and text that is no Unicode; TypeError for what JSON does not know
    """
    text = json.dumps(
        content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain
    )
    return text.encode()


def commitment(salt: bytes, canonical: bytes) -> str:
    """sha256(salt ‖ canonical) in hex (承诺值): binds to a content without telling it.

    salt    32 random bytes, kept with the content; without it a small set of prices could be guessed
    raises  ValueError for a shorter salt
    """
    if len(salt) < 32:
        raise ValueError("a commitment needs 32 random bytes")
    return hashlib.sha256(salt + canonical).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"not for canonical JSON: {type(value).__name__}")
