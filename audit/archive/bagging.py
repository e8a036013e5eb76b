"""Making a bag (装包): journal, originals, reports, records and the verifier into a BagIt folder, then into one zip.

Everything is as of the moment at which the bag was asked for, so that asking a worker twice makes the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from audit.archive import verify
from audit.archive.catalogue import Catalogue, Listed, catalogue_of
from audit.archive.models import ArchiveBag, ArchivePackage
from audit.archive.originals import REASONS, Original, originals_of, unclassified
from audit.archive.proofs import proofs_at, rest_on
from audit.archive.records import records_of
from audit.archive.starting_list import STAGES
from audit.journal import standalone
from audit.journal.models import JournalEntry
from core import clock
from core.documents import read
from core.pdf import render_pdf
from core.reports import Report, report_kinds
from procurement.notices.models import Notice
from procurement.notices.ocds import record

FOLDERS: Final = {**STAGES, "reports": "已生成报告", "other": "其他"}
NAME_BYTES: Final = 150
# The format's own library changes the process's folder while it works: it gets a process of its own.
MAKE_BAG: Final = (
    "import json, sys, bagit; bagit.make_bag(sys.argv[1], json.load(sys.stdin), checksums=['sha256', 'sha512'])"
)


@dataclass(frozen=True)
class Built:
    """A bag that was made: its folder, the digest of its tag manifest, and what is in it."""

    folder: Path
    tag_digest: str
    files: int
    payload_size: int
    withheld: int
    entries: int


def build(bag: ArchiveBag, room: Path, progress: Callable[[int], None]) -> Built:
    """Make a bag in an empty folder.

    progress  is told the number of each step as it begins (ArchiveBag.STEPS)
    raises    Damaged (a stored file is gone or altered) and whatever a report raises: then there is no bag
    """
    package, at = bag.package, bag.asked_at
    progress(0)
    entries = journal_of(bag)
    chains = list(dict.fromkeys(each.object_key for each in entries))
    told = {digest: (each.object_key, each.n) for each in reversed(entries) for digest in _documents(each)}
    progress(1)
    known = originals_of(package.case_key, chains)
    known += unclassified(set(told), {each.document.sha256 for each in known})
    folder = room / (_safe(package.number or str(package.pk)))
    folder.mkdir()
    files = [_put(folder, each, n, told) for n, each in enumerate((k for k in known if not k.withheld), 1)]
    withheld = [_named(each, told) for each in known if each.withheld]
    progress(2)
    files += _put_reports(folder, entries, bag)
    notices = Notice.objects.filter(case=package.case_key).order_by("position")
    releases = [each.release for each in notices if each.release]
    ocds = _json(record(releases)) if releases else ""
    listed = catalogue_of(package, at, files, withheld, len(chains), len(entries))
    _put_data(folder, listed, entries, ocds, records_of(package.case_key))
    proofs = proofs_at(entries, rest_on(bag))
    if proofs["checkpoint"]:
        (folder / "journal" / "proofs.json").write_text(_json(proofs), "utf-8")
        own = Path(standalone.__file__).read_text("utf-8")
        (folder / "journal" / "standalone.py").write_text(own, "utf-8")
    progress(3)
    _make_bag(folder, _info(bag, listed))
    tags = (folder / "tagmanifest-sha256.txt").read_bytes()
    members = [each for each in (folder / "data").rglob("*") if each.is_file()]
    return Built(
        folder=folder,
        tag_digest=hashlib.sha256(tags).hexdigest(),
        files=len(members),
        payload_size=sum(each.stat().st_size for each in members),
        withheld=len(withheld),
        entries=len(entries),
    )


def journal_of(bag: ArchiveBag) -> list[JournalEntry]:
    """The journal of the case as it stood when the bag was asked for, chain by chain, each from its first entry on."""
    heads = bag.heads
    rows = JournalEntry.objects.filter(object_key__in=list(heads)).order_by("object_key", "n")
    return [each for each in rows if each.n <= heads[each.object_key]]


def zip_bag(folder: Path, target: IO[bytes], bag: ArchiveBag) -> None:
    """The folder as one zip: sorted, stored as it is, every member dated as the bag is: the same bag is the same bytes."""
    moment = clock.local(bag.asked_at)
    dated = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            info = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", dated)
            info.external_attr = 0o644 << 16
            with path.open("rb") as stream, packed.open(info, "w", force_zip64=True) as member:
                for piece in iter(lambda: stream.read(1024 * 1024), b""):
                    member.write(piece)


def _documents(entry: JournalEntry) -> list[str]:
    found: list[str] = json.loads(bytes(entry.body)).get("documents", [])
    return found


# --- What is put into data/ -------------------------------------------------------------------------------------------


def _put(folder: Path, original: Original, n: int, told: dict[str, tuple[str, int]]) -> Listed:
    """One original, under its stage and its name; compared with its digest when it is read."""
    document = original.document
    name = f"originals/{FOLDERS[original.stage]}/{n:04d}-{_safe(document.name or original.label)}"
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(read(document))
    return Listed(
        path=f"data/{name}", sha256=document.sha256, size=document.size, label=original.label,
        stage=FOLDERS[original.stage], about=original.about, journal=told.get(document.sha256),
    )  # fmt: skip


def _named(original: Original, told: dict[str, tuple[str, int]]) -> Listed:
    """One that stays behind: what it is and its digest, never its name, which may be a child's."""
    document = original.document
    return Listed(
        path="", sha256=document.sha256, size=document.size, label=original.label, stage=FOLDERS[original.stage],
        about=original.about, journal=told.get(document.sha256), reason=REASONS[original.withheld],
    )  # fmt: skip


