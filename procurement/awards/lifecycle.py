"""An award (成交): proposed by rank, published for the standstill (公示), suspended by a challenge, confirmed by time."""

from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import awards as may


def by_news(actor: Actor, award: object) -> bool:
    """Steps that follow a challenge or the contract."""
    return actor.is_authenticated


AWARD = Lifecycle(
    name="procurement.award",
    label="成交",
    initial="proposed",
    statuses={
        "proposed": Status("推荐成交", "wait", public=False, note="a procurement officer proposes the first in rank"),
        "published": Status("公示中", "go", note="the leadership decides and the notice goes out"),
        "suspended": Status("质疑处理中", "stop", note="a challenge was filed"),
        "confirmed": Status("已成交", "done", end=True, note="the standstill ended without an open challenge"),
        "cancelled": Status("已撤销", "stop", end=True, note="a challenge was upheld"),
    },
    steps=(
        Step(
            "publish", ("proposed",), "published", "发布公示", may.can_publish_award,
            "procurement.awards.operations.publish_award",
            consequence="公示后，每家申报单位会收到自己的得分与名次。", primary=True,
        ),
        Step(
            "return", ("proposed",), "cancelled", "退回重议", may.can_publish_award,
            "procurement.awards.operations.return_award", reason=True,
        ),
        Step(
            "confirm", ("published",), "confirmed", "确认成交", may.can_confirm_award,
            "procurement.awards.operations.confirm_award", consequence="确认后可以起草合同。", primary=True,
        ),
        Step("suspend", ("published",), "suspended", "暂停", by_news, listed=False),
        Step("resume", ("suspended",), "published", "恢复公示", by_news, listed=False),
        Step("cancel", ("suspended",), "cancelled", "撤销", by_news, listed=False),
    ),
    line=(("推荐", ("proposed",)), ("公示", ("published", "suspended")), ("成交", ("confirmed",))),
)
