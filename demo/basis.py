"""Before the cases: catalogues and budgets of the three buyers (列清单、先有预算)."""

from __future__ import annotations

from decimal import Decimal

from catalog.items.operations import open_edition, publish_edition
from demo.moves import LEAGUE, UNION, WOMEN, Stage, Team
from procurement.budgets.models import BudgetLine
from procurement.budgets.operations import approve_line, request_line

DONATED = Decimal("43267.30")
"""The auction's proceeds in the letter, earmarked for “益厨”."""


def catalogues(stage: Stage) -> None:
    """Each of the three buyers publishes its edition of the catalogue."""
    titles = {"league": LEAGUE, "union": UNION, "women": WOMEN}
    with stage.on(-298):
        for key, team in titles.items():
            buyer = stage.world.organizations[key]
            edition = open_edition(buyer, actor=stage.actor(team.buyer))
            publish_edition(edition, actor=stage.actor(team.leader))


def budgets(stage: Stage) -> None:
    """The year's lines of the three buyers, and the League's donated money, each approved by who may."""
    with stage.on(-296) as day:
        years = sorted({day.year, stage.today.year})
        for year in years:
            _line(stage, LEAGUE, "league", year, "QN-01", "青少年服务项目经费", "1200000.00")
            _line(stage, UNION, "union", year, "ZG-01", "职工服务项目经费", "600000.00")
            _line(stage, WOMEN, "women", year, "FN-01", "妇女儿童服务项目经费", "500000.00")
        _line(stage, LEAGUE, "league", years[-1], "JL-01", "社会组织奖励性补助", "60000.00")
        purpose = "只用于“益厨”营养餐食材与餐具"
        donated = _line(
            stage, LEAGUE, "league", years[-1], "JZ-01", "“益厨”专项捐赠", str(DONATED), "donation", purpose
        )
        stage.world.facts["donation"] = donated.pk


def _line(
    stage: Stage,
    team: Team,
    key: str,
    year: int,
    code: str,
    name: str,
    amount: str,
    source: str = "fiscal",
    purpose: str = "",
) -> BudgetLine:
    line = request_line(
        stage.world.organizations[key],
        actor=stage.actor(team.finance),
        fiscal_year=year,
        code=code,
        name=name,
        function_class="2012999 其他群众团体事务支出",
        economic_class="30227 委托业务费",
        requested_amount=Decimal(amount),
        source=source,
        purpose=purpose,
    )
    return approve_line(line, actor=stage.actor("district_finance" if source == "fiscal" else team.leader))
