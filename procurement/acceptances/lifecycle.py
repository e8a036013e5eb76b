"""An acceptance (验收) of one milestone: reported by the provider, judged line by line by somebody who did not sign."""

from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import acceptances as may

ACCEPTANCE = Lifecycle(
    name="procurement.acceptance",
    label="验收",
    initial="reported",
    statuses={
        "reported": Status("待验收", "wait", note="the provider reports the milestone as done"),
        "accepted": Status("合格", "done", end=True, note="everything claimed was accepted"),
        "partly": Status("部分合格", "wait", end=True, note="less than claimed, or below the contract at the end, or a standard missed"),
        "refused": Status("不合格", "stop", end=True, note="nothing was accepted; the provider may report again"),
    },
    steps=(
        Step(
            "judge", ("reported",), "accepted", "验收", may.can_accept,
            "procurement.acceptances.operations.judge_acceptance", "procurement.acceptances.forms.JudgeForm",
            primary=True, consequence="按核实的数量计入结算，验收结果公开。",
        ),
        Step("accept_partly", ("reported",), "partly", "部分合格", may.can_accept, listed=False),
        Step(
            "refuse", ("reported",), "refused", "不合格", may.can_accept,
            "procurement.acceptances.operations.refuse_acceptance", reason=True,
        ),
    ),
    line=(("报验", ("reported",)), ("验收", ("accepted", "partly"))),
)
