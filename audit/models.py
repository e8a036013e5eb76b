"""The models of all rooms, re-exported for Django."""

from audit.engagements.models import (
    AuditFinding,
    DraftReply,
    Engagement,
    FindingFile,
    PaperEvidence,
    ProgrammeItem,
    TeamMember,
    WorkingPaper,
)
from audit.journal.models import JournalEntry
from audit.risks.models import RiskFlag, RiskScan
from audit.tracing.models import Sample, SampleFile, SampleItem, SavedView

__all__ = [
    "AuditFinding",
    "DraftReply",
    "Engagement",
    "FindingFile",
    "JournalEntry",
    "PaperEvidence",
    "ProgrammeItem",
    "RiskFlag",
    "RiskScan",
    "Sample",
    "SampleFile",
    "SampleItem",
    "SavedView",
    "TeamMember",
    "WorkingPaper",
]
