"""Who may do what with frameworks, assessments, ratings and incentives (绩效评价、奖励性补助). Attributes only, no query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from evaluation.assessments.models import Assessment
    from evaluation.frameworks.models import Framework
    from evaluation.incentives.models import Incentive, Scheme
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


# --- Incentives: whoever nominates, reviews, decides, asks and pays is another person each time (domain.md 4 no. 22) ------


def can_draft_scheme(actor: Actor, scheme: Scheme | None = None) -> bool:
    """A programme officer of the buyer whose scheme it is."""
    return actor.has("programme_officer") and (scheme is None or actor.belongs_to(scheme.buyer_id))


def can_publish_scheme(actor: Actor, scheme: Scheme) -> bool:
    """The leadership of that buyer; not the person who drafted it."""
    return actor.works_for(scheme.buyer_id, "leader") and scheme.drafted_by_key != actor.user_key


def can_close_scheme(actor: Actor, scheme: Scheme) -> bool:
    """The leadership of that buyer."""
    return actor.works_for(scheme.buyer_id, "leader")


def can_nominate(actor: Actor, contract: Contract | None = None) -> bool:
    """A programme officer of the buyer nominates (提名); the head of the provider applies (申报)."""
    if actor.has("programme_officer"):
        return contract is None or actor.belongs_to(contract.buyer_id)
    return actor.has("provider_admin") and (contract is None or actor.belongs_to(contract.provider_id))


def can_add_paper(actor: Actor, incentive: Incentive) -> bool:
    """The buyer's programme officer and the provider's head, whoever of them nominated."""
    return can_nominate(actor, incentive.contract)


def can_withdraw(actor: Actor, incentive: Incentive) -> bool:
    """The person who nominated."""
    return can_nominate(actor, incentive.contract) and incentive.nominated_by_key == actor.user_key


def can_clear_funds(actor: Actor, incentive: Incentive) -> bool:
    """The buyer's funds reviewer, once; neither who nominated nor who spoke for discipline."""
    return (
        actor.works_for(incentive.buyer_id, "funds_reviewer")
        and not incentive.funds_by_key
        and actor.user_key not in {incentive.nominated_by_key, incentive.discipline_by_key}
    )


def can_clear_discipline(actor: Actor, incentive: Incentive) -> bool:
    """The buyer's discipline officer, once; neither who nominated nor who reviewed the money."""
    return (
        actor.works_for(incentive.buyer_id, "discipline_officer")
        and not incentive.discipline_by_key
        and actor.user_key not in {incentive.nominated_by_key, incentive.funds_by_key}
    )


def can_refuse(actor: Actor, incentive: Incentive) -> bool:
    """Either reviewer while it is reviewed, the leadership afterwards."""
    if incentive.status == "nominated":
        return can_clear_funds(actor, incentive) or can_clear_discipline(actor, incentive)
    return can_decide(actor, incentive)


def can_decide(actor: Actor, incentive: Incentive) -> bool:
    """The leadership of the buyer: who neither nominated nor reviewed."""
    return actor.works_for(incentive.buyer_id, "leader") and actor.user_key not in {
        incentive.nominated_by_key,
        incentive.funds_by_key,
        incentive.discipline_by_key,
    }


def can_revoke(actor: Actor, incentive: Incentive) -> bool:
    """The leadership of the buyer."""
    return actor.works_for(incentive.buyer_id, "leader")


def can_handle_objection(actor: Actor, incentive: Incentive) -> bool:
    """The buyer's discipline officer, to whom the publicity sends everybody; not who nominated or decided."""
    return actor.works_for(incentive.buyer_id, "discipline_officer") and actor.user_key not in {
        incentive.nominated_by_key,
        incentive.decided_by_key,
    }


def can_request_grant(actor: Actor, incentive: Incentive) -> bool:
    """The buyer's finance officer; not who decided."""
    return actor.works_for(incentive.buyer_id, "finance_officer") and incentive.decided_by_key != actor.user_key


def can_record_grant(actor: Actor, incentive: Incentive) -> bool:
    """The buyer's cashier; neither who asked nor who decided (出纳与会计分离)."""
    return actor.works_for(incentive.buyer_id, "cashier") and actor.user_key not in {
        incentive.requested_by_key,
        incentive.decided_by_key,
    }


def can_record_bounce(actor: Actor, incentive: Incentive) -> bool:
    """The buyer's cashier, who sees the bank's slip."""
    return actor.works_for(incentive.buyer_id, "cashier")
