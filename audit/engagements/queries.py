"""Which audits and findings exist for whom (审计可见范围), who may sit in a team, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum

from accounts.memberships.models import Membership
from accounts.memberships.queries import in_force
from audit.engagements.models import AuditFinding, Engagement, ProgrammeItem, WorkingPaper
from audit.permissions.engagements import BUYER_SIDE, PROVIDER_ROLES
from core import clock
from core.actor import Actor
from core.money import ZERO
from core.permissions import in_scope
from procurement.contracts.models import Contract
from procurement.contracts.queries import IN_FORCE, visible_contracts

OVERSIGHT = ("funds_reviewer", "discipline_officer", "archivist", "district_finance")
SENT = ("draft", "responded", "rectifying", "final", "closed")
"""Statuses in which both sides have the draft before them."""
NOTICED = ("notified", "fieldwork", *SENT)
OPEN = ("open", "reported")
"""Statuses of a finding that hold incentives."""


@dataclass(frozen=True)
class Tally:
    """What an audit's findings add up to: how many, of them open, late; yuan found and put right."""

    findings: int = 0
    open: int = 0
    late: int = 0
    amount: Decimal = ZERO
    put_right: Decimal = ZERO


def visible_engagements(actor: Actor) -> QuerySet[Engagement]:
    """What this person may know of. One query.

    Oversight of the buyer and of the place see all; the buyer's others and the provider from the notice on.
    """
    rows = Engagement.objects.select_related("contract__award__lot__order", "provider", "buyer")
    if actor.organization_kind == "provider":
        mine = rows.filter(provider_id=actor.organization_id, status__in=NOTICED)
        return mine if actor.has(*PROVIDER_ROLES) else mine.none()
    if actor.has(*OVERSIGHT):
        return rows.filter(in_scope(actor))
    if actor.organization_kind == "buyer" and actor.has(*BUYER_SIDE):
        return rows.filter(in_scope(actor), status__in=NOTICED)
    return rows.none()


def visible_findings(actor: Actor) -> QuerySet[AuditFinding]:
    """What this person may know of: both sides see a finding once the draft was sent, and no dropped one. One query."""
    rows = AuditFinding.objects.select_related("engagement__contract__award", "engagement__provider", "buyer", "item")
    rows = rows.filter(engagement__in=visible_engagements(actor).order_by().values("pk"))
    if actor.has(*OVERSIGHT) and actor.organization_kind != "provider":
        return rows
    return rows.filter(engagement__status__in=SENT).exclude(status="dropped")


def candidates(contract: Contract) -> list[Membership]:
    """Who may sit in the team of an audit: 经审 and 纪检 of the buyer, 财政 whose district holds the contract's place."""
    own = Q(organization=contract.buyer_id, role__in=("funds_reviewer", "discipline_officer"))
    rows = Membership.objects.filter(in_force()).filter(own | Q(role="district_finance"))
    found = rows.select_related("user", "organization__region", "region").order_by("role", "user__name")
    return [
        each
        for each in found
        if each.role != "district_finance"
        or contract.region_path.startswith((each.region or each.organization.region).path)
    ]


def auditable(actor: Actor) -> QuerySet[Contract]:
    """Contracts in force of the actor's buyer that no open audit holds."""
    busy = Engagement.objects.filter(contract=OuterRef("pk")).exclude(status__in=("closed", "cancelled"))
    rows = visible_contracts(actor).filter(~Exists(busy), buyer_id=actor.organization_id, status__in=IN_FORCE)
    return rows.order_by("-ends_on", "pk")


def with_conclusion(items: QuerySet[ProgrammeItem]) -> QuerySet[ProgrammeItem]:
    """The items, each with the newest paper's `conclusion` and `writer` (None while there is no paper). One query."""
    newest = WorkingPaper.objects.filter(item=OuterRef("pk")).order_by("-n")
    return items.annotate(
        conclusion=Subquery(newest.values("conclusion")[:1]),
        writer=Subquery(newest.values("written_by_name")[:1]),
    )


def unwritten(engagement: Engagement) -> QuerySet[ProgrammeItem]:
    """Items that have no working paper yet."""
    return engagement.items.filter(papers__isnull=True)


def tally_of(findings: QuerySet[AuditFinding]) -> Tally:
    """What these findings add up to, dropped ones left out; one query."""
    late = Q(status="open", due_on__lt=clock.today())
    found = (
        findings.exclude(status="dropped")
        .order_by()
        .aggregate(
            findings=Count("pk"),
            open=Count("pk", filter=Q(status__in=OPEN)),
            late=Count("pk", filter=late),
            amount=Sum("amount"),
            put_right=Sum("put_right"),
        )
    )
    counts = {name: found[name] or 0 for name in ("findings", "open", "late")}
    return Tally(**counts, amount=found["amount"] or ZERO, put_right=found["put_right"] or ZERO)


def has_open_findings(contract: Contract) -> bool:
    """Whether any audit's finding on this contract is still to be put right or verified."""
    return AuditFinding.objects.filter(engagement__contract=contract, status__in=OPEN).exists()


# --- What waits -------------------------------------------------------------------------------------------------------


def to_lead(actor: Actor) -> QuerySet[Engagement]:
    """Audits whose next step is the lead's: notice, field, report, close."""
    rows = visible_engagements(actor).filter(lead_key=actor.user_key)
    late = Q(status="draft", reply_due_at__lte=clock.now())
    unfinished = AuditFinding.objects.filter(engagement=OuterRef("pk"), status__in=OPEN)
    done = Q(status="rectifying") & ~Exists(unfinished)
    written = Q(status="fieldwork") & ~Exists(ProgrammeItem.objects.filter(engagement=OuterRef("pk"), papers=None))
    return rows.filter(Q(status__in=("planned", "notified", "responded", "final")) | late | done | written).order_by(
        "due_on"
    )


def to_write(actor: Actor) -> QuerySet[Engagement]:
    """Audits in the field with items that have no paper yet, of whose team the actor is."""
    empty = ProgrammeItem.objects.filter(engagement=OuterRef("pk"), papers=None)
    rows = visible_engagements(actor).filter(status="fieldwork", members__user_id=actor.user_key)
    return rows.filter(Exists(empty)).order_by("due_on")


def to_reply(actor: Actor) -> QuerySet[Engagement]:
    """Drafts that the actor's side has not answered."""
    side = "provider" if actor.organization_kind == "provider" else "buyer"
    rows = visible_engagements(actor).filter(status="draft").exclude(replies__side=side)
    if side == "buyer":
        rows = rows.filter(buyer_id=actor.organization_id)
    return rows.order_by("reply_due_at")


def to_rectify(actor: Actor) -> QuerySet[AuditFinding]:
    """Findings that the actor's side is to put right, the most urgent first."""
    side = "provider" if actor.organization_kind == "provider" else "buyer"
    return visible_findings(actor).filter(status="open", responsible=side).order_by("due_on")


def to_verify(actor: Actor) -> QuerySet[AuditFinding]:
    """Reported rectifications of audits of whose team the actor is."""
    rows = visible_findings(actor).filter(status="reported", engagement__members__user_id=actor.user_key)
    return rows.order_by("answered_at")
