"""The app `catalog`."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Announce the app to Django."""

    name = "catalog"
