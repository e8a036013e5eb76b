"""The rooms' reports (报告), imported so that they register themselves."""

from evaluation.assessments import reports as assessments

__all__ = ["assessments"]
