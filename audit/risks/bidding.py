"""Rules on bids and awards (申报与成交的规则): the formulas of OCDS Cardinal, and what the law says of ranks and times; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from audit.risks.quantiles import fences, quantile
from audit.risks.shapes import LEAD, PROVEN, About, Call, Facts, Hit, Offer, Rule

COMPETITIVE = {"selection", "consultation", "open"}
P75 = Fraction(3, 4)


def yuan(amount: Decimal | None) -> str:
    """Yuan as sentences say it."""
    return f"{amount or 0:,.2f}"


def percent(part: Fraction) -> str:
    """A ratio in percent with one decimal."""
    return f"{float(part) * 100:.1f}%"


def origin(enough: bool) -> str:
    """Where a limit comes from: the quartiles of what was found, or fixed because there is too little of it."""
    return "历史四分位界限" if enough else "固定界限"


def short_period(facts: Facts) -> Iterator[Hit]:
    """F01: fewer whole days between publication and deadline than asked; below the limits the unit's own rule counts."""
    for call in facts.calls:
        key = "risk.F01.own_days" if call.track == "own" else "risk.F01.days"
        least = int(facts.limit(key, call.published_at))
        days = (call.deadline - call.published_at).days
        if days < least:
            yield Hit(
                call.about, f"从发布到申报截止 {days} 天，少于 {least} 天。", {"天数": str(days), "界限": str(least)}
            )


def single_bid(facts: Facts) -> Iterator[Hit]:
    """F02: one bidder where there should be a competition."""
    for call in facts.calls:
        if call.method in COMPETITIVE and len({offer.provider for offer in call.offers}) == 1:
            only = call.offers[0]
            yield Hit(call.about, f"竞争性方式只有一家申报：{only.name}。", {"申报家数": "1", "申报单位": only.name})


def margin(call: Call) -> Fraction | None:
    """(second lowest valid − winning) / winning, as Cardinal reckons it; None where it cannot be said."""
    winner = next((offer for offer in call.valid if offer.provider == call.won), None)
    others = [offer for offer in call.valid if offer.provider != call.won]
    if winner is None or not winner.amount or not others:
        return None
    return (Fraction(others[0].amount or 0) - Fraction(winner.amount)) / Fraction(winner.amount)


def margins(facts: Facts) -> tuple[list[tuple[Call, Fraction]], bool]:
    """The margins of all decided calls, and whether there are enough of them for fences."""
    found = [(call, ratio) for call in facts.calls if call.won and (ratio := margin(call)) is not None]
    return found, len(found) >= int(facts.thresholds["risk.fence.least"])


def close_to_winner(facts: Facts) -> Iterator[Hit]:
    """F03: the next price lies unusually close above the winner's."""
    found, enough = margins(facts)
    limit = Fraction(facts.thresholds["risk.F03.fixed"]) / 100
    if enough:
        first, lower, _upper = fences([ratio for _call, ratio in found])
        if first <= 0 or lower <= 0:
            return
        limit = lower
    for call, ratio in found:
        if 0 <= ratio <= limit:
            yield _margin_hit(call, ratio, limit, "近得少见", enough=enough)


def heavily_discounted(facts: Facts) -> Iterator[Hit]:
    """F04: the winner's price lies unusually far below the next."""
    found, enough = margins(facts)
    limit = Fraction(facts.thresholds["risk.F04.fixed"]) / 100
    if enough:
        limit = fences([ratio for _call, ratio in found])[2]
    for call, ratio in found:
        if limit > 0 and ratio >= limit:
            yield _margin_hit(call, ratio, limit, "低得少见", enough=enough)


def _margin_hit(call: Call, ratio: Fraction, limit: Fraction, words: str, *, enough: bool) -> Hit:
    how = origin(enough)
    return Hit(
        replace(call.about, provider=call.won),
        f"次低报价高出成交价 {percent(ratio)}，{words}（{how} {percent(limit)}）。",
        {"成交价": yuan(call.price), "差距": percent(ratio), "界限": percent(limit), "界限来历": how},
    )


