"""Forms: the base of every verb's form, and the file fields that open what they are given.

Forms are drawn by templates/django/forms/, with Django's own links between a field, its hint and its error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from core.actor import Actor
from core.documents import DOCUMENTS, check_file
from core.errors import Invalid
from core.filetypes import FileType, accept
from core.passwords import AsksPassword


class FileFormField(forms.FileField):
    """A file, refused here if its content is not what its name says (类型按内容核对). Cleaned value: the upload, rewound.

    kinds  admitted types: DOCUMENTS, IMAGES, SPREADSHEETS of core.documents
    """

    default_error_messages = {"required": _("请选择文件。"), "empty": _("文件是空的，请检查后重新选择。")}

    def __init__(self, *, kinds: Sequence[FileType] = DOCUMENTS, **kwargs: Any) -> None:
        self.kinds = kinds
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": accept(kinds)}))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload = super().clean(data, initial)
        if data and upload is data:
            try:
                check_file(upload.read(), upload.name, kinds=self.kinds, size=upload.size)
            except Invalid as refusal:
                raise ValidationError(refusal.message, code="content") from None
            upload.seek(0)
        return upload


class _SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class FilesFormField(FileFormField):
    """Several files at once. Cleaned value: a list of uploads, empty where none was wanted or given.

    least, most  how many are wanted; a faulty file is named in its sentence
    """

    default_error_messages = {
        "too_few": ngettext_lazy("至少要 %(least)d 个文件。", "至少要 %(least)d 个文件。", "least"),
        "too_many": ngettext_lazy("最多 %(most)d 个文件，请分次传。", "最多 %(most)d 个文件，请分次传。", "most"),
    }

    def __init__(self, *, kinds: Sequence[FileType] = DOCUMENTS, least: int = 1, most: int = 10, **kwargs: Any) -> None:
        self.least, self.most = least, most
        kwargs.setdefault("widget", _SeveralFiles(attrs={"accept": accept(kinds)}))
        kwargs.setdefault("required", least > 0)
        super().__init__(kinds=kinds, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        uploads = list(data) if isinstance(data, list | tuple) else [data] if data else []
        if not uploads:
            super().clean(None, None)
            return []
        if len(uploads) < self.least:
            raise ValidationError(self.error_messages["too_few"], code="too_few", params={"least": self.least})
        if len(uploads) > self.most:
            raise ValidationError(self.error_messages["too_many"], code="too_many", params={"most": self.most})
        faults = []
        for upload in uploads:
            try:
                super().clean(upload, None)
            except ValidationError as fault:
                faults += [f"{upload.name}：{sentence}" for sentence in fault.messages]
        if faults:
            raise ValidationError(faults)
        return uploads


class WellSpoken:
    """Mixed into a form: an empty field that is required says which one it is and what to do (interface.md 5)."""

    fields: dict[str, forms.Field]

    def name_fields(self) -> None:
        """Put each field's label into its sentence for "required", where the field has none of its own."""
        for name, field in self.fields.items():
            plain = forms.Field.default_error_messages["required"]
            if field.error_messages.get("required") == plain:
                asks = _("请选择%(label)s。") if isinstance(field, forms.ChoiceField) else _("请填写%(label)s。")
                field.error_messages["required"] = asks % {"label": field.label or name}


class VerbForm(AsksPassword, WellSpoken, forms.Form):
    """The form of one verb; a step without a form of its own uses it as it is.

    thing, actor, step  as core.pages.verb_page hands them; thing and step are None on a page that begins something new
    tables                  rows that stand in it below a name, each a small form: the API takes them as lists
    It carries the version that the page showed (optimistic lock), a reason where the step wants one, and the password
    where it is asked again. Subclasses add fields named like the operation's keyword arguments.
    """

    tables: ClassVar[Mapping[str, type[forms.Form]]] = {}

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("理由"), max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 3}), strip=True
    )
    password = forms.CharField(
        label=_("登录密码"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=_("为确认是您本人，请再输入一次登录密码。"),
    )

    def __init__(
        self, *args: Any, thing: Any = None, actor: Actor | None = None, step: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.thing, self.actor, self.step = thing, actor, step
        for name, wanted in (
            ("reason", step is not None and step.reason),
            ("password", step is not None and step.password),
        ):
            if wanted:
                self.fields[name].required = True
                # The browser's own word for it; the renderer sets it from here.
                self.fields[name].widget.is_required = True
            else:
                del self.fields[name]
        if thing is None:
            del self.fields["version"]
        else:
            self.initial.setdefault("version", thing.version)
        self.order_fields([*[name for name in self.fields if name not in {"reason", "password"}], "reason", "password"])
        self.name_fields()


class ChineseModelForm(WellSpoken, forms.ModelForm):  # type: ignore[type-arg]  # the model is named in each Meta
    """A form over a model's own columns, for drafts; whatever it holds is handed to an operation, never saved here."""

    def __init__(self, *args: Any, actor: Actor | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.name_fields()

    def save(self, commit: bool = True) -> Any:
        """Refused: an operation writes. raises  TypeError"""
        raise TypeError("a form is never saved; call the operation with its cleaned_data")
