"""Which files a case has (原件), which of them go into its bag, and which are only named by digest (只列摘要).

A bag leaves the platform. Papers about children and staff stay behind (least access), sealed envelopes were never meant
to be read, and a file that nobody classified is treated as if it were one of them (docs/decisions/0026-archive-packages.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from audit.archive.models import ArchiveScan
from audit.engagements.models import FindingFile, PaperEvidence
from audit.tracing.models import SampleFile
from core.documents import Document
from core.reports import ReportJob
from evaluation.assessments.models import Evidence
from evaluation.incentives.models import IncentivePaper
from procurement.acceptances.models import AcceptanceFile
from procurement.activities.models import ActivityPhoto, SafeguardPaper
from procurement.amendments.models import Amendment, AmendmentSignature
from procurement.awards.models import Award
from procurement.bids.models import Bid, BidFile
from procurement.bids.queries import OPENED
from procurement.challenges.models import Challenge
from procurement.contracts.models import Contract, Signature
from procurement.expenses.models import ExpenseFile
from procurement.inspections.models import InspectionFile
from procurement.notices.models import Notice
from procurement.orders.models import OrderFile
from procurement.payments.models import Invoice
from procurement.projects.models import ProjectFile

ENVELOPE, CHILD, STAFF, UNKNOWN = "envelope", "child", "person", "unknown"
REASONS = {
    ENVELOPE: "密封信封：内容已随开启记录归档，信封本身不解密、不外带",
    CHILD: "涉及未成年人：按最小访问原则只列摘要，原件留在平台",
    STAFF: "个人材料：按最小访问原则只列摘要，原件留在平台",
    UNKNOWN: "未归类：没有确定能否外带，先只列摘要，原件留在平台",
}


@dataclass(frozen=True)
class Source:
    """One kind of place in which a case keeps documents.

    path      from its rows to the project's key;  stage: under which it is filed;  label: what such a paper is called
    row       from a row to the object that it belongs to, for the catalogue of the bag
    withheld  (row) -> "" or why it is only named by digest
    scope     which rows count at all
    """

    model: type[Model]
    field: str
    path: str
    stage: str
    label: str
    about: str
    withheld: Callable[[Any], str] = lambda row: ""
    scope: dict[str, Any] | None = None


def _photo(row: ActivityPhoto) -> str:
    return CHILD if row.activity.minors else ""


def _safeguard(row: SafeguardPaper) -> str:
    """Consents name children and guardians, insurance lists name the insured; an emergency plan names nobody."""
    return "" if row.kind == "emergency" else CHILD


CONTRACT = "contract__award__lot__order__project"
SOURCES: tuple[Source, ...] = (
    Source(ProjectFile, "document", "project", "project", "立项资料", "project"),
    Source(OrderFile, "document", "order__project", "order", "采购文件附件", "order"),
    Source(Bid, "envelope", "lot__order__project", "opening", "申报信封", "", lambda row: ENVELOPE, {"status__in": OPENED}),
    Source(BidFile, "sealed", "bid__lot__order__project", "opening", "申报信封附件", "bid", lambda row: ENVELOPE,
           {"bid__status__in": OPENED}),
    Source(BidFile, "opened", "bid__lot__order__project", "opening", "申报文件", "bid", scope={"bid__status__in": OPENED}),
    Source(Notice, "document", "case", "award", "公告文件", ""),
    Source(Award, "document", "lot__order__project", "award", "成交文件", ""),
    Source(Challenge, "document", "award__lot__order__project", "challenge", "质疑材料", ""),
    Source(Contract, "document", "award__lot__order__project", "contract", "合同文本", ""),
    Source(Signature, "scan", CONTRACT, "contract", "盖章扫描件", "contract"),
    Source(Amendment, "document", CONTRACT, "contract", "补充协议文本", ""),
    Source(AmendmentSignature, "scan", f"amendment__{CONTRACT}", "contract", "补充协议盖章扫描件", "amendment"),
    Source(ActivityPhoto, "document", f"activity__{CONTRACT}", "delivery", "活动照片", "activity", _photo),
    Source(SafeguardPaper, "document", CONTRACT, "delivery", "安全保障材料", "contract", _safeguard),
    Source(ExpenseFile, "document", f"expense__{CONTRACT}", "money", "支出凭证", "expense",
           scope={"expense__submitted_at__isnull": False}),
    Source(InspectionFile, "document", f"parent__{CONTRACT}", "inspection", "检查资料", "parent"),
    Source(AcceptanceFile, "document", f"acceptance__{CONTRACT}", "acceptance", "验收资料", "acceptance"),
    Source(Invoice, "document", f"settlement__{CONTRACT}", "money", "发票", "settlement"),
    Source(Evidence, "document", f"assessment__{CONTRACT}", "evaluation", "评价证据", "assessment"),
    Source(IncentivePaper, "document", f"incentive__{CONTRACT}", "evaluation", "奖励性补助证明", "incentive"),
    Source(PaperEvidence, "document", f"paper__item__engagement__{CONTRACT}", "audit", "审计证据", "paper__item__engagement"),
    Source(FindingFile, "document", f"finding__engagement__{CONTRACT}", "audit", "审计整改证明", "finding"),
    Source(SampleFile, "document", f"item__expense__{CONTRACT}", "audit", "抽样证据", "item__sample"),
    Source(ArchiveScan, "document", "item__package__project", "", "补交材料", "item__belongs_to"),
)  # fmt: skip

# Keys to a document that no bag follows, and why.
LEFT_OUT: dict[str, str] = {
    "procurement.StaffCheck.document": "of a person, not of a case: the inquiry into a crime record",
    "accounts.OrganizationDocument.document": "of an organization, not of a case",
    "accounts.Training.sheet": "of an organization's training, not of a case",
    "core.ReportJob.document": "found by its object's key: every printed report of the case",
    "core.ReportBatch.document": "a zip of reports of many cases",
    "audit.ArchivePackage.receipt": "comes after the bag was handed over",
    "audit.ArchiveBag.document": "the bag itself",
    "core.Removal.document": "what was removed from storage",
}


@dataclass(frozen=True)
class Original:
    """One document of the case: what it is, whose, where it is filed, why it is withheld ("" for those in the bag)."""

    document: Document
    label: str
    stage: str
    about: str
    withheld: str = ""


def originals_of(case: str, chains: list[str]) -> list[Original]:
    """Every document of a case, in a fixed order, each digest once; one query a source and two more.

    case    the project's key;  chains: journal keys of the case's objects, whose printed reports belong to it too
    """
    found: dict[str, Original] = {}
    for source in SOURCES:
        for row in _rows(source, case):
            document = getattr(row, source.field)
            about = row if not source.about else _follow(row, source.about)
            stage = source.stage or row.item.stage
            why = ENVELOPE if document.sealed else source.withheld(row)
            known = found.get(document.sha256)
            # The same bytes twice: whoever withholds them wins.
            if known is None or (why and not known.withheld):
                found[document.sha256] = Original(document, source.label, stage, about.journal_key, why)
    jobs = ReportJob.objects.filter(object_key__in=chains, document__isnull=False).select_related("document")
    for job in jobs.order_by("asked_at", "pk"):
        if job.document is not None:
            found.setdefault(job.document.sha256, Original(job.document, job.label, "reports", job.object_key))
    return sorted(
        found.values(), key=lambda each: (each.stage, each.label, each.document.created_at, each.document.sha256)
    )


def unclassified(digests: set[str], known: set[str]) -> Iterator[Original]:
    """Documents that the journal names and no source knows: by digest alone. One query."""
    rest = Document.objects.filter(sha256__in=digests - known).order_by("sha256", "created_at")
    seen: set[str] = set()
    for document in rest:
        if document.sha256 not in seen:
            seen.add(document.sha256)
            yield Original(document, _("其他"), "other", "", ENVELOPE if document.sealed else UNKNOWN)


def _rows(source: Source, case: str) -> QuerySet[Any]:
    rows = source.model._base_manager.filter(
        **{source.path: case, f"{source.field}__isnull": False}, **(source.scope or {})
    )
    joined = [source.field, *([source.about] if source.about else [])]
    if source.model is ArchiveScan:
        joined = [source.field, "item__package", "item__contract"]
    return rows.select_related(*joined).order_by("pk")


def _follow(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row
