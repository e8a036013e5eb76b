"""Ways to schemes and incentives, by operations."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from core import clock
from core.documents import Document, store
from evaluation.assessments.models import Assessment
from evaluation.assessments.operations import (
    apply_assessment,
    conclude_assessment,
    finalize_assessment,
    reply_assessment,
)
from evaluation.incentives.models import Incentive, Scheme
from evaluation.incentives.operations import clear_discipline, clear_funds, decide_incentive, nominate_incentive
from evaluation.incentives.paying import record_grant, request_grant
from evaluation.incentives.schemes import draft_scheme, publish_scheme
from procurement.budgets.models import BudgetLine
from procurement.budgets.operations import approve_line, request_line
from procurement.contracts.models import Contract
from tests.cast import Cast
from tests.journeys import evaluation
from tests.journeys.evaluation import fresh, provider_of, self_scored_assessment
from tests.journeys.projects import approved_line

# What raters find of a project that reached everything: 优 together with the figures of the acceptances.
BEST: dict[str, dict[str, Any]] = {
    "E1.1": {"part": 4, "whole": 4},
    "E1.2": {"part": 6, "whole": 6},
    "E1.3": {"deviation": 0},
    "E2.3": {"part": 36, "whole": 36},
    "E2.5": {"paid": 182000, "budget": 182000, "approved": 0},
    "E2.6": {"questioned": 0, "spent": 182000, "fraud": 0},
    "E4.1": {"improved": 58, "measured": 60},
    "E4.2": {"part": 20, "whole": 20},
    "E4.3": {"part": 24, "whole": 24},
    "E4.4": {"met": 4},
    "E4.5": {"cash": 120000, "in_kind": 30000, "fiscal": 180000},
    "E4.6": {"benchmark": 12000, "cost": 182000, "outcomes": 26},
    "E4.7": {"satisfied": 50, "asked": 50, "people": 125},
}


def best_assessment(cast: Cast, **how: Any) -> Assessment:
    """A contract graded 优, the result applied."""
    assessment = self_scored_assessment(cast, **how)
    best = {code.replace(".", "_"): figures for code, figures in BEST.items()}
    given = evaluation.figures_for(assessment, **best)
    for rater in (cast.actor("evaluator"), evaluation.second_rater(cast)):
        evaluation.rate_assessment(fresh(assessment), actor=rater, figures=given)
    conclude_assessment(fresh(assessment), actor=cast.actor("evaluator"), opinion="目标全部实现。")
    reply_assessment(fresh(assessment), actor=provider_of(cast, assessment), agrees=True, reply="同意。")
    finalize_assessment(fresh(assessment), actor=cast.actor("evaluator"))
    return apply_assessment(fresh(assessment), actor=cast.actor("buyer"), use="列入奖励候选。")


def next_line(cast: Cast) -> BudgetLine:
    """An approved line of next year."""
    line = request_line(
        cast.org("buyer"), actor=cast.actor("finance"), fiscal_year=2027, code="JL-27", name="奖励性补助",
        function_class="2012999", economic_class="30299", requested_amount=Decimal("60000.00"),
    )  # fmt: skip
    return approve_line(line, actor=cast.actor("district_finance"))


def drafted_scheme(cast: Cast, **terms: Any) -> Scheme:
    """This year's scheme: 50,000.00 together, 20,000.00 each."""
    line = terms.pop("line", None) or approved_line(cast, "60000.00", code="JL-01")
    given = {
        "year": 2026, "title": "2026 年度购买服务奖励办法", "criteria": "突出贡献、社会和经济效益良好。", "line": line,
        "total_cap": Decimal("50000.00"), "provider_cap": Decimal("20000.00"), "least_social": 80, "least_economic": 80,
        "graded_from": date(2026, 1, 1), "graded_to": date(2026, 12, 31), "nominate_until": date(2026, 12, 31), **terms,
    }  # fmt: skip
    return draft_scheme(cast.org("buyer"), actor=cast.actor("buyer"), **given)


def published_scheme(cast: Cast, **terms: Any) -> Scheme:
    """A scheme that takes nominations."""
    return publish_scheme(drafted_scheme(cast, **terms), actor=cast.actor("leader"))


def evidence(cast: Cast, name: str) -> Document:
    """A stored paper."""
    return store(name.encode(), name=f"{name}.txt", actor=cast.actor("buyer"), purpose="incentive")


def nominated_incentive(
    cast: Cast, scheme: Scheme | None = None, contract: Contract | None = None, login: str = "buyer", **how: Any
) -> Incentive:
    """A nomination of 15,000.00 with a paper for each benefit."""
    if contract is None:
        contract = best_assessment(cast).contract
    return nominate_incentive(
        scheme or published_scheme(cast),
        contract,
        actor=cast.actor(login),
        **{
            "contribution": "带动三个社区建立互助队。", "social_benefit": "58 名儿童学习习惯改善。",
            "economic_benefit": "撬动社会资金 15 万元。", "asked_amount": Decimal("15000.00"),
            "social_papers": [evidence(cast, "前后测报告")], "economic_papers": [evidence(cast, "捐赠票据")], **how,
        },
    )  # fmt: skip


def reviewed_incentive(cast: Cast, incentive: Incentive | None = None) -> Incentive:
    """Both offices have no objection."""
    incentive = incentive or nominated_incentive(cast)
    clear_funds(incentive, actor=cast.actor("auditor"), opinion="凭证抽查无误。")
    return clear_discipline(incentive, actor=cast.actor("discipline"), opinion="无举报、无利益关系。")


def published_incentive(cast: Cast, incentive: Incentive | None = None, amount: str = "15000.00") -> Incentive:
    """In its publicity."""
    return decide_incentive(
        reviewed_incentive(cast, incentive),
        actor=cast.actor("leader"),
        amount=Decimal(amount),
        basis="党组会议纪要12号",
    )


def paid_incentive(cast: Cast, incentive: Incentive | None = None, voucher: str = "GK-JL-1") -> Incentive:
    """Paid a fortnight from now, when the publicity is over."""
    incentive = published_incentive(cast, incentive)
    assert incentive.publicity_ends_at is not None
    with clock.travel(incentive.publicity_ends_at + timedelta(days=3)):
        request_grant(incentive, actor=cast.actor("finance"))
        return record_grant(incentive, actor=cast.actor("cashier"), voucher_number=voucher, paid_on=clock.today())
