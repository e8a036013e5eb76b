"""The walked cases (走完的案例) that the large databases are copied from: one of each state, by operations, on one budget line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from core import clock
from procurement.awards.models import Award
from procurement.budgets.models import BudgetLine
from procurement.contracts.drafting import draw_contract
from procurement.contracts.models import Contract
from procurement.contracts.operations import file_contract
from procurement.projects.models import Project
from procurement.settlements.models import Settlement
from procurement.settlements.operations import draw_settlement
from tests.cast import Cast
from tests.journeys.activities import counted_activity, published_activity, recorded_activity
from tests.journeys.awards import confirmed_award, filed_challenge
from tests.journeys.bids import sealed_bids
from tests.journeys.contracts import judged_milestone, reported_milestone, signed_contract
from tests.journeys.expenses import accepted_expense, submitted_expense
from tests.journeys.orders import cancelled_order, published_order, submitted_order
from tests.journeys.projects import approved_line
from tests.journeys.settlements import approved_payment, approved_settlement, paid

# What the three lines of the contract count at its first two milestones.
FIRST, ALL = {1: 1, 2: 0, 3: 0}, {1: 1, 2: 1, 3: 1}


@dataclass(frozen=True)
class Walk:
    """One kind of case. share: of a hundred orders, how many are of this kind; days: over how many its copies are spread back; at: the day on which it is walked."""

    name: str
    share: int
    days: int
    at: str
    case: Callable[[Cast, BudgetLine], Project]


NOW, DELIVERED = "2026-11-20 09:00", "2026-11-10 09:00"
"""The day on which the pages are looked at, and the day of what was delivered before."""
LATER = date(2027, 1, 4)
SPENT = {"spent_on": date(2026, 11, 6)}
OTHERS = 30
"""Lines of the year from which nobody buys: its page is full at every size of the database."""
PRICES = ("145000.00", "150000.00", "155000.00")


def _contract(cast: Cast, line: BudgetLine, title: str) -> Contract:
    """Signed by both the day after the standstill of an award out of three bids."""
    with clock.travel("2026-09-01 09:00"):
        award = confirmed_award(cast, title=title, line=line, prices=PRICES)
    with clock.travel(_after(award)):
        contract = signed_contract(cast, draw_contract(award, actor=cast.actor("buyer")))
        return file_contract(contract, actor=cast.actor("buyer"), filing_number="备2026", filed_on=clock.today())


def _after(award: Award) -> str:
    assert award.standstill_ends_at is not None
    return str(clock.local(award.standstill_ends_at + timedelta(days=1)).replace(tzinfo=None))


def _case(contract: Contract) -> Project:
    return contract.award.lot.order.project


def _first_part(cast: Cast, contract: Contract) -> Settlement:
    """The settlement of the first milestone, drawn."""
    milestone = judged_milestone(cast, contract, 1, FIRST).milestone
    return draw_settlement(contract, actor=cast.actor("buyer"), kind="milestone", milestone=milestone)


def closed(cast: Cast, line: BudgetLine) -> Project:
    """Delivered, accepted, settled and paid in two parts."""
    contract = _contract(cast, line, "王家桥困境儿童服务")
    counted_activity(cast, contract, at="2026-11-09 16:00")
    for amount in ("1200.00", "860.00"):
        accepted_expense(cast, contract, amount, **SPENT)
    paid(cast, _first_part(cast, contract), "GK-1")
    for n in (2, 3):
        judged_milestone(cast, contract, n, ALL)
    final = draw_settlement(contract, actor=cast.actor("buyer"), kind="final")
    paid(cast, final, "GK-2")
    return _case(contract)


def performing(cast: Cast, line: BudgetLine) -> Project:
    """Under way: one part paid, activities planned and recorded, an expense to judge, a milestone reported."""
    contract = _contract(cast, line, "青年夜校")
    paid(cast, _first_part(cast, contract), "GK-3")
    recorded_activity(cast, contract, at="2026-11-09 16:00", pictures=(3, 4))
    published_activity(cast, contract, at="2026-11-23 16:00")
    accepted_expense(cast, contract, **SPENT)
    submitted_expense(cast, contract, **SPENT)
    reported_milestone(cast, contract, 2, ALL)
    return _case(contract)


def paying(cast: Cast, line: BudgetLine) -> Project:
    """The cashier is to pay the first part."""
    contract = _contract(cast, line, "新业态青年心理支持")
    approved_payment(cast, approved_settlement(cast, _first_part(cast, contract)))
    return _case(contract)


def challenged(cast: Cast, line: BudgetLine) -> Project:
    """A loser asks; the award is suspended."""
    return filed_challenge(cast, title="进城务工青年技能提升", line=line, starts_on=LATER).award.lot.order.project


def bidding(cast: Cast, line: BudgetLine) -> Project:
    """Three sealed bids, the deadline ahead."""
    order = published_order(cast, title="社区青年志愿服务", line=line, starts_on=LATER)
    sealed_bids(order, cast)
    return order.project


def cancelled(cast: Cast, line: BudgetLine) -> Project:
    """Published and cancelled."""
    return cancelled_order(cast, title="青少年法治宣传", line=line, starts_on=LATER).project


def checking(cast: Cast, line: BudgetLine) -> Project:
    """The order waits for another person's review."""
    return submitted_order(cast, title="暑期自护教育", line=line, starts_on=LATER).project


WALKS = (
    Walk("closed", 20, 1500, DELIVERED, closed),
    Walk("cancelled", 62, 1500, NOW, cancelled),
    Walk("performing", 8, 150, DELIVERED, performing),
    Walk("paying", 2, 10, DELIVERED, paying),
    Walk("challenged", 1, 10, NOW, challenged),
    Walk("bidding", 5, 4, NOW, bidding),
    Walk("checking", 2, 10, NOW, checking),
)


def walked(cast: Cast) -> tuple[BudgetLine, dict[str, Project]]:
    """All walks on one line of five million yuan; the year has others beside it, however many orders there are."""
    line = approved_line(cast, "5000000.00")
    for n in range(OTHERS):
        approved_line(cast, "100000.00", code=f"QT-{n:02}")
    cases = {}
    for walk in WALKS:
        with clock.travel(walk.at):
            cases[walk.name] = walk.case(cast, line)
    return line, cases
