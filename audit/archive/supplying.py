"""What is supplied by hand to an archive (补交、说明): a missing paper as a scan, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.archive.models import ArchiveItem, ArchivePackage, ArchiveScan
from audit.archive.queries import missing_items
from core.actor import Actor
from core.documents import Document, store
from core.errors import Invalid
from core.lifecycle import advance, require

MAX_FILES = 12


@transaction.atomic
def supply_paper(
    package: ArchivePackage, *, actor: Actor, item: UUID | str, papers: Sequence[Any], note: str = ""
) -> ArchivePackage:
    """Supply a missing paper as a scan (补交材料).

    item    key of one of its items that applies;  papers: uploads, or stored Documents
    raises  NotAllowed · NotNow · Invalid at item, papers · Conflict
    writes  documents, item; one journal entry with the digests
    """
    require(package, "supply", actor)
    found = _item(package, item)
    documents = attach_papers(found, papers, actor=actor, note=note)
    return advance(
        package, "supply", actor=actor, facts={"paper": str(found)}, documents=documents,
        missing_count=missing_items(package).count(),
    )  # fmt: skip


def attach_papers(item: ArchiveItem, papers: Sequence[Any], *, actor: Actor, note: str) -> list[Document]:
    """Keep papers that a person supplies for an item. returns  them as documents

    raises  Invalid at papers (none, too many, refused by the storage). writes  documents, scans; the item's state
    """
    if not papers:
        raise Invalid(_("请选择要补交的文件。"), field="papers")
    if len(papers) > MAX_FILES:
        raise Invalid(_("一次最多传 %(n)s 个文件。") % {"n": MAX_FILES}, field="papers")
    documents = [
        each
        if isinstance(each, Document)
        else store(each, name=each.name, actor=actor, purpose="archive", field="papers")
        for each in papers
    ]
    for document in documents:
        ArchiveScan.objects.create(item=item, document=document, note=note.strip()[:200], by_name=actor.user_name)
    if item.state != ArchiveItem.FOUND:
        ArchiveItem.objects.filter(pk=item.pk).update(state=ArchiveItem.SUPPLIED)
    return documents


@transaction.atomic
def excuse_paper(package: ArchivePackage, *, actor: Actor, item: UUID | str, reason: str) -> ArchivePackage:
    """Say why a paper is missing for good (说明缺件).

    raises  NotAllowed · NotNow · Invalid at item (nothing is missing there), reason · Conflict
    writes  the item; one journal entry with the reason
    """
    require(package, "excuse", actor)
    found = _item(package, item)
    if found.state != ArchiveItem.MISSING:
        raise Invalid(_("「%(title)s」不缺，不用说明。") % {"title": found.title}, field="item")
    if not reason.strip():
        raise Invalid(_("请写明为什么没有、怎样核实的。"), field="reason")
    ArchiveItem.objects.filter(pk=found.pk).update(
        state=ArchiveItem.EXCUSED, excuse=reason.strip()[:400], excused_by_name=actor.user_name
    )
    facts = {"paper": str(found)}
    missing = missing_items(package).count()
    return advance(package, "excuse", actor=actor, reason=reason.strip(), facts=facts, missing_count=missing)


def _item(package: ArchivePackage, key: UUID | str) -> ArchiveItem:
    found = package.items.exclude(state=ArchiveItem.NOT_DUE).filter(pk=key).first()
    if found is None:
        raise Invalid(_("请选择一项材料。"), field="item")
    return found
