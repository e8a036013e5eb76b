"""The pages of a contract and of a project with a row or two in every card and with thirty ask the same few questions, none of them twice."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from audit.engagements.models import Engagement
from core import clock
from evaluation.incentives.models import Incentive
from procurement.amendments.models import Amendment
from procurement.contracts.models import Contract
from procurement.inspections.models import Inspection
from procurement.opinions.models import Survey
from tests.benchmarks.walks import NOW, closed
from tests.cast import Cast
from tests.journeys.evaluation import planned_assessment
from tests.journeys.incentives import published_scheme
from tests.journeys.projects import approved_line

MORE = 29
CONTRACT = {"buyer": 34, "provider1": 32, "auditor": 35}
BARE = {"buyer": 24, "provider1": 23, "auditor": 25}
"""Of a contract that is delivered and paid, and of which nothing else is known."""
PROJECT = {"buyer": 21, "auditor": 21}


@pytest.fixture
def bare(cast: Cast) -> Contract:
    """Delivered and paid."""
    with clock.travel("2026-11-10 09:00"):
        project = closed(cast, approved_line(cast, "5000000.00"))
    return Contract.objects.get(award__lot__order__project=project)


@pytest.fixture
def contract(cast: Cast, bare: Contract) -> Contract:
    """The same with a row in every card that its page may have."""
    found = bare
    with clock.travel("2026-11-10 09:00"):
        planned_assessment(cast, found)
        scheme = published_scheme(cast)
    day, by = clock.today(), {"buyer": found.buyer, "region_path": found.region_path, "contract": found}
    Survey.objects.create(
        **by, status="closed", token=uuid.uuid4().hex, opens_on=day, closes_on=day, opened_by_name="陈经办"
    )
    Inspection.objects.create(
        **by,
        status="passed",
        provider=found.provider,
        kind="site",
        planned_on=day,
        topic="现场",
        planned_by_name="陈经办",
    )
    Amendment.objects.create(
        **by, status="in_force", n=1, code="need", grounds="需求变化", difference=1, drafted_by_name="陈经办"
    )
    Engagement.objects.create(
        **by,
        status="closed",
        provider=found.provider,
        reason="年度审计计划",
        lead_name="周经审",
        field_on=day,
        due_on=day,
    )
    Incentive.objects.create(
        **by, status="nominated", scheme=scheme, provider=found.provider, assessment=found.assessments.get(),
        origin="nominated", grade="优", total_centi=9500, social_centi=9500, economic_centi=9500, asked_amount=15000,
    )  # fmt: skip
    return found


def copied(thing: models.Model, **changes: Any) -> Any:
    """The same row once more, under a key of its own and without an issued number."""
    row = type(thing)._base_manager.get(pk=thing.pk)
    row.pk, row._state.adding = uuid.uuid4(), True
    if hasattr(row, "number"):
        row.number = None
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(force_insert=True)
    return row


def more_papers(contract: Contract) -> None:
    """Twenty-nine more rows in every card of the contract."""
    settlement, acceptance = contract.settlements.filter(milestone__n=1).get(), contract.acceptances.get(milestone__n=1)
    payment, activity = settlement.payments.get(), contract.activities.get()
    for n in range(MORE):
        milestone = copied(contract.milestones.get(n=1), n=n + 10)
        judged = copied(acceptance, milestone=milestone, notice=None)
        settled = copied(settlement, milestone=milestone, acceptance=judged)
        copied(payment, settlement=settled, voucher_number=f"GK-{n}-2")
        copied(activity, token=uuid.uuid4().hex)
        copied(contract.amendments.get(n=1), n=n + 2)
        copied(contract.inspections.all()[0], activity=activity)
        copied(contract.surveys.first(), token=uuid.uuid4().hex)
        copied(contract.engagements.first())
        copied(contract.assessments.exclude(status="declined").get(), status="declined")
        copied(Incentive.objects.exclude(status="withdrawn").get(contract=contract), status="withdrawn")


def more_contracts(contract: Contract) -> None:
    """Twenty-nine more contracts of the project, each with its papers."""
    award, settlement = contract.award, contract.settlements.get(milestone__n=1)
    assessment = contract.assessments.exclude(status="declined").get()
    for n in range(MORE):
        lot = copied(award.lot, n=n + 2)
        provider = copied(contract.provider, name=f"另一家社工中心{n}号", uscc=None)
        bid = copied(award.bid, lot=lot, organization=provider)
        other = copied(contract, award=copied(award, lot=lot, bid=bid, notice=None), provider=provider, notice=None)
        milestone = copied(settlement.milestone, contract=other)
        judged = copied(settlement.acceptance, contract=other, milestone=milestone, notice=None)
        settled = copied(settlement, contract=other, milestone=milestone, acceptance=judged)
        copied(settlement.payments.get(), settlement=settled, voucher_number=f"GK-{n}-3")
        copied(assessment, contract=other)


def asked(cast: Cast, login: str, url: str) -> list[str]:
    """What one reader's page asks, at its second visit."""
    client = cast.client(login)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in queries]


def test_pages_of_a_case(cast: Cast, contract: Contract) -> None:
    project = contract.award.lot.order.project
    pages = [(login, contract.get_absolute_url(), most) for login, most in CONTRACT.items()]
    pages += [(login, project.get_absolute_url(), most) for login, most in PROJECT.items()]
    with clock.travel(NOW):
        few = [asked(cast, login, url) for login, url, _most in pages]
        more_papers(contract)
        more_contracts(contract)
        many = [asked(cast, login, url) for login, url, _most in pages]
    for (login, url, most), one, thirty in zip(pages, few, many, strict=True):
        assert len(one) == len(thirty) <= most, (login, url)
        assert not [sql for sql in thirty if thirty.count(sql) > 1], (login, url)


@pytest.mark.parametrize(("login", "most"), BARE.items())
def test_what_is_not_there_is_asked_for_once(cast: Cast, bare: Contract, login: str, most: int) -> None:
    """Seven cards without rows cost one question together."""
    with clock.travel(NOW):
        found = asked(cast, login, bare.get_absolute_url())
    assert len(found) <= most, len(found)
    tables = ("inspection", "survey", "amendment", "assessment", "incentive", "engagement", "contractpause")
    assert sum(any(f'_{table}"' in sql for table in tables) for sql in found) == 1
