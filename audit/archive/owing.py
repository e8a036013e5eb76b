"""What a provider hands in for the archive (承接单位补交): its own deed on its contract, for the package is not shown to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from audit.archive.models import ArchivePackage
from audit.archive.queries import items_of_provider, missing_items
from audit.archive.supplying import attach_papers
from audit.permissions.archive import can_hand_in
from core import journal
from core.actor import Actor
from core.errors import Invalid, NotAllowed, NotNow
from core.messages import tell
from procurement.contracts.models import Contract


@transaction.atomic
def hand_in_paper(
    contract: Contract, *, actor: Actor, item: UUID | str, papers: Sequence[Any], note: str = ""
) -> ArchivePackage:
    """Hand in a paper that the archive asks of the provider (补交归档材料); more may be added while it is collected.

    item    key of one of `items_of_provider`;  papers: uploads, or stored Documents
    raises  NotAllowed · NotNow (the archive is not collected) · Invalid at item, papers
    writes  documents, item, the count of what is missing; one journal entry "hand_in" with the digests; the archivist is told
    source  政府采购法第四十二条
    """
    if not can_hand_in(actor, contract):
        raise NotAllowed(_("归档材料由承接单位补交。"))
    packages = ArchivePackage.objects.select_for_update(of=("self",)).filter(status="collecting")
    package = packages.filter(project=contract.award.lot.order.project_id).first()
    if package is None:
        raise NotNow(_("这个项目的档案现在不收材料。"))
    found = items_of_provider(contract).filter(pk=item).first()
    if found is None:
        raise Invalid(_("请选择一项材料。"), field="item")
    documents = attach_papers(found, papers, actor=actor, note=note)
    missing = missing_items(package).count()
    ArchivePackage.objects.filter(pk=package.pk).update(missing_count=missing)
    package.missing_count = missing
    facts = {"paper": found.title, "contract": contract.number}
    journal.record(package, "hand_in", actor=actor, facts=facts, documents=documents)
    tell(
        people_with_role(package.buyer_id, "archivist"),
        sentence=_("承接单位补交了「%(paper)s」：%(title)s") % {"paper": found.title, "title": package.title},
        url=package.get_absolute_url(),
        kind="archive.handed_in",
        key=f"archive.handed_in:{documents[0].pk}",
    )
    return package
