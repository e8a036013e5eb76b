"""Money: exact in the database, refused when it cannot be exact, said right in capitals, split without loss."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.exceptions import FieldError, ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Avg, F, Q, Sum
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO, MoneyField, MoneyFormField, capitals, exact, from_fen, money_value, share, to_fen, yuan

amounts = st.decimals(Decimal("-9999999999999.99"), Decimal("9999999999999.99"), places=2)


# Known to this file alone: tests that walk all models do not meet it.
with isolate_apps("core"):

    class Purse(models.Model):
        """A table of this test alone."""

        amount = MoneyField("金额", min_value=0)
        paid = MoneyField(null=True, blank=True)

        class Meta:
            app_label = "core"
            constraints = [models.CheckConstraint(condition=Q(paid__lte=F("amount")), name="purse_not_overdrawn")]


@pytest.fixture
def purses(transactional_db: None) -> Any:
    with connection.schema_editor() as editor:
        editor.create_model(Purse)
    yield Purse._default_manager
    with connection.schema_editor() as editor:
        editor.delete_model(Purse)


def test_the_database_keeps_fen_and_python_sees_yuan(purses: Any) -> None:
    purses.create(amount=Decimal("298000.10"), paid="0.20")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT amount, paid FROM {Purse._meta.db_table}")
        assert cursor.fetchone() == (29800010, 20)
    kept = purses.get(amount=Decimal("298000.1"))
    assert (kept.amount, kept.paid) == (Decimal("298000.10"), Decimal("0.20"))
    assert str(kept.amount) == "298000.10"


def test_amounts_are_summed_compared_and_moved_in_the_database(purses: Any) -> None:
    for paid in ("0.10", "0.20", None):
        purses.create(amount=1, paid=paid)
    assert purses.aggregate(total=Sum("amount"))["total"] == Decimal("3.00")
    assert purses.filter(paid=None).aggregate(total=Sum("paid", default=ZERO))["total"] == ZERO
    assert purses.aggregate(mean=Avg("paid"))["mean"] == Decimal("0.15")
    rows = (
        purses.filter(paid__isnull=False).annotate(left=F("amount") - F("paid"), twice=F("amount") * 2).order_by("pk")
    )
    assert [(row.left, row.twice) for row in rows] == [
        (Decimal("0.90"), Decimal("2.00")),
        (Decimal("0.80"), Decimal("2.00")),
    ]
    assert purses.filter(paid__lte=Decimal("0.3") - Decimal("0.1"), amount__in=[1]).count() == 2
    purses.filter(paid="0.10").update(paid=F("paid") + money_value("0.05"))
    assert purses.filter(paid=Decimal("0.15")).count() == 1


def test_a_bare_number_in_an_expression_has_no_known_type(purses: Any) -> None:
    purses.create(amount=1)
    for bare in (F("amount") + Decimal("1.00"), F("amount") + 1, F("amount") + F("id")):
        with pytest.raises(FieldError):
            list(purses.annotate(more=bare))
        with pytest.raises(FieldError):
            purses.update(paid=bare)
        with pytest.raises(FieldError):
            purses.filter(paid__lte=bare).count()
    assert purses.filter(amount=F("amount") + money_value(0)).count() == 1


@pytest.mark.parametrize("values", [{"amount": "-0.01"}, {"amount": "0.30", "paid": "0.31"}])
def test_the_database_itself_refuses_what_cannot_be(purses: Any, values: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        purses.create(**values)
    purses.create(amount="0.30", paid=Decimal("0.10") + Decimal("0.20"))


@pytest.mark.parametrize(
    "wrong", [0.1, "1.005", Decimal("0.001"), "一百", True, "NaN", Decimal("Infinity"), 10**16, ""]
)
def test_what_is_no_exact_amount_is_refused_before_it_is_written(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        MoneyField().get_prep_value(wrong)
    with pytest.raises(ValidationError):
        MoneyField().to_python(wrong)


def test_migrations_can_write_the_field_down() -> None:
    _name, path, args, kwargs = MoneyField("金额", min_value=0, null=True).deconstruct()
    assert path == "core.money.MoneyField"
    assert kwargs["min_value"] == ZERO
    again = MoneyField(*args, **kwargs)
    assert again.deconstruct()[1:] == (path, args, kwargs)


def test_a_full_clean_speaks_chinese(purses: Any) -> None:
    for given_amount, said in (("-1", "不能为负"), ("1.001", "最多两位小数"), (None, "null")):
        with pytest.raises(ValidationError) as refused:
            Purse(amount=given_amount).full_clean(validate_constraints=False)
        assert said in str(refused.value.message_dict["amount"])


class PurseForm(forms.Form):
    """As a page has it."""

    amount = MoneyFormField(max_value=Decimal(298000))


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("298,000.00", "298000.00"),
        (" 1 200 元", "1200.00"),
        ("¥12.5", "12.50"),
        ("１２３．４５", "123.45"),
        ("0", "0.00"),
        ("9，999", "9999.00"),
    ],
)
def test_amounts_are_taken_as_people_type_them(typed: str, amount: str) -> None:
    form = PurseForm({"amount": typed})
    assert form.is_valid(), form.errors
    assert str(form.cleaned_data["amount"]) == amount


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1.234", "最多两位小数"),
        ("-5", "不能为负"),
        ("1,5", "请填数字"),
        ("壹佰", "请填数字"),
        ("312000", "金额 312,000.00 元，超过上限 298,000.00 元。"),
        ("9" * 20, "金额过大"),
        ("", "必填"),
        ("NaN", "请填数字"),
        ("1e3", "请填数字"),
        ("1_000", "请填数字"),
        ("1,0000", "请填数字"),
    ],
)
def test_wrong_amounts_are_told_at_the_field(typed: str, said: str) -> None:
    form = PurseForm({"amount": typed})
    assert not form.is_valid()
    assert said in " ".join(form.errors["amount"])


def test_the_model_field_brings_its_form_field() -> None:
    field = MoneyField("金额", min_value=0, null=True, blank=True).formfield()
    assert isinstance(field, MoneyFormField)
    assert (field.label, field.clean("")) == ("金额", None)


def test_rounding_is_half_up_and_never_of_a_float() -> None:
    assert [yuan(x) for x in ("0.005", "-0.005", "2.675", 3)] == [Decimal(x) for x in ("0.01", "-0.01", "2.68", "3.00")]
    assert str(yuan("-0.001")) == "0.00"
    for wrong in (0.1, True, None):
        with pytest.raises(TypeError):
            yuan(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not an amount"):
        yuan("abc")


@given(amounts)
def test_fen_and_yuan_go_round(amount: Decimal) -> None:
    assert from_fen(to_fen(amount)) == exact(amount) == amount


# --- 大写 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("182303.28", "壹拾捌万贰仟叁佰零叁元贰角捌分"),
        ("29263.28", "贰万玖仟贰佰陆拾叁元贰角捌分"),
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("0.55", "伍角伍分"),
        ("10", "壹拾元整"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.30", "壹仟陆佰捌拾元叁角整"),
        ("107000", "壹拾万柒仟元整"),
        ("100000000", "壹亿元整"),
        ("100001000", "壹亿零壹仟元整"),
        ("100010000", "壹亿零壹万元整"),
        ("2000100000", "贰拾亿零壹拾万元整"),
        ("10000000001", "壹佰亿零壹元整"),
        ("1000000000000", "壹万亿元整"),
        ("1234500000000", "壹万贰仟叁佰肆拾伍亿元整"),
        ("9999999999999999.99", "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ("-12.30", "负壹拾贰元叁角整"),
        ("-0.00", "零元整"),
    ],
)
def test_capitals(amount: str, words: str) -> None:
    assert capitals(Decimal(amount)) == words


@pytest.mark.parametrize("wrong", [Decimal("1.005"), Decimal(10) ** 16])
def test_capitals_refuse_rather_than_cut(wrong: Decimal) -> None:
    with pytest.raises(ValueError, match="capitals"):
        capitals(wrong)
    with pytest.raises(TypeError):
        capitals(0.1)  # type: ignore[arg-type]


def _from_capitals(words: str) -> Decimal:
    """Read capitals back, by another way than they are written: left to right, carrying sections."""
    sign = -1 if words.startswith("负") else 1
    found = re.fullmatch(r"负?(?:(.*?)元)?零?(?:(.)角)?(?:(.)分)?整?", words)
    assert found, words
    whole, jiao, fen = found.groups()
    digits = {word: number for number, word in enumerate("零壹贰叁肆伍陆柒捌玖")}
    total = section = digit = 0
    for character in whole or "":
        if character in digits:
            digit = digits[character]
        elif character in "拾佰仟":
            section += digit * {"拾": 10, "佰": 100, "仟": 1000}[character]
            digit = 0
        elif character == "万":
            total += (section + digit) * 10**4
            section = digit = 0
        else:
            total = (total + section + digit) * 10**8
            section = digit = 0
    total += section + digit
    return sign * (
        Decimal(total) + Decimal(digits.get(jiao or "零", 0)) / 10 + Decimal(digits.get(fen or "零", 0)) / 100
    )


@given(amounts)
def test_capitals_read_back_to_the_same_amount(amount: Decimal) -> None:
    assert _from_capitals(capitals(amount)) == amount


@given(st.integers(0, 10**16 - 1))
def test_zeros_stand_alone_and_never_at_the_end(whole: int) -> None:
    words = capitals(whole)
    assert "零零" not in words
    assert not whole or "零元" not in words
    assert words.endswith("元整")


# --- Shares ------------------------------------------------------------------------------------------------------------


@given(amounts, st.lists(st.one_of(st.integers(0, 10**6), st.decimals(0, 1000, places=3)), min_size=1, max_size=12))
def test_shares_add_up_and_are_off_by_less_than_a_fen(amount: Decimal, weights: list[Decimal | int]) -> None:
    total = sum(Decimal(weight) for weight in weights)
    if not total:
        with pytest.raises(ValueError, match="weights"):
            share(amount, weights)
        return
    parts = share(amount, weights)
    assert sum(parts, ZERO) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * Decimal(weight) / total) < Decimal("0.0101")
        assert weight or part == 0


def test_the_left_over_fen_goes_to_the_largest_remainder() -> None:
    assert share(Decimal("100.00"), [1, 1, 1]) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]
    assert share(Decimal("0.05"), [Decimal("0.5"), Decimal("1.5")]) == [Decimal("0.01"), Decimal("0.04")]
    assert share(Decimal("-100.00"), [1, 1, 1])[0] == Decimal("-33.34")
    with pytest.raises(ValueError, match="weights"):
        share(Decimal(1), [2, -1])
