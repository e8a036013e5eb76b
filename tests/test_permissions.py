"""Who may do what and who may know of what, against tables that people wrote: docs/reference/permission-table.csv and others.

A verb, a kind of thing or an address without a row fails. The tables are written by hand, never drawn from the code;
RECORD=1 redraws only the page of the docs that prints them.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from core.actor import Actor
from core.management.drawn_pages import lifecycles
from core.rooms import room_of, rooms
from tests.addresses import Walk, further
from tests.cast import PEOPLE, Cast
from tests.journeys.mirror import mirrored
from tests.journeys.world import world
from tests.written_tables import ASKED_OF, PRINTED, REFERENCE, SPECIAL, named, rows_of, seats_in, unpublished_kinds

NOBODY = Actor(user_key="nobody", user_name="没有岗位的人")


def test_every_verb_is_for_whom_the_table_says(cast: Cast) -> None:
    """Each verb x each of the cast, on the own house's thing and on the other's."""
    twin = mirrored(cast)
    own, other = world(cast, 60), world(twin, 70)
    told = {row["verb"]: row for row in rows_of("permission-table.csv")}
    steps = {
        f"{lifecycle.name.rpartition('.')[2]}.{step.verb}": step
        for lifecycle in lifecycles()
        for step in lifecycle.steps
    }
    wrong = []
    for verb, step in steps.items():
        thing = ASKED_OF.get(verb, verb.partition(".")[0])
        for column, house in (("own", own), ("other", other)):
            # What somebody without any post may is nobody's deed: it follows from another one, or from the clock.
            follows = step.permission(NOBODY, house[thing])
            may = {login for login in PEOPLE if not follows and step.permission(cast.actor(login), house[thing])}
            expected = named(told[verb][column], set())
            if may != expected:
                wrong.append(
                    f"{verb} {column}: not in the table {sorted(may - expected)}, only there {sorted(expected - may)}"
                )
    wrong += unlike_the_visibility(cast, own, other)
    wrong += unlike_the_unpublished(cast, own, other)
    assert not wrong, "\n".join(wrong)


def unlike_the_visibility(cast: Cast, own: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where who may know of a thing differs from docs/reference/visibility-table.csv."""
    seated = {"own": seats_in(own, cast), "other": seats_in(other, cast)}
    told = {row["thing"]: row for row in rows_of("visibility-table.csv")}
    things = {
        name: thing
        for name, thing in own.items()
        if type(thing) in {room.model for room in rooms()} and name not in SPECIAL
    }
    wrong = [f"no row for {name}" for name in sorted(told.keys() ^ things.keys())]
    for name in told.keys() & things.keys():
        for column, thing in (("own", own[name]), ("other", other[name])):
            room = room_of(thing)
            knows = {login for login in PEOPLE if room.visible(cast.actor(login)).filter(pk=thing.pk).exists()}
            expected = named(told[name][column], seated[column].get(name, set()))
            if knows != expected:
                wrong.append(
                    f"{name} {column}: knows {sorted(knows - expected)}, should know {sorted(expected - knows)}"
                )
    return wrong


def unlike_the_unpublished(cast: Cast, own: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where what is offered on a thing that is not published yet differs from the column `unpublished`.

    Offered: the person may know of it, its state has the verb, the post allows it. On another house's nobody is offered
    anything but who stands under `other` as well.
    """
    wrong, kinds = [], unpublished_kinds()
    for column, house in (("own", own), ("other", other)):
        seats = seats_in(house, cast)
        offered: dict[str, set[str]] = {}
        for thing in (house[name] for name in kinds.values()):
            room = room_of(thing)
            for login in PEOPLE:
                stored = room.visible(cast.actor(login)).filter(pk=thing.pk).first()
                for step in thing.lifecycle.offered(stored, cast.actor(login)) if stored else ():
                    offered.setdefault(f"{thing.lifecycle.name.rpartition('.')[2]}.{step.verb}", set()).add(login)
        for row in rows_of("permission-table.csv"):
            seated = seats.get(kinds.get(row["verb"].partition(".")[0], ""), set())
            expected = named(row["unpublished"], seated)
            if column == "other":
                expected &= named(row["other"], seated)
            if (may := offered.get(row["verb"], set())) != expected:
                wrong.append(
                    f"{row['verb']} unpublished, {column}: not in the table {sorted(may - expected)}, "
                    f"only there {sorted(expected - may)}"
                )
    return wrong


def test_every_address_answers_as_the_table_says(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    """Each address x method x each of the cast and a stranger; whoever is refused has written nothing."""
    caplog.set_level("ERROR", "platform.request")
    rows = rows_of("address-table.csv")
    own = world(cast, 60)
    walk = Walk(cast, own, further(cast, own))
    for row in rows:
        walk.row(row)
    wrong = [f"{what} ({', '.join(whom)})" for what, whom in walk.wrong.items()]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["permission-table", "address-table"])
def test_the_page_of_the_docs_prints_the_tables(name: str) -> None:
    """docs/reference/*-table.md; RECORD=1 writes them anew."""
    page, text = REFERENCE / f"{name}.md", PRINTED[name]()
    if os.environ.get("RECORD"):
        page.write_text(text, "utf-8")
    assert page.read_text("utf-8") == text, (
        "after a change of a table: RECORD=1 pytest tests/test_permissions.py -k prints"
    )
