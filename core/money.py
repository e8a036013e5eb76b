"""Money (金额): Decimal yuan with two places in Python, forms and API; integer fen (分) in the database.

SQLite keeps decimals as floats and refuses honest checks (0.10 + 0.20 <= 0.30 fails there); whole fen are exact on both
databases. A float is refused everywhere, and so is a third decimal: who rounds must say so with `yuan`.

In expressions a bare number would be taken for fen, so `F("paid") + Decimal("0.05")` is refused with FieldError: write
`F("paid") + money_value("0.05")`. Amounts may be added, subtracted, and multiplied by whole columns or numbers.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from django import forms
from django.core.exceptions import FieldError, ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.expressions import Combinable, CombinedExpression, register_combinable_fields
from django.utils.translation import gettext_lazy as _

ZERO: Final = Decimal("0.00")
FEN: Final = Decimal("0.01")
# Below one hundred million times one hundred million yuan: the words of `capitals` and a 64-bit column both end there.
LIMIT: Final = Decimal(10) ** 16

_TOO_FINE = _("金额最多两位小数，请改为元角分。")
_TOO_LARGE = _("金额过大，请核对单位是不是元。")
_NOT_A_NUMBER = _("请填数字，例如 298000.00。")
_NEGATIVE = _("金额不能为负。")


def yuan(amount: Decimal | int | str) -> Decimal:
    """An amount in yuan rounded half up to two decimals.

    raises  TypeError for a float or bool, ValueError for text that is no finite number
    """
    if isinstance(amount, bool) or not isinstance(amount, Decimal | int | str):
        raise TypeError(f"money is never a {type(amount).__name__}")
    try:
        value = Decimal(amount)
        rounded = value.quantize(FEN, rounding=ROUND_HALF_UP)
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {amount!r}") from error
    if not rounded.is_finite():
        raise ValueError(f"not an amount: {amount!r}")
    return rounded + ZERO  # turns -0.00 into 0.00


def exact(amount: Decimal | int | str) -> Decimal:
    """An amount in yuan with exactly two decimals, nothing rounded.

    raises  ValidationError (Chinese) for a float, for what is no number, for a third decimal, for 10^16 yuan and more
    """
    try:
        value = yuan(amount)
    except (TypeError, ValueError) as error:
        raise ValidationError(_NOT_A_NUMBER, code="invalid") from error
    if value != Decimal(amount):
        raise ValidationError(_TOO_FINE, code="max_decimal_places")
    if abs(value) >= LIMIT:
        raise ValidationError(_TOO_LARGE, code="max_digits")
    return value


def to_fen(amount: Decimal | int | str) -> int:
    """An amount in yuan as whole fen; raises ValidationError as `exact` does."""
    return int(exact(amount).scaleb(2))


def from_fen(fen: Decimal | float) -> Decimal:
    """Fen as the database gives them, as Decimal yuan; an average is rounded half up."""
    whole = Decimal(str(fen)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return yuan(whole.scaleb(-2))


_Set_contra = TypeVar("_Set_contra", contravariant=True)
_Get_co = TypeVar("_Get_co", covariant=True)

if TYPE_CHECKING:

    class _Field(models.Field[_Set_contra, _Get_co]):
        # Filled into the two types by django-stubs' plugin, which adds None where the column may be null.
        _pyi_private_set_type: Decimal | int | str | Combinable
        _pyi_private_get_type: Decimal
        _pyi_lookup_exact_type: Decimal | int | str

else:

    class _Field(models.Field, Generic[_Set_contra, _Get_co]):
        pass


class MoneyField(_Field[_Set_contra, _Get_co]):
    """A column of whole fen that is Decimal yuan in Python.

    min_value  lowest amount in yuan, checked by forms and by the database; None for none
    It is no subclass of IntegerField, so that a sum of two amounts stays an amount and not a bare number of fen.
    """

    description = _("金额（元）")
    empty_strings_allowed = False

    def __init__(self, *args: Any, min_value: Decimal | int | None = None, **kwargs: Any) -> None:
        self.min_value = None if min_value is None else exact(min_value)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        if self.min_value is not None:
            kwargs["min_value"] = self.min_value
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def db_check(self, connection: Any) -> str | None:
        if self.min_value is None:
            return None
        return f"{connection.ops.quote_name(self.column)} >= {to_fen(self.min_value)}"

    @property
    def validators(self) -> list[Any]:
        found = list(super().validators)
        if self.min_value is not None:
            found.append(_at_least(self.min_value))
        return found

    def to_python(self, value: Any) -> Decimal | None:
        return None if value is None else exact(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else from_fen(value)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return to_fen(value)

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        """The place of a value in an UPDATE; also the last place where an expression that is no amount can be stopped."""
        if hasattr(value, "resolve_expression"):
            _require_money(value)
        return "%s"

    def get_lookup(self, lookup_name: str) -> Any:
        found = super().get_lookup(lookup_name)
        return None if found is None else _guarded(found)  # type: ignore[arg-type]  # a class can be hashed

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": MoneyFormField, "min_value": self.min_value, **kwargs})


def _require_money(expression: Any) -> None:
    """Refuse a combined expression that is not known to be an amount. raises  FieldError"""
    if isinstance(expression, CombinedExpression) and not isinstance(expression.output_field, MoneyField):
        raise FieldError("not an amount of money: write numbers inside expressions as money_value(...)")


@cache
def _guarded(lookup: Any) -> Any:
    """The same lookup, asking its right-hand side whether it is an amount."""

    class Guarded(lookup):  # the base is found at run time
        def get_prep_lookup(self) -> Any:
            _require_money(self.rhs)
            return super().get_prep_lookup()

    Guarded.__name__ = lookup.__name__
    return Guarded


# What amounts may be combined with inside the database. Anything else has no known type and is refused by Django.
for _sign in (Combinable.ADD, Combinable.SUB):
    register_combinable_fields(MoneyField, _sign, MoneyField, MoneyField)
register_combinable_fields(MoneyField, Combinable.MUL, models.IntegerField, MoneyField)
register_combinable_fields(models.IntegerField, Combinable.MUL, MoneyField, MoneyField)


def money_value(amount: Decimal | int | str) -> models.Value:
    """An amount in yuan for use inside a database expression: `F("paid") + money_value(amount)`."""
    return models.Value(exact(amount), output_field=MoneyField())


def _at_least(amount: Decimal) -> MinValueValidator:
    """The validator for a lowest amount, with the sentence that fits."""
    if amount == ZERO:
        return MinValueValidator(amount, message=_NEGATIVE)
    return MinValueValidator(amount, message=_("金额不能低于 %(limit_value)s 元。"))


class MoneyFormField(forms.Field):
    """An amount in yuan as people type it: 「298,000.00」, 「298000元」, full-width digits; gives Decimal with two places.

    min_value, max_value  in yuan; a form that takes refunds says min_value=None
    """

    def __init__(
        self, *, min_value: Decimal | int | None = ZERO, max_value: Decimal | int | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)
        if min_value is not None:
            self.validators.append(_at_least(exact(min_value)))
        if max_value is not None:
            self.validators.append(_at_most(exact(max_value)))

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        return exact(_as_typed(value) if isinstance(value, str) else value)


def _at_most(amount: Decimal) -> Callable[[Decimal], None]:
    """A validator for a highest amount that names both figures."""

    def check(value: Decimal) -> None:
        if value > amount:
            raise ValidationError(
                _("金额 %(value)s 元，超过上限 %(limit)s 元。"),
                code="max_value",
                params={"value": f"{value:,.2f}", "limit": f"{amount:,.2f}"},
            )

    return check


def _as_typed(text: str) -> str:
    """Digits and a point out of an amount as typed: full-width folded, thousands commas, ¥ and 元 taken away.

    Commas are taken only where thousands stand; 「1,5」 stays wrong instead of becoming 15. raises  ValidationError
    """
    plain = unicodedata.normalize("NFKC", text).strip().removeprefix("¥").removesuffix("元").replace(" ", "")
    if not re.fullmatch(r"[-+]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?", plain):
        raise ValidationError(_NOT_A_NUMBER, code="invalid")
    return plain.replace(",", "")


_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"


def capitals(amount: Decimal | int) -> str:
    """An amount in yuan in Chinese capitals (大写), without the words 人民币.

    amount   yuan, at most two decimals, below 10^16; a negative one begins with 负
    returns  e.g. 壹拾捌万贰仟叁佰零叁元贰角捌分; 整 after 元 or 角 where nothing follows
    raises   ValueError for a third decimal or too large an amount, TypeError for a float
    source   支付结算办法（银发〔1997〕393号）附一：正确填写票据和结算凭证的基本规定
    """
    value = yuan(amount)
    if value != Decimal(amount):
        raise ValueError("capitals take at most two decimals")
    if abs(value) >= LIMIT:
        raise ValueError("too large for capitals")
    whole, cents = divmod(int(abs(value).scaleb(2)), 100)
    jiao, fen = divmod(cents, 10)
    words = "负" if value < 0 else ""
    if whole or not cents:
        words += (_read(whole) or "零") + "元"
    if jiao:
        words += _DIGITS[jiao] + "角"
    elif fen and whole:
        words += "零"
    return words + (_DIGITS[fen] + "分" if fen else "整")


def _read(number: int) -> str:
    """A whole number below 10^16 in capitals; nothing for 0."""
    for size, unit in ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾")):
        if number >= size:
            high, low = divmod(number, size)
            # A gap before what follows is spoken as one 零, however wide it is.
            gap = "零" if low and low < size // 10 else ""
            return _read(high) + unit + gap + _read(low)
    return _DIGITS[number] if number else ""


def share(amount: Decimal, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """Split an amount by weights so that the parts add up to it exactly (分摊): largest remainder, to the fen.

    amount   yuan, two decimals, may be negative
    weights  not negative, at least one above 0; equal remainders favor the earlier part
    returns  one amount a weight, in the same order; a weight of 0 gets 0.00
    raises   ValueError for weights that cannot carry the amount
    """
    parts = [Decimal(weight) for weight in weights]
    total = sum(parts, Decimal(0))
    if total <= 0 or any(part < 0 for part in parts):
        raise ValueError("weights must not be negative and not all zero")
    fen = to_fen(amount)
    sign = -1 if fen < 0 else 1
    # Whole numbers all the way: the weights are first brought to one scale, so no division loses anything.
    scale = math.lcm(*(part.as_integer_ratio()[1] for part in parts))
    whole = [int(part * scale) for part in parts]
    quotients = [divmod(abs(fen) * weight, sum(whole)) for weight in whole]
    left = abs(fen) - sum(quotient for quotient, _rest in quotients)
    favored = set(sorted(range(len(whole)), key=lambda place: (-quotients[place][1], place))[:left])
    return [from_fen(sign * (quotients[place][0] + (place in favored))) for place in range(len(whole))]
