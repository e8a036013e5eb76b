"""Between password and session (待验证): who has given the right password and is nobody yet.

No session of Django's is opened before the code is right: until then the request's user is a stranger, and all that the
stored session holds is who may answer here, until when, and where to go afterwards.
"""

from __future__ import annotations

import time
from typing import Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY, login
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.users.models import User

BACKEND: Final = "accounts.users.backends.Backend"
PENDING: Final = "pending"
PROVED: Final = "second_factor"
TERM_SECONDS: Final = 600


def hold(request: HttpRequest, user: User, next_url: str) -> None:
    """Keep that this person's password was right; whatever session there was ends, so its key cannot be known before."""
    request.session.flush()
    request.session[PENDING] = {
        "user": str(user.pk),
        "password": user.get_session_auth_hash(),
        "until": int(time.time()) + TERM_SECONDS,
        "next": next_url,
    }


def pending_user(request: HttpRequest) -> User | None:
    """Who may answer with a code now; nobody after ten minutes, after a changed password, or when switched off meanwhile."""
    held = request.session.get(PENDING)
    if not held or held["until"] < time.time():
        return None
    user = User.objects.filter(pk=held["user"], is_active=True).first()
    if user is None or (user.is_demo and not settings.DEMO):
        return None
    return user if constant_time_compare(held["password"], user.get_session_auth_hash()) else None


def pending_next(request: HttpRequest) -> str:
    """Where the person was going, checked when it was kept."""
    held = request.session.get(PENDING) or {}
    return str(held.get("next") or settings.LOGIN_REDIRECT_URL)


def enter(request: HttpRequest, user: User) -> str:
    """Open the session: both factors were right. returns  where to go"""
    target = pending_next(request)
    request.session.pop(PENDING, None)
    login(request, user, backend=BACKEND)
    mark(request, user)
    return target


def mark(request: HttpRequest, user: User) -> None:
    """Note in the session that the second factor in force was given."""
    request.session[PROVED] = _proof(user)


def is_proved(request: HttpRequest, user: User) -> bool:
    """Whether this session has given the second factor that is in force now."""
    return user.second_factor_at is not None and request.session.get(PROVED) == _proof(user)


def has_session(request: HttpRequest) -> bool:
    """Whether the person came by a session (a token has none)."""
    return SESSION_KEY in request.session


def _proof(user: User) -> str:
    return user.second_factor_at.isoformat() if user.second_factor_at else ""
