"""Official schemes (官方目录): the procurement catalogue and the guiding directories, imported as they are published."""

import uuid

from django.db import models


class Category(models.Model):
    """One class of a scheme. status: verified, name-corroborated, unverified … as the source marks it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scheme = models.CharField("体系", max_length=40)
    code = models.CharField("代码", max_length=20)
    name = models.CharField("名称", max_length=120)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    level = models.PositiveSmallIntegerField("层级")
    status = models.CharField("核对情况", max_length=24)
    seed_category = models.CharField("对应类别", max_length=40, blank=True)
    note = models.TextField("说明", blank=True)

    class Meta:
        app_label = "catalog"
        ordering = ["scheme", "code"]
        constraints = [models.UniqueConstraint(fields=["scheme", "code"], name="category_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
