"""Checkpoints outside the database (外部存证): a file that only grows, one line a checkpoint, best on another volume."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction

from audit.journal.models import Anchor, Checkpoint, PublicKey

FILE = "file"


def checkpoint_file() -> Path:
    """Where the file lies."""
    return Path(settings.CHECKPOINT_FILE)


def anchor_checkpoints() -> int:
    """Append to the file what it was not told yet; a crash in between may tell a checkpoint twice, never leave one out.

    returns  how many lines were written
    raises   OSError (the volume is full or gone; the next run catches up)
    """
    with transaction.atomic():
        Anchor.objects.get_or_create(name=FILE)
        mark = Anchor.objects.select_for_update().get(name=FILE)
        rows = list(Checkpoint.objects.filter(number__gt=mark.number).order_by("number"))
        if not rows:
            return 0
        _append(rows)
        mark.number = rows[-1].number
        mark.save()
    return len(rows)


def rewrite_file() -> int:
    """Write the file anew from the database, the old one kept under another name: after it was lost, or after a restore.

    From then on it proves only what is written after this moment. returns  how many lines were written
    """
    place = checkpoint_file()
    if place.exists():
        kept = next(name for n in range(1, 10_000) if not (name := place.with_suffix(f".{n}.jsonl")).exists())
        place.rename(kept)
    with transaction.atomic():
        Anchor.objects.filter(name=FILE).delete()
    return anchor_checkpoints()


def anchored() -> Iterator[dict[str, str | int]]:
    """The file's lines, as they are read; a line that is none comes as {"broken": its number}. raises  FileNotFoundError"""
    with checkpoint_file().open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                told = json.loads(line)
                yield {"number": int(told["number"]), "note": str(told["note"]), "key": str(told["key"])}
            except (ValueError, TypeError, KeyError):
                yield {"broken": number}


def _append(rows: Iterable[Checkpoint]) -> None:
    keys = {text.split("+")[1]: text for text in PublicKey.objects.values_list("text", flat=True)}
    place = checkpoint_file()
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        for row in rows:
            told = {"number": row.number, "note": row.note, "key": keys.get(row.key_id, "")}
            file.write(json.dumps(told, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
