"""What the assessments come to over time (评价汇总): a fixed number of queries whatever there is. Nothing is stored.

Everything begins with `visible_assessments`, or with the office's scope where it is about buyers (R50, R59, F44).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from accounts.organizations.models import Organization
from core import clock
from core.actor import Actor
from core.permissions import in_scope
from evaluation.assessments.models import Assessment, Grading
from evaluation.assessments.queries import ASSESSABLE, DONE, axes_of, visible_assessments
from evaluation.frameworks.scoring import GRADES, SubScore, mean
from procurement.challenges.models import Challenge
from procurement.contracts.models import Contract
from procurement.payments.models import Payment
from procurement.rules.queries import parameter


@dataclass(frozen=True)
class Result:
    """One assessment as it stands now: its latest version."""

    assessment: Assessment
    grading: Grading

    @property
    def year(self) -> int:
        """The year of its first grade, in Shanghai."""
        return clock.local(self.assessment.finalized_at or self.grading.at).year


@dataclass(frozen=True)
class ProviderRating:
    """One provider: results by year, newest first; the mean of all; up, down or level against the year before."""

    provider: Organization
    years: list[tuple[int, list[Result]]]
    mean: Decimal
    trend: str

    @property
    def count(self) -> int:
        """How many projects."""
        return sum(len(results) for _year, results in self.years)

    @property
    def latest(self) -> Result:
        """The newest result."""
        return self.years[0][1][0]


@dataclass(frozen=True)
class Project:
    """One project of a year: its total and its sub-scores by (axis, side), in percent."""

    result: Result
    scores: dict[tuple[str, str], SubScore]


@dataclass(frozen=True)
class BuyerAppraisal:
    """How a buyer does its part (R59)."""

    buyer: Organization
    finished: int
    assessed: int
    applied: int
    paid: int
    paid_late: int
    challenges: int
    upheld: int


@dataclass(frozen=True)
class EvaluatorAppraisal:
    """How an evaluator does its part (F44): tasks, punctuality, grades; leads where a rule's threshold is passed."""

    evaluator: Organization
    tasks: int
    declined: int
    done: int
    late: int
    mean: Decimal | None
    top_share: int
    years: int
    grades: dict[str, int]
    leads: list[str]


def results_of(rows: QuerySet[Assessment]) -> list[Result]:
    """The graded ones with their latest version, newest first; two queries."""
    graded = rows.filter(status__in=DONE).order_by("-finalized_at", "pk").prefetch_related("gradings")
    return [Result(each, list(each.gradings.all())[-1]) for each in graded]


def provider_ratings(actor: Actor) -> list[ProviderRating]:
    """Providers over time (R50), by name: a provider's people see their own."""
    found: defaultdict[Organization, list[Result]] = defaultdict(list)
    for result in results_of(visible_assessments(actor)):
        found[result.assessment.contract.provider].append(result)
    return [_rating(provider, found[provider]) for provider in sorted(found, key=lambda each: each.name)]


def _rating(provider: Organization, results: list[Result]) -> ProviderRating:
    by_year: dict[int, list[Result]] = {}
    for result in results:
        by_year.setdefault(result.year, []).append(result)
    years = sorted(by_year.items(), reverse=True)
    means = [mean(result.grading.total for result in given) for _year, given in years]
    trend = "" if len(means) < 2 else "up" if means[0] > means[1] else "down" if means[0] < means[1] else "level"
    return ProviderRating(provider, years, mean(result.grading.total for result in results), trend)


def year_bounds(year: int) -> tuple[datetime, datetime]:
    """A year in Shanghai as aware moments, the second one excluded."""
    return tuple(datetime.combine(date(n, 1, 1), time.min, tzinfo=clock.SHANGHAI) for n in (year, year + 1))  # type: ignore[return-value]


def projects_of_year(actor: Actor, year: int) -> list[Project]:
    """The projects graded in a year, highest first, with their sub-scores; four queries."""
    first, last = year_bounds(year)
    rows = visible_assessments(actor).filter(finalized_at__gte=first, finalized_at__lt=last, status__in=DONE)
    found = []
    for each in rows.prefetch_related("gradings__points__indicator"):
        grading = list(each.gradings.all())[-1]
        scores = axes_of((row.indicator, row.points) for row in grading.points.all())
        found.append(Project(Result(each, grading), {(score.axis, score.key): score for score in scores}))
    return sorted(found, key=lambda project: (-project.result.grading.total_centi, project.result.assessment.pk))


