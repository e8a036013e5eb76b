"""The rooms' reports (报告), imported so that they register themselves."""

from audit.archive import reports as archive
from audit.engagements import reports as engagements

__all__ = ["archive", "engagements"]
