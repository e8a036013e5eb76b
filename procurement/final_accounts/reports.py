"""The final account as PDF and workbook (年度决算表)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core import clock
from core.actor import Actor
from core.printed import Printed
from core.reports import report
from core.spreadsheets import Sheet
from procurement.final_accounts.models import FinalAccount
from procurement.final_accounts.queries import tables, visible_accounts

HEADER = (
    "名称",
    "预算数（元）",
    "调整预算数（元）",
    "上年结转（元）",
    "决算数（元）",
    "结转（元）",
    "退回（元）",
    "差异说明",
)


@dataclass(frozen=True)
class Row:
    """One row; amounts in yuan, budget and adjusted None where the dimension has none."""

    name: str
    budget: Decimal | None
    adjusted: Decimal | None
    brought: Decimal
    final: Decimal
    carried: Decimal
    returned: Decimal
    note: str


@dataclass(frozen=True)
class Account(Printed):
    """Everything that the printed account says."""

    issuer: str
    number: str
    title: str
    year: int
    status: str
    total: Row
    tables: tuple[tuple[str, bool, tuple[Row, ...]], ...]
    drafted_by: str
    reviewed_by: str
    approved_by: str
    issued_on: date


def sheets_of(account: Account) -> list[Sheet]:
    """One sheet a dimension, with its total."""
    found = []
    for label, _budgeted, rows in account.tables:
        body: list[list[Any]] = [
            [row.name, row.budget, row.adjusted, row.brought, row.final, row.carried, row.returned, row.note]
            for row in rows
        ]
        whole = account.total
        budgets = [whole.budget, whole.adjusted] if _budgeted else [None, None]
        body.append(["合计", *budgets, whole.brought, whole.final, whole.carried, whole.returned, ""])
        found.append(Sheet(label, list(HEADER), body, totals=True))
    return found


def can_ask(actor: Actor, account: FinalAccount) -> bool:
    """Whoever sees the account."""
    return visible_accounts(actor).filter(pk=account.pk).exists()


@report(
    "procurement.final_account",
    label="年度决算表",
    model="procurement.final_accounts.models.FinalAccount",
    template="reports/final_account.html",
    can_ask=can_ask,
    sheets=sheets_of,
)
def account_of(account: FinalAccount) -> Account:
    """A final account as it is printed; two queries."""
    found = FinalAccount.objects.select_related("buyer", "notice").get(pk=account.pk)
    at = found.approved_at or found.created_at
    return Account(
        issuer=found.buyer.name,
        number=found.notice.number if found.notice else "",
        title=f"{found.fiscal_year} 年度支持群众服务资金决算",
        year=found.fiscal_year,
        status=found.status_label,
        total=Row(
            "合计", found.budget_amount, found.adjusted_amount, found.brought_amount,
            found.final_amount, found.carried_amount, found.returned_amount, "",
        ),
        tables=tuple(
            (
                table["label"],
                table["budgeted"],
                tuple(
                    Row(each.name, each.budget, each.adjusted, each.brought, each.final, each.carried, each.returned, each.note)
                    for each in table["rows"]
                ),
            )
            for table in tables(found)
        ),
        drafted_by=found.drafted_by_name,
        reviewed_by=found.reviewed_by_name,
        approved_by=found.approved_by_name,
        issued_on=clock.local(at).date(),
    )  # fmt: skip
