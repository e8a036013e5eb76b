"""Middleware of the ground floor: a request id on every request, answer and log line."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from core.errors import Refused

request_id: ContextVar[str] = ContextVar("request_id", default="")


class RequestIdMiddleware:
    """Give each request an id (办理编号): shown on error pages, kept in the journal and in logs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_id.set(uuid.uuid4().hex[:16])
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            return response
        finally:
            request_id.reset(token)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refusal that no form caught becomes its own page instead of a fault."""
        from core.error_pages import refused_page  # it needs request_id from here

        return refused_page(request, exception) if isinstance(exception, Refused) else None
