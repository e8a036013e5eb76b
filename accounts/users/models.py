"""People who log in (用户). Roles are memberships; is_superuser gives no verb."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from core.aggregates import Journaled


class User(AbstractUser, Journaled):
    """One person. name is what history keeps; the chain holds log-ins refused, roles given, exports made."""

    journal_name = "accounts.user"
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    name = models.CharField("姓名", max_length=40)
    phone = models.CharField("手机", max_length=20, blank=True)
    # Since when the present second factor is in force (accounts/authenticators); a session names it, so a reset ends it.
    second_factor_at = models.DateTimeField("两步验证启用于", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示账号", default=False, editable=False)

    class Meta(AbstractUser.Meta):
        app_label = "accounts"
        swappable = "AUTH_USER_MODEL"

    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        """The person's Chinese name."""
        return self.name

    def get_short_name(self) -> str:
        """The same name: Chinese names are not shortened."""
        return self.name
