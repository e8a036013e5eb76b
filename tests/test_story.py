"""The demonstration's script, played from its first day to today: money, journal and the six cases stand where they should."""

from __future__ import annotations

import io
import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection, transaction
from django.test import override_settings

from audit.journal.models import JournalEntry
from audit.journal.surroundings import verify_surroundings
from audit.journal.verification import journaled_models, verify
from core import clock, documents
from core.aggregates import Aggregate
from core.lifecycle import Lifecycle
from core.money import capitals
from core.reports import ReportJob
from demo import cases
from demo.people import World
from demo.world import build
from evaluation.assessments.models import Assessment
from procurement.activities.facts import missing_safeguards
from procurement.activities.models import Activity, RosterEntry
from procurement.activities.queries import delivered
from procurement.budgets.models import Allocation, BudgetLine
from procurement.expenses.queries import ledger_of
from procurement.inspections.models import SpotDraw
from procurement.inspections.queries import inspection_summary
from procurement.opinions.queries import opinion_of
from procurement.panels.draw import order_of_call
from procurement.payments.models import Payment, PaymentSplit
from tests.conftest import STOPPED_AT

pytestmark = pytest.mark.django_db

# What the rows say while the clock has already moved them on: an order past its deadline is still stored as published.
BY_CLOCK = {"procurement.order": {"published": "closed"}, "accounts.organization": {"suspended": "verified"}}

REACHED = {
    "procurement.project": {"draft", "feasibility", "approved", "procuring", "contracted", "closed", "failed"},
    "procurement.order": {
        *("draft", "checking", "approved", "published", "opened", "reviewing"),
        *("standstill", "challenged", "awarded", "contracted", "failed"),
    },
    "procurement.bid": {
        *("draft", "sealed", "opened", "qualified", "responsive", "scored", "recommended", "awarded"),
        *("unsuccessful", "returned"),
    },
    "procurement.opening": {"waiting", "one_key", "opened", "stopped"},
    "procurement.panel": {"forming", "declaring", "scoring", "consolidated"},
    "procurement.review": {"checking", "scoring", "consolidated"},
    "procurement.award": {"proposed", "published", "suspended", "confirmed"},
    "procurement.challenge": {"filed", "admitted"},
    "procurement.contract": {"draft", "legal_review", "signing", "performing", "completed", "closed"},
    "procurement.acceptance": {"reported", "accepted"},
    "procurement.settlement": {"drawn", "checked", "approved", "paid"},
    "procurement.payment": {"requested", "approved", "paid"},
    "procurement.budget_line": {"requested", "approved"},
}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The whole world, built once for this module inside one transaction that is rolled back."""
    media = tmp_path_factory.mktemp("media")
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=media),
        clock.travel(STOPPED_AT),
        transaction.atomic(),
    ):
        yield build()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def own_media(world: World) -> None:
    """The files of the world lie where the module's fixture has put them."""


