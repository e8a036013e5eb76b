"""The actor of each request (经办身份): who acts, for which organization, in which roles."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from accounts.memberships.queries import Identity, identities_of
from accounts.users.models import User
from core.actor import ANYONE, Actor

ACTING = "acting"
"""The session's key of the chosen identity (see `Identity.key`)."""


class ActorMiddleware:
    """Put `request.actor` and `request.identities` on each request; one narrow query or a few, none for a stranger.

    What the session chose holds as long as it is in force today; else the first identity is taken. A person without any
    identity is known by name and holds no role.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        found: list[Identity] = identities_of(user) if isinstance(user, User) else []
        chosen = str(request.session.get(ACTING, "")) if found else ""
        identity = next((one for one in found if str(one.key) == chosen), found[0] if found else None)
        request.identities = found  # type: ignore[attr-defined]
        request.identity = identity  # type: ignore[attr-defined]
        request.actor = actor_for(request, identity)  # type: ignore[attr-defined]
        return self.get_response(request)


class LogInMiddleware:
    """The desk is for people who are logged in: a page leads to the log-in and back; a script is told 401.

    Whoever's session ran out in the middle of a form comes back to the same address, where the draft stands.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/w/") or request.user.is_authenticated:
            return self.get_response(request)
        if request.headers.get("X-Requested-With") == "fetch" or request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401)
        return redirect_to_login(request.get_full_path())


def actor_for(request: HttpRequest, identity: Identity | None) -> Actor:
    """The actor of a person in an identity; without one a name without roles, without log-in anyone."""
    user = request.user
    if not isinstance(user, User):
        return ANYONE
    if identity is None:
        return Actor(user_key=str(user.pk), user_name=user.name or user.username)
    return identity.actor(user)
