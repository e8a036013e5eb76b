"""A inspection (检查): planned, recorded; passed, or noticed and put right before its day; or it ends in a stop."""

from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import inspections as may

OPERATIONS = "procurement.inspections.operations"
FORMS = "procurement.inspections.forms"


def by_record(actor: Actor, inspection: object) -> bool:
    """Ends of the deed "record", by its conclusion; never offered by themselves."""
    return actor.is_authenticated


INSPECTION = Lifecycle(
    name="procurement.inspection",
    label="检查",
    initial="planned",
    statuses={
        "planned": Status("待检查", "wait", note="the buyer plans it, or a draw did; the provider knows of a self-review only"),
        "reported": Status("待采购人处理", "wait", note="the provider filed its self-review, or the street its visit"),
        "noticed": Status("整改中", "wait", note="the buyer issued the notice with its deadline"),
        "answered": Status("待复查", "wait", note="the provider reported what it put right"),
        "passed": Status("合格", "done", end=True, note="nothing to put right"),
        "closed": Status("整改合格", "done", end=True, note="the buyer found it put right"),
        "stopped": Status("建议终止", "stop", end=True, note="the buyer finds that delivery cannot go on; the leadership decides"),
        "withdrawn": Status("已取消", "stop", end=True, note="the buyer takes the plan back"),
    },
    steps=(
        Step(
            "record", ("planned",), "passed", "登记检查", may.can_record_inspection,
            f"{OPERATIONS}.record_inspection", f"{FORMS}.RecordForm", primary=True,
        ),
        Step("report", ("planned",), "reported", "提交检查情况", by_record, listed=False),
        Step("find", ("planned",), "noticed", "检查发现问题", by_record, listed=False),
        Step("halt", ("planned",), "stopped", "检查建议终止", by_record, listed=False),
        Step(
            "acknowledge", ("reported",), "passed", "认可", may.can_judge_inspection,
            f"{OPERATIONS}.acknowledge_inspection", primary=True, consequence="这次检查按合格办结。",
        ),
        Step(
            "demand", ("reported",), "noticed", "责令整改", may.can_judge_inspection,
            f"{OPERATIONS}.demand_rectification", reason=True, consequence="承接单位随即收到整改通知，限期报告整改情况。",
        ),
        Step(
            "answer", ("noticed",), "answered", "报告整改", may.can_answer_inspection,
            f"{OPERATIONS}.answer_inspection", f"{FORMS}.AnswerForm", primary=True,
        ),
        Step(
            "accept", ("answered",), "closed", "复查合格", may.can_judge_inspection,
            f"{OPERATIONS}.accept_rectification", primary=True, consequence="整改办结；没有其他整改时，合同恢复正常履约。",
        ),
        Step(
            "refuse", ("answered",), "noticed", "复查不合格", may.can_judge_inspection,
            f"{OPERATIONS}.refuse_rectification", reason=True, consequence="退回承接单位继续整改，重新计算期限。",
        ),
        Step(
            "stop", ("reported", "noticed", "answered"), "stopped", "建议终止", may.can_judge_inspection,
            f"{OPERATIONS}.stop_inspection", reason=True, consequence="记入检查结论；终止合同由班子成员在合同页决定。",
        ),
        Step(
            "withdraw", ("planned",), "withdrawn", "取消检查", may.can_judge_inspection,
            f"{OPERATIONS}.withdraw_inspection", reason=True,
        ),
    ),
    line=(
        ("安排", ("planned",)),
        ("检查", ("reported",)),
        ("整改", ("noticed", "answered")),
        ("办结", ("passed", "closed")),
    ),
)
