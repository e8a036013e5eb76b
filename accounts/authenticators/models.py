"""What proves that a person holds the own device: a sealed secret, and recovery codes of which only digests are kept."""

from __future__ import annotations

import logging
import time
import uuid
from base64 import b32encode
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import models
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from accounts.users.models import User
from core import clock
from core.sealing import Unreadable, platform_sealer

log = logging.getLogger(__name__)

STEP: Final = 30
DIGITS: Final = 6
# Failures that are counted: the last one costs 2⁹ seconds, some eight minutes.
MOST_FAILURES: Final = 10
# A phone may be a step ahead or behind.
TOLERANCE: Final = 1


class Authenticator(ThrottlingMixin, Device):
    """One authenticator app (身份验证器) of one person (TOTP, RFC 6238).

    The library brings throttling, drift and the arithmetic; its own table would keep the secret in clear text.
    confirmed   False while it is being set up: it opens nothing then
    sealed_key  the 20-byte secret under the platform's key, bound to person and row
    last_t      the last step whose code was taken: none is taken twice
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = None
    throttling_failure_count: int
    confirmed = models.BooleanField(default=False)
    sealed_key = models.BinaryField(max_length=80)
    drift = models.SmallIntegerField(default=0)
    last_t = models.BigIntegerField(default=-1)
    begun_at = models.DateTimeField(default=clock.now)

    objects: ClassVar[models.Manager[Authenticator]] = models.Manager()

    class Meta:
        app_label = "accounts"
        constraints = [models.UniqueConstraint(fields=["user", "confirmed"], name="one_authenticator")]

    def __str__(self) -> str:
        return f"{self.user} · {self.begun_at:%Y-%m-%d}"

    @property
    def context(self) -> bytes:
        """What the secret is sealed under: it opens for this row of this person alone."""
        return f"accounts.authenticator:{self.user_id}:{self.pk}".encode()

    def keep(self, secret: bytes) -> None:
        """Seal the secret into the row, unsaved."""
        self.sealed_key = platform_sealer().seal(secret, self.context)

    @property
    def secret(self) -> bytes:
        """The secret itself. raises  core.sealing.Unreadable (another platform key, a moved row)"""
        return platform_sealer().open(bytes(self.sealed_key), self.context)

    @property
    def typed_secret(self) -> str:
        """The secret as a person types it: base 32 in groups of four."""
        text = b32encode(self.secret).decode()
        return " ".join(text[n : n + 4] for n in range(0, len(text), 4))

    @property
    def address(self) -> str:
        """The otpauth: address that the picture shows to the app."""
        # Six digits and thirty seconds are what every app takes for granted; a short address makes a picture easy to scan.
        asked = {"secret": b32encode(self.secret).decode(), "issuer": str(settings.SITE_NAME)}
        return f"otpauth://totp/{quote(self.user.get_username())}?{urlencode(asked, quote_via=quote)}"

    def verify_token(self, token: str) -> bool:
        """Whether this is the device's code of now, not taken before. The caller holds the row.

        writes  the step taken and the drift, or one failure more; nothing while the device is throttled or when its secret
                cannot be opened (the platform's key was lost: recovery codes still hold)
        """
        if not self.verify_is_allowed()[0]:
            return False
        try:
            secret = self.secret
        except Unreadable:
            log.error("an authenticator is sealed under another key")
            return False
        totp = TOTP(secret, STEP, 0, DIGITS, self.drift)
        totp.time = time.time()  # the phone's clock is no travelled one
        if not totp.verify(int(token), TOLERANCE, self.last_t + 1):
            self.throttle_increment()
            return False
        self.last_t, self.drift = totp.t(), totp.drift
        self.throttle_reset(commit=False)
        self.save()
        return True

    def get_throttle_factor(self) -> int:
        """Seconds to wait after the first wrong code; each further one doubles them."""
        return 1

    def throttle_increment(self, commit: bool = True) -> None:
        """One failure more, up to the longest wait: who has learned the password must not keep the owner out for days."""
        super().throttle_increment(commit=False)
        self.throttling_failure_count = min(self.throttling_failure_count, MOST_FAILURES)
        if commit:
            self.save()


class RecoveryCode(models.Model):
    """One of ten codes (恢复码) for who has no device at hand; taken once.

    digest  SHA-256 of person and code in hex: 80 random bits need neither salt nor a slow hash
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=clock.now)
    spent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "accounts"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["user", "digest"], name="one_recovery_code")
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.made_at:%Y-%m-%d}"