def _put_reports(folder: Path, entries: list[JournalEntry], bag: ArchiveBag) -> list[Listed]:
    """Every report that the case's finished objects have, printed anew as PDF/A-3b as of the bag's moment."""
    heads = {each.object_key: each for each in entries}
    found: list[Listed] = []
    for report in report_kinds().values():
        for thing in _finished(report, heads):
            entry = heads[thing.journal_key]
            content = render_pdf(
                report.template,
                {"report": report.collect(thing), "thing": thing},
                journal_head=f"{entry.n}·{bytes(entry.hash).hex()[:16]}",
                printed_at=bag.asked_at,
            )
            name = f"reports/{len(found) + 1:02d}-{report.label}-{_safe(str(thing))}.pdf"
            found.append(_written(folder, name, content, report.label, thing.journal_key))
    return found


def _finished(report: Report, heads: dict[str, JournalEntry]) -> Iterable[Any]:
    """The report's objects in this case that came to a good end, and have no frozen PDF of their own."""
    model = import_string(report.model)
    if model is ArchivePackage:
        return
    keys = [key.partition(":")[2] for key in heads if key.startswith(f"{model.journal_name}:")]
    for thing in model._base_manager.filter(pk__in=keys).order_by("created_at", "pk"):
        status = model.lifecycle.statuses[thing.status]
        if (status.end or status.kind == "done") and status.kind != "stop" and not getattr(thing, "document_id", None):
            yield thing


def _written(folder: Path, name: str, content: bytes, label: str, about: str) -> Listed:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return Listed(f"data/{name}", digest, len(content), label, _("生成的报告"), about, None)


