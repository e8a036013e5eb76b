"""A budget line (预算线): requested, approved, adjusted, closed. No budget, no purchase (先有预算、后购买服务)."""

from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import budgets as may

BUDGET_LINE = Lifecycle(
    name="procurement.budget_line",
    label="预算线",
    initial="requested",
    statuses={
        "requested": Status("申请中", "wait", note="the buyer's finance officer asks"),
        "approved": Status("已批复", "done", note="district finance approves; the leadership for donated money"),
        "closed": Status("已关闭", end=True, note="the year is over"),
        "refused": Status("未批复", "stop", end=True, note="the approver refuses, with reason"),
    },
    steps=(
        Step(
            "approve",
            ("requested",),
            "approved",
            "批复",
            may.can_approve_line,
            "procurement.budgets.operations.approve_line",
            "procurement.budgets.forms.ApproveLineForm",
            consequence="批复后即可据此立项。",
            primary=True,
        ),
        Step(
            "refuse",
            ("requested",),
            "refused",
            "不予批复",
            may.can_approve_line,
            "procurement.budgets.operations.refuse_line",
            reason=True,
        ),
        Step(
            "adjust",
            ("approved",),
            "",
            "调整预算",
            may.can_approve_line,
            "procurement.budgets.operations.adjust_line",
            "procurement.budgets.forms.AdjustForm",
            reason=True,
            consequence="调整后的数不能小于已经安排的数。",
        ),
        Step(
            "close",
            ("approved",),
            "closed",
            "关闭预算线",
            may.can_request_line,
            "procurement.budgets.operations.close_line",
            consequence="关闭后不能再安排新项目。",
            reason=True,
        ),
    ),
    line=(("申请", ("requested",)), ("批复", ("approved",)), ("关闭", ("closed",))),
)
