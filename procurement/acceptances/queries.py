"""Which acceptances exist for whom (验收可见范围), what is still to be reported, what was accepted so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.memberships.queries import colleagues, officers_of_region
from core.actor import Actor
from core.permissions import in_scope
from core.separation import DutyRecord
from procurement.acceptances.models import Acceptance, AcceptanceMember
from procurement.contracts.models import Contract, Milestone
from procurement.contracts.queries import DELIVERING

JUDGED = ("accepted", "partly")
GROUP_ROLES = ("programme_officer", "procurement_officer", "finance_officer", "funds_reviewer")
REPORTING = (*DELIVERING, "terminated")
"""Contracts whose milestones may be reported: of a terminated one what was done until its end, until that is settled."""

# The settlements room is a later one; what it knows is handed down to here when the app starts (procurement/receivers.py).
FinalSettlements = Callable[[Any], QuerySet[Any]]
_final_settlements: list[FinalSettlements] = []


def hand_down_final_settlements(standing: FinalSettlements) -> None:
    """Say which final settlements stand: standing(contract's key, or OuterRef of one) gives their rows."""
    _final_settlements[:] = [standing]


def is_settled(contract: Contract) -> bool:
    """Whether a contract was terminated and its final settlement stands: nothing more is reported. One query, if that."""
    return contract.status == "terminated" and any(of(contract.pk).exists() for of in _final_settlements)


def visible_acceptances(actor: Actor) -> QuerySet[Acceptance]:
    """What this person may know of: both sides of the contract, oversight and street in scope. Two queries, with the group."""
    mine = Q(contract__provider_id=actor.organization_id) if actor.organization_kind == "provider" else in_scope(actor)
    return (
        Acceptance.objects.filter(mine)
        .select_related(
            "buyer", "milestone", "notice", "contract__provider", "contract__buyer", "contract__award__lot__order"
        )
        .prefetch_related("group")
    )


def to_confirm(actor: Actor) -> QuerySet[Acceptance]:
    """Judged acceptances that wait for this person as a member of the group."""
    waiting = AcceptanceMember.objects.filter(person_key=actor.user_key, confirmed_at__isnull=True)
    return (
        visible_acceptances(actor)
        .filter(status="confirming", pk__in=waiting.values("acceptance"))
        .order_by("created_at")
    )


def possible_members(acceptance: Acceptance, judge: Actor) -> list[tuple[str, str]]:
    """Who may sit in the group beside the judge: (person's key, "name（role）"), who signed the contract left out.

    The buyer's officers and the street's officers in whose region the contract is; three queries.
    """
    signers = DutyRecord.objects.filter(case_key=acceptance.case_key, duty="sign_contract").values("person_key")
    taken = {row["person_key"] for row in signers} | {judge.user_key}
    held = colleagues(acceptance.buyer_id, *GROUP_ROLES) + officers_of_region(acceptance.region_path)
    return [(key, label) for key, label in dict(held).items() if key not in taken]


def open_milestones(actor: Actor) -> QuerySet[Milestone]:
    """Milestones of the provider's contracts in force that wait to be reported, the earliest of each contract (待报验).

    A terminated contract whose final settlement stands has none: what was done is settled.
    """
    standing = Acceptance.objects.filter(milestone=OuterRef("pk")).exclude(status="refused")
    earlier = Milestone.objects.filter(contract=OuterRef("contract"), n__lt=OuterRef("n")).exclude(
        acceptances__status__in=JUDGED
    )
    settled = [Q(contract__status="terminated") & Exists(of(OuterRef("contract"))) for of in _final_settlements]
    return (
        Milestone.objects.filter(contract__status__in=REPORTING, contract__provider_id=actor.organization_id)
        .filter(~Exists(standing), ~Exists(earlier), *(~each for each in settled))
        .select_related("contract__buyer")
        .order_by("due_on")
    )


def standing_acceptance(milestone: Milestone) -> Acceptance | None:
    """The acceptance of a milestone that was not refused, if any."""
    return Acceptance.objects.filter(milestone=milestone).exclude(status="refused").first()


def accepted_so_far(contract: Contract) -> dict[int, int]:
    """Cumulative accepted quantity by the number of the contract's line: what the last judged milestone says."""
    last = Acceptance.objects.filter(contract=contract, status__in=JUDGED).order_by("-milestone__n").first()
    return quantities_of(last) if last else {}


def quantities_of(acceptance: Acceptance) -> dict[int, int]:
    """Accepted (cumulative) quantity by line number; one query."""
    return {row.line.n: row.accepted_quantity or 0 for row in acceptance.lines.select_related("line")}
