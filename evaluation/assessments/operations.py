"""Verbs of an assessment (绩效评价): from the asking of an evaluator to the use of the result, and its follow-ups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from accounts.organizations.models import Organization
from accounts.organizations.operations import record_credit
from core import clock
from core.actor import SYSTEM, Actor
from core.documents import Document, store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.identifiers import next_number
from core.lifecycle import advance, begin, require
from core.messages import tell
from evaluation.assessments.deadlines import months_later
from evaluation.assessments.facts import facts_of, open_indicators
from evaluation.assessments.models import Assessment, Evidence, FollowUp, GradedPoint, Grading, Mark, Sheet
from evaluation.assessments.queries import (
    ASSESSABLE,
    DONE,
    RATERS,
    has_rated,
    results,
    rotation_years,
    ties_of,
    without_evidence,
)
from evaluation.frameworks.models import Framework, Indicator
from evaluation.frameworks.scoring import Figures, faults, grade, score
from evaluation.permissions import can_plan_assessment
from procurement.acceptances.models import Acceptance
from procurement.acceptances.queries import JUDGED
from procurement.contracts.models import Contract
from procurement.rules.queries import deadline, parameter
from procurement.settlements.operations import record_quality

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
    _tell(assessment, people_with_role(evaluator.pk, "evaluator"), "planned", _("请您机构评价：%(title)s"))
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
    _tell(assessment, _provider(assessment), "evidence", _("请提交评价证据并自评：%(title)s"))
    return assessment


@transaction.atomic
def decline_assessment(assessment: Assessment, *, actor: Actor, reason: str) -> Assessment:
    """Decline the task (谢绝); the buyer may ask another. writes  status; one journal entry; the planner's side is told"""
    advance(assessment, "decline", actor=actor, reason=reason)
    _tell(assessment, _officers(assessment), "declined", _("评估机构谢绝了评价，请另选：%(title)s"))
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
    _freeze_facts(assessment)
    open_ones = open_indicators(assessment)
    _write_sheet(assessment, "self", actor, [(each, figures.get(each.code, {}), "") for each in open_ones])
    advance(assessment, "self_score", actor=actor, facts={"indicators": len(figures)}, statement=statement.strip())
    _tell(assessment, _raters(assessment), "self_scored", _("承接单位已自评，请评分：%(title)s"))
    return assessment


@transaction.atomic
def go_on(assessment: Assessment, *, actor: Actor, reason: str) -> Assessment:
    """Begin scoring without a self-score (不等自评). writes  the platform's figures; status; one journal entry"""
    require(assessment, "go_on", actor)
    _freeze_facts(assessment)
    advance(assessment, "go_on", actor=actor, reason=reason)
    _tell(assessment, _raters(assessment), "self_scored", _("请评分（承接单位未自评）：%(title)s"))
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
    _write_sheet(assessment, "rater", actor, rows, strict=True)
    advance(assessment, "rate", actor=actor, facts={"indicators": len(rows)})
    if assessment.sheets.filter(side="rater", voided_at=None).count() == RATERS:
        advance(assessment, "complete", actor=actor)
        _tell(assessment, _raters(assessment), "scored", _("两份评分已齐，请征求意见：%(title)s"))
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
    _tell(assessment, _provider(assessment), "feedback", _("评价意见请您答复：%(title)s"), due.at.isoformat())
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
    _tell(assessment, _raters(assessment), "replied", _("承接单位已答复，请定级：%(title)s"), str(assessment.version))
    return assessment


@transaction.atomic
def rescore_assessment(assessment: Assessment, *, actor: Actor, reason: str) -> Assessment:
    """Score again after a reply that holds (重新评分); the former sheets are kept, void. writes  sheets, status, one entry"""
    require(assessment, "rescore", actor)
    assessment.sheets.filter(side__in=["rater", "facts"], voided_at=None).update(voided_at=clock.now())
    _freeze_facts(assessment)
    advance(assessment, "rescore", actor=actor, reason=reason, explanations={}, vetoes=[], veto_reason="")
    _tell(assessment, _raters(assessment), "rescore", _("请重新评分：%(title)s"), str(assessment.version))
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
    grading = _grading(
        assessment, actor, "first", "",
        [
            GradedPoint(
                indicator=row.indicator, centi=_centi(given), origin="facts" if row.is_computed else "raters",
                working=row.working if row.is_computed else "", provisional=row.provisional,
            )
            for row, given in rows
        ],
    )  # fmt: skip
    settled = _record_quality(assessment, grading.grade, actor)
    advance(
        assessment, "finalize", actor=actor,
        facts={"total": str(grading.total), "grade": grading.grade, "settled": settled},
        number=next_number(assessment.buyer.number_prefix or "评", "评"),
        total_centi=grading.total_centi, grade=grading.grade, finalized_at=clock.now(),
    )  # fmt: skip
    people = [*_officers(assessment), *_provider(assessment)]
    _tell(assessment, people, "final", _("评价已定级「%(grade)s」：%(title)s"))
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
        _record_credit(assessment, latest, actor)
    return advance(assessment, "apply", actor=actor, facts={"grade": assessment.grade}, use=use.strip())


