"""File types (文件类型): what may be uploaded, told by opening the content; the name's ending must agree with it.

Every check works on bytes in memory, within bounds: a picture is measured before it is unpacked, an Office file is
added up before it is read.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, ImageFile
from pypdf import PdfReader

from core.errors import Invalid

MAX_NAME: Final = 120
MAX_PIXELS: Final = 60_000_000
MAX_PAGES: Final = 2_000
ZIP_ENTRIES: Final = 5_000
ZIP_BYTES: Final = 200 * 1024 * 1024
ZIP_RATIO: Final = 120
CONTENT_TYPES_BYTES: Final = 1024 * 1024
OOXML: Final = "application/vnd.openxmlformats-officedocument."
# Office puts a file with a password, and its old formats, into this kind of container.
OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class FileType:
    """One admitted type: its MIME type, its name's endings, its Chinese word, and the check that opens it."""

    content_type: str
    endings: tuple[str, ...]
    word: str
    check: Callable[[bytes], None]


def check_file(
    content: bytes, name: str, *, kinds: Sequence[FileType] | None = None, size: int | None = None, field: str = "file"
) -> str:
    """The MIME type of a file that may be taken, found by opening it.

    content  all of its bytes
    name     as the person called it, without a path
    kinds    admitted types: DOCUMENTS (default), IMAGES, SPREADSHEETS, or a choice of one's own
    size     what the upload measured, where its content was dropped for being over the limit
    raises   Invalid at `field`: empty, too large, a bad name, another type than its ending says, damaged, a bomb
    """
    try:
        check_name(name)
        return _type_by_content(
            content, name, DOCUMENTS if kinds is None else kinds, len(content) if size is None else size
        )
    except Invalid as refusal:
        raise Invalid(refusal.message, field=field) from refusal.__cause__


def check_name(name: str) -> None:
    """Refuse a file name with a path, invisible or direction-turning characters, or too many. raises  Invalid"""
    if re.search(r"[/\\]", name) or name.startswith(".") or re.match(r"[A-Za-z]:", name):
        raise Invalid(_("文件名里不能有路径，请改名后再传。"))
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in name):
        raise Invalid(_("文件名里有看不见的字符，请改名后再传。"))
    if not 0 < len(name) <= MAX_NAME:
        raise Invalid(_("文件名最长 %(limit)s 个字，请改短后再传。") % {"limit": MAX_NAME})


def accept(kinds: Sequence[FileType]) -> str:
    """The value of a file input's accept attribute: ".pdf,.jpg,…"."""
    return ",".join(f".{ending}" for kind in kinds for ending in kind.endings)


