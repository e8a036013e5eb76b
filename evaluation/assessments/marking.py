"""What the verbs of an assessment share (记分): sheets and marks, the graded version, what follows from a grade, who is told."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from accounts.memberships.queries import people_with_role
from accounts.organizations.operations import record_credit
from core.actor import SYSTEM, Actor
from core.errors import Invalid, NotNow
from core.messages import tell
from evaluation.assessments.facts import facts_of
from evaluation.assessments.models import Assessment, GradedPoint, Grading, Mark, Sheet
from evaluation.frameworks.models import Indicator
from evaluation.frameworks.scoring import Figures, faults, grade, score
from procurement.rules.queries import parameter
from procurement.settlements.operations import record_quality


def in_centi(given: Decimal) -> int:
    """Points as they are stored: hundredths."""
    return int(given * 100)


def freeze_facts(assessment: Assessment) -> None:
    """Keep what the records say on this day as a sheet of the platform."""
    indicators = list(assessment.framework.indicators.all())
    found = facts_of(assessment.contract, indicators)
    sheet = Sheet.objects.create(assessment=assessment, side="facts", person_key=SYSTEM.user_key, person_name="平台")
    Mark.objects.bulk_create(
        Mark(
            sheet=sheet, indicator=each, figures={name: str(value) for name, value in found[each.code].figures.items()},
            centi=None if found[each.code].points is None else in_centi(found[each.code].points or Decimal(0)),
            working=found[each.code].working[:300],
        )
        for each in indicators
        if each.code in found
    )  # fmt: skip


def write_sheet(
    assessment: Assessment,
    side: str,
    actor: Actor,
    rows: Sequence[tuple[Indicator, Figures, str]],
    *,
    strict: bool = False,
) -> None:
    """One sheet with its marks; strict: what cannot be reckoned is 0.00 points."""
    marks = marks_of(rows)
    sheet = Sheet.objects.create(
        assessment=assessment, side=side, person_key=actor.user_key, person_name=actor.user_name
    )
    for mark in marks:
        mark.sheet = sheet
        if strict and mark.centi is None:
            mark.centi = 0
    Mark.objects.bulk_create(marks)


def marks_of(rows: Sequence[tuple[Indicator, Figures, str]]) -> list[Mark]:
    """Unsaved marks of (indicator, figures, remark). raises  Invalid at "<code>_<part>" for figures that cannot be"""
    marks, errors = [], {}
    for each, given, remark in rows:
        formula = each.scoring
        for part, sentence in faults(formula, given).items():
            errors[f"{each.code}_{part}"] = [sentence]
        whole = all(part.name in given for part in formula.parts)
        if errors or not whole:
            found, working = None, ""
        else:
            found, working = score(formula, each.weight, given, each.params)
        marks.append(
            Mark(
                indicator=each, figures={name: str(value) for name, value in given.items()},
                centi=None if found is None else in_centi(found), working=working[:300], remark=remark[:300],
            )
        )  # fmt: skip
    if errors:
        raise Invalid(errors=errors)
    return marks


def new_grading(assessment: Assessment, actor: Actor, kind: str, note: str, points: Sequence[GradedPoint]) -> Grading:
    """A new version with its points and its grade."""
    total = sum(row.centi for row in points)
    bounds = {name: int(least) for name, least in parameter("evaluation.grades").value.items()}
    found = grade(Decimal(total).scaleb(-2), bounds, vetoed=bool(assessment.vetoes))
    grading = Grading.objects.create(
        assessment=assessment, n=assessment.gradings.count() + 1, kind=kind, total_centi=total, grade=found,
        vetoes=assessment.vetoes, note=note[:1000], by_name=actor.user_name,
    )  # fmt: skip
    for row in points:
        row.grading = grading
    GradedPoint.objects.bulk_create(points)
    return grading


def hand_to_settlement(assessment: Assessment, found: str, actor: Actor) -> bool:
    """Hand the grade to the settlement. returns  False where it comes too late: a supplementary settlement follows"""
    try:
        record_quality(assessment.contract, found, actor=actor)
    except NotNow:
        return False
    return True


def enter_credit(assessment: Assessment, grading: Grading, actor: Actor) -> None:
    """Enter a version's grade into the provider's credit, from where qualification reads it (R50)."""
    record_credit(
        assessment.contract.provider, actor=actor, grade=grading.grade, points=grading.total,
        title=assessment.contract.title, source=f"{assessment.number or ''} {grading.name}".strip(),
        source_key=f"{assessment.journal_key}:{grading.n}",
    )  # fmt: skip


def provider_people(assessment: Assessment) -> list[str]:
    """The provider's people who answer."""
    return people_with_role(assessment.contract.provider_id, "provider_admin", "provider_worker")


def raters_of(assessment: Assessment) -> list[str]:
    """The people of the evaluator."""
    return people_with_role(assessment.evaluator_id, "evaluator")


def officers_of(assessment: Assessment) -> list[str]:
    """The officers who asked for it."""
    return people_with_role(assessment.buyer_id, "programme_officer")


def tell_of(assessment: Assessment, people: Sequence[str], event: str, sentence: str, more: str = "") -> None:
    """Tell these people of an event, once."""
    tell(
        people,
        sentence=sentence % {"title": assessment.contract.title, "grade": assessment.grade},
        url=assessment.get_absolute_url(),
        kind=f"assessment.{event}",
        key=f"assessment.{event}:{assessment.pk}:{more}",
    )
