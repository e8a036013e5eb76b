"""Idempotency (重复提交只算一次): an unsafe request that was done is answered again, not done again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core import clock
from core.errors import Conflict, Refused


class IdempotencyKey(models.Model):
    """One request that was done: whose, under which key, with which content, and where it led."""

    person_key = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    path = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    location = models.CharField(max_length=300)
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
    files = "".join(f"{name}:{upload.name}:{upload.size}" for name, upload in uploads)
    return hashlib.sha256((request.path + body + files).encode()).hexdigest()


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
