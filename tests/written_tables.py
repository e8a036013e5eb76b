"""The tables that people wrote, docs/reference/*-table.csv, and the words in their cells."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.cast import PEOPLE, Cast
from tests.journeys.reviews import seated_logins

REFERENCE = Path(settings.BASE_DIR) / "docs" / "reference"
# Verbs whose predicate asks for more than "whose thing": the thing in `world` on which they are asked.
ASKED_OF = {
    "organization.confirm_account": "organization changing",
    "organization.stop_account": "organization changing",
    "final_account.return": "final_account handed in",
    "contract.sign": "contract drawn",
    "amendment.file": "amendment in force",
    "acceptance.confirm": "acceptance judged",
    "acceptance.object": "acceptance judged",
}
# Things of `world` that only verbs are asked of.
SPECIAL = {"organization changing", "amendment in force", "acceptance judged", "final_account handed in"}
# Whose experts `seated` names.
SEATS = {
    "panel": "panel",
    "review done": "panel",
    "review": "panel of the review",
    "panel of the review": "panel of the review",
}
GROUPS = {
    "inside": {login for login, (key, *_rest) in PEOPLE.items() if key == "buyer"},
    "providers": {login for login, (_key, role, _name) in PEOPLE.items() if role == "provider_admin"},
    "all": set(PEOPLE),
}


def named(words: str, seated: set[str]) -> set[str]:
    """The log-ins that a cell names, by name or by one of the groups."""
    groups = GROUPS | {"seated": seated}
    return set().union(*(groups.get(word, {word}) for word in words.split()))


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a written table."""
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def seats_in(house: Mapping[str, Any], cast: Cast) -> dict[str, set[str]]:
    """Who `seated` is, for each thing that has a panel."""
    return {name: set(seated_logins(house[panel], cast)) for name, panel in SEATS.items()}


def unpublished_kinds() -> dict[str, str]:
    """kind -> its thing that is not published yet, as docs/reference/visibility-table.csv marks it."""
    marked = [row["thing"] for row in rows_of("visibility-table.csv") if row["unpublished"]]
    return {thing.partition(" ")[0]: thing for thing in marked}


def printed_verbs() -> str:
    """docs/reference/permission-table.md: a row a verb, then a row a thing."""
    lines = [
        "# Who may do what: the written table (权限对照表)",
        "",
        "Written by hand from the regulations and the duties of each post, in `permission-table.csv` and `visibility-table.csv`;",
        "`tests/test_permissions.py` holds the code to it: each verb and each person of the cast, on a thing of the own house, on",
        "one of another buyer, street, provider and evaluator, and on one that is not published yet. A new verb without a row fails.",
        "What each address answers is on [its own page](address-table.md), what the code itself says on [the drawn page](permissions.md);",
        "who the log-ins are in the README.",
        "",
        "*Not published*: who is offered the verb on the own house's thing that is not published yet (those marked below): the person",
        "knows of it, the post allows the verb, its state has it. On another house's nobody is offered anything but who stands in",
        "the column of the other house as well.",
        "",
        "`inside`: all of the buyer's people; `seated`: the experts of that panel; – : nobody, it follows from another deed or the clock.",
        "",
        "## Verbs",
        "",
        "| verb | for the own house's | for another house's | not published | because |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{row['verb']}` | {row['own'] or '–'} | {row['other'] or '–'} | {row['unpublished'] or '–'} | {row['because']} |"
        for row in rows_of("permission-table.csv")
    ]
    lines += ["", "## Who knows of a thing", "", "Everybody else is told that it does not exist (404).", ""]
    lines += ["| thing | not published | of the own house | of another house | because |", "|---|---|---|---|---|"]
    lines += [
        f"| {row['thing']} | {row['unpublished'] or '–'} | {row['own']} | {row['other'] or '–'} | {row['because']} |"
        for row in rows_of("visibility-table.csv")
    ]
    return "\n".join(lines) + "\n"


def printed_addresses() -> str:
    """docs/reference/address-table.md: a row an address and method."""
    lines = [
        "# What each address answers whom: the written table (地址对照表)",
        "",
        "Written by hand in `address-table.csv`; `tests/test_permissions.py` asks every address as every post of the cast and as a",
        "stranger, on the own house's things; where everybody gets the same, five posts a row, going round. Whoever is refused has",
        "written nothing, and no reading writes anything. An address without a row fails, and so does a row without an address.",
        "",
        "`knows`: whoever may know of the thing ([that table](permission-table.md#who-knows-of-a-thing)); `deed`: at each verb's",
        "address who may know of the thing and may do the verb ([that table](permission-table.md#verbs)); `seated`: the experts of that",
        "panel; `403/404`: 403 for who may know of the thing, 404 for everybody else, to whom it does not exist. 302 is the way to",
        "the log-in, or what follows a deed; 409 and 422 are deeds that come too early, or bare of what must be typed.",
        "",
        "| address | method | who | gets | the others | a stranger | because |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{row['address']}` | {row['method']} | {row['whom'] or '–'} | {row['answer'] or '–'} | {row['others'] or '–'} "
        f"| {row['stranger']} | {row['because']} |"
        for row in rows_of("address-table.csv")
    ]
    return "\n".join(lines) + "\n"


PRINTED = {"permission-table": printed_verbs, "address-table": printed_addresses}
