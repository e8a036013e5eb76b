"""Identifiers: 统一社会信用代码 (GB 32100-2015) and issued numbers (文号)."""

from __future__ import annotations

import unicodedata
from typing import Final

from django.db import connection, models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.errors import Invalid

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of the code: no I, O, S, V, Z."""
LOOKALIKES: Final = {"I": "1", "O": "0", "S": "5", "V": "U", "Z": "2"}
REGISTRARS: Final = "123456789AGNY"
"""The first character: who registered it. 5 is civil affairs (民政), 9 is market supervision (市场监管)."""
KINDS: Final = {
    "11": gettext_lazy("机关"),
    "12": gettext_lazy("事业单位"),
    "13": gettext_lazy("编办直接管理机构编制的群众团体"),
    "51": gettext_lazy("社会团体"),
    "52": gettext_lazy("民办非企业单位（社会服务机构）"),
    "53": gettext_lazy("基金会"),
    "59": gettext_lazy("其他民政登记组织"),
    "81": gettext_lazy("基层工会"),
    "91": gettext_lazy("企业"),
    "92": gettext_lazy("个体工商户"),
    "93": gettext_lazy("农民专业合作社"),
}
"""What the first two characters say; for showing beside the code, never for refusing one."""


class NumberCounter(models.Model):
    """The last number given in one series; locked while the next is taken, so that no number is skipped or doubled."""

    scope = models.CharField(max_length=60)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "core"
        constraints = [models.UniqueConstraint(fields=["scope", "year"], name="counter_once")]


def uscc_valid(code: str) -> bool:
    """Whether an already normalized code stands all checks of `check_uscc`."""
    return not _slip(code)


def check_uscc(text: str, *, field: str = "uscc") -> str:
    """A code as people type it, normalized and checked.

    text    full-width, lower case and blanks are taken as meant
    field   where the sentence is to stand
    returns the 18 characters in upper case
    raises  Invalid at `field`, naming the likely slip
    source  GB 32100-2015 第 5 章
    """
    code = "".join(unicodedata.normalize("NFKC", text).upper().split())
    sentence = _slip(code)
    if sentence:
        raise Invalid(sentence, field=field)
    return code


def uscc_kind(code: str) -> str:
    """What kind of organization a code belongs to, in Chinese ("社会团体"); "" where its first two characters are rare."""
    return str(KINDS.get(code[:2], ""))


def _slip(code: str) -> str:
    """What is wrong with a normalized code, as a sentence that helps; "" when nothing is."""
    if len(code) != 18:
        return _("统一社会信用代码是 18 位，现在是 %(n)s 位。请对照登记证书再填。") % {"n": len(code)}
    strange = next(((n, c) for n, c in enumerate(code, 1) if c not in ALPHABET), None)
    if strange:
        return _strange_character(*strange)
    if code[0] not in REGISTRARS:
        return _("第 1 位「%(c)s」不是登记管理部门代码。社会组织的代码以 5 开头。") % {"c": code[0]}
    if not code[2:8].isdigit():
        return _("第 3 至 8 位是行政区划代码，只能是数字。请对照登记证书再填。")
    if code[17] != _check_character(code):
        return _("这个信用代码的校验位不对，常见原因是把 0 写成 O。请对照登记证书再填。")
    return ""


def _strange_character(place: int, character: str) -> str:
    """The sentence about a character that no code has."""
    meant = LOOKALIKES.get(character)
    if meant is None:
        return _("第 %(n)s 位「%(c)s」不对：代码只有数字和大写字母。") % {"n": place, "c": character}
    return _("第 %(n)s 位不会是「%(c)s」，是不是「%(meant)s」？请对照登记证书再填。") % {
        "n": place,
        "c": character,
        "meant": meant,
    }


def next_number(prefix: str, kind: str, year: int | None = None) -> str:
    """The next 文号 of a series: next_number("五青", "购") -> "五青购〔2026〕1号".

    prefix  the issuer's short name; kind: the document's
    year    Shanghai year of issue, by default today's
    raises  RuntimeError outside a transaction
    writes  the counter, under lock in the caller's transaction: a rolled-back issue leaves no gap
    """
    year = year or clock.today().year
    return f"{prefix}{kind}〔{year}〕{_take(f'{prefix}{kind}', year)}号"


def next_serial(prefix: str, year: int | None = None) -> str:
    """The next public serial of a series: next_serial("WH") -> "WH-2026-001"; else as `next_number`."""
    year = year or clock.today().year
    return f"{prefix}-{year}-{_take(prefix, year):03d}"


def next_position(scope: str) -> int:
    """The next place in a sequence that readers follow: whoever sees n has seen, or will see, all below n committed.

    The counter's row stays locked until the caller commits, so that places become visible in their order.
    raises, writes  as `next_number`
    """
    return _take(scope, 0)


def _take(scope: str, year: int) -> int:
    if not connection.in_atomic_block:
        raise RuntimeError("a number is taken only inside transaction.atomic()")
    NumberCounter.objects.bulk_create([NumberCounter(scope=scope, year=year)], ignore_conflicts=True)
    counter = NumberCounter.objects.select_for_update().get(scope=scope, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last


def _check_character(code: str) -> str:
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return ALPHABET[(31 - total % 31) % 31]
