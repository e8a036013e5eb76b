"""The idle limit (闲置退出): a session ends so many minutes after its last request."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Prolonging on every request would make every reading page a writer of the sessions' table.
PROLONG_EVERY = 60
# A page that asks by itself (progress of a report) sends this header and does not keep its owner logged in.
UNATTENDED_HEADER = "X-Unattended"


class IdleLimitMiddleware:
    """Prolong the session of a person who is at work, at most once a minute.

    Django counts a session's age from its last save; saving it here makes SESSION_COOKIE_AGE an idle limit.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if UNATTENDED_HEADER in request.headers or not request.COOKIES:
            return response
        # Wall time, not core.clock: the browser's cookie and the stored expiry know no travelled clock either.
        now = int(time.time())
        if "_auth_user_id" in request.session and now - request.session.get("seen_at", 0) >= PROLONG_EVERY:
            request.session["seen_at"] = now
        return response
