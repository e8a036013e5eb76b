"""A thousand random tamperings (千次篡改): each found, and named by the object that was tampered with."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction

from audit.journal.anchors import checkpoint_file
from audit.journal.findings import Finding
from audit.journal.sequencer import sequence
from audit.journal.surroundings import verify_surroundings
from audit.journal.verification import verify
from core import append_only, clock, journal, outbox
from core.actor import SYSTEM
from core.reports import ReportJob, request_report
from procurement.settlements.models import Settlement
from tests.audit.journal.scene import Scene
from tests.audit.journal.tamperings import WAYS, rebuild_a_chain_with_its_leaves
from tests.cast import Cast
from tests.journeys.bids import sealed_bids
from tests.journeys.orders import published_order
from tests.journeys.settlements import closed_contract

TAMPERINGS = 1_000
A_ROUND = 25
ALONE = 25


@pytest.fixture
def world(cast: Cast, tmp_path: Path) -> Cast:
    """A case paid to its end with its reports and notices, another with sealed bids; several checkpoints, whole blocks."""
    contract = closed_contract(cast)
    with transaction.atomic():
        # The journey sets these two rows down where operations would have brought them; an entry says so.
        for row in (contract.award, contract.award.bid):
            journal.record(row, "credit", actor=SYSTEM)
    sequence()
    sealed_bids(published_order(cast, title="青年夜校", quantity=120), cast)
    for settlement in Settlement.objects.filter(contract=contract):
        request_report("procurement.settlement", settlement, actor=cast.actor("finance"), format="xlsx")
    while outbox.relay():
        pass
    assert ReportJob.objects.filter(state=ReportJob.DONE).count() >= 2
    for at in range(8):
        with transaction.atomic():
            for _n in range(50):
                journal.record(cast.org("platform"), "credit", actor=SYSTEM)
        with clock.travel(clock.now() + timedelta(days=at)):
            sequence()
    copy_of(Path(settings.MEDIA_ROOT), tmp_path / "kept-media")
    copy_of(checkpoint_file().parent, tmp_path / "kept-outside")
    return cast


def copy_of(folder: Path, target: Path) -> None:
    """Put a folder back as it was."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)


def everything() -> list[Finding]:
    return [*verify()[1], *verify_surroundings().findings]


class Undone(Exception):
    """Takes a round back."""


def named(name: str, findings: list[Finding]) -> bool:
    """By a finding of its own, or among those that a forged root puts under suspicion."""
    return any(finding.object_key == name or name in finding.what for finding in findings)


def test_a_thousand_tamperings_are_found_and_named(world: Cast, tmp_path: Path) -> None:
    assert everything() == []
    chance = random.Random(20260901)
    done: Counter[str] = Counter()
    missed: list[str] = []
    with append_only.lifted():
        while done.total() < TAMPERINGS:
            alone = done.total() < ALONE
            try:
                with transaction.atomic():
                    scene = Scene(chance)
                    ways = [rebuild_a_chain_with_its_leaves] if alone else chance.choices(WAYS, k=A_ROUND)
                    hit = [(way.__name__, name) for way in ways if (name := way(scene))]
                    findings = everything()
                    missed += [f"{way} of {name}" for way, name in hit if not named(name, findings)]
                    done.update(way for way, _name in hit)
                    raise Undone
            except Undone:
                pass
            copy_of(tmp_path / "kept-media", Path(settings.MEDIA_ROOT))
            copy_of(tmp_path / "kept-outside", checkpoint_file().parent)
    assert missed == []
    assert set(done) == {way.__name__ for way in WAYS} | {"rebuild_a_chain_with_its_leaves"}
    assert everything() == []


def test_the_command_compares_everything_and_says_how_much(world: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_journal", all=True)
    said = capsys.readouterr().out
    assert "2 reports" in said
    assert "no finding" in said
    (settings.MEDIA_ROOT / ReportJob.objects.filter(state="done")[0].document.key).unlink()
    call_command("verify_journal")
    with pytest.raises(CommandError, match=r"core\.document.+is gone"):
        call_command("verify_journal", all=True)


def test_what_the_journal_says_was_destroyed_may_be_gone(world: Cast) -> None:
    job = ReportJob.objects.filter(state="done")[0]
    assert job.document is not None
    (settings.MEDIA_ROOT / job.document.key).unlink()
    assert len(verify_surroundings().findings) == 1
    with transaction.atomic():
        journal.record(world.org("buyer"), "destroy", actor=SYSTEM, facts={"removed": [job.document.sha256]})
    assert verify_surroundings().findings == []
