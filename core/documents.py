"""Documents (文件): immutable, checked by content, stored once under their digest, served only to who may see them."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import IO, Any, Final, NoReturn
from urllib.parse import quote

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import models
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from PIL import ExifTags, Image, ImageOps

from core import clock
from core.actor import Actor
from core.errors import NotNow
from core.filetypes import DOCUMENTS, IMAGES, SCANS, SPREADSHEETS, FileType, accept, check_file
from core.outbox import enqueue, on_topic
from core.sealing import Sealer, Unreadable

__all__ = [
    "ACCEPT",
    "DOCUMENTS",
    "IMAGES",
    "SCANS",
    "SPREADSHEETS",
    "Damaged",
    "Document",
    "Removal",
    "check_file",
    "public_copy",
    "read",
    "read_stored",
    "remove",
    "serve",
    "store",
    "store_made",
]

# What the platform itself made (envelopes): bytes without a type of their own.
OPAQUE: Final = "application/octet-stream"
PDF: Final = "application/pdf"
ZIP: Final = "application/zip"
# Above this a file is handed to the browser in pieces, not as a whole.
IN_PIECES: Final = 8 * 1024 * 1024
ACCEPT: Final = accept(DOCUMENTS)
REMOVING: Final = "remove_file"
SHOWN_IN_BROWSER: Final = {"application/pdf", "image/png", "image/jpeg", "image/webp"}


class Damaged(OSError):
    """What lies in storage is not what was stored: a fault of ours, answered 500 and never shown as content.

    An OSError as other faults of storage are: who opens many bids catches both, and one bad file stops no other.
    """


class Document(models.Model):
    """One stored file. sha256 is over what is stored: the plain bytes, or the sealed ones (never the plain of a sealed).

    name            as its owner called it, "" while sealed (the name is inside the envelope)
    key             the place in storage, by digest: the same bytes are stored once and never overwritten
    taken_at, place a picture's own word about moment and place ("25.0406,102.7123"); kept here, cut from public copies
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sha256 = models.CharField("摘要", max_length=64, db_index=True)
    size = models.PositiveBigIntegerField("大小")
    content_type = models.CharField("类型", max_length=100)
    name = models.CharField("名称", max_length=200, blank=True)
    sealed = models.BooleanField(default=False)
    key = models.CharField(max_length=120)
    purpose = models.CharField(max_length=40)
    uploaded_by_key = models.CharField(max_length=64)
    uploaded_by_name = models.CharField("上传人", max_length=64)
    organization_key = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField("时间", default=clock.now)
    taken_at = models.DateTimeField("拍摄时间", null=True, blank=True)
    place = models.CharField("拍摄地点", max_length=40, blank=True)

    append_only = True

    class Meta:
        app_label = "core"
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name or str(self.pk)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it once; a second time is a mistake in the code. raises  TypeError"""
        if not self._state.adding:
            raise TypeError("a document is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Always refused; a trigger refuses the same below. raises  TypeError"""
        raise TypeError("a document is never deleted")

    @property
    def size_label(self) -> str:
        """The size for people: "1.2 MB"."""
        return f"{self.size / 1_048_576:.1f} MB" if self.size >= 1_048_576 else f"{max(1, self.size // 1024)} KB"


class Removal(models.Model):
    """The file of a document was taken out of storage for ever (销毁): by whom, and which object's list names it.

    The document's row, its digest and the journal stay: what was destroyed can be named, and never read.
    """

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="removal")
    authority = models.CharField(max_length=96)
    by_key = models.CharField(max_length=64)
    by_name = models.CharField("销毁人", max_length=64)
    at = models.DateTimeField("销毁时间", default=clock.now)

    append_only = True

    class Meta:
        app_label = "core"

    def __str__(self) -> str:
        return f"{self.document_id}"


