"""A flag (风险线索): raised by a rule, taken up by somebody who checks it, concluded in writing. It punishes nobody."""

from audit.permissions import risks as may
from core.lifecycle import Lifecycle, Status, Step

OPERATIONS = "audit.risks.operations"

RISK_FLAG = Lifecycle(
    name="audit.risk_flag",
    label="风险",
    initial="open",
    statuses={
        "open": Status("待核查", "wait", note="a rule finds it"),
        "verifying": Status("核查中", "go", note="a funds reviewer or discipline officer takes it up"),
        "concluded": Status("已结论", "done", end=True, note="whoever took it up writes what was found"),
    },
    steps=(
        Step(
            "take", ("open",), "verifying", "我来核查", may.can_take_flag, f"{OPERATIONS}.take_flag", primary=True,
            consequence="核查由您负责，写出结论才算办结。预警不影响付款。",
        ),
        Step(
            "give_back", ("verifying",), "open", "退回待核查", may.can_conclude_flag, f"{OPERATIONS}.give_back_flag",
            reason=True,
        ),
        Step(
            "conclude", ("verifying",), "concluded", "写结论", may.can_conclude_flag, f"{OPERATIONS}.conclude_flag",
            "audit.risks.forms.ConcludeForm", primary=True, consequence="结论记入日志，不再修改。",
        ),
    ),
    line=(("待核查", ("open",)), ("核查", ("verifying",)), ("结论", ("concluded",))),
)
