"""Each rule finds what was planted and leaves what lies just beside it; Cardinal's quantiles; recall and precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.risks.operations import hits
from audit.risks.quantiles import fences, quantile
from audit.risks.registry import RULES
from audit.risks.shapes import Call, Facts, Lapse
from core import clock
from tests.journeys.planted import generated
from tests.journeys.processes import (
    CATEGORIES,
    NOW,
    about,
    bill,
    call,
    deal,
    due,
    facts,
    graded,
    offers,
    record,
)

D = Decimal


def found(rule: str, read: Facts) -> list[str]:
    return [hit.about.subject for hit in RULES[rule].find(read)]


def many(prices: tuple[str, ...] = ("100000.00", "108000.00", "115000.00"), count: int = 40) -> list[Call]:
    """Ordinary calls with margins from 6 % to 10 %, enough for fences."""
    return [call(n, ("100000.00", f"{106000 + n * 100}.00", "120000.00")) for n in range(10, 10 + count)]


def chronic(wins: int) -> list[Call]:
    """Ten calls in which p0 bids each time; it wins in the first `wins`."""
    made = []
    for n in range(10):
        one = replace(call(n), about=about(n), offers=offers(["100000.00", "108000.00"], NOW, first=n * 10 + 50))
        one = replace(
            one, offers=(*one.offers, replace(one.offers[0], provider="p0", name="陪跑机构", amount=D("119000.00")))
        )
        made.append(replace(one, won="p0" if n < wins else one.offers[0].provider))
    return made


def wins_of(categories: int, count: int = 20) -> list[Call]:
    return [replace(call(n), won="p0", won_name="万能机构", category=CATEGORIES[n % categories]) for n in range(count)]


def split(ceiling: str, days: int, count: int = 2) -> list[Call]:
    return [
        replace(
            call(n),
            line="line",
            category="青年服务",
            ceiling=D(ceiling),
            published_at=NOW - timedelta(days=10 + n * days),
        )
        for n in range(count)
    ]


def years(count: int) -> list[Call]:
    return [
        replace(call(n), item="W03-02", won="p0", won_name="老机构", published_at=NOW - timedelta(days=365 * n))
        for n in range(count)
    ]


def shares(amounts: list[str]) -> list[Call]:
    return [replace(call(n), won=f"w{n}", price=D(price)) for n, price in enumerate(amounts)]


def costs(last: int) -> list[object]:
    return [deal(n, people=1000 + n) for n in range(9)] + [deal(99, people=last)]


LATE = call().deadline + timedelta(seconds=1)
A, B, C = call().offers
# rule -> (facts in which it must be found, facts just beside it)
CASES: dict[str, tuple[Callable[[], Facts], Callable[[], Facts]]] = {
    "F01": (
        lambda: facts(calls=[call(deadline=call().published_at + timedelta(days=14, hours=23))]),
        lambda: facts(calls=[call(deadline=call().published_at + timedelta(days=15))]),
    ),
    "F02": (lambda: facts(calls=[call(offers=(A,))]), lambda: facts(calls=[call(offers=(A, B)), call(offers=())])),
    "F03": (
        lambda: facts(calls=[*many(), call(1, ("100000.00", "100100.00", "115000.00"))]),
        lambda: facts(calls=[*many(), call(1, ("100000.00", "106500.00", "115000.00"))]),
    ),
    "F04": (
        lambda: facts(calls=[*many(), call(1, ("60000.00", "108000.00", "115000.00"))]),
        lambda: facts(calls=[*many(), call(1, ("100000.00", "109000.00", "115000.00"))]),
    ),
    "F05": (lambda: facts(calls=chronic(0)), lambda: facts(calls=chronic(2))),
    "F06": (
        lambda: facts(calls=[call(offers=(A, B, replace(C, amount=B.amount)))]),
        lambda: facts(calls=[call(offers=(A, B, replace(C, amount=(B.amount or D(0)) + D("0.01"))))]),
    ),
    "F07": (
        lambda: facts(calls=[call(offers=(A, replace(B, submitted_at=LATE), C))]),
        lambda: facts(calls=[call(offers=(A, replace(B, submitted_at=LATE, out=True), replace(C, submitted_at=call().deadline)))]),
    ),
    "F08": (
        lambda: facts(calls=[call(offers=(A, replace(B, out=True), replace(C, out=True)))]),
        lambda: facts(calls=[call(offers=(A, B, replace(C, out=True))), call(2, won="")]),
    ),
    "F09": (
        lambda: facts(calls=[call(offers=(A, B, replace(C, amount=D("99999.99"), out=True)))]),
        lambda: facts(calls=[call(offers=(A, B, replace(C, amount=D("100000.01"), out=True)))]),
    ),
    "F10": (
        lambda: facts(calls=[call(n, offers=(A, replace(B, out=n < 2))) for n in range(3)]),
        lambda: facts(calls=[call(n, offers=(A, replace(B, out=n < 1))) for n in range(3)]),
    ),
    "F11": (lambda: facts(calls=wins_of(4)), lambda: facts(calls=[*wins_of(3), *(replace(call(n), won="p9") for n in range(19))])),
    "F19": (
        lambda: facts(calls=split("260000.00", 80)),
        lambda: facts(calls=[*split("140000.00", 80), replace(call(9), ceiling=D("310000.00"), line="line", category="青年服务")]),
    ),
    "F20": (lambda: facts(calls=[call(ceiling=D("285000.00"))]), lambda: facts(calls=[call(ceiling=D("284999.99")), call(2, ceiling=D("300000.00"))])),
    "F21": (lambda: facts(calls=years(3)), lambda: facts(calls=[*years(2), replace(years(4)[3])])),
    "F22": (
        lambda: facts(calls=shares(["500000", "100000", "100000", "100000", "100000"])),
        lambda: facts(calls=shares(["150000", "100000", "100000", "100000", "100000"])),
    ),
    "F28": (
        lambda: facts(calls=[call(won=B.provider, reason=" ")]),
        lambda: facts(calls=[call(won=B.provider, reason="第一名放弃"), call(2, reason="")]),
    ),
    "F30": (
        lambda: facts(deals=[deal(awarded_at=deal().signed_at - timedelta(days=31))]),
        lambda: facts(deals=[deal(awarded_at=deal().signed_at - timedelta(days=30))]),
    ),
    "F31": (lambda: facts(deals=[deal(supplements=D("10000.01"))]), lambda: facts(deals=[deal(supplements=D("10000.00"))])),
    "F36": (
        lambda: facts(bills=[bill(1, number="7"), bill(2, number="7")]),
        lambda: facts(bills=[bill(1, number=""), bill(2, number=""), bill(3, code="1", number="7"), bill(4, code="2", number="7")]),
    ),
    "F38": (lambda: facts(deals=costs(500)), lambda: facts(deals=costs(998))),
    "F39": (
        lambda: facts(deals=[deal(shares={"management": D("10000.01")})]),
        lambda: facts(deals=[deal(shares={"management": D("10000.00"), "staff": D("60000.00")})]),
    ),
    "F40": (
        lambda: facts(bills=[bill(1, amount=D("95")), bill(2, amount=D("5.01"), method="cash")]),
        lambda: facts(bills=[bill(1, amount=D("95")), bill(2, amount=D("5.00"), method="cash")]),
    ),
    "F41": (lambda: facts(dues=[due(late=1)]), lambda: facts(dues=[due(late=0)])),
    "F42": (
        lambda: facts(deals=[deal(words="项目尾款待区审计局审计后支付。"), deal(2, words="审计结果作为结算依据")]),
        lambda: facts(deals=[deal(), deal(2, words="承接单位应配合审计，如实提供资料。")]),
    ),
    "F43": (
        lambda: facts(lapses=[Lapse(about(1), NOW - timedelta(seconds=1))]),
        lambda: facts(lapses=[Lapse(about(1), NOW)]),
    ),
    "F44": (
        lambda: facts(graded=[graded(n, 2024 + n) for n in range(3)]),
        lambda: facts(graded=[graded(n, 2024 + n, evaluator=f"e{n % 2}") for n in range(3)] + [graded(n, points="91", evaluator="e9") for n in range(4)]),
    ),
    "F46": (lambda: facts(records=[record(days=8)]), lambda: facts(records=[record(days=7)])),
}  # fmt: skip


def test_every_rule_has_its_cases() -> None:
    assert sorted(CASES) == sorted(RULES)


@pytest.mark.parametrize("rule", sorted(CASES))
def test_found_where_it_is_and_not_beside_it(rule: str) -> None:
    planted, beside = CASES[rule]
    assert found(rule, planted()), "not found"
    assert found(rule, beside()) == []
    assert found(rule, facts()) == []
    for hit in RULES[rule].find(planted()):
        assert hit.statement.endswith("。")
        assert hit.evidence


def test_other_ways_into_a_rule() -> None:
    week = call().published_at + timedelta(days=7)
    assert found("F01", facts(calls=[call(track="own", deadline=week - timedelta(seconds=1))]))
    assert found("F01", facts(calls=[call(track="own", deadline=week)])) == []
    run = [bill(n, number=str(100 + n), seller="商户", day=bill().day, contract="c") for n in range(3)]
    assert found("F36", facts(bills=run))
    assert found("F36", facts(bills=run[:2])) == []
    assert found("F36", facts(bills=[bill(seller="机构1")]))
    assert found("F30", facts(deals=[deal(filed_on=None)]))
    assert found("F30", facts(deals=[deal(announced_at=None, announce_due_at=NOW - timedelta(days=1))]))
    assert found("F40", facts(bills=[bill(usage="gifts")]))
    assert found("F41", facts(dues=[replace(due(), paid_on=None)]))
    assert found("F19", facts(calls=split("150000.00", 40, count=3)))
    assert found("F44", facts(graded=[graded(n, points="95") for n in range(5)]))
    # With few processes the fixed limits are used, and the page says which.
    (hit,) = RULES["F04"].find(facts(calls=[call(1, ("60000.00", "108000.00", "115000.00"))]))
    assert hit.evidence["界限来历"] == "固定界限"


def test_quantiles_are_of_type_eight() -> None:
    """R's quantile(1:10, type = 8) and (c(3, 1, 2), type = 8)."""
    ten = [Fraction(n) for n in range(1, 11)]
    assert quantile(ten, Fraction(1, 4)) == Fraction(35, 12)
    assert quantile(ten, Fraction(3, 4)) == Fraction(97, 12)
    assert quantile([Fraction(3), Fraction(1), Fraction(2)], Fraction(1, 2)) == 2


