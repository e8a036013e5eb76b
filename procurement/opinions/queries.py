"""Which questionnaires exist for whom, and what a contract's service users said, with the sample size."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Avg, Count, Q, QuerySet

from core.actor import Actor
from core.permissions import in_scope
from procurement.contracts.models import Contract
from procurement.opinions.models import Opinion, Survey
from procurement.rules.queries import parameter

SATISFIED = 4
"""From this mark on an answer counts as satisfied (满意、很满意)."""


@dataclass(frozen=True)
class Said:
    """What was answered. asked: how many answers; None of the rest where there are too few to show (样本过少).

    satisfied  answers with an overall mark of 4 or 5;  means by question, to two decimals
    """

    asked: int
    least: int
    satisfied: int | None = None
    recommends: int | None = None
    means: tuple[tuple[str, Decimal], ...] = ()

    @property
    def is_shown(self) -> bool:
        """Whether there are enough answers to show figures without telling on anybody."""
        return self.satisfied is not None


def visible_surveys(actor: Actor) -> QuerySet[Survey]:
    """What this person may know of: both sides of the contract, oversight and street in scope. One query."""
    surveys = Survey.objects.select_related("contract__provider", "buyer").annotate(answers=Count("opinions"))
    if actor.organization_kind == "provider":
        return surveys.filter(contract__provider_id=actor.organization_id)
    return surveys.filter(in_scope(actor))


def said_in(opinions: QuerySet[Opinion]) -> Said:
    """The figures of these answers; suppressed below the dated least number (house.md 4b.16). Two queries."""
    least = int(parameter("opinions.least").value)
    names = ("overall", "punctual", "attitude", "useful")
    labels = {field.name: str(field.verbose_name) for field in Opinion._meta.concrete_fields}
    found = opinions.aggregate(
        asked=Count("pk"),
        satisfied=Count("pk", filter=Q(overall__gte=SATISFIED)),
        recommends=Count("pk", filter=Q(recommends=True)),
        **{f"mean_{name}": Avg(name) for name in names},
    )
    if found["asked"] < least:
        return Said(found["asked"], least)
    means = tuple((labels[name], Decimal(str(found[f"mean_{name}"])).quantize(Decimal("0.01"))) for name in names)
    return Said(found["asked"], least, found["satisfied"], found["recommends"], means)


def opinion_of(contract: Contract) -> Said:
    """What the service users of a contract said, over all its questionnaires."""
    return said_in(Opinion.objects.filter(survey__contract=contract))
