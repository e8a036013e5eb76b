"""The models of all rooms, re-exported for Django."""

from audit.journal.models import JournalEntry

__all__ = ["JournalEntry"]
