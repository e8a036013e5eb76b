"""Who may do what with inspections (履约检查)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.contracts.models import Contract
    from procurement.inspections.models import Inspection

PROVIDER_ROLES = ("provider_worker", "provider_admin")


def can_plan_inspection(actor: Actor, contract: Contract) -> bool:
    """The buyer's programme officer, for a contract of theirs (安排检查、抽查)."""
    return actor.works_for(contract.buyer_id, "programme_officer")


def can_judge_inspection(actor: Actor, inspection: Inspection) -> bool:
    """The buyer's programme officer: withdraws, acknowledges, demands, judges the rectification."""
    return actor.works_for(inspection.buyer_id, "programme_officer")


def can_record_inspection(actor: Actor, inspection: Inspection) -> bool:
    """Who goes: a self-review is the provider's; else the buyer's officer, or the officer of that street or community."""
    if inspection.kind == "self":
        return actor.works_for(inspection.provider_id, *PROVIDER_ROLES)
    of_the_place = (
        actor.has("region_officer") and bool(actor.region_path) and inspection.region_path.startswith(actor.region_path)
    )
    return can_judge_inspection(actor, inspection) or (of_the_place and inspection.kind in {"site", "phone"})


def can_answer_inspection(actor: Actor, inspection: Inspection) -> bool:
    """The provider that is to put it right."""
    return actor.works_for(inspection.provider_id, *PROVIDER_ROLES)
