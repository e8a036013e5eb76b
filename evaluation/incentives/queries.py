"""Which schemes and incentives exist for whom (奖励可见范围), and what waits for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from accounts.organizations.models import CreditRecord
from core import clock
from core.actor import Actor
from core.holds import Hold
from core.money import ZERO
from core.permissions import in_scope
from evaluation.assessments.models import Assessment, Grading
from evaluation.assessments.queries import ASSESSABLE, DONE, axes_of
from evaluation.frameworks.scoring import GRADES
from evaluation.incentives.models import ENDED, Incentive, Objection, Scheme
from procurement.contracts.models import Contract

OPEN = ("nominated", "reviewed", "published", "objected", "payable")
"""An incentive that is still under way."""


def visible_schemes(actor: Actor) -> QuerySet[Scheme]:
    """What is published for everybody at work, providers too, who may apply; drafts for their own buyer. One query."""
    known = Q(status__in=("published", "closed")) if actor.is_authenticated else Q(pk__in=[])
    own = Q(buyer_id=actor.organization_id) if actor.organization_kind == "buyer" else Q(pk__in=[])
    return Scheme.objects.filter(known | own).select_related("buyer", "line", "allocation")


def visible_incentives(actor: Actor) -> QuerySet[Incentive]:
    """The buyer's people and district finance in scope; the provider its own. Others read the notice. One query."""
    rows = Incentive.objects.select_related(
        "buyer",
        "provider",
        "scheme__allocation",
        "contract__award__lot__order",
        "assessment",
        "notice",
        "result_notice",
    )
    if actor.organization_kind == "provider":
        return rows.filter(provider_id=actor.organization_id)
    return rows.none() if actor.has("region_officer") else rows.filter(in_scope(actor))


@dataclass(frozen=True)
class Standing:
    """How a contract stands towards a scheme: what the platform knows of it, and every reason against it.

    grading   the latest version: a follow-up counts;  social, economic: percent of each benefit's points
    stops     holds that forbid it now (open audit findings, safeguarding, credit …), of the contract and its provider
    faults    the sentences for which it is refused; empty where it may be nominated
    """

    contract: Contract
    assessment: Assessment | None
    grading: Grading | None
    social: Decimal
    economic: Decimal
    stops: tuple[str, ...]
    faults: tuple[str, ...]


def candidates(scheme: Scheme, actor: Actor) -> QuerySet[Contract]:
    """Graded contracts of the scheme's buyer that nobody has nominated; a provider sees its own. One query."""
    graded = Assessment.objects.filter(contract=OuterRef("pk"), status__in=DONE)
    standing = Incentive.objects.filter(contract=OuterRef("pk")).exclude(status__in=ENDED)
    rows = Contract.objects.filter(Exists(graded), ~Exists(standing), buyer_id=scheme.buyer_id, status__in=ASSESSABLE)
    if actor.organization_kind == "provider":
        rows = rows.filter(provider_id=actor.organization_id)
    return rows.select_related("provider", "buyer").order_by("title", "pk")


def standings(scheme: Scheme, contracts: Iterable[Contract]) -> list[Standing]:
    """How these contracts stand, in their order; six queries whatever their number.

    source  domain.md 6.1 (incentive only 优 with no open finding), R46 (both social and economic benefit)
    """
    given = list(contracts)
    assessed = {
        each.contract_id: each
        for each in Assessment.objects.filter(contract__in=given, status__in=DONE).prefetch_related(
            "gradings__points__indicator"
        )
    }
    stops = stops_of(given)
    found = []
    for contract in given:
        assessment = assessed.get(contract.pk)
        grading = list(assessment.gradings.all())[-1] if assessment else None
        scores = axes_of((row.indicator, row.points) for row in grading.points.all()) if grading else []
        sides = {score.key: score.percent for score in scores if score.axis == "benefit"}
        standing = Standing(
            contract, assessment, grading, sides.get("So", ZERO), sides.get("Ec", ZERO), stops[contract.pk], ()
        )
        found.append(Standing(**{**standing.__dict__, "faults": tuple(_faults(scheme, standing))}))
    return found


