"""Upgrade with data: every kept release is migrated to today's code and is whole afterwards."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.users.models import User
from core import append_only, clock
from core.aggregates import Aggregate
from core.rooms import rooms
from demo.releases import load_release, read_release, write_release

RELEASES = sorted(Path(__file__).parent.glob("*.json.xz"))
LARGEST = 400 * 1024
# What migrate itself adds to: the starting rules of later code.
SEEDED = {"procurement.Parameter"}


@contextmanager
def empty_database(folder: Path) -> Iterator[None]:
    """A new database on the same server, or a new file, in the place of the test's."""
    usual = connection.settings_dict["NAME"]
    fresh = str(folder / "upgraded.sqlite3") if connection.vendor == "sqlite" else f"{usual}_upgraded"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{fresh}"')
            cursor.execute(f'CREATE DATABASE "{fresh}"')
    connection.close()
    connection.settings_dict["NAME"] = fresh
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{fresh}" WITH (FORCE)')


def rows_now() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models(include_auto_created=True)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", RELEASES, ids=lambda path: path.name.removesuffix(".json.xz"))
def test_a_release_with_data_is_brought_up_to_date(path: Path, tmp_path: Path) -> None:
    assert path.stat().st_size <= LARGEST
    release = read_release(path)
    assert path.name == f"{release.version}.json.xz"
    with empty_database(tmp_path), clock.travel(release.made_at):
        load_release(release)
        # With the checks that the command makes on the command line: none of them may refuse an older database.
        call_command("migrate", verbosity=0, skip_checks=False)
        assert append_only.missing() == []
        kept = rows_now()
        told = {label: count for label, count in release.counts().items() if label in kept}
        grown = {label for label in told if kept[label] != told[label]}
        assert {label: kept[label] for label in grown - SEEDED} == {label: told[label] for label in grown - SEEDED}
        assert [label for label in grown if kept[label] < told[label]] == []
        assert sum(told.values()) > 5000
        said = io.StringIO()
        call_command("verify_journal", stdout=said)
        assert str(told["audit.JournalEntry"]) in said.getvalue()
        unknown = [
            f"{model._meta.label}: {status}"
            for model in apps.get_models()
            if issubclass(model, Aggregate)
            for status in model._base_manager.values_list("status", flat=True).distinct()
            if status not in model.lifecycle.statuses
        ]
        assert unknown == []
        pages_open()
        # What `make release` would keep now is whole as well.
        now = write_release(tmp_path / "now.json.xz", "now")
        assert {label: now.counts()[label] for label in told} == {label: kept[label] for label in told}
        assert read_release(tmp_path / "now.json.xz") == now


def pages_open() -> None:
    """The desk, every list, and one object of each room, for people of several posts."""
    assert settings.DEMO, "the people of the release may come in only where it plays"
    opened = 0
    for login in ("buyer", "auditor", "provider1"):
        client = Client()
        client.force_login(User.objects.get(username=login), backend="accounts.users.backends.Backend")
        assert client.get("/w/").status_code == 200
        actor = client.get("/w/me/").wsgi_request.actor
        for room in rooms():
            assert client.get(f"/w/{room.slug}/").status_code == 200, f"{login} {room.slug}"
            thing = room.visible(actor).first()
            if thing is not None:
                opened += 1
                assert client.get(f"/w/{room.slug}/{thing.pk}/").status_code == 200, f"{login} {room.slug}"
    assert opened > 20
