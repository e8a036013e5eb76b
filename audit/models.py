"""The models of all rooms, re-exported for Django."""

from audit.archive.models import (
    ArchiveBag,
    ArchiveItem,
    ArchivePackage,
    ArchiveScan,
    ArchiveTest,
    DestructionEntry,
    RequiredPaper,
)
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
    "ArchiveBag",
    "ArchiveItem",
    "ArchivePackage",
    "ArchiveScan",
    "ArchiveTest",
    "AuditFinding",
    "Checkpoint",
    "DestructionEntry",
    "DraftReply",
    "Engagement",
    "FindingFile",
    "JournalEntry",
    "Leaf",
    "PaperEvidence",
    "ProgrammeItem",
    "PublicKey",
    "RequiredPaper",
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
