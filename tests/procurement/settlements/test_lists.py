"""The four lists with 1 and with 30 rows of 30 different providers, under one literal number of queries."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from accounts.organizations.models import Organization
from procurement.payments.models import Payment
from tests.cast import Cast
from tests.journeys.settlements import approved_payment

QUERIES = 12


def copied(thing: models.Model, **changes: Any) -> Any:
    """The same row once more, under a key of its own."""
    row = type(thing)._base_manager.get(pk=thing.pk)
    row.pk, row._state.adding = uuid.uuid4(), True
    for name, value in {"number": None, **changes}.items():
        if name != "number" or hasattr(row, "number"):
            setattr(row, name, value)
    row.save(force_insert=True)
    return row


def thirty(cast: Cast, payment: Payment) -> None:
    """Twenty-nine more of everything, each with a provider, lot, bid, award and contract of its own."""
    settlement = payment.settlement
    contract = settlement.contract
    award = contract.award
    acceptance = settlement.acceptance
    assert acceptance is not None
    for n in range(29):
        provider: Organization = copied(contract.provider, name=f"另一家社工中心{n}号", uscc=None)
        lot = copied(award.lot, n=n + 2)
        bid = copied(award.bid, lot=lot, organization=provider)
        other = copied(
            contract,
            award=copied(award, lot=lot, bid=bid, notice=None),
            provider=provider,
            notice=None,
            title=f"合同{n}",
        )
        milestone = copied(settlement.milestone, contract=other)
        judged = copied(acceptance, contract=other, milestone=milestone, notice=None)
        settled = copied(settlement, contract=other, milestone=milestone, acceptance=judged)
        copied(payment, settlement=settled)


@pytest.mark.django_db
def test_lists_ask_the_same_of_one_and_thirty(cast: Cast) -> None:
    payment = approved_payment(cast)
    client = cast.client("buyer")
    client.get("/w/contracts/")  # the first page of a session also reads who this is
    counts: dict[str, list[int]] = {}
    for rows in (1, 30):
        if rows == 30:
            thirty(cast, payment)
        for slug in ("contracts", "acceptances", "settlements", "payments"):
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(f"/w/{slug}/")
            assert answer.status_code == 200
            assert answer.context["count"] == rows
            counts.setdefault(slug, []).append(len(queries))
    for slug, (one, many) in counts.items():
        assert one == many, (slug, one, many)
        assert many <= QUERIES, (slug, many)
    for slug in ("contracts", "acceptances", "settlements", "payments"):
        found = client.get(f"/w/{slug}/", {"q": "另一家社工中心7号"})
        assert found.context["count"] == 1, slug
        exported = client.get(f"/w/{slug}/", {"export": "csv", "q": "另一家社工中心7号"})
        assert exported.content.decode("utf-8-sig").count("\n") == 2


@pytest.mark.django_db
def test_object_pages_stay_small(cast: Cast) -> None:
    payment = approved_payment(cast)
    things = (payment, payment.settlement, payment.settlement.contract, payment.settlement.acceptance)
    finance = cast.client("finance")
    finance.get("/w/contracts/")
    for thing in things:
        with CaptureQueriesContext(connection) as queries:
            assert finance.get(thing.get_absolute_url()).status_code == 200
        assert len(queries) <= 40, (thing, len(queries), [q["sql"][:150] for q in queries])
