"""Who may do what with budget lines (预算线)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.budgets.models import BudgetLine


def can_request_line(actor: Actor, line: BudgetLine | None = None) -> bool:
    """The buyer's own finance officer (内部财务)."""
    return actor.has("finance_officer") and (line is None or actor.belongs_to(line.buyer_id))


def can_approve_line(actor: Actor, line: BudgetLine) -> bool:
    """District finance of that place approves (批复), or the leadership for donated money; never who asked."""
    if line.requested_by_key == actor.user_key:
        return False
    if line.source == "fiscal":
        return (
            actor.has("district_finance") and bool(actor.region_path) and line.region_path.startswith(actor.region_path)
        )
    return actor.works_for(line.buyer_id, "leader")