def chronic_loser(facts: Facts) -> Iterator[Hit]:
    """F05: bids often and hardly ever wins, among all bidders of all buyers (R025)."""
    bids: dict[str, list[tuple[Call, Offer]]] = defaultdict(list)
    for call in in_order(facts.calls):
        if call.won:
            # A bidder counts once in a process, however many offers it made.
            for offer in {offer.provider: offer for offer in call.offers if not offer.out}.values():
                bids[offer.provider].append((call, offer))
    if not bids:
        return
    ratios = {who: Fraction(sum(call.won == who for call, _o in tried), len(tried)) for who, tried in bids.items()}
    enough = len(bids) >= int(facts.thresholds["risk.fence.least"])
    often, first = Fraction(facts.thresholds["risk.F05.least"]), Fraction(1)
    limit = Fraction(facts.thresholds["risk.F05.fixed"]) / 100
    if enough:
        often = quantile([Fraction(len(tried)) for tried in bids.values()], P75)
        first, limit, _upper = fences(list(ratios.values()))
    for who, tried in bids.items():
        # Where all are alike the fence is the common value itself: only what lies beyond the quartile stands out.
        if len(tried) >= often and ratios[who] <= limit and ratios[who] < first:
            call, offer = tried[-1]
            wins = sum(c.won == who for c, _o in tried)
            yield Hit(
                of_provider(call, who, offer.name),
                f"{offer.name}申报 {len(tried)} 次，成交 {wins} 次（{percent(ratios[who])}；{origin(enough)} {percent(limit)}），像是陪标。",
                {
                    "有效申报": str(len(tried)),
                    "成交率": percent(ratios[who]),
                    "界限": percent(limit),
                    "界限来历": origin(enough),
                },
            )


def of_provider(call: Call, who: str, name: str) -> About:
    """What a flag on a provider is about: it belongs to the buyer of the provider's latest process that counted."""
    subject = f"accounts.organization:{who}@{call.about.buyer}"
    return replace(call.about, subject=subject, label=name, case="", provider=who)


def identical_prices(facts: Facts) -> Iterator[Hit]:
    """F06: two bidders offer the same to the fen."""
    for call in facts.calls:
        same: dict[Decimal, set[str]] = defaultdict(set)
        for offer in call.offers:
            if offer.amount is not None:
                same[offer.amount].add(offer.name)
        for amount, names in same.items():
            if len(names) > 1:
                who = "、".join(sorted(names))
                yield Hit(call.about, f"{who}报价都是 {yuan(amount)} 元。", {"报价": yuan(amount), "单位": who})


def late_bid(facts: Facts) -> Iterator[Hit]:
    """F07: a bid that came after the deadline was kept in the running; moments compared, not texts."""
    for call in facts.calls:
        for offer in call.offers:
            if offer.submitted_at and offer.submitted_at > call.deadline and not offer.out:
                late = int((offer.submitted_at - call.deadline).total_seconds())
                yield Hit(
                    replace(call.about, provider=offer.provider), f"{offer.name}的申报晚于截止时间 {late} 秒，仍参加评审。",
                    {"申报单位": offer.name, "晚（秒）": str(late)},
                )  # fmt: skip


def all_but_winner_out(facts: Facts) -> Iterator[Hit]:
    """F08: exactly the winner stayed in the running."""
    for call in facts.calls:
        inside = [offer for offer in call.offers if not offer.out]
        outside = [offer for offer in call.offers if offer.out]
        if call.won and outside and [offer.provider for offer in inside] == [call.won]:
            names = "、".join(offer.name for offer in outside)
            yield Hit(
                replace(call.about, provider=call.won), f"除成交单位外，{len(outside)} 家全部被否决：{names}。",
                {"被否决": names, "成交": call.won_name},
            )  # fmt: skip


