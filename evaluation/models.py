"""The models of all rooms, re-exported for Django."""

from evaluation.assessments.models import Assessment, Evidence, FollowUp, GradedPoint, Grading, Mark, Sheet
from evaluation.frameworks.models import Framework, Indicator, Veto

__all__ = [
    "Assessment",
    "Evidence",
    "FollowUp",
    "Framework",
    "GradedPoint",
    "Grading",
    "Indicator",
    "Mark",
    "Sheet",
    "Veto",
]
