"""Error pages (出错页): what happened, who can help, nothing lost; never a stack, never blame (interface.md 3.15)."""

from __future__ import annotations

import sys
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from core.api.problems import plain_problem
from core.errors import Refused
from core.middleware import request_id
from core.rooms import rooms

# What a database says that is not there, is just starting, or has no room for one more.
AWAY = (OperationalError, InterfaceError)
RETRY_SECONDS = 5
API = "/api/"


def refused_page(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """A refusal outside a form, as a page of its own, with the status of its kind."""
    template = "errors/403.html" if refusal.status == 403 else "errors/409.html"
    context = {"refusal": refusal, "request_id": request_id.get(), "object_url": object_url(request)}
    return render(request, template, context, status=refusal.status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request makes no sense; 413 when its files together are too large to be taken in."""
    status = 413 if isinstance(exception, RequestDataTooBig) else 400
    if request.path.startswith(API):
        return plain_problem(status)
    if status == 413:
        limits = {"file_mb": settings.MAX_FILE_BYTES >> 20, "request_mb": settings.MAX_REQUEST_BYTES >> 20}
        return render(request, "errors/413.html", {"request_id": request_id.get(), **limits}, status=413)
    return render(request, "errors/400.html", {"request_id": request_id.get()}, status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: not theirs to see."""
    return render(request, "errors/403.html", {"request_id": request_id.get()}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: not there, or not visible; the two look the same."""
    if request.path.startswith(API):
        return plain_problem(404)
    return render(request, "errors/404.html", {"request_id": request_id.get()}, status=404)


def wrong_method(request: HttpRequest, answer: HttpResponseBase) -> HttpResponse:
    """405: an address that only takes what a button sends, opened as a page; with the way to the object that it belongs to."""
    context = {
        "request_id": request_id.get(),
        "opened": request.method in {"GET", "HEAD"},
        "object_url": object_url(request),
    }
    page = render(request, "errors/405.html", context, status=405)
    page["Allow"] = answer["Allow"]
    return page


def object_url(request: HttpRequest) -> str:
    """The page of the object to which an address at work belongs (/w/<room>/<key>/<word>/…), "" for any other address."""
    _root, work, slug, key, word = [*request.path.split("/"), "", "", "", ""][:5]
    known = work == "w" and key and word and any(room.slug == slug for room in rooms())
    return reverse(f"{slug}:detail", args=[key]) if known else ""


class WrongMethodMiddleware:
    """Dress a bare 405 as a page for who reads pages; programs and fragments keep the bare one, the API its problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        reads_pages = "text/html" in request.headers.get("Accept", "") and "HX-Request" not in request.headers
        if response.status_code == 405 and reads_pages and not request.path.startswith(API):
            return wrong_method(request, response)
        return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault, with the incident number; without the database. 503 where the database is away or cannot keep up."""
    if isinstance(sys.exception(), AWAY):
        return away(request)
    if request.path.startswith(API):
        return plain_problem(500)
    return HttpResponseServerError(render_to_string("errors/500.html", {"request_id": request_id.get()}))


def away(request: HttpRequest) -> HttpResponse:
    """503: the database is away for a moment; to be sent again as it was, nothing is done twice."""
    if request.path.startswith(API):
        answer: HttpResponse = plain_problem(503)
    else:
        page = render_to_string("errors/away.html", {"request_id": request_id.get()})
        answer = HttpResponse(page, status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    answer["Cache-Control"] = "no-store"
    return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open for too long, or was sent from elsewhere: nothing was done, go back and send again."""
    return render(request, "errors/csrf.html", {"request_id": request_id.get()}, status=403)
