"""The API asked by its own schema: every operation, generated and real input, as buyer, provider and auditor.

A walker does what a program would: it lists what there is, asks a verb what it wants, fills that in and does it, each deed
in a savepoint of its own. Beside it schemathesis makes up input, good and bad. Both hold every answer to the schema.
API_EXAMPLES=20 makes up more.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import given
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation

from accounts.memberships.models import Membership
from accounts.users.models import User
from config.wsgi import application
from core import journal
from core.actor import SYSTEM
from core.money import yuan
from tests.api.test_tokens import token_of
from tests.cast import PASSWORD, Cast
from tests.core.test_documents import picture
from tests.journeys.activities import planned_activity, published_activity, verified_activity
from tests.journeys.audits import issued_engagement, sent_engagement, started_engagement
from tests.journeys.awards import filed_challenge, published_award
from tests.journeys.contracts import frozen_contract, signed_contract
from tests.journeys.evaluation import finished_contract, planned_assessment, self_scored_assessment
from tests.journeys.orders import approved_order, drafted_order
from tests.journeys.projects import submitted_project
from tests.journeys.settlements import approved_settlement, confirmed_settlement, drawn_settlement
from tests.journeys.world import world

EXAMPLES = int(os.environ.get("API_EXAMPLES", "2"))
WANTED = 0.60
TRIES = 3
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
# Well-formed is not yet right: a day in the past, a sum over the budget (422); a session without its CSRF token (403).
CHECKS = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "401", "403", "404", "409", "422", "429"]},
    "missing_required_header": {"expected-statuses": ["400", "401", "403", "404", "415", "422", "428"]},
}


def test_the_schema_is_drawn_without_a_warning(db: None, tmp_path: Any) -> None:
    """What `manage.py spectacular --validate --fail-on-warn` says of it."""
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yaml"))


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests through WSGI stay in the test's own transaction, as those of Django's test client do."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


class Caller:
    """Somebody who is logged in, and what of the schema has answered."""

    def __init__(self, cookies: dict[str, str] | None = None, **headers: str) -> None:
        self.cookies = cookies or {}
        # The cookies are sent by the transport; in the header schemathesis sees that they are meant.
        named = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if cookies else {}
        self.headers = {"Accept-Encoding": "identity", **named, **headers}

    def call(self, case: Any, **kwargs: Any) -> Any:
        """The answer, held to the schema; nothing of it stays."""
        headers = self.headers | kwargs.pop("headers", {})
        with transaction.atomic():
            answer = case.call_and_validate(headers=headers, cookies=self.cookies, **kwargs)
            transaction.set_rollback(True)
        return answer


def by_token(cast: Cast, login: str) -> Caller:
    """A program with a token of this person that may act."""
    return Caller(Authorization=f"Bearer {token_of(cast, login)[1]}")


def by_session(cast: Cast) -> Caller:
    """The buyer's person in a browser: a small house, whose one officer holds every post but those that judge."""
    user = User.objects.create(username="small_house", name="万能")
    user.set_password(PASSWORD)
    user.save()
    journal.record(user, "create", actor=SYSTEM)
    for role in ("programme_officer", "procurement_officer", "leader", "finance_officer", "cashier"):
        Membership.objects.create(
            user=user, organization=cast.org("buyer"), role=role, valid_from=date(2026, 1, 1), granted_by="测试"
        )
    client = Client()
    client.force_login(user, backend="accounts.users.backends.Backend")
    cookies = {"sessionid": client.cookies["sessionid"].value, "csrftoken": "a" * 32}
    return Caller(cookies, **{"X-CSRFToken": "a" * 32})


def filled(schema: dict[str, Any]) -> dict[str, Any]:
    """A form filled in by what it says of itself: what stands there, the first choice, a plain value of the type."""
    return {
        name: value_of(part)
        for name, part in schema["properties"].items()
        if name in schema.get("required", ()) or "default" in part
    }


def value_of(part: dict[str, Any]) -> Any:
    """One value that a field takes."""
    if "default" in part:
        return part["default"]
    if listed := [value for value in part.get("enum", ()) if value != ""]:
        return listed[0]
    match part["type"], part.get("format"):
        case "array", _:
            return [value_of(part["items"])]
        case "integer", _:
            return part.get("minimum", 1)
        case "object", _:
            return filled(part)
        case _, "binary":
            return SimpleUploadedFile("照片.jpg", picture(), "image/jpeg")
        case _, "date":
            return "2026-10-20"
        case _, "date-time":
            return "2026-10-20T09:00:00+08:00"
        case _, "password":
            return PASSWORD
    if "pattern" in part:
        return str(yuan(1)) if r"\.\d{1,2}" in part["pattern"] else "1"
    return "依约办理，情况属实，资料齐全。"[: part.get("maxLength")]


