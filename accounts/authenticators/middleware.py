"""No session without its second factor."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from accounts.authenticators.pending import has_session, is_proved
from accounts.authenticators.queries import demanded_of
from accounts.users.models import User
from core.actor import ANYONE


class SecondFactorMiddleware:
    """End a session that lacks the second factor which its person has, or whose role demands one. No query.

    The log-in itself opens no such session; it is for those opened before a role was given, a device was set up elsewhere,
    or an administrator reset it. Comes after ActorMiddleware, which knows the roles, and before LogInMiddleware, which
    leads to the log-in and back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and has_session(request):
            wanted = user.second_factor_at is not None or demanded_of(user, request.identities)  # type: ignore[attr-defined]
            if wanted and not is_proved(request, user):
                logout(request)
                request.identities, request.identity = [], None  # type: ignore[attr-defined]
                request.actor = ANYONE  # type: ignore[attr-defined]
        return self.get_response(request)
