"""Every list with one case and with thirty cases of thirty organizations asks the same few questions of the database."""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.organizations.models import Organization
from audit.engagements.models import AuditFinding, Engagement, ProgrammeItem
from audit.tracing.models import Sample
from audit.tracing.operations import draw_sample
from audit.tracing.queries import traced_vouchers
from catalog.items.models import Edition, Item
from core.duties import LIMIT
from core.messages import Message
from core.rooms import rooms
from procurement.acceptances.models import Acceptance
from procurement.activities.models import Activity
from procurement.awards.models import Award
from procurement.bids.models import Bid, BidOffer, Opening
from procurement.budgets.models import Allocation, BudgetLine
from procurement.challenges.models import Challenge
from procurement.contracts.models import Contract, ContractFunding, ContractLine, Milestone
from procurement.expenses.models import Expense
from procurement.notices.models import Notice
from procurement.orders.models import Lot, Order
from procurement.panels.models import Panel, Seat
from procurement.payments.models import Payment
from procurement.projects.models import Project
from procurement.reviews.models import Review
from procurement.settlements.models import Settlement
from tests.cast import Cast
from tests.journeys.activities import recorded_activity
from tests.journeys.audits import sent_engagement
from tests.journeys.awards import filed_challenge
from tests.journeys.bids import drafted_bid, sealed_bid
from tests.journeys.catalog import published_edition
from tests.journeys.contracts import reported_milestone, signed_contract
from tests.journeys.expenses import submitted_expense
from tests.journeys.orders import published_order
from tests.journeys.projects import requested_line, submitted_project
from tests.journeys.settlements import approved_payment, approved_settlement, drawn_settlement

# The desk asks once for each kind of work that a role may have, however many of them wait.
WORK, PUBLIC, DESK, HOME = 12, 8, 36, 13

# What stands for one case, each kind after those it points to.
KINDS: tuple[type[models.Model], ...] = (
    *(Organization, Edition, Item, BudgetLine, Project, Allocation, Notice, Order, Lot, Opening, Bid, BidOffer),
    *(
        Panel,
        Seat,
        Review,
        Award,
        Challenge,
        Contract,
        ContractFunding,
        ContractLine,
        Milestone,
        Activity,
        Expense,
        Acceptance,
        Settlement,
        Payment,
        Engagement,
        ProgrammeItem,
        AuditFinding,
        Sample,
    ),
    Message,
)


@pytest.fixture
def one(cast: Cast) -> Cast:
    """One case in each stage, walked by operations."""
    filed_challenge(cast)
    order = published_order(cast, title="新业态青年心理支持", quantity=10)
    drafted_bid(order, cast, "provider1", "15000.00")
    sealed_bid(order, cast, "provider2", "15500.00")
    submitted_project(cast, title="青年夜校", quantity=10)
    requested_line(cast, code="QN-09")
    contract = signed_contract(cast)
    approved_payment(cast, approved_settlement(cast, drawn_settlement(cast, contract, 1)))
    reported_milestone(cast, contract, 2)
    recorded_activity(cast, contract)
    submitted_expense(cast, contract)
    sent_engagement(cast, contract)
    auditor = cast.actor("auditor")
    draw_sample(traced_vouchers(auditor), actor=auditor, title="抽查", method="random", wanted=1)
    published_edition(cast)
    return cast


@transaction.atomic
def multiply(times: int, kept: Iterable[Organization]) -> None:
    """Copy every case `times` times, each copy with organizations of its own; those in `kept` stay whose they are."""
    stay = {organization.pk for organization in kept}
    originals = {kind: list(kind._base_manager.all()) for kind in KINDS}
    serial = itertools.count(1)
    for n in range(1, times + 1):
        copies: dict[tuple[type[models.Model], Any], Any] = {}
        for kind, rows in originals.items():
            made = []
            for row in rows:
                if row.pk in stay:
                    continue
                copy = kind(**{field.attname: getattr(row, field.attname) for field in kind._meta.concrete_fields})
                copy.pk = uuid.uuid4() if isinstance(kind._meta.pk, models.UUIDField) else None
                for field in kind._meta.concrete_fields:
                    renew(copy, field, copies, n, next(serial))
                copies[kind, row.pk] = copy.pk
                made.append(copy)
            if any(copy.pk is None for copy in made):
                for copy in made:
                    copy.save(force_insert=True)
            else:
                kind._base_manager.bulk_create(made)