def lowest_out(facts: Facts) -> Iterator[Hit]:
    """F09: the lowest offer was thrown out and somebody else was awarded."""
    for call in facts.calls:
        priced = [offer for offer in call.offers if offer.amount is not None]
        if not (call.won and call.valid and priced):
            continue
        lowest = min(priced, key=lambda offer: (offer.amount or 0, not offer.out))
        if lowest.out:
            yield Hit(
                call.about, f"最低报价 {yuan(lowest.amount)} 元（{lowest.name}）被否决，成交价 {yuan(call.price)} 元。",
                {"最低报价": yuan(lowest.amount), "被否决": lowest.name, "成交价": yuan(call.price)},
            )  # fmt: skip


def many_disqualified(facts: Facts) -> Iterator[Hit]:
    """F10: an unusual share of bids is thrown out: a bidder's among all bidders, a buyer's among all buyers (R038)."""
    bidders: dict[str, list[tuple[Call, Offer]]] = defaultdict(list)
    buyers: dict[str, list[tuple[Call, Offer]]] = defaultdict(list)
    for call in in_order(facts.calls):
        for offer in call.offers:
            bidders[offer.provider].append((call, offer))
            buyers[call.about.buyer].append((call, offer))
    for who, tried, words, evidence in _often_out(facts, bidders, "risk.F10.least"):
        call, offer = tried[-1]
        yield Hit(of_provider(call, who, offer.name), f"{offer.name}的{words}", evidence)
    for buyer, tried, words, evidence in _often_out(facts, buyers, "risk.F10.buyer_least"):
        about = replace(tried[-1][0].about, subject=f"accounts.organization:{buyer}", label="收到的全部申报", case="")
        yield Hit(about, f"采购人收到的{words}", evidence)


def _often_out(
    facts: Facts, groups: Mapping[str, list[tuple[Call, Offer]]], few: str
) -> Iterator[tuple[str, list[tuple[Call, Offer]], str, dict[str, str]]]:
    """Those whose share of bids thrown out reaches the fence of all shares, or the fixed limit, which asks for `few`."""
    least = int(facts.thresholds["risk.F10.least"])
    often = {who: tried for who, tried in groups.items() if len(tried) >= least}
    ratios = {who: Fraction(sum(o.out for _c, o in tried), len(tried)) for who, tried in often.items()}
    enough = len(often) >= int(facts.thresholds["risk.fence.least"])
    third, limit = Fraction(0), Fraction(facts.thresholds["risk.F10.fixed"]) / 100
    if enough:
        third = quantile(list(ratios.values()), P75)
        limit = fences(list(ratios.values()))[2]
    else:
        least = int(facts.thresholds[few])
    for who, ratio in ratios.items():
        if ratio > third and ratio >= limit and len(often[who]) >= least:
            thrown = sum(o.out for _c, o in often[who])
            words = f" {len(often[who])} 份申报中 {thrown} 份被否决（{percent(ratio)}；{origin(enough)} {percent(limit)}）。"
            evidence = {
                "申报": str(len(often[who])),
                "被否决": str(thrown),
                "界限": percent(limit),
                "界限来历": origin(enough),
            }
            yield who, often[who], words, evidence


def unrelated_classes(facts: Facts) -> Iterator[Hit]:
    """F11: one provider wins in unusually many classes of service, among all with enough awards of all buyers (R048)."""
    won: dict[str, list[Call]] = defaultdict(list)
    for call in in_order(facts.calls):
        if call.won:
            won[call.won].append(call)
    least = int(facts.thresholds["risk.F11.least"])
    classes = {who: {call.category for call in mine} for who, mine in won.items() if len(mine) >= least}
    enough = len(classes) >= int(facts.thresholds["risk.fence.least"])
    third, limit = Fraction(0), Fraction(facts.thresholds["risk.F11.fixed"])
    if enough:
        counts = [Fraction(len(mine)) for mine in classes.values()]
        third, limit = quantile(counts, P75), fences(counts)[2]
    for who, mine in classes.items():
        if len(mine) > third and len(mine) >= limit:
            call = won[who][-1]
            names = "、".join(sorted(mine))
            yield Hit(
                of_provider(call, who, call.won_name),
                f"{call.won_name}在 {len(mine)} 个互不相干的类别成交：{names}（{origin(enough)} {float(limit):g} 个）。",
                {
                    "类别": names,
                    "成交次数": str(len(won[who])),
                    "界限": f"{float(limit):g}",
                    "界限来历": origin(enough),
                },
            )


