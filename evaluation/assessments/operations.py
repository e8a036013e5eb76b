"""Verbs of an assessment (绩效评价): from the asking of an evaluator to the use of the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from accounts.organizations.models import Organization
from core import clock
from core.actor import Actor
from core.documents import Document, store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.identifiers import next_number
from core.lifecycle import advance, begin, require
from evaluation.assessments.facts import open_indicators
from evaluation.assessments.marking import (
    enter_credit,
    freeze_facts,
    hand_to_settlement,
    in_centi,
    new_grading,
    officers_of,
    provider_people,
    raters_of,
    tell_of,
    write_sheet,
)
from evaluation.assessments.models import Assessment, Evidence, GradedPoint
from evaluation.assessments.queries import (
    ASSESSABLE,
    RATERS,
    has_rated,
    results,
    rotation_years,
    ties_of,
    without_evidence,
)
from evaluation.frameworks.models import Framework
from evaluation.frameworks.scoring import Figures
from evaluation.permissions import can_plan_assessment
from procurement.acceptances.models import Acceptance
from procurement.acceptances.queries import JUDGED
from procurement.contracts.models import Contract
from procurement.rules.queries import deadline, parameter

Given = Mapping[str, Figures]
"""Figures by the indicator's code, by the formula's part."""


@transaction.atomic
def plan_assessment(
    contract: Contract,
    *,
    actor: Actor,
    evaluator: Organization,
    framework: Framework,
    due_on: date,
    rotation_reason: str = "",
) -> Assessment:
    """Ask an evaluator (评估机构) to assess a finished contract.

    framework  in force at the contract's buyer; the assessment keeps it
    returns    the assessment, planned
    raises     NotAllowed · NotNow (not accepted yet) · Conflict (one stands) · Invalid at evaluator (tied to a side, not
               verified), framework, due_on, or rotation_reason (as many years in a row as the dated rule allows)
    writes     the assessment; one journal entry "create"; the evaluator's people are told
    source     财综〔2018〕42号; R57, F24, F44
    """
    if not can_plan_assessment(actor, contract):
        raise NotAllowed(_("评价由采购人的业务经办安排。"))
    contract = (
        Contract.objects.select_for_update(of=("self",))
        .select_related("buyer", "provider", "award")
        .get(pk=contract.pk)
    )
    last = Acceptance.objects.filter(contract=contract, status__in=JUDGED).order_by("-milestone__n").first()
    if contract.status not in ASSESSABLE or last is None or last.accepted_at is None:
        raise NotNow(_("全部验收以后才能安排评价，合同当前状态是「%(status)s」。") % {"status": contract.status_label})
    standing = Assessment.objects.filter(contract=contract).exclude(status="declined").first()
    if standing is not None:
        raise Conflict(_("这份合同已经安排了评价。"), current=standing)
    if evaluator.kind != "evaluator" or evaluator.status != "verified":
        raise Invalid(_("请选择核验过的评估机构。"), field="evaluator")
    ties = ties_of(evaluator, contract)
    if ties:
        raise Invalid(_("这家机构不能评价本合同：%(ties)s。") % {"ties": "；".join(ties)}, field="evaluator")
    if framework.buyer_id != contract.buyer_id or framework.status != "published":
        raise Invalid(_("请选择本单位现行的指标体系。"), field="framework")
    if due_on <= clock.today():
        raise Invalid(_("完成日期要晚于今天。"), field="due_on")
    years, most = rotation_years(evaluator.pk, contract.buyer_id, clock.today().year), _rule("evaluation.rotation")
    if years >= most and not rotation_reason.strip():
        raise Invalid(
            _("这家机构将连续第 %(n)s 年评价本单位的项目，请轮换，或写明为什么不轮换。") % {"n": years},
            field="rotation_reason",
        )
    assessment = begin(
        Assessment(
            contract=contract,
            buyer=contract.buyer,
            region_path=contract.region_path,
            framework=framework,
            evaluator=evaluator,
            closed_on=clock.local(last.accepted_at).date(),
            due_on=due_on,
            planned_by_name=actor.user_name,
            rotation_years=years,
            rotation_reason=rotation_reason.strip(),
        ),
        actor=actor,
        facts={"evaluator": evaluator.journal_key, "framework": framework.journal_key, "years": years},
        reason=rotation_reason,
    )
    tell_of(assessment, people_with_role(evaluator.pk, "evaluator"), "planned", _("请您机构评价：%(title)s"))
    return assessment


@transaction.atomic
def accept_assessment(assessment: Assessment, *, actor: Actor, third: bool) -> Assessment:
    """Accept the task (接受评价), declaring to be third to buyer and provider.

    raises  NotAllowed · NotNow · Invalid at third (not declared) or whole (a tie that is known) · Conflict
    writes  status; one journal entry; the provider's people are told to bring evidence and score themselves
    """
    require(assessment, "accept", actor)
    if not third:
        raise Invalid(_("请声明与采购人、承接单位没有利益关系；有的请谢绝。"), field="third")
    ties = ties_of(assessment.evaluator, assessment.contract)
    if ties:
        raise Invalid(_("您机构与合同一方有利益关系：%(ties)s。请谢绝。") % {"ties": "；".join(ties)})
    advance(assessment, "accept", actor=actor, facts={"third": True})
    tell_of(assessment, provider_people(assessment), "evidence", _("请提交评价证据并自评：%(title)s"))
    return assessment


@transaction.atomic
def decline_assessment(assessment: Assessment, *, actor: Actor, reason: str) -> Assessment:
    """Decline the task (谢绝); the buyer may ask another. writes  status; one journal entry; the planner's side is told"""
    advance(assessment, "decline", actor=actor, reason=reason)
    tell_of(assessment, officers_of(assessment), "declined", _("评估机构谢绝了评价，请另选：%(title)s"))
    return assessment


