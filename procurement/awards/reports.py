"""The award notice as an official document (成交结果公示)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from core import clock
from core.actor import Actor
from core.permissions import can_oversee
from core.reports import report
from procurement.awards.models import Award
from procurement.panels.queries import live_seats
from procurement.reviews.sheets import comparison


@dataclass(frozen=True)
class AwardReport:
    """What the notice says. amount in yuan; scores in points, the winner's alone: each loser is told the own one."""

    issuer: str
    number: str
    title: str
    order_title: str
    order_number: str
    winner: str
    winner_uscc: str
    winner_address: str
    amount: Decimal
    quantity: int
    unit: str
    requirements: str
    reason: str
    experts: tuple[str, ...]
    shown_until: date
    rule: str
    is_related: bool
    bidders: int
    rank: int
    price_score: Decimal
    technical_score: Decimal
    total: Decimal
    chart: tuple[dict[str, object], ...]
    issued_on: date
    data_digest: str = ""


def can_ask(actor: Actor, award: Award) -> bool:
    """The buyer's people and its overseers; a public award's bidders read the notice itself."""
    return award.published_at is not None and (actor.belongs_to(award.buyer_id) or can_oversee(actor))


@report(
    "procurement.award",
    label="成交结果公示",
    model="procurement.awards.models.Award",
    template="reports/award.html",
    can_ask=can_ask,
)
def award_report(award: Award) -> AwardReport:
    """The published award as data.

    award   published; its notice says until when it is shown
    returns frozen figures; data_digest over them, so that equal figures print the same foot
    """
    order, winner = award.lot.order, award.bid.organization
    review = award.lot.review
    table = comparison(review)
    place = next(n for n, column in enumerate(table["columns"]) if column["bid"].pk == award.bid_id)
    result = table["columns"][place]["result"]
    chart = [
        {"label": row["criterion"].name, "value": row["cells"][place]["mean"], "planned": row["criterion"].weight}
        for row in table["rows"]
    ]
    if table["price"] is not None:
        chart.append({"label": table["price"].name, "value": result.price_points, "planned": table["price"].weight})
    until = award.notice.ends_at if award.notice else award.standstill_ends_at
    data = AwardReport(
        issuer=award.buyer.name,
        number=award.number or "",
        title=f"{order.title}成交结果公示",
        order_title=order.title,
        order_number=order.number or "",
        winner=winner.name,
        winner_uscc=winner.uscc or "",
        winner_address=winner.address,
        amount=award.amount,
        quantity=award.lot.quantity,
        unit=award.lot.unit,
        requirements=order.requirements,
        reason=award.reason,
        experts=tuple(str(seat.expert) for seat in live_seats(award.lot.panel)),
        shown_until=clock.local(until or clock.now()).date(),
        rule=award.standstill_rule,
        is_related=winner.incubated_by_id == award.buyer_id,
        bidders=len(table["columns"]),
        rank=result.rank,
        price_score=result.price_points,
        technical_score=result.technical_points,
        total=result.total_points,
        chart=tuple(chart),
        issued_on=clock.local(award.published_at or clock.now()).date(),
    )
    body = json.dumps(asdict(data), ensure_ascii=False, sort_keys=True, default=str)
    return AwardReport(**{**data.__dict__, "data_digest": hashlib.sha256(body.encode()).hexdigest()})