def place_follow_ups() -> int:
    """Place the follow-up rounds whose day has come (跟踪评估); called by the clock. returns  how many were placed

    writes  one FollowUp a round, once however often it is called; the evaluators are told
    """
    placed = 0
    for months in parameter("evaluation.follow_up").value:
        # Months differ in length: the filter is wide by three days, the day itself is counted below.
        waiting = (
            Assessment.objects.filter(status__in=DONE)
            .filter(closed_on__lte=months_later(clock.today(), -int(months)) + timedelta(days=3))
            .exclude(follow_ups__months=months)
            .select_related("contract")
            .order_by("closed_on")
        )
        for assessment in waiting:
            day = months_later(assessment.closed_on, int(months))
            if day > clock.today():
                continue
            with transaction.atomic():
                due = deadline("E02", day).at
                _row, made = FollowUp.objects.get_or_create(
                    assessment=assessment, months=months, defaults={"due_at": due}
                )
                placed += made
                if made:
                    _tell(assessment, _raters(assessment), f"follow_up_{months}", _("请做跟踪评估：%(title)s"))
    return placed


@transaction.atomic
def follow_up(
    assessment: Assessment, *, actor: Actor, figures: Given, note: str, remarks: Mapping[str, str] | None = None
) -> Assessment:
    """Do the follow-up round that is open (提交跟踪评估): only the long-term indicators are scored anew.

    figures  of the long-term indicators, by code and part; those without figures keep their points
    raises   NotAllowed · NotNow (no round is open) · Invalid at "<code>_<part>" or note · Conflict
    writes   a later Grading beside the first, which stays; the grade on the contract, where its settlement is open; one
             journal entry; both sides are told; the credit too, once the first result was applied
    source   R53
    """
    require(assessment, "follow_up", actor)
    round_ = assessment.follow_ups.select_for_update().filter(grading=None).order_by("months").first()
    if round_ is None:
        raise NotNow(_("现在没有到期的跟踪评估。"))
    if not note.strip():
        raise Invalid(_("请写明跟踪了谁、怎么跟踪的。"), field="note")
    before = assessment.gradings.prefetch_related("points__indicator").order_by("-n").first()
    if before is None:
        raise NotNow(_("还没有定级。"))
    long_term = {row.indicator.code: row.indicator for row in before.points.all() if row.indicator.horizon == "L"}
    unknown = set(figures) - set(long_term)
    if unknown:
        raise Invalid(_("%(codes)s 不是长远指标。") % {"codes": "、".join(sorted(unknown))})
    marks = {mark.indicator.code: mark for mark in _marks([(long_term[c], figures[c], "") for c in figures])}
    half = {
        f"{mark.indicator.code}_{part.name}": [_("请填写%(label)s，或把这一项都留空。") % {"label": part.label}]
        for mark in marks.values()
        for part in mark.indicator.scoring.parts
        if part.name not in mark.figures
    }
    if half:
        raise Invalid(errors=half)
    points = []
    for row in before.points.all():
        new = marks.get(row.indicator.code)
        if new is not None and new.centi is not None:
            points.append(GradedPoint(indicator=row.indicator, centi=new.centi, origin="raters", working=new.working))
        else:
            points.append(
                GradedPoint(
                    indicator=row.indicator, centi=row.centi, origin="kept", working=row.working,
                    provisional=row.provisional,
                )
            )  # fmt: skip
    grading = _grading(assessment, actor, str(round_.months), note.strip(), points)
    FollowUp.objects.filter(pk=round_.pk).update(grading=grading)
    settled = _record_quality(assessment, grading.grade, actor) if grading.grade != before.grade else False
    if assessment.status == "applied":
        _record_credit(assessment, grading, actor)
    facts = {"months": round_.months, "total": str(grading.total), "grade": grading.grade, "settled": settled}
    advance(assessment, "follow_up", actor=actor, facts=facts)
    people = [*_officers(assessment), *_provider(assessment)]
    key = f"{grading.n}"
    _tell(assessment, people, "followed_up", _("跟踪评估已完成：%(title)s"), key)
    return assessment


# --- What the verbs share ---------------------------------------------------------------------------------------------


