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
from audit.journal.models import Anchor, Checkpoint, JournalEntry, Leaf, PublicKey, Subtree, WaitingEntry
from audit.risks.models import RiskFlag, RiskScan
from audit.tracing.models import Sample, SampleFile, SampleItem, SavedView

__all__ = [
    "Anchor",
    "AuditFinding",
    "Checkpoint",
    "DraftReply",
    "Engagement",
    "FindingFile",
    "JournalEntry",
    "Leaf",
    "PaperEvidence",
    "ProgrammeItem",
    "PublicKey",
    "RiskFlag",
    "RiskScan",
    "Sample",
    "SampleFile",
    "SampleItem",
    "SavedView",
    "Subtree",
    "TeamMember",
    "WaitingEntry",
    "WorkingPaper",
]
