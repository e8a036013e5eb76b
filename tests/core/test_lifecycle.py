"""The one writer of status: who, when, in which version, with which entry."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from accounts.organizations.models import Organization
from core import journal
from core.actor import ANYONE
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, moved
from tests.cast import Cast


@pytest.fixture
def provider(cast: Cast) -> Organization:
    """A provider that waits for verification."""
    waiting = Organization(kind="provider", name="待核验单位", region=cast.regions["大观街道"])
    with transaction.atomic():
        return begin(waiting, actor=cast.actor("admin"))


def test_a_step_moves_status_version_and_journal_together(cast: Cast, provider: Organization) -> None:
    advance(provider, "verify", actor=cast.actor("procurer"), facts={"seen": "register"})
    stored = Organization.objects.get(pk=provider.pk)
    assert (stored.status, stored.version, stored.audit_n) == ("verified", 2, 2)
    newest, first = journal.entries_for(stored)
    assert (first.verb, first.source, first.target) == ("create", "", "pending")
    assert (newest.verb, newest.source, newest.target, newest.actor_name) == ("verify", "pending", "verified", "何静")
    assert newest.hash == bytes(stored.audit_head)
    assert newest.facts == {"seen": "register"}


@pytest.mark.parametrize("login", ["buyer", "leader", "provider1", "auditor", "expert1"])
def test_a_stranger_moves_nothing(cast: Cast, provider: Organization, login: str) -> None:
    with pytest.raises(NotAllowed):
        advance(provider, "verify", actor=cast.actor(login))
    with pytest.raises(NotAllowed):
        advance(provider, "verify", actor=ANYONE)
    provider.refresh_from_db()
    assert (provider.status, provider.audit_n) == ("pending", 1)


def test_a_step_out_of_turn_is_not_now(cast: Cast, provider: Organization) -> None:
    with pytest.raises(NotNow, match="待核验"):
        advance(provider, "suspend", actor=cast.actor("procurer"), reason="早了")


def test_a_step_that_wants_a_reason_refuses_without(cast: Cast, provider: Organization) -> None:
    with pytest.raises(Invalid) as refusal:
        advance(provider, "return", actor=cast.actor("procurer"), reason="  ")
    assert refusal.value.field == "reason"


def test_two_stale_instances_do_not_both_pass(cast: Cast, provider: Organization) -> None:
    mine, theirs = (Organization.objects.get(pk=provider.pk) for _ in range(2))
    advance(mine, "verify", actor=cast.actor("procurer"))
    with pytest.raises(Conflict):
        advance(theirs, "return", actor=cast.actor("admin"), reason="缺年检")
    assert Organization.objects.get(pk=provider.pk).status == "verified"


def test_a_listener_s_fault_undoes_the_step(cast: Cast, provider: Organization) -> None:
    def refuse(**kwargs: Any) -> None:
        raise RuntimeError("later stage fails")

    moved.connect(refuse, sender=Organization)
    try:
        with pytest.raises(RuntimeError, match="later stage"), transaction.atomic():
            advance(provider, "verify", actor=cast.actor("procurer"))
    finally:
        moved.disconnect(refuse, sender=Organization)
    stored = Organization.objects.get(pk=provider.pk)
    assert (stored.status, len(journal.entries_for(stored))) == ("pending", 1)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_written(transactional_db: None, cast: Cast, provider: Organization) -> None:
    with pytest.raises(RuntimeError, match="atomic"):
        advance(provider, "verify", actor=cast.actor("procurer"))
