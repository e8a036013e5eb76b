"""Ways to tamper, as somebody does who has the database's password and the disk, but not the key of checkpoints.

Each takes the world and a source of chance, does its deed on things that nobody else of the same round has touched, and
returns the name that a finding must give; "" where it found nothing left to do.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from audit.journal import sequencer
from audit.journal.anchors import checkpoint_file
from audit.journal.findings import checkpoint_key_of
from audit.journal.models import Checkpoint, JournalEntry, Leaf, PublicKey, Subtree
from audit.journal.signing import CheckpointKey, journal_name
from audit.journal.standalone import Note, leaf_hash, link
from core.aggregates import Aggregate
from core.documents import Document
from core.reports import ReportJob
from procurement.budgets.models import Allocation, LedgerEntry
from procurement.notices.models import Notice
from tests.audit.journal.scene import Scene, change, entries_of, forged, into_text, rebuild

# --- rows ---


def move_a_status(scene: Scene) -> str:
    row = scene.an_object(Aggregate)
    others = [name for name in row.lifecycle.statuses if name != row.status]
    change(row, status=scene.chance.choice(others))
    return row.journal_key


def bend_a_head(scene: Scene) -> str:
    row = scene.an_object()
    change(row, **scene.chance.choice([{"audit_head": scene.chance.randbytes(32)}, {"audit_n": row.audit_n + 1}]))
    return row.journal_key


def change_a_stated_column(scene: Scene) -> str:
    """An amount, a number, a digest, a voucher: whatever an entry states."""
    name, column = scene.one_of(sorted(scene.told.columns), lambda each: each[0]) or ("", "")
    if not name or name not in scene.objects:
        return ""
    row = scene.objects[name]
    value = getattr(row, column)
    if isinstance(value, Decimal):
        change(row, **{column: value + Decimal("0.01")})
    elif isinstance(value, str):
        # One character, in a place that no constraint looks at: letters of bids are short.
        change(row, **{column: ("Z" if value[:1] != "Z" else "Y") + value[1:]})
    else:
        change(row, **{column: None})
    return name


def change_the_ledger(scene: Scene) -> str:
    row = scene.one_of(LedgerEntry.objects.all(), lambda each: f"procurement.allocation:{each.allocation_id}")
    if row is None:
        return ""
    column = scene.chance.choice(["amount", "planned_after", "paid_after"])
    change(row, **{column: getattr(row, column) + Decimal("1.00")})
    return f"procurement.allocation:{row.allocation_id}"


def change_an_allocation(scene: Scene) -> str:
    row = scene.one_of(Allocation.objects.all(), lambda each: f"procurement.allocation:{each.pk}")
    if row is None:
        return ""
    change(row, planned_amount=row.planned_amount + Decimal("0.01"))
    return f"procurement.allocation:{row.pk}"


def slip_in_a_row(scene: Scene) -> str:
    row = scene.an_object(Aggregate)
    copy = type(row)._base_manager.get(pk=row.pk)
    change(row, audit_n=0, audit_head=b"")
    JournalEntry.objects.filter(object_key=copy.journal_key).delete()
    return row.journal_key


# --- entries ---


def edit_a_body(scene: Scene) -> str:
    row = scene.an_object()
    entry = scene.chance.choice(entries_of(row.journal_key))
    change(entry, body=forged(entry, reason="别的理由"))
    return row.journal_key


def flip_a_bit(scene: Scene) -> str:
    row = scene.an_object()
    entry = scene.chance.choice(entries_of(row.journal_key))
    body = bytearray(bytes(entry.body))
    body[scene.chance.randrange(len(body))] ^= 1 << scene.chance.randrange(7)
    change(entry, body=bytes(body))
    return row.journal_key


def change_a_column(scene: Scene) -> str:
    row = scene.an_object()
    entry = scene.chance.choice(entries_of(row.journal_key))
    column = scene.chance.choice(["verb", "actor_key", "case_key"])
    change(entry, **{column: "other"})
    return row.journal_key


def store_as_text(scene: Scene) -> str:
    """On SQLite a column of bytes may hold text, of the same bytes even."""
    row = scene.an_object()
    entry = scene.chance.choice(entries_of(row.journal_key))
    into_text(entry, scene.chance.choice(["previous", "hash", "body"]))
    return row.journal_key


def delete_an_entry(scene: Scene) -> str:
    row = scene.an_object(least=2)
    scene.chance.choice(entries_of(row.journal_key)).delete()
    return row.journal_key


def delete_the_newest_and_tell_the_row(scene: Scene) -> str:
    row = scene.an_object(least=2)
    *kept, newest = entries_of(row.journal_key)
    newest.delete()
    status = {"status": json.loads(bytes(kept[-1].body))["to"]} if isinstance(row, Aggregate) else {}
    change(row, audit_n=kept[-1].n, audit_head=bytes(kept[-1].hash), **status)
    return row.journal_key


def swap_two_entries(scene: Scene) -> str:
    row = scene.an_object(least=2)
    entries = entries_of(row.journal_key)
    at = scene.chance.randrange(len(entries) - 1)
    one, two = entries[at], entries[at + 1]
    change(one, n=one.n + 1_000)
    change(two, n=one.n)
    change(one, n=two.n)
    return row.journal_key


def rebuild_a_chain(scene: Scene) -> str:
    """Every hash and the row's head computed anew: the chain agrees with itself, the tree does not."""
    row = scene.an_object()
    entries = entries_of(row.journal_key)
    first = scene.chance.randrange(len(entries))
    entries[first].body = forged(entries[first], actor_name="别人")
    rebuild(row, entries, first)
    return row.journal_key


