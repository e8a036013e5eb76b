"""Quantiles and fences (分位数与界限) as OCDS Cardinal computes them; pure.

source  open-contracting/cardinal-rs: quantile type 8 (median-unbiased), fences Q1 − 1.5·IQR and Q3 + 1.5·IQR
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

THIRD = Fraction(1, 3)
REACH = Fraction(3, 2)


def quantile(values: Sequence[Fraction], p: Fraction) -> Fraction:
    """The p-quantile of type 8: h = (n + 1/3)·p + 1/3, between the neighbours. values: at least one, in any order."""
    return _at(_ranked(values), p)


def _ranked(values: Sequence[Fraction]) -> list[Fraction]:
    """In ascending order; rounded values come first in the comparison, for exact ones are slow to compare."""
    return sorted(values, key=lambda value: (float(value), value))


def _at(ranked: Sequence[Fraction], p: Fraction) -> Fraction:
    h = (len(ranked) + THIRD) * p + THIRD
    low = int(h)
    if low < 1:
        return ranked[0]
    if low >= len(ranked):
        return ranked[-1]
    return ranked[low - 1] + (h - low) * (ranked[low] - ranked[low - 1])


def fences(values: Sequence[Fraction]) -> tuple[Fraction, Fraction, Fraction]:
    """(Q1, lower fence, upper fence)."""
    ranked = _ranked(values)
    first, third = _at(ranked, Fraction(1, 4)), _at(ranked, Fraction(3, 4))
    return first, first - REACH * (third - first), third + REACH * (third - first)
