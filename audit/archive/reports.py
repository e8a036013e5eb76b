"""The hand-over form (档案移交表): both sides, counts, digests; empty lines to sign until it was handed over."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date

from audit.archive.catalogue import Asked, asked_of
from audit.archive.models import ArchiveBag, ArchivePackage
from audit.permissions.archive import can_arrange, can_download
from core import clock
from core.actor import Actor
from core.reports import report


@dataclass(frozen=True)
class HandOver:
    """Everything that the form says. Sizes in bytes; digests in hex."""

    issuer: str
    number: str
    title: str
    project_title: str
    project_number: str
    ending: str
    ended_on: date
    bag: int
    file_name: str
    sha256: str
    tag_digest: str
    size: int
    files: int
    withheld: int
    entries: int
    file_until: date | None
    voucher_until: date | None
    retention_rule: str
    arranged_by: str
    checked_by: str
    opinion: str
    receiver: str
    receiver_name: str
    handed_on: date | None
    handed_by: str
    medium: str
    asked: tuple[Asked, ...]
    issued_on: date

    @property
    def data_digest(self) -> str:
        """SHA-256 over all that it says (数据摘要), hex; stands in the foot."""
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def can_print_hand_over(actor: Actor, package: ArchivePackage) -> bool:
    """From the check on, for the archivist and whoever may take the bag."""
    ready = package.status in {"checked", "handed_over", "retained", "extended", "appraised", "destroyed"}
    return ready and (can_arrange(actor, package) or can_download(actor, package))


@report(
    "audit.archive_handover",
    label="档案移交表",
    model="audit.archive.models.ArchivePackage",
    template="reports/archive_handover.html",
    can_ask=can_print_hand_over,
)
def hand_over_form(package: ArchivePackage) -> HandOver:
    """The form of a checked package and its newest bag; three queries."""
    found = ArchivePackage.objects.select_related("buyer", "project").get(pk=package.pk)
    bag = found.bags.filter(state=ArchiveBag.DONE).select_related("document")[:1].get()
    document = bag.document
    return HandOver(
        issuer=found.buyer.name,
        number=found.number or "",
        title="档案移交表",
        project_title=found.title,
        project_number=found.project.number or "",
        ending=found.get_ending_display(),
        ended_on=found.ended_on,
        bag=bag.n,
        file_name=document.name if document else "",
        sha256=document.sha256 if document else "",
        tag_digest=bag.tag_digest,
        size=document.size if document else 0,
        files=bag.files,
        withheld=bag.withheld,
        entries=bag.entries,
        file_until=found.file_until,
        voucher_until=found.voucher_until,
        retention_rule=found.retention_rule,
        arranged_by=found.arranged_by_name,
        checked_by=found.checked_by_name,
        opinion=found.opinion,
        receiver=found.receiver,
        receiver_name=found.receiver_name,
        handed_on=found.handed_on,
        handed_by=found.handed_by_name,
        medium=found.medium,
        asked=asked_of(found),
        issued_on=found.handed_on or clock.today(),
    )
