"""The draw (抽取): an order of call that anybody can repeat from the seed. Pure arithmetic, no database.

The commitment (种子摘要) is journaled when the panel is made, before anybody knows who is in the pool; the seed is revealed
by the draw. Who has the seed and the pool gets the same names (domain.md 4.1).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable


def new_seed() -> str:
    """A fresh seed: 32 random bytes as 64 hex digits."""
    return secrets.token_hex(32)


def commitment(seed: str) -> str:
    """What is published before the draw: SHA-256 of the seed, hex."""
    return hashlib.sha256(b"draw/1|" + bytes.fromhex(seed)).hexdigest()


def order_of_call(seed: str, pool: Iterable[str]) -> list[str]:
    """The whole pool in the order in which it is called.

    seed     64 hex digits;  pool: the experts' keys; neither their order nor repetition matters
    returns  each key once, by SHA-256 of seed and key
    """
    return sorted(set(pool), key=lambda key: hashlib.sha256(f"{seed}|{key}".encode()).digest())


def draw(seed: str, pool: Iterable[str], n: int, called: Collection[str] = ()) -> list[str]:
    """The next n of the order of call, past those who were called already (递补).

    returns  fewer than n when the pool is used up
    """
    return [key for key in order_of_call(seed, pool) if key not in called][:n]
