"""What an expense must satisfy (支出要求): term, line, forbidden uses, invoice, caps; the same for page, API and workbook."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from core import clock
from core.money import ZERO, exact, yuan
from procurement.budgets.models import Allocation
from procurement.contracts.models import Contract
from procurement.expenses.invoices import number_faults
from procurement.expenses.leads import Lead, Spent, first_digits, invoices_in_a_row, much_cash
from procurement.expenses.models import Expense
from procurement.expenses.queries import STANDING, CostOption, cost_options
from procurement.rules.queries import parameter

CAPS = {"management": "管理费用", "staff": "项目人员补贴", "publicity": "宣传"}
REFUSES = "不能登记"
Faults = dict[str, list[str]]


@dataclass(frozen=True)
class Entry:
    """An expense as it was typed, before anything is known to be right. Fields as the model's; amount in yuan."""

    line_n: int
    allocation: UUID
    usage: str
    amount: Decimal
    spent_on: date
    payee: str
    method: str = "transfer"
    voucher_kind: str = "invoice"
    invoice_code: str = ""
    invoice_number: str = ""
    note: str = ""


@dataclass(frozen=True)
class Cap:
    """One cap of a contract, in yuan: what it allows, what stands against it, whether more is refused or only flagged."""

    key: str
    label: str
    percent: Decimal
    limit: Decimal
    used: Decimal
    refuses: bool

    @property
    def over(self) -> Decimal:
        """By how much it is passed; 0.00 where it holds."""
        return max(ZERO, self.used - self.limit)


@dataclass
class Frame:
    """What the checks of a contract's expenses need, read once for any number of entries."""

    contract: Contract
    options: dict[int, CostOption]
    allocations: dict[UUID, Allocation]
    last_day: date
    forbidden: dict[str, str]
    forbidden_source: str
    caps: dict[str, Cap]
    added: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))


def caps_of(contract: Contract, *, without: UUID | None = None) -> dict[str, Cap]:
    """The caps of a contract, by the rules of its first day, with what stands against each.

    without  an expense that is about to change and does not count
    source   domain.md 4 "Budget rules"; F39
    """
    day = contract.starts_on
    over = dict(parameter("expenses.over_cap", on=day).value)
    rows = Expense.objects.filter(~Q(pk=without), contract=contract, status__in=STANDING).order_by()
    used: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for cost_class, usage, total in rows.values_list("cost_class", "usage").annotate(Sum("amount")):
        for key in caps_touched(cost_class, usage):
            used[key] += total
    found = {}
    for key, label in CAPS.items():
        percent = Decimal(str(parameter(f"expenses.cap.{key}", on=day).value))
        limit = yuan(contract.amount * percent / 100)
        found[key] = Cap(key, label, percent, limit, used[key], over.get(label) == REFUSES)
    return found


def caps_touched(cost_class: str, usage: str) -> list[str]:
    """Against which caps an expense counts: by its line's class, or by what it was for."""
    return [key for key in CAPS if key in {cost_class, usage}]


def frame_of(contract: Contract, *, without: UUID | None = None) -> Frame:
    """Read what the checks need: a fixed number of queries."""
    forbidden = parameter("expenses.forbidden", on=contract.starts_on)
    grace = parameter("expenses.grace_days", on=contract.starts_on)
    fundings = contract.fundings.select_related("allocation__line")
    return Frame(
        contract=contract,
        options={option.line.n: option for option in cost_options(contract)},
        allocations={each.allocation_id: each.allocation for each in fundings},
        last_day=contract.ends_on + timedelta(days=int(grace.value)),
        forbidden=dict(forbidden.value),
        forbidden_source=forbidden.source,
        caps=caps_of(contract, without=without),
    )


