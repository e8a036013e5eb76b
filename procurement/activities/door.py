"""The sign-in page (签到), public: found only by its code, open only around the activity's hours, asks one thing."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.translation import gettext as _

from core.errors import Refused
from procurement.activities.models import Activity
from procurement.activities.signins import LONGEST, is_open, open_from_to, sign_in

TRIES, SECONDS = 60, 600
"""So many tries from one place at one activity in ten minutes: a whole class behind one telephone, and no guessing machine."""


class CodeForm(forms.Form):
    """One field."""

    code = forms.CharField(
        label="您的编号，或手机号后 4 位", max_length=LONGEST + 8,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text", "autofocus": True}),
        error_messages={"required": "请输入编号，或手机号后 4 位。"},
    )  # fmt: skip


def door(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in: GET asks, POST does. 404 for an unknown code, 409 when closed, 429 after too many tries.

    writes  one SignIn (a pseudonym); no cookie of the person, no name, no address
    """
    activity = get_object_or_404(
        Activity.objects.select_related("provider", "contract").exclude(status__in=("planned", "withdrawn")),
        token=token,
    )
    form = CodeForm(request.POST if request.method == "POST" else None)
    opens, closes = open_from_to(activity)
    context: dict[str, Any] = {
        "title": _("签到"),
        "activity": activity,
        "form": form,
        "opens": opens,
        "closes": closes,
        "is_open": is_open(activity),
    }
    status = 200
    if request.method == "POST":
        status = 429 if _too_often(request, token) else 422
        if status == 429:
            context["refusal"] = _("试得太多了，请过几分钟再签到，或请工作人员登记。")
        elif form.is_valid():
            try:
                context["is_new"] = sign_in(activity, code=form.cleaned_data["code"])
                context["done"], status = True, 200
            except Refused as refusal:
                context["refusal"], status = refusal.message, refusal.status
    page = render(request, "procurement/activities/door.html", context, status=status)
    page["Referrer-Policy"], page["Cache-Control"] = "no-referrer", "no-store"
    return page


def _too_often(request: HttpRequest, token: str) -> bool:
    """Whether this place tries too often at this door; the place is remembered as a digest for ten minutes."""
    place = hashlib.sha256(f"{token}|{request.META.get('REMOTE_ADDR', '')}".encode()).hexdigest()
    key = f"signin:{place}"
    cache.add(key, 0, SECONDS)
    try:
        return cache.incr(key) > TRIES
    except ValueError:  # it ran out between the two
        return False


urlpatterns = [path("<str:token>/", door, name="door")]
