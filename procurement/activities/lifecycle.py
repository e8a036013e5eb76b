"""An activity (场次): planned and held by the provider, recorded on the spot, verified by the street, counted by the buyer."""

from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import activities as may

OPERATIONS = "procurement.activities.operations"
PLANNING = "procurement.activities.planning"
JUDGING = "procurement.activities.judging"
FORMS = "procurement.activities.forms"

ACTIVITY = Lifecycle(
    name="procurement.activity",
    label="活动",
    initial="planned",
    statuses={
        "planned": Status("已计划", note="the provider enters it into the plan (实施方案)"),
        "published": Status("已公布", "go", note="the provider makes time and place known; sign-in opens round its hours"),
        "held": Status("待记录", "wait", note="it took place; or the street sent the record back for more"),
        "recorded": Status("待核实", "wait", note="the provider recorded heads, units, photos"),
        "verified": Status("已核实", "done", note="the street or community found it true; from here it counts as delivered"),
        "counted": Status("已计入", "done", end=True, note="the buyer counted it into the contract"),
        "rejected": Status("不予认定", "stop", end=True, note="found untrue, with a reason; it never counts"),
        "withdrawn": Status("已取消", "stop", end=True, note="the provider called it off before it was held"),
    },
    steps=(
        Step(
            "edit", ("planned",), "", "修改计划", may.can_run_activity,
            f"{PLANNING}.edit_activity", f"{FORMS}.EditForm", weight="none",
        ),
        Step(
            "publish", ("planned",), "published", "公布", may.can_run_activity,
            f"{OPERATIONS}.publish_activity", primary=True,
            consequence="公布后街道能看到时间和地点，签到二维码在活动前后开放。",
        ),
        Step(
            "hold", ("published",), "held", "登记举办", may.can_run_activity,
            f"{OPERATIONS}.hold_activity", consequence="活动已经开始。现场忙时先登记，记录可以稍后补。",
        ),
        Step(
            "record", ("published", "held"), "recorded", "记录活动", may.can_run_activity,
            f"{OPERATIONS}.record_activity", f"{FORMS}.RecordForm", primary=True,
            consequence="提交后由街道社区核实，核实的才计入。",
        ),
        Step(
            "verify", ("recorded",), "verified", "核实", may.can_verify_activity,
            f"{JUDGING}.verify_activity", f"{FORMS}.VerifyForm", primary=True,
            consequence="核实后计入合同的场次、人次和服务量。",
        ),
        Step(
            "send_back", ("recorded",), "held", "退回补充", may.can_verify_activity,
            f"{JUDGING}.send_back_activity", reason=True, consequence="承接单位补充后重新提交。",
        ),
        Step(
            "count", ("verified",), "counted", "计入", may.can_count_activity,
            f"{JUDGING}.count_activity", primary=True,
            consequence="计入合同完成量，不再改动。",
        ),
        Step(
            "reject", ("recorded", "verified"), "rejected", "不予认定", may.can_reject_activity,
            f"{JUDGING}.reject_activity", reason=True, consequence="不计入场次、人次和服务量，理由告知承接单位。",
        ),
        Step(
            "withdraw", ("planned", "published"), "withdrawn", "取消活动", may.can_run_activity,
            f"{OPERATIONS}.withdraw_activity", reason=True,
        ),
    ),
    line=(
        ("计划", ("planned",)),
        ("公布", ("published",)),
        ("举办", ("held",)),
        ("记录", ("recorded",)),
        ("核实", ("verified",)),
        ("计入", ("counted",)),
    ),
)
