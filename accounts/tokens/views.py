"""我的访问令牌: the tokens that a person made for programs, a new one, and their end."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.memberships.queries import Identity
from accounts.roles import ROLES
from accounts.tokens.forms import TokenForm
from accounts.tokens.models import AccessToken
from accounts.tokens.operations import make_token, revoke_token
from accounts.tokens.queries import own_identities, state_of, tokens_of
from accounts.users.models import User
from core.pages import actor_of, answer

CHIPS: Final = {
    "live": ("可用", "go"),
    "revoked": ("已吊销", "plain"),
    "expired": ("已到期", "plain"),
    "password": ("密码已改，失效", "plain"),
    "withdrawn": ("任职已结束，失效", "plain"),
}


@never_cache
@sensitive_post_parameters("password")
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens and the form for a new one; a new one's text stands on the answer to its making and nowhere else."""
    user = get_object_or_404(User, pk=request.user.pk)
    held = own_identities(user)
    form = TokenForm(*((request.POST,) if request.method == "POST" else ()), identities=held)
    form.request = request
    made: list[tuple[AccessToken, str]] = []

    def act(cleaned: dict[str, Any]) -> None:
        cleaned.pop("password")
        made.append(make_token(user, actor=actor_of(request), **cleaned))

    context = page(user, held)
    response = answer(
        request, form, act, template="accounts/tokens.html", context=context, done=lambda done: request.path
    )
    if made and response.status_code == 302:
        fresh = page(user, held) | {"made": made[-1][0], "secret": made[-1][1]}
        return render(request, "accounts/tokens.html", fresh)
    return response


def page(user: User, held: list[Identity]) -> dict[str, Any]:
    """What the page shows of the tokens there are."""
    roles = {identity.key: identity.roles for identity in held}
    rows = []
    for token in tokens_of(user)[:100]:
        state = state_of(token, held=bool(roles.get(token.organization_id, frozenset()) & frozenset(token.roles)))
        label, kind = CHIPS[state]
        rows.append(
            {
                "token": token,
                "roles": "、".join(ROLES[role] for role in token.roles),
                "chip": {"label": label, "kind": kind},
                "can_revoke": token.revoked_at is None and state != "expired",
            }
        )
    return {
        "rows": rows,
        "may_make": bool(held),
        "crumbs": [
            {"label": "工作台", "url": "/w/"},
            {"label": "个人资料", "url": "/w/me/"},
            {"label": "我的访问令牌", "url": ""},
        ],
    }


@require_POST
@login_required
def revoke(request: HttpRequest, key: UUID) -> HttpResponse:
    """End one of one's own tokens at once; 404 for somebody else's."""
    user = get_object_or_404(User, pk=request.user.pk)
    revoke_token(get_object_or_404(tokens_of(user), pk=key), actor=actor_of(request))
    return redirect("my_tokens")
