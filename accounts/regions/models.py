"""Regions (区域): district → street → community."""

from __future__ import annotations

import uuid

from django.db import models


class Region(models.Model):
    """One node of the tree. path is its own code behind its ancestors': "530102/530102001"; scopes compare its start."""

    LEVELS = [("district", "区"), ("street", "街道"), ("community", "社区")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField("代码", max_length=12, unique=True)
    name = models.CharField("名称", max_length=60)
    level = models.CharField("层级", max_length=12, choices=LEVELS)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=64, unique=True)

    class Meta:
        app_label = "accounts"
        ordering = ["path"]

    def __str__(self) -> str:
        return self.name

    @property
    def street(self) -> Region:
        """The street (街道) in which a community lies; anything else stands for itself."""
        return self.parent if self.level == "community" and self.parent else self
