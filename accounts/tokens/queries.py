"""Which tokens a person has, and whose a token is that a program brings."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Final

from django.db.models import QuerySet

from accounts.memberships.queries import Identity, identities_of
from accounts.tokens.models import AccessToken
from accounts.users.backends import Backend
from accounts.users.models import User
from core import clock

# Writing at each request would make every reader a writer.
USED_EVERY: Final = timedelta(minutes=1)


def digest_of(token: str) -> str:
    """What is stored of a token. SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def tokens_of(user: User) -> QuerySet[AccessToken]:
    """A person's own tokens, newest first."""
    return AccessToken.objects.filter(user=user).select_related("organization", "user")


def own_identities(user: User) -> list[Identity]:
    """The identities that a token may act in: one's own of today; what is lent (代办) is not handed to a program."""
    return [identity for identity in identities_of(user) if not identity.on_behalf_of]


def state_of(token: AccessToken, *, held: bool) -> str:
    """revoked, expired, password, withdrawn or live. held: whether any of its roles is held today"""
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at <= clock.now():
        return "expired"
    if token.password != token.user.get_session_auth_hash():
        return "password"
    return "live" if held else "withdrawn"


def bearer(secret: str) -> tuple[AccessToken, Identity] | None:
    """Whose token this is, and the identity it acts in now; None for what is unknown, over, revoked or withdrawn.

    The roles are those of the token that are still held today. Three queries.
    """
    token = AccessToken.objects.filter(digest=digest_of(secret)).select_related("user", "organization").first()
    if token is None or not Backend().user_can_authenticate(token.user):
        return None
    for identity in own_identities(token.user):
        roles = identity.roles & frozenset(token.roles)
        if identity.key == token.organization_id and roles and state_of(token, held=True) == "live":
            return token, replace(identity, roles=roles)
    return None