@given(st.lists(st.fractions(-100, 100), min_size=1, max_size=40), st.fractions(0, 1))
def test_a_quantile_lies_among_its_values(values: list[Fraction], p: Fraction) -> None:
    assert min(values) <= quantile(values, p) <= max(values)
    first, low, high = fences(values)
    assert low <= first <= high


def test_disqualification_is_reckoned_per_bidder_and_per_buyer_and_says_by_which_limit() -> None:
    """R038: under thirty the fixed limit is used, from thirty the fence; each statement says which."""
    calls = [call(n, offers=(A, replace(B, out=True), replace(C, out=True))) for n in range(4)]
    told = {hit.about.subject: hit for hit in RULES["F10"].find(facts(calls=calls))}
    buyer = calls[0].about.buyer
    assert set(told) == {
        f"accounts.organization:{who}" for who in (f"{B.provider}@{buyer}", f"{C.provider}@{buyer}", buyer)
    }
    assert "12 份申报中 8 份被否决（66.7%；固定界限 60.0%）" in told[f"accounts.organization:{buyer}"].statement
    assert not [
        hit for hit in RULES["F10"].find(facts(calls=calls[:3])) if "@" not in hit.about.subject
    ]  # nine bids are too few
    others = [
        replace(
            call(100 + n, offers=(A, replace(B, provider=f"q{n}", out=n == each))),
            about=replace(about(n), buyer=f"b{n}"),
        )
        for n in range(1, 40)
        for each in range(6)
    ]
    told = {hit.about.subject: hit for hit in RULES["F10"].find(facts(calls=[*calls, *others]))}
    assert "历史四分位界限" in told[f"accounts.organization:{buyer}"].statement
    for rule, found_in in (("F05", chronic(0)), ("F11", wins_of(4))):
        assert all(hit.evidence["界限来历"] == "固定界限" for hit in RULES[rule].find(facts(calls=found_in)))


