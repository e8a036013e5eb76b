"""An archive package (资料档案): collected, complete, checked by another person, handed over, kept, appraised, disposed of."""

from audit.permissions import archive as may
from core.actor import by_clock
from core.lifecycle import Lifecycle, Status, Step

OPERATIONS = "audit.archive.operations"
SUPPLYING = "audit.archive.supplying"
DISPOSAL = "audit.archive.disposal"
FORMS = "audit.archive.forms"

ARCHIVE_PACKAGE = Lifecycle(
    name="audit.archive_package",
    label="资料档案",
    initial="collecting",
    statuses={
        "collecting": Status("收集中", "wait", note="the clock opens it when the project has ended, or the archivist does"),
        "complete": Status("已齐全", "go", note="the archivist: every required paper is there or excused; the bag is made"),
        "checked": Status("已检查", "go", note="another person, after the platform's four tests"),
        "handed_over": Status("已移交", "done", note="the archivist registers to whom it was handed over"),
        "retained": Status("保管中", note="the archivist registers the receipt and where it lies"),
        "appraised": Status("待鉴定", "wait", note="the clock, when the retention period is over"),
        "extended": Status("已续存", note="the archivist keeps it longer, with the reason"),
        "destroyed": Status("已销毁", end=True, note="two persons of different posts; list, digests and journal stay"),
    },
    steps=(
        Step(
            "recount", ("collecting",), "", "重新清点", may.can_recount, f"{OPERATIONS}.recount_package", weight="none",
            consequence="按最新的业务记录重新核对应归档材料。",
        ),
        Step(
            "supply", ("collecting",), "", "补交材料", may.can_arrange, f"{SUPPLYING}.supply_paper",
            f"{FORMS}.SupplyForm", weight="none", consequence="文件原样保存，写入归档目录和档案包。",
        ),
        Step(
            "excuse", ("collecting",), "", "说明缺件", may.can_arrange, f"{SUPPLYING}.excuse_paper",
            f"{FORMS}.ExcuseForm", reason=True, consequence="理由写入归档目录和日志，检查人和接收单位都看得到。",
        ),
        Step(
            "complete", ("collecting",), "complete", "整理齐全", may.can_arrange, f"{OPERATIONS}.complete_package",
            primary=True, consequence="编档号，计算保管期限，并在后台生成档案包；之后由另一位同事检查。",
        ),
        Step(
            "repack", ("complete",), "", "重新打包", may.can_arrange, f"{OPERATIONS}.repack_package",
            consequence="按现在的记录另做一个档案包；以前的仍然保留。",
        ),
        Step("packed", ("complete",), "", "生成档案包", by_clock, listed=False),
        Step("retest", ("complete", "checked", "handed_over", "retained", "extended", "appraised"), "", "四性检测",
             may.can_check, f"{OPERATIONS}.retest_package", consequence="在后台重新读取档案包的每一个文件并核对。"),
        Step("tested", ("complete", "checked", "handed_over", "retained", "extended", "appraised"), "", "四性检测结果",
             by_clock, listed=False),
        Step(
            "send_back", ("complete", "checked"), "collecting", "退回整理", may.can_check, f"{OPERATIONS}.send_back_package",
            reason=True,
        ),
        Step("reopen", ("complete", "checked"), "collecting", "项目重新办理，退回收集", by_clock, listed=False),
        Step(
            "check", ("complete",), "checked", "检查合格", may.can_check, f"{OPERATIONS}.check_package",
            f"{FORMS}.CheckForm", primary=True,
            consequence="平台的四性检测全部通过才能办理。您确认真实、完整、可用、安全，对检查负责。",
        ),
        Step(
            "hand_over", ("checked",), "handed_over", "登记移交", may.can_arrange, f"{OPERATIONS}.hand_over_package",
            f"{FORMS}.HandOverForm", primary=True, consequence="登记后档案包不再改动；移交表写明双方、数量和摘要。",
        ),
        Step(
            "retain", ("handed_over",), "retained", "登记入库", may.can_arrange, f"{OPERATIONS}.retain_package",
            f"{FORMS}.RetainForm", primary=True, consequence="登记以后进入保管期；到期时平台提醒鉴定。",
        ),
        Step("expire", ("retained", "extended"), "appraised", "保管期满", by_clock, listed=False),
        Step(
            "extend", ("appraised",), "extended", "延长保管", may.can_arrange, f"{DISPOSAL}.extend_package",
            f"{FORMS}.ExtendForm", reason=True, primary=True, consequence="到新的期限再鉴定一次；理由记入日志。",
        ),
        Step(
            "propose", ("appraised",), "", "提出销毁", may.can_arrange, f"{DISPOSAL}.propose_destruction",
            reason=True, weight="type", password=True,
            consequence="写明鉴定意见。由班子成员或经审另行确认才会销毁。",
        ),
        Step(
            "decline", ("appraised",), "", "不同意销毁", may.can_confirm_destruction, f"{DISPOSAL}.decline_destruction",
            reason=True,
        ),
        Step(
            "destroy", ("appraised",), "destroyed", "确认销毁", may.can_confirm_destruction,
            f"{DISPOSAL}.destroy_package", weight="type", password=True,
            consequence="全部档案包和补交的材料从存储中删除，不能恢复；销毁清单、摘要和日志永久保留。",
        ),
    ),
    line=(
        ("收集", ("collecting",)),
        ("齐全", ("complete",)),
        ("检查", ("checked",)),
        ("移交", ("handed_over",)),
        ("保管", ("retained", "extended")),
        ("鉴定", ("appraised",)),
        ("销毁", ("destroyed",)),
    ),
)  # fmt: skip
