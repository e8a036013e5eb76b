"""The form of a new token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.memberships.queries import Identity
from core import clock
from core.forms import WellSpoken
from core.passwords import AsksPassword


class TokenForm(AsksPassword, WellSpoken, forms.Form):
    """For which program, in which identity, reading or acting, until when; and the password again."""

    name = forms.CharField(label=_("给哪个程序用"), max_length=60, help_text=_("例如：财务系统取数"))
    identity = forms.ChoiceField(
        label=_("以哪个身份"), help_text=_("只有您在该单位现在的角色；角色解除，令牌跟着失效。")
    )
    acts = forms.ChoiceField(
        label=_("能做什么"),
        choices=[("read", _("只读")), ("act", _("读取和办理"))],
        initial="read",
        widget=forms.RadioSelect,
        help_text=_("要再输一次密码的步骤（签订、开启等）令牌一律不能办。"),
    )
    expires_on = forms.DateField(label=_("用到哪天"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    password = forms.CharField(
        label=_("登录密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=_("为确认是您本人，请再输入一次登录密码。"),
    )

    def __init__(self, *args: Any, identities: list[Identity], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["identity"]
        self.identities = {str(one.key): one for one in identities}
        chosen.choices = [(key, one.label) for key, one in self.identities.items()]
        self.fields["expires_on"].help_text = _("含当日，最长 %(days)s 天。") % {"days": settings.API_TOKEN_DAYS}
        self.initial.setdefault("expires_on", clock.today() + timedelta(days=min(90, settings.API_TOKEN_DAYS)))
        self.name_fields()

    def clean(self) -> dict[str, Any]:
        """The identity itself, and whether it may act."""
        cleaned = super().clean() or self.cleaned_data
        if "identity" in cleaned:
            cleaned["identity"] = self.identities[cleaned["identity"]]
        cleaned["acts"] = cleaned.get("acts") == "act"
        return cleaned
