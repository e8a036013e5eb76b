"""Sampling (抽样): who has the seed and the population gets the same sample. Pure arithmetic in whole fen, no database.

Two methods. Random (随机): every voucher equally likely. Monetary-unit (货币单元): every fen equally likely, so that a
voucher's chance grows with its amount; one of at least an interval is always taken.

A worked example of the second: four vouchers of 100, 400, 150 and 350 fen, three to be chosen. The total is 1,000, the
interval ⌈1000 / 3⌉ = 334. With start 120 the points are 120, 454 and 788: the second voucher holds fen 101–500 and with
them 120 and 454, the fourth holds 651–1000 and with it 788. Chosen: the second (two hits, it is above the interval) and
the fourth. Both are above the interval and stand for themselves: an error of 35 fen in the fourth is 35 fen in the
whole. Had the third been hit, with an error of 15, it would stand for its share of an interval: 15 / 150 × 334 = 33.4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO, yuan
from procurement.panels.draw import draw, order_of_call


@dataclass(frozen=True)
class Pick:
    """One chosen voucher. hits: how many points fell on it (random: 1); certain: whether it was above the interval."""

    key: str
    hits: int = 1
    certain: bool = False


def digest_of(population: Mapping[str, int]) -> str:
    """SHA-256 over keys and fen in the keys' order, hex: names exactly this population."""
    lines = "\n".join(f"{key}|{population[key]}" for key in sorted(population))
    return hashlib.sha256(f"population/1\n{lines}".encode()).hexdigest()


def interval_of(total: int, n: int) -> int:
    """The interval in fen for n points over a total: ⌈total / n⌉, at least 1; so there are never more than n points."""
    if n < 1:
        raise ValueError("at least one point is wanted")
    return max(1, -(-total // n))


def start_of(seed: str, interval: int) -> int:
    """The first point, 1 … interval, from the seed (64 hex digits)."""
    number = int.from_bytes(hashlib.sha256(f"mus/1|{seed}".encode()).digest(), "big")
    return number % interval + 1


def hits(amounts: Sequence[int], interval: int, start: int) -> list[int]:
    """How many of the points start, start + interval, … fall on each amount, laid end to end; fen, in order.

    amounts  not below zero;  start: 1 … interval
    returns  one count an amount; over all starts every single fen is hit exactly once
    """
    found, reached, before = [], 0, 0
    for amount in amounts:
        reached += amount
        upto = (reached - start) // interval + 1
        found.append(upto - before)
        before = upto
    return found


def monetary_sample(seed: str, population: Mapping[str, int], n: int) -> list[Pick]:
    """Choose by monetary unit (货币单元抽样), in an order of the population that the seed decides.

    population  key -> fen, above zero;  n: how many points
    returns     the chosen in that order; fewer than n where one holds several points
    """
    order = order_of_call(seed, population)
    interval = interval_of(sum(population.values()), n)
    counts = hits([population[key] for key in order], interval, start_of(seed, interval))
    return [
        Pick(key, count, certain=population[key] >= interval) for key, count in zip(order, counts, strict=True) if count
    ]


def random_sample(seed: str, population: Iterable[str], n: int) -> list[Pick]:
    """Choose n at random (随机抽样), each as likely as any other."""
    return [Pick(key) for key in draw(seed, population, n)]


def chosen(method: str, seed: str, population: Mapping[str, int], n: int) -> list[Pick]:
    """The sample of a method: "random" | "monetary". Repeats exactly."""
    return monetary_sample(seed, population, n) if method == "monetary" else random_sample(seed, population, n)


def projected_error(
    method: str, found: Sequence[tuple[Decimal, Decimal]], *, total: Decimal, interval: Decimal
) -> Decimal:
    """What the errors of a sample stand for in the whole population (推断错报), in yuan.

    found     (amount, error in it) of each looked-at voucher, in yuan;  total: of the population
    interval  of the monetary sample, in yuan
    returns   monetary: each error's share of its voucher × interval, and the error itself where the voucher is at least
              the interval; random: errors ÷ sampled amount × total (比率估计)
    """
    if method == "monetary":
        return yuan(sum((error if amount >= interval else error / amount * interval for amount, error in found), ZERO))
    looked = sum((amount for amount, _error in found), ZERO)
    return yuan(sum((error for _amount, error in found), ZERO) / looked * total) if looked else ZERO
