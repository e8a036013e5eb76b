"""Ways to frameworks and assessments, by operations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from accounts.memberships.models import Membership
from accounts.users.models import User
from core import clock, journal
from core.actor import SYSTEM, Actor
from core.documents import Document
from evaluation.assessments.facts import open_indicators
from evaluation.assessments.models import Assessment
from evaluation.assessments.operations import (
    accept_assessment,
    add_evidence,
    conclude_assessment,
    finalize_assessment,
    plan_assessment,
    rate_assessment,
    reply_assessment,
    self_score,
)
from evaluation.frameworks.models import Framework
from evaluation.frameworks.operations import open_framework, publish_framework
from procurement.contracts.models import Contract
from tests.cast import PEOPLE, Cast
from tests.journeys.contracts import judged_milestone, signed_contract

# What raters find where the platform has no record: 良 together with the figures of the acceptances.
FIGURES: dict[str, dict[str, Any]] = {
    "E1.1": {"part": 2, "whole": 4},
    "E1.2": {"part": 5, "whole": 6},
    "E1.3": {"deviation": 10},
    "E2.2": {"months": 24, "promised": 24, "replaced": 0, "key": 3},
    "E2.3": {"part": 30, "whole": 36},
    "E2.4": {"part": 45, "whole": 45, "unreported": 0},
    "E2.5": {"paid": 182000, "budget": 191300, "approved": 0},
    "E2.6": {"questioned": 9100, "spent": 182000, "fraud": 0},
    "E3.3": {"actual": 125, "target": 125},
    "E3.6": {"cost": 28, "norm": 28},
    "E4.1": {"improved": 42, "measured": 60},
    "E4.2": {"part": 17, "whole": 20},
    "E4.3": {"part": 18, "whole": 24},
    "E4.4": {"met": 3},
    "E4.5": {"cash": 12000, "in_kind": 3000, "fiscal": 180000},
    "E4.6": {"benchmark": 6000, "cost": 182000, "outcomes": 26},
    "E4.7": {"satisfied": 46, "asked": 50, "people": 125},
    "E4.8": {"satisfied": 4, "asked": 4, "people": 4},
}


def draft_framework(cast: Cast, **how: str) -> Framework:
    """A draft that begins with the first 100 points, or with the version in force."""
    return open_framework(cast.org("buyer"), actor=cast.actor("buyer"), **how)


def published_framework(cast: Cast) -> Framework:
    """The framework in force; made once a test."""
    found = Framework.objects.filter(buyer=cast.org("buyer"), status="published").first()
    return found or publish_framework(draft_framework(cast), actor=cast.actor("leader"))


def second_rater(cast: Cast) -> Actor:
    """A colleague of the evaluator, made once a test; log-in "evaluator2" (in the mirror "evaluator_twin2")."""
    if "evaluator2" not in cast.users:
        user = User(username=f"{cast.users['evaluator'].username}2", name="杨评")
        user.set_unusable_password()
        user.save()
        journal.record(user, "create", actor=SYSTEM)
        Membership.objects.create(
            user=user, organization=cast.org("evaluator"), role="evaluator", valid_from=date(2026, 1, 1),
            granted_by="测试",
        )  # fmt: skip
        cast.users["evaluator2"] = user
    first, user = cast.actor("evaluator"), cast.users["evaluator2"]
    return Actor(**{**first.__dict__, "user_key": str(user.pk), "user_name": user.name})


def finished_contract(cast: Cast, **how: Any) -> Contract:
    """A contract whose milestones were all accepted: 34 of 36 sessions, 1,962 of 2,000 person-times."""
    contract = signed_contract(cast, **how)
    judged_milestone(cast, contract, 1)
    judged_milestone(cast, contract, 2)
    return Contract.objects.get(pk=contract.pk)


def fresh(assessment: Assessment) -> Assessment:
    """As it is stored now."""
    return Assessment.objects.get(pk=assessment.pk)


def planned_assessment(cast: Cast, contract: Contract | None = None, **how: Any) -> Assessment:
    """An evaluator was asked."""
    return plan_assessment(
        contract or finished_contract(cast),
        actor=cast.actor("buyer"),
        **{
            "evaluator": cast.org("evaluator"), "framework": published_framework(cast),
            "due_on": date(clock.today().year, 12, 20), **how,
        },
    )  # fmt: skip


def paper(cast: Cast, assessment: Assessment, codes: list[str], content: bytes = "评价证据".encode()) -> Assessment:
    """A text file of the provider, beside these indicators."""
    provider = next(key for key, org in cast.organizations.items() if org.pk == assessment.contract.provider_id)
    from core.documents import store

    actor = cast.actor(provider)
    document: Document = store(content, name="证据.txt", actor=actor, purpose="evidence")
    return add_evidence(assessment, actor=actor, codes=codes, file=document)


def provider_of(cast: Cast, assessment: Assessment) -> Actor:
    """The head of the provider it is about."""
    login = next(
        key for key in PEOPLE if key in cast.organizations and cast.org(key).pk == assessment.contract.provider_id
    )
    return cast.actor(login)


def figures_for(assessment: Assessment, **other: dict[str, Any]) -> dict[str, dict[str, Decimal]]:
    """FIGURES of what people score, with some of their own."""
    given = {**FIGURES, **{code.replace("_", "."): value for code, value in other.items()}}
    return {
        each.code: {name: Decimal(value) for name, value in given[each.code].items()}
        for each in open_indicators(assessment)
    }


def self_scored_assessment(cast: Cast, **how: Any) -> Assessment:
    """Evidence beside every indicator, the self-score in: it waits for both raters."""
    assessment = accept_assessment(planned_assessment(cast, **how), actor=cast.actor("evaluator"), third=True)
    paper(cast, assessment, list(FIGURES))
    return self_score(
        assessment, actor=provider_of(cast, assessment), figures=figures_for(assessment), statement="按合同完成，家庭探访少 8 户次。"
    )  # fmt: skip


def scored_assessment(cast: Cast, second: dict[str, dict[str, Any]] | None = None, **how: Any) -> Assessment:
    """Both sheets are in; second: figures in which the second rater differs, "E4_1" for E4.1."""
    assessment = self_scored_assessment(cast, **how)
    rate_assessment(assessment, actor=cast.actor("evaluator"), figures=figures_for(assessment))
    rate_assessment(fresh(assessment), actor=second_rater(cast), figures=figures_for(assessment, **(second or {})))
    return fresh(assessment)


def final_assessment(cast: Cast, **how: Any) -> Assessment:
    """An assessment with its grade."""
    assessment = scored_assessment(cast, **how)
    conclude_assessment(assessment, actor=cast.actor("evaluator"), opinion="目标基本实现，建议加强家庭探访。")
    reply_assessment(assessment, actor=provider_of(cast, assessment), agrees=True, reply="同意。")
    return finalize_assessment(fresh(assessment), actor=cast.actor("evaluator"))
