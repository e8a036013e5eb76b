"""Forms of the second factor."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.authenticators.operations import prove
from accounts.users.models import User
from core.passwords import AsksPassword

WRONG = gettext_lazy("验证码不对，或已经用过。请等应用里出现下一个号码再输入；手机不在身边时，可以输入一个恢复码。")
DEEDS = (
    ("codes", gettext_lazy("重新生成恢复码")),
    ("move", gettext_lazy("换一台手机")),
    ("end", gettext_lazy("关闭两步验证")),
)


def code_field(**kwargs: Any) -> forms.CharField:
    """A field for a code: a number pad, filled in by the phone itself where it can."""
    attributes = {"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "none"}
    kwargs.setdefault("widget", forms.TextInput(attrs=attributes | {"inputmode": "numeric"}))
    return forms.CharField(max_length=40, **kwargs)


class CodeForm(forms.Form):
    """The first code of a new device."""

    code = code_field(label=gettext_lazy("应用里显示的 6 位验证码"))


class SecondFactorForm(forms.Form):
    """A code of the device, or a recovery code; checked here, since a refused one must count even when nothing is done."""

    # A recovery code has letters: no number pad.
    code = code_field(
        label=gettext_lazy("验证码"),
        help_text=gettext_lazy("身份验证器应用里的 6 位数字；手机不在身边时，输入一个恢复码。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.refused = False

    def clean(self) -> dict[str, Any]:
        """Prove the code, once everything else is right."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        proof = prove(self.user, cleaned["code"])
        if proof.wait:
            self.add_error("code", _("刚才输错了。请等 %(n)s 秒再试。") % {"n": proof.wait})
        elif not proof.taken:
            self.refused = True
            self.add_error("code", WRONG)
        return cleaned


class ChangeForm(AsksPassword, SecondFactorForm):
    """What to change of the own second factor; the password again, and a code."""

    deed = forms.ChoiceField(label=gettext_lazy("要办什么"), widget=forms.RadioSelect)
    password = forms.CharField(
        label=gettext_lazy("登录密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("deed", "password", "code")

    def __init__(self, *args: Any, demanded: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["deed"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
        field.choices = [deed for deed in DEEDS if not (demanded and deed[0] == "end")]


class ResetForm(forms.Form):
    """Why somebody's second factor is reset."""

    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=200,
        help_text=gettext_lazy("例如：手机丢失，本人当面提出，已核对身份证件。"),
    )
