"""Access tokens (访问令牌): what a person made for a program; the secret itself is nowhere."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from django.db import models

from accounts.organizations.models import Organization
from accounts.users.models import User
from core import clock


class AccessToken(models.Model):
    """One token. Revoked, never deleted.

    digest    SHA-256 of the token: 256 random bits need neither salt nor a slow hash
    prefix    its first signs, by which its owner recognizes it
    roles     those held when it was made: it never gives more, and less once some of them have ended
    password  a stamp of the owner's password then: a new password ends the tokens as it ends the sessions
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    roles = models.JSONField("角色", default=list)
    name = models.CharField("用途", max_length=60)
    acts = models.BooleanField("可办理", default=False)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    password = models.CharField(max_length=128)
    created_at = models.DateTimeField("建立时间", default=clock.now)
    expires_at = models.DateTimeField("到期")
    last_used_at = models.DateTimeField("最近使用", null=True, blank=True)
    revoked_at = models.DateTimeField("吊销时间", null=True, blank=True)

    class Meta:
        app_label = "accounts"
        ordering = ("-created_at", "pk")

    @property
    def last_day(self) -> date:
        """The last day on which it is good, in Shanghai: what its owner chose."""
        return clock.local(self.expires_at).date() - timedelta(days=1)
