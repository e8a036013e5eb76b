"""Forms: a file is opened before it is taken, and what is missing is named."""

from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict

from core.documents import IMAGES
from core.drafts import Draft
from core.forms import ChineseModelForm, FileFormField, FilesFormField, VerbForm
from tests.core.test_documents import pdf, picture


def upload(content: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


class PlanForm(forms.Form):
    plan = FileFormField()
    photos = FilesFormField(kinds=IMAGES, least=2, most=3)


def bound(plan: Any, photos: list[Any]) -> PlanForm:
    return PlanForm({}, MultiValueDict({"plan": [plan] if plan else [], "photos": photos}))


def test_good_files_are_handed_on_rewound() -> None:
    form = bound(upload(pdf(), "方案.pdf"), [upload(picture(), "一.jpg"), upload(picture("PNG"), "二.png")])
    assert form.is_valid(), form.errors
    assert form.cleaned_data["plan"].read() == pdf()
    assert [each.read()[:2] for each in form.cleaned_data["photos"]] == [b"\xff\xd8", b"\x89P"]


def test_each_fault_stands_at_its_field_with_its_file() -> None:
    form = bound(upload(picture(), "方案.pdf"), [upload(pdf(), "一.jpg"), upload(picture(), "二.jpg")])
    assert not form.is_valid()
    assert "内容不是 PDF 文件" in form.errors["plan"][0]
    assert form.errors["photos"] == ["一.jpg：内容不是图片文件，可能改过扩展名或已损坏。请重新导出后再传。"]


@pytest.mark.parametrize(
    ("count", "said"), [(0, "请选择文件。"), (1, "至少要 2 个文件。"), (4, "最多 3 个文件，请分次传。")]
)
def test_the_number_of_files_is_told(count: int, said: str) -> None:
    form = bound(None, [upload(picture(), "一.jpg") for _ in range(count)])
    assert form.errors["photos"] == [said]
    assert form.errors["plan"] == ["请选择文件。"]


def test_an_oversized_file_arrives_empty_and_is_told_by_its_size(settings: Any) -> None:
    big = upload(b"0", "大.pdf")
    big.size = settings.MAX_FILE_BYTES + 1
    assert "超过上限 20 MB" in bound(big, []).errors["plan"][0]


def test_the_file_picker_offers_what_is_taken() -> None:
    html = str(PlanForm()["photos"])
    assert 'accept=".jpg,.jpeg,.png,.webp"' in html
    assert "multiple" in html


STEP = SimpleNamespace(reason=True, password=True)
PLAIN = SimpleNamespace(reason=False, password=False)
THING = SimpleNamespace(version=7)


class PriceForm(VerbForm):
    amount = forms.DecimalField(label="报价")
    kind = forms.ChoiceField(label="类型", choices=[("a", "甲")])
    note = forms.CharField(label="说明", required=False)


def test_a_verb_form_asks_what_its_step_wants() -> None:
    assert list(PriceForm(thing=THING, step=PLAIN).fields) == ["version", "amount", "kind", "note"]
    form = PriceForm({}, thing=THING, step=STEP)
    assert list(form.fields) == ["version", "amount", "kind", "note", "reason", "password"]
    assert form["version"].value() is None
    assert PriceForm(thing=THING, step=STEP)["version"].value() == 7
    assert {name: errors[0] for name, errors in form.errors.items()} == {
        "amount": "请填写报价。",
        "kind": "请选择类型。",
        "reason": "请填写理由。",
        "password": "请填写登录密码。",
    }


def test_a_form_that_begins_something_new_has_no_version() -> None:
    assert list(PriceForm().fields) == ["amount", "kind", "note"]


def test_a_wrong_field_is_tied_to_its_sentence_for_screen_readers() -> None:
    html = str(PriceForm({}, thing=THING, step=PLAIN)["amount"])
    assert 'aria-invalid="true"' in html


def test_a_model_form_is_for_reading_what_was_typed_only() -> None:
    class DraftForm(ChineseModelForm):
        class Meta:
            model = Draft
            fields = ["device"]

    with pytest.raises(TypeError, match="operation"):
        DraftForm({"device": "手机"}).save()