def store(
    source: bytes | IO[bytes],
    *,
    name: str,
    actor: Actor,
    purpose: str,
    kinds: Sequence[FileType] = DOCUMENTS,
    sealer: Sealer | None = None,
    context: bytes = b"",
    made: str = "",
    field: str = "file",
) -> Document:
    """Check a file by its content and keep it for ever.

    source   bytes or an open file;  name: as the person called it
    kinds    admitted types: DOCUMENTS, IMAGES, SPREADSHEETS (core.filetypes)
    sealer   seals before anything is written; then neither name, type, plain digest nor place is kept
    context  what the sealed bytes belong to; the same is needed to open them
    made     the type of what the platform itself made (OPAQUE, PDF); such content is not opened again to be checked
    raises   Invalid at `field`: empty, too large, a path in the name, wrong type by content, damaged, a zip bomb
    writes   one stored file (once a digest), one Document row
    """
    content = source if isinstance(source, bytes) else source.read()
    content_type = made or check_file(content, name, kinds=kinds, field=field)
    stored = sealer.seal(content, context) if sealer else content
    digest = hashlib.sha256(stored).hexdigest()
    taken_at, place = (None, "") if sealer or not content_type.startswith("image/") else _picture_facts(content)
    return Document.objects.create(
        sha256=digest,
        size=len(stored),
        content_type=OPAQUE if sealer else content_type,
        name="" if sealer else name,
        sealed=sealer is not None,
        key=_keep(ContentFile(stored), digest),
        purpose=purpose,
        uploaded_by_key=actor.user_key,
        uploaded_by_name=actor.user_name,
        organization_key=str(actor.organization_id or ""),
        taken_at=taken_at,
        place=place,
    )


def store_made(source: IO[bytes], *, name: str, made: str, actor: Actor, purpose: str) -> Document:
    """Keep a file that the platform itself made, read in pieces: a year's zip need not fit into memory.

    source  open for reading and seeking;  made: its type (ZIP)
    writes  one stored file (once a digest), one Document row
    """
    file = File(source)
    digest = _digest_of(file)
    return Document.objects.create(
        sha256=digest,
        size=file.size,
        content_type=made,
        name=name,
        key=_keep(file, digest),
        purpose=purpose,
        uploaded_by_key=actor.user_key,
        uploaded_by_name=actor.user_name,
        organization_key=str(actor.organization_id or ""),
    )


def remove(document: Document, *, actor: Actor, authority: str) -> None:
    """Take a document's file out of storage for ever (销毁文件); its row and digest stay.

    authority  journal key of the object whose deed this is, which journals it
    writes     one Removal, one outbox row in the caller's transaction; the file goes after the commit, at least once tried
    """
    Removal.objects.get_or_create(
        document=document, defaults={"authority": authority, "by_key": actor.user_key, "by_name": actor.user_name}
    )
    enqueue(REMOVING, {"key": document.key}, key=f"{REMOVING}:{document.pk}")


@on_topic(REMOVING)
def drop_file(payload: dict[str, Any]) -> None:
    """Delete what lies under a storage key, unless a document that was not removed has the same bytes. Repeats safely."""
    key = payload["key"]
    if not Document.objects.filter(key=key, removal__isnull=True).exists():
        default_storage.delete(key)


def require_kept(document: Document) -> None:
    """raises  NotNow for a document whose file was destroyed"""
    removal = Removal.objects.filter(document=document).first()
    if removal is not None:
        raise NotNow(_("这份文件已于 %(day)s 按销毁清单销毁。") % {"day": clock.local(removal.at).date()})


def read_stored(document: Document) -> bytes:
    """The bytes as they lie in storage, sealed ones still sealed.

    raises  NotNow (destroyed by a list) · Damaged (digest differs, or gone)
    """
    try:
        with default_storage.open(document.key) as stream:
            stored: bytes = stream.read()
    except FileNotFoundError as fault:
        require_kept(document)
        raise Damaged(f"document {document.pk}: no file in storage") from fault
    if hashlib.sha256(stored).hexdigest() != document.sha256:
        raise Damaged(f"document {document.pk}: the file in storage has another digest")
    return stored


def read(document: Document, sealer: Sealer | None = None, context: bytes = b"") -> bytes:
    """The plain bytes of a document, compared with its digest.

    sealer, context  for a sealed document, those it was stored with
    raises           Damaged · Unreadable (sealed and no sealer, another key or context)
    """
    stored = read_stored(document)
    if not document.sealed:
        return stored
    if sealer is None:
        raise Unreadable("a sealed document is read with its sealer only")
    return sealer.open(stored, context)


