"""The four tests (四性检测): what the platform can find out itself about a bag; a person confirms the rest.

真实性 authentic: chains and digests agree with each other and with the platform's journal. 完整性 complete: BagIt and the
catalogue. 可用性 usable: files open. 安全性 safe: nothing runs, nothing is locked, nothing sealed leaves.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bagit
from django.utils.translation import gettext as _
from PIL import Image
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from audit.archive import verify
from audit.archive.models import ArchiveBag, ArchiveItem
from audit.journal import standalone
from audit.journal.models import JournalEntry

# The library tells of every file that it reads.
logging.getLogger("bagit").setLevel(logging.WARNING)
AUTHENTIC, COMPLETE, USABLE, SAFE = "真实性", "完整性", "可用性", "安全性"
PICTURES = {".png", ".jpg", ".jpeg", ".webp"}
# What a computer would run; a bag holds its two verifiers and nothing else of this kind.
RUNS = {
    ".exe",
    ".bat",
    ".cmd",
    ".com",
    ".js",
    ".vbs",
    ".ps1",
    ".sh",
    ".py",
    ".msi",
    ".scr",
    ".jar",
    ".html",
    ".htm",
    ".svg",
}
SHOWN = 5


def four_tests(folder: Path, bag: ArchiveBag, expected: str = "") -> list[dict[str, Any]]:
    """Test an unpacked bag.

    expected  the tag manifest's digest as the journal has it, "" while the bag is being made
    returns   [{"property", "name", "ok", "note"}] in the order of the four
    """
    # The platform's own arithmetic: nothing that lies in a bag is ever run here.
    found = verify.verify_bag(folder, expected, standalone=standalone)
    return [*_authentic(found, folder, bag), *_complete(found, folder, bag), *_usable(folder), *_safe(folder)]


def _told(property_: str, name: str, faults: list[str], right: str) -> dict[str, Any]:
    note = "；".join(faults[:SHOWN]) + (_("；共 %(n)s 处") % {"n": len(faults)} if len(faults) > SHOWN else "")
    return {"property": property_, "name": name, "ok": not faults, "note": note or right}


def _authentic(found: verify.Result, folder: Path, bag: ArchiveBag) -> Iterator[dict[str, Any]]:
    wrong = [f"{each.where} {each.what}" for each in found.findings]
    counts = {"files": found.files, "chains": found.chains, "entries": found.entries, "proofs": found.proofs}
    yield _told(
        AUTHENTIC, _("摘要、日志链与清单一致"), wrong,
        _("文件 %(files)s 个，日志 %(chains)s 条链 %(entries)s 条，其中 %(proofs)s 条有存证") % counts,
    )  # fmt: skip
    entries = verify.read_entries(folder / "data" / "journal" / "entries.jsonl", [])
    stored = {
        (key, n): bytes(digest).hex()
        for key, n, digest in JournalEntry.objects.filter(object_key__in={key for key, _n in entries}).values_list(
            "object_key", "n", "hash"
        )
    }
    faults = [f"{key} #{n}" for (key, n), row in sorted(entries.items()) if stored.get((key, n)) != row["hash"]]
    yield _told(AUTHENTIC, _("与平台日志逐条相同"), faults, _("%(n)s 条相同") % {"n": len(entries)})


def _complete(found: verify.Result, folder: Path, bag: ArchiveBag) -> Iterator[dict[str, Any]]:
    faults = []
    try:
        bagit.Bag(str(folder)).validate()
    except bagit.BagError as fault:
        faults = [str(fault)[:200]]
    yield _told(COMPLETE, _("清单上的文件一个不少"), faults, _("逐个核对了两种摘要"))
    missing = [str(each) for each in bag.package.items.filter(state=ArchiveItem.MISSING)]
    yield _told(COMPLETE, _("应归档材料齐全"), missing, _("没有缺件；只列摘要 %(n)s 件") % {"n": found.withheld})


def _usable(folder: Path) -> Iterator[dict[str, Any]]:
    pdfs, pages, pictures, faults = 0, 0, 0, []
    for path in _files(folder):
        if path.stat().st_size == 0:
            faults.append(f"{path.name}：{_('空文件')}")
        elif path.suffix.lower() == ".pdf":
            try:
                pages += len(PdfReader(io.BytesIO(path.read_bytes())).pages)
                pdfs += 1
            except (PyPdfError, OSError, ValueError, KeyError) as fault:
                faults.append(f"{path.name}：{type(fault).__name__}")
        elif path.suffix.lower() in PICTURES:
            try:
                with Image.open(path) as picture:
                    picture.verify()
                pictures += 1
            except (OSError, SyntaxError, ValueError) as fault:
                faults.append(f"{path.name}：{type(fault).__name__}")
    counts = {"pdfs": pdfs, "pages": pages, "pictures": pictures}
    yield _told(USABLE, _("文件都能打开"), faults, _("PDF %(pdfs)s 份共 %(pages)s 页，图片 %(pictures)s 张") % counts)


def _safe(folder: Path) -> Iterator[dict[str, Any]]:
    own = {
        folder / "data" / "verify.py": verify,
        folder / "data" / "journal" / "standalone.py": standalone,
    }
    runs = [path.name for path in _files(folder) if path.suffix.lower() in RUNS and path not in own]
    runs += [
        path.name
        for path, module in own.items()
        if path.is_file() and path.read_bytes() != Path(str(module.__file__)).read_bytes()
    ]
    yield _told(SAFE, _("没有可执行的文件"), runs, _("只有随包的校验程序"))
    locked = [path.name for path in _files(folder) if path.suffix.lower() == ".pdf" and _is_locked(path)]
    yield _told(SAFE, _("PDF 没有加密和脚本"), locked, _("没有密封件，涉及未成年人的材料没有装入"))


def _is_locked(path: Path) -> bool:
    """Whether a PDF is encrypted or would run something; one that does not open is named under 可用性."""
    try:
        reader = PdfReader(io.BytesIO(path.read_bytes()))
        if reader.is_encrypted:
            return True
        root: Any = reader.trailer["/Root"]
        return "/JavaScript" in root.get("/Names", {}) or "/AA" in root
    except (PyPdfError, OSError, ValueError, KeyError):
        return False


def _files(folder: Path) -> list[Path]:
    return sorted(each for each in (folder / "data").rglob("*") if each.is_file())
