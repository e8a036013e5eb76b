"""Where work comes from (待办的来源): no question may leave out what its duty's own query set would find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Exists
from django.db.models.lookups import Lookup
from django.db.models.sql import Query
from django.db.models.sql.where import AND, WhereNode
from django.test import Client
from django.urls import get_resolver

from core import duties
from core.actor import Actor
from core.presence import Question, are_there
from procurement.activities.models import Activity
from procurement.contracts.models import Contract
from tests.cast import Cast
from tests.journeys.activities import recorded_activity
from tests.journeys.contracts import signed_contract

ORGANIZATION = UUID("00000000-0000-4000-8000-00000000000a")
Conditions = dict[tuple[str, str], set[str]]


def conditions(query: Query) -> Conditions:
    """What every row of a query fulfils: (model.column, lookup) -> the values it may have; of its subqueries too."""
    return _of(query.where)


def _of(node: Any) -> Conditions:
    if isinstance(node, Exists):
        return conditions(node.query)
    if isinstance(node, Lookup):
        return _of_lookup(node)
    if not isinstance(node, WhereNode) or node.negated:
        return {}
    parts = [_of(child) for child in node.children]
    if node.connector == AND:
        return _all_of(parts)
    # Of several ways each must say it; a way that no row can take says nothing.
    ways = [part for part in parts if all(part.values())]
    common = set.intersection(*(set(way) for way in ways)) if ways else set()
    return {key: set.union(*(way[key] for way in ways)) for key in common}


def _all_of(parts: list[Conditions]) -> Conditions:
    found: Conditions = {}
    for part in parts:
        for key, values in part.items():
            found[key] = found[key] & values if key in found else values
    return found


def _of_lookup(lookup: Lookup[Any]) -> Conditions:
    if isinstance(lookup.rhs, Query):
        return conditions(lookup.rhs)
    target = getattr(lookup.lhs, "target", None)
    if target is None or hasattr(lookup.rhs, "resolve_expression"):
        return {}
    several = lookup.lookup_name == "in"
    values = {str(value) for value in (lookup.rhs if several else [lookup.rhs])}
    kind = "is" if lookup.lookup_name in {"exact", "in"} else lookup.lookup_name
    return {(f"{target.model.__name__}.{target.attname}", kind): values}


def _people(duty: duties.Duty) -> list[Actor]:
    """One person a role, of the side that has such a role."""
    return [
        Actor(
            user_key=str(ORGANIZATION),
            user_name="某人",
            organization_id=ORGANIZATION,
            organization_kind="provider" if role.startswith("provider") else "buyer",
            roles=frozenset({role}),
            region_path="530102",
        )
        for role in duty.roles
    ]


@pytest.mark.django_db
def test_no_source_leaves_work_out() -> None:
    """Every condition of a source is one of its duty's query set, and no narrower."""
    assert get_resolver().url_patterns  # loads the rooms, and their duties with them
    checked = 0
    for duty in duties._registered.values():
        for actor in _people(duty):
            question = duties.question_of(duty, actor)
            if question is None:
                continue
            wanted = conditions(duty.queryset(actor).query)
            asked = conditions(
                question.model._base_manager.filter(**{question.by: ORGANIZATION}, **question.where).query
            )
            for key, values in asked.items():
                assert key in wanted, f"{duty.name}, {actor.roles}: {key} is no condition of its query set"
                assert wanted[key] <= values, f"{duty.name}: {key} may be {wanted[key] - values}"
            checked += 1
    assert checked > 50


def test_a_narrower_source_is_found() -> None:
    """The comparison above sees a status that is left out, and a condition that the query set has not."""
    rows = Activity.objects.filter(status__in=("held", "published"), provider_id=ORGANIZATION)
    found = conditions(rows.query)
    assert found[("Activity.status", "is")] == {"held", "published"}
    assert not found[("Activity.status", "is")] <= {"held"}
    assert ("Activity.title", "is") not in found


def test_answers_are_the_keys_own(cast: Cast, django_assert_num_queries: Any) -> None:
    """One query for all; asked for another organization, or in another status, there is nothing; what is written meanwhile counts."""
    contract = signed_contract(cast)
    own, other = cast.org("buyer").pk, cast.org("union").pk
    questions = [
        Question(Contract, "buyer", status="performing"),
        Question(Contract, "buyer", status="draft"),
        Question(Activity, "contract__buyer", status="recorded"),
        Question(Contract, "buyer", status="performing"),
    ]
    with django_assert_num_queries(1):
        assert are_there(questions, own) == [True, False, False, True]
    assert are_there(questions, other) == [False] * 4
    recorded_activity(cast, contract)
    assert are_there(questions, own) == [True, False, True, True]
    assert are_there([], own) == []


def test_the_desk_is_the_same_without_sources(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case in delivery: everybody's tasks with the sources are those without."""
    recorded_activity(cast, signed_contract(cast))
    Client().get("/")  # loads the rooms
    people = [cast.actor(login) for login in cast.users]
    with_sources = [duties.tasks_for(actor) for actor in people]
    assert any(with_sources)
    for name, duty in list(duties._registered.items()):
        monkeypatch.setitem(duties._registered, name, replace(duty, source=None))
    assert [duties.tasks_for(actor) for actor in people] == with_sources
