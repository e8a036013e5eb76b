"""An order (订单; tender in OCDS): written, reviewed by another, published, closed by the clock, opened, decided."""

from core.actor import Actor, by_clock
from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import orders as may


def by_news(actor: Actor, order: object) -> bool:
    """Steps that follow the opening, the review, the award or the contract, in the name of whoever moved that stage."""
    return actor.is_authenticated


ORDER = Lifecycle(
    name="procurement.order",
    label="订单",
    initial="draft",
    statuses={
        "draft": Status("草稿", public=False, note="a programme or procurement officer writes it"),
        "checking": Status("待审核", "wait", public=False, note="the writer submits it"),
        "approved": Status("已批准", "go", public=False, note="another person approves it"),
        "published": Status("征集中", "go", note="a procurement officer publishes it; the notice is frozen"),
        "closed": Status("待开启", "seal", note="the deadline has passed: by comparison with the clock"),
        "opened": Status("已开启", "go", note="two officers of different offices opened the bids"),
        "reviewing": Status("评审中", "go", note="the panel has been formed"),
        "standstill": Status("公示中", "go", note="the award was published"),
        "challenged": Status("质疑处理中", "stop", note="a challenge was filed against the award"),
        "awarded": Status("已成交", "done", note="the standstill ended without an open challenge"),
        "contracted": Status("已签约", "done", end=True, note="both sides signed the contract"),
        "failed": Status("流标", "stop", end=True, note="fewer than the required valid bids"),
        "cancelled": Status("已终止", "stop", end=True, note="the buyer cancelled it, with reason"),
    },
    steps=(
        Step(
            "edit", ("draft",), "", "修改订单", may.can_draft_order,
            "procurement.orders.operations.edit_order", "procurement.orders.forms.OrderForm", weight="none",
        ),
        Step(
            "submit", ("draft",), "checking", "提交审核", may.can_draft_order,
            "procurement.orders.operations.submit_order", consequence="提交后由另一位同事审核，期间不能修改。", primary=True,
        ),
        Step(
            "approve", ("checking",), "approved", "审核通过", may.can_review_order,
            "procurement.orders.operations.approve_order", consequence="通过后由采购经办发布。", primary=True,
        ),
        Step(
            "return", ("checking", "approved"), "draft", "退回", may.can_return_order,
            "procurement.orders.operations.return_order", reason=True, consequence="起草人会看到您写的理由。",
        ),
        Step(
            "publish", ("approved",), "published", "发布", may.can_publish_order,
            "procurement.orders.operations.publish_order",
            consequence="发布后公告、评分办法和限价不再改动，任何人都能看到。", primary=True,
        ),
        Step(
            "cancel", ("published", "closed", "opened", "reviewing", "approved"), "cancelled", "终止订单",
            may.can_cancel_order, "procurement.orders.operations.cancel_order", weight="type", reason=True,
            consequence="终止后发布终止公告，已递交的申报全部退回。",
        ),
        Step("close", ("closed",), "closed", "截止", by_clock, listed=False),
        Step("open", ("closed",), "opened", "开启", by_news, listed=False),
        Step("fail", ("closed", "opened", "reviewing"), "failed", "流标", by_news, listed=False),
        Step("review", ("opened",), "reviewing", "进入评审", by_news, listed=False),
        Step("publish_award", ("reviewing",), "standstill", "公示", by_news, listed=False),
        Step("challenge", ("standstill",), "challenged", "质疑", by_news, listed=False),
        Step("resume", ("challenged",), "standstill", "恢复公示", by_news, listed=False),
        Step("reopen_review", ("challenged", "standstill"), "reviewing", "重新评审", by_news, listed=False),
        Step("award", ("standstill",), "awarded", "成交", by_news, listed=False),
        Step("contract", ("awarded",), "contracted", "签约", by_news, listed=False),
    ),
    line=(
        ("起草", ("draft",)),
        ("审核", ("checking", "approved")),
        ("征集", ("published",)),
        ("开启", ("closed", "opened")),
        ("评审", ("reviewing",)),
        ("公示", ("standstill", "challenged")),
        ("成交", ("awarded",)),
        ("签约", ("contracted",)),
    ),
)