def not_first(facts: Facts) -> Iterator[Hit]:
    """F28: somebody behind the first in rank was awarded, and no reason stands beside it."""
    for call in facts.calls:
        winner = next((offer for offer in call.offers if offer.provider == call.won), None)
        if call.won and winner and winner.rank and winner.rank > 1 and not call.reason.strip():
            yield Hit(
                replace(call.about, provider=call.won), f"成交单位评审排名第 {winner.rank}，没有写明理由。",
                {"名次": str(winner.rank), "成交": call.won_name},
            )  # fmt: skip


def in_order(calls: tuple[Call, ...]) -> list[Call]:
    """All buyers' calls in the order of publication, so that the last of a provider's is the latest."""
    return sorted(calls, key=lambda call: call.published_at)


GUIDE = "OCP 风险指标指南"
LEAST = "risk.fence.least"
RULES = (
    Rule(
        "F01", "申报期过短", LEAD, f"{GUIDE} R003；本单位办法", "从发布到申报截止的整天数少于界限。", short_period, ("risk.F01.days", "risk.F01.own_days"), cardinal="R003",
    ),
    Rule(
        "F02", "只有一家申报", LEAD, f"{GUIDE} R018", "竞争性方式只有一家申报。", single_bid, cardinal="R018",
    ),
    Rule(
        "F03", "次低价紧贴成交价", LEAD, f"{GUIDE} R024", "次低有效报价比成交价只高一点点，近得少见。", close_to_winner, (LEAST, "risk.F03.fixed",), cardinal="R024",
    ),
    Rule(
        "F04", "成交价远低于次低价", LEAD, f"{GUIDE} R058", "成交价比次低有效报价低得少见。", heavily_discounted, (LEAST, "risk.F04.fixed",), cardinal="R058",
    ),
    Rule(
        "F05", "屡报不中", LEAD, f"{GUIDE} R025", "经常申报、几乎从不成交（全部采购人的订单一并计算）。", chronic_loser, (LEAST, "risk.F05.least", "risk.F05.fixed",), cardinal="R025",
    ),
    Rule(
        "F06", "报价相同", LEAD, f"{GUIDE} R028；招标投标法实施条例第四十条", "两家以上报价一分不差。", identical_prices, cardinal="R028",
    ),
    Rule(
        "F07", "接收迟到的申报", PROVEN, f"{GUIDE} R030；招标投标法实施条例第三十六条", "晚于截止时间的申报仍参加评审。", late_bid, cardinal="R030", since=date(2012, 2, 1),
    ),
    Rule(
        "F08", "其余申报全部被否决", LEAD, f"{GUIDE} R035", "除成交单位外全部被否决。", all_but_winner_out, cardinal="R035",
    ),
    Rule(
        "F09", "最低报价被否决", LEAD, f"{GUIDE} R036", "最低报价被否决，成交的是别家。", lowest_out, cardinal="R036",
    ),
    Rule(
        "F10", "否决过多", LEAD, f"{GUIDE} R038", "某单位的申报（全部采购人的订单一并计算）或某采购人收到的申报被否决得特别多。", many_disqualified, (LEAST, "risk.F10.least", "risk.F10.buyer_least", "risk.F10.fixed",), cardinal="R038",
    ),
    Rule(
        "F11", "同一单位跨类成交过多", LEAD, f"{GUIDE} R048", "同一单位在许多互不相干的类别成交（全部采购人的订单一并计算）。", unrelated_classes, (LEAST, "risk.F11.least", "risk.F11.fixed",), cardinal="R048",
    ),
    Rule(
        "F28", "不按名次定标", PROVEN, "政府采购法实施条例第四十三条、第四十九条", "成交单位不是第一名，又没有写明理由。", not_first, since=date(2015, 3, 1),
    ),
)  # fmt: skip
