"""Numbers of invoices (发票号码): the old one has code and number, the fully digital one a number of 20 and no code."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

NUMBER = re.compile(r"\d{8}|\d{20}")
CODE = re.compile(r"\d{10}|\d{12}")


def number_faults(code: str, number: str) -> dict[str, list[str]]:
    """What is wrong with code and number, by field; {} for a number that an invoice may have."""
    if not NUMBER.fullmatch(number):
        return {"invoice_number": [_("发票号码是 8 位数字；全电发票是 20 位数字。")]}
    if len(number) == 20 and code:
        return {"invoice_code": [_("全电发票只有 20 位号码，没有代码，请把代码空着。")]}
    if len(number) == 8 and not CODE.fullmatch(code):
        return {"invoice_code": [_("请填写发票代码，10 位或 12 位数字。")]}
    return {}
