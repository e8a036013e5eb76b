"""Whatever is altered, removed or slipped in past the journal is found and named."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.organizations.models import Organization
from audit.journal.hashing import canonical
from audit.journal.models import JournalEntry
from audit.journal.standalone import link
from audit.journal.verification import verify
from core import append_only
from tests.audit.journal.scene import into_text
from tests.cast import Cast


@pytest.fixture
def subject(cast: Cast) -> Organization:
    """A verified provider: a chain of two entries."""
    return cast.org("provider1")


def sql(statement: str, *values: object) -> None:
    """Tamper as somebody with the database's password would, triggers taken away."""
    with append_only.lifted(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def entry(subject: Organization, n: int) -> JournalEntry:
    return JournalEntry.objects.get(object_key=subject.journal_key, n=n)


def key_of(row: JournalEntry) -> str:
    return row.pk.hex if connection.vendor == "sqlite" else str(row.pk)


def alter_body(subject: Organization) -> None:
    row = entry(subject, 1)
    sql(
        "UPDATE audit_journalentry SET body = %s WHERE id = %s",
        bytes(row.body).replace(b"create", b"crEate"),
        key_of(row),
    )


def alter_column(subject: Organization) -> None:
    sql("UPDATE audit_journalentry SET actor_key = 'other' WHERE id = %s", key_of(entry(subject, 2)))


def remove_first(subject: Organization) -> None:
    sql("DELETE FROM audit_journalentry WHERE id = %s", key_of(entry(subject, 1)))


def remove_tail(subject: Organization) -> None:
    sql("DELETE FROM audit_journalentry WHERE id = %s", key_of(entry(subject, 2)))


def remove_all(subject: Organization) -> None:
    sql("DELETE FROM audit_journalentry WHERE object_key = %s", subject.journal_key)


def move_status(subject: Organization) -> None:
    Organization.objects.filter(pk=subject.pk).update(status="suspended")


def rewrite_last(subject: Organization) -> None:
    """Alter the last entry and recompute its own hash: the row's head still tells."""
    row = entry(subject, 2)
    body = json.loads(bytes(row.body)) | {"actor_name": "别人"}
    stored = canonical(body)
    new_hash = link(bytes(row.previous), stored)
    sql("UPDATE audit_journalentry SET body = %s, hash = %s WHERE id = %s", stored, new_hash, key_of(row))


def insert_row_without_entry(subject: Organization) -> None:
    subject.pk = None
    Organization.objects.bulk_create(
        [Organization(kind="provider", name="没有来历", region=subject.region, status="verified")]
    )


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        (alter_body, "body was altered"),
        (alter_column, "columns differ"),
        (remove_first, "entry 1 is missing"),
        (remove_tail, "tail was removed"),
        (remove_all, "row without entry"),
        (move_status, "status is suspended"),
        (rewrite_last, "head is not"),
        (insert_row_without_entry, "row without entry"),
    ],
)
def test_a_tampering_is_found_and_named(
    subject: Organization, tamper: Callable[[Organization], None], what: str
) -> None:
    key = subject.journal_key
    assert verify()[1] == []
    tamper(subject)
    _count, findings = verify()
    assert findings
    assert any(what in str(finding) for finding in findings), [str(f) for f in findings]
    if tamper is not insert_row_without_entry:
        assert {finding.object_key for finding in findings} == {key}
    with pytest.raises(CommandError, match="first:"):
        call_command("verify_journal")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps no text in a column of bytes")
@pytest.mark.parametrize("column", ["previous", "hash", "body"])
def test_text_in_place_of_bytes_is_named(subject: Organization, column: str) -> None:
    with append_only.lifted():
        into_text(entry(subject, 2), column)
    findings = verify()[1]
    assert f"is stored as another type: {column}" in {finding.what for finding in findings}
    assert {finding.object_key for finding in findings} == {subject.journal_key}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps no text in a column of bytes")
def test_text_in_place_of_bytes_is_named_beside_the_journal(subject: Organization) -> None:
    into_text(subject, "audit_head")
    assert [finding.object_key for finding in verify()[1]] == [subject.journal_key]


def test_the_whole_cast_verifies(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_journal")
    assert "no finding" in capsys.readouterr().out


@pytest.mark.parametrize("deed", ["UPDATE audit_journalentry SET verb = 'x'", "DELETE FROM audit_journalentry"])
def test_the_database_refuses_to_change_the_journal(cast: Cast, deed: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(deed)
