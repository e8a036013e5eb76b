"""Rules on how a buyer buys (采购人的规则): splitting, hugging of thresholds, lock-in, concentration; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from audit.risks.shapes import LEAD, PROVEN, Call, Facts, Graded, Hit, Rule


def splitting(facts: Facts) -> Iterator[Hit]:
    """F19: one buyer's calls of one class from one budget line add up over the limit in a year, or hug it within days."""
    window = timedelta(days=int(facts.thresholds["risk.F19.days"]))
    groups: dict[tuple[str, str, str, int], list[Call]] = defaultdict(list)
    for call in facts.calls:
        if call.method != "open":
            groups[call.about.buyer, call.line, call.category, call.published_at.year].append(call)
    for calls in groups.values():
        # The limit that was in force when the last of them was published.
        limit = facts.limit("threshold.procurement", max(call.published_at for call in calls))
        low = limit * facts.thresholds["risk.F19.near"] / 100
        small = sorted((call for call in calls if call.ceiling < limit), key=lambda call: call.published_at)
        total = sum((call.ceiling for call in small), Decimal(0))
        near = [call for call in small if call.ceiling >= low]
        hugging = any(later.published_at - earlier.published_at <= window for earlier, later in pairwise(near))
        if len(small) > 1 and (total > limit or hugging):
            names = "、".join(call.about.label for call in small[:5])
            first = small[0].about
            yield Hit(
                replace(first, subject=f"{first.subject}#split"),
                f"同一预算、同一类别一年内 {len(small)} 个限额以下的项目合计 {total:,.2f} 元，限额 {limit:,.2f} 元：{names}。",
                {
                    "项目数": str(len(small)),
                    "合计": f"{total:,.2f}",
                    "限额": f"{limit:,.2f}",
                    "间隔过近": "是" if hugging else "否",
                },
            )


def hugging_threshold(facts: Facts) -> Iterator[Hit]:
    """F20: a ceiling just under the limit above which another procedure is asked."""
    for call in facts.calls:
        near = Fraction(facts.limit("risk.F20.near", call.published_at)) / 100
        for key in ("threshold.procurement", "threshold.tender"):
            limit = facts.limit(key, call.published_at)
            ratio = Fraction(call.ceiling) / Fraction(limit)
            if near <= ratio < 1:
                yield Hit(
                    call.about, f"最高限价 {call.ceiling:,.2f} 元，是限额 {limit:,.2f} 元的 {float(ratio) * 100:.1f}%。",
                    {"最高限价": f"{call.ceiling:,.2f}", "限额": f"{limit:,.2f}"},
                )  # fmt: skip


def lock_in(facts: Facts) -> Iterator[Hit]:
    """F21: the same provider wins the same item of a buyer year after year."""
    least = int(facts.thresholds["risk.F21.years"])
    years: dict[tuple[str, str, str], dict[int, Call]] = defaultdict(dict)
    for call in facts.calls:
        if call.won:
            years[call.about.buyer, call.item, call.won][call.published_at.year] = call
    for found in years.values():
        run = longest_run(set(found))
        if len(run) >= least:
            call = found[run[-1]]
            yield Hit(
                replace(call.about, provider=call.won), f"{call.won_name}连续 {len(run)} 年（{run[0]}—{run[-1]}）承接同一条目。",
                {"年数": str(len(run)), "承接单位": call.won_name},
            )  # fmt: skip


def longest_run(years: set[int]) -> list[int]:
    """The longest run of consecutive years."""
    best: list[int] = []
    for year in sorted(years):
        if year - 1 not in years:
            run = [year]
            while run[-1] + 1 in years:
                run.append(run[-1] + 1)
            best = max(best, run, key=len)
    return best


def concentration(facts: Facts) -> Iterator[Hit]:
    """F22: few providers take most of a buyer's awards of a year (Herfindahl index, or the largest share)."""
    most = Fraction(facts.thresholds["risk.F22.hhi"]) / 100
    top = Fraction(facts.thresholds["risk.F22.share"]) / 100
    groups: dict[tuple[str, int], list[Call]] = defaultdict(list)
    for call in facts.calls:
        if call.won and call.price > 0:
            groups[call.about.buyer, call.published_at.year].append(call)
    for (buyer, year), calls in groups.items():
        if len(calls) < int(facts.thresholds["risk.F22.least"]):
            continue
        sums: dict[str, Fraction] = defaultdict(Fraction)
        for call in calls:
            sums[call.won] += Fraction(call.price)
        whole = sum(sums.values())
        index = sum((part / whole) ** 2 for part in sums.values())
        who, largest = max(sums.items(), key=lambda each: each[1])
        if index > most or largest / whole > top:
            last = next(call for call in reversed(calls) if call.won == who)
            yield Hit(
                replace(
                    last.about,
                    subject=f"accounts.organization:{buyer}#{year}",
                    label=f"{year} 年成交",
                    case="",
                    provider=who,
                ),
                f"{year} 年 {len(calls)} 个成交中，{last.won_name}占金额 {float(largest / whole) * 100:.1f}%，集中度 {float(index):.2f}。",
                {
                    "成交数": str(len(calls)),
                    "最大份额": f"{float(largest / whole) * 100:.1f}%",
                    "HHI": f"{float(index):.2f}",
                },
            )