def graded_years(actor: Actor) -> list[int]:
    """The years in which anything was graded, newest first."""
    moments = visible_assessments(actor).filter(status__in=DONE).values_list("finalized_at", flat=True)
    return sorted({clock.local(at).year for at in moments if at is not None}, reverse=True)


def buyer_appraisals(actor: Actor) -> list[BuyerAppraisal]:
    """The buyers in this office's scope, by name; six queries."""
    scope = in_scope(actor)
    finished = _counts(Contract.objects.filter(scope, status__in=ASSESSABLE).order_by().values_list("buyer"))
    assessed: Counter[UUID] = Counter()
    applied: Counter[UUID] = Counter()
    for buyer, status in Assessment.objects.filter(scope, status__in=DONE).values_list("buyer", "status"):
        assessed[buyer] += 1
        applied[buyer] += status == "applied"
    paid: Counter[UUID] = Counter()
    late: Counter[UUID] = Counter()
    made = Payment.objects.filter(scope, status="paid", paid_on__isnull=False)
    for buyer, day, due in made.values_list("buyer", "paid_on", "settlement__due_at"):
        paid[buyer] += 1
        late[buyer] += due is not None and day is not None and day > clock.local(due).date()
    challenged = Challenge.objects.filter(scope)
    challenges = _counts(challenged.order_by().values_list("buyer"))
    upheld = _counts(challenged.filter(status="upheld").order_by().values_list("buyer"))
    keys = {*finished, *assessed, *paid, *challenges}
    return [
        BuyerAppraisal(
            buyer, finished[buyer.pk], assessed[buyer.pk], applied[buyer.pk], paid[buyer.pk], late[buyer.pk],
            challenges[buyer.pk], upheld[buyer.pk],
        )
        for buyer in Organization.objects.filter(pk__in=keys).order_by("name")
    ]  # fmt: skip


def _counts(rows: QuerySet[Any, Any]) -> Counter[UUID]:
    return Counter(dict(rows.annotate(n=Count("pk"))))


def evaluator_appraisals(actor: Actor) -> list[EvaluatorAppraisal]:
    """The evaluators of the assessments in sight, by name; four queries."""
    found: defaultdict[Organization, list[Assessment]] = defaultdict(list)
    for each in visible_assessments(actor).prefetch_related("gradings"):
        found[each.evaluator].append(each)
    rules = {key: int(parameter(f"evaluation.{key}").value) for key in ("rotation", "top_share")}
    best = int(parameter("evaluation.grades").value[GRADES[0]])
    return [
        _appraisal(evaluator, found[evaluator], rules, best) for evaluator in sorted(found, key=lambda each: each.name)
    ]


def _appraisal(
    evaluator: Organization, rows: Iterable[Assessment], rules: dict[str, int], best: int
) -> EvaluatorAppraisal:
    given = list(rows)
    done = [each for each in given if each.status in DONE and each.finalized_at is not None]
    totals = [each.total for each in done if each.total is not None]
    share = 100 * sum(total >= best for total in totals) // len(totals) if totals else 0
    years = max((each.rotation_years for each in given if each.status != "declined"), default=0)
    leads = []
    if years >= rules["rotation"]:
        leads.append(f"连续第 {years} 年评价同一采购人")
    if totals and share > rules["top_share"]:
        leads.append(f"{share}% 的项目评为 {best} 分及以上")
    return EvaluatorAppraisal(
        evaluator=evaluator,
        tasks=len(given),
        declined=sum(each.status == "declined" for each in given),
        done=len(done),
        late=sum(clock.local(each.finalized_at).date() > each.due_on for each in done if each.finalized_at),
        mean=mean(totals) if totals else None,
        top_share=share,
        years=years,
        grades={grade: sum(each.grade == grade for each in done) for grade in GRADES},
        leads=leads,
    )
