"""The moves of the archive (资料档案): the finished project handed over, the terminated one still collecting."""

from __future__ import annotations

from audit.archive.models import ArchiveBag, ArchivePackage
from audit.archive.operations import check_package, complete_package, hand_over_package, open_package, retain_package
from audit.archive.packing import make_bag
from audit.archive.queries import missing_items
from audit.archive.supplying import excuse_paper, supply_paper
from core import clock
from core.documents import store
from demo.moves import Stage
from procurement.contracts.models import Contract

MINUTES = "班子会议纪要（节选）：同意王家桥困境儿童服务立项，预算在年度购买服务经费中安排。"
USUAL = "办理时平台尚未要求，已向经办人核实，没有这项材料。"


def finished_project_archived(stage: Stage) -> ArchivePackage:
    """王家桥: arranged, checked by the funds reviewer, handed over to the district's archive the day after it ended."""
    contract: Contract = Contract.objects.get(pk=stage.world.facts["children_settled"].pk)
    project = contract.award.lot.order.project
    with stage.on(-7, 13):
        actor = stage.actor("archivist")
        package = open_package(project, actor=actor)
        for item in list(missing_items(package)):
            if item.key == "minutes":
                paper = store(MINUTES.encode(), name="会议纪要.txt", actor=actor, purpose="archive")
                supply_paper(package, actor=actor, item=item.pk, papers=[paper], note="原件存办公室")
            else:
                excuse_paper(package, actor=actor, item=item.pk, reason=USUAL)
        complete_package(package, actor=actor)
        make_bag({"bag": str(package.bags.get(state=ArchiveBag.QUEUED).pk)})
    package = ArchivePackage.objects.select_related("project", "buyer").get(pk=package.pk)
    with stage.on(-7, 15):
        opinion = "抽看合同、三次验收书、四笔支付凭证和活动照片，与平台记录一致；四性检测全部通过。"
        check_package(package, actor=stage.actor("auditor"), opinion=opinion)
    with stage.on(-7, 16):
        hand_over_package(
            package, actor=stage.actor("archivist"), receiver="五华区档案馆", receiver_name="钱志远",
            handed_on=clock.today(), medium="加密移动硬盘 1 个，当面拷贝并校验",
        )  # fmt: skip
    with stage.on(-6, 8):
        return retain_package(package, actor=stage.actor("archivist"), location="区档案馆 3 号库 12 架 2 层")


def terminated_project_collecting(stage: Stage) -> ArchivePackage:
    """青年文化节: ended a month ago; some papers are still missing, and each post has them on its desk."""
    contract: Contract = stage.world.facts["festival_terminated"]
    with stage.on(-32, 4):
        return open_package(contract.award.lot.order.project, actor=stage.actor("archivist"))
