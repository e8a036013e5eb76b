"""Who may do what with contract texts (合同文本)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.texts.models import ContractText


def can_draft_text(actor: Actor, text: ContractText | None = None) -> bool:
    """A programme or procurement officer of the buyer whose text it is."""
    return actor.has("programme_officer", "procurement_officer") and (text is None or actor.belongs_to(text.buyer_id))


def can_publish_text(actor: Actor, text: ContractText) -> bool:
    """The leadership of that buyer; not the person who drafted it."""
    return actor.works_for(text.buyer_id, "leader") and text.drafted_by_key != actor.user_key
