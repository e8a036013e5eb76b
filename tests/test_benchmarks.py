"""The benchmarks' large database, made small: copies open as pages, their journals verify, their money adds up."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import F, Sum
from django.test import Client

from audit.journal.verification import verify
from core import clock
from procurement.budgets.models import Allocation, BudgetLine, LedgerEntry
from procurement.orders.models import Order
from procurement.payments.models import PaymentSplit
from procurement.projects.models import Project
from tests.benchmarks.copies import Population
from tests.benchmarks.pages import STRANGER, pages_of
from tests.benchmarks.papers import DATABASES, blocks, committed
from tests.benchmarks.table import Figures, Took, Verified
from tests.benchmarks.walks import NOW, WALKS, walked
from tests.cast import Cast

TWICE = {walk.name: 2 for walk in WALKS}
GIVES, TAKES = ("plan", "contract", "pay"), ("release_plan", "release_contract", "refund")


@pytest.mark.urls("tests.benchmarks.plain")
def test_copies_are_whole(cast: Cast) -> None:
    population = Population(cast, *walked(cast), shares=TWICE, recent=2)
    population.grow(40)
    size = len(WALKS)
    blocks = population.blocks
    assert Order.objects.count() == population.orders == size + blocks * 2 * size >= 40
    connection.check_constraints()

    # Every chain, every head and every status of the copies is as if it had been walked.
    assert verify()[1] == []

    # The lines hold what their cases hold, the cases what the ledger says, the ledger what the treasury paid.
    lines = BudgetLine.objects.annotate(held=Sum("allocations__planned_amount")).filter(held__isnull=False)
    assert lines.count() == 1 + blocks
    assert not lines.exclude(held=F("planned_amount")).exists()
    for give, take, column in zip(GIVES, TAKES, ("planned", "contracted", "paid"), strict=True):
        moved = LedgerEntry.objects.filter(kind=give).aggregate(n=Sum("amount"))["n"]
        back = LedgerEntry.objects.filter(kind=take).aggregate(n=Sum("amount"))["n"] or 0
        assert moved - back == Allocation.objects.aggregate(n=Sum(f"{column}_amount"))["n"] > 0
    assert (
        PaymentSplit.objects.filter(payment__status="paid").aggregate(n=Sum("amount"))["n"]
        == Allocation.objects.aggregate(n=Sum("paid_amount"))["n"]
    )
    assert Project.objects.values("buyer").distinct().count() == (2 if blocks >= 9 else 1)

    # Each of the measured pages opens on a copy, and is told in a line of the table.
    with clock.travel(NOW):
        pages = pages_of(population)
        for page in pages:
            client = cast.client(page.login) if page.login else Client()
            assert client.get(page.url).status_code == client.get(page.baseline).status_code == 200, page
    assert {STRANGER, "buyer", "auditor", "provider1"} <= {page.login for page in pages}
    assert len({page.name for page in pages}) == len(pages)
    assert len(Figures("sqlite", 1).lines({})) == 1


def test_the_journals_figures_are_shares_of_bare_hashlib() -> None:
    found = Verified("sqlite", 1_000, Took(0.6, 0.6), {1: Took(6, 6), 2: Took(3, 2.5)})
    assert found.ratios()["2"] == {"wall": 0.2, "processor": 0.24}
    slow, quick = found.lines({"ratios": {"2": {"wall": 0.1, "processor": 0.12}}})
    assert slow.endswith("✗")
    assert quick.endswith("✓")
    assert "上次 0.100、0.120" in quick


def test_the_papers_show_the_committed_figures() -> None:
    assert all(committed(database) for database in DATABASES)
    for paper, block in blocks().items():
        assert block in paper.read_text(encoding="utf-8"), f"{paper.name}: RECORD=1 make bench draws it"
