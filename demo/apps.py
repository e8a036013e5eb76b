"""The app `demo`."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Announce the app to Django."""

    name = "demo"
    verbose_name = "演示"
