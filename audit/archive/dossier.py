"""Everything of one project that its archive looks at (案卷), read in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from audit.engagements.models import AuditFinding, Engagement
from evaluation.assessments.models import Assessment
from evaluation.incentives.models import ENDED, Incentive
from procurement.acceptances.models import Acceptance
from procurement.acceptances.queries import JUDGED
from procurement.activities.models import Activity, SafeguardPaper
from procurement.amendments.models import Amendment
from procurement.awards.models import Award
from procurement.bids.models import Bid, Opening
from procurement.bids.queries import OPENED
from procurement.challenges.models import Challenge
from procurement.contracts.models import Contract
from procurement.contracts.queries import IN_FORCE
from procurement.expenses.models import Expense
from procurement.inspections.models import Inspection
from procurement.notices.models import Notice
from procurement.opinions.models import Survey
from procurement.orders.models import Order
from procurement.panels.models import Panel
from procurement.payments.models import Invoice, Payment
from procurement.projects.models import Funding, Project, ProjectFile
from procurement.reviews.models import Review
from procurement.settlements.models import Settlement

VERIFIED = ("verified", "counted")


@dataclass(frozen=True)
class Case:
    """Everything of one project that its archive asks for; contracts in force only, activities that were verified."""

    project: Project
    files: list[ProjectFile]
    fundings: list[Funding]
    orders: list[Order]
    openings: list[Opening]
    bids: list[Bid]
    panels: list[Panel]
    reviews: list[Review]
    awards: list[Award]
    challenges: list[Challenge]
    contracts: list[Contract]
    amendments: list[Amendment]
    activities: list[Activity]
    safeguards: list[SafeguardPaper]
    expenses: list[Expense]
    inspections: list[Inspection]
    surveys: list[Survey]
    acceptances: list[Acceptance]
    assessments: list[Assessment]
    incentives: list[Incentive]
    settlements: list[Settlement]
    invoices: list[Invoice]
    payments: list[Payment]
    engagements: list[Engagement]
    findings: list[AuditFinding]
    notices: list[Notice]

    @property
    def delivered(self) -> bool:
        """Whether a contract was carried to its acceptance, not ended before."""
        return any(each.status in {"completed", "closed"} for each in self.contracts)

    def of(self, contract: Contract) -> Case:
        """The part of the case that is one contract's; its project, orders and reviews stay. No query."""
        of_contract: dict[str, Any] = {
            name: [each for each in getattr(self, name) if each.contract_id == contract.pk]
            for name in (
                "amendments", "activities", "safeguards", "expenses", "inspections", "surveys", "acceptances",
                "assessments", "incentives", "settlements", "engagements",
            )
        }  # fmt: skip
        told_of = [contract, *of_contract["amendments"], *of_contract["acceptances"]]
        subjects = {each.journal_key for each in told_of}
        return replace(
            self,
            contracts=[each for each in self.contracts if each.pk == contract.pk],
            invoices=[each for each in self.invoices if each.settlement.contract_id == contract.pk],
            payments=[each for each in self.payments if each.settlement.contract_id == contract.pk],
            findings=[each for each in self.findings if each.engagement.contract_id == contract.pk],
            notices=[each for each in self.notices if each.subject in subjects],
            **of_contract,
        )


def case_of(project: Project) -> Case:
    """Read a case. Twenty-eight queries, whatever it holds."""
    mine = {"contract__award__lot__order__project": project}
    contracts = Contract.objects.filter(award__lot__order__project=project, status__in=IN_FORCE)
    return Case(
        project=Project.objects.select_related("item__edition").get(pk=project.pk),
        files=list(project.files.select_related("document").order_by("pk")),
        fundings=list(project.fundings.select_related("line").order_by("pk")),
        orders=list(project.orders.order_by("created_at").prefetch_related("notice_links")),
        openings=list(Opening.objects.filter(order__project=project, opened_at__isnull=False).select_related("order")),
        bids=list(
            Bid.objects.filter(lot__order__project=project, status__in=OPENED)
            .select_related("organization")
            .order_by("lot", "letter")
        ),
        panels=list(
            Panel.objects.filter(lot__order__project=project)
            .select_related("lot__order")
            .prefetch_related("seats")
            .order_by("created_at")
        ),
        reviews=list(
            Review.objects.filter(lot__order__project=project).select_related("lot__order").order_by("created_at")
        ),
        awards=list(
            Award.objects.filter(lot__order__project=project, published_at__isnull=False)
            .select_related("lot__order", "notice", "document")
            .order_by("created_at")
        ),
        challenges=list(
            Challenge.objects.filter(award__lot__order__project=project)
            .select_related("award__lot__order", "document")
            .order_by("created_at")
        ),
        contracts=list(
            contracts.select_related("document", "notice", "provider")
            .prefetch_related("signatures")
            .order_by("created_at")
        ),
        amendments=list(
            Amendment.objects.filter(effective_at__isnull=False, **mine)
            .select_related("contract", "document")
            .order_by("n")
        ),
        activities=list(Activity.objects.filter(status__in=VERIFIED, **mine).order_by("starts_at", "pk")),
        safeguards=list(SafeguardPaper.objects.filter(**mine).select_related("document", "contract").order_by("pk")),
        expenses=list(
            Expense.objects.filter(status="accepted", **mine).select_related("contract").order_by("spent_on", "pk")
        ),
        inspections=list(
            Inspection.objects.filter(held_on__isnull=False, **mine)
            .select_related("contract", "activity")
            .order_by("held_on", "pk")
        ),
        surveys=list(Survey.objects.filter(**mine).select_related("contract").order_by("opens_on")),
        acceptances=list(
            Acceptance.objects.filter(status__in=JUDGED, **mine)
            .select_related("contract", "milestone", "notice")
            .order_by("milestone__n")
        ),
        assessments=list(Assessment.objects.filter(**mine).exclude(status="declined").select_related("contract")),
        incentives=list(Incentive.objects.filter(**mine).exclude(status__in=ENDED).select_related("contract")),
        settlements=list(
            Settlement.objects.filter(**mine)
            .exclude(status="returned")
            .select_related("contract", "milestone")
            .order_by("created_at")
        ),
        invoices=list(
            Invoice.objects.filter(settlement__contract__award__lot__order__project=project, voided_at__isnull=True)
            .select_related("document", "settlement")
            .order_by("entered_at")
        ),
        payments=list(
            Payment.objects.filter(settlement__contract__award__lot__order__project=project, status="paid")
            .select_related("settlement__contract")
            .order_by("paid_on", "pk")
        ),
        engagements=list(Engagement.objects.filter(**mine).exclude(status="cancelled").select_related("contract")),
        findings=list(
            AuditFinding.objects.filter(engagement__contract__award__lot__order__project=project)
            .exclude(status="dropped")
            .select_related("engagement")
            .order_by("engagement", "n")
        ),
        notices=list(Notice.objects.filter(case=str(project.pk)).order_by("published_at", "pk")),
    )
