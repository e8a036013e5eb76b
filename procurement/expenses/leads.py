"""Leads in a special account (线索): what the finance officer may ask about. Pure arithmetic; nothing here refuses.

source  domain.md 5: F36 invoices in a row, F37 first digits, F39 over the cap, F40 cash
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from django.utils.translation import gettext as _

BENFORD = tuple(math.log10(1 + 1 / digit) for digit in range(1, 10))
# The chi-square value of eight degrees of freedom that is passed once in a hundred.
CHI_SQUARE_1_PERCENT = 20.09
ENOUGH_VOUCHERS = 300


class Lead(NamedTuple):
    """One thing to ask about. rule: "F36"; detail: the figures, ready to read."""

    rule: str
    title: str
    detail: str


class Spent(NamedTuple):
    """What of one expense the leads look at."""

    payee: str
    spent_on: date
    amount: Decimal
    method: str
    invoice_number: str


def invoices_in_a_row(rows: Iterable[Spent]) -> Lead | None:
    """Invoices of one payee whose numbers follow each other on one day: a purchase may have been split (F36)."""
    numbers: defaultdict[tuple[str, date], list[int]] = defaultdict(list)
    for row in rows:
        if row.invoice_number.isdigit():
            numbers[row.payee, row.spent_on].append(int(row.invoice_number))
    found = []
    for (payee, day), known in sorted(numbers.items()):
        known.sort()
        if any(after - before == 1 for before, after in pairwise(known)):
            found.append(f"{payee} {day}")
    if not found:
        return None
    return Lead("F36", _("同一天连号发票"), "；".join(found[:3]) + (_(" 等") if len(found) > 3 else ""))


def much_cash(rows: Sequence[Spent], percent: Decimal) -> Lead | None:
    """More than so many percent of the money went out in cash (F40)."""
    whole = sum((row.amount for row in rows), Decimal(0))
    cash = sum((row.amount for row in rows if row.method == "cash"), Decimal(0))
    if not whole or cash * 100 <= whole * percent:
        return None
    return Lead(
        "F40",
        _("现金支付偏多"),
        _("现金 %(cash)s 元，占 %(share).1f%%，提示线 %(limit)s%%")
        % {"cash": f"{cash:,.2f}", "share": cash * 100 / whole, "limit": f"{percent:f}"},
    )


def first_digits(amounts: Sequence[Decimal]) -> Lead | None:
    """First digits that are not spread as amounts of many sizes are; weak evidence, and none below 300 vouchers (F37)."""
    if len(amounts) < ENOUGH_VOUCHERS:
        return None
    seen = Counter(str(amount).lstrip("0.")[0] for amount in amounts)
    n = len(amounts)
    chi = sum((seen[str(d)] - n * share) ** 2 / (n * share) for d, share in enumerate(BENFORD, 1))
    if chi <= CHI_SQUARE_1_PERCENT:
        return None
    return Lead("F37", _("金额首位数分布异常"), _("%(n)s 笔，χ² = %(chi).1f（证据较弱）") % {"n": n, "chi": chi})
