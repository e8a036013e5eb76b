"""How an amount came about (怎么算出来的): one line an operation, for the page and the report alike. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import ZERO, yuan

NUMERALS = "零一二三四五六七八九十"


@dataclass(frozen=True)
class Operation:
    """One line: what is done, on what ground, and the amount in yuan. kind "" | "t" (a sum) | "big" (the end)."""

    label: str
    note: str
    value: Decimal
    kind: str = ""
    url: str = ""


@dataclass(frozen=True)
class Terms:
    """What a settlement's operations are written from; amounts in yuan.

    share      percent of the milestone, None for the whole contract
    factor     quality factor in hundredths;  grade: its grade, "" where none was given
    cuts       (ground, yuan) each; earlier_cuts: yuan that earlier settlements deducted
    payments   (ground, yuan, address) of each payment before
    """

    lines: int
    value: Decimal
    contract_amount: Decimal
    gross: Decimal
    payable: Decimal
    share: int | None = None
    factor: int = 100
    grade: str = ""
    cuts: Sequence[tuple[str, Decimal]] = ()
    earlier_cuts: Decimal = ZERO
    payments: Sequence[tuple[str, Decimal, str]] = ()


def operations_of(terms: Terms) -> list[Operation]:
    """The operations in order; adding up the signed ones from the gross amount on gives the payable amount."""
    count = NUMERALS[terms.lines] if terms.lines <= 10 else str(terms.lines)
    found = [Operation(_("核定金额"), _("%(n)s项之和") % {"n": count} if terms.lines > 1 else "", terms.value)]
    reached = terms.value
    if terms.share is not None:
        reached = yuan(reached * terms.share / 100)
        found.append(Operation(_("× 节点比例 %(share)s%%") % {"share": terms.share}, _("合同付款节点"), reached))
    elif terms.factor != 100 or terms.grade:
        factor = Decimal(terms.factor) / 100
        reached = yuan(reached * factor)
        ground = _("评价等级「%(grade)s」，合同约定") % {"grade": terms.grade} if terms.grade else _("合同约定")
        found.append(Operation(_("× 质量系数 %(factor)s") % {"factor": f"{factor:.2f}"}, ground, reached))
    if reached > terms.gross:
        ground = _("合同金额 %(amount)s 元为限") % {"amount": f"{terms.contract_amount:,.2f}"}
        found.append(Operation(_("以合同为限"), ground, terms.gross))
    found.extend(Operation(_("− 扣减"), ground, -amount) for ground, amount in terms.cuts)
    if terms.earlier_cuts:
        found.append(Operation(_("− 此前扣减"), _("此前结算已扣，不再返还"), -terms.earlier_cuts))
    cut = sum((amount for _ground, amount in terms.cuts), ZERO) + terms.earlier_cuts
    if cut or terms.payments:
        found.append(Operation(_("结算总额"), "", terms.gross - cut, "t"))
    found.extend(Operation(_("− 已付"), ground, -amount, url=url) for ground, amount, url in terms.payments)
    last = _("本次应付") if terms.payable >= ZERO else _("应退款")
    found.append(Operation(last, "", abs(terms.payable), "big"))
    return found
