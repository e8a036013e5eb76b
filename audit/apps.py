"""The app `audit`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Announce the app; import what is reported."""

    name = "audit"
    verbose_name = "审计"

    def ready(self) -> None:
        """Import the edge: what is reported, for web and worker alike."""
        from audit import reports  # noqa: F401
