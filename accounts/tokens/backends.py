"""How a token is recognized (令牌登录): `Authorization: Bearer …`; no cookie, and so no CSRF token."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from accounts.tokens.models import AccessToken
from accounts.tokens.operations import note_use
from accounts.tokens.queries import bearer
from accounts.users.models import User
from core.api.throttles import WrongTokenThrottle


class TokenAuthentication(BaseAuthentication):
    """The person and the identity of a token; a wrong one is refused even beside a good session."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """(person, token), with the actor on the request as accounts' middleware puts it for a session.

        returns  None without such a header
        raises   AuthenticationFailed (401) · Throttled (429) after too many wrong ones from one address
        """
        if "HTTP_AUTHORIZATION" not in request.META:
            return None
        scheme, _blank, secret = request.META["HTTP_AUTHORIZATION"].partition(" ")
        # Whoever says who he is, and says it wrongly, is nobody: a good session beside it is not taken instead.
        found = bearer(secret.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            limit: Any = WrongTokenThrottle()
            if not limit.allow_request(request, None):
                raise Throttled(limit.wait())
            raise AuthenticationFailed(_("令牌不对、已到期、已吊销，或任职已经结束。"))
        token, identity = found
        asked: Any = request._request
        asked.identity, asked.identities = identity, [identity]
        asked.actor = replace(identity.actor(token.user), token=str(token.pk))
        note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What 401 says in WWW-Authenticate (RFC 6750)."""
        fault = ', error="invalid_token"' if "HTTP_AUTHORIZATION" in request.META else ""
        return f'Bearer realm="api"{fault}'
