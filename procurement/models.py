"""The models of all rooms, re-exported for Django."""

from procurement.acceptances.models import Acceptance, AcceptanceFile, AcceptanceLine, AcceptanceMember, StandardResult
from procurement.activities.models import (
    Activity,
    ActivityPhoto,
    ActivityStaff,
    AttendanceCount,
    Beneficiary,
    PseudonymKey,
    RosterEntry,
    SafeguardPaper,
    ServiceUnit,
    SignIn,
    StaffCheck,
    StaffMember,
    VolunteerHours,
    WorkRecord,
)
from procurement.amendments.models import AmendedLine, Amendment, AmendmentSignature
from procurement.awards.models import Award
from procurement.bids.models import Bid, BidFile, BidLine, BidMember, BidOffer, Opening
from procurement.budgets.models import Allocation, BudgetLine, FiscalYear, LedgerEntry
from procurement.challenges.models import Challenge
from procurement.contracts.models import (
    Contract,
    ContractFunding,
    ContractLine,
    ContractPause,
    ContractStandard,
    Milestone,
    Signature,
)
from procurement.expenses.models import Expense, ExpenseFile
from procurement.final_accounts.models import FinalAccount, FinalAccountRow
from procurement.inspections.models import Finding, Inspection, InspectionFile, SpotDraw
from procurement.notices.models import Notice
from procurement.opinions.models import Opinion, Survey
from procurement.orders.models import (
    Criterion,
    Lot,
    MilestonePlan,
    Order,
    OrderFile,
    OrderNotice,
    OrderStandard,
    QualificationRule,
)
from procurement.panels.models import Panel, Seat
from procurement.payments.models import Invoice, Payment, PaymentSplit
from procurement.projects.models import CostLine, Funding, Project, ProjectFile
from procurement.reviews.models import Check, Result, Review, Score
from procurement.rules.models import CalendarDay, Parameter
from procurement.settlements.models import Deduction, Settlement, SettlementLine
from procurement.texts.models import ContractText

__all__ = [
    "Acceptance",
    "AcceptanceFile",
    "AcceptanceLine",
    "AcceptanceMember",
    "Activity",
    "ActivityPhoto",
    "ActivityStaff",
    "Allocation",
    "AmendedLine",
    "Amendment",
    "AmendmentSignature",
    "AttendanceCount",
    "Award",
    "Beneficiary",
    "Bid",
    "BidFile",
    "BidLine",
    "BidMember",
    "BidOffer",
    "BudgetLine",
    "CalendarDay",
    "Challenge",
    "Check",
    "Contract",
    "ContractFunding",
    "ContractLine",
    "ContractPause",
    "ContractStandard",
    "ContractText",
    "CostLine",
    "Criterion",
    "Deduction",
    "Expense",
    "ExpenseFile",
    "FinalAccount",
    "FinalAccountRow",
    "Finding",
    "FiscalYear",
    "Funding",
    "Inspection",
    "InspectionFile",
    "Invoice",
    "LedgerEntry",
    "Lot",
    "Milestone",
    "MilestonePlan",
    "Notice",
    "Opening",
    "Opinion",
    "Order",
    "OrderFile",
    "OrderNotice",
    "OrderStandard",
    "Panel",
    "Parameter",
    "Payment",
    "PaymentSplit",
    "Project",
    "ProjectFile",
    "PseudonymKey",
    "QualificationRule",
    "Result",
    "Review",
    "RosterEntry",
    "SafeguardPaper",
    "Score",
    "Seat",
    "ServiceUnit",
    "Settlement",
    "SettlementLine",
    "SignIn",
    "Signature",
    "SpotDraw",
    "StaffCheck",
    "StaffMember",
    "StandardResult",
    "Survey",
    "VolunteerHours",
    "WorkRecord",
]
