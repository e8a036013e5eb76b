"""Who may trace figures and draw samples (查账、抽样)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from audit.tracing.models import Sample

READERS = ("funds_reviewer", "discipline_officer", "district_finance", "archivist")
SAMPLERS = ("funds_reviewer", "discipline_officer", "district_finance")


def can_trace(actor: Actor) -> bool:
    """Oversight of a buyer or a district, and the archivist: they read all, and change nothing but their own books."""
    return actor.has("funds_reviewer", "discipline_officer", "district_finance", "archivist")


def can_sample(actor: Actor) -> bool:
    """Funds reviewer, discipline officer, district finance: whoever audits draws samples."""
    return actor.has("funds_reviewer", "discipline_officer", "district_finance")


def can_work_on_sample(actor: Actor, sample: Sample) -> bool:
    """The auditors of that buyer, or the district's finance officers: a sample's papers are written by several."""
    inside = actor.works_for(sample.buyer_id, "funds_reviewer", "discipline_officer")
    over = actor.has("district_finance") and bool(actor.region_path)
    return inside or (over and sample.region_path.startswith(actor.region_path))