def _rule(key: str) -> int:
    return int(parameter(key).value)


def _centi(given: Decimal) -> int:
    return int(given * 100)


def _freeze_facts(assessment: Assessment) -> None:
    """Keep what the records say on this day as a sheet of the platform."""
    indicators = list(assessment.framework.indicators.all())
    found = facts_of(assessment.contract, indicators)
    sheet = Sheet.objects.create(assessment=assessment, side="facts", person_key=SYSTEM.user_key, person_name="平台")
    Mark.objects.bulk_create(
        Mark(
            sheet=sheet, indicator=each, figures={name: str(value) for name, value in found[each.code].figures.items()},
            centi=None if found[each.code].points is None else _centi(found[each.code].points or Decimal(0)),
            working=found[each.code].working[:300],
        )
        for each in indicators
        if each.code in found
    )  # fmt: skip


def _write_sheet(
    assessment: Assessment,
    side: str,
    actor: Actor,
    rows: Sequence[tuple[Indicator, Figures, str]],
    *,
    strict: bool = False,
) -> None:
    """One sheet with its marks; strict: what cannot be reckoned is 0.00 points."""
    marks = _marks(rows)
    sheet = Sheet.objects.create(
        assessment=assessment, side=side, person_key=actor.user_key, person_name=actor.user_name
    )
    for mark in marks:
        mark.sheet = sheet
        if strict and mark.centi is None:
            mark.centi = 0
    Mark.objects.bulk_create(marks)


def _marks(rows: Sequence[tuple[Indicator, Figures, str]]) -> list[Mark]:
    """Unsaved marks of (indicator, figures, remark). raises  Invalid at "<code>_<part>" for figures that cannot be"""
    marks, errors = [], {}
    for each, given, remark in rows:
        formula = each.scoring
        for part, sentence in faults(formula, given).items():
            errors[f"{each.code}_{part}"] = [sentence]
        whole = all(part.name in given for part in formula.parts)
        if errors or not whole:
            found, working = None, ""
        else:
            found, working = score(formula, each.weight, given, each.params)
        marks.append(
            Mark(
                indicator=each, figures={name: str(value) for name, value in given.items()},
                centi=None if found is None else _centi(found), working=working[:300], remark=remark[:300],
            )
        )  # fmt: skip
    if errors:
        raise Invalid(errors=errors)
    return marks


def _grading(assessment: Assessment, actor: Actor, kind: str, note: str, points: Sequence[GradedPoint]) -> Grading:
    """A new version with its points and its grade."""
    total = sum(row.centi for row in points)
    bounds = {name: int(least) for name, least in parameter("evaluation.grades").value.items()}
    found = grade(Decimal(total).scaleb(-2), bounds, vetoed=bool(assessment.vetoes))
    grading = Grading.objects.create(
        assessment=assessment, n=assessment.gradings.count() + 1, kind=kind, total_centi=total, grade=found,
        vetoes=assessment.vetoes, note=note[:1000], by_name=actor.user_name,
    )  # fmt: skip
    for row in points:
        row.grading = grading
    GradedPoint.objects.bulk_create(points)
    return grading


def _record_quality(assessment: Assessment, found: str, actor: Actor) -> bool:
    """Hand the grade to the settlement. returns  False where it comes too late: a supplementary settlement follows"""
    try:
        record_quality(assessment.contract, found, actor=actor)
    except NotNow:
        return False
    return True


def _record_credit(assessment: Assessment, grading: Grading, actor: Actor) -> None:
    """Enter a version's grade into the provider's credit, from where qualification reads it (R50)."""
    record_credit(
        assessment.contract.provider, actor=actor, grade=grading.grade, points=grading.total,
        title=assessment.contract.title, source=f"{assessment.number or ''} {grading.name}".strip(),
        source_key=f"{assessment.journal_key}:{grading.n}",
    )  # fmt: skip


def _provider(assessment: Assessment) -> list[str]:
    return people_with_role(assessment.contract.provider_id, "provider_admin", "provider_worker")


def _raters(assessment: Assessment) -> list[str]:
    return people_with_role(assessment.evaluator_id, "evaluator")


def _officers(assessment: Assessment) -> list[str]:
    return people_with_role(assessment.buyer_id, "programme_officer")


def _tell(assessment: Assessment, people: Sequence[str], event: str, sentence: str, more: str = "") -> None:
    tell(
        people,
        sentence=sentence % {"title": assessment.contract.title, "grade": assessment.grade},
        url=assessment.get_absolute_url(),
        kind=f"assessment.{event}",
        key=f"assessment.{event}:{assessment.pk}:{more}",
    )
