"""The three bands of a mark (档次) and what a mark may be. Pure arithmetic, no database.

An expert first picks the band, then the point in it, in half points; outside the middle band a written reason is wanted.
source  interface.md 3.5
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import ceil, floor

from procurement.reviews.ranking import HIGH, LOW


@dataclass(frozen=True)
class Band:
    """One band: its word, what it means, and its lowest and highest point (both inside)."""

    key: str
    label: str
    meaning: str
    low: Decimal
    high: Decimal

    def holds(self, mark: Decimal) -> bool:
        """Whether a mark lies in it."""
        return self.low <= mark <= self.high


def bands(weight: int) -> list[Band]:
    """The bands of a criterion of this weight, lowest first; an empty band is left out."""
    middle_low = Decimal(ceil(LOW * weight * 2)) / 2
    middle_high = Decimal(floor(HIGH * weight * 2)) / 2
    half = Decimal("0.5")
    found = [
        Band("low", "不足", "低于六成，须写理由", Decimal(0), middle_low - half),
        Band("middle", "符合", "达到评分细则", middle_low, middle_high),
        Band("high", "突出", "高于九成，须写理由", middle_high + half, Decimal(weight)),
    ]
    return [band for band in found if band.low <= band.high]


def read_mark(text: object, weight: int) -> Decimal | None:
    """A mark as typed: a number of half points from 0 to the weight, else None."""
    try:
        mark = Decimal(str(text).strip())
    except InvalidOperation:
        return None
    if not mark.is_finite() or not 0 <= mark <= weight or Fraction(mark * 2).denominator != 1:
        return None
    return mark.quantize(Decimal("0.1"))