class Walk:
    """What a program of one person reaches, operation by operation."""

    def __init__(self, operations: dict[str, Any], caller: Caller, reached: Counter[str]) -> None:
        self.operations, self.caller, self.reached = operations, caller, reached
        self.tried: Counter[str] = Counter()
        self.rooms = [name.removesuffix("_list") for name in operations if name.endswith("_list")]
        self.known: dict[str, list[dict[str, Any]]] = {}

    def ask(self, name: str, body: dict[str, Any] | None = None, **parts: Any) -> Any:
        """One call of an operation; counted when it was answered 2xx."""
        operation, kwargs = self.operations[name], {}
        if body is not None:
            if "multipart/form-data" in operation.definition.raw["requestBody"]["content"]:
                data = encode_multipart(BOUNDARY, {k: v for k, v in body.items() if v is not None})
                kwargs = {"data": data, "headers": {"Content-Type": MULTIPART_CONTENT}}
                parts |= {"body": {}, "media_type": "multipart/form-data"}
            else:
                parts |= {"body": body, "media_type": "application/json"}
        answer = self.caller.call(operation.Case(**parts), **kwargs)
        self.reached[name] += 200 <= answer.status_code < 300
        return answer

    def look(self) -> None:
        """Every room's list, some of its objects, their files."""
        for room in self.rooms:
            rows = self.known[room] = self.ask(f"{room}_list", query={"page_size": 100}).json()["results"]
            for row in rows[:2]:
                self.ask(f"{room}_read", path_parameters={"key": row["id"]})
            for row in rows * (f"{room}_files" in self.operations):
                files = self.ask(f"{room}_files", path_parameters={"key": row["id"]}).json()["results"]
                if files:
                    self.ask(f"{room}_download", path_parameters={"key": row["id"], "document": files[0]["id"]})
                    break

    def try_all(self) -> None:
        """Each verb that is offered, on up to three objects, until it was done; nothing of it stays."""
        for room, row in self.rows():
            for verb in row["verbs"]:
                if not self.reached[f"{room}_{verb}"] and self.tried[f"{room}_{verb}"] < TRIES:
                    self.deed(room, row, verb)

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """All objects that are known of, with their room."""
        return ((room, row) for room in self.rooms for row in self.known[room])

    def deed(self, room: str, row: dict[str, Any], verb: str) -> None:
        """Ask what a verb wants, fill it in, do it."""
        name = f"{room}_{verb}"
        self.tried[name] += 1
        asked = self.ask(f"{name}_form", path_parameters={"key": row["id"]})
        if asked.status_code == 200:
            told = asked.json()
            headers = {"If-Match": f'"{told["version"]}"', "Idempotency-Key": uuid4().hex}
            self.ask(name, filled(told["form"]), path_parameters={"key": row["id"]}, headers=headers)

    def publish(self) -> None:
        """The open data, which ask for no log-in."""
        for name in ("ocds_releases", "ocds_records"):
            self.ask(name)
        for record in self.ask("ocds_records").json()["records"][:1]:
            self.ask("ocds_record", path_parameters={"ocid": record["ocid"]})

    def make_up(self, name: str) -> None:
        """Input that schemathesis makes up for an operation, good and bad, mostly about objects that there are."""
        room = max((room for room in self.rooms if name.startswith(f"{room}_")), key=len, default="")
        rows = self.known.get(room) or [{"id": str(uuid4()), "version": 1}]
        turns = itertools.cycle(rows)

        def probe(case: Any) -> None:
            row = next(turns)
            if "key" in case.path_parameters and not case.meta.is_negative_at(ParameterLocation.PATH):
                case.path_parameters["key"] = row["id"]
            if "If-Match" in case.headers and not case.meta.is_negative_at(ParameterLocation.HEADER):
                case.headers["If-Match"] = f'"{row["version"]}"'
            answer = self.caller.call(case)
            self.reached[name] += 200 <= answer.status_code < 300

        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                SETTINGS(given(self.operations[name].as_strategy(generation_mode=mode))(probe))()
            except Unsatisfiable:
                # Nothing can be wrong about what takes no parameters; something right there always is.
                assert mode == GenerationMode.NEGATIVE, name


def wider(cast: Cast) -> None:
    """More states for a program to find than the written tables need."""
    for make in (drafted_order, approved_order):
        make(cast, title=f"接口 {make.__name__}", quantity=10)
    submitted_project(cast, title="接口待论证的项目", quantity=10)
    published_award(cast, title="接口公示中的订单")
    filed_challenge(cast, title="接口质疑的订单")
    frozen_contract(cast, n=50, printed=True)
    contract = signed_contract(cast, n=51)
    for make_activity in (planned_activity, published_activity, verified_activity):
        make_activity(cast, contract, title=f"接口{make_activity.__name__}")
    started_engagement(cast, contract)
    issued_engagement(cast, signed_contract(cast, n=52))
    sent_engagement(cast, signed_contract(cast, n=53))
    confirmed_settlement(cast, drawn_settlement(cast, signed_contract(cast, n=54), 1))
    approved_settlement(cast, drawn_settlement(cast, signed_contract(cast, n=55), 1))
    planned_assessment(cast, finished_contract(cast, n=56))
    self_scored_assessment(cast, contract=finished_contract(cast, n=57))


def test_the_api_answers_as_its_schema_says(
    one_connection: None, cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    world(cast, 60)
    wider(cast)
    config = SchemathesisConfig.from_dict({"checks": CHECKS})
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application, config=config)
    operations = {each.ok().definition.raw["operationId"]: each.ok() for each in schema.get_all_operations()}
    reached: Counter[str] = Counter()
    callers = (by_session(cast), by_token(cast, "provider1"), by_token(cast, "auditor"))
    walks = [Walk(operations, caller, reached) for caller in callers]
    for walk in walks:
        walk.look()
        walk.try_all()
    walks[0].publish()
    for name, walk in zip(operations, itertools.cycle(walks), strict=False):
        walk.make_up(name)
    answered = {name for name in operations if reached[name]}
    share = len(answered) / len(operations)
    with capsys.disabled():
        print(f"\n{len(answered)} of {len(operations)} operations answered 2xx at least once ({share:.0%})")
    assert share >= WANTED, sorted(operations.keys() - answered)