@transaction.atomic
def add_evidence(
    assessment: Assessment, *, actor: Actor, codes: Sequence[str], file: Any, note: str = ""
) -> Assessment:
    """Lay a paper beside indicators (上传证据).

    codes   the indicators that it shows
    file    an upload with a name, or a Document already stored
    raises  NotAllowed · NotNow · Invalid at codes or file · Conflict
    writes  one stored file, one Evidence an indicator, one journal entry with the digest
    """
    require(assessment, "add_evidence", actor)
    indicators = list(assessment.framework.indicators.filter(code__in=codes))
    if not indicators or len(indicators) != len(set(codes)):
        raise Invalid(_("请选择这份材料证明哪些指标。"), field="codes")
    document = file if isinstance(file, Document) else store(file, name=file.name, actor=actor, purpose="evidence")
    Evidence.objects.bulk_create(
        Evidence(
            assessment=assessment, indicator=each, document=document, note=note.strip(), by_name=actor.user_name,
            organization_name=actor.organization_name,
        )
        for each in indicators
    )  # fmt: skip
    return advance(assessment, "add_evidence", actor=actor, facts={"codes": sorted(codes)}, documents=[document])


@transaction.atomic
def self_score(assessment: Assessment, *, actor: Actor, figures: Given, statement: str) -> Assessment:
    """Score oneself (自评) on what the platform cannot read; figures left out stay open.

    figures    by code and part;  statement: what was done and what was not
    raises     NotAllowed · NotNow · Invalid at "<code>_<part>" or statement · Conflict
    writes     the self-score; the platform's figures, frozen; status; one journal entry; the evaluators are told
    """
    require(assessment, "self_score", actor)
    if not statement.strip():
        raise Invalid(_("请写明完成情况和不足。"), field="statement")
    freeze_facts(assessment)
    open_ones = open_indicators(assessment)
    write_sheet(assessment, "self", actor, [(each, figures.get(each.code, {}), "") for each in open_ones])
    advance(assessment, "self_score", actor=actor, facts={"indicators": len(figures)}, statement=statement.strip())
    tell_of(assessment, raters_of(assessment), "self_scored", _("承接单位已自评，请评分：%(title)s"))
    return assessment


@transaction.atomic
def go_on(assessment: Assessment, *, actor: Actor, reason: str) -> Assessment:
    """Begin scoring without a self-score (不等自评). writes  the platform's figures; status; one journal entry"""
    require(assessment, "go_on", actor)
    freeze_facts(assessment)
    advance(assessment, "go_on", actor=actor, reason=reason)
    tell_of(assessment, raters_of(assessment), "self_scored", _("请评分（承接单位未自评）：%(title)s"))
    return assessment


