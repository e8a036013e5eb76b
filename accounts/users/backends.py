"""Who may come in: names and passwords of the platform, and the demonstration's only where it plays."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser

from accounts.users.models import User


class Backend(ModelBackend):
    """Django's own, but log-ins of the demonstration (演示账号) are unusable without DEMO=1, open sessions included.

    Permissions of Django's admin are not asked here: the verbs' permissions are in each app's `permissions`.
    """

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        """Active, and not a demonstration log-in outside the demonstration."""
        if getattr(user, "is_demo", False) and not settings.DEMO:
            return False
        return super().user_can_authenticate(user)
