"""Forms of registration, memberships and delegations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.memberships.models import Membership
from accounts.memberships.queries import in_force
from accounts.organizations.models import Organization
from accounts.regions.models import Region
from accounts.roles import OF_KIND, ROLES
from accounts.users.forms import PASSWORD_RULES
from accounts.users.models import User
from core import clock
from core.actor import Actor
from core.errors import Invalid
from core.forms import FileFormField
from core.identifiers import check_uscc

PHONE = r"^[\d\-]{7,20}$"
USERNAME = r"^[A-Za-z0-9_.\-]{4,30}$"


def _date(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


def _new_password(label: Any, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), **kwargs
    )


class RegistrationForm(forms.Form):
    """A provider registers: the organization, the person, the certificate."""

    uscc = forms.CharField(
        label=_("统一社会信用代码"),
        max_length=40,
        help_text=_("登记证书上的 18 位代码。"),
        widget=forms.TextInput(
            attrs={
                "autocapitalize": "characters",
                "autocomplete": "off",
                "spellcheck": "false",
                "hx-get": "/accounts/register/code/",
                "hx-trigger": "input changed delay:400ms, blur",
                "hx-target": "#code-answer",
            }
        ),
    )
    name = forms.CharField(label=_("单位名称"), max_length=100, help_text=_("与登记证书一致。"))
    provider_kind = forms.ChoiceField(label=_("组织类型"), choices=Organization.PROVIDER_KINDS)
    region = forms.ModelChoiceField(label=_("所在街道"), queryset=Region.objects.none(), empty_label=_("请选择"))
    address = forms.CharField(label=_("住所"), max_length=160)
    legal_representative = forms.CharField(label=_("法定代表人"), max_length=40)
    scope = forms.CharField(
        label=_("业务范围"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    bank_name = forms.CharField(
        label=_("开户银行"), max_length=80, required=False, help_text=_("写到支行，可以以后再填。")
    )
    bank_account = forms.RegexField(
        label=_("银行账号"),
        regex=r"^[\d ]{8,40}$",
        required=False,
        error_messages={"invalid": _("银行账号是 8 至 32 位数字，请对照开户许可证再填。")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    certificate = FileFormField(
        label=_("登记证书"), help_text=_("PDF 或清晰的照片，最大 %(n)s MB。") % {"n": settings.MAX_FILE_BYTES >> 20}
    )
    certificate_expires_on = _date(_("证书有效期至"), required=False, help_text=_("长期有效的不填。"))
    contact_name = forms.CharField(label=_("您的姓名"), max_length=40, help_text=_("您将是本单位的负责人账号。"))
    contact_phone = forms.RegexField(
        label=_("联系电话"),
        regex=PHONE,
        error_messages={"invalid": _("电话只用数字和短横线，7 至 20 位。")},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    username = forms.RegexField(
        label=_("用户名"),
        regex=USERNAME,
        help_text=_("4 至 30 位字母、数字、点、横线。"),
        error_messages={"invalid": _("用户名用 4 至 30 位字母、数字、点、横线。")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = _new_password(_("密码"))
    password_again = _new_password(_("再输入一遍密码"))
    agree = forms.BooleanField(label=_("以上内容和证书真实，如有虚假愿承担责任"))

    parts = (
        (_("单位"), ("uscc", "name", "provider_kind", "region", "address", "legal_representative", "scope")),
        (_("材料"), ("certificate", "certificate_expires_on", "bank_name", "bank_account")),
        (_("负责人账号"), ("contact_name", "contact_phone", "username", "password", "password_again", "agree")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["region"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what the line above made
        field.queryset = Region.objects.filter(level__in=["district", "street"])
        self.fields["password"].help_text = PASSWORD_RULES

    def clean_uscc(self) -> str:
        """The code normalized; its fault stands at the field."""
        try:
            return check_uscc(self.cleaned_data["uscc"])
        except Invalid as refusal:
            raise forms.ValidationError(refusal.message) from None

    def clean(self) -> dict[str, Any]:
        """The two passwords are the same; bank and account come together."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("password") != cleaned.get("password_again"):
            self.add_error("password_again", _("两遍密码不一样，请再输入。"))
        if bool(cleaned.get("bank_name")) != bool(cleaned.get("bank_account")):
            self.add_error("bank_account", _("开户银行和银行账号要一起填，或都不填。"))
        return cleaned

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields in three parts, as the page shows them."""
        return [(title, [self[name] for name in names]) for title, names in self.parts]


class MemberForm(forms.Form):
    """A person of the organization with a role; a new person gets an account."""

    username = forms.RegexField(
        label=_("用户名"), regex=USERNAME, error_messages={"invalid": _("用户名用 4 至 30 位字母、数字、点、横线。")}
    )
    name = forms.CharField(label=_("姓名"), max_length=40, required=False, help_text=_("已有账号的不用填。"))
    password = _new_password(
        _("初始密码"), required=False, help_text=_("至少 10 位；请对方第一次登录后修改。已有账号的不用填。")
    )
    role = forms.ChoiceField(label=_("角色"))
    region = forms.ModelChoiceField(
        label=_("负责区域"), queryset=Region.objects.none(), required=False, empty_label=_("同单位所在区域")
    )
    valid_from = _date(_("自"))
    valid_to = _date(_("至"), required=False, help_text=_("长期任职的不填。"))

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role, region = self.fields["role"], self.fields["region"]
        assert isinstance(role, forms.ChoiceField) and isinstance(region, forms.ModelChoiceField)  # noqa: S101, PT018 - as above
        role.choices = [(name, ROLES[name]) for name in OF_KIND[organization.kind]]
        if organization.kind == "provider":
            self.fields.pop("region")
        else:
            region.queryset = Region.objects.all()
        self.initial.setdefault("valid_from", clock.today())


class ResetForm(forms.Form):
    """A new first password for a colleague, and why."""

    password = _new_password(_("新的初始密码"), help_text=PASSWORD_RULES)
    reason = forms.CharField(label=_("理由"), max_length=200, help_text=_("例如：本人当面提出，忘记密码。"))


class DelegationForm(forms.Form):
    """Who acts in my place, in which roles, from when to when, and why."""

    to_user = forms.ModelChoiceField(label=_("委托给"), queryset=User.objects.none(), empty_label=_("请选择同事"))
    roles = forms.MultipleChoiceField(label=_("角色"), widget=forms.CheckboxSelectMultiple)
    starts_on = _date(_("自"))
    ends_on = _date(_("至"), help_text=_("含当日，最长三个月；期满自动失效。"))
    reason = forms.CharField(label=_("事由"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people, roles = self.fields["to_user"], self.fields["roles"]
        assert isinstance(people, forms.ModelChoiceField) and isinstance(roles, forms.MultipleChoiceField)  # noqa: S101, PT018 - as above
        colleagues = Membership.objects.filter(in_force())
        if actor.organization_id is not None:
            colleagues = colleagues.filter(organization_id=actor.organization_id)
        else:
            colleagues = colleagues.none()
        people.queryset = (
            User.objects.filter(pk__in=colleagues.values("user_id")).exclude(pk=actor.user_key).order_by("name")
        )
        roles.choices = [(name, label) for name, label in ROLES.items() if name in actor.roles]
        self.initial.setdefault("roles", [name for name, _label in roles.choices])
        self.initial.setdefault("starts_on", clock.today())