def test_bidders_are_reckoned_over_all_buyers_and_the_flag_is_of_the_latest_one() -> None:
    """R025, R038 and R048 look at all processes: what no single buyer could see is found, once, for the latest of them."""

    def spread(calls: list[Call]) -> list[Call]:
        return [
            replace(each, about=replace(each.about, buyer=f"b{n}"), published_at=NOW - timedelta(days=100 + n))
            for n, each in enumerate(calls)
        ]

    often_out = [call(n, offers=(A, replace(B, out=n < 2))) for n in range(3)]
    for rule, who, calls in (("F05", "p0", chronic(0)), ("F10", B.provider, often_out), ("F11", "p0", wins_of(4))):
        told = [hit.about for hit in RULES[rule].find(facts(calls=spread(calls)))]
        assert [(each.subject, each.buyer) for each in told] == [(f"accounts.organization:{who}@b0", "b0")], rule


def test_where_all_are_alike_a_fence_sets_nobody_apart() -> None:
    """Quartiles without spread put the fence on the common value: Cardinal alone would flag everybody."""
    alone = [replace(call(n), offers=(A,)) for n in range(40)]
    alone = [
        replace(each, offers=(replace(A, provider=f"q{n % 40}"),), won=f"q{n % 40}")
        for n, each in enumerate([*alone, *alone])
    ]
    for rule in ("F05", "F10"):
        assert found(rule, facts(calls=alone)) == []
    busy = [replace(call(n), won=f"q{n % 35}", category=CATEGORIES[0]) for n in range(35 * 20)]
    assert found("F11", facts(calls=busy)) == []


