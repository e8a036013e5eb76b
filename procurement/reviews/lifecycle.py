"""A review (评审) of one lot: qualification and conformity with reasons, each expert alone, then one ranking."""

from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import reviews as may


def by_news(actor: Actor, review: object) -> bool:
    """Steps that follow the order's end."""
    return actor.is_authenticated


REVIEW = Lifecycle(
    name="procurement.review",
    label="评审",
    initial="checking",
    statuses={
        "checking": Status("资格审查中", "go", note="the bids were opened"),
        "scoring": Status("评分中", "go", note="the checks are done and at least three bids stand"),
        "consolidated": Status("已汇总", "done", end=True, note="the procurement officer consolidated all sheets"),
        "failed": Status("流标", "stop", end=True, note="fewer than three bids passed the checks"),
        "stopped": Status("已终止", "stop", end=True, note="the order was cancelled"),
    },
    steps=(
        Step(
            "check", ("checking",), "", "资格与符合性审查", may.can_check_bids,
            "procurement.reviews.operations.check_bid", "procurement.reviews.forms.CheckForm", weight="none", listed=False,
        ),
        Step(
            "start_scoring", ("checking",), "scoring", "审查完毕，开始评分", may.can_check_bids,
            "procurement.reviews.operations.start_scoring", primary=True,
            consequence="合格申报不足三家的，依规流标。",
        ),
        Step(
            "score", ("scoring",), "", "评分", may.can_score,
            "procurement.reviews.operations.submit_sheet", weight="none", listed=False,
        ),
        Step(
            "consolidate", ("scoring",), "consolidated", "汇总评审", may.can_check_bids,
            "procurement.reviews.operations.consolidate_review", primary=True,
            consequence="汇总后得分与名次不再改动。",
        ),
        Step(
            "recheck", ("scoring",), "", "退回核对客观分", may.can_check_bids,
            "procurement.reviews.operations.recheck_objective", reason=True,
            consequence="客观项各位专家须一致；退回后专家只能改客观分，主观分不变。",
        ),
        Step("fail", ("checking",), "failed", "流标", may.can_check_bids, listed=False),
        Step("stop", ("checking", "scoring"), "stopped", "终止", by_news, listed=False),
    ),
    line=(("审查", ("checking",)), ("评分", ("scoring",)), ("汇总", ("consolidated",))),
)
