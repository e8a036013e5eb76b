"""How often one may ask the API (限频): rates of the settings, counted in the cache that all web processes share."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class RateThrottle(SimpleRateThrottle):
    """A rate of settings.API_RATES, read when it is needed."""

    scope: str

    def get_rate(self) -> str:
        """E.g. "120/min"."""
        return str(settings.API_RATES[self.scope])

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Counted for the person; for a stranger by address."""
        who = request.user.pk if request.user.is_authenticated else self.get_ident(request)
        return f"throttle:{self.scope}:{who}"


class ReadThrottle(RateThrottle):
    """Reading."""

    scope = "read"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Deeds are counted by themselves."""
        return request.method == "POST" or super().allow_request(request, view)


class ActThrottle(RateThrottle):
    """Deeds."""

    scope = "act"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Reading is counted by itself."""
        return request.method != "POST" or super().allow_request(request, view)


class WrongTokenThrottle(RateThrottle):
    """Tokens that nobody has, by address; a good token is never held up by its neighbors' bad ones."""

    scope = "wrong_token"

    def get_cache_key(self, request: Request, view: Any) -> str:
        """By address alone: there is nobody yet."""
        return f"throttle:{self.scope}:{self.get_ident(request)}"
