"""Who needs a second factor, and what a person has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.conf import settings

from accounts.authenticators.models import Authenticator, RecoveryCode
from accounts.memberships.queries import Identity
from accounts.roles import second_factor_demanded
from accounts.users.models import User
from core import clock

SETUP_TERM: Final = timedelta(minutes=15)
"""How long a secret that was shown waits for its first code."""


def demanded_of(user: User, identities: Iterable[Identity]) -> bool:
    """Whether this person may come in only with a second factor: any role of today decides, lent ones too. No query.

    source  GB/T 22239-2019 8.1.4.1（两种或两种以上组合的鉴别技术）; 演示账号 excepted where the demonstration plays
    """
    if not settings.TWO_FACTOR or (user.is_demo and settings.DEMO):
        return False
    return any(second_factor_demanded(identity.roles | identity.waiting) for identity in identities)


def waiting_authenticator(user: User) -> Authenticator | None:
    """The device that is being set up, while it may be."""
    since = clock.now() - SETUP_TERM
    return Authenticator.objects.filter(user=user, confirmed=False, begun_at__gt=since).select_related("user").first()


def codes_left(user: User) -> int:
    """How many recovery codes are not spent."""
    return RecoveryCode.objects.filter(user=user, spent_at__isnull=True).count()
