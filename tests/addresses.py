"""Every address x each of the cast, held to docs/reference/address-table.csv.

A row: the address as the resolver knows it, the method, what stands in its places (`of`: one word a place, separated by
commas: a thing of `world` or `further`, or =text; a last ?text is the query), who gets `answer`, what the `others` get
(403/404: 403 who may know of the first thing, 404 who may not), what a stranger gets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, resolve

from accounts.memberships.models import Membership
from accounts.memberships.operations import create_delegation
from audit.tracing.operations import save_view
from core.batches import request_batch
from core.lifecycle import Lifecycle
from core.reports import request_report
from core.rooms import room_of
from procurement.activities.safeguarding import add_beneficiary, add_staff, keep_roster
from procurement.awards.models import Award
from procurement.inspections.operations import draw_spot_inspections
from procurement.notices.models import Notice
from tests.cast import PEOPLE, Cast
from tests.journeys.activities import counted_activity, planned_activity
from tests.journeys.archive import opened_package
from tests.journeys.catalog import an_item
from tests.journeys.contracts import confirmed_award
from tests.journeys.evaluation import finished_contract
from tests.journeys.settlements import closed_contract
from tests.written_tables import ASKED_OF, GROUPS, named, rows_of, seats_in

# Who holds the same posts in the same organization as somebody else, and has dealt with the same things.
ALIKE = {"leader2", "provider3", "expert2", "expert3", "expert4", "expert5"}
# Who holds the same post as somebody else, in another organization: not asked where everybody gets the same.
ELSEWHERE_TOO = {"other_buyer", "other_procurer", "other_leader", "provider2", "provider4"}
# Verbs that are not done at the generic address: they have a page of their own.
ELSEWHERE = {"opening.open", "review.check", "review.score", "review.fail", "sample.judge", "engagement.write"}
# Verbs whose predicate looks at the thing's state: who may is let in or refused by it.
STATEFUL = {*ASKED_OF, "organization.propose_account"}
# Tables that any request may write: who is logged in, what was typed wrong, whether the same was sent twice.
FREE = ("django_session", "axes_", "core_idempotencykey")
WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)', re.IGNORECASE)


def routes() -> set[str]:
    """Every address that the resolver knows, as it is written there."""

    def walk(resolver: URLResolver, before: str = "") -> Iterator[str]:
        for entry in resolver.url_patterns:
            address = before + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry, address)
            else:
                yield address

    return {"/" + address for address in walk(get_resolver())}


def further(cast: Cast, own: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the places of addresses: the things of the world by key, and what only an address needs."""
    found = {name: str(thing.pk) for name, thing in own.items()}
    actor, contract = cast.actor("provider1"), own["contract"]
    end = create_delegation(
        cast.user("procurer"), actor=cast.actor("buyer"), roles=["programme_officer"],
        starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 5), reason="出差",
    )  # fmt: skip
    staff = add_staff(cast.org("provider1"), actor=actor, name="带队甲", post="社工")
    child = add_beneficiary(
        cast.org("provider1"), actor=actor, code="KJ01", segment="困境儿童", birth_year=2014,
        consent_on=date(2026, 8, 20), name="赵小禾", guardian="赵一", phone="13800000000",
    )  # fmt: skip
    group = planned_activity(cast, contract, minors=True, segments="青少年", staff=[staff], title="小组")
    keep_roster(group, actor=actor, consents={child: date(2026, 8, 30)})
    counted_activity(cast, contract, title="已计入的小组", at="2026-09-01 10:30", pictures=(3, 4))
    draw_spot_inspections(contract, actor=cast.actor("buyer"), month=date(2026, 9, 1), number=1)
    line = own["payment"].settlement.contract.award.lot.order.project.fundings.first().line
    archived = closed_contract(cast, vouchers="GK-ARCHIVE", n=92)
    opened_package(cast, archived)
    numbers = {
        "buyer": cast.org("buyer"),
        "membership": Membership.objects.get(user=cast.user("provider1")),
        "delegation": end,
        "staff": staff,
        "activity with a child": group,
        "draw": contract.spot_draws.get(),
        "job": request_report("procurement.settlement", own["settlement"], actor=cast.actor("finance")),
        "batch": request_batch(
            "procurement.settlement", [own["settlement"]], actor=cast.actor("finance"), format="pdf", label="2026 年"
        ),
        "item": an_item(cast),
        "lot": own["bid draft"].lot,
        "award to draw": confirmed_award(cast, n=90),
        "award challenged": Award.objects.get(pk=own["challenge"].award_id),
        "milestone": contract.milestones.get(n=1),
        "contract finished": finished_contract(cast, n=91),
        "contract to archive": archived,
        "settlement approved": own["payment"].settlement,
        "settlement to pay": own["payment requested"].settlement,
        "scheme in force": own["incentive"].scheme,
        "contract rewarded": own["incentive"].contract,
        "row": own["final_account"].rows.first(),
        "programme item": own["engagement"].items.first(),
        "line": line,
        "sample item": own["sample"].items.first(),
        "view": save_view(actor=cast.actor("auditor"), page="vouchers", name="大额", query="low=1000"),
        "certificate": own["organization registered"].documents.first().document,
        "contract file": contract.document,
        "voucher": own["expense"].files.first().document,
    }
    texts = {
        "nothing": str(uuid4()),
        "entry": str(group.roster.get().pk),
        "sign-in": own["activity"].token,
        "survey token": own["survey"].token,
        "order number": own["bid draft"].lot.order.number,
        "notice number": Notice.objects.first().number,
        "ocid": own["bid draft"].lot.order.project.ocid,
        "edition in force": str(numbers["item"].edition_id),
    }
    return found | {name: str(thing.pk) for name, thing in numbers.items()} | texts


