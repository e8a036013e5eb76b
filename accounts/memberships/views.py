"""Switching the identity (换个身份), registration, members of an organization, delegations, one's own page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.memberships.forms import DelegationForm, MemberForm, RegistrationForm, ResetForm
from accounts.memberships.middleware import ACTING
from accounts.memberships.models import Membership
from accounts.memberships.operations import (
    create_delegation,
    end_delegation,
    end_role,
    enroll_person,
    register_provider,
    reset_password,
)
from accounts.memberships.queries import members_of, visible_delegations
from accounts.organizations.models import Organization
from accounts.organizations.queries import visible_organizations
from accounts.permissions import can_delegate, can_manage_memberships
from accounts.roles import ROLES
from accounts.users.forms import PersonForm
from accounts.users.models import User
from accounts.users.operations import edit_user
from core import clock, journal
from core.errors import NotAllowed
from core.pages import OTHER_VERBS, actor_of, answer

ORGANIZATION_FIELDS = (
    "uscc", "name", "provider_kind", "region", "address", "legal_representative", "scope", "bank_name", "bank_account",
    "contact_name", "contact_phone",
)  # fmt: skip


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Choose another of one's own identities for this session; leads to the desk.

    raises  NotAllowed for an identity that is not theirs today
    """
    wanted = request.POST.get("membership", "")
    for identity in request.identities:  # type: ignore[attr-defined]
        if str(identity.key) == wanted:
            request.session[ACTING] = wanted
            return redirect("/w/")
    raise NotAllowed(_("这个身份现在不归您用，可能已经到期。请从右上角重新选择。"))


@sensitive_post_parameters("password", "password_again")
def register(request: HttpRequest) -> HttpResponse:
    """A provider registers itself; afterwards its head is logged in and sees what happens next."""
    form = RegistrationForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    made: list[User] = []

    def act(cleaned: dict[str, Any]) -> Organization:
        fields = {name: cleaned[name] for name in ORGANIZATION_FIELDS}
        fields["bank_account"] = "".join(fields["bank_account"].split())
        organization = Organization(kind="provider", **fields)
        made.append(
            register_provider(
                organization,
                username=cleaned["username"],
                name=cleaned["contact_name"],
                password=cleaned["password"],
                certificate=cleaned["certificate"],
                certificate_expires_on=cleaned["certificate_expires_on"],
            )
        )
        return organization

    response = answer(
        request, form, act, template="accounts/register.html", context={}, done=Organization.get_absolute_url
    )
    if made and response.status_code == 302:
        login(request, made[-1], backend="accounts.users.backends.Backend")
    return response


@login_required
def members(request: HttpRequest, key: UUID) -> HttpResponse:
    """The people of an organization and their roles; on POST one role more.

    Only for who manages them; 404 for everybody else.
    """
    actor = actor_of(request)
    organization = get_object_or_404(visible_organizations(actor), pk=key)
    if not can_manage_memberships(actor, organization):
        raise Http404
    form = MemberForm(*((request.POST,) if request.method == "POST" else ()), organization=organization)
    today = clock.today()
    rows = list(members_of(organization))
    context = {
        "organization": organization,
        "current": [row for row in rows if row.valid_to is None or row.valid_to >= today],
        "past": [row for row in rows if row.valid_to is not None and row.valid_to < today],
        "may_reset": actor.has("system_admin"),
        "crumbs": [
            {"label": "单位", "url": reverse("organizations:list")},
            {"label": organization.name, "url": organization.get_absolute_url()},
            {"label": "人员", "url": ""},
        ],
    }
    return answer(
        request,
        form,
        lambda cleaned: enroll_person(organization, actor=actor, **cleaned),
        template="accounts/members.html",
        context=context,
        done=lambda membership: request.path,
    )


@require_POST
@login_required
def end_membership(request: HttpRequest, key: UUID, membership: UUID) -> HttpResponse:
    """End one role of the organization."""
    actor = actor_of(request)
    organization = get_object_or_404(visible_organizations(actor), pk=key)
    found = get_object_or_404(Membership.objects.select_related("user"), pk=membership, organization=organization)
    if not can_manage_memberships(actor, organization):
        raise Http404
    end_role(found, actor=actor, reason=request.POST.get("reason", "")[:400])
    return redirect("members", key=key)


