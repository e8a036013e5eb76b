"""Pages over large databases: ratios to a plain page of the same frame, and how they grow with the number of orders.

BENCH_ORDERS    sizes, ascending, e.g. 1000,100000 (PostgreSQL) or 10000 (SQLite)
BENCH_ROUNDS    how often each page is asked
RECORD=1        keep the figures in results/, from which the papers' tables are drawn
"""

from __future__ import annotations

import os
import time
from typing import Any

import pytest
from django.db import connection

from core import clock
from tests.benchmarks import papers, table
from tests.benchmarks.copies import Population
from tests.benchmarks.dialect import tidy
from tests.benchmarks.pages import measure, pages_of
from tests.benchmarks.walks import NOW, walked
from tests.cast import make_cast

SIZES = {"postgresql": "1000,100000", "sqlite": "10000"}
ROUNDS = "25"


@pytest.mark.django_db(transaction=True)
@pytest.mark.urls("tests.benchmarks.plain")
def test_pages(transactional_db: None, settings: Any) -> None:
    """One line a page; nothing is asserted on time."""
    sizes = [int(size) for size in (os.environ.get("BENCH_ORDERS") or SIZES[connection.vendor]).split(",")]
    rounds = int(os.environ.get("BENCH_ROUNDS", ROUNDS))
    # The request's own host, as a browser on this machine names it.
    settings.ALLOWED_HOSTS = ["testserver"]
    cast = make_cast()
    population = Population(cast, *walked(cast))
    found = table.Figures(connection.vendor, rounds)
    for size in sizes:
        begun = time.monotonic()
        rows = population.grow(size, unchecked=True)
        tidy()
        print(f"{connection.vendor}：复制到 {population.orders} 个订单，{rows} 行，{time.monotonic() - begun:.0f} 秒")
        with clock.travel(NOW):
            found.add(size, measure(population, pages_of(population), rounds))
    for line in found.lines(papers.committed(connection.vendor)):
        print(line)
    if os.environ.get("RECORD") == "1":
        found.write()
