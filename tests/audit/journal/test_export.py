"""What leaves the platform is judged by one file alone, in a Python that knows neither the platform nor any package."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from audit.journal import signing, standalone
from audit.journal.hashing import canonical
from audit.journal.models import Checkpoint, JournalEntry
from audit.journal.proofs import proofs_of, verifier
from audit.journal.sequencer import sequence
from core import journal
from core.actor import SYSTEM
from tests.cast import Cast
from tests.journeys.projects import approved_project


def judged(file: Path, *arguments: str) -> tuple[int, str]:
    """Run the stand-alone file as an auditor does: -I -S, no site packages, so that the pure way checks signatures."""
    program = file.with_name("verify.py")
    program.write_bytes(verifier())
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(file), *arguments], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def exported(cast: Cast, tmp_path: Path) -> Path:
    """A walked case and two checkpoints, exported."""
    approved_project(cast)
    sequence()
    with transaction.atomic():
        journal.record(cast.org("buyer"), "credit", actor=SYSTEM)
    sequence()
    place = tmp_path / "journal.zip"
    call_command("export_journal", place)
    return place


def rewritten(place: Path, name: str, change: Any) -> Path:
    """The same export with one member altered: a list of lines in, a list of lines out."""
    target = place.with_name("altered.zip")
    with zipfile.ZipFile(place) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            if member == name:
                content = "\n".join(change(content.decode().splitlines())).encode() + b"\n"
            new.writestr(member, content)
    return target


def edited(line: str) -> str:
    """An entry whose body and hash were both rewritten."""
    entry = json.loads(line)
    entry["body"] = canonical(json.loads(entry["body"]) | {"actor_name": "别人"}).decode()
    entry["hash"] = standalone.link(bytes.fromhex(entry["previous"]), entry["body"].encode()).hex()
    return json.dumps(entry, ensure_ascii=False)


def test_an_untouched_export_is_right_and_says_what_to_compare(exported: Path) -> None:
    key, last = signing.checkpoint_key().public, Checkpoint.objects.latest("number")
    status, said = judged(exported, "--key", key, "--published", last.digest)
    assert status == 0, said
    assert "全部相符" in said
    assert last.digest in said
    assert "公钥取自文件本身" in judged(exported)[1]
    with zipfile.ZipFile(exported) as archive:
        assert archive.read("verify.py") == verifier()
        lines = archive.read("entries.jsonl").decode().splitlines()
    assert len(lines) == JournalEntry.objects.count()
    with pytest.raises(CommandError, match="there already"):
        call_command("export_journal", exported)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("entries.jsonl", lambda lines: [lines[0].replace("create", "crEate"), *lines[1:]], "内容与摘要不符"),
        (
            "entries.jsonl",
            lambda lines: [edited(lines[-1]) if n == 3 else line for n, line in enumerate(lines)],
            "编号",
        ),
        ("entries.jsonl", lambda lines: [*lines[:-1], edited(lines[-1])], "根与各条日志不符"),
        ("entries.jsonl", lambda lines: lines[:-1], "导出的只有"),
        ("entries.jsonl", lambda lines: [lines[1], lines[0], *lines[2:]], "编号"),
        ("checkpoints.jsonl", lambda lines: [lines[0].replace("time 2026", "time 2025"), *lines[1:]], "签名不成立"),
        ("checkpoints.jsonl", lambda lines: lines[::-1], "次序"),
    ],
)
def test_an_altered_export_is_refused(exported: Path, name: str, change: Any, said: str) -> None:
    status, told = judged(rewritten(exported, name, change))
    assert (status, said in told) == (1, True), told


def test_another_key_or_another_history_is_refused(exported: Path) -> None:
    other = signing.CheckpointKey(b"\7" * 32, signing.journal_name()).public
    assert "签名不成立" in judged(exported, "--key", other)[1]
    status, told = judged(exported, "--published", "0" * 64)
    assert status == 1
    assert "没有这些公布过的检查点" in told


def test_a_case_is_proved_without_the_other_cases(cast: Cast, tmp_path: Path) -> None:
    project = approved_project(cast)
    sequence()
    place = tmp_path / "case.json"
    call_command("export_journal", place, case=project.case_key)
    given = json.loads(place.read_text())
    assert {entry["object"] for entry in given["entries"]} >= {project.journal_key}
    assert len(given["entries"]) < JournalEntry.objects.count()
    status, told = judged(place, "--key", signing.checkpoint_key().public)
    assert status == 0, told
    for altered, said in (("body", "内容与摘要不符"), ("index", "不在检查点的树中"), ("n", "写的是另一条")):
        wrong = json.loads(place.read_text())
        entry = wrong["entries"][0]
        entry[altered] = entry[altered].replace("create", "crEate") if altered == "body" else entry[altered] + 1
        place.with_name("wrong.json").write_text(json.dumps(wrong, ensure_ascii=False))
        assert said in judged(place.with_name("wrong.json"))[1]


def test_what_no_checkpoint_covers_is_said(cast: Cast, tmp_path: Path) -> None:
    sequence()
    with transaction.atomic():
        journal.record(cast.org("buyer"), "credit", actor=SYSTEM)
    last = JournalEntry.objects.filter(object_key=cast.org("buyer").journal_key).latest("n")
    proof = proofs_of([last])
    assert proof["entries"][0]["index"] is None
    assert "还没有编号" in " ".join(standalone.faults_of_proof(proof, proof["keys"]))


def test_a_receipt_is_signed_at_once_and_proved_when_it_may_be(cast: Cast, tmp_path: Path) -> None:
    with transaction.atomic():
        entry = journal.record(cast.org("buyer"), "credit", actor=SYSTEM)
    early = journal.receipt(entry)
    assert early["checkpoint"] == ""
    assert "index" not in early["entry"]
    sequence()
    assert "index" not in journal.receipt(entry)["entry"]
    late = journal.receipt(entry, proof=True)
    assert late["entry"]["index"] is not None
    for given in (early, late):
        place = tmp_path / "receipt.json"
        place.write_text(json.dumps(given, ensure_ascii=False))
        assert judged(place, "--key", signing.checkpoint_key().public)[0] == 0
        given["promise"]["text"] = given["promise"]["text"].replace("2026", "2025")
        place.write_text(json.dumps(given, ensure_ascii=False))
        assert "收据的签名不成立" in judged(place)[1]
