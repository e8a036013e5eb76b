"""The rooms' reports (报告), imported so that they register themselves."""

from audit.engagements import reports as engagements

__all__ = ["engagements"]
