"""The questionnaire's public page (填写问卷): found only by its code, asks five things, keeps nothing of the person."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.translation import gettext as _

from core.errors import Refused
from procurement.opinions.forms import OpinionForm
from procurement.opinions.models import Survey
from procurement.opinions.operations import give_opinion

COOKIE, YEAR = "opinion", 366 * 86_400
TRIES, SECONDS = 60, 600
"""So many answers from one place in ten minutes: a whole meeting behind one network, and no machine."""


def door(request: HttpRequest, token: str) -> HttpResponse:
    """Answer: GET asks, POST does. 404 for an unknown code, 409 when closed, 429 after too many.

    writes  one Opinion; a cookie with a random mark, so that one browser answers once
    """
    survey = get_object_or_404(Survey.objects.select_related("contract__provider", "buyer"), token=token)
    browser = request.COOKIES.get(COOKIE, "") or secrets.token_urlsafe(16)
    form = OpinionForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "title": _("满意度问卷"),
        "survey": survey,
        "form": form,
        "is_open": survey.takes_answers,
    }
    status = 200
    if request.method == "POST":
        status = 429 if _too_often(request, token) else 422
        if status == 429:
            context["refusal"] = _("这里交得太快了，请过几分钟再试。")
        elif form.is_valid():
            try:
                context["is_new"] = give_opinion(survey, browser=browser, **form.cleaned_data)
                context["done"], status = True, 200
            except Refused as refusal:
                context["refusal"], status = refusal.message, refusal.status
    page = render(request, "procurement/opinions/door.html", context, status=status)
    page["Referrer-Policy"], page["Cache-Control"] = "no-referrer", "no-store"
    if context.get("done"):
        page.set_cookie(
            COOKIE, browser, max_age=YEAR, path=request.path, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    return page


def _too_often(request: HttpRequest, token: str) -> bool:
    """Whether this place answers too often; the place is remembered as a digest for ten minutes."""
    place = hashlib.sha256(f"{token}|{request.META.get('REMOTE_ADDR', '')}".encode()).hexdigest()
    key = f"opinion:{place}"
    cache.add(key, 0, SECONDS)
    try:
        return cache.incr(key) > TRIES
    except ValueError:  # it ran out between the two
        return False


urlpatterns = [path("<str:token>/", door, name="door")]