def sums(statement: str, *values: Any) -> tuple[int, ...]:
    """One row of whole fen, straight from the tables."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return tuple(int(value or 0) for value in cursor.fetchone())


def test_ledger_and_settlements_differ_by_nothing(world: World) -> None:
    for name in ("children_settled", "kitchen_delivering", "festival_terminated"):
        assert cases.ledger_difference(world.facts[name]) == Decimal("0.00")


def test_ledger_allocations_and_splits_say_the_same(world: World) -> None:
    ledger = sums(
        """SELECT SUM(CASE kind WHEN 'plan' THEN amount WHEN 'release_plan' THEN -amount END),
                  SUM(CASE kind WHEN 'contract' THEN amount WHEN 'release_contract' THEN -amount END),
                  SUM(CASE kind WHEN 'pay' THEN amount WHEN 'refund' THEN -amount END)
           FROM procurement_ledgerentry"""
    )
    allocated = sums("SELECT SUM(planned_amount), SUM(contracted_amount), SUM(paid_amount) FROM procurement_allocation")
    assert ledger == allocated
    (split,) = sums(
        """SELECT SUM(s.amount) FROM procurement_paymentsplit s JOIN procurement_payment p ON p.id = s.payment_id
           WHERE p.status = 'paid'"""
    )
    (settled,) = sums("SELECT SUM(payable_amount) FROM procurement_settlement WHERE status = 'paid'")
    assert ledger[2] == split == settled > 0


def test_donations_are_kept_apart(world: World) -> None:
    contract = world.facts["kitchen_delivering"]
    line = BudgetLine.objects.get(pk=world.facts["donation"])
    assert (line.source, line.approved_amount) == ("donation", Decimal("43267.30"))
    donated = Allocation.objects.get(line=line)
    assert donated.case == contract.case_key
    assert donated.planned_amount == Decimal("43267.30")
    fundings = {f.allocation.line.source: f.amount for f in contract.fundings.select_related("allocation__line")}
    assert set(fundings) == {"fiscal", "donation"}
    assert sum(fundings.values()) == contract.amount
    assert fundings["donation"] == Decimal("43267.30"), "donations go into the contract wholly"
    # Each source pays its own part: what the splits say of either is what its own allocation says.
    splits: defaultdict[str, Decimal] = defaultdict(Decimal)
    for split in PaymentSplit.objects.filter(payment__settlement__contract=contract).select_related("allocation__line"):
        splits[split.allocation.line.source] += split.amount
    paid = {
        a.line.source: a.paid_amount for a in Allocation.objects.filter(case=contract.case_key).select_related("line")
    }
    assert dict(splits) == paid
    assert Decimal(0) < paid["donation"] < Decimal("43267.30")
    assert not Allocation.objects.filter(line=line).exclude(pk=donated.pk).exists(), (
        "no other case touches the donations"
    )


def test_journal_verifies(world: World) -> None:
    count, findings = verify()
    around = verify_surroundings()
    assert [str(finding) for finding in around.findings] == []
    assert min(around.documents, around.reports, around.notices, around.columns) > 0
    assert findings == []
    assert count > 400


def lifecycles() -> dict[str, Lifecycle]:
    """The tables by the names under which their objects are journaled."""
    return {model.journal_name: model.lifecycle for model in journaled_models() if issubclass(model, Aggregate)}


def test_every_status_was_reached_by_a_listed_step(world: World) -> None:
    tables = lifecycles()
    reached: defaultdict[str, set[str]] = defaultdict(set)
    for entry in JournalEntry.objects.order_by("object_key", "n").iterator():
        name = entry.object_key.partition(":")[0]
        body = json.loads(bytes(entry.body))
        source, target = body.get("from", ""), body.get("to", "")
        if name not in tables:
            continue
        reached[name].add(target)
        if entry.n == 1:
            assert (entry.verb, source, target) == ("create", "", tables[name].initial), entry.object_key
        elif source != target:
            step = tables[name].step(entry.verb)
            sources = {source, BY_CLOCK.get(name, {}).get(source, source)}
            assert sources & set(step.source), f"{entry.object_key} {entry.verb}: {source} → {target}"
            assert step.target == target, f"{entry.object_key} {entry.verb}: {source} → {target}"
    for name, statuses in REACHED.items():
        assert statuses <= reached[name], f"{name}: {statuses - reached[name]} was never reached"


def test_rows_stand_where_their_journal_led_them(world: World) -> None:
    for model in journaled_models():
        if issubclass(model, Aggregate):
            for status in model._base_manager.values_list("status", flat=True).distinct():
                assert status in model.lifecycle.statuses, model


def test_the_six_cases_stand_where_the_letter_has_them(world: World) -> None:
    facts = world.facts
    for thing in ("children_settled", "kitchen_delivering", "failed_for_two", "challenged_award", "in_review"):
        facts[thing].refresh_from_db()
    children, kitchen = facts["children_settled"], facts["kitchen_delivering"]
    assert children.title == cases.CHILDREN
    assert (children.status, children.award.lot.order.project.status) == ("closed", "closed")
    assert {s.status for s in children.settlements.all()} == {"paid"}
    assert Payment.objects.filter(settlement__contract=children).exclude(status="paid").count() == 0
    assert (kitchen.status, kitchen.award.lot.order.project.status) == ("performing", "contracted")
    assert facts["failed_for_two"].status == "failed"
    assert facts["failed_for_two"].project.status == "failed"
    assert facts["failed_for_two"].buyer.name == "昆明市五华区总工会"
    assert facts["in_review"].status == "reviewing"
    assert facts["in_review"].lots.get().review.status == "scoring"
    assert facts["open_for_bids"].shown_status == "published"
    assert facts["open_for_bids"].bid_deadline > clock.now()
    assert facts["challenged_award"].status == "suspended"
    assert facts["challenged_award"].lot.order.status == "challenged"
    assert facts["challenged_award"].buyer.name == "昆明市五华区妇女联合会"


def test_settled_to_the_last_yuan(world: World) -> None:
    contract = world.facts["children_settled"]
    paid = sum(p.amount for p in Payment.objects.filter(settlement__contract=contract, status="paid"))
    final = contract.settlements.get(kind="final")
    assert paid == final.paid_before + final.payable_amount
    (planned, contracted, spent) = sums(
        'SELECT SUM(planned_amount), SUM(contracted_amount), SUM(paid_amount) FROM procurement_allocation WHERE "case" = %s',
        contract.case_key,
    )
    assert planned == contracted == spent == int(paid * 100), "what was not needed went back to the line"


def text_of(document: documents.Document, folder: Path) -> str:
    """The words of a PDF, as a reader's program finds them."""
    path = folder / "paper.pdf"
    path.write_bytes(documents.read(document))
    found = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return found.stdout.decode()


