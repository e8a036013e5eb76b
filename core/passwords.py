"""The password again (再输一次密码): whoever sits at the keyboard is the one who logged in.

A wrong one counts as a wrong log-in does, and locks the name as that does (django-axes); so it is asked while a form is
looked at, outside the transaction that a refusal would undo.
"""

from typing import Any

from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _


class AsksPassword:
    """Mixed into a form with a field `password`; whose page sets `request` before it looks at what was typed."""

    request: HttpRequest | None = None
    cleaned_data: dict[str, Any]

    def clean_password(self) -> str:
        """raises  ValidationError where it is not the person's"""
        text: str = self.cleaned_data["password"]
        if self.request is None:
            raise RuntimeError("a form that asks for the password needs the request")
        if text and authenticate(self.request, username=self.request.user.get_username(), password=text) is None:
            raise ValidationError(_("密码不对，没有办理。连续输错 5 次会锁住 15 分钟。"))
        return text
