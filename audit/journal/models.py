"""The stored journal: rows that are only ever added (triggers refuse anything else, core/append_only.py)."""

import uuid

from django.db import models

from audit.journal.standalone import Note


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


class WaitingEntry(models.Model):
    """An entry that has no leaf yet (待编号): written with the entry, taken away by the sequencer.

    Its key grows in the order of writing, and an object's entries wait for each other, so a chain's order is kept.
    It repeats the entry's hash instead of pointing at it: what is altered or removed meanwhile is found afterwards.
    """

    id = models.BigAutoField(primary_key=True)
    object_key = models.CharField(max_length=96)
    n = models.PositiveBigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        app_label = "audit"

    def __str__(self) -> str:
        return f"{self.object_key} #{self.n}"


class Leaf(models.Model):
    """An entry's place in the one tree over all entries (编号): 0, 1, 2 … without a gap. hash: the leaf's, 32 bytes."""

    append_only = True

    seq = models.PositiveBigIntegerField(primary_key=True)
    object_key = models.CharField(max_length=96)
    n = models.PositiveBigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        app_label = "audit"
        constraints = [models.UniqueConstraint(fields=["object_key", "n"], name="leaf_once")]

    def __str__(self) -> str:
        return f"leaf {self.seq}"


class Subtree(models.Model):
    """The hash over a complete subtree of 2^level leaves, level 8 and above; below that the leaves themselves are read."""

    append_only = True

    id = models.BigAutoField(primary_key=True)
    level = models.PositiveSmallIntegerField()
    index = models.PositiveBigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        app_label = "audit"
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="subtree_once")]

    def __str__(self) -> str:
        return f"subtree {self.level}/{self.index}"


class PublicKey(models.Model):
    """A public key that has signed checkpoints (公钥), kept for ever. text: name+id+base64, as C2SP writes it."""

    append_only = True

    id = models.BigAutoField(primary_key=True)
    text = models.CharField(max_length=200, unique=True)
    since = models.DateTimeField()

    class Meta:
        app_label = "audit"

    def __str__(self) -> str:
        return self.text


class Checkpoint(models.Model):
    """A signed state of the tree (检查点): number 1, 2, 3 …; the first `size` leaves have this root.

    note    the signed note; digest: its SHA-256 in hex, which alone is published
    closes  the day in Shanghai that it ends (日终), once a day; the others are for inside
    """

    append_only = True

    number = models.PositiveBigIntegerField(primary_key=True)
    size = models.PositiveBigIntegerField(db_index=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    digest = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    closes = models.DateField(null=True, unique=True)

    class Meta:
        app_label = "audit"

    def __str__(self) -> str:
        return f"checkpoint {self.number}"

    @property
    def key_id(self) -> str:
        """The signing key's id, eight hex digits."""
        return Note(self.note).signatures[0][1].hex()


class Anchor(models.Model):
    """How far a place outside the database has been told (外部存证). name: "file"."""

    name = models.CharField(max_length=20, primary_key=True)
    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        app_label = "audit"

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
