"""Who may do what with projects (项目)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.projects.models import Project


def can_draft_project(actor: Actor, project: Project | None = None) -> bool:
    """A programme officer of the buyer (业务经办)."""
    return actor.has("programme_officer") and (project is None or actor.belongs_to(project.buyer_id))


def can_approve_project(actor: Actor, project: Project) -> bool:
    """The leadership of that buyer; not the person who wrote it."""
    return actor.works_for(project.buyer_id, "leader") and project.drafted_by_key != actor.user_key
