"""Settlements: drawn by arithmetic, checked, approved, returned; quality; what the report says."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from pypdf import PdfReader

from core import holds, journal
from core.documents import read
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import Message, inbox
from core.reports import ReportJob, request_report
from procurement.contracts.models import Contract
from procurement.expenses.operations import accept_expense
from procurement.settlements.facts import report_of
from procurement.settlements.models import Settlement
from procurement.settlements.operations import (
    approve_settlement,
    check_settlement,
    confirm_settlement,
    dispute_settlement,
    draw_settlement,
    record_quality,
    return_settlement,
)
from procurement.settlements.queries import paid_so_far, visible_settlements
from procurement.settlements.reports import settlement_report
from tests.cast import Cast
from tests.journeys.contracts import judged_milestone, print_now, signed_contract
from tests.journeys.expenses import submitted_expense
from tests.journeys.settlements import approved_settlement, closed_contract, drawn_settlement, paid

D = Decimal
TABLE = {"优": "1.00", "良": "0.98", "中": "0.95", "差": "0.80"}


def test_milestone_then_final(cast: Cast) -> None:
    contract = signed_contract(cast)
    first = drawn_settlement(cast, contract, 1)
    # 18×1200 + 10×1500 + 1000×28 + 60×150 = 73,600.00; half of it
    assert (first.accepted_value, first.payable_amount) == (D("73600.00"), D("36800.00"))
    judged_milestone(cast, contract, 2)
    with pytest.raises(NotNow, match="还没有付清"):
        draw_settlement(contract, actor=cast.actor("buyer"), kind="final")
    paid(cast, first, "GK-1")
    assert paid_so_far(contract) == D("36800.00")
    final = draw_settlement(
        contract, actor=cast.actor("buyer"), kind="final", deductions=[("合同第 12 条", "2 场记录晚交", D("600.00"))]
    )
    assert final.payable_amount == D("186636.00") - D("600.00") - D("36800.00")
    assert sum(line.amount for line in final.lines.all()) == D("186636.00")
    with pytest.raises(Conflict):
        draw_settlement(contract, actor=cast.actor("buyer"), kind="final")


def test_what_a_milestone_deducted_stays_deducted(cast: Cast) -> None:
    contract = signed_contract(cast)
    first = drawn_settlement(cast, contract, 1, deductions=[("第 9 条", "迟交", D("800.00"))])
    assert first.payable_amount == D("36000.00")
    paid(cast, first, "GK-1")
    judged_milestone(cast, contract, 2)
    final = drawn_settlement(cast, contract, 0)
    assert final.deduction_amount == D("800.00")
    assert final.payable_amount + paid_so_far(contract) == D("185836.00")
    shown = report_of(final)
    assert [each.label for each in shown.operations] == ["核定金额", "− 此前扣减", "结算总额", "− 已付", "本次应付"]


def test_who_and_when(cast: Cast) -> None:
    contract = signed_contract(cast)
    milestone = contract.milestones.get(n=1)
    with pytest.raises(NotNow, match="验收完成"):
        draw_settlement(contract, actor=cast.actor("buyer"), kind="milestone", milestone=milestone)
    for stranger in ("other_buyer", "finance", "provider1", "leader"):
        with pytest.raises(NotAllowed):
            draw_settlement(contract, actor=cast.actor(stranger), kind="final")
    settlement = drawn_settlement(cast, contract)
    with pytest.raises(NotNow):
        approve_settlement(settlement, actor=cast.actor("leader"))
    both = replace(cast.actor("buyer"), roles=frozenset({"programme_officer", "finance_officer"}))
    with pytest.raises(NotAllowed):
        check_settlement(settlement, actor=both)
    stale = Settlement.objects.get(pk=settlement.pk)
    check_settlement(settlement, actor=cast.actor("finance"))
    with pytest.raises(Conflict):
        check_settlement(stale, actor=cast.actor("finance"))
    with pytest.raises(NotAllowed):
        return_settlement(settlement, actor=cast.actor("finance"), reason="轮到班子了")
    with pytest.raises(NotNow, match="还没有确认"):
        approve_settlement(settlement, actor=cast.actor("leader"))
    for stranger in ("provider2", "buyer", "finance"):
        with pytest.raises(NotAllowed):
            confirm_settlement(settlement, actor=cast.actor(stranger))
    confirm_settlement(settlement, actor=cast.actor("provider1"))
    with pytest.raises(NotNow, match="已经确认"):
        dispute_settlement(settlement, actor=cast.actor("provider1"), reason="晚了")
    approve_settlement(settlement, actor=cast.actor("leader"))
    assert settlement.number == "五青购结〔2026〕1号"
    assert settlement.due_at.date().isoformat() == "2026-10-08"  # 30 days is 10-01, a holiday: the next working day
    assert [e.verb for e in journal.entries_for(settlement)] == ["approve", "confirm", "check", "create"]


def test_returned_is_drawn_anew(cast: Cast) -> None:
    contract = signed_contract(cast)
    settlement = drawn_settlement(cast, contract)
    with pytest.raises(Invalid):
        return_settlement(settlement, actor=cast.actor("finance"), reason=" ")
    return_settlement(settlement, actor=cast.actor("finance"), reason="数量与验收书不符")
    milestone = contract.milestones.get(n=1)
    again = draw_settlement(contract, actor=cast.actor("buyer"), kind="milestone", milestone=milestone)
    assert again.status == "drawn"


def test_bad_deductions(cast: Cast) -> None:
    contract = signed_contract(cast)
    judged_milestone(cast, contract, 1)
    how = {"actor": cast.actor("buyer"), "kind": "milestone", "milestone": contract.milestones.get(n=1)}
    for cut in (("", "迟交", D("1.00")), ("第 9 条", "迟交", D("0.00")), ("第 9 条", "迟交", D("36800.01"))):
        with pytest.raises(Invalid):
            draw_settlement(contract, deductions=[cut], **how)
    assert not Settlement.objects.exists()


def test_quality_reaches_the_final_until_it_is_approved(cast: Cast) -> None:
    contract = signed_contract(cast)
    Contract.objects.filter(pk=contract.pk).update(quality_factors=TABLE)
    judged_milestone(cast, contract, 1)
    judged_milestone(cast, contract, 2)
    contract = Contract.objects.get(pk=contract.pk)
    settlement = drawn_settlement(cast, contract, 0)
    assert settlement.payable_amount == D("186636.00")
    record_quality(contract, "良", actor=cast.actor("evaluator"))
    with pytest.raises(Conflict, match="评价等级"):
        check_settlement(Settlement.objects.get(pk=settlement.pk), actor=cast.actor("finance"))
    return_settlement(settlement, actor=cast.actor("finance"), reason="评价等级有变化")
    again = drawn_settlement(cast, contract, 0)
    assert again.payable_amount == D("182903.28")
    approved_settlement(cast, Settlement.objects.get(pk=again.pk))
    with pytest.raises(NotNow, match="补充结算"):
        record_quality(contract, "差", actor=cast.actor("evaluator"))
    with pytest.raises(NotAllowed):
        record_quality(contract, "优", actor=cast.actor("provider1"))


def test_holds(cast: Cast) -> None:
    settlement = drawn_settlement(cast)
    holds.place_hold(settlement.contract, "finding", "审计问题未整改", actor=cast.actor("auditor"))
    with pytest.raises(NotNow, match="审计问题"):
        check_settlement(settlement, actor=cast.actor("finance"))


def test_isolation(cast: Cast) -> None:
    settlement = drawn_settlement(cast)
    assert not visible_settlements(cast.actor("provider1")).exists()
    for login in ("provider1", "provider2", "other_buyer", "street", "admin"):
        assert cast.client(login).get(settlement.get_absolute_url()).status_code == 404
    approved = approved_settlement(cast, settlement)
    assert cast.client("provider1").get(approved.get_absolute_url()).status_code == 200
    assert cast.client("provider2").get(approved.get_absolute_url()).status_code == 404


def test_report_files(cast: Cast) -> None:
    """Asked by hand, made by the outbox as the worker does: PDF with capitals and foot, workbook with formulas."""
    contract = closed_contract(cast)
    final = contract.settlements.get(kind="final")
    finance = cast.client("finance")
    ask = f"/w/reports/ask/procurement.settlement/{final.pk}/"
    assert cast.client("other_buyer").post(ask, {"format": "pdf"}).status_code == 404
    for kind in ("pdf", "xlsx", "pdf"):
        assert finance.post(ask, {"format": kind}).status_code == 302
    assert ReportJob.objects.count() == 2  # asking twice is asking once
    job = ReportJob.objects.get(format="pdf")
    card = finance.get(f"/w/reports/jobs/{job.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "hx-get" in card
    assert "排队中" in card
    print_now()
    job.refresh_from_db()
    assert job.state == "done", job.error
    card = finance.get(f"/w/reports/jobs/{job.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "下载文件" in card
    assert "hx-get" not in card
    pages = PdfReader(io.BytesIO(read(job.document))).pages
    text = "".join(page.extract_text() for page in pages).replace("\n", "")
    for words in ("壹拾肆万玖仟捌佰叁拾陆元整", "五青购结〔2026〕2号", "186,636.00", "日志", "— 1 —"):
        assert words in text, words
    answer = finance.get(f"/w/reports/jobs/{job.pk}/file/")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    for stranger in ("other_buyer", "provider2", "admin"):
        assert cast.client(stranger).get(f"/w/reports/jobs/{job.pk}/").status_code == 404
        assert cast.client(stranger).get(f"/w/reports/jobs/{job.pk}/file/").status_code == 404
    sheet = load_workbook(io.BytesIO(read(ReportJob.objects.get(format="xlsx").document)))
    lines = sheet["核定明细"]
    assert lines["G2"].value == 1200
    assert lines["H2"].value == "=ROUND(F2*G2,2)"
    assert lines["H7"].value == "=SUM(H2:H6)"
    assert Message.objects.filter(recipient_key=cast.actor("finance").user_key, kind="report").count() == 2
    assert finance.get(final.get_absolute_url()).status_code == 200


def test_failure_says_why_and_can_be_asked_again(cast: Cast, settings: object) -> None:
    settlement = approved_settlement(cast)
    job = request_report("procurement.settlement", settlement, actor=cast.actor("finance"))
    type(settlement).objects.filter(pk=settlement.pk).update(acceptance=None, milestone=None)
    ReportJob.objects.filter(pk=job.pk).update(kind="procurement.contract")  # a report about another kind of object
    print_now()
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error
    again = request_report("procurement.settlement", settlement, actor=cast.actor("finance"))
    print_now()
    again.refresh_from_db()
    assert again.state == "done", again.error


def test_report_needs_few_queries(cast: Cast) -> None:
    settlement = approved_settlement(cast)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = settlement_report(settlement)
    assert found.payable_words == "叁万陆仟捌佰元整"
    assert len(queries) <= 8


def test_a_disputed_statement_is_drawn_anew(cast: Cast) -> None:
    contract = signed_contract(cast)
    settlement = drawn_settlement(cast, contract)
    provider = cast.actor("provider1")
    assert not visible_settlements(provider).exists()
    check_settlement(settlement, actor=cast.actor("finance"))
    assert visible_settlements(provider).get() == settlement
    assert inbox(provider.user_key).filter(kind="settlement.checked").count() == 1
    assert "确认结算" in cast.client("provider1").get("/w/").content.decode()
    with pytest.raises(Invalid):
        dispute_settlement(settlement, actor=provider, reason=" ")
    dispute_settlement(settlement, actor=provider, reason="小组活动少算 2 场")
    assert "小组活动少算 2 场" in inbox(cast.actor("buyer").user_key).get(kind="settlement.disputed").sentence
    assert settlement.status == "returned"
    assert drawn_settlement_again(cast, contract).status == "drawn"


def drawn_settlement_again(cast: Cast, contract: Contract) -> Settlement:
    milestone = contract.milestones.get(n=1)
    return draw_settlement(contract, actor=cast.actor("buyer"), kind="milestone", milestone=milestone)


def test_unspent_money_goes_back_in_the_final_settlement(cast: Cast) -> None:
    contract = signed_contract(cast)
    paid(cast, drawn_settlement(cast, contract, 1), "GK-1")
    judged_milestone(cast, contract, 2)
    waiting = submitted_expense(cast, contract, "20000.00")
    how = {"actor": cast.actor("buyer"), "kind": "final", "return_unspent": True}
    contract = Contract.objects.get(pk=contract.pk)
    with pytest.raises(NotNow, match="没有审核完"):
        draw_settlement(contract, **how)
    accept_expense(waiting, actor=cast.actor("finance"))
    final = draw_settlement(contract, **how)
    cut = final.deductions.get()
    # 186,636.00 earned, 20,000.00 spent; half of 73,600.00 was paid: 16,800.00 come back.
    assert (cut.amount, final.payable_amount) == (D("166636.00"), D("20000.00") - D("36800.00"))
    assert "20,000.00" in cut.reason
