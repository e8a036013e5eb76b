"""Ways to the states of bids and openings, by operations."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from core import clock
from procurement.bids.envelope import PLEDGES
from procurement.bids.models import Bid, Opening
from procurement.bids.opening import turn_key
from procurement.bids.operations import attach_file, begin_bid, save_bid_draft, submit_bid
from procurement.orders.models import Order
from tests.cast import Cast
from tests.journeys.orders import after_deadline, published_order

BIDDERS = ("provider1", "provider2", "provider3", "provider4")


def content(price: str | Decimal = "150000.00", **changes: Any) -> dict[str, Any]:
    """A complete content as typed, whose total is exactly `price` yuan: management 6 %, staff 40 %, the rest activities."""
    total = Decimal(price)
    management, staff = (total * 6 / 100).quantize(Decimal("0.01")), (total * 40 / 100).quantize(Decimal("0.01"))
    row = {"unit": "项", "quantity": "1", "reason": ""}
    lines = [
        {"cost_class": "activity", "name": "小组活动与个案服务", **row, "unit_price": str(total - management - staff)},
        {"cost_class": "staff", "name": "专职社工补贴", **row, "unit_price": str(staff)},
        {"cost_class": "management", "name": "财务、办公、审计", **row, "unit_price": str(management)},
    ]
    return {
        "contact": {"name": "联系人甲", "phone": "0871-60000000", "email": "office@example.org"},
        "plan": {
            "understanding": "片区登记困境儿童 45 名，放学后无人照看。",
            "approach": "每周五次陪伴，每月两次小组活动，个案按需跟进。",
            "schedule": "两名专职社工，每周排班表上墙。",
            "safeguarding": "接触儿童的人员入职前查询，外出活动一律取得监护人同意。",
            "quality": "每月复盘，服务记录三日内归档。",
            "sustainability": "培养社区志愿者接手周末场次。",
        },
        "team": [{"name": "项目负责人", "role": "负责人", "certificate": "社会工作师", "months": "12"}],
        "lines": lines,
        "pledges": dict.fromkeys(PLEDGES, "on"),
        **changes,
    }


def drafted_bid(order: Order, cast: Cast, login: str = "provider1", price: str = "150000.00", **changes: Any) -> Bid:
    """A bid with a complete draft."""
    actor = cast.actor(login)
    bid = begin_bid(order.lots.all()[0], actor=actor)
    save_bid_draft(bid, content(price, **changes), actor=actor)
    return bid


def sealed_bid(
    order: Order, cast: Cast, login: str = "provider1", price: str = "150000.00", *, file: bool = False, **changes: Any
) -> Bid:
    """A submitted bid; file: with one text file."""
    bid = drafted_bid(order, cast, login, price, **changes)
    if file:
        attach_file(bid, f"{login} 的服务方案".encode(), name=f"{login}.txt", actor=cast.actor(login), kind="方案")
    return submit_bid(bid, actor=cast.actor(login))


def sealed_bids(
    order: Order, cast: Cast, prices: tuple[str, ...] = ("150000.00", "145000.00", "155000.00")
) -> list[Bid]:
    """Submitted bids of provider1, provider2 … at these prices; the first carries a file."""
    return [
        sealed_bid(order, cast, login, price, file=login == "provider1")
        for login, price in zip(BIDDERS, prices, strict=False)
    ]


def opened_order(
    cast: Cast,
    prices: tuple[str, ...] = ("150000.00", "145000.00", "155000.00"),
    order: Order | None = None,
    **how: Any,
) -> Order:
    """An order whose bids were opened by procurer and discipline just after the deadline.

    The clock is moved for the opening alone; a test that goes on living after it travels itself (after_deadline).
    """
    order = order or published_order(cast, **how)
    sealed_bids(order, cast, prices)
    with clock.travel(after_deadline(order) + timedelta(minutes=1)):
        opening = both_keys(Opening.objects.get(order=order), cast)
    return opening.order


def both_keys(opening: Opening, cast: Cast) -> Opening:
    """Turn both keys now: the procurement officer, then the discipline officer in another session."""
    turn_key(opening, actor=cast.actor("procurer"), session_key="session-of-procurer")
    opening = turn_key(
        Opening.objects.get(pk=opening.pk), actor=cast.actor("discipline"), session_key="session-of-discipline"
    )
    opening.order.refresh_from_db()
    return opening
