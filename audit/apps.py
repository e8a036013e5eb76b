"""The app `audit`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Announce the app to Django."""

    name = "audit"
    verbose_name = "审计"
