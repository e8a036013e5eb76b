"""Judging records (核实与计入): the street finds them true, sends them back or refuses them; the buyer counts them."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from core import clock
from core.actor import Actor
from core.errors import NotAllowed, NotNow
from core.lifecycle import advance, require
from core.messages import tell
from procurement.activities.models import (
    Activity,
)
from procurement.contracts.models import Contract
from procurement.permissions.activities import (
    can_count_activities,
    is_of_the_place,
)

BATCH = 500


@transaction.atomic
def verify_activity(activity: Activity, *, actor: Actor) -> Activity:
    """Find the record true (核实): from here it counts as delivered.

    actor   the officer of the street or community, never who recorded it
    raises  NotAllowed · NotNow · Conflict
    """
    _require_other_hands(activity, actor)
    require(activity, "verify", actor)
    return advance(
        activity,
        "verify",
        actor=actor,
        verified_at=clock.now(),
        verified_by_key=actor.user_key,
        verified_by_name=actor.user_name,
    )


@transaction.atomic
def send_back_activity(activity: Activity, *, actor: Actor, reason: str) -> Activity:
    """Send a record back for more (退回补充); the provider's people are told the reason."""
    _require_other_hands(activity, actor)
    require(activity, "send_back", actor)
    advance(activity, "send_back", actor=actor, reason=reason, refusal=reason.strip())
    _tell_provider(activity, _("活动记录被退回补充：%(title)s"), "activity.sent_back")
    return activity


@transaction.atomic
def reject_activity(activity: Activity, *, actor: Actor, reason: str) -> Activity:
    """Find it untrue (不予认定): it never counts; the provider's people are told the reason.

    raises  NotAllowed · NotNow · Conflict · Invalid (no reason)
    """
    _require_other_hands(activity, actor)
    require(activity, "reject", actor)
    advance(activity, "reject", actor=actor, reason=reason, refusal=reason.strip())
    _tell_provider(activity, _("活动不予认定：%(title)s"), "activity.rejected")
    return activity


@transaction.atomic
def count_activity(activity: Activity, *, actor: Actor) -> Activity:
    """Count a verified activity into the contract (计入). raises  NotAllowed · NotNow · Conflict"""
    require(activity, "count", actor)
    return advance(activity, "count", actor=actor, counted_at=clock.now())


@transaction.atomic
def count_activities(contract: Contract, *, actor: Actor) -> int:
    """Count all verified activities of a contract (全部计入), at most 500 at once; what this person verified stays.

    returns  how many
    raises   NotAllowed · NotNow (none waits)
    """
    if not can_count_activities(actor, contract):
        raise NotAllowed(_("计入由采购人的业务人员办理。"))
    waiting = (
        Activity.objects.filter(contract=contract, status="verified")
        .exclude(verified_by_key=actor.user_key)
        .exclude(recorded_by_key=actor.user_key)
        .order_by("starts_at")[:BATCH]
    )
    counted = [count_activity(each, actor=actor) for each in waiting]
    if not counted:
        raise NotNow(_("没有等待计入的活动。"))
    return len(counted)


def _require_other_hands(activity: Activity, actor: Actor) -> None:
    """Who recorded may not judge (记录与核实分离)."""
    if is_of_the_place(actor, activity) and activity.recorded_by_key == actor.user_key:
        raise NotAllowed(_("您记录了这场活动，请换一位同事核实。"))


def _tell_provider(activity: Activity, sentence: str, kind: str) -> None:
    tell(
        people_with_role(activity.provider_id, "provider_worker", "provider_admin"),
        sentence=f"{sentence % {'title': activity.title}}，{activity.refusal}"[:300],
        url=activity.get_absolute_url(),
        kind=kind,
        key=f"{kind}:{activity.pk}:{activity.recordings}",
    )
