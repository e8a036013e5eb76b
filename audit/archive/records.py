"""The case's records as data (结构化记录): which rows go into a bag, without what tells of a child or opens a door."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import BinaryField, Model

from audit.engagements.models import AuditFinding, Engagement, ProgrammeItem, WorkingPaper
from evaluation.assessments.models import Assessment
from evaluation.incentives.models import Incentive
from procurement.acceptances.models import Acceptance, AcceptanceLine, StandardResult
from procurement.activities.models import Activity, AttendanceCount, ServiceUnit, VolunteerHours
from procurement.amendments.models import AmendedLine, Amendment
from procurement.awards.models import Award
from procurement.bids.models import Bid, BidLine, BidOffer, Opening
from procurement.bids.queries import OPENED
from procurement.budgets.models import Allocation, LedgerEntry
from procurement.challenges.models import Challenge
from procurement.contracts.models import Contract, ContractFunding, ContractLine, ContractStandard, Milestone, Signature
from procurement.expenses.models import Expense
from procurement.inspections.models import Finding, Inspection, SpotDraw
from procurement.notices.models import Notice
from procurement.orders.models import Criterion, Lot, MilestonePlan, Order, OrderStandard, QualificationRule
from procurement.panels.models import Panel, Seat
from procurement.payments.models import Invoice, Payment, PaymentSplit
from procurement.projects.models import CostLine, Funding, Project
from procurement.reviews.models import Check, Result, Review, Score
from procurement.settlements.models import Deduction, Settlement, SettlementLine

CONTRACT: Final = "contract__award__lot__order__project"
ROWS: Final[tuple[tuple[type[Model], str], ...]] = (
    (Project, "pk"),
    (CostLine, "project"),
    (Funding, "project"),
    (Allocation, "case"),
    (LedgerEntry, "allocation__case"),
    (Order, "project"),
    (Lot, "order__project"),
    (Criterion, "order__project"),
    (QualificationRule, "order__project"),
    (OrderStandard, "order__project"),
    (MilestonePlan, "order__project"),
    (Opening, "order__project"),
    (Bid, "lot__order__project"),
    (BidOffer, "bid__lot__order__project"),
    (BidLine, "bid__lot__order__project"),
    (Panel, "lot__order__project"),
    (Seat, "panel__lot__order__project"),
    (Review, "lot__order__project"),
    (Check, "bid__lot__order__project"),
    (Score, "bid__lot__order__project"),
    (Result, "bid__lot__order__project"),
    (Award, "lot__order__project"),
    (Challenge, "award__lot__order__project"),
    (Contract, "award__lot__order__project"),
    (ContractLine, CONTRACT),
    (Milestone, CONTRACT),
    (ContractStandard, CONTRACT),
    (ContractFunding, CONTRACT),
    (Signature, CONTRACT),
    (Amendment, CONTRACT),
    (AmendedLine, f"amendment__{CONTRACT}"),
    (Activity, CONTRACT),
    (AttendanceCount, f"activity__{CONTRACT}"),
    (ServiceUnit, f"activity__{CONTRACT}"),
    (VolunteerHours, f"activity__{CONTRACT}"),
    (Expense, CONTRACT),
    (SpotDraw, CONTRACT),
    (Inspection, CONTRACT),
    (Finding, f"parent__{CONTRACT}"),
    (Acceptance, CONTRACT),
    (AcceptanceLine, f"acceptance__{CONTRACT}"),
    (StandardResult, f"acceptance__{CONTRACT}"),
    (Assessment, CONTRACT),
    (Incentive, CONTRACT),
    (Settlement, CONTRACT),
    (SettlementLine, f"settlement__{CONTRACT}"),
    (Deduction, f"settlement__{CONTRACT}"),
    (Invoice, f"settlement__{CONTRACT}"),
    (Payment, f"settlement__{CONTRACT}"),
    (PaymentSplit, f"payment__settlement__{CONTRACT}"),
    (Engagement, CONTRACT),
    (ProgrammeItem, f"engagement__{CONTRACT}"),
    (WorkingPaper, f"item__engagement__{CONTRACT}"),
    (AuditFinding, f"engagement__{CONTRACT}"),
    (Notice, "case"),
)
# Not here, on purpose: rosters, sign-ins, beneficiaries and case notes (children), answers to questionnaires (anonymous),
# checks of staff (of a person), objections with who objects (of that person), bids that were never opened (of their bidder).

# Addresses that nobody can guess, digests of sessions: no record, and dangerous in other hands.
SECRET: Final = frozenset({"token", "first_session"})
SCOPES: Final[dict[type[Model], dict[str, Any]]] = {
    Bid: {"status__in": OPENED},
    Expense: {"submitted_at__isnull": False},
    **{model: {"bid__status__in": OPENED} for model in (BidOffer, BidLine, Check, Score, Result)},
}
"""What of a kind counts at all: opened bids, expenses that were handed in."""


def records_of(case: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of a case by kind of record ("procurement.project"), those without rows left out; one query a kind.

    returns  plain values for JSON, in the order of their keys; binary columns as hex
    """
    found = {}
    for model, path in ROWS:
        rows = model._base_manager.filter(**{path: case}, **SCOPES.get(model, {}))
        names = [f.attname for f in model._meta.concrete_fields if f.name not in SECRET]
        binary = {f.attname for f in model._meta.concrete_fields if isinstance(f, BinaryField)}
        table = [
            {name: bytes(value).hex() if name in binary and value is not None else value for name, value in row.items()}
            for row in rows.order_by("pk").values(*names)
        ]
        if table:
            found[f"{model._meta.app_label}.{model._meta.model_name}"] = table
    return found