@transaction.atomic
def rate_assessment(
    assessment: Assessment, *, actor: Actor, figures: Given, remarks: Mapping[str, str] | None = None
) -> Assessment:
    """Hand in one rater's sheet (提交评分): figures for every indicator that the platform could not read.

    figures  by code and part; an indicator without its figures gets 0.00 and wants a remark
    returns  the assessment; with the second sheet it is scored
    raises   NotAllowed · NotNow · Conflict (handed in already, or both are in) · Invalid at "<code>_<part>" (figure),
             "<code>_remark" (why there is none), or whole (figures without evidence)
    writes   the sheet; one journal entry without points; with the second one the step "complete"; evaluators are told
    source   R55: two raters, evidence beside every figure; who rated does not show what
    """
    require(assessment, "rate", actor)
    assessment = Assessment.objects.select_for_update(of=("self",)).select_related(
        "contract__award__lot__order", "framework"
    ).get(pk=assessment.pk)  # fmt: skip
    require(assessment, "rate", actor)
    if has_rated(assessment, actor):
        raise Conflict(_("您已提交评分，不能改。"))
    remarks = remarks or {}
    rows, errors = [], {}
    for each in open_indicators(assessment):
        given, remark = figures.get(each.code, {}), remarks.get(each.code, "").strip()
        if len(given) < len(each.scoring.parts) and not remark:
            errors[f"{each.code}_remark"] = [_("数据没有填全的按 0 分计，请写明为什么取不到。")]
        rows.append((each, given, remark))
    if errors:
        raise Invalid(errors=errors)
    bare = without_evidence(assessment, [each.code for each, given, _remark in rows if given])
    if bare:
        raise Invalid(_("%(codes)s 还没有证据，请先上传证据再评分。") % {"codes": "、".join(bare)})
    write_sheet(assessment, "rater", actor, rows, strict=True)
    advance(assessment, "rate", actor=actor, facts={"indicators": len(rows)})
    if assessment.sheets.filter(side="rater", voided_at=None).count() == RATERS:
        advance(assessment, "complete", actor=actor)
        tell_of(assessment, raters_of(assessment), "scored", _("两份评分已齐，请征求意见：%(title)s"))
    return assessment


@transaction.atomic
def conclude_assessment(
    assessment: Assessment,
    *,
    actor: Actor,
    opinion: str,
    explanations: Mapping[str, str] | None = None,
    vetoes: Sequence[str] = (),
    veto_reason: str = "",
) -> Assessment:
    """Send the opinion to the provider (征求意见).

    explanations  by code: why the raters lie further apart than the dated threshold
    vetoes        codes of the grounds that were found (一票否决), with veto_reason
    raises        NotAllowed · NotNow · Invalid at opinion, "why_<code>", vetoes or veto_reason · Conflict
    writes        opinion, explanations, vetoes, the term of the reply; status; one entry; the provider's people are told
    """
    require(assessment, "conclude", actor)
    given = {code: text.strip() for code, text in (explanations or {}).items() if text.strip()}
    wanted = [row for row in results(assessment) if row.wants_reason]
    errors: dict[str, list[str]] = {
        f"why_{row.indicator.code}": [_("两名评分人相差 %(gap)s 分，请写明原因。") % {"gap": row.gap}]
        for row in wanted
        if row.indicator.code not in given
    }
    if not opinion.strip():
        errors["opinion"] = [_("请写评价意见。")]
    known = set(assessment.framework.vetoes.values_list("code", flat=True))
    if not set(vetoes) <= known:
        errors["vetoes"] = [_("没有这一项否决情形。")]
    if vetoes and not veto_reason.strip():
        errors["veto_reason"] = [_("请写明否决的事实和依据。")]
    if errors:
        raise Invalid(errors=errors)
    due = deadline("E01", clock.now())
    advance(
        assessment, "conclude", actor=actor, facts={"vetoes": sorted(vetoes), "explained": sorted(given)},
        opinion=opinion.strip(), explanations=given, vetoes=sorted(vetoes), veto_reason=veto_reason.strip(),
        reply_due_at=due.at, reply="", reply_agrees=None, replied_at=None,
    )  # fmt: skip
    tell_of(assessment, provider_people(assessment), "feedback", _("评价意见请您答复：%(title)s"), due.at.isoformat())
    return assessment


