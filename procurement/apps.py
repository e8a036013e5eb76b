"""The app `procurement`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ProcurementConfig(AppConfig):
    """Announce the app; listen to what earlier stages tell; start with rules."""

    name = "procurement"
    verbose_name = "购买服务"

    def ready(self) -> None:
        """Import the edge: what listens and what is reported; seed the rules of a new installation."""
        from procurement import receivers, reports  # noqa: F401
        from procurement.rules.seed import seed_when_empty

        post_migrate.connect(seed_when_empty, sender=self, dispatch_uid="procurement.rules")
