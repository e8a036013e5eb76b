"""A challenge (质疑) against an award: filed, admitted or not, replied; the award waits meanwhile."""

from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import challenges as may

CHALLENGE = Lifecycle(
    name="procurement.challenge",
    label="质疑",
    initial="filed",
    statuses={
        "filed": Status("已提出", "wait", note="a bidder files it in time"),
        "admitted": Status("已受理", "go", note="an officer admits it"),
        "inadmissible": Status("不予受理", "stop", end=True, note="an officer refuses it, with reason"),
        "dismissed": Status("已答复（不成立）", "done", end=True, note="the reply finds no ground"),
        "upheld": Status("已答复（成立）", "done", end=True, note="the reply finds a ground; the award is cancelled"),
        "withdrawn": Status("已撤回", end=True, note="the bidder withdraws it"),
    },
    steps=(
        Step(
            "admit", ("filed",), "admitted", "受理", may.can_answer_challenge,
            "procurement.challenges.operations.admit_challenge", primary=True,
        ),
        Step(
            "refuse", ("filed",), "inadmissible", "不予受理", may.can_answer_challenge,
            "procurement.challenges.operations.refuse_challenge", reason=True,
        ),
        Step(
            "dismiss", ("admitted",), "dismissed", "答复：不成立", may.can_answer_challenge,
            "procurement.challenges.operations.dismiss_challenge", reason=True, primary=True,
            consequence="答复后成交公示恢复。",
        ),
        Step(
            "uphold", ("admitted",), "upheld", "答复：成立", may.can_answer_challenge,
            "procurement.challenges.operations.uphold_challenge", reason=True, weight="type",
            consequence="答复后成交结果撤销，退回评审重新推荐。",
        ),
        Step(
            "withdraw", ("filed", "admitted"), "withdrawn", "撤回质疑", may.can_file_challenge,
            "procurement.challenges.operations.withdraw_challenge", consequence="撤回后成交公示恢复。",
        ),
    ),
    line=(("提出", ("filed",)), ("受理", ("admitted",)), ("答复", ("dismissed", "upheld"))),
)
