"""The log (运行日志): one JSON line a request, and the request's number on every line.

Neither addresses with their secrets nor people nor anything typed is written: the route stands for the path, and the
number leads to the journal, which knows who did what.
"""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.middleware import request_id

log = logging.getLogger("platform.request")
# Asked every few seconds by whoever watches over the platform.
UNLOGGED = {"healthz", "readyz", "metrics"}


class RequestIdFilter(logging.Filter):
    """Put the current request's number on a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, with `request_id` when there is a request."""
        if number := request_id.get():
            record.request_id = number
        return True


class RequestLogMiddleware:
    """Write one line a request when it has been answered: method, route, status, milliseconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else ""
        if route not in UNLOGGED:
            facts = {"method": request.method, "route": route, "status": response.status_code}
            log.info("request", extra=facts | {"ms": round((time.perf_counter() - begun) * 1000, 1)})
        return response