def late_payment(facts: Facts) -> Iterator[Hit]:
    """F41: a settlement was paid after its term, or is unpaid beyond it."""
    for due in facts.dues:
        last = due.due_at.date()
        until = due.paid_on or facts.now.date()
        if until > last:
            how = f"{due.paid_on} 支付" if due.paid_on else "至今没有支付"
            yield Hit(
                due.about, f"应在 {last} 前支付 {due.amount:,.2f} 元，{how}，逾期 {(until - last).days} 天。",
                {"期限": f"{last}", "逾期天数": str((until - last).days), "金额": f"{due.amount:,.2f}"},
            )  # fmt: skip


def overdue_rectification(facts: Facts) -> Iterator[Hit]:
    """F43: what was to be put right is past its day."""
    for lapse in facts.lapses:
        if lapse.due_at < facts.now:
            days = (facts.now - lapse.due_at).days
            yield Hit(lapse.about, f"整改期限已过 {days} 天，还没有报告。", {"逾期天数": str(days)})


def same_evaluator(facts: Facts) -> Iterator[Hit]:
    """F44: a buyer keeps one evaluator for years, or an evaluator gives nearly everybody the best grade."""
    years, share = int(facts.thresholds["evaluation.rotation"]), facts.thresholds["evaluation.top_share"]
    groups: dict[tuple[str, str], list[Graded]] = defaultdict(list)
    for each in facts.graded:
        groups[each.about.buyer, each.evaluator].append(each)
    for (_buyer, evaluator), found in groups.items():
        run = longest_run({each.year for each in found})
        top = Fraction(sum(each.points >= 90 for each in found), len(found)) * 100
        generous = len(found) >= int(facts.thresholds["risk.F44.least"]) and top > Fraction(share)
        if len(run) >= years or generous:
            last = found[-1]
            yield Hit(
                replace(
                    last.about,
                    subject=f"accounts.organization:{evaluator}@{last.about.buyer}",
                    label=last.evaluator_name,
                    case="",
                ),
                f"{last.evaluator_name}评价 {len(found)} 个项目，连续 {len(run)} 年，90 分及以上占 {float(top):.0f}%。",
                {"项目": str(len(found)), "连续年数": str(len(run)), "90 分以上": f"{float(top):.0f}%"},
            )


RULES = (
    Rule(
        "F19", "化整为零", LEAD, "政府采购法实施条例第二十八条", "同一预算、同一类别一年内多个限额以下的项目，合计超过限额，或者都贴着限额、间隔很近。", splitting, ("threshold.procurement", "risk.F19.near", "risk.F19.days",), since=date(2015, 3, 1),
    ),
    Rule(
        "F20", "贴着限额", LEAD, "本单位办法", "最高限价刚好低于限额。", hugging_threshold, ("threshold.procurement", "threshold.tender", "risk.F20.near",),
    ),
    Rule(
        "F21", "长期由同一单位承接", LEAD, "本单位办法", "同一条目连续几年由同一单位承接。", lock_in, ("risk.F21.years",),
    ),
    Rule(
        "F22", "成交集中", LEAD, "本单位办法", "一年的成交集中在少数单位。", concentration, ("risk.F22.hhi", "risk.F22.share", "risk.F22.least",),
    ),
    Rule(
        "F41", "逾期支付", PROVEN, "保障中小企业款项支付条例第九条", "过了付款期限才付，或者至今没付。", late_payment, since=date(2025, 6, 1),
    ),
    Rule(
        "F43", "整改逾期", PROVEN, "整改通知、审计报告", "整改期限已过，还没有报告。", overdue_rectification,
    ),
    Rule(
        "F44", "评价机构不轮换或评分偏高", LEAD, "本单位办法", "连续多年用同一评价机构，或者它几乎都给 90 分以上。", same_evaluator, ("evaluation.rotation", "evaluation.top_share", "risk.F44.least",),
    ),
)  # fmt: skip
