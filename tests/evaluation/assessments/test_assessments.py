"""One assessment from the asking to its follow-ups; who sees what when; what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.memberships.models import Membership
from accounts.organizations.models import Organization
from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import Message
from evaluation.assessments.facts import NOT_THERE, facts_of, open_indicators
from evaluation.assessments.follow_ups import follow_up, place_follow_ups
from evaluation.assessments.models import Assessment, Grading
from evaluation.assessments.operations import (
    accept_assessment,
    apply_assessment,
    conclude_assessment,
    decline_assessment,
    finalize_assessment,
    rate_assessment,
    reply_assessment,
    rescore_assessment,
    self_score,
)
from evaluation.assessments.queries import results, rotation_years, visible_assessments, visible_sheets
from procurement.contracts.models import Contract
from procurement.expenses.operations import reject_expense
from procurement.settlements.operations import draw_settlement
from tests.cast import Cast
from tests.journeys.activities import recorded_activity, verified_activity
from tests.journeys.contracts import signed_contract
from tests.journeys.evaluation import (
    figures_for,
    final_assessment,
    finished_contract,
    fresh,
    planned_assessment,
    provider_of,
    published_framework,
    scored_assessment,
    second_rater,
    self_scored_assessment,
)
from tests.journeys.expenses import accepted_expense, submitted_expense


def test_the_whole_way(cast: Cast) -> None:
    assessment = final_assessment(cast)
    assert (assessment.status, assessment.number) == ("final", "五青评〔2026〕1号")
    facts = {
        mark.indicator.code: mark for mark in assessment.sheets.get(side="facts").marks.select_related("indicator")
    }
    assert facts["E3.1"].points == Decimal("5.67"), "34 of 36 sessions: 6 × 34 ÷ 36"
    assert facts["E3.2"].points == Decimal("4.91"), "1,962 of 2,000 person-times"
    assert "34 ÷ 36" in facts["E3.1"].working
    assert facts["E3.3"].points == Decimal("4.00"), "45 of 45 in the summer camp"
    assert facts["E3.4"].points == Decimal("6.00")
    assert facts["E2.6"].centi is None
    assert NOT_THERE in facts["E2.6"].working
    first = assessment.gradings.get()
    assert sum(row.centi for row in first.points.all()) == first.total_centi == assessment.total_centi
    assert {row.indicator.code for row in first.points.filter(provisional=True)} == {"E4.3", "E4.4", "E4.6"}
    assert assessment.grade == first.grade == "良"
    contract = Contract.objects.get(pk=assessment.contract_id)
    assert contract.quality_grade == "良", "the grade reaches the settlement"
    settlement = draw_settlement(contract, actor=cast.actor("buyer"), kind="final")
    assert settlement.quality_factor == 100
    apply_assessment(assessment, actor=cast.actor("buyer"), use="作为下一轮申报的参考。")
    provider = Organization.objects.get(pk=contract.provider_id)
    assert (provider.credit_grade, provider.credits.get().source) == ("良", "五青评〔2026〕1号 首次评价")
    assert "credit" in {entry.verb for entry in journal.entries_for(provider)}
    assert "信用与评价" in cast.client("provider1").get(provider.get_absolute_url()).content.decode()
    assert [entry.verb for entry in journal.entries_for(assessment)][::-1] == [
        "create", "accept", "add_evidence", "self_score", "rate", "rate", "complete", "conclude", "reply", "finalize", "apply",
    ]  # fmt: skip
    told = set(Message.objects.filter(kind__startswith="assessment.").values_list("kind", flat=True))
    assert {"assessment.planned", "assessment.evidence", "assessment.feedback", "assessment.final"} <= told


def test_raters_do_not_see_each_other_before_both_are_in(cast: Cast) -> None:
    assessment = self_scored_assessment(cast)
    first, second = cast.actor("evaluator"), second_rater(cast)
    figures = figures_for(assessment, E4_1={"improved": 13, "measured": 60})
    rate_assessment(assessment, actor=first, figures=figures)
    assessment = fresh(assessment)

    def sides(actor: object) -> list[str]:
        return sorted(sheet.side for sheet in visible_sheets(assessment, actor))  # type: ignore[arg-type]

    assert sides(first) == ["facts", "rater", "self"]
    for actor in (second, cast.actor("buyer"), provider_of(cast, assessment), cast.actor("district_finance")):
        assert sides(actor) == ["facts", "self"]
    for login in ("evaluator2", "buyer", "provider1"):
        page = cast.client(login).get(assessment.get_absolute_url()).content.decode()
        assert "两名评分人：" not in page
    with pytest.raises(Conflict, match="不能改"):
        rate_assessment(assessment, actor=first, figures=figures)
    with pytest.raises(NotNow):
        conclude_assessment(assessment, actor=first, opinion="……")
    rate_assessment(fresh(assessment), actor=second, figures=figures_for(assessment))
    assessment = fresh(assessment)
    assert assessment.status == "scored"
    assert sides(first) == sides(second) == ["facts", "rater", "rater", "self"]
    assert sides(cast.actor("buyer")) == ["facts", "self"], "the buyer reads when the opinion is out"
    row = next(row for row in results(assessment) if row.indicator.code == "E4.1")
    assert (row.gap, row.points, row.wants_reason) == (Decimal("5.11"), Decimal("5.45"), True)  # 2.89 and 8.00
    with pytest.raises(Invalid) as refused:
        conclude_assessment(assessment, actor=first, opinion="基本实现。")
    assert list(refused.value.errors) == ["why_E4.1"]
    conclude_assessment(assessment, actor=first, opinion="基本实现。", explanations={"E4.1": "一人未计补测。"})
    assert sides(cast.actor("buyer")) == ["facts", "rater", "rater", "self"]
    assert sides(provider_of(cast, assessment)) == ["facts", "self"], "the provider reads points, not raters"
    page = cast.client("provider1").get(assessment.get_absolute_url()).content.decode()
    assert "5.45" in page
    assert "2.89" not in page


def test_the_order_of_sheets_never_matters(cast: Cast) -> None:
    assessment = scored_assessment(cast, second={"E4_2": {"part": 16, "whole": 20}})
    sheets = list(assessment.sheets.filter(voided_at=None).prefetch_related("marks"))
    points = [row.points for row in results(assessment, sheets)]
    assert points == [row.points for row in results(assessment, sheets[::-1])]


def test_a_veto_is_the_worst_grade(cast: Cast) -> None:
    assessment = scored_assessment(cast)
    evaluator = cast.actor("evaluator")
    with pytest.raises(Invalid, match="否决的事实"):
        conclude_assessment(assessment, actor=evaluator, opinion="……", vetoes=["V4"])
    conclude_assessment(assessment, actor=evaluator, opinion="……", vetoes=["V4"], veto_reason="主要服务交由他人实施。")
    with clock.travel("2026-09-02 10:00"), pytest.raises(NotNow, match="答复期限到"):
        finalize_assessment(assessment, actor=evaluator)
    with clock.travel("2026-09-09 00:00"):
        with pytest.raises(NotNow, match="答复期限已过"):
            reply_assessment(assessment, actor=provider_of(cast, assessment), agrees=False, reply="不同意")
        finalize_assessment(assessment, actor=evaluator)
    assert assessment.grade == "差"
    assert assessment.total is not None
    assert assessment.total > 80


def test_a_reply_that_holds_is_scored_again(cast: Cast) -> None:
    assessment = scored_assessment(cast)
    evaluator = cast.actor("evaluator")
    conclude_assessment(assessment, actor=evaluator, opinion="……")
    reply_assessment(assessment, actor=provider_of(cast, assessment), agrees=False, reply="E4.2 漏计三个个案。")
    rescore_assessment(assessment, actor=evaluator, reason="核对属实。")
    assert assessment.sheets.filter(side="rater", voided_at__isnull=False).count() == 2, "the former sheets are kept"
    better = figures_for(assessment, E4_2={"part": 20, "whole": 20})
    for actor in (second_rater(cast), evaluator):
        rate_assessment(fresh(assessment), actor=actor, figures=better)
    assessment = fresh(assessment)
    assert assessment.status == "scored"
    assert next(row for row in results(assessment) if row.indicator.code == "E4.2").points == Decimal("5.00")


def test_follow_ups_are_placed_by_the_clock_and_kept_beside_the_first(cast: Cast) -> None:
    assessment = final_assessment(cast)
    evaluator, before = cast.actor("evaluator"), assessment.total
    with pytest.raises(NotNow, match="没有到期"):
        follow_up(assessment, actor=evaluator, figures={}, note="……")
    assert place_follow_ups() == 0
    with clock.travel("2027-03-01 09:00"):
        assert place_follow_ups() == 1
        assert place_follow_ups() == 0, "once, however often the clock asks"
        row = assessment.follow_ups.get()
        assert (row.months, clock.local(row.due_at).date()) == (6, date(2027, 3, 31))
        with pytest.raises(Invalid, match="不是长远指标"):
            follow_up(
                assessment,
                actor=evaluator,
                figures={"E4.1": {"improved": Decimal(1), "measured": Decimal(1)}},
                note="回访",
            )
        kept = {"E4.3": {"part": Decimal(24), "whole": Decimal(24)}}
        follow_up(fresh(assessment), actor=evaluator, figures=kept, note="电话回访 24 人。")
    assessment = fresh(assessment)
    first, second = assessment.gradings.all()
    assert (assessment.total, assessment.grade) == (before, first.grade), "the first result is never rewritten"
    assert second.total - first.total == Decimal("1.25")
    assert {row.origin for row in second.points.all()} == {"kept", "raters"}
    with clock.travel("2027-09-01 09:00"):
        assert place_follow_ups() == 1
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Grading._meta.db_table} SET grade = '优'")


def test_conflict_and_rotation(cast: Cast) -> None:
    with pytest.raises(NotNow, match="全部验收以后"):
        planned_assessment(cast, signed_contract(cast))
    contract = finished_contract(cast, n=2)
    own = Membership.objects.create(
        user=cast.user("evaluator"), organization=cast.org("provider1"), role="provider_worker",
        valid_from=date(2026, 1, 1), granted_by="测试",
    )  # fmt: skip
    with pytest.raises(Invalid, match="同时在承接单位任职") as refused:
        planned_assessment(cast, contract)
    assert refused.value.field == "evaluator"
    Membership.objects.filter(pk=own.pk).delete()
    with pytest.raises(Invalid, match="核验过的评估机构"):
        planned_assessment(cast, contract, evaluator=cast.org("provider2"))
    assessment = planned_assessment(cast, contract)
    with pytest.raises(Conflict):
        planned_assessment(cast, contract)
    decline_assessment(assessment, actor=cast.actor("evaluator"), reason="人手不足")
    for years in (2, 1):
        Assessment.objects.filter(pk=assessment.pk).update(created_at=clock.now() - timedelta(days=366 * years))
    assert rotation_years(cast.org("evaluator").pk, contract.buyer_id, 2026) == 1, "what was declined does not count"
    again = planned_assessment(cast, contract)
    for key in (accept_assessment(again, actor=cast.actor("evaluator"), third=True).pk,):
        Assessment.objects.filter(pk=key).update(created_at=clock.now() - timedelta(days=366))
    assert rotation_years(cast.org("evaluator").pk, contract.buyer_id, 2026) == 2


def test_rotation_wants_a_reason(cast: Cast) -> None:
    contract = finished_contract(cast)
    for years in (1, 2):
        old = planned_assessment(cast, finished_contract(cast, n=10 + years))
        Assessment.objects.filter(pk=old.pk).update(created_at=clock.now() - timedelta(days=366 * years))
    with pytest.raises(Invalid, match="连续第 3 年") as refused:
        planned_assessment(cast, contract)
    assert refused.value.field == "rotation_reason"
    assert planned_assessment(cast, contract, rotation_reason="本年只有一家机构应征").rotation_years == 3


def test_sheets_that_are_refused(cast: Cast) -> None:
    assessment = accept_assessment(planned_assessment(cast), actor=cast.actor("evaluator"), third=True)
    provider = provider_of(cast, assessment)
    self_score(assessment, actor=provider, figures={}, statement="资料随后补。")
    figures = figures_for(assessment)
    with pytest.raises(Invalid, match="还没有证据"):
        rate_assessment(assessment, actor=cast.actor("evaluator"), figures=figures)
    with pytest.raises(Invalid) as refused:
        rate_assessment(assessment, actor=cast.actor("evaluator"), figures={})
    assert "E4.1_remark" in refused.value.errors
    with pytest.raises(NotAllowed):
        rate_assessment(assessment, actor=provider, figures=figures)
    nothing = {each.code: "没有提供资料" for each in open_indicators(assessment)}
    for actor in (cast.actor("evaluator"), second_rater(cast)):
        rate_assessment(fresh(assessment), actor=actor, figures={}, remarks=nothing)
    rows = {row.indicator.code: row.points for row in results(fresh(assessment))}
    assert rows["E4.1"] == Decimal("0.00")
    assert rows["E3.1"] == Decimal("5.67"), "what the platform knows stands"


def test_a_figure_that_cannot_be_is_named_where_it_was_typed(cast: Cast) -> None:
    assessment = self_scored_assessment(cast)
    figures = figures_for(assessment, E4_7={"satisfied": 51, "asked": 50, "people": 125})
    with pytest.raises(Invalid) as refused:
        rate_assessment(assessment, actor=cast.actor("evaluator"), figures=figures)
    assert refused.value.errors == {"E4.7_satisfied": ["满意不能多于有效样本。"]}


def test_who_knows_of_it(cast: Cast) -> None:
    assessment = planned_assessment(cast)
    for login in ("buyer", "leader", "evaluator", "provider1", "district_finance"):
        assert assessment in visible_assessments(cast.actor(login)), login
    for login in ("other_buyer", "provider2", "expert1", "admin"):
        assert assessment not in visible_assessments(cast.actor(login)), login
        assert cast.client(login).get(assessment.get_absolute_url()).status_code == 404
    for login in ("buyer", "provider1", "other_buyer"):
        with pytest.raises(NotAllowed):
            accept_assessment(assessment, actor=cast.actor(login), third=True)
    assert published_framework(cast).status == "published"


def test_after_the_final_settlement_the_grade_waits_for_a_supplementary_one(cast: Cast) -> None:
    from tests.journeys.settlements import closed_contract

    assessment = final_assessment(cast, contract=closed_contract(cast))
    assert Contract.objects.get(pk=assessment.contract_id).quality_grade == ""
    entry = next(entry for entry in journal.entries_for(assessment) if entry.verb == "finalize")
    assert entry.facts["settled"] is False
    paid = assessment.sheets.get(side="facts").marks.get(indicator__code="E2.5")
    assert paid.figures["budget"] == "191300.00"


def test_activities_speak_before_acceptances(cast: Cast) -> None:
    """What the street verified decides where activities were recorded; without any, what was accepted."""
    contract = signed_contract(cast)
    indicators = list(published_framework(cast).indicators.all())
    assert facts_of(contract, indicators)["E3.1"].points is None, "nothing recorded, nothing accepted"
    verified_activity(cast, contract)
    recorded_activity(cast, contract, at="2026-09-01 15:00")
    found = facts_of(contract, indicators)
    assert (found["E3.1"].figures["actual"], found["E3.1"].figures["target"]) == (1, 36)
    assert found["E3.1"].points == Decimal("0.17")
    assert "街道核实的场次" in found["E3.1"].working
    assert found["E2.3"].figures == {"part": 1, "whole": 2}


def test_refused_expenses_are_read_from_the_special_account(cast: Cast) -> None:
    contract = signed_contract(cast)
    indicators = list(published_framework(cast).indicators.all())
    submitted_expense(cast, contract)
    assert facts_of(contract, indicators)["E2.6"].points is None, "nothing judged yet"
    accepted_expense(cast, contract, "9000.00")
    reject_expense(submitted_expense(cast, contract, "1000.00"), actor=cast.actor("finance"), reason="票据不符")
    found = facts_of(contract, indicators)["E2.6"]
    assert found.figures == {"questioned": Decimal("1000.00"), "spent": Decimal("10000.00"), "fraud": 0}
    assert "财务不予认可" in found.working
