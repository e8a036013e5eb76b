"""Nothing unpublished of one buyer or provider reaches another: by list, page, verb, file, export, search, desk, job, API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.memberships.models import Membership
from accounts.organizations.models import Organization
from accounts.users.models import User
from core import journal
from core.actor import SYSTEM
from core.reports import request_report
from core.rooms import Room, room_of, rooms
from procurement.amendments.operations import draft_amendment
from procurement.bids.models import Opening
from procurement.final_accounts.operations import draw_account
from procurement.inspections.operations import plan_inspection
from procurement.opinions.operations import open_survey
from procurement.panels.models import Panel
from procurement.payments.operations import request_payment
from procurement.reviews.models import Review
from procurement.texts.operations import open_text
from tests.cast import Cast
from tests.journeys.activities import published_activity
from tests.journeys.awards import proposed_award
from tests.journeys.bids import drafted_bid, sealed_bid
from tests.journeys.catalog import draft_edition
from tests.journeys.contracts import drawn_contract, frozen_contract, reported_milestone, signed_contract
from tests.journeys.expenses import entered_expense, submitted_expense
from tests.journeys.orders import approved_order, drafted_order, published_order, submitted_order
from tests.journeys.projects import approved_line, drafted_project, requested_line, submitted_project
from tests.journeys.reviews import seated_logins
from tests.journeys.settlements import approved_settlement, drawn_settlement, invoiced_settlement

SECRET = "暗号柒叁"
RIVALS = {"other_buyer", "other_leader", "other_procurer", "other_auditor"}
FAR = {"street_far", "admin", "evaluator", "unseated"}
OVERSIGHT = {"district_finance", "street"}
OTHERS = RIVALS | FAR | {"provider2"}
INSIDE = {"buyer", "procurer", "leader", "finance", "auditor", "discipline"}


@dataclass(frozen=True)
class Hidden:
    """One unpublished thing, who must not know of it, and the words of it that must stand nowhere."""

    name: str
    thing: Any
    from_whom: frozenset[str]
    words: str = ""


@pytest.fixture
def house(cast: Cast) -> Cast:
    """The cast, with a street of another place and an auditor of another buyer."""
    far = cast.regions["华山街道"]
    office = replace_organization(cast.organizations["street"], name="华山街道办事处", region=far)
    for login, organization, role in (
        ("street_far", office, "region_officer"),
        ("other_auditor", cast.organizations["union"], "funds_reviewer"),
    ):
        user = User(username=login, name=login)
        user.set_unusable_password()
        user.save()
        journal.record(user, "create", actor=SYSTEM)
        Membership.objects.create(
            user=user, organization=organization, role=role, valid_from=date(2026, 1, 1), granted_by="测试"
        )
        cast.users[login] = user
    return cast


def replace_organization(like: Organization, **fields: Any) -> Organization:
    """Another organization of the same kind."""
    copy = Organization.objects.get(pk=like.pk)
    copy.pk, copy.audit_n, copy.audit_head = uuid4(), 0, b""
    for name, value in fields.items():
        setattr(copy, name, value)
    copy.save(force_insert=True)
    return copy


@pytest.fixture
def hidden(house: Cast) -> list[Hidden]:
    """One thing in each unpublished state, walked there by operations."""
    cast = house
    approved_line(cast, "5000000.00")
    titles = (f"{SECRET}{n:02d}" for n in range(1, 99))

    def named(make: Any, whom: set[str]) -> Hidden:
        title = next(titles)
        how = (
            {"facts": {"title": title}, "title": f"项目{title[-2:]}"} if "order" in make.__name__ else {"title": title}
        )
        return Hidden(make.__name__, make(cast, quantity=10, **how), frozenset(whom), title)

    found = [
        named(drafted_project, OTHERS | OVERSIGHT | {"provider1"}),
        named(submitted_project, OTHERS | OVERSIGHT | {"provider1"}),
        named(drafted_order, OTHERS | OVERSIGHT | {"provider1"}),
        named(submitted_order, OTHERS | {"provider1"}),
        named(approved_order, OTHERS | {"provider1"}),
    ]
    line = requested_line(cast, code=next(titles))
    found.append(Hidden("requested_line", line, frozenset(OTHERS | {"street", "provider1"}), line.code))
    found.append(Hidden("draft_edition", draft_edition(cast), frozenset(OTHERS | {"street", "provider1"})))
    account = draw_account(cast.org("buyer"), actor=cast.actor("finance"), year=2026)
    found.append(Hidden("drawn account", account, frozenset(OTHERS | OVERSIGHT | {"provider1"})))
    public = published_order(cast, title="征集中的订单", quantity=10)
    nobody = OTHERS | OVERSIGHT | INSIDE
    for name, bid in (
        ("draft bid", drafted_bid(public, cast, "provider1", "15000.00")),
        ("sealed bid", sealed_bid(public, cast, "provider3", "15100.00")),
    ):
        whom = nobody | ({"provider3"} if name == "draft bid" else {"provider1"})
        found.append(Hidden(name, bid, frozenset(whom)))
    found.append(Hidden("opening", Opening.objects.get(order=public), frozenset(OTHERS | {"provider1"})))
    award = proposed_award(cast)
    lot = award.lot
    seated = seated_logins(Panel.objects.get(lot=lot), cast)
    cast.users["unseated"] = next(cast.users[f"expert{n}"] for n in range(1, 6) if f"expert{n}" not in seated)
    for name, thing in (
        ("award", award),
        ("review", Review.objects.get(lot=lot)),
        ("panel", Panel.objects.get(lot=lot)),
    ):
        found.append(Hidden(name, thing, frozenset(OTHERS | {"provider1"})))
    for bid in lot.bids.all():
        others = {"provider1", "provider2", "provider3"} - {provider_of(cast, bid.organization)}
        found.append(Hidden("opened bid", bid, frozenset(RIVALS | FAR | {"street"} | others)))
    found.extend(deliveries(cast))
    return found


def deliveries(cast: Cast) -> Iterator[Hidden]:
    """From the draft of a contract to the payment that waits for approval; provider1 delivers."""
    far = frozenset(OTHERS)
    yield Hidden("draft contract", drawn_contract(cast, n=1), far | OVERSIGHT | {"provider1"})
    yield Hidden("frozen contract", frozen_contract(cast, n=2), far)
    first = signed_contract(cast, n=3)
    yield Hidden("contract", first, far)
    yield Hidden("reported acceptance", reported_milestone(cast, first, 1), far)
    second = signed_contract(cast, n=4)
    drawn = drawn_settlement(cast, second, 1)
    yield Hidden("drawn settlement", drawn, far | {"street", "provider1"})
    third = approved_settlement(cast, drawn_settlement(cast, signed_contract(cast, n=5), 1))
    yield Hidden("approved settlement", third, far | {"street"})
    payment = request_payment(invoiced_settlement(cast, third), actor=cast.actor("finance"))
    yield Hidden("requested payment", payment, far | {"street", "provider1"})
    inside = draft_amendment(
        first,
        actor=cast.actor("buyer"),
        code="need",
        grounds=f"{SECRET}变更",
        quantities={1: first.lines.get(n=1).quantity + 1},
    )
    yield Hidden("submitted amendment", inside, far | {"provider1"}, f"{SECRET}变更")
    text = open_text(cast.org("buyer"), actor=cast.actor("buyer"), kind="general", note=f"{SECRET}文本")
    yield Hidden("draft contract text", text, far | OVERSIGHT | {"provider1"}, f"{SECRET}文本")
    yield Hidden("published activity", published_activity(cast, first), far)
    yield Hidden("entered expense", entered_expense(cast, first), far | OVERSIGHT | INSIDE)
    yield Hidden("submitted expense", submitted_expense(cast, first, "700.00"), far | {"street"})
    visit = plan_inspection(
        first, actor=cast.actor("buyer"), kind="site", planned_on=date(2026, 9, 20), topic="核对签到"
    )
    yield Hidden("planned visit", visit, far | {"provider1"})
    yield Hidden("survey", open_survey(first, actor=cast.actor("buyer"), closes_on=date(2026, 9, 30)), far)


def provider_of(cast: Cast, organization: Organization) -> str:
    """The log-in of an organization's head."""
    return next(key for key, own in cast.organizations.items() if own.pk == organization.pk)


