"""The app `audit`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    """Announce the app; import what is reported."""

    name = "audit"
    verbose_name = "审计"

    def ready(self) -> None:
        """Import the edge: what is reported, for web and worker alike; tell how long the journal is; seed the archive's list."""
        from audit import reports  # noqa: F401
        from audit.archive.seed import seed_papers
        from audit.journal.models import JournalEntry
        from core.metrics import gauge

        gauge("platform_journal_entries", "Entries of the journal.")(JournalEntry.objects.count)
        post_migrate.connect(seed_papers, sender=self, dispatch_uid="audit.archive.papers")