def renew(copy: Any, field: Any, copies: dict[Any, Any], n: int, serial: int) -> None:
    """Point a copied column to the copies, and make again unique what must be."""
    value = getattr(copy, field.attname)
    if value is None or field.primary_key:
        return
    if field.is_relation:
        setattr(copy, field.attname, copies.get((field.related_model, value), value))
    elif field.name == "uscc":
        copy.uscc = f"5{serial:017d}"
    elif field.name == "invoice_number":
        copy.invoice_number = f"{serial:020d}"
    elif field.name == "name" and isinstance(copy, Organization):
        copy.name = f"{value}（{n}）"
    elif field.name == "position":
        copy.position = 1_000_000 + serial
    elif field.name == "number" and isinstance(copy, Edition):
        copy.number = value + n * 100
    elif value and (
        field.unique or field.name in {"voucher_number", "key"} or (copy.__class__, field.name) == (BudgetLine, "code")
    ):
        setattr(copy, field.attname, f"{value}-{n}")


def asked(client: Client, url: str) -> int:
    """How many questions the page asks, once what is asked once a process is known."""
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as found:
        answer = client.get(url)
    assert answer.status_code == 200, f"{url}: {answer.status_code}"
    return len(found)


VIEWERS = {
    "district_finance": (),
    **dict.fromkeys(
        ("buyer", "procurer", "leader", "finance", "cashier", "auditor", "discipline", "archivist"), ("buyer",)
    ),
    **dict.fromkeys(("provider1", "provider2"), ("provider1", "provider2")),
    "street": (),
    "admin": (),
    "expert1": (),
}


def limit(url: str) -> int:
    """A list asks at most WORK questions; the desk asks one for each kind of work that may wait, and never one a row."""
    return DESK if url == "/w/" else WORK


def more(url: str) -> int:
    """Of copies a kind of work may wait that did not wait before; the desk asks for it then. A list asks the same."""
    return 2 if url == "/w/" else 0


def traced(login: str) -> list[str]:
    """The auditor's tables, for those who read them."""
    readers = {"auditor", "discipline", "district_finance", "archivist"}
    return ["/w/trace/", "/w/trace/vouchers/"] if login in readers else []


def pages(login: str) -> list[str]:
    """The lists of this person."""
    return [
        *(f"/w/{room.slug}/" for room in rooms()),
        "/w/notices/",
        *traced(login),
        "/w/",
        "/w/search/?q=服务",
        "/w/messages/",
    ]


@pytest.mark.parametrize("login", VIEWERS)
def test_lists_at_work(one: Cast, login: str) -> None:
    client = one.client(login)
    first = {url: asked(client, url) for url in pages(login)}
    multiply(29, [one.organizations[key] for key in VIEWERS[login]])
    then = {url: asked(client, url) for url in pages(login)}
    assert {
        url: (first[url], n) for url, n in then.items() if n > limit(url) or not 0 <= n - first[url] <= more(url)
    } == {}


@pytest.mark.parametrize("url", ["/orders/", "/notices/", "/catalog/", "/organizations/", "/money/"])
def test_public_lists(one: Cast, client: Client, url: str) -> None:
    first = asked(client, url)
    multiply(29, [])
    assert asked(client, url) == first <= PUBLIC


def test_the_home_page(one: Cast, client: Client) -> None:
    """No list, but many figures: one question each, however much there is."""
    first = asked(client, "/")
    multiply(29, [])
    assert asked(client, "/") == first <= HOME


@pytest.mark.parametrize("login", ["buyer", "district_finance"])
def test_a_case_page_of_a_long_house(one: Cast, login: str) -> None:
    """The page of one case does not ask more because there are others."""
    client = one.client(login)
    contract = Contract.objects.get()
    url = contract.award.lot.order.project.get_absolute_url()
    first = asked(client, url)
    multiply(29, [one.organizations["buyer"]])
    assert asked(client, url) == first


def test_a_desk_lists_the_first_of_a_kind_and_says_so(one: Cast) -> None:
    assert one.client("buyer").get("/w/").context["duty_limit"] == 0
    multiply(29, [one.organizations["buyer"]])
    answer = one.client("buyer").get("/w/")
    kinds = Counter(task.name for group in answer.context["groups"] for task in group["items"])
    assert max(kinds.values()) == answer.context["duty_limit"] == LIMIT
    assert f"同一类只列最先的 {LIMIT} 件" in answer.content.decode()


def test_thirty_rows_are_really_there(one: Cast) -> None:
    multiply(29, [])
    assert Contract.objects.values("buyer").distinct().count() == 30
    assert Bid.objects.values("organization").distinct().count() >= 30
    answer = one.client("district_finance").get("/w/contracts/")
    assert answer.context["count"] == 30
