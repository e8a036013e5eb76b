"""What accounts does when it hears of something: refused log-ins go on the person's chain, news to an organization's people."""

from __future__ import annotations

import logging
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.memberships.models import Membership
from accounts.memberships.queries import in_force, people_with_role, roles_wait_for
from accounts.organizations.models import Organization
from accounts.pledges.queries import unsigned_by
from accounts.users.models import User
from accounts.users.operations import note_login_failure
from core.actor import Actor
from core.lifecycle import Step, moved
from core.messages import tell

log = logging.getLogger(__name__)

# No role of a group with a pledge in force before it is signed (R49).
roles_wait_for(unsigned_by)

NEWS = {
    "verify": "{name}已核验通过，现在可以申报订单。",
    "return": "{name}的资料被退回补充：{reason}",
    "suspend": "{name}已暂停申报，至 {until}：{reason}",
    "reinstate": "{name}已恢复申报资格。",
}


@receiver(user_login_failed, dispatch_uid="accounts.refused_login")
def journal_refused_login(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """A wrong password goes on the person's chain; a name nobody has only into the log, without the name.

    A wrong code of the second factor is counted by axes too, but has its own entry already.
    """
    if request is None or getattr(request, "axes_locked_out", False) or "second_factor" in credentials:
        return
    user = User.objects.filter(username=credentials.get("username") or "").first()
    if user is None:
        log.warning("log-in refused: no such name")
        return
    note_login_failure(user, locked=False)


@receiver(user_locked_out, dispatch_uid="accounts.lock_out")
def journal_lock_out(sender: object, request: HttpRequest, username: str | None = None, **kwargs: Any) -> None:
    """The lock itself is written once, when it falls; guesses at a locked name are not."""
    fell_now = getattr(request, "axes_failures_since_start", None) is not None
    user = User.objects.filter(username=username or "").first()
    if user is not None and fell_now:
        note_login_failure(user, locked=True)


@receiver(moved, sender=Organization, dispatch_uid="accounts.organization_news")
def tell_organization(sender: object, thing: Organization, step: Step, actor: Actor, **kwargs: Any) -> None:
    """Tell the heads of an organization what was decided about it, and the officers what came in again."""
    url, key = thing.get_absolute_url(), f"organization:{thing.pk}:{step.verb}:{thing.version}"
    if step.verb in NEWS:
        reason = (thing.suspension_reason if step.verb == "suspend" else thing.return_reason)[:120]
        sentence = NEWS[step.verb].format(name=thing.name, reason=reason, until=thing.suspended_until or "")
        heads = people_with_role(thing.pk, "provider_admin")
        tell(heads, sentence=sentence[:300], url=url, kind="organization", key=key)
    if step.verb == "resubmit":
        tell(
            officers(), sentence=f"{thing.name}补充了资料，请核验。", url=f"{url}verify/", kind="organization", key=key
        )


def officers() -> list[str]:
    """User keys of all who verify organizations."""
    held = Membership.objects.filter(in_force(), role="procurement_officer")
    return [str(key) for key in held.values_list("user_id", flat=True).distinct()]
