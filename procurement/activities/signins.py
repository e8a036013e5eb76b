"""Sign-in at an activity (扫码签到): a short code becomes a pseudonym, and nothing else of the person is kept."""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.errors import Invalid, NotNow
from core.sealing import platform_sealer
from procurement.activities.models import Activity, PseudonymKey, SignIn
from procurement.rules.queries import parameter

SHORTEST, LONGEST = 4, 12


def open_from_to(activity: Activity) -> tuple[datetime, datetime]:
    """When the sign-in of an activity opens and closes: a while before its start, a while after its end."""
    minutes = parameter("activities.signin_minutes", on=clock.local(activity.starts_at).date()).value
    return (
        activity.starts_at - timedelta(minutes=int(minutes["before"])),
        activity.ends_at + timedelta(minutes=int(minutes["after"])),
    )


def is_open(activity: Activity) -> bool:
    """Whether somebody may sign in now."""
    opens, closes = open_from_to(activity)
    return activity.status in {"published", "held"} and opens <= clock.now() < closes


@transaction.atomic
def sign_in(activity: Activity, *, code: str) -> bool:
    """Sign in with a code of one's own, or the last digits of one's telephone (签到).

    code     4 to 12 letters or digits; only its keyed digest is stored, another one for each provider
    returns  whether this is new: who signs in twice counts once
    raises   NotNow (closed, not published) · Invalid at `code`
    writes   one SignIn; no name, no number, no address
    """
    if not is_open(activity):
        raise NotNow(_("签到没有开放：活动前后才能签到。"))
    _row, made = SignIn.objects.get_or_create(
        activity=activity, pseudonym=pseudonym_of(activity.provider_id, code), defaults={"at": clock.now()}
    )
    return made


def pseudonym_of(provider_id: UUID, code: str) -> str:
    """The pseudonym of a code at one provider: HMAC-SHA-256 under the provider's own secret, in hex.

    The secret lies sealed in the database and its key outside: four digits alone would be guessed in no time.
    raises  Invalid at `code`: too short, too long, neither letters nor digits
    writes  the provider's secret, the first time
    """
    plain = "".join(each for each in unicodedata.normalize("NFKC", code).upper() if each.isalnum())
    if not SHORTEST <= len(plain) <= LONGEST:
        raise Invalid(_("请输入 4 到 12 位的编号，或手机号后几位。"), field="code")
    return hmac.new(_secret(provider_id), plain.encode(), hashlib.sha256).hexdigest()


def _secret(provider_id: UUID) -> bytes:
    context = f"pseudonym/1|{provider_id}".encode()
    row = PseudonymKey.objects.filter(provider=provider_id).first()
    if row is None:
        fresh = PseudonymKey(provider_id=provider_id, sealed=platform_sealer().seal(os.urandom(32), context))
        PseudonymKey.objects.bulk_create([fresh], ignore_conflicts=True)
        row = PseudonymKey.objects.get(provider=provider_id)
    return platform_sealer().open(bytes(row.sealed), context)
