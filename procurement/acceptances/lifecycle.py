"""An acceptance (验收) of one milestone: reported, judged line by line by somebody who did not sign, confirmed by the group."""

from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import acceptances as may


def by_news(actor: Actor, acceptance: object) -> bool:
    """The step that follows the last member's confirmation."""
    return actor.is_authenticated


ACCEPTANCE = Lifecycle(
    name="procurement.acceptance",
    label="验收",
    initial="reported",
    statuses={
        "reported": Status("待验收", "wait", note="the provider reports the milestone as done"),
        "confirming": Status("待小组确认", "wait", note="judged line by line; the other members of the group confirm it, each by an own log-in"),
        "accepted": Status("合格", "done", end=True, note="everything claimed was accepted"),
        "partly": Status("部分合格", "wait", end=True, note="less than claimed, or below the contract at the end, or a standard missed"),
        "refused": Status("不合格", "stop", end=True, note="nothing was accepted; the provider may report again"),
    },
    steps=(
        Step(
            "judge", ("reported",), "confirming", "验收", may.can_accept,
            "procurement.acceptances.operations.judge_acceptance", "procurement.acceptances.forms.JudgeForm",
            primary=True, consequence="提交后由验收小组其他成员各自确认；都确认以后计入结算，验收结果公开。",
        ),
        Step(
            "confirm", ("confirming",), "", "确认验收意见", may.can_confirm,
            "procurement.acceptances.operations.confirm_acceptance", primary=True,
            consequence="您对核定的数量和标准逐项负责；小组成员都确认以后，验收结果生效并公开。",
        ),
        Step(
            "object", ("confirming",), "reported", "不同意", may.can_confirm,
            "procurement.acceptances.operations.object_acceptance", reason=True,
            consequence="退回重新验收，您的理由记入经过。",
        ),
        Step("accept", ("confirming",), "accepted", "合格", by_news, listed=False),
        Step("accept_partly", ("confirming",), "partly", "部分合格", by_news, listed=False),
        Step(
            "refuse", ("reported",), "refused", "不合格", may.can_accept,
            "procurement.acceptances.operations.refuse_acceptance", reason=True,
        ),
    ),
    line=(("报验", ("reported",)), ("确认", ("confirming",)), ("验收", ("accepted", "partly"))),
)
