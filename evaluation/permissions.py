"""Who may do what with frameworks, assessments and ratings (绩效评价). Attributes only, no query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from evaluation.assessments.models import Assessment
    from evaluation.frameworks.models import Framework
    from procurement.contracts.models import Contract


def can_draft_framework(actor: Actor, framework: Framework | None = None) -> bool:
    """A programme officer of the buyer whose framework it is."""
    return actor.has("programme_officer") and (framework is None or actor.belongs_to(framework.buyer_id))


def can_publish_framework(actor: Actor, framework: Framework) -> bool:
    """The leadership of that buyer; not the person who drafted it."""
    return actor.works_for(framework.buyer_id, "leader") and framework.drafted_by_key != actor.user_key


def can_plan_assessment(actor: Actor, contract: Contract | None = None) -> bool:
    """A programme officer of the buyer whose contract it is."""
    return actor.has("programme_officer") and (contract is None or actor.belongs_to(contract.buyer_id))


def can_evaluate(actor: Actor, assessment: Assessment) -> bool:
    """An evaluator of the organization that was asked, third to buyer and provider."""
    return actor.works_for(assessment.evaluator_id, "evaluator")


def can_answer(actor: Actor, assessment: Assessment) -> bool:
    """The provider's head or its workers, for what they did themselves."""
    return actor.works_for(assessment.contract.provider_id, "provider_admin", "provider_worker")


def can_add_evidence(actor: Actor, assessment: Assessment) -> bool:
    """The provider, the evaluator, the buyer's programme officer: whoever holds a paper that shows it."""
    return (
        can_answer(actor, assessment)
        or can_evaluate(actor, assessment)
        or actor.works_for(assessment.buyer_id, "programme_officer")
    )


def can_apply_assessment(actor: Actor, assessment: Assessment) -> bool:
    """A programme officer of the buyer."""
    return actor.works_for(assessment.buyer_id, "programme_officer")


def can_read_marks(actor: Actor, assessment: Assessment) -> bool:
    """Who may read the points: the evaluator once both raters are in, everybody else once the opinion is out."""
    out = assessment.status in {"feedback", "final", "applied"}
    return out or (assessment.status == "scored" and can_evaluate(actor, assessment))


def can_read_raters(actor: Actor, assessment: Assessment) -> bool:
    """Who may read what each rater gave: evaluator and buyer, never the provider, never before both are in."""
    return can_read_marks(actor, assessment) and not actor.belongs_to(assessment.contract.provider_id)


def can_read_evaluation(actor: Actor, assessment: Assessment) -> bool:
    """Who may have the report: buyer, evaluator, provider once the opinion is out; oversight of the place."""
    near = actor.belongs_to(assessment.buyer_id) or can_evaluate(actor, assessment)
    near = near or actor.belongs_to(assessment.contract.provider_id)
    over = actor.has("district_finance", "region_officer") and bool(actor.region_path)
    return can_read_marks(actor, assessment) and (
        near or (over and assessment.region_path.startswith(actor.region_path))
    )


def can_compare(actor: Actor) -> bool:
    """Who compares projects and appraises buyers and evaluators: a buyer's people for their own, oversight of a place."""
    return actor.organization_kind == "buyer" or actor.has("district_finance")
