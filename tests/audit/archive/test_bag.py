"""The bag: what is in it, what is not, and that a receiver with nothing but Python can tell whether it was touched."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bagit
from django.apps import apps
from pypdf import PdfReader

from audit.archive.bagging import MAKE_BAG, build, zip_bag
from audit.archive.models import ArchiveBag, ArchivePackage
from audit.archive.originals import LEFT_OUT, SOURCES
from audit.archive.packing import make_bag
from core.documents import Document
from procurement.activities.models import SafeguardPaper
from procurement.bids.models import Bid
from tests.cast import Cast
from tests.journeys.archive import opened_package, packed_package, unzipped, walked_contract


def verified(folder: Path, *arguments: str) -> tuple[int, str]:
    """verify.py as the receiver runs it: no site-packages, no project, no environment, from elsewhere."""
    command = [sys.executable, "-I", "-S", str(folder / "data" / "verify.py"), *arguments]
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, env={}, check=False)
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def test_a_bag_verifies_where_nothing_is_installed(cast: Cast, tmp_path: Path) -> None:
    """A whole case, sealed bids and all: bagged, unpacked elsewhere, verified, then spoiled in every way."""
    package = opened_package(cast, walked_contract(cast))
    every_proof_opens(cast, package)
    package = packed_package(cast, package)
    bag = package.bags.get()
    assert (bag.state, bag.error) == ("done", "")
    assert [each["note"] for each in bag.tests.get().results if not each["ok"]] == []
    (tmp_path / "whole").mkdir()
    folder = unzipped(package, tmp_path / "whole")
    code, told = verified(folder, "--digest", bag.tag_digest)
    assert code == 0, told
    assert bag.tag_digest in told
    assert f"{bag.entries} 条，其中 {bag.entries} 条有存证" in told
    bagit.Bag(str(folder)).validate()
    it_holds_what_it_should(package, folder)
    make_bag({"bag": str(bag.pk)})  # the queue delivers at least once
    assert package.bags.get().document_id == bag.document_id
    it_is_the_same_when_made_again(bag)
    it_names_what_was_spoiled(folder, tmp_path, bag.tag_digest)


def every_proof_opens(cast: Cast, package: ArchivePackage) -> None:
    client = cast.client("archivist")
    for item in package.items.exclude(state="not_due"):
        for proof in item.evidence:
            assert client.get(proof["url"]).status_code == 200, (item.key, proof)


def it_holds_what_it_should(package: ArchivePackage, folder: Path) -> None:
    info = bagit.Bag(str(folder)).info
    assert info["External-Identifier"] == package.number == "五青档〔2026〕1号"
    assert (info["Bagging-Date"], info["Retention-Voucher-Until"]) == ("2026-09-01", f"{package.voucher_until}")
    data = folder / "data"
    index = json.loads((data / "index.json").read_text("utf-8"))
    inside = {each["sha256"] for each in index["files"]}
    named = {each["sha256"]: each["reason"] for each in index["withheld"]}
    assert {each["label"] for each in index["files"]} >= {
        "合同文本",
        "申报文件",
        "发票",
        "补交材料",
        "结算报告",
        "验收书",
    }
    opened = list(Bid.objects.filter(status__in=("awarded", "unsuccessful")).select_related("envelope"))
    assert len(opened) == 3
    for bid in opened:
        assert bid.envelope is not None
        assert "密封" in named[bid.envelope.sha256]
        assert bid.envelope.sha256 not in inside
    for paper in SafeguardPaper.objects.filter(contract__award__lot__order__project=package.project):
        if paper.kind == "emergency":
            assert paper.document.sha256 in inside
        else:
            assert "未成年人" in named[paper.document.sha256]
            assert paper.document.name not in json.dumps(index, ensure_ascii=False)
    record = json.loads((data / "ocds" / "record.json").read_text("utf-8"))
    assert record["compiledRelease"]["ocid"] == package.project.ocid
    catalogue = PdfReader(io.BytesIO((data / "归档目录.pdf").read_bytes()))
    assert sorted(catalogue.attachments) == ["index.json", "ocds-record.json"]
    assert "五青档〔2026〕1号" in catalogue.pages[0].extract_text()
    assert "pdfaid" in catalogue.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    secrets = b"".join(path.read_bytes() for path in (data / "records").iterdir())
    assert b'"token"' not in secrets
    assert b'"first_session"' not in secrets


def it_is_the_same_when_made_again(bag: ArchiveBag) -> None:
    """The same asking makes the same bytes, to the last one of the zip."""
    assert bag.document is not None
    bag = ArchiveBag.objects.select_related("package__project", "package__buyer", "document").get(pk=bag.pk)
    with tempfile.TemporaryDirectory() as room:
        built = build(bag, Path(room), lambda step: None)
        packed = io.BytesIO()
        zip_bag(built.folder, packed, bag)
    assert built.tag_digest == bag.tag_digest
    assert hashlib.sha256(packed.getvalue()).hexdigest() == bag.document.sha256  # type: ignore[union-attr]


def resealed(folder: Path) -> None:
    """A forger who knows BagIt: new manifests over what was changed."""
    for path in (*folder.glob("*manifest*.txt"), folder / "bag-info.txt", folder / "bagit.txt"):
        path.unlink()
    for path in list((folder / "data").iterdir()):
        shutil.move(path, folder / path.name)
    (folder / "data").rmdir()
    subprocess.run([sys.executable, "-c", MAKE_BAG, str(folder)], input=b"{}", check=True, capture_output=True)


def it_names_what_was_spoiled(folder: Path, room: Path, digest: str) -> None:
    original = next((folder / "data" / "originals").rglob("*.pdf"))
    name = original.relative_to(folder).as_posix()
    entries = "data/journal/entries.jsonl"

    def flip(at: Path) -> None:
        content = bytearray((at / name).read_bytes())
        content[len(content) // 2] ^= 1
        (at / name).write_bytes(content)

    def lines(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
        def act(at: Path) -> None:
            kept = (at / entries).read_text("utf-8").splitlines()
            (at / entries).write_text("\n".join(change(kept)) + "\n", "utf-8")

        return act

    rows = [json.loads(line) for line in (folder / entries).read_text("utf-8").splitlines()]
    middle = next(n for n, row in enumerate(rows) if row["n"] == 2 and rows[n + 1]["n"] == 3)
    last = next(n for n, row in enumerate(rows) if n + 1 == len(rows) or rows[n + 1]["n"] == 1)
    where = {n: f"{rows[n]['object']} #{rows[n]['n']}" for n in (middle, last)}

    def reworded(kept: list[str]) -> list[str]:
        row = json.loads(kept[middle])
        row["body"] = row["body"].replace('"reason":""', '"reason":"改过"')
        return [*kept[:middle], json.dumps(row, ensure_ascii=False), *kept[middle + 1 :]]

    def rolled(at: Path) -> None:
        """A document changed and its digest with it, in the catalogue too."""
        flip(at)
        told = (at / "data/index.json").read_text("utf-8")
        was = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        now = hashlib.sha256((at / name).read_bytes()).hexdigest()
        (at / "data/index.json").write_text(told.replace(was, now), "utf-8")

    def unproven(at: Path) -> None:
        """The proofs of two entries exchanged."""
        proofs = json.loads((at / "data/journal/proofs.json").read_text("utf-8"))
        one, two = proofs["entries"][0], proofs["entries"][1]
        one["index"], two["index"] = two["index"], one["index"]
        (at / "data/journal/proofs.json").write_text(json.dumps(proofs), "utf-8")

    harms: dict[str, tuple[Callable[[Path], Any], str]] = {
        "a flipped byte": (flip, name),
        "a lost file": (lambda at: (at / name).unlink(), name),
        "an entry taken out": (lines(lambda kept: kept[:middle] + kept[middle + 1 :]), where[middle]),
        "an entry reworded": (lines(reworded), where[middle]),
        "the tail cut off": (lines(lambda kept: kept[:last] + kept[last + 1 :]), where[last]),
        "a document and its digest changed": (rolled, name),
        "proofs exchanged": (unproven, "存证"),
    }
    for label, (harm, named) in harms.items():
        for forger in (False, True):
            spoiled = room / "spoiled"
            shutil.copytree(folder, spoiled)
            harm(spoiled)
            if forger:
                resealed(spoiled)
            code, told = verified(spoiled)
            assert (code, named in told) == (1, True), (label, forger, told)
            shutil.rmtree(spoiled)
    spoiled = room / "spoiled"
    shutil.copytree(folder, spoiled)
    foreign = json.loads((folder / "data/journal/proofs.json").read_text("utf-8"))["keys"][0].replace("+", "x+", 1)
    code, told = verified(spoiled, "--key", foreign)
    assert (code, "存证" in told) == (1, True)
    (spoiled / "data" / "怎样校验.md").write_text("别的说明", "utf-8")
    resealed(spoiled)
    assert verified(spoiled)[0] == 0
    code, told = verified(spoiled, "--digest", digest)
    assert (code, digest in told) == (1, True)


def test_every_place_of_a_document_is_classified() -> None:
    """A new key to a document says where a bag puts it, or why it does not."""
    known = {f"{s.model._meta.app_label}.{s.model.__name__}.{s.field}" for s in SOURCES} | set(LEFT_OUT)
    found = {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Document
    }
    assert found == known