def client_of(cast: Cast, login: str) -> Client:
    """A browser session of this person."""
    client = Client()
    client.force_login(cast.users[login], backend="accounts.users.backends.Backend")
    return client


def front(room: Room, thing: Any) -> list[tuple[str, str]]:
    """The addresses by which an object is mostly looked for."""
    own = f"/w/{room.slug}/{thing.pk}/"
    return [("get", own), ("get", f"{own}history/"), ("get", f"/api/v1/{room.slug}/{thing.pk}/")]


def doors(room: Room, thing: Any) -> list[tuple[str, str]]:
    """Every address of one object: (method, path)."""
    own = f"/w/{room.slug}/{thing.pk}/"
    steps = [step.verb for step in thing.lifecycle.steps]
    api = f"/api/v1/{room.slug}/{thing.pk}/"
    return [
        ("get", thing.get_absolute_url()),
        ("get", own),
        *(("get", f"{own}{tab}/") for tab in ("history", *(slug for slug, _label in room.tabs))),
        *((method, f"{own}{verb}/") for verb in steps for method in ("get", "post")),
        ("get", f"{own}files/{uuid4()}/"),
        ("get", api),
        *(("post", f"{api}{verb}/") for verb in steps),
    ]


def test_doors_that_are_not_there(house: Cast, hidden: list[Hidden]) -> None:
    """Page, tab, verb, file and API answer 404, as for what does not exist."""
    before = {one.thing.pk: (type(one.thing).objects.get(pk=one.thing.pk).version) for one in hidden}
    open_doors = []
    clients = {login: client_of(house, login) for one in hidden for login in one.from_whom}
    for one in hidden:
        room = room_of(one.thing)
        # One that works elsewhere in the same trade tries every door, the others the front ones.
        nearest = sorted(one.from_whom & {"other_procurer", "provider1", "provider2"})[-2:]
        for login in sorted(one.from_whom):
            for method, path in doors(room, one.thing) if login in nearest else front(room, one.thing):
                status = getattr(clients[login], method)(path).status_code
                if status != 404:
                    open_doors.append(f"{one.name} {login} {method} {path.replace(str(one.thing.pk), '…')}: {status}")
    assert open_doors == []
    assert before == {one.thing.pk: type(one.thing).objects.get(pk=one.thing.pk).version for one in hidden}


