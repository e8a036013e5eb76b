"""Files are known by their content, kept once and unchanged, served so that nothing in them runs."""

import contextlib
import io
import struct
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import ExifTags, Image, ImageFile
from pypdf import PdfWriter

from core.actor import Actor
from core.documents import (
    IMAGES,
    OPAQUE,
    SPREADSHEETS,
    Damaged,
    Document,
    check_file,
    public_copy,
    read,
    read_stored,
    serve,
    store,
)
from core.errors import Invalid, NotNow
from core.sealing import AesGcmSealer, Unreadable

SEALER = AesGcmSealer(b"k" * 32)
LI = Actor(user_key="u1", user_name="李青", organization_id=UUID(int=9))


def pdf(password: str = "", pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def picture(form: str = "JPEG", mode: str = "RGB", exif: Image.Exif | None = None) -> bytes:
    out = io.BytesIO()
    drawn = Image.effect_mandelbrot((60, 40), (-2, -1, 1, 1), 20).convert(mode)
    drawn.save(out, form, **({"exif": exif} if exif else {}))
    return out.getvalue()


def xlsx() -> bytes:
    book = Workbook()
    book.active.append(["名称", "金额"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(parts: dict[str, bytes], main: str = "wordprocessingml.document") -> bytes:
    types = f'<Types><Override ContentType="application/vnd.openxmlformats-officedocument.{main}.main+xml"/></Types>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ({"[Content_Types].xml": types.encode()} | parts).items():
            archive.writestr(name, content)
    return out.getvalue()


def docx(extra: dict[str, bytes] | None = None) -> bytes:
    return zipped({"word/document.xml": b"<w:document/>"} | (extra or {}))


def forged_png(width: int, height: int) -> bytes:
    """A picture that claims a size: a few bytes that would unpack into gigabytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        (pdf(), "方案.pdf", "application/pdf"),
        (picture(), "现场.JPG", "image/jpeg"),
        (picture("PNG", "RGBA"), "现场.png", "image/png"),
        (picture("WEBP"), "现场.webp", "image/webp"),
        (docx(), "方案.v2..docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (xlsx(), "报价.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("名称,金额\n青年,1".encode("gb18030"), "表.csv", "text/csv"),
        ("\ufeff说明".encode(), "说明.txt", "text/plain"),
    ],
)
def test_the_type_is_found_in_the_content(content: bytes, name: str, content_type: str) -> None:
    assert check_file(content, name) == content_type


BOMB = zipped({"word/document.xml": b"0" * 30_000_000})


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "空.pdf", "文件是空的"),
        (b"%PDF-1.7 nothing else", "坏.pdf", "内容不是 PDF 文件"),
        (picture(), "图.pdf", "内容不是 PDF 文件"),
        (pdf()[:-80] + b"x" * 10, "断.docx", "内容不是 Word 文件"),
        (pdf("secret"), "锁.pdf", "加了密码"),
        (b"<html><script>alert(1)</script>", "页.png", "内容不是图片文件"),
        (picture("PNG"), "图.jpg", "内容不是图片文件"),
        (picture()[:-400], "断.jpg", "内容不是图片文件"),
        (forged_png(30000, 30000), "炸.png", "图片尺寸过大"),
        (forged_png(10000, 10000), "大.png", "图片尺寸过大"),
        (forged_png(9000, 9000), "大.png", "图片尺寸过大"),
        (forged_png(40, 40), "假.png", "内容不是图片文件"),
        (BOMB, "炸弹.docx", "压缩炸弹"),
        (zipped({f"word/{n}": b"" for n in range(5001)}), "多.docx", "压缩炸弹"),
        (docx({"../../etc/cron.d/x": b"x"}), "越界.docx", "越界路径"),
        (docx({"word/..\\..\\x": b"x"}), "越界.docx", "越界路径"),
        (docx({"word/vbaProject.bin": b"x"}), "宏.docx", "带宏"),
        (zipped({"word/document.xml": b""}, "spreadsheetml.sheet"), "表.docx", "内容不是 Word 文件"),
        (docx(), "方案.xlsx", "内容不是 Excel 文件"),
        (docx()[:-30], "断.docx", "内容不是 Word 文件"),
        (docx().replace(b"<w:document/>"[:4], b"<w:d"), "方案.pptx", "内容不是 PPT 文件"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧.xlsx", "旧格式或加了密码"),
        (b"\xff\xfe\x00a", "乱.txt", "读不出文字"),
        (b"MZ\x90", "程序.exe", "不收 .exe"),
        (pdf(), "没有扩展名", "没有扩展名"),
    ],
)
def test_what_is_not_what_it_says_is_refused_in_plain_words(content: bytes, name: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_file(content, name)
    assert said in refused.value.message
    assert list(refused.value.errors) == ["file"]


def test_a_cut_picture_is_refused_also_where_reports_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(Invalid, match="图片"):
        check_file(picture()[:-400], "断.jpg")


def test_a_damaged_part_is_found_although_the_zip_opens() -> None:
    whole = bytearray(zipped({"word/document.xml": bytes(range(256)) * 40}))
    place = whole.index(b"word/document.xml") + 60
    whole[place] ^= 0xFF
    with pytest.raises(Invalid, match="Word"):
        check_file(bytes(whole), "坏.docx")


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.pdf",
        "C:\\temp\\a.pdf",
        "a/b.pdf",
        ".htaccess.pdf",
        "C:a.pdf",
        "a\x00.pdf",
        "发票\u202efdp.exe.pdf",
        "a\u200b.pdf",
        "a\n.pdf",
        "长" * 117 + ".pdf",
    ],
)
def test_a_name_carries_neither_path_nor_tricks(name: str) -> None:
    with pytest.raises(Invalid, match="文件名"):
        check_file(pdf(), name)


def test_the_limit_is_the_settings_and_told_with_both_figures(settings: Any) -> None:
    settings.MAX_FILE_BYTES = 2 * 1024 * 1024
    with pytest.raises(Invalid, match=r"文件 3\.0 MB，超过上限 2 MB"):
        check_file(b"0" * 3 * 1024 * 1024, "大.txt")
    with pytest.raises(Invalid, match=r"文件 9\.5 MB"):
        check_file(b"", "大.txt", size=int(9.5 * 1024 * 1024))


def test_a_field_may_take_fewer_kinds() -> None:
    assert check_file(picture(), "a.jpg", kinds=IMAGES) == "image/jpeg"
    with pytest.raises(Invalid, match="可以传：图片（JPG、PNG、WebP）。"):
        check_file(pdf(), "a.pdf", kinds=IMAGES)
    with pytest.raises(Invalid, match="Excel（xlsx）、CSV"):
        check_file(pdf(), "a.pdf", kinds=SPREADSHEETS)


@given(st.binary(max_size=300), st.sampled_from(["pdf", "jpg", "png", "webp", "docx", "xlsx", "pptx", "txt", "csv"]))
def test_no_bytes_bring_down_a_check(content: bytes, ending: str) -> None:
    for head in (b"", b"%PDF-1.4\n", b"PK\x03\x04", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"):
        with contextlib.suppress(Invalid):
            assert check_file(head + content, f"a.{ending}").startswith("text/")


@pytest.mark.django_db
def test_a_stored_file_is_kept_once_under_its_digest() -> None:
    content = pdf()
    first = store(content, name="方案.pdf", actor=LI, purpose="plan")
    second = store(io.BytesIO(content), name="再交.pdf", actor=LI, purpose="plan")
    assert first.key == second.key == f"{first.sha256[:2]}/{first.sha256}"
    assert (first.uploaded_by_key, first.uploaded_by_name, first.organization_key) == ("u1", "李青", str(UUID(int=9)))
    assert (first.name, first.content_type, first.size, first.sealed) == (
        "方案.pdf",
        "application/pdf",
        len(content),
        False,
    )
    assert read(first) == read(second) == content
    assert default_storage.listdir(first.sha256[:2])[1] == [first.sha256]


@pytest.mark.django_db
def test_nothing_is_kept_of_what_was_refused(settings: Any) -> None:
    with pytest.raises(Invalid) as refused:
        store(BOMB, name="炸弹.docx", actor=LI, purpose="plan", field="plan")
    assert list(refused.value.errors) == ["plan"]
    assert not Document.objects.exists()
    assert not Path(settings.MEDIA_ROOT).exists()


@pytest.mark.django_db
def test_a_document_is_never_changed_or_deleted() -> None:
    document = store(pdf(), name="a.pdf", actor=LI, purpose="plan")
    document.name = "b.pdf"
    for deed in (document.save, document.delete):
        with pytest.raises(TypeError):
            deed()
    for deed in (lambda: Document.objects.update(name="b.pdf"), lambda: Document.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()
    assert Document.objects.get().name == "a.pdf"


@pytest.mark.django_db
def test_a_sealed_file_leaves_no_trace_of_what_it_is(settings: Any) -> None:
    content = pdf()
    document = store(content, name="报价单.pdf", actor=LI, purpose="bid", sealer=SEALER, context=b"bid:1|0")
    assert (document.name, document.content_type, document.sealed) == ("", "application/octet-stream", True)
    plain = store(content, name="报价单.pdf", actor=LI, purpose="plan")
    assert document.sha256 != plain.sha256
    lying = Path(settings.MEDIA_ROOT, document.key).read_bytes()
    assert b"%PDF" not in lying
    assert read_stored(document) == lying
    assert read(document, SEALER, b"bid:1|0") == content
    for sealer, context in ((SEALER, b"bid:2|0"), (AesGcmSealer(b"j" * 32), b"bid:1|0"), (None, b"")):
        with pytest.raises(Unreadable):
            read(document, sealer, context)
    with pytest.raises(NotNow):
        serve(document)


@pytest.mark.django_db
def test_bytes_of_our_own_need_no_type() -> None:
    document = store(b'{"v":1}', name="envelope", actor=LI, purpose="bid", made=OPAQUE)
    assert (document.content_type, read(document)) == ("application/octet-stream", b'{"v":1}')


@pytest.mark.django_db
def test_what_was_tampered_with_in_storage_is_never_handed_out(settings: Any) -> None:
    document = store(b"1,2", name="a.csv", actor=LI, purpose="plan")
    place = Path(settings.MEDIA_ROOT, document.key)
    assert place.stat().st_mode & 0o777 == 0o600
    place.write_bytes(b"1,3")
    for deed in (read, serve):
        with pytest.raises(Damaged):
            deed(document)
    again = store(b"1,2", name="a.csv", actor=LI, purpose="plan")
    assert read(again) == read(document) == b"1,2", "a half-written file is written anew by the next one who has it"
    place.unlink()
    with pytest.raises(Damaged, match="no file"):
        read(document)


@pytest.mark.django_db
def test_a_served_file_is_named_in_chinese_and_never_run() -> None:
    answer = serve(store(b"<script>alert(1)</script>", name='方案"一".txt', actor=LI, purpose="plan"))
    assert answer["Content-Type"] == "text/plain"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"] == (
        "attachment; filename=\"_____.txt\"; filename*=UTF-8''%E6%96%B9%E6%A1%88%22%E4%B8%80%22.txt"
    )
    shown = serve(store(pdf(), name="方案.pdf", actor=LI, purpose="plan"))
    assert shown["Content-Disposition"].startswith("inline; ")
    assert shown["Content-Type"] == "application/pdf"


def photo() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Phone"
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    detail[ExifTags.Base.DateTimeOriginal] = "2026:08:30 14:05:06"
    position = exif.get_ifd(ExifTags.IFD.GPSInfo)
    position[ExifTags.GPS.GPSLatitudeRef], position[ExifTags.GPS.GPSLongitudeRef] = "N", "E"
    position[ExifTags.GPS.GPSLatitude], position[ExifTags.GPS.GPSLongitude] = (25.0, 2.0, 26.16), (102.0, 42.0, 44.28)
    return picture(exif=exif)


@pytest.mark.django_db
def test_a_photo_tells_its_moment_and_place_to_the_record_alone() -> None:
    document = store(photo(), name="活动.jpg", actor=LI, purpose="activity")
    assert document.taken_at == datetime(2026, 8, 30, 6, 5, 6, tzinfo=UTC)
    assert document.place == "25.0406,102.7123"
    assert read(document) == photo(), "the evidence itself stays as it was"
    copy = public_copy(photo())
    with Image.open(io.BytesIO(copy)) as shown:
        assert not dict(shown.getexif())
        assert shown.size == (40, 60), "turned upright"
    assert b"Phone" not in copy
    sealed = store(photo(), name="活动.jpg", actor=LI, purpose="bid", sealer=SEALER)
    assert (sealed.taken_at, sealed.place) == (None, "")


@pytest.mark.django_db
@pytest.mark.parametrize("said", ["0000:00:00 00:00:00", "yesterday"])
def test_a_photo_that_says_nonsense_is_still_a_photo(said: str) -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = said
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (1.0, 2.0, 3.0)
    document = store(picture(exif=exif), name="活动.jpg", actor=LI, purpose="activity")
    assert (document.taken_at, document.place) == (None, "")


def test_a_transparent_picture_becomes_white_not_black() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    out = io.BytesIO()
    clear.save(out, "PNG")
    with Image.open(io.BytesIO(public_copy(out.getvalue()))) as shown:
        assert shown.getpixel((1, 1)) == (255, 255, 255)