def serve(document: Document) -> HttpResponseBase:
    """The answer that hands a file to a browser: never sniffed, never run. The caller has checked who asks.

    raises  NotNow for a sealed document and a destroyed one, Damaged
    """
    if document.sealed:
        raise NotNow(_("这份文件还密封着，开启后才能看。"))
    response: HttpResponseBase
    if document.size > IN_PIECES:
        if not default_storage.exists(document.key):
            require_kept(document)
        with default_storage.open(document.key) as stream:
            if _digest_of(stream) != document.sha256:
                raise Damaged(f"document {document.pk}: the file in storage has another digest")
        response = FileResponse(default_storage.open(document.key), content_type=document.content_type)
    else:
        response = HttpResponse(read(document), content_type=document.content_type)
    response["Content-Disposition"] = disposition(
        document.name or str(document.pk), inline=document.content_type in SHOWN_IN_BROWSER
    )
    response["X-Content-Type-Options"] = "nosniff"
    # Browsers show no PDF in a sandbox; what is not a PDF gets one.
    sandbox = "object-src 'self'" if document.content_type == "application/pdf" else "sandbox"
    response["Content-Security-Policy"] = f"default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; {sandbox}"
    response["Cache-Control"] = "private, max-age=0, must-revalidate"
    return response


def disposition(name: str, *, inline: bool = False) -> str:
    """A Content-Disposition value with a Chinese file name (RFC 5987, RFC 6266), and a plain one for old readers."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def public_copy(content: bytes) -> bytes:
    """A picture turned upright, on white, without its place, time and camera (EXIF), for public pages. JPEG bytes."""
    with Image.open(io.BytesIO(content)) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
    page = Image.new("RGB", upright.size, "white")
    page.paste(upright, mask=upright.getchannel("A"))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()


def _digest_of(stream: File[bytes]) -> str:
    """SHA-256 in hex of a file, read in pieces from its beginning."""
    digest = hashlib.sha256()
    for piece in stream.chunks():
        digest.update(piece)
    return digest.hexdigest()


def _keep(stored: File[bytes], digest: str) -> str:
    """Put a file under its digest unless it is there, whole; the storage key."""
    key = f"{digest[:2]}/{digest}"
    if default_storage.exists(key):
        with default_storage.open(key) as stream:
            if _digest_of(stream) == digest:
                return key
        # A write that a power cut stopped half way: no document can point at it and be right.
        default_storage.delete(key)
    saved = default_storage.save(key, stored)
    if saved != key:  # the same bytes came twice in the same moment; the other copy has the name
        default_storage.delete(saved)
    return key


def _picture_facts(content: bytes) -> tuple[datetime | None, str]:
    """When and where a picture says it was taken; (None, "") where it does not say, or says nonsense."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            exif = picture.getexif()
        detail, position = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError):
        return None, ""
    return _taken_at(detail), _place(position)


def _taken_at(detail: dict[int, Any]) -> datetime | None:
    try:
        text = str(detail[ExifTags.Base.DateTimeOriginal])
        offset = str(detail.get(ExifTags.Base.OffsetTimeOriginal, "")).strip()
        moment = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - the zone follows, Shanghai's where none is said
        return clock.local(f"{moment.isoformat()}{offset}").astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return None


def _place(position: dict[int, Any]) -> str:
    """Latitude and longitude in degrees with four decimals (about ten meters), as "25.0406,102.7123"."""
    try:
        parts = []
        for value, side, negative in (
            (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "S"),
            (ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "W"),
        ):
            degrees, minutes, seconds = (float(each) for each in position[value])
            angle = degrees + minutes / 60 + seconds / 3600
            parts.append(-angle if position.get(side) == negative else angle)
        latitude, longitude = parts
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return ""
    return f"{latitude:.4f},{longitude:.4f}" if abs(latitude) <= 90 and abs(longitude) <= 180 else ""
