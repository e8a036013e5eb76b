"""Entries get their numbers after commit, without gap or fork, whoever runs beside whom; what is signed holds."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, transaction

from accounts.organizations.models import Organization
from audit.journal import sequencer, signing
from audit.journal.anchors import anchored, checkpoint_file
from audit.journal.models import Checkpoint, JournalEntry, Leaf, PublicKey, Subtree, WaitingEntry
from audit.journal.proofs import StoredTree, consistency_of, proofs_of
from audit.journal.sequencer import sequence
from audit.journal.standalone import Note, continues, faults_of_proof, leaf_hash
from audit.journal.verification import verify
from core import clock, journal
from core.actor import SYSTEM
from tests.cast import Cast, make_cast


def write(thing: Any, count: int = 1) -> None:
    """So many entries of one object, each in a transaction of its own."""
    for _n in range(count):
        with transaction.atomic():
            journal.record(thing, "credit", actor=SYSTEM)


def test_every_entry_gets_a_number_without_a_gap_and_a_place_that_is_proved(cast: Cast) -> None:
    waiting = JournalEntry.objects.count()
    assert sequence() == waiting == WaitingEntry.objects.count() + waiting
    leaves = list(Leaf.objects.order_by("seq"))
    assert [leaf.seq for leaf in leaves] == list(range(waiting))
    for leaf in leaves:
        entry = JournalEntry.objects.get(object_key=leaf.object_key, n=leaf.n)
        assert bytes(leaf.hash) == leaf_hash(bytes(entry.hash))
    checkpoint = Checkpoint.objects.latest("number")
    assert (checkpoint.size, bytes(checkpoint.root)) == (waiting, StoredTree().root(waiting))
    proof = proofs_of(list(JournalEntry.objects.all()))
    keys = [signing.checkpoint_key().public]
    assert list(faults_of_proof(proof, keys)) == []
    assert all(entry["index"] is not None for entry in proof["entries"])
    assert verify() == (waiting, [])
    assert sequence() == 0


def test_later_checkpoints_continue_earlier_ones_past_whole_blocks(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches: a catch-up in many runs, blocks of 256 leaves filled in the middle of a batch."""
    monkeypatch.setattr(sequencer, "BATCH", 50)
    write(cast.org("buyer"), 560)
    while sequence(batches=3):
        pass
    checkpoints = list(Checkpoint.objects.order_by("number"))
    assert len(checkpoints) > 10
    assert set(Subtree.objects.values_list("level", "index")) == {(8, 0), (8, 1), (9, 0)}
    last = checkpoints[-1]
    for old in checkpoints:
        path = consistency_of(old, last)
        assert continues(old.size, last.size, path, bytes(old.root), bytes(last.root))
    assert verify()[1] == []


def test_the_notes_stand_in_the_file_outside_word_for_word(cast: Cast) -> None:
    sequence()
    write(cast.org("buyer"))
    sequence()
    lines = list(anchored())
    assert [line["note"] for line in lines] == list(
        Checkpoint.objects.order_by("number").values_list("note", flat=True)
    )
    assert {line["key"] for line in lines} == set(PublicKey.objects.values_list("text", flat=True))
    assert stat.S_IMODE(checkpoint_file().stat().st_mode) == 0o600
    # The volume was away for a while: what it missed is told when it is back, nothing twice.
    place = Path(settings.CHECKPOINT_FILE)
    place.chmod(0o600)
    kept = place.read_text()
    place.unlink()
    place.mkdir()
    write(cast.org("buyer"))
    with pytest.raises(OSError, match="directory"):
        sequence()
    place.rmdir()
    place.write_text(kept)
    sequence()
    assert [line["number"] for line in anchored()] == list(range(1, Checkpoint.objects.count() + 1))


def test_a_day_is_closed_once_and_its_note_says_nothing_by_standing_still(cast: Cast) -> None:
    sequence()
    (closed,) = Checkpoint.objects.filter(closes__isnull=False)
    assert f"{closed.closes}" == "2026-08-31"
    with clock.travel(clock.now() + timedelta(days=1)):
        sequence()
        sequence()
        with clock.travel(clock.now() + timedelta(hours=3)):
            sequence()
    days = list(Checkpoint.objects.filter(closes__isnull=False).order_by("number"))
    assert [f"{day.closes}" for day in days] == ["2026-08-31", "2026-09-01"]
    assert days[0].size == days[1].size
    assert days[0].digest != days[1].digest
    assert Note(days[1].note).further[-1] == "day 2026-09-01"


