"""Idempotency (重复提交只算一次): an unsafe request that was done is answered again, not done again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core import clock
from core.errors import Conflict, Invalid, Refused

KEPT: Final = timedelta(hours=48)


class IdempotencyKey(models.Model):
    """One request that was done: whose, under which key, with which content, and where it led.

    answer, etag  what the API answered, to be answered again; a page is led to `location`
    """

    person_key = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    path = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    location = models.CharField(max_length=300)
    answer = models.TextField(blank=True)
    etag = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        app_label = "core"
        constraints = [models.UniqueConstraint(fields=["person_key", "key"], name="idempotency_once")]


def person_of(request: HttpRequest) -> str:
    """Whose keys these are: the person's, or a stranger's session's."""
    return str(request.user.pk or request.session.session_key or "")


def digest_of(request: HttpRequest) -> str:
    """What the request asks: path, fields and files, without the CSRF token. SHA-256, hex."""
    body = urlencode(sorted((k, v) for k, vs in request.POST.lists() for v in vs if k != "csrfmiddlewaretoken"))
    uploads = [(name, f) for name, f in sorted(request.FILES.items()) if isinstance(f, UploadedFile)]
    files = "".join(f"{name}:{digest_of_file(upload)}" for name, upload in uploads)
    return hashlib.sha256((request.path + body + files).encode()).hexdigest()


def digest_of_file(upload: UploadedFile[Any]) -> str:
    """An uploaded file by its name and its bytes; it is left rewound."""
    content = hashlib.sha256()
    for chunk in upload.chunks():
        content.update(chunk)
    upload.seek(0)
    return f"{upload.name}:{content.hexdigest()}"


@dataclass(frozen=True)
class Once:
    """One unsafe request by its key: whose, under which key ("" for none), with which content, at which path."""

    person: str
    key: str
    digest: str
    path: str

    @classmethod
    def of(cls, request: HttpRequest) -> Once:
        """Of a form that carries `idempotency_key`."""
        key = request.POST.get("idempotency_key", "")[:64]
        return cls(person_of(request), key, digest_of(request), request.path)

    def earlier(self) -> str | None:
        """Where the same request led when it was done before; None if it was not.

        raises  Conflict when the key was used for another content
        """
        row = IdempotencyKey.objects.filter(person_key=self.person, key=self.key).first() if self.key else None
        if row is None:
            return None
        if row.digest != self.digest:
            raise Conflict(_("这张表已经提交过，内容却不同。请从头打开再填。"))
        return row.location

    def do(self, act: Callable[[], str]) -> str:
        """Do the deed, and keep that it was done, in one transaction.

        act      the deed; returns where it leads
        returns  where it leads; when the same request was done meanwhile, where that one led
        raises   what act raises
        writes   what act writes and one IdempotencyKey, if there is a key; together or not at all
        """
        try:
            with transaction.atomic():
                location = act()
                if self.key:
                    IdempotencyKey.objects.create(
                        person_key=self.person,
                        key=self.key,
                        digest=self.digest,
                        path=self.path[:300],
                        location=location[:300],
                    )
            return location
        except (IntegrityError, Refused):
            # Sent twice, since the first answer was lost: the first may have been done since we looked.
            before = self.earlier()
            if before is None:
                raise
            return before


def claim(person: str, key: str, digest: str, path: str) -> IdempotencyKey:
    """Take a key before the deed, in its transaction: of two at the same moment the second waits here and then fails.

    raises  IntegrityError where the key is taken; the caller then asks `answered`
    writes  one IdempotencyKey; the caller fills in the answer, or the transaction ends and the key is free again
    """
    return IdempotencyKey.objects.create(person_key=person, key=key, path=path[:300], digest=digest)


def answered(person: str, key: str, digest: str) -> IdempotencyKey | None:
    """The request that was done under this key; None if there is none.

    raises  Invalid when the key was used for another content (422)
    """
    row = IdempotencyKey.objects.filter(person_key=person, key=key).first()
    if row is not None and row.digest != digest:
        raise Invalid(_("这个 Idempotency-Key 已经用过，内容却不同。另一件事请换一个新的。"))
    return row


def keep(row: IdempotencyKey, *, answer: str, etag: str, location: str) -> None:
    """Write down what is answered now, to the letter, and will be answered again for two days (48 小时)."""
    row.answer, row.etag, row.location = answer, etag, location[:300]
    row.save(update_fields=["answer", "etag", "location"])


def forget_keys() -> int:
    """Delete what is older than 48 hours. returns  how many"""
    return IdempotencyKey.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]
