"""The rooms' reports (报告), imported so that they register themselves."""

from evaluation.assessments import reports as assessments
from evaluation.incentives import reports as incentives

__all__ = ["assessments", "incentives"]
