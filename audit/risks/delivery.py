"""Rules on contracts and their delivery (合同与履约的规则): terms, supplements, vouchers, costs, records; pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from audit.risks.quantiles import fences
from audit.risks.shapes import LEAD, PROVEN, Bill, Deal, Facts, Hit, Rule

# Words that make a payment wait for an audit. Source: 保障中小企业款项支付条例第十四条 (不得强制要求以审计结果作为结算依据).
GATED = re.compile(
    r"(以|按|根据|依据|待|经).{0,12}审计.{0,12}(为准|结算|付款|支付|拨付|依据)|审计(结果|结论|报告).{0,8}(结算|付款|支付)(的)?依据"
)
CLASSES = {"management": "管理费用", "staff": "项目人员补贴", "publicity": "宣传"}


def late_papers(facts: Facts) -> Iterator[Hit]:
    """F30: signed, announced or filed after the term."""
    for deal in facts.deals:
        late = []
        days = timedelta(days=int(facts.limit("deadline.D21", deal.awarded_at or deal.signed_at)))
        if deal.awarded_at and deal.signed_at > deal.awarded_at + days:
            late.append(f"签订晚 {(deal.signed_at - deal.awarded_at - days).days + 1} 天")
        if deal.announce_due_at and (deal.announced_at or facts.now) > deal.announce_due_at:
            late.append("公告晚于期限")
        if deal.file_due_at:
            late_filing = deal.filed_on > deal.file_due_at.date() if deal.filed_on else facts.now > deal.file_due_at
            late += ["备案晚于期限" if deal.filed_on else "期限已过还没有备案"] if late_filing else []
        if late:
            yield Hit(deal.about, f"合同{'，'.join(late)}。", {"晚": "；".join(late)})


def over_cap(facts: Facts) -> Iterator[Hit]:
    """F31: the supplements together exceed the share of what was first signed."""
    for deal in facts.deals:
        most = Fraction(facts.limit("amendment.maximum", deal.signed_at)) / 100
        if deal.original > 0 and Fraction(deal.supplements) > Fraction(deal.original) * most:
            share = float(Fraction(deal.supplements) / Fraction(deal.original)) * 100
            yield Hit(
                deal.about, f"补充协议合计增加 {deal.supplements:,.2f} 元，是原合同 {deal.original:,.2f} 元的 {share:.1f}%。",
                {"增加": f"{deal.supplements:,.2f}", "原合同": f"{deal.original:,.2f}"},
            )  # fmt: skip


def invoices(facts: Facts) -> Iterator[Hit]:
    """F36: an invoice used twice, a seller that is the provider itself, or numbers in a row of one seller on one day."""
    least = int(facts.thresholds["risk.F36.serial"])
    seen: dict[tuple[str, str], list[Bill]] = defaultdict(list)
    days: dict[tuple[str, str, object], list[Bill]] = defaultdict(list)
    for bill in facts.bills:
        if bill.number:
            seen[bill.code, bill.number].append(bill)
            days[bill.contract, bill.seller, bill.day].append(bill)
        if bill.own_name and bill.seller.strip() == bill.own_name:
            yield Hit(
                bill.about, f"收款方是承接单位自己：{bill.seller}，{bill.amount:,.2f} 元。",
                {"收款方": bill.seller, "金额": f"{bill.amount:,.2f}"},
            )  # fmt: skip
    for (code, number), bills in seen.items():
        if len(bills) > 1:
            yield Hit(
                bills[-1].about, f"发票 {code} {number} 用了 {len(bills)} 次。".replace("  ", " "),
                {"发票": f"{code} {number}".strip(), "次数": str(len(bills))},
            )  # fmt: skip
    for (_contract, seller, day), bills in days.items():
        run = serial_run(sorted(int(bill.number) for bill in bills if bill.number.isdecimal()))
        if run >= least:
            yield Hit(
                bills[-1].about, f"{day} {seller}的 {run} 张发票连号。", {"张数": str(run), "开票方": seller, "日期": f"{day}"}
            )  # fmt: skip


def serial_run(numbers: list[int]) -> int:
    """The longest run of consecutive numbers in an ascending list."""
    best = length = 1 if numbers else 0
    for earlier, later in pairwise(numbers):
        length = length + 1 if later == earlier + 1 else 1
        best = max(best, length)
    return best


def unit_costs(facts: Facts) -> Iterator[Hit]:
    """F38: what one person-time costs lies far above other contracts for the same item."""
    groups: dict[str, list[tuple[Deal, Fraction]]] = defaultdict(list)
    for deal in facts.deals:
        if deal.people > 0:
            groups[deal.item].append((deal, Fraction(deal.amount) / deal.people))
    for found in groups.values():
        if len(found) < int(facts.thresholds["risk.F38.least"]):
            continue
        limit = fences([cost for _deal, cost in found])[2]
        for deal, cost in found:
            if cost > limit:
                yield Hit(
                    deal.about, f"每人次 {float(cost):,.2f} 元，同一条目 {len(found)} 份合同的上限是 {float(limit):,.2f} 元。",
                    {"每人次": f"{float(cost):,.2f}", "上限": f"{float(limit):,.2f}"},
                )  # fmt: skip


def cost_shares(facts: Facts) -> Iterator[Hit]:
    """F39: spending of a class exceeds its share of the contract."""
    for deal in facts.deals:
        for key, name in CLASSES.items():
            cap = facts.limit(f"expenses.cap.{key}", deal.signed_at)
            spent = deal.shares.get(key, Decimal(0))
            if deal.amount > 0 and spent * 100 > deal.amount * cap:
                yield Hit(
                    deal.about, f"{name}支出 {spent:,.2f} 元，占合同 {float(spent * 100 / deal.amount):.1f}%，上限 {cap}%。",
                    {"类别": name, "支出": f"{spent:,.2f}", "上限": f"{cap}%"},
                )  # fmt: skip


def cash(facts: Facts) -> Iterator[Hit]:
    """F40: cash makes up more of a contract's spending than it may, or gifts and hand-outs were booked."""
    most = facts.thresholds["leads.cash_percent"]
    groups: dict[str, list[Bill]] = defaultdict(list)
    for bill in facts.bills:
        if bill.method:
            groups[bill.contract].append(bill)
    for bills in groups.values():
        whole = sum((bill.amount for bill in bills), Decimal(0))
        paid = sum((bill.amount for bill in bills if bill.method == "cash"), Decimal(0))
        gifts = [bill for bill in bills if bill.usage in {"gifts", "cash"}]
        if whole > 0 and (paid * 100 > whole * most or gifts):
            yield Hit(
                bills[-1].about, f"现金支出 {paid:,.2f} 元，占 {float(paid * 100 / whole):.1f}%；慰问品或现金发放 {len(gifts)} 笔。",
                {"现金": f"{paid:,.2f}", "占比": f"{float(paid * 100 / whole):.1f}%", "慰问与发放": str(len(gifts))},
            )  # fmt: skip