def remove_from_the_middle_and_rebuild(scene: Scene) -> str:
    row = scene.an_object(least=3)
    entries = entries_of(row.journal_key)
    entries.pop(scene.chance.randrange(1, len(entries) - 1)).delete()
    for n, entry in enumerate(entries, 1):
        entry.n, entry.body = n, forged(entry, n=n)
    rebuild(row, entries, 0)
    return row.journal_key


def slip_in_an_entry(scene: Scene) -> str:
    row = scene.an_object()
    last = entries_of(row.journal_key)[-1]
    body = forged(last, n=last.n + 1, reason="补记")
    entry = JournalEntry(
        object_key=last.object_key, n=last.n + 1, previous=bytes(last.hash), hash=link(bytes(last.hash), body),
        body=body, at=last.at, verb=last.verb, actor_key=last.actor_key, case_key=last.case_key,
    )  # fmt: skip
    entry.save(force_insert=True)
    change(row, audit_n=entry.n, audit_head=entry.hash)
    return row.journal_key


def remove_a_whole_history(scene: Scene) -> str:
    """The entries and the row itself, as if it had never been: only the tree remembers."""
    row = scene.an_object()
    JournalEntry.objects.filter(object_key=row.journal_key).delete()
    type(row)._base_manager.filter(pk=row.pk)._raw_delete(using="default")
    return row.journal_key


# --- tree and checkpoints ---


def a_leaf(scene: Scene) -> Leaf:
    return scene.one_of(Leaf.objects.defer("hash"), lambda each: each.object_key)


def change_a_leaf(scene: Scene) -> str:
    leaf = a_leaf(scene)
    change(leaf, hash=scene.chance.randbytes(32))
    return leaf.object_key


def store_a_leaf_as_text(scene: Scene) -> str:
    leaf = a_leaf(scene)
    into_text(leaf, "hash")
    return leaf.object_key


def delete_a_leaf(scene: Scene) -> str:
    leaf = a_leaf(scene)
    Leaf.objects.filter(pk=leaf.pk).delete()
    return leaf.object_key


def give_a_leaf_to_another(scene: Scene) -> str:
    leaf = a_leaf(scene)
    change(leaf, n=leaf.n + 100_000)
    return leaf.object_key


def a_checkpoint(scene: Scene) -> Checkpoint | None:
    return scene.one_of(Checkpoint.objects.all(), lambda each: checkpoint_key_of(each.number))


def change_a_checkpoint(scene: Scene) -> str:
    row = a_checkpoint(scene)
    if row is None:
        return ""
    values: list[dict[str, Any]] = [
        {"root": scene.chance.randbytes(32)},
        {"size": row.size - 1},
        {"note": row.note.replace("time 2", "time 1")},
        {"digest": scene.chance.randbytes(32).hex()},
    ]
    change(row, **scene.chance.choice(values))
    return checkpoint_key_of(row.number)


def delete_a_checkpoint(scene: Scene) -> str:
    row = a_checkpoint(scene)
    if row is None:
        return ""
    Checkpoint.objects.filter(pk=row.pk).delete()
    return checkpoint_key_of(row.number)


def sign_a_checkpoint_anew(scene: Scene) -> str:
    """By a key of his own, which he has written into the table of keys."""
    row = a_checkpoint(scene)
    if row is None:
        return ""
    key = CheckpointKey(scene.chance.randbytes(32), journal_name())
    PublicKey.objects.create(text=key.public, since=row.at)
    note = key.note(row.size, bytes(row.root), at=row.at, closes=row.closes)
    change(row, note=note, digest=Note(note).digest)
    return checkpoint_key_of(row.number)


def change_the_file_outside(scene: Scene) -> str:
    place = checkpoint_file()
    lines = place.read_text("utf-8").splitlines()
    line = scene.one_of(lines, lambda each: checkpoint_key_of(json.loads(each)["number"]))
    if line is None:
        return ""
    at, told = lines.index(line), json.loads(line)
    if scene.chance.random() < 0.5:
        del lines[at]
        if not lines or json.loads(lines[-1])["number"] < told["number"]:
            return ""  # the last line may still be on its way; nothing is claimed of it, and nothing was written
    else:
        lines[at] = json.dumps(told | {"note": told["note"].replace("time 2", "time 3")}, ensure_ascii=False)
    place.write_text("\n".join(lines) + "\n", "utf-8")
    return checkpoint_key_of(told["number"])


