"""Experts (评审专家): the pool that panels are drawn from."""

from __future__ import annotations

import uuid

from django.db import models

from accounts.users.models import User


class Expert(models.Model):
    """One expert. employer is text: an expert's own organization need not be on the platform."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="expert")
    employer = models.CharField("工作单位", max_length=100)
    title = models.CharField("职称", max_length=60, blank=True)
    field = models.CharField("专业", max_length=60)
    is_active = models.BooleanField("在库", default=True)

    class Meta:
        app_label = "accounts"
        ordering = ["user__name"]

    def __str__(self) -> str:
        return str(self.user)