def _type_by_content(content: bytes, name: str, kinds: Sequence[FileType], size: int) -> str:
    if size == 0:
        raise Invalid(_("文件是空的，请检查后重新选择。"))
    if size > settings.MAX_FILE_BYTES:
        raise Invalid(
            _("文件 %(size).1f MB，超过上限 %(limit)d MB。请压缩或拆分后再传。")
            % {"size": size / 1_048_576, "limit": settings.MAX_FILE_BYTES // 1_048_576}
        )
    words = "、".join(dict.fromkeys(kind.word for kind in kinds))
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    for kind in kinds:
        if ending in kind.endings:
            kind.check(content)
            return kind.content_type
    if not ending:
        raise Invalid(_("文件名没有扩展名。可以传：%(words)s。") % {"words": words})
    raise Invalid(_("这里不收 .%(ending)s 文件。可以传：%(words)s。") % {"ending": ending[:12], "words": words})


def _wrong(word: str) -> Invalid:
    return Invalid(_("内容不是%(word)s文件，可能改过扩展名或已损坏。请重新导出后再传。") % {"word": word})


def _check_pdf(content: bytes) -> None:
    if not content.startswith(b"%PDF-"):
        raise _wrong(" PDF ")
    try:
        reader = PdfReader(io.BytesIO(content))
        encrypted = reader.is_encrypted
        pages = 0 if encrypted else len(reader.pages)
    except Exception as fault:  # a parser of foreign bytes fails in any way it likes
        raise _wrong(" PDF ") from fault
    if encrypted:
        raise Invalid(_("PDF 加了密码，请去掉密码后再传。"))
    if pages > MAX_PAGES:
        raise Invalid(
            _("PDF 有 %(pages)s 页，超过 %(limit)s 页。请拆分后再传。") % {"pages": pages, "limit": MAX_PAGES}
        )
    if not pages:
        raise _wrong(" PDF ")


def _picture(form: str) -> Callable[[bytes], None]:
    """A check that measures a picture, verifies it, unpacks all of it and draws it again small."""

    def check(content: bytes) -> None:
        # WeasyPrint, once imported, lets Pillow fill up what is missing of a cut picture.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        try:
            with Image.open(io.BytesIO(content), formats=(form,)) as picture:
                large = picture.width * picture.height > MAX_PIXELS
                if not large:
                    picture.verify()
            if not large:
                with Image.open(io.BytesIO(content), formats=(form,)) as picture:
                    picture.load()
                    picture.convert("RGB").resize((32, 32)).save(io.BytesIO(), "JPEG")
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            large = True
        except Exception as fault:  # as above
            raise _wrong("图片") from fault
        if large:
            raise Invalid(_("图片尺寸过大，请缩小后再传。"))

    return check


def _office(main_type: str, part: str, word: str) -> Callable[[bytes], None]:
    """A check of an Office file: a zip within bounds, that says it is this kind and carries no macros."""

    def check(content: bytes) -> None:
        if content.startswith(OLD_OFFICE):
            raise Invalid(_("这是旧格式或加了密码的文件。请去掉密码，另存为新格式后再传。"))
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                _check_zip(archive, len(content))
                names = set(archive.namelist())
                if "[Content_Types].xml" not in names or not any(name.startswith(part) for name in names):
                    raise _wrong(word)
                types = archive.read("[Content_Types].xml").decode("utf-8")
                # Reading every part to its end is what proves its length and checksum.
                damaged = archive.testzip()
        except Invalid:
            raise
        except Exception as fault:  # BadZipFile, zlib.error and their kin have no common base
            raise _wrong(word) from fault
        if "macroEnabled" in types or any(name.lower().endswith("vbaproject.bin") for name in names):
            raise Invalid(_("文件带宏，请另存为不带宏的格式再传。"))
        if damaged or f"{main_type}.main+xml" not in types:
            raise _wrong(word)

    return check


def _check_zip(archive: zipfile.ZipFile, packed: int) -> None:
    """Refuse, before anything is unpacked, what would unpack too large, leave its folder, or is locked."""
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    types = next((entry.file_size for entry in entries if entry.filename == "[Content_Types].xml"), 0)
    if len(entries) > ZIP_ENTRIES or total > min(ZIP_BYTES, ZIP_RATIO * packed) or types > CONTENT_TYPES_BYTES:
        raise Invalid(_("文件展开后过大，像是压缩炸弹，不收。"))
    for entry in entries:
        path = entry.filename.replace("\\", "/")
        if path.startswith("/") or ".." in path.split("/") or re.match(r"[A-Za-z]:", path):
            raise Invalid(_("文件内部有越界路径，不收。"))
        if entry.flag_bits & 0x1:
            raise Invalid(_("文件加了密码，请去掉密码后再传。"))


def _check_text(content: bytes) -> None:
    decode_text(content)


def decode_text(content: bytes) -> str:
    """The text of a .txt or .csv file: UTF-8 with or without BOM, else GB18030. raises  Invalid"""
    if b"\x00" not in content:
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise Invalid(_("读不出文字。请存成 UTF-8 或 GB18030 编码后再传。"))


_PDF: Final = FileType("application/pdf", ("pdf",), "PDF", _check_pdf)
_TEXT: Final = FileType("text/plain", ("txt",), "文本", _check_text)
_CSV: Final = FileType("text/csv", ("csv",), "CSV", _check_text)
_WORD: Final = FileType(
    f"{OOXML}wordprocessingml.document",
    ("docx",),
    "Word（docx）",
    _office(f"{OOXML}wordprocessingml.document", "word/", " Word "),
)
_EXCEL: Final = FileType(
    f"{OOXML}spreadsheetml.sheet", ("xlsx",), "Excel（xlsx）", _office(f"{OOXML}spreadsheetml.sheet", "xl/", " Excel ")
)
_SLIDES: Final = FileType(
    f"{OOXML}presentationml.presentation",
    ("pptx",),
    "PPT（pptx）",
    _office(f"{OOXML}presentationml.presentation", "ppt/", " PPT "),
)

IMAGES: Final[tuple[FileType, ...]] = (
    FileType("image/jpeg", ("jpg", "jpeg"), "图片（JPG、PNG、WebP）", _picture("JPEG")),
    FileType("image/png", ("png",), "图片（JPG、PNG、WebP）", _picture("PNG")),
    FileType("image/webp", ("webp",), "图片（JPG、PNG、WebP）", _picture("WEBP")),
)
SPREADSHEETS: Final[tuple[FileType, ...]] = (_EXCEL, _CSV)
SCANS: Final[tuple[FileType, ...]] = (_PDF, *IMAGES)
DOCUMENTS: Final[tuple[FileType, ...]] = (_PDF, *IMAGES, _WORD, _EXCEL, _SLIDES, _TEXT, _CSV)
