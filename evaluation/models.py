"""The models of all rooms, re-exported for Django."""

from evaluation.assessments.models import Assessment, Evidence, FollowUp, GradedPoint, Grading, Mark, Sheet
from evaluation.frameworks.models import Framework, Indicator, Veto
from evaluation.incentives.models import Incentive, IncentivePaper, Objection, Scheme

__all__ = [
    "Assessment",
    "Evidence",
    "FollowUp",
    "Framework",
    "GradedPoint",
    "Grading",
    "Incentive",
    "IncentivePaper",
    "Indicator",
    "Mark",
    "Objection",
    "Scheme",
    "Sheet",
    "Veto",
]