@sensitive_post_parameters("password")
@login_required
def reset_member_password(request: HttpRequest, key: UUID, membership: UUID) -> HttpResponse:
    """A new first password for a person of the organization; lifts a lock too."""
    actor = actor_of(request)
    organization = get_object_or_404(visible_organizations(actor), pk=key)
    rows = Membership.objects.select_related("user", "organization")
    found = get_object_or_404(rows, pk=membership, organization=organization)
    if not can_manage_memberships(actor, organization):
        raise Http404
    form = ResetForm(*((request.POST,) if request.method == "POST" else ()))
    back = reverse("members", args=[key])
    context = {
        "head": {"title": found.user.name, "number": found.user.username},
        "title": "重设密码",
        "submit_label": "重设密码",
        "back_url": back,
        "back_label": "先不重设",
        "consequence": "对方的旧密码和已登录的会话马上失效，锁住的账号同时解锁。请当面或打电话把初始密码告诉本人。",
        "crumbs": [{"label": "人员", "url": back}, {"label": "重设密码", "url": ""}],
    }
    return answer(
        request,
        form,
        lambda cleaned: reset_password(found, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda user: back,
    )


@login_required
def delegations(request: HttpRequest) -> HttpResponse:
    """Who acts for whom, and the form to ask a colleague."""
    actor = actor_of(request)
    form = DelegationForm(*((request.POST,) if request.method == "POST" else ()), actor=actor)
    today = clock.today()
    rows = [
        {
            "delegation": row,
            "roles": "、".join(ROLES[role] for role in row.roles),
            "chip": _delegation_chip(row.ended_at is not None, row.starts_on > today, row.ends_on < today),
            "can_end": row.ended_at is None and row.ends_on >= today,
        }
        for row in visible_delegations(actor)[:100]
    ]
    context = {
        "rows": rows,
        "may_delegate": can_delegate(actor),
        "crumbs": [{"label": "工作台", "url": "/w/"}, {"label": "代办", "url": ""}],
    }
    return answer(
        request,
        form,
        lambda cleaned: create_delegation(actor=actor, **cleaned),
        template="accounts/delegations.html",
        context=context,
        done=lambda delegation: request.path,
    )


def _delegation_chip(ended: bool, later: bool, over: bool) -> dict[str, str]:
    if ended or over:
        return {"label": "已结束", "kind": "plain"}
    return {"label": "未开始", "kind": "wait"} if later else {"label": "生效中", "kind": "go"}


@require_POST
@login_required
def stop_delegation(request: HttpRequest, key: UUID) -> HttpResponse:
    """End a delegation before its time."""
    actor = actor_of(request)
    end_delegation(get_object_or_404(visible_delegations(actor), pk=key), actor=actor)
    return redirect("delegations")


@login_required
def me(request: HttpRequest) -> HttpResponse:
    """One's own page: name, telephone, roles, what the journal holds of this account."""
    actor = actor_of(request)
    user = get_object_or_404(User, pk=request.user.pk)
    form = PersonForm(request.POST) if request.method == "POST" else PersonForm(initial={"phone": user.phone})
    context = {
        "person": user,
        "identities": request.identities,  # type: ignore[attr-defined]
        "timeline": [_entry(entry) for entry in journal.entries_for(user, 10)],
        "crumbs": [{"label": "工作台", "url": "/w/"}, {"label": "个人资料", "url": ""}],
    }
    return answer(
        request,
        form,
        lambda cleaned: edit_user(user, actor=actor, **cleaned),
        template="accounts/me.html",
        context=context,
        done=lambda person: request.path,
    )


def _entry(entry: journal.Entry) -> dict[str, Any]:
    """A row of one's own chain; a user has no lifecycle whose steps would name the verbs."""
    return {
        "who": entry.actor_name,
        "label": OTHER_VERBS.get(entry.verb, entry.verb),
        "reason": entry.reason,
        "at": entry.at,
        "number": entry.n,
        "hash": entry.hash.hex(),
    }
