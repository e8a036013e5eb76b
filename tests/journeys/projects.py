"""Ways to budget lines and projects, by operations."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from procurement.budgets.models import BudgetLine
from procurement.budgets.operations import approve_line, request_line
from procurement.projects.models import Project
from procurement.projects.operations import Cost, approve_project, draft_project, submit_project
from procurement.rules.seed import seed_rules
from tests.cast import Cast
from tests.journeys.catalog import OFFICERS, an_item

REQUESTERS = {"buyer": "finance", "union": "other_finance"}


def requested_line(
    cast: Cast,
    amount: str | Decimal = "500000.00",
    *,
    code: str = "QN-01",
    source: str = "fiscal",
    organization: str = "buyer",
) -> BudgetLine:
    """A line that waits for approval; the second buyer's finance officer is made up where the cast has none."""
    login = REQUESTERS[organization]
    actor = cast.actor(login) if login in cast.users else finance_of(cast, organization)
    return request_line(
        cast.organizations[organization],
        actor=actor,
        fiscal_year=2026,
        code=code,
        name=f"青少年服务项目经费 {code}",
        function_class="2012999 其他群众团体事务支出",
        economic_class="30227 委托业务费",
        requested_amount=Decimal(amount),
        source=source,
        purpose="困境儿童营养餐" if source == "donation" else "",
    )


def approved_line(
    cast: Cast,
    amount: str | Decimal = "500000.00",
    *,
    code: str = "QN-01",
    source: str = "fiscal",
    organization: str = "buyer",
) -> BudgetLine:
    """A line with money; made once a test and code."""
    buyer = cast.organizations[organization]
    found = BudgetLine.objects.filter(buyer=buyer, fiscal_year=2026, code=code).first()
    if found is not None:
        return found
    line = requested_line(cast, amount, code=code, source=source, organization=organization)
    approver = "district_finance" if source == "fiscal" else OFFICERS[organization][1]
    return approve_line(line, actor=cast.actor(approver))


def finance_of(cast: Cast, organization: str) -> Any:
    """A finance officer of an organization in which the cast has none."""
    leader = cast.actor(OFFICERS[organization][1])
    return replace(leader, user_key="made-up-finance", user_name="财务", roles=frozenset({"finance_officer"}))


def drafted_project(
    cast: Cast,
    *,
    organization: str = "buyer",
    title: str = "王家桥困境儿童成长陪伴",
    item_code: str = "W03-02",
    quantity: int = 100,
    unit_price: str = "1600.00",
    region: str = "大观街道",
    line: BudgetLine | None = None,
    starts_on: date = date(2026, 11, 1),
) -> Project:
    """A complete draft, its whole cost asked of one line: quantity × unit_price yuan."""
    seed_rules()
    item = an_item(cast, organization, item_code)
    price = Decimal(unit_price)
    fund = line or approved_line(cast, organization=organization)
    return draft_project(
        item,
        actor=cast.actor(OFFICERS[organization][0]),
        title=title,
        region=cast.regions[region],
        need="片区困境儿童放学后无人照看，街道登记 45 名。",
        beneficiaries="王家桥片区困境儿童 45 名",
        goals="每周 5 次陪伴，出勤率不低于 75%。",
        feasibility="近三年片区有三家机构开展过同类服务，场地由社区提供。",
        starts_on=starts_on,
        ends_on=date(2027, 6, 30),
        costs=[Cost(cost_class="activity", name=item.name, unit=item.unit, quantity=quantity, unit_price=price)],
        fundings={fund: price * quantity},
    )


def submitted_project(cast: Cast, **how: Any) -> Project:
    """A project that waits for the leadership; its money is set aside."""
    organization = how.get("organization", "buyer")
    return submit_project(drafted_project(cast, **how), actor=cast.actor(OFFICERS[organization][0]))


def approved_project(cast: Cast, **how: Any) -> Project:
    """A project with its number, ready for an order."""
    organization = how.get("organization", "buyer")
    project = submitted_project(cast, **how)
    return approve_project(
        project, actor=cast.actor(OFFICERS[organization][1]), opinion="需求真实，成本合理，同意立项。"
    )
