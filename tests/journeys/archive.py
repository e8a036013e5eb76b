"""Ways to archive packages, by operations from a contract that is paid to the end."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile

from audit.archive.models import ArchiveBag, ArchivePackage
from audit.archive.operations import (
    check_package,
    complete_package,
    hand_over_package,
    open_package,
    retain_package,
    tend_packages,
)
from audit.archive.packing import make_bag
from audit.archive.queries import missing_items
from audit.archive.supplying import excuse_paper, supply_paper
from core import clock
from core.documents import read, store
from procurement.activities.safeguarding import add_paper
from procurement.contracts.drafting import draw_contract
from procurement.contracts.models import Contract
from procurement.projects.models import Project
from procurement.projects.operations import terminate_project
from procurement.settlements.operations import draw_settlement
from tests.cast import Cast
from tests.journeys.awards import confirmed_award
from tests.journeys.contracts import judged_milestone, print_now, reviewed_contract, sign_both
from tests.journeys.projects import approved_project
from tests.journeys.settlements import closed_contract, paid


def project_of(contract: Contract) -> Project:
    """The project of a contract."""
    return contract.award.lot.order.project


def provider_of(cast: Cast, contract: Contract) -> str:
    """The log-in of the provider's head."""
    return next(key for key, org in cast.organizations.items() if org.pk == contract.provider_id)


def walked_contract(cast: Cast) -> Contract:
    """A contract paid to the end, whose bids were sealed, opened, reviewed and ranked: every stage walked by operations."""
    award = confirmed_award(cast)
    contract = reviewed_contract(cast, draw_contract(award, actor=cast.actor("buyer")))
    print_now()
    contract = sign_both(cast, Contract.objects.get(pk=contract.pk))
    for kind in ("consent", "emergency"):
        paper = ContentFile(kind.encode(), name=f"{kind}-王小明.txt")
        add_paper(contract, actor=cast.actor(provider_of(cast, contract)), kind=kind, file=paper)
    whole = {line.n: line.quantity for line in contract.lines.all()}
    last = contract.milestones.count()
    for milestone in contract.milestones.all():
        judged_milestone(cast, contract, milestone.n, whole)
        kind: dict[str, Any] = (
            {"kind": "milestone", "milestone": milestone} if milestone.n < last else {"kind": "final"}
        )
        settlement = draw_settlement(Contract.objects.get(pk=contract.pk), actor=cast.actor("buyer"), **kind)
        paid(cast, settlement, f"GK-2026-{milestone.n:03d}")
    return Contract.objects.get(pk=contract.pk)


def opened_package(cast: Cast, contract: Contract | None = None) -> ArchivePackage:
    """A package that collects: some papers are missing."""
    return open_package(project_of(contract or closed_contract(cast)), actor=cast.actor("archivist"))


def filled_package(cast: Cast, package: ArchivePackage | None = None) -> ArchivePackage:
    """Nothing is missing: the minutes were supplied, the rest was excused."""
    package, actor = package or opened_package(cast), cast.actor("archivist")
    for item in list(missing_items(package)):
        if item.key == "minutes":
            paper = store(b"minutes", name="会议纪要.txt", actor=actor, purpose="archive")
            supply_paper(package, actor=actor, item=item.pk, papers=[paper], note="共 1 页")
        else:
            excuse_paper(package, actor=actor, item=item.pk, reason="本项目没有，已向经办人核实。")
    return package


def packed_package(cast: Cast, package: ArchivePackage | None = None) -> ArchivePackage:
    """Complete, its bag made and tested as a worker does it."""
    package = complete_package(filled_package(cast, package), actor=cast.actor("archivist"))
    make_bag({"bag": str(package.bags.get(state=ArchiveBag.QUEUED).pk)})
    return fresh(package)


def checked_package(cast: Cast, package: ArchivePackage | None = None) -> ArchivePackage:
    """Checked by the funds reviewer."""
    opinion = "抽看合同、验收书和支付凭证，与平台记录一致。"
    return check_package(packed_package(cast, package), actor=cast.actor("auditor"), opinion=opinion)


def retained_package(cast: Cast, package: ArchivePackage | None = None, **fields: Any) -> ArchivePackage:
    """Handed over and kept."""
    actor = cast.actor("archivist")
    given: dict[str, Any] = {
        "receiver": "五华区档案馆", "receiver_name": "钱馆", "handed_on": clock.today(), "medium": "加密移动硬盘 1 个",
    }  # fmt: skip
    package = hand_over_package(checked_package(cast, package), actor=actor, **(given | fields))
    return retain_package(package, actor=actor, location="3 号库 12 架")


def terminated(cast: Cast, **how: Any) -> Project:
    """A project that ended before anything was bought: the shortest archive."""
    project = approved_project(cast, **how)
    return terminate_project(project, actor=cast.actor("leader"), reason="服务需求消失")


def small_package(cast: Cast, **how: Any) -> ArchivePackage:
    """Complete, with its bag made by the worker's own way."""
    package = filled_package(cast, open_package(terminated(cast, **how), actor=cast.actor("archivist")))
    complete_package(package, actor=cast.actor("archivist"))
    print_now()
    return fresh(package)


def kept_package(cast: Cast, **how: Any) -> ArchivePackage:
    """Checked, handed over, retained."""
    actor = cast.actor("archivist")
    package = check_package(
        small_package(cast, **how), actor=cast.actor("auditor"), opinion="抽看合同和支付凭证，一致。"
    )
    hand_over_package(
        package, actor=actor, receiver="五华区档案馆", receiver_name="钱馆", handed_on=clock.today(), medium="移动硬盘"
    )
    return retain_package(package, actor=actor, location="3 号库 12 架")


def expired(package: ArchivePackage) -> ArchivePackage:
    """The clock's round on the day after the retention ended."""
    assert package.retain_until is not None
    with clock.travel(f"{package.retain_until + timedelta(days=1)} 04:10"):
        tend_packages()
    return fresh(package)


def fresh(package: ArchivePackage) -> ArchivePackage:
    """The package as it is stored now."""
    return ArchivePackage.objects.select_related("project", "buyer").get(pk=package.pk)


def unzipped(package: ArchivePackage, room: Path) -> Path:
    """The newest bag as the receiver unpacks it."""
    bag = package.bags.select_related("document").get(state=ArchiveBag.DONE, n=package.bags.count())
    packed = room / "bag.zip"
    packed.write_bytes(read(bag.document))
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(room)
    return next(each for each in room.iterdir() if each.is_dir())
