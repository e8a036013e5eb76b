"""Which assessments exist for whom (评价可见范围), whose sheets one may read, and what the marks come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.memberships.models import Membership
from accounts.memberships.queries import in_force
from accounts.organizations.models import Organization
from core import clock
from core.actor import Actor
from core.permissions import in_scope
from evaluation.assessments.models import Assessment, Evidence, FollowUp, Mark, Sheet
from evaluation.frameworks.models import Indicator
from evaluation.frameworks.scoring import SubScore, Tagged, deviates, mean, sub_scores
from evaluation.permissions import can_read_raters
from procurement.contracts.models import Contract
from procurement.rules.queries import parameter

ASSESSABLE = ("completed", "closed", "terminated")
DONE = ("final", "applied")
RATERS = 2


def visible_assessments(actor: Actor) -> QuerySet[Assessment]:
    """What this person may know of: buyer and oversight in scope, the provider it is about, the evaluator asked."""
    if actor.organization_kind == "provider":
        mine = Q(contract__provider_id=actor.organization_id)
    elif actor.has("evaluator"):
        mine = Q(evaluator_id=actor.organization_id)
    else:
        mine = in_scope(actor)
    return Assessment.objects.filter(mine).select_related(
        "buyer", "evaluator", "framework", "contract__provider", "contract__buyer", "contract__award__lot__order"
    )


def visible_sheets(assessment: Assessment, actor: Actor) -> QuerySet[Sheet]:
    """The standing sheets that this person may read: facts and self-score; one's own; both raters' once both are in."""
    sheets = assessment.sheets.filter(voided_at=None).prefetch_related("marks__indicator")
    if can_read_raters(actor, assessment):
        return sheets
    return sheets.filter(~Q(side="rater") | Q(person_key=actor.user_key))


def contracts_to_assess(actor: Actor) -> QuerySet[Contract]:
    """The buyer's finished contracts that no evaluator was asked to assess (待安排评价)."""
    standing = Assessment.objects.filter(contract=OuterRef("pk")).exclude(status="declined")
    return (
        Contract.objects.filter(buyer_id=actor.organization_id, status__in=ASSESSABLE)
        .filter(~Exists(standing))
        .select_related("provider", "buyer__region")
        .order_by("ends_on")
    )


def to_rate(actor: Actor) -> QuerySet[Assessment]:
    """What waits for this rater's sheet."""
    own = Sheet.objects.filter(assessment=OuterRef("pk"), side="rater", voided_at=None, person_key=actor.user_key)
    return visible_assessments(actor).filter(status="self_scored").filter(~Exists(own)).order_by("due_on")


def to_finalize(actor: Actor) -> QuerySet[Assessment]:
    """What has its reply, or whose term for it is over."""
    ready = Q(replied_at__isnull=False) | Q(reply_due_at__lte=clock.now())
    return visible_assessments(actor).filter(ready, status="feedback").order_by("due_on")


def open_follow_ups(actor: Actor) -> QuerySet[FollowUp]:
    """The rounds that the clock placed and nobody has done yet, of the evaluator's own assessments."""
    return (
        FollowUp.objects.filter(grading=None, assessment__evaluator_id=actor.organization_id)
        .select_related("assessment__contract")
        .order_by("due_at")
    )


def has_rated(assessment: Assessment, actor: Actor) -> bool:
    """Whether this person's sheet is in."""
    return assessment.sheets.filter(side="rater", voided_at=None, person_key=actor.user_key).exists()


def evaluators_for(contract: Contract) -> QuerySet[Organization]:
    """The evaluators that may be asked: verified, not incubated by the buyer."""
    return (
        Organization.objects.filter(kind="evaluator", status="verified")
        .exclude(incubated_by=contract.buyer_id)
        .order_by("name")
    )


def ties_of(evaluator: Organization, contract: Contract) -> list[str]:
    """What binds an evaluator to buyer or provider (利益关系); empty when it is third to both. Three queries.

    source  财综〔2018〕42号 (独立于购买主体和承接主体); F24
    """
    found = []
    buyer, provider = contract.buyer, contract.provider
    if evaluator.pk in {buyer.pk, provider.pk}:
        found.append("评估机构就是合同的一方")
    if evaluator.incubated_by_id in {buyer.pk, provider.pk}:
        found.append("由合同一方孵化")
    for side, word in ((buyer, "采购人"), (provider, "承接单位")):
        for name, label in (
            ("legal_representative", "法定代表人"), ("contact_phone", "联系电话"), ("bank_account", "收款账户"),
        ):  # fmt: skip
            value = getattr(evaluator, name)
            if value and value == getattr(side, name):
                found.append(f"与{word}的{label}相同")
        own = Membership.objects.filter(in_force(), organization=evaluator).values("user_id")
        if Membership.objects.filter(in_force(), organization=side, user_id__in=own).exists():
            found.append(f"有人同时在{word}任职")
    return found