@dataclass
class Walk:
    """One walk over all rows. wrong: what answered otherwise, or wrote what it must not -> for whom."""

    cast: Cast
    own: Mapping[str, Any]
    keys: Mapping[str, str]
    wrong: dict[str, list[str]] = field(default_factory=dict)
    turn: int = 0

    def __post_init__(self) -> None:
        """Log in everybody once; read the tables of verbs and things."""
        self.clients = {login: self.cast.client(login) for login in PEOPLE}
        self.stranger = Client()
        self.seats = seats_in(self.own, self.cast)
        self.things = {row["thing"]: row["own"] for row in rows_of("visibility-table.csv")}
        self.verbs = {row["verb"]: row["own"] for row in rows_of("permission-table.csv")}

    def row(self, row: Mapping[str, str]) -> None:
        """All of the cast, and a stranger, at one row's address."""
        words = [word.strip() for word in row["of"].split(",") if word.strip()]
        first = words[0] if words else ""
        if row["whom"] == "deed":
            self.deeds(row, first)
            return
        path = self.path(row["address"], words)
        whom, knows = self.who(row["whom"], first), self.knowing(first)
        for login in self.asked(row["whom"]):
            known = login in knows
            expected = row["answer"] if login in whom else answer_of(row["others"], known=known)
            self.ask(self.clients[login], login, row["method"], path, expected, refused=login not in whom)
        self.ask(self.stranger, "a stranger", row["method"], path, row["stranger"], refused=row["stranger"] != "200")

    def deeds(self, row: Mapping[str, str], name: str) -> None:
        """Every verb of a room at its generic address, by the tables of verbs and things.

        One who may, one who knows of the thing but may not, one who may not know of it, and a stranger; who it is goes
        round, so that in each room everybody is asked. What each predicate says to each person is another test's work.
        """
        thing, knows = self.own[name], self.knowing(name)
        lifecycle: Lifecycle = thing.lifecycle
        kind = lifecycle.name.rpartition(".")[2]
        asked = self.asked("seated" if "seated" in self.things[name] else "deed")
        tabs = {slug for slug, _label in room_of(thing).tabs} | {"history"}
        for n, step in enumerate(lifecycle.steps):
            path = self.path(row["address"], [name, f"={step.verb}"])
            if "/" + resolve(path).route != row["address"] or step.verb in tabs:
                continue
            verb = f"{kind}.{step.verb}"
            may = set() if verb in ELSEWHERE else named(self.verbs[verb], GROUPS["all"])
            chosen = []
            if row["method"] == "GET":
                expected = "200 403" if verb in STATEFUL else "200"
                if row["address"].startswith("/api/"):
                    # A page shows the form of a step that cannot be taken now, or leads to a page of its own.
                    expected = "200 403" if step.own_page else f"{expected} 409"
                chosen += [(login, expected) for login in asked if login in may & knows][:1]
            for group in (knows - may, GROUPS["all"] - knows):
                refusal = "404" if group.isdisjoint(knows) else "403" if may else "403 404"
                chosen += [(login, refusal) for login in in_turn([each for each in asked if each in group], n, 1)]
            for login, expected in chosen:
                self.ask(self.clients[login], login, row["method"], path, expected, refused=True)
            self.ask(self.stranger, "a stranger", row["method"], path, row["stranger"], refused=True)
        if row["method"] == "GET" and not row["address"].startswith("/api/"):
            for n, tab in enumerate(sorted(tabs)):
                path = self.path(row["address"], [name, f"={tab}"])
                for group, expected in ((knows, "200"), (GROUPS["all"] - knows, "404")):
                    for login in in_turn([login for login in asked if login in group], n, 2):
                        self.ask(self.clients[login], login, "GET", path, expected, refused=True)

    def path(self, address: str, words: list[str]) -> str:
        """The address with its places filled."""
        query = words.pop() if words and words[-1].startswith("?") else ""
        given = iter(words)

        def fill(_place: re.Match[str]) -> str:
            word = next(given)
            return word[1:] if word.startswith("=") else self.keys[word]

        path = re.sub(r"<[^>]+>", fill, address)
        assert next(given, None) is None, f"{address}: too many words in `of`"
        return path + re.sub(r"\{([^}]+)\}", lambda part: self.keys[part[1]], query)

    def who(self, words: str, first: str) -> set[str]:
        """`whom`, with `knows`: whoever may know of the first thing."""
        knows = self.knowing(first) if "knows" in words.split() else set()
        return named(words.replace("knows", ""), self.seats.get(first, set())) | knows

    def knowing(self, thing: str) -> set[str]:
        """Who may know of a thing, by the table of things; nobody where it stands in none."""
        return named(self.things.get(thing, ""), self.seats.get(thing, set()))

    def asked(self, words: str) -> list[str]:
        """Who is sent there: one of those that are alike; all of them where the row tells them apart.

        Where everybody gets the same, five at a row, going round: any three rows have seen every post.
        """
        if words in {"all", ""}:
            self.turn += 5
            return in_turn([login for login in PEOPLE if login not in ALIKE | ELSEWHERE_TOO], self.turn, 5)
        apart = set(words.split()) | (GROUPS["all"] if "seated" in words else set())
        return [login for login in PEOPLE if login not in ALIKE or login in apart]

    def ask(self, client: Client, login: str, method: str, path: str, expected: str, *, refused: bool) -> None:
        """One request, undone afterwards. refused: it must have written nothing."""
        once = {"HTTP_IF_MATCH": '"1"', "HTTP_IDEMPOTENCY_KEY": uuid4().hex} if method == "POST" else {}
        written: set[str] = set()
        kept = deepcopy(client.cookies)
        with transaction.atomic(), noting(written):
            answer = client.get(path) if method == "GET" else client.post(path, **once)
            status = str(answer.status_code)
            transaction.set_rollback(True)
        client.cookies = kept
        if status not in expected.split():
            self.wrong.setdefault(f"{method} {path}: {status}, should be {expected or 'nothing'}", []).append(login)
        if written and (refused or method == "GET"):
            self.wrong.setdefault(f"{method} {path}: wrote {sorted(written)}", []).append(login)


def in_turn(people: list[str], n: int, many: int) -> list[str]:
    """So many of them, beginning with the n-th, round and round."""
    return [people[(n + each) % len(people)] for each in range(min(many, len(people)))]


def answer_of(cell: str, *, known: bool) -> str:
    """`403/404` told apart: 403 for who may know of the thing, 404 for who may not."""
    first, _slash, second = cell.partition("/")
    return first if known or not second else second


@contextmanager
def noting(written: set[str]) -> Iterator[None]:
    """The tables that are written to meanwhile."""

    def look(execute: Any, sql: str, *rest: Any) -> Any:
        found = WRITES.match(sql)
        if found and not found[1].startswith(FREE):
            written.add(found[1])
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield
