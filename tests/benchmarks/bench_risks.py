"""The risk rules over 2,000 and 20,000 made-up processes: what was planted is found, and time grows no faster than size."""

from __future__ import annotations

import gc
import time

from audit.risks.registry import RULES
from tests.audit.risks.test_rules import FENCED, lines, measured
from tests.journeys.planted import generated

SIZES = (2_000, 20_000)
# Ten times as much may take ten times as long, and a quarter for the memory it needs.
TARGET = 12.5


def seconds(size: int) -> float:
    """The best of three runs of all rules, of this process alone."""
    read = generated(size).facts
    runs = []
    for _n in range(3):
        # Python's own collector walks all objects again and again; what is measured here is the rules.
        gc.collect()
        gc.disable()
        start = time.process_time()
        for rule in RULES.values():
            for _hit in rule.find(read):
                pass
        runs.append(time.process_time() - start)
        gc.enable()
    return min(runs)


def test_recall_precision_and_growth() -> None:
    """One line a rule, one each for the rules with a fence, the others and all, one for the growth."""
    table = measured(SIZES[1])
    print("\n".join(lines(table)))
    growth = seconds(SIZES[1]) / seconds(SIZES[0])
    print(f"规模 ×{SIZES[1] // SIZES[0]} 时用时 ×{growth:.1f} · 目标 ≤ {TARGET}；召回目标 1.000（{SIZES[1]} 个过程）")
    assert {rule for rule, (planted, _f, _b) in table.items() if planted} == set(RULES)
    assert all(planted == found for planted, found, _beside in table.values())
    assert {rule for rule, (_p, _f, beside) in table.items() if beside} <= FENCED