# --- files, reports, notices ---


def spoil_a_file(scene: Scene) -> str:
    document = scene.a_document()
    if document is None:
        return ""
    place = Path(settings.MEDIA_ROOT) / document.key
    content = bytearray(place.read_bytes())
    how = scene.chance.choice(["flip", "truncate", "replace", "delete"])
    if how == "flip":
        content[scene.chance.randrange(len(content))] ^= 1 << scene.chance.randrange(8)
    elif how == "truncate":
        del content[scene.chance.randrange(len(content)) :]
    elif how == "replace":
        content = bytearray(scene.chance.randbytes(len(content)))
    place.unlink()
    if how != "delete":
        place.write_bytes(content)
    return f"core.document:{document.pk}"


def replace_a_file_with_its_row(scene: Scene) -> str:
    """File, digest and place together: the row agrees with the file, and the entry names another."""
    document = scene.a_document(named=True)
    if document is None or Document.objects.filter(sha256=document.sha256).count() > 1:
        return ""
    content = scene.chance.randbytes(document.size)
    digest = sha256(content).hexdigest()
    place = Path(settings.MEDIA_ROOT) / digest[:2] / digest
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(content)
    change(document, sha256=digest, key=f"{digest[:2]}/{digest}")
    return scene.told.documents[document.sha256][0]


def a_report(scene: Scene) -> ReportJob | None:
    """A finished report; the entry that names it is left alone in this round."""
    jobs = [job for job in ReportJob.objects.filter(state=ReportJob.DONE) if job.object_key not in scene.touched]
    job = scene.one_of(jobs, lambda each: f"core.report:{each.pk}")
    if job is not None:
        scene.touched.add(job.object_key)
    return job


def attach_another_report(scene: Scene) -> str:
    job = a_report(scene)
    if job is None:
        return ""
    change(job, document=Document.objects.exclude(sha256=job.document.sha256).first())
    return f"core.report:{job.pk}"


def delete_a_report(scene: Scene) -> str:
    job = a_report(scene)
    if job is None:
        return ""
    ReportJob.objects.filter(pk=job.pk)._raw_delete(using="default")
    return f"core.report:{job.pk}"


def change_a_notice(scene: Scene) -> str:
    notice = scene.one_of(Notice.objects.all(), lambda each: each.journal_key)
    if notice is None:
        return ""
    how = scene.chance.choice(["title", "body", "facts", "text and digest", "release", "subject"])
    if how == "release" and notice.release:
        change(notice, release=notice.release | {"date": "2020-01-01T00:00:00+08:00"})
    elif how == "facts":
        change(notice, facts=[*notice.facts, {"label": "金额", "value": "1.00"}])
    elif how == "subject":
        change(notice, subject="procurement.order:other")
    elif how == "text and digest":
        notice.body += "。"
        change(notice, body=notice.body, digest=notice.frozen_digest)
    else:
        name = how if how != "release" else "title"
        change(notice, **{name: getattr(notice, name) + "。"})
    return notice.journal_key


WAYS: list[Callable[[Scene], str]] = [
    move_a_status, bend_a_head, change_a_stated_column, change_a_stated_column, change_the_ledger,
    change_an_allocation, slip_in_a_row, edit_a_body, flip_a_bit, change_a_column, delete_an_entry,
    delete_the_newest_and_tell_the_row, swap_two_entries, rebuild_a_chain, remove_from_the_middle_and_rebuild,
    slip_in_an_entry, remove_a_whole_history, change_a_leaf, delete_a_leaf, give_a_leaf_to_another,
    change_a_checkpoint, delete_a_checkpoint, sign_a_checkpoint_anew, change_the_file_outside, spoil_a_file,
    spoil_a_file, replace_a_file_with_its_row, attach_another_report, delete_a_report, change_a_notice, change_a_notice,
]  # fmt: skip


if connection.vendor == "sqlite":
    WAYS += [store_as_text, store_a_leaf_as_text]


def rebuild_a_chain_with_its_leaves(scene: Scene) -> str:
    """Chain, head, leaves, and half the time the subtrees: what is left are signed roots. One a round: they are a chain."""
    name = rebuild_a_chain(scene)
    for entry in entries_of(name):
        Leaf.objects.filter(object_key=name, n=entry.n).update(hash=leaf_hash(bytes(entry.hash)))
    if scene.chance.random() < 0.5:
        Subtree.objects.all().delete()
        sequencer._grow(0, Leaf.objects.count())
    return name
