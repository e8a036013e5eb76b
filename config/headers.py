"""Headers that neither Django nor django-csp sends: what the page may ask of the device, and what nobody may keep."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Pages behind the log-in, and those that lead there with something typed.
KEPT_NOWHERE = ("/w/", "/accounts/", "/q/")


class HeadersMiddleware:
    """Send Permissions-Policy with every answer, and Cache-Control: no-store with everything that is not for everybody.

    What an answer says of its own caching stands: a downloaded file, a published table.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        actor = getattr(request, "actor", None)
        if request.path.startswith(KEPT_NOWHERE) or (actor is not None and actor.is_authenticated):
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response
