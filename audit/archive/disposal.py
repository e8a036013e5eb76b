"""The end of an archive (鉴定与销毁): kept longer, or destroyed by two persons of different posts."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from audit.archive.models import ArchiveBag, ArchivePackage, ArchiveScan, DestructionEntry
from audit.archive.operations import years_later
from core import clock
from core.actor import Actor
from core.documents import Document, remove
from core.errors import Invalid, NotNow
from core.lifecycle import advance, require
from core.messages import tell

MOST_YEARS = 50


@transaction.atomic
def extend_package(package: ArchivePackage, *, actor: Actor, years: int, reason: str) -> ArchivePackage:
    """Keep it longer (延长保管), counted from today.

    raises  NotAllowed · NotNow · Invalid at years, reason · Conflict
    writes  status, the new day; a proposal to destroy it is over; one journal entry with the reason
    """
    require(package, "extend", actor)
    if not 1 <= years <= MOST_YEARS:
        raise Invalid(_("延长 1 到 %(n)s 年。") % {"n": MOST_YEARS}, field="years")
    until = years_later(clock.today(), years)
    return advance(
        package, "extend", actor=actor, reason=reason, facts={"years": years, "until": f"{until}"}, retain_until=until,
        proposed_by_key="", proposed_by_name="", proposal="",
    )  # fmt: skip


@transaction.atomic
def propose_destruction(package: ArchivePackage, *, actor: Actor, reason: str) -> ArchivePackage:
    """Propose that it be destroyed (提出销毁); a person of another post confirms it.

    raises  NotAllowed · NotNow (proposed already) · Invalid (no reason) · Conflict
    writes  who and why; one journal entry; the leadership and the funds reviewer are told
    source  会计档案管理办法第十八条; 机关档案管理规定
    """
    require(package, "propose", actor)
    if package.proposed_by_key:
        raise NotNow(_("%(name)s 已提出销毁，等待另一人确认。") % {"name": package.proposed_by_name})
    package = advance(
        package, "propose", actor=actor, reason=reason, proposed_by_key=actor.user_key,
        proposed_by_name=actor.user_name, proposal=reason.strip()[:400],
    )  # fmt: skip
    tell(
        people_with_role(package.buyer_id, "leader", "funds_reviewer"),
        sentence=_("请确认是否销毁档案 %(number)s：%(title)s") % {"number": package.number, "title": package.title},
        url=package.get_absolute_url(),
        kind="archive.proposed",
        key=f"archive.proposed:{package.pk}:{package.version}",
    )
    return package


@transaction.atomic
def decline_destruction(package: ArchivePackage, *, actor: Actor, reason: str) -> ArchivePackage:
    """Say no to a proposed destruction (不同意销毁); it is appraised again."""
    return advance(package, "decline", actor=actor, reason=reason, proposed_by_key="", proposed_by_name="", proposal="")


@transaction.atomic
def destroy_package(package: ArchivePackage, *, actor: Actor) -> ArchivePackage:
    """Confirm a proposed destruction (确认销毁): the bags and what was supplied for them leave the storage for ever.

    raises  NotAllowed (who proposed it, another post) · NotNow (nobody proposed it) · Conflict
    writes  status; the list that is kept for ever; one Removal a file; one journal entry with every digest
    source  domain.md 4.1 (≥2 persons jointly); 会计档案管理办法第十八条
    """
    require(package, "destroy", actor)
    bags = list(ArchiveBag.objects.filter(package=package, document__isnull=False).select_related("document"))
    scans = list(ArchiveScan.objects.filter(item__package=package).select_related("document", "item"))
    removed = [_line(bag.document, _("档案包 %(n)s") % {"n": bag.n}, bag.tag_digest) for bag in bags if bag.document]
    removed += [_line(scan.document, scan.item.title) for scan in scans]
    documents: list[Document] = [bag.document for bag in bags if bag.document] + [scan.document for scan in scans]
    DestructionEntry.objects.create(
        package=package,
        number=package.number or "",
        title=package.title,
        retained=f"{package.retention_rule}；{_('保管至 %(day)s') % {'day': package.retain_until}}"[:300],
        removed=removed,
        opinion=package.proposal,
        proposed_by_name=package.proposed_by_name,
        confirmed_by_name=actor.user_name,
    )
    package = advance(
        package, "destroy", actor=actor,
        facts={"proposed_by": package.proposed_by_name, "removed": [each["sha256"] for each in removed]},
    )  # fmt: skip
    for document in documents:
        remove(document, actor=actor, authority=package.journal_key)
    return package


def _line(document: Document, label: str, tag_digest: str = "") -> dict[str, object]:
    told: dict[str, object] = {"label": label, "sha256": document.sha256, "size": document.size}
    return {**told, "tag_digest": tag_digest} if tag_digest else told
