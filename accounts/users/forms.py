"""Forms of one's own account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _

from core.channels import Contact, channels, families

PASSWORD_RULES = _("至少 10 位，不能全是数字，不能是常见密码，不能和姓名、用户名太像。")


class LoginForm(AuthenticationForm):
    """Name and password; the answer never tells which of the two was wrong."""

    error_messages = {
        "invalid_login": _("用户名或密码不对。密码区分大小写；连续输错 5 次会锁住 15 分钟。"),
        "inactive": _("用户名或密码不对。密码区分大小写；连续输错 5 次会锁住 15 分钟。"),
    }


class NewPasswordForm(PasswordChangeForm):
    """The old password and twice the new one, with the rules in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("现在的密码")
        self.fields["new_password1"].label = _("新密码")
        self.fields["new_password1"].help_text = PASSWORD_RULES
        self.fields["new_password2"].label = _("再输入一遍新密码")
        self.fields["new_password2"].help_text = ""


class PersonForm(forms.Form):
    """What a person may change of the own profile."""

    phone = forms.RegexField(
        label=_("手机"),
        regex=r"^1\d{10}$",
        required=False,
        error_messages={"invalid": _("手机号是 1 开头的 11 位数字。")},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )


class NoticesForm(forms.Form):
    """By which channels a person is told, and of what: per channel an address and the families wanted there.

    Cleaned data: {"wanted": {channel: (address, muted families)}}.
    """

    def __init__(self, *args: Any, contacts: dict[str, Contact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = families()
        for channel in channels():
            contact = contacts.get(channel.slug)
            muted = set(contact.muted) if contact else set()
            self.fields[channel.slug] = forms.CharField(
                label=channel.address,
                required=False,
                max_length=300,
                initial=contact.address if contact else "",
                help_text=channel.hint,
                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            )
            self.fields[f"{channel.slug}_families"] = forms.MultipleChoiceField(
                label=_("通知哪些事"),
                required=False,
                choices=self.choices,
                initial=[slug for slug, _label in self.choices if slug not in muted],
                widget=forms.CheckboxSelectMultiple,
            )

    def clean(self) -> dict[str, Any]:
        """One pair a channel; what was not ticked is muted."""
        cleaned = super().clean() or {}
        every = {slug for slug, _label in self.choices}
        return {
            "wanted": {
                channel.slug: (cleaned.get(channel.slug, ""), sorted(every - set(cleaned[f"{channel.slug}_families"])))
                for channel in channels()
                if f"{channel.slug}_families" in cleaned
            }
        }
