"""What the archive prints: the hand-over form (档案移交表), empty lines to sign until it was handed over; the destruction list (档案销毁清单)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from accounts.roles import ROLES
from audit.archive.catalogue import Asked, asked_of
from audit.archive.models import ArchiveBag, ArchivePackage, DestructionEntry
from audit.permissions.archive import can_arrange, can_confirm_destruction, can_download
from core import clock, journal
from core.actor import Actor
from core.journal import Entry
from core.printed import Printed
from core.reports import report

BASIS = "会计档案管理办法（财政部 国家档案局令第79号）第十六条至第十八条；机关档案管理规定"


@dataclass(frozen=True)
class HandOver(Printed):
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


# --- The destruction list ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signed:
    """One of the two persons: as whom, when, by which entry of the archive's journal (its number and digest)."""

    name: str
    post: str
    at: datetime
    entry: int
    entry_digest: str


@dataclass(frozen=True)
class Removed:
    """One file that is gone. Digests in hex; tag_digest: a bag's manifest (清单摘要), "" for what was supplied by hand."""

    label: str
    sha256: str
    size: int
    tag_digest: str


@dataclass(frozen=True)
class Destruction(Printed):
    """Everything that the list says."""

    issuer: str
    number: str
    title: str
    project_title: str
    project_number: str
    ending: str
    ended_on: date
    handed_to: str
    handed_on: date | None
    retained: str
    opinion: str
    basis: str
    proposed: Signed
    confirmed: Signed
    removed: tuple[Removed, ...]
    issued_on: date

    @property
    def size(self) -> int:
        """Bytes that were removed in all."""
        return sum(each.size for each in self.removed)


def can_print_destruction(actor: Actor, package: ArchivePackage) -> bool:
    """Once it is destroyed: the archivist, whoever may confirm, the oversight."""
    concerned = can_arrange(actor, package) or can_confirm_destruction(actor, package) or can_download(actor, package)
    return package.status == "destroyed" and concerned


@report(
    "audit.archive_destruction",
    label="销毁清单",
    model="audit.archive.models.ArchivePackage",
    template="reports/archive_destruction.html",
    can_ask=can_print_destruction,
)
def destruction_list(package: ArchivePackage) -> Destruction:
    """The list of a destroyed package; three queries. source  会计档案管理办法第十八条 (what it lists, who signs)"""
    listed = DestructionEntry.objects.select_related("package__buyer", "package__project").get(package=package)
    found = listed.package
    entries = journal.entries_for(found)
    return Destruction(
        issuer=found.buyer.name,
        number=listed.number,
        title="档案销毁清单",
        project_title=listed.title,
        project_number=found.project.number or "",
        ending=found.get_ending_display(),
        ended_on=found.ended_on,
        handed_to=found.receiver,
        handed_on=found.handed_on,
        retained=listed.retained,
        opinion=listed.opinion,
        basis=BASIS,
        proposed=_signed(entries, "propose"),
        confirmed=_signed(entries, "destroy"),
        removed=tuple(
            Removed(each["label"], each["sha256"], each["size"], each.get("tag_digest", "")) for each in listed.removed
        ),
        issued_on=clock.local(listed.at).date(),
    )


def _signed(entries: Iterable[Entry], verb: str) -> Signed:
    """Who took the last step of this verb; entries come newest first."""
    entry = next(each for each in entries if each.verb == verb)
    name = f"{entry.actor_name}（代 {entry.on_behalf_of}）" if entry.on_behalf_of else entry.actor_name
    posts = [ROLES[role] for role in entry.role.split(",") if role in ROLES]
    return Signed(name, "、".join(posts), entry.at, entry.n, entry.hash.hex())
