"""The app `core`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    """Announce the app; put the append-only triggers up after every migrate."""

    name = "core"
    verbose_name = "底层"

    def ready(self) -> None:
        """Connect what the ground floor listens to."""
        from core import append_only, checks  # noqa: F401

        post_migrate.connect(append_only.install, dispatch_uid="core.append_only")
