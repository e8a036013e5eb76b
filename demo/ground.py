"""What every case begins with (起点): the line of the budget, the item, the approved project, the way to a contract."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from catalog.items.models import Item
from core.money import yuan
from demo import moves
from demo.moves import Stage, Team
from procurement.budgets.models import BudgetLine
from procurement.contracts.models import Contract
from procurement.orders.models import Order
from procurement.projects.models import Project
from procurement.projects.operations import Cost

FUNDS = {"league": "QN-01", "union": "ZG-01", "women": "FN-01"}


def fund_of(stage: Stage, key: str, code: str, days: int) -> BudgetLine:
    """The line of the year in which that day lies."""
    return BudgetLine.objects.get(buyer=stage.world.organizations[key], fiscal_year=stage.day(days).year, code=code)


def item_of(stage: Stage, key: str, code: str) -> Item:
    """The published item of that code."""
    return Item.objects.get(edition__buyer=stage.world.organizations[key], edition__status="published", code=code)


def cost_of(item: Item, quantity: int) -> Cost:
    """So many of an item at its norm price."""
    return Cost(cost_class="activity", name=item.name, unit=item.unit, quantity=quantity, unit_price=item.norm_price)


def project_of(stage: Stage, team: Team, what: tuple[str, str, int], days: int, place: str, **facts: Any) -> Project:
    """A project approved that day. what: buyer, code of the catalogue item, quantity at its norm price."""
    key, code, quantity = what
    item = item_of(stage, key, code)
    with stage.on(days):
        return moves.approved_project(
            stage,
            team,
            item,
            {fund_of(stage, key, FUNDS[key], days): item.norm_price * quantity},
            [cost_of(item, quantity)],
            region=stage.world.regions[place],
            **facts,
        )


def priced(amount: Decimal, *percents: str) -> list[Decimal]:
    """These shares of an amount, in yuan."""
    return [yuan(amount * Decimal(percent) / 100) for percent in percents]


def to_contract(stage: Stage, team: Team, order: Order, favored: str, provider: str) -> Contract:
    """From sealed bids to the signed contract, each stage on its own day after the deadline."""
    order = moves.opened(stage, team, order)
    after = (order.bid_deadline.date() - stage.today).days
    with stage.on(after + 1, 9):
        moves.drawn_panel(stage, team, order)
        moves.checked_bids(stage, team, order)
    with stage.on(after + 2, 15):
        moves.scored(stage, order, favored)
        award = moves.published_award(stage, team, order)
    award = moves.confirmed_award(stage, team, award)
    signed = (moves.standstill_end(award).date() - stage.today).days + 3
    with stage.on(signed, 14):
        return moves.signed_contract(stage, team, award, provider)