def test_what_is_about_one_event_is_measured_by_the_value_of_its_day() -> None:
    """The shortest period was ten days until the first of July: what was published before is measured by ten."""
    day = date(2026, 7, 1)
    dated = {"risk.F01.days": ((date(2020, 3, 1), D(10)), (day, D(15)))}

    def told(published: datetime) -> bool:
        made = call(published_at=published, deadline=published + timedelta(days=12))
        return bool(found("F01", replace(facts(calls=[made]), dated=dated)))

    assert not told(clock.local("2026-06-30 23:59"))
    assert told(clock.local("2026-07-01 00:00"))
    assert not told(clock.local("2019-01-01 09:00"))


def test_a_rule_is_held_against_nothing_that_is_older_than_its_text() -> None:
    """F42 cites the regulation of 2025-06-01: a contract signed the day before is not measured by it."""

    def told(day: date) -> set[str]:
        old = deal(words="审计结果作为结算依据", about=replace(deal().about, day=day))
        return {rule.id for rule, _hit in hits(facts(deals=[old]))}

    assert "F42" not in told(date(2025, 5, 31))
    assert "F42" in told(date(2025, 6, 1))
    assert all(rule.since for rule in RULES.values() if rule.level == "proven" and "条" in rule.basis)


# Rules that ask how far something lies from all the rest: of a normal distribution such a fence sets 0.35 % apart on each
# side, whether anything is wrong or not.
FENCED = {"F03", "F04", "F05", "F10", "F11", "F38"}


def measured(size: int) -> dict[str, tuple[int, int, int]]:
    """rule -> (planted, found of them, found beside them), over generated processes; a rule without any is not there."""
    made = generated(size)
    told = {(rule.id, hit.about.subject) for rule, hit in hits(made.facts)}
    rules = sorted({rule for rule, _subject in made.expected | told})
    return {
        rule: (
            sum(each[0] == rule for each in made.expected),
            sum(each[0] == rule for each in made.expected & told),
            sum(each[0] == rule for each in told - made.expected),
        )
        for rule in rules
    }


def lines(table: dict[str, tuple[int, int, int]]) -> Iterator[str]:
    """The table for people: recall and precision of each rule, of those with a fence, of the others, and in all."""
    groups = {rule: {rule} for rule in table}
    groups |= {"fences": FENCED, "the others": set(table) - FENCED, "all": set(table)}
    for name, rules in groups.items():
        planted, found_, beside = (sum(table[rule][n] for rule in rules & set(table)) for n in range(3))
        yield (
            f"{name}: planted {planted}, found {found_}, beside {beside}; "
            f"recall {found_ / max(planted, 1):.3f}, precision {found_ / max(found_ + beside, 1):.3f}"
        )


def test_recall_and_precision_of_every_rule() -> None:
    """Every rule is planted and all that was planted is found. Beside it stand only the ordinary tails beyond a fence."""
    table = measured(2_000)
    print("\n".join(lines(table)))
    assert {rule for rule, (planted, _f, _b) in table.items() if planted} == set(RULES)
    assert {rule: found_ for rule, (_p, found_, _b) in table.items()} == {
        rule: p for rule, (p, _f, _b) in table.items()
    }
    assert {rule for rule, (_p, _f, beside) in table.items() if beside} <= FENCED
    # What a fence sets apart of an ordinary market is less than one in fifty, in groups of fifty (F38) too.
    assert all(beside <= 40 for _p, _f, beside in table.values())


def test_the_fences_are_used_where_the_market_is_large_enough() -> None:
    made = generated(2_000)
    for rule in sorted(FENCED - {"F38"}):
        planted = [hit for hit in RULES[rule].find(made.facts) if (rule, hit.about.subject) in made.expected]
        assert {hit.evidence["界限来历"] for hit in planted} == {"历史四分位界限"}, rule
