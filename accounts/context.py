"""What the frames of all pages show: navigation, identity, unread notices (templates/workspace.html, public.html)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.navigation import exists, foot_groups, navigation, phone_bar, public_places
from core.actor import ANYONE, Actor
from core.messages import unread_count


def workspace(request: HttpRequest) -> dict[str, Any]:
    """Context processor: nav, tabbar, who, memberships, unread, session_seconds, public_nav, foot_groups. Lazy: a page that does not
    show a thing does not ask for it. One query (unread) on pages of the workspace, none on public ones.
    """
    actor: Actor = getattr(request, "actor", ANYONE)
    shown: dict[str, Any] = {
        "site_name": settings.SITE_NAME,
        "public_nav": SimpleLazyObject(lambda: public_places(request.path)),
        "foot_groups": SimpleLazyObject(foot_groups),
    }
    if not actor.is_authenticated:
        return shown
    return shown | {
        "nav": SimpleLazyObject(lambda: navigation(actor, request.path)),
        "tabbar": SimpleLazyObject(lambda: phone_bar(actor, request.path)),
        "who": _who(request, actor),
        "memberships": SimpleLazyObject(lambda: _memberships(request)),
        "unread": SimpleLazyObject(lambda: unread_count(actor.user_key)),
        "session_seconds": settings.SESSION_COOKIE_AGE,
        "keepalive_url": "/accounts/alive/",
    }


def _who(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    identity = getattr(request, "identity", None)
    links = [("个人资料", "/w/me/", "person"), ("代办", "/w/delegations/", "arrow-left-right")]
    return {
        "name": actor.user_name,
        "line": identity.label if identity else "还没有任职",
        "links": [{"label": label, "url": url, "icon": icon} for label, url, icon in links if exists(url)],
    }


def _memberships(request: HttpRequest) -> list[dict[str, Any]]:
    """The identities to switch to; a single one needs no menu."""
    found = getattr(request, "identities", [])
    current = getattr(request, "identity", None)
    if len(found) < 2:
        return []
    return [
        {"label": one.label, "url": "/accounts/switch/", "value": str(one.key), "current": one is current}
        for one in found
    ]
