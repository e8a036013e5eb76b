"""Who may know of risks and check them (风险预警)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from audit.risks.models import RiskFlag


def can_watch(actor: Actor) -> bool:
    """Funds reviewer and discipline officer of a buyer, district finance: those whose work is to look."""
    return actor.has("funds_reviewer", "discipline_officer", "district_finance")


def can_take_flag(actor: Actor, flag: RiskFlag) -> bool:
    """A funds reviewer or discipline officer of that buyer, or the district's finance; the operation asks for no duty in the case."""
    inside = actor.works_for(flag.buyer_id, "funds_reviewer", "discipline_officer")
    over = actor.has("district_finance") and bool(actor.region_path)
    return inside or (over and flag.region_path.startswith(actor.region_path))


def can_conclude_flag(actor: Actor, flag: RiskFlag) -> bool:
    """Who took it up."""
    return can_take_flag(actor, flag) and flag.taken_by_key == actor.user_key
