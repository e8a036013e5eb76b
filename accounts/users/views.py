"""Log-in, log-out, lock-out, password (登录、退出、锁定、密码)."""

from __future__ import annotations

import time
from math import ceil
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.db.models import Max
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.roles import ROLES
from accounts.users.forms import LoginForm, NewPasswordForm, NoticesForm
from accounts.users.models import User
from accounts.users.operations import choose_notices, note_password_change, try_channel
from core.api.problems import plain_problem
from core.channels import channels, contacts_of
from core.pages import actor_of, answer


class LoginView(auth_views.LoginView):
    """Log in and go back to where one was going (?next)."""

    authentication_form = LoginForm
    template_name = "registration/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form, the way to registration, and in the demonstration all log-ins."""
        return super().get_context_data(**kwargs) | login_context()


class PasswordView(auth_views.PasswordChangeView):
    """Change the password; other sessions of the person end."""

    form_class = NewPasswordForm
    template_name = "registration/password_change_form.html"
    success_url = "/accounts/password/done/"

    def form_valid(self, form: Any) -> HttpResponse:
        """Save and journal it."""
        response = super().form_valid(form)
        note_password_change(User.objects.get(pk=form.user.pk), actor=actor_of(self.request))
        return response


def login_context() -> dict[str, Any]:
    """What every log-in page shows beside its form."""
    shown: dict[str, Any] = {"login_url": reverse("login"), "register_url": reverse("register")}
    if settings.DEMO:
        shown |= {"demo_logins": demo_logins(), "demo_password": settings.DEMO_PASSWORD}
    return shown


def demo_logins() -> list[dict[str, str]]:
    """The demonstration's log-ins with their roles in Chinese; two queries."""
    rows = []
    for user in User.objects.filter(is_demo=True, is_active=True).prefetch_related("memberships__organization"):
        held = list(user.memberships.all())
        roles = "、".join(dict.fromkeys(ROLES[membership.role] for membership in held))
        places = "、".join(dict.fromkeys(m.organization.short_name or m.organization.name for m in held))
        rows.append(
            {
                "username": user.username,
                "label": f"{roles} {user.name}".strip(),
                "note": places,
                "role": held[0].role if held else "",
            }
        )
    order = list(ROLES)
    return sorted(rows, key=lambda row: (order.index(row["role"]) if row["role"] else len(order), row["username"]))


@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """通知设置: by which channels one is told, and of what."""
    user = get_object_or_404(User, pk=request.user.pk)
    contacts = contacts_of(str(user.pk))
    form = NoticesForm(*((request.POST,) if request.method == "POST" else ()), contacts=contacts)
    context = {
        "ways": [
            {
                "channel": each,
                "contact": contacts.get(each.slug),
                "fields": [form[each.slug], form[f"{each.slug}_families"]],
            }
            for each in channels()
        ],
        "tried": request.GET.get("tried", ""),
        "crumbs": [
            {"label": "工作台", "url": "/w/"},
            {"label": "个人资料", "url": "/w/me/"},
            {"label": "通知设置", "url": ""},
        ],
    }
    return answer(
        request,
        form,
        lambda cleaned: choose_notices(user, actor=actor_of(request), **cleaned),
        template="accounts/notices.html",
        context=context,
        done=lambda person: request.path,
    )


@require_POST
@login_required
def try_notice(request: HttpRequest, channel: str) -> HttpResponse:
    """Send a trial letter to an own address and go back."""
    user = get_object_or_404(User, pk=request.user.pk)
    try_channel(user, actor=actor_of(request), channel=channel)
    return redirect(f"{reverse('my_notices')}?tried={channel}")


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: Any = None) -> HttpResponse:
    """The answer to a locked name (429): the log-in page with the minutes left. Named in settings for axes."""
    typed = (credentials or {}).get("username") or request.POST.get("username", "")
    if request.path.startswith("/api/"):
        return plain_problem(429, _("密码连续输错，请 %(n)s 分钟后再试。") % {"n": minutes_left(typed)})
    form: Form = LoginForm(request, initial={"username": typed})
    context = login_context() | {
        "form": form,
        "lockout_minutes": minutes_left(typed),
        "next": request.POST.get("next", ""),
    }
    return render(request, "registration/login.html", context, status=429)


def minutes_left(username: str) -> int:
    """Minutes until a locked name may try again, at least 1."""
    whole = float(settings.AXES_COOLOFF_TIME.total_seconds())
    last = AccessAttempt.objects.filter(username=username).aggregate(last=Max("attempt_time"))["last"]
    if last is None:
        return ceil(whole / 60)
    # Wall time, not core.clock: axes counts by it, and a travelled clock must not open a lock.
    return max(1, ceil((float(last.timestamp()) + whole - time.time()) / 60))


def alive(request: HttpRequest) -> HttpResponse:
    """Answer 「继续用」: the request itself prolongs the session (config/sessions.py)."""
    return HttpResponse(status=204 if actor_of(request).is_authenticated else 403)
