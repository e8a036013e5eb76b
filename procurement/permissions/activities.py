"""Who may do what with activities (活动)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.activities.models import Activity
    from procurement.contracts.models import Contract

PROVIDER_ROLES = ("provider_worker", "provider_admin")


def can_plan_activity(actor: Actor, contract: Contract | None = None) -> bool:
    """The provider's workers and its head (承接单位)."""
    return actor.has(*PROVIDER_ROLES) and (contract is None or actor.belongs_to(contract.provider_id))


def can_run_activity(actor: Actor, activity: Activity) -> bool:
    """The same people, for an activity of theirs: change, publish, hold, record, withdraw."""
    return actor.works_for(activity.provider_id, *PROVIDER_ROLES)


def is_of_the_place(actor: Actor, activity: Activity) -> bool:
    """The officer of the street or community where it takes place (街道社区)."""
    return (
        actor.has("region_officer") and bool(actor.region_path) and activity.region_path.startswith(actor.region_path)
    )


def can_verify_activity(actor: Actor, activity: Activity) -> bool:
    """The street's officer, never the person who recorded it (记录与核实分离)."""
    return is_of_the_place(actor, activity) and activity.recorded_by_key != actor.user_key


def can_count_activity(actor: Actor, activity: Activity) -> bool:
    """The buyer's programme officer, never the person who recorded or verified it."""
    return actor.works_for(activity.buyer_id, "programme_officer") and actor.user_key not in {
        activity.recorded_by_key,
        activity.verified_by_key,
    }


def can_count_activities(actor: Actor, contract: Contract) -> bool:
    """The buyer's programme officer, for all of a contract."""
    return actor.works_for(contract.buyer_id, "programme_officer")


def can_reject_activity(actor: Actor, activity: Activity) -> bool:
    """Whoever decides at this stage: the street before it is verified, the buyer before it is counted."""
    return (
        can_count_activity(actor, activity) if activity.status == "verified" else can_verify_activity(actor, activity)
    )


def can_keep_roster(actor: Actor, provider_id: object = None) -> bool:
    """The provider's own people keep beneficiaries (服务对象), staff and safeguarding papers."""
    return actor.has(*PROVIDER_ROLES)


def can_open_identity(actor: Actor, activity: Activity) -> bool:
    """Who may ask for a child's name, with a reason: the provider, the street of the place, the buyer's programme officer."""
    return (
        can_run_activity(actor, activity)
        or is_of_the_place(actor, activity)
        or actor.works_for(activity.buyer_id, "programme_officer")
    )
