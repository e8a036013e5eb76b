"""The app `accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Announce the app; listen to refused log-ins and to what happens to organizations."""

    name = "accounts"
    verbose_name = "用户与单位"

    def ready(self) -> None:
        """Import what listens."""
        from accounts import receivers  # noqa: F401
