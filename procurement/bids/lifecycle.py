"""A bid (申报): written and sealed by its organization, opened with all others, checked, scored, decided.
An opening (开启): two people of different offices, within ten minutes."""

from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import bids as may


def by_news(actor: Actor, bid: object) -> bool:
    """Steps that follow the opening, the review or the award."""
    return actor.is_authenticated


BID = Lifecycle(
    name="procurement.bid",
    label="申报",
    initial="draft",
    statuses={
        "draft": Status("草稿", public=False, note="a bidder opens it; sealed from the first keystroke"),
        "sealed": Status("已密封", "seal", public=False, note="the bidder submits it"),
        "withdrawn": Status("已撤回", public=False, end=True, note="the bidder withdraws it before the deadline"),
        "returned": Status("已退回", public=False, end=True, note="the order was cancelled or failed before opening"),
        "opened": Status("已开启", "go", note="two officers opened all bids of the order"),
        "unreadable": Status("未能解密", "stop", end=True, note="the envelope could not be opened"),
        "qualified": Status("资格合格", "done", note="the qualification check passed"),
        "disqualified": Status("资格不合格", "stop", end=True, note="the qualification check failed, with reason"),
        "responsive": Status("符合", "done", note="the conformity check passed"),
        "nonresponsive": Status("不符合", "stop", end=True, note="the conformity check failed, with reason"),
        "scored": Status("已评分", "go", note="the panel's scores were consolidated"),
        "recommended": Status("推荐成交", "wait", note="the award proposes it"),
        "awarded": Status("成交", "done", end=True, note="the standstill ended"),
        "unsuccessful": Status("未成交", end=True, note="another bid was awarded, or the order ended"),
    },
    steps=(
        Step(
            "write", ("draft",), "", "继续填写", may.can_write_bid,
            "procurement.bids.operations.write_bid", weight="none", primary=True, own_page=True,
        ),
        Step(
            "submit", ("draft",), "sealed", "检查并提交", may.can_write_bid,
            "procurement.bids.operations.submit_bid", "procurement.bids.forms.SubmitForm",
            consequence="提交后即密封，截止前可以撤回或替换，开启前任何人都看不到。",
        ),
        Step(
            "replace", ("sealed",), "draft", "替换", may.can_write_bid,
            "procurement.bids.operations.replace_bid", consequence="原件回到草稿，须在截止前重新提交。",
        ),
        Step(
            "withdraw", ("draft", "sealed"), "withdrawn", "撤回", may.can_write_bid,
            "procurement.bids.operations.withdraw_bid", consequence="撤回后本次不再参加；截止前可以另写一份。",
        ),
        Step("return", ("draft", "sealed"), "returned", "退回", by_news, listed=False),
        Step("open", ("sealed",), "opened", "开启", by_news, listed=False),
        Step("unreadable", ("sealed",), "unreadable", "未能解密", by_news, listed=False),
        Step("qualify", ("opened",), "qualified", "资格合格", by_news, listed=False),
        Step("disqualify", ("opened",), "disqualified", "资格不合格", by_news, listed=False),
        Step("respond", ("qualified",), "responsive", "符合", by_news, listed=False),
        Step("reject", ("qualified",), "nonresponsive", "不符合", by_news, listed=False),
        Step("score", ("responsive",), "scored", "汇总得分", by_news, listed=False),
        Step("recommend", ("scored",), "recommended", "推荐成交", by_news, listed=False),
        Step("unrecommend", ("recommended",), "scored", "取消推荐", by_news, listed=False),
        Step("award", ("recommended",), "awarded", "成交", by_news, listed=False),
        Step(
            "lose", ("opened", "qualified", "responsive", "scored", "recommended"), "unsuccessful", "未成交",
            by_news, listed=False,
        ),
    ),
    line=(
        ("填写", ("draft",)),
        ("密封", ("sealed",)),
        ("开启", ("opened",)),
        ("资格", ("qualified",)),
        ("符合性", ("responsive",)),
        ("评分", ("scored", "recommended")),
        ("成交", ("awarded",)),
    ),
)

OPENING = Lifecycle(
    name="procurement.opening",
    label="开启",
    initial="waiting",
    statuses={
        "waiting": Status("待开启", "seal", note="the order is published"),
        "one_key": Status("一人已到", "wait", note="the first officer turned the key; ten minutes run"),
        "opened": Status("已开启", "done", end=True, note="the second officer turned the key"),
        "stopped": Status("不予开启", "stop", end=True, note="fewer than the required bids came in, or the order was cancelled"),
    },
    steps=(
        Step(
            "first_key", ("waiting", "one_key"), "one_key", "到场验证", may.can_turn_key,
            "procurement.bids.opening.turn_key", "procurement.bids.forms.KeyForm", weight="none", password=True,
            consequence="需要两位不同科室的同事在各自的设备上、十分钟之内先后验证。", primary=True, own_page=True,
        ),
        Step("open", ("one_key",), "opened", "开启", may.can_turn_key, listed=False),
        Step("stop", ("waiting", "one_key"), "stopped", "不予开启", by_news, listed=False),
    ),
    line=(("等待", ("waiting",)), ("一人到场", ("one_key",)), ("开启", ("opened",))),
)