@transaction.atomic
def reply_assessment(assessment: Assessment, *, actor: Actor, agrees: bool, reply: str) -> Assessment:
    """Answer the opinion (答复), once.

    raises  NotAllowed · NotNow (not asked, answered already, or the term is over) · Invalid at reply · Conflict
    writes  the reply; one journal entry; the evaluators are told
    """
    require(assessment, "reply", actor)
    if assessment.replied_at is not None:
        raise NotNow(_("已经答复过了。"))
    if assessment.reply_due_at is not None and clock.now() >= assessment.reply_due_at:
        raise NotNow(_("答复期限已过。"))
    if not agrees and not reply.strip():
        raise Invalid(_("不同意的，请写明哪一项、为什么。"), field="reply")
    advance(
        assessment, "reply", actor=actor, facts={"agrees": agrees},
        reply=reply.strip(), reply_agrees=agrees, replied_at=clock.now(),
    )  # fmt: skip
    tell_of(
        assessment, raters_of(assessment), "replied", _("承接单位已答复，请定级：%(title)s"), str(assessment.version)
    )
    return assessment


@transaction.atomic
def rescore_assessment(assessment: Assessment, *, actor: Actor, reason: str) -> Assessment:
    """Score again after a reply that holds (重新评分); the former sheets are kept, void. writes  sheets, status, one entry"""
    require(assessment, "rescore", actor)
    assessment.sheets.filter(side__in=["rater", "facts"], voided_at=None).update(voided_at=clock.now())
    freeze_facts(assessment)
    advance(assessment, "rescore", actor=actor, reason=reason, explanations={}, vetoes=[], veto_reason="")
    tell_of(assessment, raters_of(assessment), "rescore", _("请重新评分：%(title)s"), str(assessment.version))
    return assessment


@transaction.atomic
def finalize_assessment(assessment: Assessment, *, actor: Actor) -> Assessment:
    """Give the grade (定级), once the provider has answered or the term for it is over.

    raises  NotAllowed · NotNow (the term still runs) · Conflict
    writes  number, total, grade; Grading 1 with every indicator's points; the grade on the contract by record_quality, where
            its settlement is still open; status; one journal entry; both sides are told
    source  财预〔2020〕10号 (the parameter evaluation.grades); house.md 3
    """
    require(assessment, "finalize", actor)
    due = assessment.reply_due_at
    if assessment.replied_at is None and due is not None and clock.now() < due:
        raise NotNow(_("承接单位的答复期限到 %(day)s，还没有答复。") % {"day": f"{clock.local(due):%m-%d}"})
    rows = [(row, row.points if row.points is not None else Decimal("0.00")) for row in results(assessment)]
    grading = new_grading(
        assessment, actor, "first", "",
        [
            GradedPoint(
                indicator=row.indicator, centi=in_centi(given), origin="facts" if row.is_computed else "raters",
                working=row.working if row.is_computed else "", provisional=row.provisional,
            )
            for row, given in rows
        ],
    )  # fmt: skip
    settled = hand_to_settlement(assessment, grading.grade, actor)
    advance(
        assessment, "finalize", actor=actor,
        facts={"total": str(grading.total), "grade": grading.grade, "settled": settled},
        number=next_number(assessment.buyer.number_prefix or "评", "评"),
        total_centi=grading.total_centi, grade=grading.grade, finalized_at=clock.now(),
    )  # fmt: skip
    people = [*officers_of(assessment), *provider_people(assessment)]
    tell_of(assessment, people, "final", _("评价已定级「%(grade)s」：%(title)s"))
    return assessment


@transaction.atomic
def apply_assessment(assessment: Assessment, *, actor: Actor, use: str) -> Assessment:
    """Record how the result is used (结果应用): the next round, the payment, an incentive.

    raises  NotAllowed · NotNow · Invalid at use · Conflict
    writes  use; status; one journal entry; the latest grade into the provider's credit (record_credit)
    """
    require(assessment, "apply", actor)
    if not use.strip():
        raise Invalid(_("请写明结果怎么用。"), field="use")
    latest = assessment.gradings.order_by("-n").first()
    if latest is not None:
        enter_credit(assessment, latest, actor)
    return advance(assessment, "apply", actor=actor, facts={"grade": assessment.grade}, use=use.strip())


def _rule(key: str) -> int:
    return int(parameter(key).value)
