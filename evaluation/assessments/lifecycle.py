"""An assessment (绩效评价) of one contract: planned, evidence, self-scored, scored by two, feedback, final, applied."""

from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step
from evaluation import permissions as may


def by_news(actor: Actor, assessment: object) -> bool:
    """The step that the second rater's sheet brings."""
    return actor.is_authenticated


_O, _F = "evaluation.assessments.operations", "evaluation.assessments.forms"

ASSESSMENT = Lifecycle(
    name="evaluation.assessment",
    label="绩效评价",
    initial="planned",
    statuses={
        "planned": Status("待接受", "wait", note="the buyer's programme officer asks an evaluator"),
        "evidence": Status("待自评", "wait", note="the evaluator accepts and declares that it is third to both sides"),
        "self_scored": Status("第三方评价中", "go", note="the provider scored itself, or its time passed; the platform's figures are frozen"),
        "scored": Status("待征求意见", "go", note="both raters handed in their sheets, neither having seen the other's"),
        "feedback": Status("征求意见", "go", note="the evaluator sends its opinion to the provider"),
        "final": Status("已定级", "done", note="the evaluator concludes after the reply, or when its term is over"),
        "applied": Status("已应用", end=True, note="the programme officer records how the result is used"),
        "declined": Status("已谢绝", "stop", end=True, note="the evaluator declines; the buyer asks another"),
    },
    steps=(
        Step(
            "accept", ("planned",), "evidence", "接受评价", may.can_evaluate, f"{_O}.accept_assessment", f"{_F}.AcceptForm",
            primary=True, consequence="接受后承接单位提交证据并自评。",
        ),
        Step("decline", ("planned",), "declined", "谢绝", may.can_evaluate, f"{_O}.decline_assessment", reason=True),
        Step(
            "add_evidence", ("evidence", "self_scored", "scored", "feedback", "final", "applied"), "", "上传证据",
            may.can_add_evidence, f"{_O}.add_evidence", f"{_F}.EvidenceForm", weight="none",
        ),
        Step(
            "self_score", ("evidence",), "self_scored", "提交自评", may.can_answer, f"{_O}.self_score", f"{_F}.SelfForm",
            primary=True, consequence="提交后自评不再改动，两名评分人随即可以评分。",
        ),
        Step(
            "go_on", ("evidence",), "self_scored", "不等自评", may.can_evaluate, f"{_O}.go_on", reason=True,
            consequence="承接单位没有按时自评的，写明催办情况后直接评分。",
        ),
        Step(
            "rate", ("self_scored",), "", "提交评分", may.can_evaluate, f"{_O}.rate_assessment", f"{_F}.RateForm",
            primary=True, consequence="两人独立评分：两份都提交以前，谁也看不到另一份。提交后不能改。",
        ),
        Step("complete", ("self_scored",), "scored", "两份评分齐", by_news, listed=False),
        Step(
            "conclude", ("scored",), "feedback", "征求意见", may.can_evaluate, f"{_O}.conclude_assessment",
            f"{_F}.ConcludeForm", primary=True, consequence="得分和意见随即送承接单位，请其在期限内答复。",
        ),
        Step(
            "reply", ("feedback",), "", "答复", may.can_answer, f"{_O}.reply_assessment", f"{_F}.ReplyForm", primary=True,
            consequence="答复随评价报告存档，只能提交一次。",
        ),
        Step(
            "rescore", ("feedback",), "self_scored", "重新评分", may.can_evaluate, f"{_O}.rescore_assessment", reason=True,
            consequence="答复成立的，两名评分人重新评分；原来的两份评分留存。",
        ),
        Step(
            "finalize", ("feedback",), "final", "定级", may.can_evaluate, f"{_O}.finalize_assessment", primary=True,
            consequence="定级后得分不再改动；等级带入合同的质量系数，长远效果在 6 个月和 12 个月后跟踪。",
        ),
        Step(
            "apply", ("final",), "applied", "记录结果应用", may.can_apply_assessment, f"{_O}.apply_assessment",
            f"{_F}.ApplyForm", primary=True, consequence="等级记入承接单位的信用记录。",
        ),
        Step(
            "follow_up", ("final", "applied"), "", "提交跟踪评估", may.can_evaluate, "evaluation.assessments.follow_ups.follow_up", f"{_F}.FollowUpForm",
            consequence="只重评长远指标；修订后的等级与首次等级并列保存。",
        ),
    ),
    line=(
        ("安排", ("planned",)),
        ("自评", ("evidence",)),
        ("评分", ("self_scored", "scored")),
        ("征求意见", ("feedback",)),
        ("定级", ("final",)),
        ("应用", ("applied",)),
    ),
)
