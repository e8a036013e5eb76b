"""Which archive packages exist for whom (档案可见范围), which papers are asked for, and what waits."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from audit.archive.models import ArchiveBag, ArchiveItem, ArchivePackage, RequiredPaper
from audit.archive.starting_list import PROVIDER
from audit.journal.models import JournalEntry
from audit.permissions.archive import READERS
from core import clock
from core.actor import Actor
from core.permissions import in_scope
from procurement.bids.models import Bid
from procurement.bids.queries import OPENED
from procurement.contracts.models import Contract
from procurement.contracts.queries import IN_FORCE, visible_contracts
from procurement.expenses.models import Expense
from procurement.projects.models import Project
from procurement.projects.queries import visible_projects

ENDS = ("closed", "terminated", "failed")
"""A project's own ends (house.md 4b.12); a failed one may be bought anew, and is then no longer at its end."""
HELD = ("complete", "checked", "handed_over", "retained", "extended", "appraised")
"""Statuses in which there is a bag."""


def visible_packages(actor: Actor) -> QuerySet[ArchivePackage]:
    """The buyer's own people, the district's finance; neither street, provider nor evaluator. One query."""
    rows = ArchivePackage.objects.filter(in_scope(actor)).select_related("project", "buyer", "receipt")
    if actor.organization_kind == "buyer":
        return rows if actor.has(*READERS) else rows.none()
    return rows if actor.has("district_finance") else rows.none()


def required_papers(on: date) -> list[RequiredPaper]:
    """The papers that the list in force on a day asks for, in its order. One query."""
    newest: dict[str, RequiredPaper] = {}
    for row in RequiredPaper.objects.filter(effective_from__lte=on).order_by("effective_from"):
        newest[row.key] = row
    return sorted((row for row in newest.values() if row.is_due), key=lambda row: (row.n, row.key))


def ended_without_package() -> QuerySet[Project]:
    """Projects at their end that nobody has opened a package for."""
    return Project.objects.filter(status__in=ENDS, archive__isnull=True)


def projects_to_open(actor: Actor) -> QuerySet[Project]:
    """Those of the archivist's own organization."""
    mine = visible_projects(actor).filter(status__in=ENDS, archive__isnull=True, buyer_id=actor.organization_id)
    return mine.order_by("-created_at") if actor.has("archivist") else mine.none()


def missing_items(package: ArchivePackage) -> QuerySet[ArchiveItem]:
    """What is still missing of a package."""
    return package.items.filter(state=ArchiveItem.MISSING)


def newest_bag(package: ArchivePackage) -> ArchiveBag | None:
    """The last bag that was asked for, with its file and tests."""
    return package.bags.select_related("document").prefetch_related("tests").first()


def items_of_provider(contract: Contract) -> QuerySet[ArchiveItem]:
    """What the archive asks of a contract's provider, while it is collected: missing and supplied by hand."""
    asked = ArchiveItem.objects.filter(contract=contract, package__status="collecting", owner=PROVIDER)
    return asked.filter(state__in=(ArchiveItem.MISSING, ArchiveItem.SUPPLIED)).order_by("n")


HIDDEN = ("audit.risk_flag:", "procurement.beneficiary:")
"""Chains that no bag carries: flags are for oversight alone, a beneficiary's is a child's."""


def chain_heads(package: ArchivePackage) -> dict[str, int]:
    """The journal chains of a case, each with the number of its last entry. Four queries.

    Bids carry no case key until they are opened, and only opened ones are in it; what nobody handed in is not.
    """
    case, project = package.case_key, package.project_id
    bids = Bid.objects.filter(lot__order__project=project, status__in=OPENED).values_list("pk", flat=True)
    unfiled = Expense.objects.filter(contract__award__lot__order__project=project, submitted_at__isnull=True)
    never = {f"{Expense.journal_name}:{pk}" for pk in unfiled.values_list("pk", flat=True)}
    keys = {*JournalEntry.objects.filter(case_key=case).order_by().values_list("object_key", flat=True).distinct()}
    keys |= {f"{Bid.journal_name}:{pk}" for pk in bids}
    shown = [key for key in keys - never if not key.startswith(HIDDEN)]
    rows = JournalEntry.objects.filter(object_key__in=shown).order_by("object_key").values("object_key")
    return {row["object_key"]: row["last"] for row in rows.annotate(last=Max("n"))}


# --- What waits -------------------------------------------------------------------------------------------------------


def to_arrange(actor: Actor) -> QuerySet[ArchivePackage]:
    """The archivist's next steps: collect, hand over, register, appraise."""
    waiting = Q(status__in=("collecting", "checked", "handed_over")) | Q(status="appraised", proposed_by_key="")
    return visible_packages(actor).filter(waiting, buyer_id=actor.organization_id).order_by("ended_on", "pk")


def to_supply(actor: Actor) -> QuerySet[ArchivePackage]:
    """Packages that lack a paper which a post of the actor supplies."""
    lacking = ArchiveItem.objects.filter(package=OuterRef("pk"), state=ArchiveItem.MISSING, owner__in=actor.roles)
    rows = visible_packages(actor).filter(Exists(lacking), status="collecting", buyer_id=actor.organization_id)
    return rows.order_by("ended_on", "pk")


def to_hand_in(actor: Actor) -> QuerySet[Contract]:
    """The provider's contracts in force of which the archive lacks a paper that the provider owes."""
    lacking = ArchiveItem.objects.filter(
        contract=OuterRef("pk"), package__status="collecting", owner=PROVIDER, state=ArchiveItem.MISSING
    )
    mine = visible_contracts(actor).filter(provider_id=actor.organization_id, status__in=IN_FORCE)
    return mine.filter(Exists(lacking)).order_by("ends_on", "pk")


def to_check(actor: Actor) -> QuerySet[ArchivePackage]:
    """Complete packages with a bag that passed, arranged by somebody else."""
    made = ArchiveBag.objects.filter(package=OuterRef("pk"), state=ArchiveBag.DONE)
    rows = visible_packages(actor).filter(Exists(made), status="complete", buyer_id=actor.organization_id)
    return rows.exclude(arranged_by_key=actor.user_key).order_by("arranged_at", "pk")


def to_confirm_destruction(actor: Actor) -> QuerySet[ArchivePackage]:
    """Proposed destructions that somebody else has to confirm."""
    rows = visible_packages(actor).filter(status="appraised", buyer_id=actor.organization_id)
    return rows.exclude(proposed_by_key__in=("", actor.user_key)).order_by("retain_until", "pk")


def to_appraise() -> QuerySet[ArchivePackage]:
    """Packages whose retention is over, for the clock."""
    return ArchivePackage.objects.filter(status__in=("retained", "extended"), retain_until__lt=clock.today())


def moved_on() -> QuerySet[ArchivePackage]:
    """Packages not yet handed over whose project is no longer at its end, or at another one (重新办理), for the clock."""
    rows = ArchivePackage.objects.filter(status__in=("complete", "checked")).select_related("project")
    return rows.exclude(project__status=F("ending"))
