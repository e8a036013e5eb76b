"""Who may do what with acceptances (验收)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.acceptances.models import Acceptance


def can_report_milestone(actor: Actor, acceptance: Acceptance | None = None) -> bool:
    """The provider's people (承接单位)."""
    return actor.has("provider_admin", "provider_worker", "provider_bidder") and (
        acceptance is None or actor.belongs_to(acceptance.contract.provider_id)
    )


def can_confirm(actor: Actor, acceptance: Acceptance) -> bool:
    """A member of the group who has not confirmed yet, acting by the own log-in for the own organization."""
    return any(member.confirmed_at is None and member.person_key == actor.user_key for member in acceptance.group.all())


def can_accept(actor: Actor, acceptance: Acceptance) -> bool:
    """A programme officer of the buyer or the street's officer; never who signed the contract (separation of duties)."""
    return actor.works_for(acceptance.buyer_id, "programme_officer") or (
        actor.has("region_officer") and bool(actor.region_path) and acceptance.region_path.startswith(actor.region_path)
    )
