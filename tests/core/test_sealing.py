"""What is sealed opens with its key and context alone; a commitment binds without telling."""

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from core.sealing import AesGcmSealer, Unreadable, canonical_json, commitment, platform_sealer

SEALER = AesGcmSealer(b"k" * 32)


@given(st.binary(max_size=2000), st.binary(max_size=60))
def test_what_was_sealed_opens_to_the_same(plain: bytes, context: bytes) -> None:
    sealed = SEALER.seal(plain, context)
    assert SEALER.open(sealed, context) == plain
    assert len(plain) < 16 or plain not in sealed


@given(st.data())
def test_one_altered_bit_anywhere_is_found(data: st.DataObject) -> None:
    sealed = bytearray(SEALER.seal("报价 298,000.00 元".encode(), b"bid:1"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unreadable):
        SEALER.open(bytes(sealed), b"bid:1")


def test_another_context_key_or_a_cut_does_not_open() -> None:
    sealed = SEALER.seal(b"x", b"bid:1")
    for sealer, blob, context in (
        (SEALER, sealed, b"bid:2"),
        (AesGcmSealer(b"j" * 32), sealed, b"bid:1"),
        (SEALER, sealed[:-1], b"bid:1"),
        (SEALER, sealed[:9], b"bid:1"),
        (SEALER, b"", b"bid:1"),
        (SEALER, b"\x02" + sealed[1:], b"bid:1"),
    ):
        with pytest.raises(Unreadable):
            sealer.open(blob, context)


def test_the_same_content_is_never_sealed_the_same_way_twice() -> None:
    assert SEALER.seal(b"x", b"c") != SEALER.seal(b"x", b"c")


def test_the_platform_key_is_its_owners_alone(settings: Any, tmp_path: Path) -> None:
    settings.SEAL_KEY_FILE = tmp_path / "absent.key"
    with pytest.raises(ImproperlyConfigured, match="no file"):
        platform_sealer()
    for text, mode, said in (("aa" * 32, 0o640, "0600"), ("aa" * 31, 0o600, "32 bytes"), ("zz" * 32, 0o600, "hex")):
        settings.SEAL_KEY_FILE = tmp_path / f"{said[:2]}.key"
        settings.SEAL_KEY_FILE.write_text(text)
        settings.SEAL_KEY_FILE.chmod(mode)
        with pytest.raises(ImproperlyConfigured, match=said):
            platform_sealer()
    settings.SEAL_KEY_FILE = tmp_path / "right.key"
    settings.SEAL_KEY_FILE.write_text(os.urandom(32).hex() + "\n")
    settings.SEAL_KEY_FILE.chmod(0o600)
    assert platform_sealer().open(platform_sealer().seal(b"x", b""), b"") == b"x"


def test_canonical_json_has_one_form() -> None:
    content = {
        "b": Decimal("298000.10"),
        "a": [date(2026, 9, 1), datetime(2026, 9, 1, 1, tzinfo=UTC), UUID(int=7), None, "青年"],
    }
    assert (
        canonical_json(content)
        == (
            '{"a":["2026-09-01","2026-09-01T01:00:00+00:00","00000000-0000-0000-0000-000000000007",null,"青年"],'
            '"b":"298000.10"}'
        ).encode()
    )
    assert canonical_json(dict(reversed(content.items()))) == canonical_json(content)
    for wrong in (float("nan"), "\ud800"):
        with pytest.raises(ValueError):
            canonical_json(wrong)
    with pytest.raises(TypeError):
        canonical_json({1, 2})


def test_a_commitment_binds_and_needs_a_real_salt() -> None:
    salt = bytes(range(32))
    assert commitment(salt, b"{}") != commitment(salt, b"{ }")
    assert len(commitment(salt, b"{}")) == 64
    with pytest.raises(ValueError, match="32"):
        commitment(b"short", b"{}")
