"""Deeds on one's own account (本人账号)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from accounts.users.models import User
from core import journal
from core.actor import SYSTEM, Actor
from core.channels import send_trial, set_contact
from core.errors import NotAllowed


@transaction.atomic
def edit_user(user: User, *, actor: Actor, phone: str) -> User:
    """Change one's own telephone number.

    raises  NotAllowed (somebody else's account)
    writes  the row; one entry on the user's chain, naming the field and never its text
    """
    if actor.user_key != str(user.pk):
        raise NotAllowed
    if phone != user.phone:
        user.phone = phone
        user.save(update_fields=["phone"])
        journal.record(user, "edit_profile", actor=actor, facts={"fields": ["phone"]})
    return user


@transaction.atomic
def choose_notices(user: User, *, actor: Actor, wanted: Mapping[str, tuple[str, Sequence[str]]]) -> User:
    """Choose by which channels one is told, and of what (通知设置).

    wanted  {channel: (address, families not wanted there)}; an empty address ends the channel
    raises  NotAllowed (somebody else's account) · Invalid at the field of the channel's name
    writes  the contacts; one entry on the user's chain, naming channels and families and never an address
    """
    if actor.user_key != str(user.pk):
        raise NotAllowed
    changed = [slug for slug, (target, muted) in wanted.items() if set_contact(str(user.pk), slug, target, muted)]
    facts = {"changed": changed, "muted": {slug: list(muted) for slug, (target, muted) in wanted.items() if target}}
    journal.record(user, "choose_notices", actor=actor, facts=facts)
    return user


@transaction.atomic
def try_channel(user: User, *, actor: Actor, channel: str) -> User:
    """Send a trial letter to one's own address. raises  NotAllowed · Invalid (no address yet). writes  the outbox"""
    if actor.user_key != str(user.pk):
        raise NotAllowed
    send_trial(str(user.pk), channel)
    return user


@transaction.atomic
def note_password_change(user: User, *, actor: Actor) -> User:
    """Journal that a person has changed the password. writes  one entry on the user's chain"""
    journal.record(user, "change_password", actor=actor)
    return user


@transaction.atomic
def note_login_failure(user: User, *, locked: bool) -> None:
    """Journal a refused log-in or a lock-out; no address and nothing typed is kept.

    locked  True once the limit is reached: the attempts that follow are not written, or a stranger could fill the chain
    writes  one entry "lock_out" or "refuse_login" on the user's chain, by the platform
    """
    journal.record(user, "lock_out" if locked else "refuse_login", actor=SYSTEM)
