"""The ground floor's models, re-exported for Django."""

from core.channels import Contact
from core.documents import Document, Removal
from core.drafts import Draft
from core.heartbeat import Heartbeat
from core.holds import Hold
from core.idempotency import IdempotencyKey
from core.identifiers import NumberCounter
from core.messages import Message
from core.outbox import OutboxItem
from core.reports import ReportBatch, ReportJob
from core.separation import DutyRecord

__all__ = [
    "Contact",
    "Document",
    "Draft",
    "DutyRecord",
    "Heartbeat",
    "Hold",
    "IdempotencyKey",
    "Message",
    "NumberCounter",
    "OutboxItem",
    "Removal",
    "ReportBatch",
    "ReportJob",
]
