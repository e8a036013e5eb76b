"""Who may do what with review panels (评审组)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.panels.models import Panel


def can_form_panel(actor: Actor, panel: Panel) -> bool:
    """A procurement officer of the buyer."""
    return actor.works_for(panel.buyer_id, "procurement_officer")


def can_sit(actor: Actor, panel: Panel) -> bool:
    """An expert who holds a seat; the operation finds the seat."""
    return actor.has("expert")