def _faults(scheme: Scheme, standing: Standing) -> list[str]:
    found = []
    contract, assessment, grading = standing.contract, standing.assessment, standing.grading
    if contract.buyer_id != scheme.buyer_id:
        found.append("不是本办法采购人的合同")
    if contract.status == "terminated":
        found.append("合同提前终止")
    if assessment is None or grading is None or assessment.finalized_at is None:
        return [*found, "绩效评价还没有定级"]
    day = clock.local(assessment.finalized_at).date()
    if not scheme.graded_from <= day <= scheme.graded_to:
        found.append(f"定级日期 {day:%Y-%m-%d} 不在办法规定的期间内")
    if grading.grade != GRADES[0]:
        found.append(f"评价等级为「{grading.grade}」，只奖励「{GRADES[0]}」")
    for word, reached, least in (
        ("社会效益", standing.social, scheme.least_social),
        ("经济效益", standing.economic, scheme.least_economic),
    ):
        if reached < least:
            found.append(f"{word}得分率 {reached}%，低于 {least}%")
    if contract.provider.is_suspended:
        found.append("承接单位被暂停资格")
    return [*found, *standing.stops]


def stops_of(contracts: Iterable[Contract]) -> dict[UUID, tuple[str, ...]]:
    """Holds that forbid an incentive now, by contract: on it, on any other contract of its provider, on the provider itself.

    An open audit finding anywhere stops the provider (audit.engagements places the hold on its contract). Two queries.
    """
    given = list(contracts)
    all_ones = list(Contract.objects.filter(provider__in={each.provider_id for each in given}))
    keys = {each.journal_key: each.provider_id for each in all_ones}
    keys |= {each.provider.journal_key: each.provider_id for each in given}
    found: dict[UUID, list[str]] = {}
    for hold in Hold.objects.filter(object_key__in=keys, lifted_at__isnull=True).order_by("placed_at", "pk"):
        found.setdefault(keys[hold.object_key], []).append(hold.reason)
    return {each.pk: tuple(dict.fromkeys(found.get(each.provider_id, []))) for each in given}


def given_to(scheme: Scheme, provider_id: UUID, *, other_than: UUID | None = None) -> Decimal:
    """What a provider was decided to get under a scheme, in yuan; revoked ones taken off. One query."""
    rows = Incentive.objects.filter(scheme=scheme, provider=provider_id).exclude(status__in=ENDED)
    if other_than is not None:
        rows = rows.exclude(pk=other_than)
    return rows.aggregate(total=Sum("amount"))["total"] or ZERO


def open_objections(incentive: Incentive) -> QuerySet[Objection]:
    """Objections that wait for their answer, oldest first."""
    return Objection.objects.filter(incentive=incentive, answered_at__isnull=True).order_by("n")


def credits_of(provider_id: UUID) -> QuerySet[CreditRecord]:
    """The latest entries of a provider's credit."""
    return CreditRecord.objects.filter(organization=provider_id).order_by("-on", "source_key")[:5]


def in_hand(actor: Actor, *statuses: str) -> QuerySet[Incentive]:
    """Incentives of the actor's organization in these statuses, oldest first."""
    rows = visible_incentives(actor).filter(status__in=statuses, buyer_id=actor.organization_id)
    return rows.order_by("created_at", "pk")


def to_review(actor: Actor) -> QuerySet[Incentive]:
    """Nominations that wait for this person's office, and that this person may review."""
    mine = Q(pk__in=[])
    person = actor.user_key
    if actor.has("funds_reviewer"):
        mine |= Q(funds_by_key="") & ~Q(discipline_by_key=person)
    if actor.has("discipline_officer"):
        mine |= Q(discipline_by_key="") & ~Q(funds_by_key=person)
    return in_hand(actor, "nominated").filter(mine).exclude(nominated_by_key=person)


def to_pay(actor: Actor) -> QuerySet[Incentive]:
    """Incentives whose publicity is over and that wait for finance."""
    return in_hand(actor, "published").filter(publicity_ends_at__lte=clock.now())


def schemes_to_publish(actor: Actor) -> QuerySet[Scheme]:
    """Drafts of the actor's organization that somebody else wrote."""
    rows = visible_schemes(actor).filter(status="draft", buyer_id=actor.organization_id)
    return rows.exclude(drafted_by_key=actor.user_key).order_by("created_at")