def rooms_of(client: Client) -> Iterator[tuple[str, str]]:
    """All that a person reads without knowing an object: (address, text)."""
    for room in rooms():
        yield from ((path, text_at(client, path)) for path in (f"/w/{room.slug}/", f"/w/{room.slug}/?export=csv"))
        yield f"/api/v1/{room.slug}/", text_at(client, f"/api/v1/{room.slug}/")
    for path in ("/w/", "/w/messages/", f"/w/search/?q={SECRET}", "/", "/orders/", "/notices/", "/money/"):
        yield path, text_at(client, path)


def text_at(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    # What was asked for stands in the search box; that is no finding.
    return body.decode("utf-8-sig").replace(f'value="{SECRET}"', "")


def test_nothing_is_found_by_looking_around(house: Cast, hidden: list[Hidden]) -> None:
    """Lists, exports, API lists, search, desk, messages and public pages name none of it."""
    leaks = []
    for login in sorted({login for one in hidden for login in one.from_whom}):
        secret = [one for one in hidden if login in one.from_whom]
        for path, text in rooms_of(client_of(house, login)):
            leaks += [
                f"{login} {path}: {one.name}"
                for one in secret
                if str(one.thing.pk) in text or (one.words and one.words in text)
            ]
    assert leaks == []


def test_a_stranger_finds_nothing(house: Cast, hidden: list[Hidden], client: Client) -> None:
    for path in ("/", "/orders/", "/notices/", "/catalog/", "/organizations/", "/money/", f"/orders/?q={SECRET}"):
        text = text_at(client, path)
        assert not [one.name for one in hidden if str(one.thing.pk) in text or (one.words and one.words in text)], path
    for one in hidden:
        for method, path in doors(room_of(one.thing), one.thing):
            status = getattr(client, method)(path).status_code
            assert status == 302 if path.startswith("/w/") else status in {401, 403}, f"{path}: {status}"


def test_a_report_belongs_to_who_may_ask_for_it(house: Cast, hidden: list[Hidden]) -> None:
    settlement = next(one.thing for one in hidden if one.name == "drawn settlement")
    job = request_report("procurement.settlement", settlement, actor=house.actor("finance"))
    for login in (
        "other_buyer",
        "other_auditor",
        "provider1",
        "provider2",
        "street",
        "street_far",
        "unseated",
        "admin",
    ):
        client = client_of(house, login)
        assert client.get(f"/w/reports/jobs/{job.pk}/").status_code == 404, login
        assert client.get(f"/w/reports/jobs/{job.pk}/file/").status_code == 404, login
        asked = client.post(f"/w/reports/ask/procurement.settlement/{settlement.pk}/")
        assert asked.status_code == 404, login
