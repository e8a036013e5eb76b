"""An assessment laid out for its page and its report (评价展示): indicators, sub-scores, versions. Reads, writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.actor import Actor
from evaluation.assessments.facts import NOT_THERE
from evaluation.assessments.models import Assessment, Grading, Mark
from evaluation.assessments.queries import axes_of, results, visible_sheets
from evaluation.frameworks.models import Indicator
from evaluation.frameworks.scoring import AXES, SubScore
from evaluation.permissions import can_read_marks, can_read_raters


@dataclass(frozen=True)
class Line:
    """One indicator as the page shows it; points, own and gap in points, "" where there is none to show."""

    indicator: Indicator
    facts: str
    own: Decimal | None
    own_figures: str
    raters: tuple[Decimal | None, ...]
    points: Decimal | None
    working: str
    gap: Decimal
    explanation: str
    provisional: bool
    papers: Sequence[Any]


def lines_of(assessment: Assessment, actor: Actor) -> list[Line]:
    """The indicators with what this person may read of them, by code; six queries whatever their number."""
    rows = results(assessment, visible_sheets(assessment, actor))
    open_marks, raters = can_read_marks(actor, assessment), can_read_raters(actor, assessment)
    if open_marks and not raters:
        # The provider reads what the points come to, not who gave which.
        rows = results(assessment)
    papers: dict[Any, list[Any]] = {}
    for paper in assessment.evidence.select_related("document"):
        papers.setdefault(paper.indicator_id, []).append(paper)
    return [
        Line(
            indicator=row.indicator,
            facts=row.facts.working if row.facts else "" if not row.indicator.source else NOT_THERE,
            own=row.own.points if row.own else None,
            own_figures=figures_text(row.own),
            raters=tuple(mark.points for mark in row.raters) if raters else (),
            points=row.points if row.is_computed or open_marks else None,
            working=row.working if (raters or row.is_computed) else "",
            gap=row.gap if raters and row.wants_reason else Decimal("0.00"),
            explanation=row.explanation,
            provisional=row.provisional,
            papers=papers.get(row.indicator.pk, []),
        )
        for row in rows
    ]


def figures_text(mark: Mark | None) -> str:
    """A mark's figures in words: "满意 36 · 有效样本 40"."""
    if mark is None or not mark.figures:
        return ""
    words = {part.name: part for part in mark.indicator.scoring.parts}
    shown = []
    for name, value in mark.figures.items():
        part = words.get(name)
        if part is None or (part.flag and not Decimal(value)):
            continue
        number = "" if part.flag else f" {Decimal(value).normalize():f}"
        shown.append(f"{part.label}{number}")
    return " · ".join(shown)


def axes_shown(scores: Sequence[SubScore]) -> dict[str, Any]:
    """The sub-scores for radar and bars: {"radar": [...], "axes": [{"name", "bars"}]}; percent of 100."""
    named = [(AXES[each.axis][0], each) for each in scores]
    axes: dict[str, list[dict[str, Any]]] = {}
    for name, each in named:
        axes.setdefault(name, []).append(
            {"label": each.label, "value": each.percent, "points": each.points, "weight": each.weight, "planned": 100}
        )
    return {
        "radar": [{"label": each.label, "value": each.percent} for _name, each in named if each.key],
        "axes": [{"name": name, "bars": bars} for name, bars in axes.items()],
        "rows": [{"axis": name, "score": each} for name, each in named],
    }


def axes_of_grading(grading: Grading) -> dict[str, Any]:
    """The sub-scores of one version, for its charts."""
    return axes_shown(axes_of((row.indicator, row.points) for row in grading.points.select_related("indicator")))


def axes_of_lines(lines: Sequence[Line]) -> dict[str, Any]:
    """The sub-scores as they stand before the grade; an indicator without points counts nothing."""
    return axes_shown(axes_of((line.indicator, line.points or Decimal("0.00")) for line in lines))