def faults_of(frame: Frame, entry: Entry) -> Faults:
    """What is wrong with one entry, by field; {} when it may be entered. Counts it against the frame's caps.

    The invoice's being used elsewhere is asked for many at once by `used_invoices`.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    try:
        if exact(entry.amount) <= ZERO:
            found["amount"].append(_("金额要大于 0.00 元。"))
    except ValidationError as fault:
        found["amount"].extend(fault.messages)
    option = frame.options.get(entry.line_n)
    if option is None:
        found["line"].append(_("合同里没有这一项明细。"))
    if entry.allocation not in frame.allocations:
        found["allocation"].append(_("这笔资金不在本合同里。"))
    if not entry.payee.strip():
        found["payee"].append(_("请填写收款方。"))
    if entry.usage not in dict(Expense.USAGES):
        found["usage"].append(_("没有这种用途。"))
    elif entry.usage in frame.forbidden:
        sentence = _("%(usage)s不能在项目经费里列支（%(source)s）。")
        found["usage"].append(sentence % {"usage": frame.forbidden[entry.usage], "source": frame.forbidden_source})
    _check_day(frame, entry.spent_on, found)
    _check_invoice(entry, found)
    if option is not None and "amount" not in found:
        _check_caps(frame, option.cost_class, entry, found)
    return dict(found)


def _check_day(frame: Frame, day: date, found: defaultdict[str, list[str]]) -> None:
    first = frame.contract.starts_on
    if day > clock.today():
        found["spent_on"].append(_("支付日期不能晚于今天。"))
    elif not first <= day <= frame.last_day:
        sentence = _("支付日期要在合同期内：%(first)s 至 %(last)s（含期满后的宽限）。")
        found["spent_on"].append(sentence % {"first": first, "last": frame.last_day})


def _check_invoice(entry: Entry, found: defaultdict[str, list[str]]) -> None:
    """Digits only; the old invoice has code and number, the fully digital one a number of 20 and no code."""
    code, number = entry.invoice_code, entry.invoice_number
    if not number:
        if entry.voucher_kind == "invoice":
            found["invoice_number"].append(_("请填写发票号码。没有发票的，凭证选其他种类。"))
        if code:
            found["invoice_number"].append(_("填了发票代码，也要填发票号码。"))
        return
    if entry.voucher_kind != "invoice":
        if not re.fullmatch(r"[0-9A-Za-z-]{1,20}", number):
            found["invoice_number"].append(_("凭证号码只能是数字、字母和短横线，最多 20 位。"))
        return
    for name, said in number_faults(code, number).items():
        found[name].extend(said)


def _check_caps(frame: Frame, cost_class: str, entry: Entry, found: defaultdict[str, list[str]]) -> None:
    for key in caps_touched(cost_class, entry.usage):
        cap = frame.caps[key]
        stands = cap.used + frame.added[key]
        if cap.refuses and stands + entry.amount > cap.limit:
            found["amount"].append(
                _(
                    "%(label)s最多 %(limit)s 元（合同金额的 %(percent)s%%），已登记 %(used)s 元，还可以登记 %(left)s 元。"
                )
                % {
                    "label": cap.label,
                    "limit": f"{cap.limit:,.2f}",
                    "percent": f"{cap.percent:f}",
                    "used": f"{stands:,.2f}",
                    "left": f"{max(ZERO, cap.limit - stands):,.2f}",
                }
            )
        else:
            frame.added[key] += entry.amount


def used_invoices(pairs: Iterable[tuple[str, str]], *, without: UUID | None = None) -> set[tuple[str, str]]:
    """Which of these (code, number) stand in some provider's account already; one query for up to 500."""
    wanted = {pair for pair in pairs if pair[1]}
    if not wanted:
        return set()
    standing = Expense.objects.filter(
        ~Q(pk=without), status__in=STANDING, invoice_number__in={number for _code, number in wanted}
    )
    return wanted & set(standing.values_list("invoice_code", "invoice_number"))


def leads_of(contract: Contract, rows: Sequence[Expense] | None = None) -> list[Lead]:
    """What finance may ask about in a contract's account; rows: those that stand, read here where they are not given."""
    standing = (
        list(rows) if rows is not None else list(Expense.objects.filter(contract=contract, status__in=STANDING[1:]))
    )
    seen = [Spent(each.payee, each.spent_on, each.amount, each.method, each.invoice_number) for each in standing]
    percent = Decimal(str(parameter("leads.cash_percent", on=contract.starts_on).value))
    over = [
        Lead(
            "F39",
            _("%(label)s超过上限") % {"label": cap.label},
            _("登记 %(used)s 元，上限 %(limit)s 元（%(percent)s%%）")
            % {"used": f"{cap.used:,.2f}", "limit": f"{cap.limit:,.2f}", "percent": f"{cap.percent:f}"},
        )
        for cap in caps_of(contract).values()
        if cap.over
    ]
    found: list[Any] = [
        *over,
        invoices_in_a_row(seen),
        much_cash(seen, percent),
        first_digits([s.amount for s in seen]),
    ]
    return [lead for lead in found if lead is not None]