def test_a_new_key_signs_from_now_on_and_the_old_one_still_verifies(cast: Cast, tmp_path: Path) -> None:
    sequence()
    old = PublicKey.objects.get().text
    settings.CHECKPOINT_KEY_FILE, kept = tmp_path / "new.key", settings.CHECKPOINT_KEY_FILE
    try:
        with pytest.raises(ImproperlyConfigured, match="names no file"):
            signing.checkpoint_key()
        settings.CHECKPOINT_KEY_FILE.write_text("11" * 32)
        settings.CHECKPOINT_KEY_FILE.chmod(0o640)
        with pytest.raises(ImproperlyConfigured, match="0600"):
            signing.checkpoint_key()
        settings.CHECKPOINT_KEY_FILE.chmod(0o600)
        write(cast.org("buyer"))
        sequence()
    finally:
        settings.CHECKPOINT_KEY_FILE = kept
    assert PublicKey.objects.count() == 2
    newest = Note(Checkpoint.objects.latest("number").note)
    assert not newest.signed_by([old])
    assert verify()[1] == []


def test_an_old_journal_is_caught_up_with(cast: Cast) -> None:
    """The migration makes all entries of an older installation wait, each chain in its order."""
    from importlib import import_module

    WaitingEntry.objects.all().delete()
    assert verify()[1]
    with connection.cursor() as cursor:
        cursor.execute(import_module("audit.migrations.0005_journal_tree").OLD_ENTRIES_WAIT)
    call_command("sequence_journal")
    assert verify()[1] == []
    ordered: dict[str, int] = {}
    for key, n in Leaf.objects.order_by("seq").values_list("object_key", "n"):
        assert n == ordered.get(key, 0) + 1
        ordered[key] = n


def test_a_lost_file_is_written_anew_on_demand_only(cast: Cast) -> None:
    sequence()
    checkpoint_file().unlink()
    assert any("no checkpoint file" in finding.what for finding in verify()[1])
    sequence()
    assert verify()[1]
    call_command("sequence_journal", rewrite_file=True)
    assert verify()[1] == []
    checkpoint_file().write_text(json.dumps({"number": 1, "note": "x", "key": "y"}) + "\nbroken\n")
    said = " ".join(str(finding) for finding in verify()[1])
    assert "another in the file outside" in said
    assert "line 2 cannot be read" in said
    call_command("sequence_journal", rewrite_file=True)
    assert verify()[1] == []
    assert len(list(checkpoint_file().parent.iterdir())) == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_late_is_numbered_later_and_never_missed(transactional_db: None) -> None:
    """A slow transaction holds an entry with an earlier moment and an earlier key open while others are numbered."""
    cast = make_cast()
    sequence()
    written, go = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                journal.record(Organization.objects.get(pk=cast.org("union").pk), "credit", actor=SYSTEM)
                written.set()
                assert go.wait(60)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(60)
    write(cast.org("buyer"), 3)
    assert sequence() == 3
    assert verify()[1] == []
    go.set()
    thread.join()
    assert sequence() == 1
    last = Leaf.objects.latest("seq")
    assert last.object_key == cast.org("union").journal_key
    assert verify()[1] == []


def beside(work: Callable[[], None], count: int) -> list[BaseException]:
    """The same work in so many threads at once; what went wrong."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001 - handed to the test
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


@pytest.mark.django_db(transaction=True)
def test_sequencers_and_writers_at_once_make_one_tree(transactional_db: None) -> None:
    """Three sequencers beside two writers: no fork, no gap, nothing numbered twice, nothing left behind."""
    cast = make_cast()
    places = iter([cast.org("buyer").pk, cast.org("union").pk])
    lock = threading.Lock()

    def work() -> None:
        with lock:
            mine = next(places, None)
        if mine is None:
            for _n in range(12):
                sequence()
        else:
            write(Organization.objects.get(pk=mine), 12)

    assert beside(work, 5) == []
    sequence()
    assert Leaf.objects.count() == JournalEntry.objects.count()
    assert verify()[1] == []
    assert [line["number"] for line in anchored()] == list(range(1, Checkpoint.objects.count() + 1))
