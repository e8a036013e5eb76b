"""Forms of an organization's verbs."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.organizations.models import Organization, OrganizationDocument
from accounts.organizations.operations import BEFORE_VERIFICATION
from core.forms import FileFormField, VerbForm

# The browser's own date field takes ISO days only, whatever the language writes.
DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class SuspendForm(VerbForm):
    """Until when, and why."""

    until = forms.DateField(label=_("暂停至"), widget=DATE, help_text=_("含当日，最长三年；期满由平台自动恢复。"))


class ProfileForm(VerbForm):
    """What an organization says of itself; name and representative leave the form once it is verified."""

    name = forms.CharField(label=_("单位名称"), max_length=100)
    legal_representative = forms.CharField(label=_("法定代表人"), max_length=40)
    short_name = forms.CharField(label=_("简称"), max_length=30, required=False)
    address = forms.CharField(label=_("住所"), max_length=160)
    contact_name = forms.CharField(label=_("联系人"), max_length=40)
    contact_phone = forms.RegexField(
        label=_("联系电话"),
        regex=r"^[\d\-]{7,20}$",
        error_messages={"invalid": _("电话只用数字和短横线，7 至 20 位。")},
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    scope = forms.CharField(
        label=_("业务范围"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.thing.status == "verified" or self.thing.kind != "provider":
            for name in BEFORE_VERIFICATION:
                self.fields.pop(name)
        for name in self.fields:
            if hasattr(self.thing, name):
                self.initial.setdefault(name, getattr(self.thing, name))


class DocumentForm(VerbForm):
    """A paper with its kind and its time."""

    kind = forms.ChoiceField(label=_("种类"), choices=OrganizationDocument.KINDS)
    file = FileFormField(
        label=_("文件"), help_text=_("PDF 或清晰的照片，最大 %(n)s MB。") % {"n": settings.MAX_FILE_BYTES >> 20}
    )
    issued_on = forms.DateField(label=_("签发日期"), widget=DATE, required=False)
    expires_on = forms.DateField(
        label=_("有效期至"), widget=DATE, required=False, help_text=_("到期前 30 天提醒您更换；长期有效的不填。")
    )


class AccountForm(VerbForm):
    """The new account, proposed."""

    bank_name = forms.CharField(label=_("开户银行"), max_length=80, help_text=_("写到支行。"))
    bank_account = forms.CharField(
        label=_("银行账号"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class ConfirmAccountForm(VerbForm):
    """The same account once more, by another person."""

    bank_account = forms.CharField(
        label=_("再输入一遍银行账号"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("请对照开户许可证输入，不要从本页抄。"),
    )


class OrganizationFilter(django_filters.FilterSet):
    """Search by name, short name, whole code; narrow by kind and state."""

    q = django_filters.CharFilter(label=_("名称、信用代码"), method="search")
    kind = django_filters.ChoiceFilter(label=_("类别"), choices=Organization.KINDS, empty_label=_("全部类别"))
    status = django_filters.ChoiceFilter(
        label=_("状态"),
        choices=[(name, status.label) for name, status in Organization.lifecycle.statuses.items()],
        empty_label=_("全部状态"),
    )

    class Meta:
        model = Organization
        fields = ["q", "kind", "status"]

    def search(self, rows: QuerySet[Organization], name: str, value: str) -> QuerySet[Organization]:
        """Name, short name or code contain what was typed."""
        text = value.strip()
        return rows.filter(Q(name__icontains=text) | Q(short_name__icontains=text) | Q(uscc__iexact=text))
