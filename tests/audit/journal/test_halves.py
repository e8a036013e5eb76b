"""Two processes that share the walk find what one finds, wherever in the journal it was tampered with."""

from __future__ import annotations

import random

import pytest
from django.db import connection, transaction

from audit.journal import halves
from audit.journal.models import JournalEntry, Leaf
from audit.journal.sequencer import sequence
from audit.journal.verification import verify
from core import append_only, journal
from core.actor import SYSTEM
from tests.audit.journal import tamperings as ways
from tests.audit.journal.scene import Scene
from tests.cast import Cast

ROUNDS = 2
WAYS = [
    ways.move_a_status, ways.bend_a_head, ways.edit_a_body, ways.flip_a_bit, ways.change_a_column,
    ways.delete_an_entry, ways.delete_the_newest_and_tell_the_row, ways.swap_two_entries, ways.rebuild_a_chain,
    ways.slip_in_an_entry, ways.change_a_leaf, ways.delete_a_leaf, ways.change_a_checkpoint,
    ways.sign_a_checkpoint_anew, ways.remove_from_the_middle_and_rebuild,
]  # fmt: skip
if connection.vendor == "sqlite":
    WAYS += [ways.store_as_text, ways.store_a_leaf_as_text]


@pytest.fixture
def long_chains(transactional_db: None, cast: Cast) -> Cast:
    """Chains that reach from the first half into the second."""
    chained = list(Scene(random.Random(24)).objects.values())
    for _n in range(6):
        with transaction.atomic():
            for each in chained:
                journal.record(each, "credit", actor=SYSTEM)
    while sequence():
        pass
    return cast


def shared(monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    """What two processes find; fails when there was only one."""

    def never() -> None:
        raise AssertionError("walked alone")

    with monkeypatch.context() as patch:
        patch.setattr(halves, "FEWEST", 0)
        patch.setattr(halves.os, "sched_getaffinity", lambda _pid: {0, 1})
        patch.setattr(halves, "walk_alone", never)
        count, findings = verify()
    return count, sorted(map(str, findings))


def test_two_find_what_one_finds(long_chains: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shared(monkeypatch) == (JournalEntry.objects.count(), [])
    chance, hit = random.Random(24), list[str]()
    with append_only.lifted():
        for _round in range(ROUNDS):
            scene = Scene(chance, touched=set(hit))
            # The leaf in the middle and its entry stay: there the walk divides.
            scene.touched.add(Leaf.objects.get(seq=halves.middle()).object_key)
            hit += [way(scene) for way in chance.sample(WAYS, 6)]
            count, findings = shared(monkeypatch)
            alone = verify()
            assert (count, findings) == (alone[0], sorted(map(str, alone[1])))
            assert [name for name in hit if not any(name in finding for finding in findings)] == []
    assert len(set(hit)) == 6 * ROUNDS


def test_a_second_process_that_dies_is_not_silence(long_chains: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_given: object) -> None:
        raise SystemExit(1)

    monkeypatch.setattr(halves, "_later_half", dies)
    with pytest.raises((EOFError, OSError)):
        shared(monkeypatch)