def _put_data(folder: Path, listed: Catalogue, entries: list[JournalEntry], ocds: str, records: dict[str, Any]) -> None:
    """Catalogue, journal, records, open data and the verifier."""
    journal = folder / "journal"
    journal.mkdir()
    lines = [
        json.dumps(
            {
                "object": each.object_key,
                "n": each.n,
                "previous": bytes(each.previous).hex(),
                "hash": bytes(each.hash).hex(),
                "body": bytes(each.body).decode(),
            },
            ensure_ascii=False,
        )
        for each in entries
    ]
    (journal / "entries.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    heads = {each.object_key: {"n": each.n, "hash": bytes(each.hash).hex()} for each in entries}
    (journal / "heads.json").write_text(_json(heads), "utf-8")
    (folder / "records").mkdir()
    for name, rows in records.items():
        (folder / "records" / f"{name}.json").write_text(_json(rows), "utf-8")
    if ocds:
        (folder / "ocds").mkdir()
        (folder / "ocds" / "record.json").write_text(ocds, "utf-8")
    index = listed.as_json()
    (folder / "index.json").write_text(index, "utf-8")
    sources = {"index.json": index, **({"ocds-record.json": ocds} if ocds else {})}
    printed = render_pdf(
        "reports/archive_catalogue.html",
        {"report": listed},
        printed_at=datetime.fromisoformat(listed.moment),
        sources=sources,
    )
    (folder / "归档目录.pdf").write_bytes(printed)
    (folder / "verify.py").write_text(Path(verify.__file__).read_text("utf-8"), "utf-8")
    (folder / "怎样校验.md").write_text(README, "utf-8")


def _info(bag: ArchiveBag, listed: Catalogue) -> dict[str, str]:
    """bag-info.txt."""
    days = {"Retention-File-Until": listed.file_until, "Retention-Voucher-Until": listed.voucher_until}
    return {
        "Source-Organization": listed.issuer,
        "External-Identifier": listed.number,
        "External-Description": f"{listed.title}（{listed.project_number}，{listed.ending}）",
        "Internal-Sender-Identifier": f"{listed.case} {listed.ocid}",
        "Bagging-Date": f"{listed.issued_on}",
        "Bag-Count": f"{bag.n}",
        "Bag-Software-Agent": "bagit.py",
        "Retention-Rule": listed.retention_rule,
        **{name: f"{day}" for name, day in days.items() if day},
    }


def _make_bag(folder: Path, info: dict[str, str]) -> None:
    """Turn a folder into a bag (RFC 8493). raises  CalledProcessError"""
    subprocess.run(  # noqa: S603 - this interpreter, a constant program, a folder of ours
        [sys.executable, "-c", MAKE_BAG, str(folder)],
        input=json.dumps(info).encode(),
        check=True,
        capture_output=True,
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, cls=DjangoJSONEncoder) + "\n"


def _safe(name: str) -> str:
    """A file name that every system takes: no path, no sign that Windows refuses, not too long."""
    plain = re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]+', "-", unicodedata.normalize("NFC", name)).strip(" .-") or "-"
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 8:
        stem, dot, ending = plain, "", ""
    while len(stem.encode()) > NAME_BYTES:
        stem = stem[:-1]
    return f"{stem}{dot}{ending}"


README: Final = """# 怎样校验这个档案包

本包按 BagIt（RFC 8493）组织，不需要原平台，也不需要联网。

1. 电脑上有 Python 3.9 以上即可，不用安装别的软件。
2. 在解压后的文件夹里运行：

       python3 data/verify.py

   Windows 上可以写 `py data\\verify.py`。
3. 把移交表上的「清单摘要」一起核对，才能发现整包被换过：

       python3 data/verify.py --digest 移交表上的64位摘要

   还可以加上平台「存证」公开页上的公钥，核对日志检查点的签名：`--key 公钥`。

显示「校验通过」，说明每个文件与清单（SHA-256、SHA-512）一致，每条日志链首尾相接，日志里记过的每份文件都在包里，或者在归档目录的「只列摘要」里写明了原因。
有不符的，会逐条写出文件名或者日志编号。

## 里面有什么

| 位置 | 内容 |
|---|---|
| `归档目录.pdf` | 应归档材料、文件清单、只列摘要的材料；附件是 `index.json` 和开放数据记录 |
| `originals/` | 原件，按阶段分文件夹，一个字节不改 |
| `reports/` | 按归档时的记录重新生成的报告（PDF/A-3b） |
| `records/` | 业务记录的数据（JSON） |
| `ocds/record.json` | 已公开的采购过程（OCDS 1.1） |
| `journal/entries.jsonl` | 日志，一行一条：`hash = SHA-256(previous ‖ body)` |
| `journal/heads.json` | 每条链的最后一条 |
| `journal/proofs.json` | 每条日志在平台存证树中的证明和签名检查点；`standalone.py` 是平台公布的核对程序 |
| `index.json` | 归档目录的数据形式 |
| `verify.py` | 校验程序，只用 Python 标准库 |

涉及未成年人的名册、同意书、保险单和照片，密封信封，以及没有归类的材料，只列摘要，原件留在平台。
"""
