"""No access until signed (先签署、后办理): who has roles that wait for a pledge is led to it (R49).

That such roles do nothing is held where the actor is built (`accounts.memberships.queries.identities_of`); here is only the way.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core.middleware import request_id

SIGN = "/w/pledges/sign/"
OPEN = (SIGN, "/w/pledges/mine/", "/w/me/")
"""What stays open: the pledge itself and one's own pages."""


class PledgeMiddleware:
    """A page at work leads to the pledge and back; a deed is refused with a page that leads there. No query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        identity = getattr(request, "identity", None)
        waits = identity is not None and identity.waiting
        if not waits or not request.path.startswith("/w/") or request.path.startswith(OPEN):
            return self.get_response(request)
        fragment = request.headers.get("X-Requested-With") == "fetch" or request.headers.get("HX-Request") == "true"
        if request.method in {"GET", "HEAD"} and not fragment:
            return redirect(f"{SIGN}?{urlencode({'next': request.get_full_path()})}")
        return render(request, "errors/pledge.html", {"sign_url": SIGN, "request_id": request_id.get()}, status=403)
