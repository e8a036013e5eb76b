"""The stored journal: rows that are only ever added (triggers refuse anything else, core/append_only.py)."""

import uuid

from django.db import models


class JournalEntry(models.Model):
    """One entry (日志条目). body is canonical JSON, version 1; hash = sha256(previous ‖ body).

    The plain columns repeat what the body says, for look-up; verification compares them.
    """

    append_only = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    object_key = models.CharField(max_length=96)
    n = models.PositiveBigIntegerField()
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    body = models.BinaryField()
    at = models.DateTimeField(db_index=True)
    verb = models.CharField(max_length=48)
    actor_key = models.CharField(max_length=64)
    case_key = models.CharField(max_length=64, blank=True)

    class Meta:
        app_label = "audit"
        constraints = [models.UniqueConstraint(fields=["object_key", "n"], name="journal_no_fork")]
        indexes = [
            models.Index(fields=["case_key", "at"], name="journal_case"),
            models.Index(fields=["actor_key", "at"], name="journal_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.object_key} #{self.n}"
