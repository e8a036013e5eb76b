"""Messages to people (通知): who did what to which object, what to do, by when. Never a secret in them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import models
from django.db.models import QuerySet

from core import clock
from core.channels import send_out


class Message(models.Model):
    """One in-app notice for one person. key makes telling twice telling once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient_key = models.CharField(max_length=64)
    kind = models.CharField(max_length=48)
    sentence = models.CharField(max_length=300)
    url = models.CharField(max_length=300)
    key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "core"
        indexes = [models.Index(fields=["recipient_key", "-created_at"], name="message_inbox")]


def tell(recipients: Iterable[str], *, sentence: str, url: str, kind: str, key: str) -> None:
    """Put a notice into each person's list.

    recipients  user keys
    key         names the event; the same event reaches a person once, however often it is told
    writes      one Message a person, and one piece of the outbox for each channel by which they want it
    """
    people = [person for person in dict.fromkeys(recipients) if person]
    Message.objects.bulk_create(
        [
            Message(recipient_key=person, kind=kind, sentence=sentence, url=url, key=f"{key}:{person}"[:200])
            for person in people
        ],
        ignore_conflicts=True,
    )
    send_out(people, sentence=sentence, url=url, kind=kind, key=key)


def inbox(person_key: str) -> QuerySet[Message]:
    """A person's notices, newest first."""
    return Message.objects.filter(recipient_key=person_key).order_by("-created_at")


def unread_count(person_key: str) -> int:
    """How many are unread; counted to 100 at most."""
    return Message.objects.filter(recipient_key=person_key, read_at__isnull=True)[:100].count()


def mark_all_read(person_key: str) -> int:
    """Mark a person's notices as read. returns  how many."""
    return Message.objects.filter(recipient_key=person_key, read_at__isnull=True).update(read_at=clock.now())