def flat(text: str) -> str:
    """Without the line ends that the paper's width made."""
    return "".join(text.split())


def test_related_party_is_disclosed_in_the_contract(world: World, tmp_path: Path) -> None:
    contract = world.facts["children_settled"]
    contract.refresh_from_db()
    assert contract.provider.incubated_by_id == contract.buyer_id
    assert "关联关系披露" in contract.parties["related"]
    assert "关联关系披露" in flat(text_of(contract.document, tmp_path))


def test_settlement_report_is_there_as_paper_and_as_figures(world: World, tmp_path: Path) -> None:
    final = world.facts["children_settled"].settlements.get(kind="final")
    jobs = {job.format: job for job in ReportJob.objects.filter(object_key=final.journal_key)}
    assert {form: job.state for form, job in jobs.items()} == {"pdf": "done", "xlsx": "done"}
    paper = flat(text_of(jobs["pdf"].document, tmp_path))
    assert capitals(final.payable_amount) in paper
    assert final.number in paper
    book = openpyxl.load_workbook(io.BytesIO(documents.read(jobs["xlsx"].document)))
    cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [value for value in cells if isinstance(value, str) and value.startswith("=")], "no formula"
    assert len([value for value in cells if isinstance(value, int | float)]) > 5, "figures are numbers, not text"


def test_the_finished_project_was_delivered_evaluated_and_settled_by_its_grade(world: World) -> None:
    contract = world.facts["children_settled"]
    done = delivered(contract)
    assert (done.sessions, done.units) == (15, {1: 80})
    assert done.person_times >= 2000
    assert done.people < done.person_times
    camp = Activity.objects.get(contract=contract, is_trip=True)
    assert RosterEntry.objects.filter(activity=camp, consent_on__isnull=False).count() == 45
    assert missing_safeguards(camp) == []
    assessment = Assessment.objects.get(contract=contract)
    assert (assessment.grade, assessment.status) == ("优", "applied")
    checked = inspection_summary(contract)
    assert (checked.held, checked.rectified, checked.late, checked.open) == (1, 1, 0, 0)
    said = opinion_of(contract)
    assert (said.asked, said.satisfied) == (45, 41)
    contract.refresh_from_db()
    assert contract.quality_grade == "优"
    ledger = ledger_of(contract)
    assert ledger.unspent + ledger.accepted == ledger.paid
    assert ledger.accepted > 0


def test_the_kitchen_keeps_its_donation_ledger(world: World) -> None:
    contract = world.facts["kitchen_delivering"]
    today = Activity.objects.filter(contract=contract)
    assert {"verified", "counted", "recorded", "published"} <= set(today.values_list("status", flat=True))
    ledger = ledger_of(contract)
    donated = [part for part in ledger.by_allocation.values() if part.purpose]
    assert len(donated) == 1
    assert Decimal(0) < donated[0].accepted <= donated[0].funded == Decimal("43267.30")
    draw = SpotDraw.objects.get(contract=contract)
    assert order_of_call(draw.seed, draw.pool)[:2] == draw.picked
    assert ledger.submitted > 0
    assert ledger.questioned > 0


def test_a_terminated_contract_pays_for_what_was_done(world: World) -> None:
    contract = world.facts["festival_terminated"]
    assert (contract.status, contract.termination_code) == ("terminated", "agreement")
    final = contract.settlements.get(kind="final")
    assert final.status == "paid"
    assert Decimal(0) < final.payable_amount < contract.amount
