"""The moves of the incentive (奖励性补助): the best project is rewarded; the audit's findings will hold its payment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from accounts.organizations.models import Organization
from core import clock
from core.documents import Document, store
from core.reports import request_report
from demo.moves import LEAGUE, Stage
from evaluation.incentives.models import Incentive, Scheme
from evaluation.incentives.operations import clear_discipline, clear_funds, decide_incentive, nominate_incentive
from evaluation.incentives.schemes import draft_scheme, publish_scheme
from procurement.budgets.models import BudgetLine
from procurement.contracts.models import Contract

CRITERIA = (
    "奖励在服务青少年中作出突出贡献、取得良好社会效益和经济效益的社会组织。单位申报或业务经办提名，经审、纪检分别审核，"
    "党组会议集体决定，公示无异议后支付；同一合同只奖励一次。"
)


def best_project_rewarded(stage: Stage) -> Incentive:
    """王家桥, graded 优: applied for five days ago, decided three days ago, in its publicity now."""
    contract = Contract.objects.select_related("provider", "buyer").get(pk=stage.world.facts["children_settled"].pk)
    scheme = _scheme(stage)
    with stage.on(-5):
        incentive = nominate_incentive(
            scheme, contract, actor=stage.actor("provider1"), asked_amount=Decimal("15000.00"),
            contribution="把四点半课堂、个案陪伴和社区志愿者结合起来，形成三个社区可以照做的办法。",
            social_benefit="45 名困境儿童全程参加，前后测改善 38 名；六个月跟踪 24 名，保持 22 名。",
            economic_benefit="撬动社会资金 36,000.00 元、物资折价 9,000.00 元；单位成本低于购买标准。",
            social_papers=[_paper(stage, "前后测与跟踪报告"), _paper(stage, "社区证明")],
            economic_papers=[_paper(stage, "配套资金与捐赠票据")],
        )  # fmt: skip
    with stage.on(-4, 10):
        clear_funds(
            incentive,
            actor=stage.actor("auditor"),
            opinion="抽查支出凭证和配套资金票据，金额相符，没有未整改的审计发现。",
        )
    with stage.on(-4, 15):
        clear_discipline(incentive, actor=stage.actor(LEAGUE.discipline), opinion="没有收到举报，未发现利益关系。")
    with stage.on(-3, 11):
        decide_incentive(
            incentive,
            actor=stage.actor(LEAGUE.leader),
            amount=Decimal("12000.00"),
            basis=f"党组会议纪要〔{clock.today().year}〕9号",
        )
        request_report("evaluation.incentive", incentive, actor=stage.actor(LEAGUE.leader))
    return Incentive.objects.get(pk=incentive.pk)


def _scheme(stage: Stage) -> Scheme:
    with stage.on(-7, 14) as day:
        buyer = Organization.objects.select_related("region").get(pk=stage.world.organizations["league"].pk)
        line = BudgetLine.objects.get(buyer=buyer, code="JL-01")
        scheme = draft_scheme(
            buyer, actor=stage.actor(LEAGUE.buyer), year=line.fiscal_year, line=line, criteria=CRITERIA,
            title=f"{line.fiscal_year} 年度购买青少年服务奖励办法", total_cap=Decimal("50000.00"),
            provider_cap=Decimal("20000.00"), least_social=80, least_economic=80,
            graded_from=day - timedelta(days=365), graded_to=day + timedelta(days=90),
            nominate_until=day + timedelta(days=60),
        )  # fmt: skip
    with stage.on(-6, 16):
        return publish_scheme(scheme, actor=stage.actor(LEAGUE.leader))


def _paper(stage: Stage, name: str) -> Document:
    return store(f"{name}（演示）".encode(), name=f"{name}.txt", actor=stage.actor("provider1"), purpose="incentive")
