"""Pages of the second factor: the code after the password, setting up, recovery codes, one's own page, the reset."""

from __future__ import annotations

import io
from uuid import UUID

import segno
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.signals import user_login_failed
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.authenticators.forms import ChangeForm, CodeForm, ResetForm, SecondFactorForm
from accounts.authenticators.operations import (
    begin_enrollment,
    end_second_factor,
    enroll,
    renew_codes,
    reset_second_factor,
)
from accounts.authenticators.pending import BACKEND, enter, hold, mark, pending_next, pending_user
from accounts.authenticators.queries import codes_left, demanded_of, waiting_authenticator
from accounts.memberships.models import Membership
from accounts.memberships.queries import identities_of
from accounts.organizations.queries import visible_organizations
from accounts.permissions import can_manage_memberships, can_reset_second_factor
from accounts.users import views as users
from accounts.users.models import User
from core.actor import Actor
from core.errors import NotNow, Refused
from core.pages import actor_of, answer


class LoginView(users.LoginView):
    """The password's page: who needs or has a second factor goes on to it, everybody else comes in."""

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Nobody is logged in yet who still owes a code."""
        user = form.get_user()
        assert isinstance(user, User)  # noqa: S101 - the only user model
        if user.second_factor_at is not None:
            hold(self.request, user, self.get_redirect_url())
            return redirect("second_factor")
        if demanded_of(user, identities_of(user)):
            begin_enrollment(user)
            hold(self.request, user, self.get_redirect_url())
            return redirect("second_factor_setup")
        login(self.request, user, backend=BACKEND)
        return redirect(self.get_success_url())


@sensitive_post_parameters("code")
def second_factor(request: HttpRequest) -> HttpResponse:
    """The code, between password and session; five wrong ones lock the name as wrong passwords do."""
    user = pending_user(request)
    if user is None or user.second_factor_at is None:
        return redirect("login")
    credentials = {"username": user.get_username()}
    if not AxesProxyHandler.is_allowed(request, credentials):
        request.session.flush()
        return users.locked_out(request, None, credentials)
    form = SecondFactorForm(*((request.POST,) if request.method == "POST" else ()), user=user)
    if request.method == "POST" and form.is_valid():
        return redirect(enter(request, user))
    if form.is_bound and form.refused:
        # Counted like a wrong password: axes answers in our place once the limit is reached.
        user_login_failed.send(__name__, credentials=credentials | {"second_factor": "1"}, request=request)
    context = {"form": form, "next": pending_next(request)}
    return render(request, "accounts/second/code.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("code")
def setup(request: HttpRequest) -> HttpResponse:
    """Set up a device: the picture, the secret, its first code; then the recovery codes, shown once."""
    user = _setting_up(request)
    device = waiting_authenticator(user) if user else None
    if user is None or device is None:
        return redirect("second_factor_mine" if request.user.is_authenticated else "login")
    form = CodeForm(*((request.POST,) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        try:
            codes = enroll(user, actor=_person(user), code=form.cleaned_data["code"])
        except Refused as refusal:
            form.add_error("code", refusal.message)
        else:
            return _entered(request, user, codes)
    context = {"form": form, "device": device, "person": user}
    return render(request, "accounts/second/setup.html", context, status=422 if form.errors else 200)


@require_safe
def picture(request: HttpRequest) -> HttpResponse:
    """The secret that is being set up, as a picture for the app (SVG)."""
    user = _setting_up(request)
    device = waiting_authenticator(user) if user else None
    if device is None:
        raise Http404
    out = io.BytesIO()
    segno.make(device.address, error="m").save(out, kind="svg", scale=6, border=2, xmldecl=False)
    return HttpResponse(out.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@sensitive_post_parameters("code", "password")
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """One's own second factor: whether it is on, how many recovery codes are left, what can be changed."""
    user = get_object_or_404(User, pk=request.user.pk)
    demanded = demanded_of(user, request.identities)  # type: ignore[attr-defined]
    context = {
        "person": user,
        "demanded": demanded,
        "left": codes_left(user),
        "crumbs": [
            {"label": "工作台", "url": "/w/"},
            {"label": "个人资料", "url": "/w/me/"},
            {"label": "两步验证", "url": ""},
        ],
    }
    if user.second_factor_at is None:
        return render(request, "accounts/second/mine.html", context)
    form = ChangeForm(*((request.POST,) if request.method == "POST" else ()), user=user, demanded=demanded)
    form.request = request
    if request.method == "POST" and form.is_valid():
        actor, deed = actor_of(request), form.cleaned_data["deed"]
        if deed == "codes":
            return _codes(request, renew_codes(user, actor=actor), "/w/me/second/")
        if deed == "move":
            begin_enrollment(user)
            return redirect("second_factor_setup")
        end_second_factor(user, actor=actor, demanded=demanded)
        return redirect("second_factor_mine")
    return render(request, "accounts/second/mine.html", context | {"form": form}, status=422 if form.errors else 200)


@require_POST
@login_required
def begin(request: HttpRequest) -> HttpResponse:
    """Switch it on by oneself; who has it already changes it on the page of one's own, with password and code."""
    user = get_object_or_404(User, pk=request.user.pk)
    if user.second_factor_at is not None:
        raise NotNow
    begin_enrollment(user)
    return redirect("second_factor_setup")


@login_required
def reset_member(request: HttpRequest, key: UUID, membership: UUID) -> HttpResponse:
    """Reset the second factor of somebody who lost the device."""
    actor = actor_of(request)
    organization = get_object_or_404(visible_organizations(actor), pk=key)
    rows = Membership.objects.select_related("user")
    found = get_object_or_404(rows, pk=membership, organization=organization)
    if not (can_manage_memberships(actor, organization) and can_reset_second_factor(actor, found.user)):
        raise Http404
    back = reverse("members", args=[key])
    context = {
        "head": {"title": found.user.name, "number": found.user.username},
        "title": "重置两步验证",
        "submit_label": "重置两步验证",
        "back_url": back,
        "back_label": "先不重置",
        "consequence": "对方已登录的会话马上失效，手机和恢复码作废；下次登录时重新绑定手机。请先当面或打电话核实本人身份。",
        "crumbs": [{"label": "人员", "url": back}, {"label": "重置两步验证", "url": ""}],
    }
    return answer(
        request,
        ResetForm(*((request.POST,) if request.method == "POST" else ())),
        lambda cleaned: reset_second_factor(found.user, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda user: back,
    )


def _setting_up(request: HttpRequest) -> User | None:
    """Whose device is being set up here: who is logged in, or who owes one before coming in."""
    if request.user.is_authenticated:
        return User.objects.filter(pk=request.user.pk).first()
    user = pending_user(request)
    return user if user is not None and user.second_factor_at is None else None


def _person(user: User) -> Actor:
    """The person without any role: the deed is on the own account, and before the session there is no identity."""
    return Actor(user_key=str(user.pk), user_name=user.name or user.username)


def _entered(request: HttpRequest, user: User, codes: list[str]) -> HttpResponse:
    if request.user.is_authenticated:
        mark(request, user)
        return _codes(request, codes, "/w/me/second/")
    return _codes(request, codes, enter(request, user))


def _codes(request: HttpRequest, codes: list[str], target: str) -> HttpResponse:
    """The recovery codes in the answer itself: neither session nor database ever holds them in clear."""
    return render(request, "accounts/second/codes.html", {"codes": codes, "target": target})
