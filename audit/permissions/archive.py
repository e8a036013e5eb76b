"""Who may do what with archive packages (资料档案)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import SYSTEM, Actor

if TYPE_CHECKING:
    from audit.archive.models import ArchivePackage
    from procurement.contracts.models import Contract
    from procurement.projects.models import Project

READERS = (
    "archivist",
    "programme_officer",
    "procurement_officer",
    "finance_officer",
    "cashier",
    "leader",
    "funds_reviewer",
    "discipline_officer",
)
"""Roles of the buyer that read the package's page: who arranges it, who owes a paper, who oversees."""


def can_open_package(actor: Actor, project: Project) -> bool:
    """The buyer's archivist; the clock does it for projects that ended."""
    return actor.works_for(project.buyer_id, "archivist") or actor.user_key == SYSTEM.user_key


def can_arrange(actor: Actor, package: ArchivePackage) -> bool:
    """The buyer's archivist."""
    return actor.works_for(package.buyer_id, "archivist")


def can_hand_in(actor: Actor, contract: Contract) -> bool:
    """The head of the provider, or its workers: what the archive asks of this contract's provider."""
    return actor.works_for(contract.provider_id, "provider_admin", "provider_worker")


def can_recount(actor: Actor, package: ArchivePackage) -> bool:
    """The buyer's archivist, and the clock every night."""
    return can_arrange(actor, package) or actor.user_key == SYSTEM.user_key


def can_check(actor: Actor, package: ArchivePackage) -> bool:
    """An archivist or funds reviewer of the buyer who did not arrange it (整理与检查分开)."""
    return (
        actor.works_for(package.buyer_id, "archivist", "funds_reviewer") and actor.user_key != package.arranged_by_key
    )


def can_download(actor: Actor, package: ArchivePackage) -> bool:
    """Archivist and oversight of the buyer, the district's finance: each download stands in the journal."""
    inside = actor.works_for(package.buyer_id, "archivist", "funds_reviewer", "discipline_officer")
    over = actor.has("district_finance") and bool(actor.region_path)
    return inside or (over and package.region_path.startswith(actor.region_path))


def can_confirm_destruction(actor: Actor, package: ArchivePackage) -> bool:
    """The leadership or the funds reviewer, never who proposed it nor in that person's place (双人销毁)."""
    return (
        actor.works_for(package.buyer_id, "leader", "funds_reviewer")
        and bool(package.proposed_by_key)
        and actor.user_key != package.proposed_by_key
        and not (actor.on_behalf_of and actor.on_behalf_of == package.proposed_by_name)
    )
