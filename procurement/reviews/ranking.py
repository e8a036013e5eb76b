"""The ranking (评审排序): price score, technical score, total, rank, ties. Pure arithmetic, no database.

Price score = lowest valid price ÷ own price × weight (golden: 44.5 ÷ 56.6 × 20 = 15.72); averages as base are unlawful.
Technical score = sum over the criteria of the mean of all experts; nobody's marks are dropped. Two decimals, half up.
source  domain.md 0.1 (facts 5, 6), 2.4, 6.2; 财政部令第87号第五十五条、第五十七条; 财库〔2014〕214号
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

# A mark further from the mean than this share of the criterion's weight is flagged (偏离).
DEVIATION: Final = Fraction(20, 100)
# Outside these shares of the weight an expert gives a written reason (低于 60%、高于 90%).
LOW: Final = Fraction(60, 100)
HIGH: Final = Fraction(90, 100)

BY_PRICE: Final = "同分，报价低者在前"
BY_TECHNICAL: Final = "同分同价，技术商务分高者在前"
EQUAL: Final = "同分同价同技术商务分，并列"


@dataclass(frozen=True)
class Entry:
    """One bid to be ranked. price in yuan; marks: criterion key -> one mark an expert, in points."""

    key: str
    price: Decimal
    marks: Mapping[str, Sequence[Decimal]]


@dataclass(frozen=True)
class Place:
    """One bid's place. Scores in points with two decimals; tie_rule names the rule that parted it from an equal total."""

    key: str
    price_score: Decimal
    technical_score: Decimal
    total: Decimal
    rank: int
    tie_rule: str = ""


def price_score(lowest: Decimal, own: Decimal, weight: int) -> Decimal:
    """lowest ÷ own × weight in points, two decimals half up. Prices in yuan, both above zero."""
    return _rounded(Fraction(lowest) / Fraction(own) * weight)


def mean(marks: Sequence[Decimal]) -> Decimal:
    """The mean of the experts' marks as it is shown: two decimals half up; 0.00 for none."""
    return _rounded(_mean(marks))


def technical_score(marks: Mapping[str, Sequence[Decimal]]) -> Decimal:
    """Sum of the criteria's exact means, rounded once at the end."""
    return _rounded(sum((_mean(each) for each in marks.values()), Fraction(0)))


def rank(entries: Iterable[Entry], price_weight: int) -> list[Place]:
    """All bids in rank order; the order of entry and of the experts does not matter.

    price_weight  points for the price; 0 where price is no factor
    returns       best first; bids equal in total, price and technical score share a rank and stand by key
    """
    found = list(entries)
    lowest = min((entry.price for entry in found), default=Decimal(0))
    scored = []
    for entry in found:
        by_price = price_score(lowest, entry.price, price_weight) if price_weight else Decimal("0.00")
        technical = technical_score(entry.marks)
        scored.append((by_price + technical, entry.price, technical, by_price, entry.key))
    scored.sort(key=lambda row: (-row[0], row[1], -row[2], row[4]))
    places: list[Place] = []
    for n, (total, price, technical, by_price, key) in enumerate(scored):
        equal = n > 0 and scored[n - 1][:3] == (total, price, technical)
        place = places[-1].rank if equal else n + 1
        places.append(Place(key, by_price, technical, total, place, _tie_rule(scored, n)))
    return places


def deviates(mark: Decimal, marks: Sequence[Decimal], weight: int) -> bool:
    """Whether a mark lies further from the mean of all than 20 % of the criterion's weight."""
    return abs(Fraction(mark) - _mean(marks)) > DEVIATION * weight


def needs_reason(mark: Decimal, weight: int) -> bool:
    """Whether a mark wants a written reason: below 60 % or above 90 % of the weight."""
    return not LOW * weight <= Fraction(mark) <= HIGH * weight


def _tie_rule(scored: Sequence[tuple[Decimal, Decimal, Decimal, Decimal, str]], n: int) -> str:
    """The rule between this bid and its neighbors of the same total; the finest one needed."""
    total, price, technical = scored[n][:3]
    rivals = [row for m, row in enumerate(scored) if m != n and row[0] == total]
    if any(row[1:3] == (price, technical) for row in rivals):
        return EQUAL
    if any(row[1] == price for row in rivals):
        return BY_TECHNICAL
    return BY_PRICE if rivals else ""


def _mean(marks: Sequence[Decimal]) -> Fraction:
    return sum((Fraction(mark) for mark in marks), Fraction(0)) / len(marks) if marks else Fraction(0)


def _rounded(value: Fraction) -> Decimal:
    """Half up to two decimals from an exact fraction (never negative here): nothing is rounded twice."""
    hundredths = (200 * value.numerator + value.denominator) // (2 * value.denominator)
    return Decimal(hundredths).scaleb(-2)
