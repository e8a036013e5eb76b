"""Drafts (草稿): what a person typed, kept on the server as typed, shown on any of their devices."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import models, transaction
from django.utils.translation import gettext as _

from core import clock
from core.errors import Conflict, Invalid
from core.sealing import canonical_json, platform_sealer

# A form's text, never its files: those are documents.
MAX_DRAFT_BYTES: Final = 1024 * 1024


class Draft(models.Model):
    """One form's content for one owner; sealed ones are encrypted from the first keystroke."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_key = models.CharField(max_length=64)
    key = models.CharField(max_length=120)
    content = models.BinaryField()
    sealed = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    device = models.CharField(max_length=80, blank=True)
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "core"
        constraints = [models.UniqueConstraint(fields=["owner_key", "key"], name="draft_once")]


@dataclass(frozen=True)
class Saved:
    """A draft as its owner sees it. content: plain JSON values as typed."""

    content: dict[str, Any]
    version: int
    saved_at: datetime
    device: str


def save_draft(
    owner_key: str,
    key: str,
    content: dict[str, Any],
    *,
    expected_version: int | None = None,
    sealed: bool = False,
    device: str = "",
) -> Saved:
    """Keep what was typed.

    owner_key         user or organization key; key: which form ("bid:UUID")
    content           the fields as typed; JSON values
    expected_version  the version this device last saw, 0 for "I saw none", None for "whatever stands"
    sealed            encrypts it; a draft that was sealed once stays sealed
    device            a word by which its owner knows the device
    raises            Conflict when another device saved later (`current` is the other's Saved) or the draft has been
                      handed in or dropped (`current` None) · Invalid (over 1 MB, text that is no Unicode)
    writes            one Draft row
    """
    body = _packed(content)
    with transaction.atomic():
        if not expected_version:
            blank = Draft(owner_key=owner_key, key=key, version=0, content=b"", sealed=sealed)
            Draft.objects.bulk_create([blank], ignore_conflicts=True)
        row = Draft.objects.select_for_update().filter(owner_key=owner_key, key=key).first()
        if row is None:
            raise Conflict(_("这份草稿已经提交或删除，没有再存。您填的还在页面上。"))
        if expected_version is not None and row.version != expected_version:
            raise Conflict(_("另一台设备在这之后存过草稿。两份都在，请看过再决定用哪一份。"), current=_saved(row))
        row.sealed = row.sealed or sealed
        row.content = platform_sealer().seal(body, _context(owner_key, key)) if row.sealed else body
        row.version, row.device, row.saved_at = row.version + 1, device[:80], clock.now()
        row.save()
    return Saved(json.loads(body), row.version, row.saved_at, row.device)


def load_draft(owner_key: str, key: str) -> Saved | None:
    """What this owner's devices kept under this key, or None. raises  Unreadable (the seal key was changed)"""
    row = Draft.objects.filter(owner_key=owner_key, key=key).first()
    return _saved(row) if row else None


def drop_draft(owner_key: str, key: str) -> None:
    """Forget the draft: its content has become an object."""
    Draft.objects.filter(owner_key=owner_key, key=key).delete()


def _packed(content: dict[str, Any]) -> bytes:
    try:
        body = canonical_json(content)
    except ValueError as fault:
        raise Invalid(_("草稿里有存不下的字符，请删去后再试。")) from fault
    if len(body) > MAX_DRAFT_BYTES:
        raise Invalid(_("草稿超过 1 MB，没有存。请把长文放到附件里。"))
    return body


def _saved(row: Draft) -> Saved:
    stored = bytes(row.content)
    body = platform_sealer().open(stored, _context(row.owner_key, row.key)) if row.sealed else stored
    return Saved(json.loads(body), row.version, row.saved_at, row.device)


def _context(owner_key: str, key: str) -> bytes:
    return f"draft/1|{owner_key}|{key}".encode()
