"""Follow-up rounds (跟踪评估): placed by the clock six and twelve months after the end, and done by the evaluators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.errors import Invalid, NotNow
from core.lifecycle import advance, require
from evaluation.assessments.deadlines import months_later
from evaluation.assessments.marking import (
    enter_credit,
    hand_to_settlement,
    marks_of,
    new_grading,
    officers_of,
    provider_people,
    raters_of,
    tell_of,
)
from evaluation.assessments.models import Assessment, FollowUp, GradedPoint
from evaluation.assessments.queries import (
    DONE,
)
from evaluation.frameworks.scoring import Figures
from procurement.rules.queries import deadline, parameter

Given = Mapping[str, Figures]


def place_follow_ups() -> int:
    """Place the follow-up rounds whose day has come (跟踪评估); called by the clock. returns  how many were placed

    writes  one FollowUp a round, once however often it is called; the evaluators are told
    """
    placed = 0
    for months in parameter("evaluation.follow_up").value:
        # Months differ in length: the filter is wide by three days, the day itself is counted below.
        waiting = (
            Assessment.objects.filter(status__in=DONE)
            .filter(closed_on__lte=months_later(clock.today(), -int(months)) + timedelta(days=3))
            .exclude(follow_ups__months=months)
            .select_related("contract")
            .order_by("closed_on")
        )
        for assessment in waiting:
            day = months_later(assessment.closed_on, int(months))
            if day > clock.today():
                continue
            with transaction.atomic():
                due = deadline("E02", day).at
                _row, made = FollowUp.objects.get_or_create(
                    assessment=assessment, months=months, defaults={"due_at": due}
                )
                placed += made
                if made:
                    tell_of(assessment, raters_of(assessment), f"follow_up_{months}", _("请做跟踪评估：%(title)s"))
    return placed


@transaction.atomic
def follow_up(
    assessment: Assessment, *, actor: Actor, figures: Given, note: str, remarks: Mapping[str, str] | None = None
) -> Assessment:
    """Do the follow-up round that is open (提交跟踪评估): only the long-term indicators are scored anew.

    figures  of the long-term indicators, by code and part; those without figures keep their points
    raises   NotAllowed · NotNow (no round is open) · Invalid at "<code>_<part>" or note · Conflict
    writes   a later Grading beside the first, which stays; the grade on the contract, where its settlement is open; one
             journal entry; both sides are told; the credit too, once the first result was applied
    source   R53
    """
    require(assessment, "follow_up", actor)
    round_ = assessment.follow_ups.select_for_update().filter(grading=None).order_by("months").first()
    if round_ is None:
        raise NotNow(_("现在没有到期的跟踪评估。"))
    if not note.strip():
        raise Invalid(_("请写明跟踪了谁、怎么跟踪的。"), field="note")
    before = assessment.gradings.prefetch_related("points__indicator").order_by("-n").first()
    if before is None:
        raise NotNow(_("还没有定级。"))
    long_term = {row.indicator.code: row.indicator for row in before.points.all() if row.indicator.horizon == "L"}
    unknown = set(figures) - set(long_term)
    if unknown:
        raise Invalid(_("%(codes)s 不是长远指标。") % {"codes": "、".join(sorted(unknown))})
    marks = {mark.indicator.code: mark for mark in marks_of([(long_term[c], figures[c], "") for c in figures])}
    half = {
        f"{mark.indicator.code}_{part.name}": [_("请填写%(label)s，或把这一项都留空。") % {"label": part.label}]
        for mark in marks.values()
        for part in mark.indicator.scoring.parts
        if part.name not in mark.figures
    }
    if half:
        raise Invalid(errors=half)
    points = []
    for row in before.points.all():
        new = marks.get(row.indicator.code)
        if new is not None and new.centi is not None:
            points.append(GradedPoint(indicator=row.indicator, centi=new.centi, origin="raters", working=new.working))
        else:
            points.append(
                GradedPoint(
                    indicator=row.indicator, centi=row.centi, origin="kept", working=row.working,
                    provisional=row.provisional,
                )
            )  # fmt: skip
    grading = new_grading(assessment, actor, str(round_.months), note.strip(), points)
    FollowUp.objects.filter(pk=round_.pk).update(grading=grading)
    settled = hand_to_settlement(assessment, grading.grade, actor) if grading.grade != before.grade else False
    if assessment.status == "applied":
        enter_credit(assessment, grading, actor)
    facts = {"months": round_.months, "total": str(grading.total), "grade": grading.grade, "settled": settled}
    advance(assessment, "follow_up", actor=actor, facts=facts)
    people = [*officers_of(assessment), *provider_people(assessment)]
    key = f"{grading.n}"
    tell_of(assessment, people, "followed_up", _("跟踪评估已完成：%(title)s"), key)
    return assessment
