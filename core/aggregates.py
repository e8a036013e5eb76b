"""The two abstract models of every object that has a history (聚合根)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.db import models

from core import clock

if TYPE_CHECKING:
    from core.lifecycle import Lifecycle


class Journaled(models.Model):
    """A row with a chain of its own in the journal (日志链).

    journal_name is frozen for ever: it stands in the stored entries, so renaming a model never changes it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    audit_n = models.PositiveBigIntegerField(default=0, editable=False)
    audit_head = models.BinaryField(max_length=32, default=bytes, editable=False)

    journal_name: ClassVar[str]

    class Meta:
        abstract = True

    @property
    def journal_key(self) -> str:
        """The object's name in the journal: "procurement.bid:UUID"."""
        return f"{self.journal_name}:{self.pk}"

    @property
    def case_key(self) -> str:
        """Key of the project (项目) this belongs to, as text; "" where there is none."""
        return ""


class Aggregate(Journaled):
    """A journaled row whose status only `core.lifecycle` writes, with an optimistic lock."""

    status = models.CharField("状态", max_length=24, editable=False, db_index=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField("建立时间", default=clock.now, editable=False)

    lifecycle: ClassVar[Lifecycle]

    class Meta:
        abstract = True

    @property
    def status_label(self) -> str:
        """The status in Chinese, as the chip shows it."""
        return self.lifecycle.statuses[self.shown_status].label

    @property
    def shown_status(self) -> str:
        """The status as of now: rooms whose status the clock moves override it (截止以时钟为准)."""
        return self.status

    @property
    def chip(self) -> dict[str, object]:
        """What the status chip shows: label, kind, whether it is an end state."""
        status = self.lifecycle.statuses[self.shown_status]
        return {"label": status.label, "kind": status.kind, "end": status.end}
