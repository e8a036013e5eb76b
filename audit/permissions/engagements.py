"""Who may do what with special audits (专项审计) and their findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from audit.engagements.models import AuditFinding, Engagement
    from procurement.contracts.models import Contract

BODIES = {"funds_reviewer": "经审", "discipline_officer": "纪检", "district_finance": "财政"}
"""The bodies that audit jointly (会同): role and word. 经审 leads."""

PROVIDER_ROLES = ("provider_admin", "provider_worker")
BUYER_SIDE = ("programme_officer", "procurement_officer", "finance_officer", "leader")


def can_start_engagement(actor: Actor, contract: Contract) -> bool:
    """The funds reviewer of the buyer whose contract it is (经审部门牵头)."""
    return actor.works_for(contract.buyer_id, "funds_reviewer")


def can_lead(actor: Actor, engagement: Engagement) -> bool:
    """The funds reviewer who leads this team (审计组组长)."""
    return actor.works_for(engagement.buyer_id, "funds_reviewer") and actor.user_key == engagement.lead_key


def can_audit(actor: Actor, engagement: Engagement) -> bool:
    """A member of this team, acting in the body for which they sit in it."""
    seat = next((each for each in engagement.team if each["key"] == actor.user_key), None)
    if seat is None:
        return False
    inside = actor.works_for(engagement.buyer_id, "funds_reviewer", "discipline_officer")
    return (inside or actor.has("district_finance")) and actor.has(seat["role"])


def can_reply(actor: Actor, engagement: Engagement) -> bool:
    """Who answers the draft: the leadership of the buyer, the head of the provider."""
    return actor.works_for(engagement.buyer_id, "leader") or actor.works_for(engagement.provider_id, "provider_admin")


def can_read_papers(actor: Actor, engagement: Engagement) -> bool:
    """Who reads the working papers: the team, the oversight of the buyer and of the place; never an auditee."""
    inside = actor.works_for(engagement.buyer_id, "funds_reviewer", "discipline_officer", "archivist")
    over = actor.has("district_finance") and bool(actor.region_path)
    return inside or (over and engagement.region_path.startswith(actor.region_path))


def can_write_finding(actor: Actor, finding: AuditFinding) -> bool:
    """A member of the team."""
    return can_audit(actor, finding.engagement)


def can_report_rectification(actor: Actor, finding: AuditFinding) -> bool:
    """The side that is to put it right: the buyer's officers, or the provider's people."""
    if finding.responsible == "buyer":
        return actor.works_for(finding.buyer_id, *BUYER_SIDE)
    return actor.works_for(finding.engagement.provider_id, *PROVIDER_ROLES)
