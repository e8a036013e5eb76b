"""The expenses' workbook (支出表格): the template that is filled, and the rows read from it, each fault at its row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.errors import Invalid
from core.money import MoneyFormField
from core.spreadsheets import Sheet, read_numbered
from procurement.contracts.models import Contract
from procurement.expenses.facts import Entry, Faults, Frame, faults_of, frame_of, used_invoices
from procurement.expenses.models import Expense
from procurement.expenses.queries import CLASSES

COLUMNS = {
    "line": "合同明细",
    "usage": "用途",
    "amount": "金额",
    "spent_on": "支付日期",
    "payee": "收款方",
    "method": "支付方式",
    "allocation": "资金来源",
    "voucher_kind": "凭证",
    "invoice_number": "发票号码",
    "invoice_code": "发票代码",
    "note": "说明",
}
WANTED = ("line", "usage", "amount", "spent_on", "payee")
MOST = 500


@dataclass
class Row:
    """One row of a workbook. number: its row in the file; entry: None where a word in it was not understood."""

    number: int
    texts: dict[str, str]
    entry: Entry | None = None
    faults: Faults = field(default_factory=dict)


def template_sheets(contract: Contract) -> list[Sheet]:
    """The workbook to fill: an empty sheet with our columns, and one with the words that are understood."""
    frame = frame_of(contract)
    offered = [label for value, label in Expense.USAGES if value not in frame.forbidden]
    words = [
        [_("合同明细"), *(f"{n} {option.line.name}" for n, option in sorted(frame.options.items()))],
        [_("用途"), *offered],
        [_("支付方式"), *(label for _value, label in Expense.METHODS)],
        [_("资金来源"), *(each.line.name for each in frame.allocations.values())],
        [_("凭证"), *(label for _value, label in Expense.VOUCHERS)],
    ]
    most = max(len(row) for row in words)
    return [
        Sheet(_("支出"), list(COLUMNS.values()), []),
        Sheet(_("可以填的词"), [_("列"), *[""] * (most - 1)], [row + [None] * (most - len(row)) for row in words]),
    ]


def read_entries(contract: Contract, content: bytes, *, name: str) -> list[Row]:
    """The rows of a filled workbook with all their faults; nothing is written.

    returns  at most 500 rows in the file's order; `faults` is {} where a row may be entered, the caps counted in order
    raises   Invalid at "file": not a table, a column is missing, no row, too many
    """
    rows = [Row(number, _texts(cells)) for number, cells in _numbered(content, name)]
    frame = frame_of(contract)
    pairs = []
    for row in rows:
        row.entry = _entry_of(row, frame)
        if row.entry is not None:
            row.faults = faults_of(frame, row.entry)
            pairs.append((row.entry.invoice_code, row.entry.invoice_number))
    used = used_invoices(pairs)
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.entry is None or not row.entry.invoice_number:
            continue
        pair = (row.entry.invoice_code, row.entry.invoice_number)
        if pair in used:
            row.faults.setdefault("invoice_number", []).append(_("这张发票已经在平台登记过。"))
        elif pair in seen:
            sentence = _("和第 %(n)s 行是同一张发票。") % {"n": seen[pair]}
            row.faults.setdefault("invoice_number", []).append(sentence)
        seen.setdefault(pair, row.number)
    return rows


def account_sheets(
    contract: Contract, account: Any, running: Sequence[Any], expenses: Sequence[Expense]
) -> list[Sheet]:
    """The special account as a workbook (专账): what was entered, the running account, the sums by class; yuan."""
    listed: list[list[Any]] = [
        [
            each.spent_on, each.line.name, CLASSES.get(each.cost_class, ""), each.get_usage_display(), each.payee,
            each.amount, each.get_method_display(), each.budget_line.name, each.get_voucher_kind_display(),
            each.invoice_code, each.invoice_number, each.status_label, each.note,
        ]
        for each in expenses
    ]  # fmt: skip
    header = [
        *(_("支付日期"), _("合同明细"), _("类别"), _("用途"), _("收款方"), _("金额"), _("支付方式")),
        *(_("资金来源"), _("凭证"), _("发票代码"), _("发票号码"), _("状态"), _("说明")),
    ]
    flow = [[each.on, each.label, each.source, each.amount, each.balance] for each in running]
    sums = [[row.label, row.budget, row.accepted, row.waiting, row.left] for row in account.by_class.values()]
    return [
        Sheet(_("支出"), header, listed),
        Sheet(_("流水"), [_("日期"), _("摘要"), _("资金"), _("收支"), _("结余")], flow),
        Sheet(_("分类"), [_("类别"), _("合同"), _("已认可"), _("待审核"), _("还可支出")], sums),
    ]


def _numbered(content: bytes, name: str) -> list[tuple[int, dict[str, str]]]:
    rows = read_numbered(content, name=name)
    if not rows:
        raise Invalid(_("表格里没有支出。请从第二行起填写。"), field="file")
    missing = [COLUMNS[each] for each in WANTED if COLUMNS[each] not in rows[0][1]]
    if missing:
        sentence = _("缺少列：%(names)s。请用下载的模板填写。")
        raise Invalid(sentence % {"names": "、".join(missing)}, field="file")
    if len(rows) > MOST:
        sentence = _("表格有 %(n)s 行，一次最多登记 %(most)s 笔，请分开。")
        raise Invalid(sentence % {"n": len(rows), "most": MOST}, field="file")
    return rows


def _texts(cells: dict[str, str]) -> dict[str, str]:
    return {name: cells.get(label, "").strip() for name, label in COLUMNS.items()}


def _entry_of(row: Row, frame: Frame) -> Entry | None:
    """The row's words as an entry; what is not understood goes to row.faults, and then there is no entry."""
    texts, faults = row.texts, row.faults
    lines = {f"{n} {option.line.name}": n for n, option in frame.options.items()}
    lines |= {option.line.name: n for n, option in frame.options.items()}
    lines |= {str(n): n for n in frame.options}
    line = _word(row, "line", lines)
    usage = _word(row, "usage", {label: value for value, label in Expense.USAGES})
    method = _word(row, "method", {label: value for value, label in Expense.METHODS}, "transfer")
    voucher = _word(row, "voucher_kind", {label: value for value, label in Expense.VOUCHERS}, "invoice")
    known = {each.line.name: key for key, each in frame.allocations.items()}
    only = next(iter(known.values())) if len(known) == 1 else None
    allocation = _word(row, "allocation", known, only)
    amount = None
    try:
        amount = MoneyFormField().clean(texts["amount"])
    except ValidationError as fault:
        faults.setdefault("amount", []).extend(fault.messages)
    day = None
    try:
        day = date.fromisoformat(texts["spent_on"].replace("/", "-"))
    except ValueError:
        faults.setdefault("spent_on", []).append(_("日期写成 2026-09-01 这样。"))
    for name in ("payee", "note", "invoice_number", "invoice_code"):
        most = getattr(Expense._meta.get_field(name), "max_length", None)
        if most and len(texts[name]) > most:
            faults.setdefault(name, []).append(_("最多 %(n)s 个字。") % {"n": most})
    if faults or amount is None or day is None:
        return None
    return Entry(
        line_n=line, allocation=allocation, usage=usage, amount=amount, spent_on=day, payee=texts["payee"],
        method=method, voucher_kind=voucher, invoice_code=texts["invoice_code"].replace(" ", ""),
        invoice_number=texts["invoice_number"].replace(" ", ""), note=texts["note"],
    )  # fmt: skip


def _word(row: Row, name: str, known: dict[str, Any], default: Any = None) -> Any:
    """What a word of the row stands for; a fault names the words that are understood."""
    text = row.texts[name]
    if not text and default is not None:
        return default
    if text not in known:
        sentence = _("请从这些里选：%(words)s。") if text else _("请填写，可以填：%(words)s。")
        row.faults.setdefault(name, []).append(sentence % {"words": "、".join(list(known)[:20])})
        return None
    return known[text]
