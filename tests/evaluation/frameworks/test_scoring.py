"""Every formula of the 100 points at its edges, sub-scores, grades; and what must hold for any figures."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.frameworks.scoring import (
    FORMULAS,
    Tagged,
    deviates,
    faults,
    grade,
    mean,
    mean_deviation,
    score,
    sub_scores,
)
from evaluation.frameworks.starting_list import INDICATORS

BOUNDS = {"优": 90, "良": 80, "中": 60}
ENTRIES = {each.code: each for each in INDICATORS}

# code, figures, points: the arithmetic of domain.md 6.1 at its edges; None is 未取得.
GOLDEN: list[tuple[str, dict[str, Any], str | None]] = [
    ("E1.1", {"part": 3, "whole": 3}, "4.00"),
    ("E1.1", {"part": 2, "whole": 3}, "2.67"),  # 8/3
    ("E1.1", {"part": 0, "whole": 0}, None),
    ("E1.2", {"part": 1, "whole": 8}, "0.38"),  # 0.375, half up
    ("E1.3", {"deviation": 0}, "3.00"),
    ("E1.3", {"deviation": Decimal("12.5")}, "2.63"),  # 3 × 0.875 = 2.625
    ("E1.3", {"deviation": 140}, "0.00"),
    ("E2.1", {"part": 1, "whole": 2}, "2.00"),
    ("E2.2", {"months": 18, "promised": 24, "replaced": 1, "key": 3}, "2.00"),  # 4 × 3/4 × 2/3, exact
    ("E2.2", {"months": 30, "promised": 24, "replaced": 0, "key": 3}, "4.00"),
    ("E2.2", {"months": 24, "promised": 24, "replaced": 0, "key": 0}, None),
    ("E2.3", {"part": 13, "whole": 15}, "4.33"),
    ("E2.4", {"part": 12, "whole": 12, "unreported": 0}, "3.00"),
    ("E2.4", {"part": 11, "whole": 12, "unreported": 0}, "0.00"),
    ("E2.4", {"part": 12, "whole": 12, "unreported": 1}, "0.00"),
    ("E2.5", {"paid": 90, "budget": 100, "approved": 0}, "4.00"),
    ("E2.5", {"paid": 100, "budget": 100, "approved": 0}, "4.00"),
    ("E2.5", {"paid": 75, "budget": 100, "approved": 0}, "2.00"),
    ("E2.5", {"paid": 60, "budget": 100, "approved": 0}, "0.00"),
    ("E2.5", {"paid": 59, "budget": 100, "approved": 0}, "0.00"),
    ("E2.5", {"paid": Decimal("100.01"), "budget": 100, "approved": 0}, "0.00"),
    ("E2.5", {"paid": Decimal("100.01"), "budget": 100, "approved": 1}, "4.00"),
    ("E2.6", {"questioned": 0, "spent": 1000, "fraud": 0}, "5.00"),
    ("E2.6", {"questioned": 100, "spent": 1000, "fraud": 0}, "2.50"),
    ("E2.6", {"questioned": 200, "spent": 1000, "fraud": 0}, "0.00"),
    ("E2.6", {"questioned": 500, "spent": 1000, "fraud": 0}, "0.00"),
    ("E2.6", {"questioned": 0, "spent": 1000, "fraud": 1}, "0.00"),
    ("E2.6", {"questioned": 0, "spent": 0, "fraud": 0}, None),
    ("E3.1", {"actual": 34, "target": 36}, "5.67"),
    ("E3.1", {"actual": 40, "target": 36}, "6.00"),
    ("E3.2", {"actual": 1962, "target": 2000}, "4.91"),  # 4.905, half up
    ("E3.3", {"actual": 0, "target": 60}, "0.00"),
    ("E3.4", {"part": 5, "whole": 6}, "5.00"),
    ("E3.5", {"part": 4, "whole": 5}, "3.20"),
    ("E3.6", {"cost": 100, "norm": 100}, "5.00"),
    ("E3.6", {"cost": 115, "norm": 100}, "2.50"),
    ("E3.6", {"cost": 130, "norm": 100}, "0.00"),
    ("E3.6", {"cost": 131, "norm": 100}, "0.00"),
    ("E4.1", {"improved": 30, "measured": 60}, "6.67"),  # 8 × (0.5 ÷ 0.6)
    ("E4.1", {"improved": 40, "measured": 60}, "8.00"),
    ("E4.1", {"improved": 0, "measured": 0}, None),
    ("E4.2", {"part": 17, "whole": 20}, "4.25"),
    ("E4.3", {"part": 20, "whole": 24}, "4.17"),
    ("E4.4", {"met": 3}, "3.00"),
    ("E4.5", {"cash": 4000, "in_kind": 1000, "fiscal": 100000}, "1.50"),  # 5 % of the 10 % wanted
    ("E4.5", {"cash": Decimal("43267.30"), "in_kind": 0, "fiscal": 200000}, "3.00"),
    ("E4.6", {"benchmark": 5000, "cost": 60000, "outcomes": 10}, "2.50"),
    ("E4.6", {"benchmark": 5000, "cost": 60000, "outcomes": 0}, "0.00"),
    ("E4.6", {"benchmark": 5000, "cost": 20000, "outcomes": 10}, "3.00"),
    ("E4.7", {"satisfied": 36, "asked": 40, "people": 500}, "5.00"),
    ("E4.7", {"satisfied": 30, "asked": 40, "people": 500}, "2.50"),
    ("E4.7", {"satisfied": 24, "asked": 40, "people": 500}, "0.00"),
    ("E4.7", {"satisfied": 29, "asked": 29, "people": 500}, "0.00"),  # the sample is too small
    ("E4.7", {"satisfied": 20, "asked": 20, "people": 20}, "5.00"),  # but it is everybody
    ("E4.8", {"satisfied": 3, "asked": 4, "people": 4}, "1.00"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "figures", "points"), GOLDEN)
def test_golden(code: str, figures: dict[str, Any], points: str | None) -> None:
    entry = ENTRIES[code]
    found = score(FORMULAS[entry.formula], entry.weight, figures, entry.params)
    assert found.points == (Decimal(points) if points is not None else None)
    assert found.working


def test_every_indicator_has_an_edge_here() -> None:
    assert {code for code, _figures, _points in GOLDEN} == set(ENTRIES)


figure = st.decimals(min_value=0, max_value=10_000_000, places=2)


@given(st.sampled_from(INDICATORS), st.lists(figure, min_size=4, max_size=4))
def test_points_lie_within_the_weight(entry: Any, values: list[Decimal]) -> None:
    formula = FORMULAS[entry.formula]
    figures = {
        part.name: Decimal(int(value) % 2) if part.flag else value
        for part, value in zip(formula.parts, values, strict=False)
    }
    found = score(formula, entry.weight, figures, entry.params).points
    assert found is None or Decimal("0.00") <= found <= entry.weight
    assert found is None or found == found.quantize(Decimal("0.01"))


@given(st.lists(st.integers(0, 10_000), min_size=23, max_size=23), st.randoms())
def test_the_order_of_entry_never_matters(shares: list[int], chance: random.Random) -> None:
    rows = [
        Tagged(each.weight, (each.weight * Decimal(share) / 10_000).quantize(Decimal("0.01")),
               each.stage, each.horizon, each.benefit, each.block)
        for each, share in zip(INDICATORS, shares, strict=True)
    ]  # fmt: skip
    mixed = rows[:]
    chance.shuffle(mixed)
    found = sub_scores(rows)
    assert sub_scores(mixed) == found
    total = sum(row.points for row in rows)
    for axis in ("stage", "horizon", "benefit", "block"):
        assert sum(each.points for each in found if each.axis == axis) == total
        assert sum(each.weight for each in found if each.axis == axis) == 100
    assert all(0 <= each.percent <= 100 for each in found)
    marks = [row.points for row in rows[:2]]
    assert mean(marks) == mean(marks[::-1])


def test_sub_scores_of_the_hundred_points() -> None:
    """P 35 / O 65; S 88 / L 12; So 53 / Ec 23 / neutral 24; PM 23 / SE 54 / FU 23, each rescaled to 100."""
    rows = [
        Tagged(each.weight, Decimal(each.weight) / 2, each.stage, each.horizon, each.benefit, each.block)
        for each in INDICATORS
    ]
    found = sub_scores(rows)
    weights = {(each.axis, each.key): each.weight for each in found}
    assert weights == {
        ("stage", "P"): 35, ("stage", "O"): 65, ("horizon", "S"): 88, ("horizon", "L"): 12, ("benefit", "So"): 53,
        ("benefit", "Ec"): 23, ("benefit", ""): 24, ("block", "PM"): 23, ("block", "SE"): 54, ("block", "FU"): 23,
    }  # fmt: skip
    assert {each.percent for each in found} == {Decimal("50.00")}


@pytest.mark.parametrize(
    ("total", "vetoed", "wanted"),
    [("90", False, "优"), ("89.99", False, "良"), ("80", False, "良"), ("79.99", False, "中"), ("60", False, "中"),
     ("59.99", False, "差"), ("0", False, "差"), ("100", True, "差")],
)  # fmt: skip
def test_grades(total: str, vetoed: bool, wanted: str) -> None:
    assert grade(Decimal(total), BOUNDS, vetoed=vetoed) == wanted


def test_mean_deviation() -> None:
    pairs = [(Decimal(110), Decimal(100)), (Decimal(80), Decimal(100)), (Decimal(5), Decimal(0))]
    assert mean_deviation(pairs) == Decimal("15.00")
    assert mean_deviation([]) is None


def test_deviation_is_strict() -> None:
    assert not deviates(Decimal("4.00"), Decimal("3.00"), 5, 20)
    assert deviates(Decimal("4.01"), Decimal("3.00"), 5, 20)


def test_faults_are_named_at_their_figure() -> None:
    satisfaction = FORMULAS["satisfaction"]
    assert faults(satisfaction, {"satisfied": Decimal(31), "asked": Decimal(30), "people": Decimal(30)}) == {
        "satisfied": "满意不能多于有效样本。"
    }
    assert set(faults(satisfaction, {"satisfied": Decimal(-1), "asked": Decimal(3)})) == {"satisfied"}
    assert set(faults(FORMULAS["compliance"], {"questioned": Decimal(2), "spent": Decimal(1), "fraud": Decimal(2)})) == {
        "questioned", "fraud",
    }  # fmt: skip
