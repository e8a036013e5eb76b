"""A list of the API asks the same few questions of the database for one case and for thirty, verbs of each row included."""

from __future__ import annotations

import pytest

from core.rooms import rooms
from tests.cast import Cast
from tests.test_lists import VIEWERS, asked, multiply, one

__all__ = ["one"]  # the fixture

# Person, roles and throttle, then the list's own.
MOST = 12


@pytest.mark.parametrize("login", ["buyer", "leader", "auditor", "provider1"])
def test_lists_of_the_api(one: Cast, login: str) -> None:
    client, addresses = one.client(login), [f"/api/v1/{room.slug}/?page_size=100" for room in rooms()]
    first = {url: asked(client, url) for url in addresses}
    multiply(29, [one.organizations[key] for key in VIEWERS[login]])
    then = {url: asked(client, url) for url in addresses}
    assert {url: (first[url], n) for url, n in then.items() if n != first[url] or n > MOST} == {}
