"""The app `portal`."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Announce the app to Django."""

    name = "portal"
    verbose_name = "门户"
