"""Verbs of access tokens (访问令牌): made, revoked, seen at work."""

from __future__ import annotations

import secrets
from datetime import date, datetime, time, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _

from accounts.memberships.queries import Identity
from accounts.permissions import can_manage_tokens
from accounts.tokens.models import AccessToken
from accounts.tokens.queries import USED_EVERY, digest_of, own_identities, tokens_of
from accounts.users.models import User
from core import clock, journal
from core.actor import Actor
from core.errors import Invalid, NotAllowed, NotNow
from core.messages import tell

# Known to scanners of leaked secrets by its beginning.
MARK: Final = "gqt_"
SHOWN: Final = len(MARK) + 6
MOST: Final = 20


@transaction.atomic
def make_token(
    user: User, *, actor: Actor, identity: Identity, name: str, acts: bool, expires_on: date
) -> tuple[AccessToken, str]:
    """Make a token for a program; its text is given here and never again (令牌只显示这一次).

    identity    one of the person's own today, never one of a delegation
    acts        False: it only reads
    expires_on  last day, Shanghai, at most API_TOKEN_DAYS from today
    returns     the row, and the token: 256 random bits
    raises      NotAllowed (somebody else's) · Invalid at identity, name, expires_on · NotNow (too many)
    writes      one AccessToken; one entry "make_token" on the person's chain, without prefix or digest; the person is told
    """
    if not can_manage_tokens(actor, user):
        raise NotAllowed
    if identity.key not in {one.key for one in own_identities(user)}:
        raise Invalid(_("请选择您自己现在的身份；代办的身份不能交给程序。"), field="identity")
    if not name.strip():
        raise Invalid(_("请写明给哪个程序用。"), field="name")
    longest = clock.today() + timedelta(days=settings.API_TOKEN_DAYS)
    if not clock.today() < expires_on <= longest:
        raise Invalid(_("到期日要在明天和 %(longest)s 之间。") % {"longest": longest}, field="expires_on")
    if tokens_of(user).filter(revoked_at__isnull=True, expires_at__gt=clock.now()).count() >= MOST:
        raise NotNow(_("已经有 %(most)s 个在用的令牌，请先吊销不用的。") % {"most": MOST})
    text = MARK + secrets.token_urlsafe(32)
    token = AccessToken.objects.create(
        user=user,
        organization=identity.organization,
        roles=sorted(identity.roles),
        name=name.strip(),
        acts=acts,
        prefix=text[:SHOWN],
        digest=digest_of(text),
        password=user.get_session_auth_hash(),
        expires_at=datetime.combine(expires_on + timedelta(days=1), time(), get_default_timezone()),
    )
    facts = {
        "token": str(token.pk),
        "name": token.name,
        "organization": identity.organization.name,
        "roles": token.roles,
        "acts": acts,
        "expires_on": expires_on.isoformat(),
    }
    journal.record(user, "make_token", actor=actor, facts=facts)
    sentence = _("您建立了访问令牌「%(name)s」。如非您本人所为，请马上吊销并修改密码。") % {"name": token.name}
    tell([str(user.pk)], sentence=sentence, url="/w/me/tokens/", kind="account", key=f"token:{token.pk}")
    return token, text


@transaction.atomic
def revoke_token(token: AccessToken, *, actor: Actor) -> AccessToken:
    """End a token at once (吊销).

    raises  NotAllowed (somebody else's) · NotNow (revoked already)
    writes  revoked_at; one entry "revoke_token" on the person's chain
    """
    if not can_manage_tokens(actor, token.user):
        raise NotAllowed
    token.revoked_at = clock.now()
    if not AccessToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=token.revoked_at):
        raise NotNow(_("这个令牌已经吊销。"))
    journal.record(token.user, "revoke_token", actor=actor, facts={"token": str(token.pk), "name": token.name})
    return token


def note_use(token: AccessToken) -> None:
    """Keep when a token was last used, at most once a minute. writes  last_used_at"""
    now = clock.now()
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        AccessToken.objects.filter(pk=token.pk).update(last_used_at=now)
