"""The app `audit`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Announce the app; import what is reported."""

    name = "audit"
    verbose_name = "审计"

    def ready(self) -> None:
        """Import the edge: what is reported, for web and worker alike; tell how long the journal is."""
        from audit import reports  # noqa: F401
        from audit.journal.models import JournalEntry
        from core.metrics import gauge

        gauge("platform_journal_entries", "Entries of the journal.")(JournalEntry.objects.count)
