"""What a verification says (核验发现)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that does not agree: which object, at which entry (0: the row itself), and what."""

    object_key: str
    n: int
    what: str

    def __str__(self) -> str:
        return f"{self.object_key} #{self.n}: {self.what}"


def checkpoint_key_of(number: int) -> str:
    """How a finding names a checkpoint."""
    return f"journal.checkpoint:{number}"
