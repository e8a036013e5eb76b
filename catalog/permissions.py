"""Who may do what with the catalogue (服务目录). Attributes only, no query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from catalog.items.models import Edition


def can_draft_edition(actor: Actor, edition: Edition | None = None) -> bool:
    """A programme officer of the buyer whose catalogue it is."""
    return actor.has("programme_officer") and (edition is None or actor.belongs_to(edition.buyer_id))


def can_publish_edition(actor: Actor, edition: Edition) -> bool:
    """The leadership of that buyer; not the person who drafted it."""
    return actor.works_for(edition.buyer_id, "leader") and edition.drafted_by_key != actor.user_key
