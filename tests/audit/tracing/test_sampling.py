"""Sampling as arithmetic: every fen equally likely, what is above the interval always in, the same seed the same sample."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.tracing.sampling import (
    chosen,
    digest_of,
    hits,
    interval_of,
    monetary_sample,
    projected_error,
    random_sample,
    start_of,
)

seeds = st.binary(min_size=32, max_size=32).map(bytes.hex)
amounts = st.lists(st.integers(1, 400), min_size=1, max_size=12)
populations = st.dictionaries(st.uuids().map(str), st.integers(1, 10**9), min_size=1, max_size=40)
# So many that two seeds do not come to one order by chance.
large = st.dictionaries(st.uuids().map(str), st.integers(1, 10**9), min_size=20, max_size=40)


def test_the_worked_example() -> None:
    assert interval_of(1000, 3) == 334
    assert hits([100, 400, 150, 350], 334, 120) == [0, 2, 0, 1]
    found = [(Decimal("350.00"), Decimal("35.00")), (Decimal("150.00"), Decimal("15.00"))]
    interval = Decimal("334.00")
    total = Decimal("1000.00")
    assert projected_error("monetary", found[:1], total=total, interval=interval) == Decimal("35.00")
    assert projected_error("monetary", found[1:], total=total, interval=interval) == Decimal("33.40")
    assert projected_error("random", found, total=total, interval=Decimal(0)) == Decimal("100.00")
    assert projected_error("random", [], total=total, interval=Decimal(0)) == Decimal("0.00")


@given(amounts, st.integers(1, 12))
def test_every_fen_is_equally_likely(values: list[int], n: int) -> None:
    """Over all starts of the interval each amount is hit exactly as often as it has fen."""
    interval = interval_of(sum(values), n)
    counted: Counter[int] = Counter()
    for start in range(1, interval + 1):
        for place, count in enumerate(hits(values, interval, start)):
            assert count >= 0
            counted[place] += count
    assert [counted[place] for place in range(len(values))] == values


@given(amounts, st.integers(1, 12), st.data())
def test_points_lie_an_interval_apart(values: list[int], n: int, data: st.DataObject) -> None:
    """The counts are those of a plain walk over the points."""
    interval = interval_of(sum(values), n)
    start = data.draw(st.integers(1, interval))
    ends = [sum(values[: place + 1]) for place in range(len(values))]
    walked = [0] * len(values)
    for point in range(start, sum(values) + 1, interval):
        walked[next(place for place, end in enumerate(ends) if point <= end)] += 1
    assert hits(values, interval, start) == walked
    assert sum(walked) <= n


@given(seeds, populations, st.integers(1, 40))
def test_above_the_interval_always_in(seed: str, population: dict[str, int], n: int) -> None:
    interval = interval_of(sum(population.values()), n)
    found = {each.key: each for each in monetary_sample(seed, population, n)}
    large = {key for key, fen in population.items() if fen >= interval}
    assert large <= set(found)
    assert {key for key, each in found.items() if each.certain} == large
    assert sum(each.hits for each in found.values()) <= n
    assert 1 <= start_of(seed, interval) <= interval


@given(seeds, populations, st.integers(1, 40), st.sampled_from(["random", "monetary"]))
def test_the_same_seed_the_same_sample(seed: str, population: dict[str, int], n: int, method: str) -> None:
    turned = dict(reversed(population.items()))
    assert chosen(method, seed, population, n) == chosen(method, seed, turned, n)
    assert digest_of(population) == digest_of(turned)
    keys = [each.key for each in chosen(method, seed, population, n)]
    assert len(keys) == len(set(keys))
    assert set(keys) <= set(population)
    if method == "random":
        assert len(keys) == min(n, len(population))


@given(large, st.lists(seeds, min_size=2, max_size=2, unique=True))
def test_the_seed_decides(population: dict[str, int], two: list[str]) -> None:
    orders = [[each.key for each in random_sample(seed, population, len(population))] for seed in two]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]


def test_large_amounts_are_chosen_more_often() -> None:
    """One of 300 fen is chosen about three times as often as one of 100."""
    population = {"a": 100, "b": 300, **{f"c{n}": 100 for n in range(16)}}
    counted: Counter[str] = Counter()
    for n in range(3000):
        counted.update(each.key for each in monetary_sample(f"{n:064x}", population, 2))
    assert 2.3 < counted["b"] / counted["a"] < 3.9


def test_no_points_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        interval_of(100, 0)