def audit_gate(facts: Facts) -> Iterator[Hit]:
    """F42: the contract makes payment wait for an audit."""
    for deal in facts.deals:
        found = GATED.search(deal.words)
        if found:
            yield Hit(deal.about, f"合同约定“{found.group(0)}”，把付款系于审计。", {"原文": found.group(0)})


def back_dated(facts: Facts) -> Iterator[Hit]:
    """F46: an activity was recorded long after it was held."""
    for record in facts.records:
        most = timedelta(days=int(facts.limit("leads.backdating", record.held_at)))
        if record.recorded_at - record.held_at > most:
            days = (record.recorded_at - record.held_at).days
            yield Hit(record.about, f"活动结束 {days} 天以后才提交记录。", {"天数": str(days)})


RULES = (
    Rule(
        "F30", "签订、公告、备案逾期", PROVEN, "政府采购法第四十六条、第四十七条；实施条例第五十条", "合同签订、公告、备案晚于期限。", late_papers, ("deadline.D21",), since=date(2015, 3, 1),
    ),
    Rule(
        "F31", "补充协议超过百分之十", PROVEN, "政府采购法第四十九条", "补充协议累计增加超过原合同的一成。", over_cap, ("amendment.maximum",), since=date(2003, 1, 1),
    ),
    Rule(
        "F36", "发票重复、关联、连号", LEAD, "会计基础工作规范；本单位办法", "同一张发票用了几次，收款方是承接单位自己，或者同一天同一家的发票连号。", invoices, ("risk.F36.serial",),
    ),
    Rule(
        "F38", "每人次成本偏高", LEAD, "本单位办法", "每人次成本比同一条目的其他合同高得多。", unit_costs, ("risk.F38.least",),
    ),
    Rule(
        "F39", "管理、人员、宣传支出超比例", LEAD, "公益项目通行做法", "管理、人员、宣传支出占合同的比例超过上限。", cost_shares, tuple(f"expenses.cap.{key}" for key in CLASSES),
    ),
    Rule(
        "F40", "现金和慰问发放", LEAD, "某区购买服务项目经费规定", "现金支出占比过高，或者列支慰问品、现金发放。", cash, ("leads.cash_percent",),
    ),
    Rule(
        "F42", "付款系于审计", PROVEN, "保障中小企业款项支付条例第十二条、第十四条", "合同把付款系于审计结果。", audit_gate, since=date(2025, 6, 1),
    ),
    Rule(
        "F46", "事后补记", LEAD, "本单位办法", "活动结束很久才提交记录。", back_dated, ("leads.backdating",),
    ),
)  # fmt: skip
