"""manage.py reset_second_factor USERNAME --reason TEXT: for the administrator who lost the device and has no colleague."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.authenticators.operations import reset_second_factor
from accounts.users.models import User
from core.actor import SYSTEM
from core.errors import Refused


class Command(BaseCommand):
    """Reset a person's second factor (重置两步验证) from the machine itself; journaled as the platform's deed."""

    help = "Reset the second factor of a person; for whom no other administrator can do it on the page."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and why."""
        parser.add_argument("username")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, or say why not."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError("没有这个用户名。")
        try:
            reset_second_factor(user, actor=SYSTEM, reason=options["reason"])
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(f"{user.name}（{user.username}）的两步验证已重置，下次登录时重新绑定手机。")
