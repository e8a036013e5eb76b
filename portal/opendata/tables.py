"""Tables of the open data (数据表): each published column with its meaning; CSV, JSON and the data dictionary read them.

The rows are those of the public pages (portal/public/queries.py); nothing else is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from core import clock
from core.spreadsheets import Sheet
from portal.public import queries as public


@dataclass(frozen=True)
class Column:
    """One column: name in JSON, Chinese heading, what it means, how it is read from a row."""

    name: str
    label: str
    meaning: str
    value: Callable[[Any], Any]


@dataclass(frozen=True)
class Table:
    """One data set. rows: () -> iterable of what the columns read."""

    name: str
    label: str
    about: str
    rows: Callable[[], Iterable[Any]]
    columns: tuple[Column, ...]


def _at(moment: datetime | None) -> str:
    return clock.local(moment).isoformat(timespec="seconds") if moment else ""


def _figures() -> Iterator[dict[str, Any]]:
    """The money of the last five years, as the public money page sums it."""
    for year in range(public.this_year(), public.this_year() - 5, -1):
        state = public.money_state(year)
        yield {"year": year, **{k: getattr(state, k) for k in ("approved", "planned", "contracted", "paid", "free")}}


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "catalog", "服务目录", "现行指导性目录的全部条目。",
            lambda: public.items_in_force().iterator(chunk_size=500),
            (
                Column("code", "编号", "条目编号，同一采购人内唯一", lambda r: r.code),
                Column("name", "名称", "服务名称", lambda r: r.name),
                Column("category", "类别", "五大类之一", lambda r: r.category_name),
                Column("segments", "服务对象", "面向的人群", lambda r: r.segments),
                Column("unit", "单位", "计价单位", lambda r: r.unit),
                Column("norm_price", "参考单价", "元", lambda r: r.norm_price),
                Column("low_price", "单价下限", "元", lambda r: r.low_price),
                Column("high_price", "单价上限", "元", lambda r: r.high_price),
                Column("buyer", "采购人", "发布目录的单位", lambda r: r.edition.buyer.name),
            ),
        ),
        Table(
            "orders", "订单", "已经发布过的全部订单。",
            public.published_orders,
            (
                Column("number", "编号", "订单编号", lambda r: r.number),
                Column("title", "名称", "订单名称", lambda r: r.title),
                Column("ocid", "过程标识", "开放合同标识，与 OCDS 数据一致", lambda r: r.project.ocid),
                Column("buyer", "采购人", "发订单的单位", lambda r: r.buyer.name),
                Column("category", "类别", "五大类之一", lambda r: r.item.category_name),
                Column("method", "方式", "怎样选定承接单位", lambda r: r.get_method_display()),
                Column("ceiling", "最高限价", "元，各包合计", lambda r: r.ceiling),
                Column("place", "服务地点", "", lambda r: r.place),
                Column("published_at", "发布时间", "北京时间", lambda r: _at(r.published_at)),
                Column("bid_deadline", "申报截止", "北京时间", lambda r: _at(r.bid_deadline)),
                Column("status", "状态", "发布以后的状态", lambda r: r.status_label),
            ),
        ),
        Table(
            "contracts", "合同", "双方都已签订的合同。",
            lambda: public.signed_contracts().select_related("award__lot__order__project"),
            (
                Column("number", "编号", "合同编号", lambda r: r.number),
                Column("title", "名称", "", lambda r: r.title),
                Column("ocid", "过程标识", "与 OCDS 数据一致", lambda r: r.award.lot.order.project.ocid),
                Column("buyer", "采购人", "", lambda r: r.buyer.name),
                Column("provider", "承接单位", "", lambda r: r.provider.name),
                Column("provider_uscc", "承接单位信用代码", "统一社会信用代码", lambda r: r.provider.uscc or ""),
                Column("amount", "金额", "元，含已经生效的补充协议", lambda r: r.amount),
                Column("signed_at", "签订时间", "北京时间", lambda r: _at(r.signed_at)),
                Column("starts_on", "服务开始", "", lambda r: r.starts_on),
                Column("ends_on", "服务结束", "", lambda r: r.ends_on),
                Column("status", "状态", "", lambda r: r.status_label),
            ),
        ),
        Table(
            "payments", "支付", "已经登记国库凭证的支付。",
            public.recorded_payments,
            (
                Column("number", "文号", "", lambda r: r.number),
                Column("contract", "合同编号", "", lambda r: r.settlement.contract.number),
                Column("payee", "收款单位", "", lambda r: r.payee.get("name", "")),
                Column("amount", "金额", "元", lambda r: r.amount),
                Column("paid_on", "支付日期", "国库支付日", lambda r: r.paid_on),
                Column("voucher_number", "凭证号", "国库支付凭证", lambda r: r.voucher_number),
            ),
        ),
        Table(
            "figures", "资金", "近五年购买服务资金，各采购人合计。",
            _figures,
            (
                Column("year", "年度", "", lambda r: r["year"]),
                Column("approved", "批复", "元", lambda r: r["approved"]),
                Column("planned", "已安排未签约", "元", lambda r: r["planned"]),
                Column("contracted", "已签约未支付", "元", lambda r: r["contracted"]),
                Column("paid", "已支付", "元", lambda r: r["paid"]),
                Column("free", "未安排", "元", lambda r: r["free"]),
            ),
        ),
    )
}  # fmt: skip


def sheet(table: Table) -> Sheet:
    """The table for a spreadsheet: Chinese headings, plain values."""
    rows = [[column.value(row) for column in table.columns] for row in table.rows()]
    return Sheet(table.label, [column.label for column in table.columns], rows)


def objects(table: Table) -> list[dict[str, Any]]:
    """The table as JSON objects: money as text with two decimals, days and moments in ISO."""
    return [{column.name: _plain(column.value(row)) for column in table.columns} for row in table.rows()]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if hasattr(value, "isoformat") else value