def rotation_years(evaluator_id: UUID, buyer_id: UUID, year: int) -> int:
    """How many years in a row, this one included, the evaluator assesses projects of this buyer (F44)."""
    planned = Assessment.objects.filter(evaluator_id=evaluator_id, buyer_id=buyer_id).exclude(status="declined")
    years = {clock.local(at).year for at in planned.values_list("created_at", flat=True)}
    count = 1
    while year - count in years:
        count += 1
    return count


@dataclass(frozen=True)
class Row:
    """One indicator and everything that was said of it.

    points      as it stands: the platform's where it has the figures, else the raters' mean; None while neither is in
    gap         how far the raters lie apart, in points; wants_reason: further than the dated threshold allows
    provisional long-term, before the follow-up has measured it
    """

    indicator: Indicator
    facts: Mark | None
    own: Mark | None
    raters: tuple[Mark, ...]
    points: Decimal | None
    gap: Decimal
    wants_reason: bool
    provisional: bool
    explanation: str

    @property
    def is_computed(self) -> bool:
        """Whether the platform's own figures decide."""
        return self.facts is not None and self.facts.centi is not None

    @property
    def working(self) -> str:
        """How the points come about."""
        if self.facts is not None and self.is_computed:
            return self.facts.working
        given = [mark.points for mark in self.raters if mark.points is not None]
        return f"({' + '.join(map(str, given))}) ÷ {len(given)} = {self.points}" if len(given) == RATERS else ""


def results(assessment: Assessment, sheets: Iterable[Sheet] | None = None) -> list[Row]:
    """Every indicator with its marks, by code; four queries whatever their number.

    sheets  those a reader may see (visible_sheets); by default all that stand, for the operations
    """
    given = list(sheets if sheets is not None else assessment.sheets.filter(voided_at=None).prefetch_related("marks"))
    percent = int(parameter("evaluation.deviation").value)
    rows = []
    by_side: dict[str, list[dict[UUID, Mark]]] = {"facts": [], "self": [], "rater": []}
    for sheet in given:
        by_side[sheet.side].append({mark.indicator_id: mark for mark in sheet.marks.all()})
    for indicator in assessment.framework.indicators.all():
        facts = next((marks[indicator.pk] for marks in by_side["facts"] if indicator.pk in marks), None)
        own = next((marks[indicator.pk] for marks in by_side["self"] if indicator.pk in marks), None)
        raters = tuple(marks[indicator.pk] for marks in by_side["rater"] if indicator.pk in marks)
        marks = [mark.points for mark in raters if mark.points is not None]
        computed = facts.points if facts is not None else None
        gap = max(marks) - min(marks) if len(marks) == RATERS else Decimal("0.00")
        rows.append(
            Row(
                indicator=indicator, facts=facts, own=own, raters=raters,
                points=computed if computed is not None else mean(marks) if len(marks) == RATERS else None,
                gap=gap, wants_reason=len(marks) == RATERS and deviates(marks[0], marks[1], indicator.weight, percent),
                provisional=indicator.horizon == "L",
                explanation=assessment.explanations.get(indicator.code, ""),
            )
        )  # fmt: skip
    return rows


def tagged(indicator: Indicator, given: Decimal) -> Tagged:
    """An indicator's points with its tags."""
    return Tagged(indicator.weight, given, indicator.stage, indicator.horizon, indicator.benefit, indicator.block)


def axes_of(rows: Iterable[tuple[Indicator, Decimal]]) -> list[SubScore]:
    """The sub-scores of (indicator, points)."""
    return sub_scores(tagged(indicator, given) for indicator, given in rows)


def without_evidence(assessment: Assessment, codes: Iterable[str]) -> list[str]:
    """Of these indicators' codes, those beside which no paper lies."""
    there = set(Evidence.objects.filter(assessment=assessment).values_list("indicator__code", flat=True))
    return sorted(set(codes) - there)
