"""Special audits: joint team, programme from the contract, papers, findings, answers, report, rectification, holds."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.engagements.findings import (
    amend_finding,
    drop_finding,
    extend_finding,
    refuse_rectification,
    report_rectification,
    verify_finding,
)
from audit.engagements.models import AuditFinding, Engagement, WorkingPaper
from audit.engagements.operations import (
    add_item,
    cancel_engagement,
    close_engagement,
    enter_field,
    issue_report,
    notify_engagement,
    reply_draft,
    send_draft,
    start_engagement,
    write_paper,
)
from audit.engagements.queries import candidates, tally_of, visible_engagements, visible_findings
from audit.engagements.reports import audit_report
from audit.journal.verification import verify
from core import clock, holds, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import inbox
from core.reports import ReportJob, request_report
from core.separation import DutyRecord, note_duty
from procurement.contracts.models import Contract
from procurement.payments.models import Payment
from procurement.settlements.operations import draw_settlement
from tests.cast import Cast
from tests.journeys.audits import (
    evidence,
    field_engagement,
    found_in,
    issued_engagement,
    papered,
    sent_engagement,
    started_engagement,
)
from tests.journeys.contracts import judged_milestone, print_now, signed_contract
from tests.journeys.expenses import accepted_expense
from tests.journeys.settlements import closed_contract, drawn_settlement, paid


def verbs(thing: Any) -> list[str]:
    return [entry.verb for entry in journal.entries_for(thing)]


def test_the_whole_way(cast: Cast) -> None:
    contract = signed_contract(cast)
    engagement, finding = issued_engagement(cast, contract)
    assert (engagement.status, finding.status) == ("rectifying", "open")
    assert engagement.number == "五青审通〔2026〕1号"
    assert engagement.report_number == "五青审〔2026〕1号"
    contract.refresh_from_db()
    with pytest.raises(NotNow, match="尚未办结"):
        holds.require_no_hold(contract, "incentive")
    holds.require_no_hold(contract)
    with pytest.raises(NotNow, match="没有整改合格"):
        close_engagement(engagement, actor=cast.actor("auditor"))
    provider = cast.actor("provider1")
    proof = evidence(cast, "退款凭证.txt")
    with pytest.raises(Invalid):
        report_rectification(finding, actor=provider, answer="已退款", papers=[])
    with pytest.raises(Invalid):
        report_rectification(finding, actor=provider, answer="退款", papers=[proof], put_right=Decimal("1200.01"))
    with pytest.raises(NotAllowed):
        report_rectification(finding, actor=cast.actor("buyer"), answer="已退款", papers=[proof])
    report_rectification(finding, actor=provider, answer="已退款", papers=[proof])
    with pytest.raises(NotAllowed):
        verify_finding(finding, actor=cast.actor("archivist"))
    refuse_rectification(finding, actor=cast.actor("discipline"), reason="没有银行回单", due_on=date(2026, 11, 15))
    assert (finding.status, finding.due_on) == ("open", date(2026, 11, 15))
    report_rectification(finding, actor=provider, answer="附回单", papers=[proof], put_right=Decimal("1200.00"))
    verify_finding(finding, actor=cast.actor("district_finance"))
    holds.require_no_hold(contract, "incentive")
    close_engagement(engagement, actor=cast.actor("auditor"))
    assert engagement.status == "closed"
    assert verbs(finding) == ["verify", "report", "refuse", "report", "issue", "create"]
    assert verbs(engagement)[:4] == ["close", "issue", "complete", "reply"]
    assert [each for each in verify()[1] if each.object_key.startswith("audit.")] == []
    found = tally_of(AuditFinding.objects.all())
    assert (found.findings, found.open, found.amount, found.put_right) == (1, 0, Decimal("1200.00"), Decimal("1200.00"))


def test_the_programme_follows_the_contract(cast: Cast) -> None:
    contract = signed_contract(cast)
    accepted_expense(cast, contract)
    paid(cast, drawn_settlement(cast, contract, 1), "GK-1")
    engagement = started_engagement(cast, contract)
    items = list(engagement.items.all())
    assert [each.n for each in items] == list(range(1, len(items) + 1))
    by_origin = {each.origin: each for each in items}
    assert {each.scope for each in items} == {"process", "tasks", "funds"}
    assert sum(each.origin == "line" for each in items) == contract.lines.count()
    assert sum(each.origin == "milestone" for each in items) == contract.milestones.count()
    assert sum(each.origin == "standard" for each in items) == contract.standards.count()
    assert "1 笔，1,200.00 元" in by_origin["expenses"].recorded
    assert "已付 36,800.00 元，凭证 GK-1" in by_origin["settlement"].recorded
    assert by_origin["settlement"].subject.startswith("procurement.settlement:")
    for each in items:
        if each.address:
            assert cast.client("auditor").get(each.address).status_code == 200, each.address


def test_who_may_start_and_sit(cast: Cast) -> None:
    contract = signed_contract(cast)
    with pytest.raises(NotAllowed):
        start_engagement(
            contract, actor=cast.actor("discipline"), reason="x", members=[], field_on=clock.today(),
            due_on=clock.today(),
        )  # fmt: skip
    with pytest.raises(Invalid) as refusal:
        started_engagement(cast, contract, members=[], reason=" ", due_on=clock.today() - timedelta(days=1))
    assert set(refusal.value.errors) == {"members", "reason", "due_on"}
    people = {str(each.user) for each in candidates(contract)}
    assert len(people) == 3
    started_engagement(cast, contract)
    with pytest.raises(Conflict):
        started_engagement(cast, contract)
    duties = DutyRecord.objects.filter(case_key=contract.case_key, duty="audit")
    assert duties.count() == 3


def test_who_took_part_does_not_audit_nor_the_other_way_round(cast: Cast) -> None:
    contract = signed_contract(cast)
    with transaction.atomic():
        note_duty(contract.case_key, cast.actor("discipline"), "open_bids")
    with pytest.raises(NotAllowed, match="开启申报"):
        started_engagement(cast, contract)
    assert not Engagement.objects.exists()
    finance = [each for each in candidates(contract) if each.role == "district_finance"]
    started_engagement(cast, contract, members=finance)
    with pytest.raises(NotAllowed, match="专项审计"), transaction.atomic():
        note_duty(contract.case_key, cast.actor("auditor"), "approve_payment")


def test_the_notice_comes_three_days_before(cast: Cast) -> None:
    engagement = started_engagement(cast, signed_contract(cast))
    with pytest.raises(NotAllowed):
        notify_engagement(engagement, actor=cast.actor("discipline"))
    assert not visible_engagements(cast.actor("provider1")).exists()
    notify_engagement(engagement, actor=cast.actor("auditor"))
    assert visible_engagements(cast.actor("provider1")).count() == 1
    assert inbox(cast.actor("provider1").user_key).filter(kind="engagement.notified").count() == 1
    with clock.travel("2026-09-03 20:00"), pytest.raises(NotNow, match="2026-09-04"):
        enter_field(engagement, actor=cast.actor("auditor"))
    with clock.travel("2026-09-04 09:00"):
        enter_field(engagement, actor=cast.actor("auditor"))
    with pytest.raises(NotNow):
        cancel_engagement(engagement, actor=cast.actor("auditor"), reason="改期")


def test_cancelled_frees_the_contract(cast: Cast) -> None:
    contract = signed_contract(cast)
    engagement = started_engagement(cast, contract)
    with pytest.raises(Invalid):
        cancel_engagement(engagement, actor=cast.actor("auditor"), reason=" ")
    cancel_engagement(engagement, actor=cast.actor("auditor"), reason="合并到年底")
    started_engagement(cast, contract)


def test_papers_are_versions_with_evidence(cast: Cast) -> None:
    contract = signed_contract(cast)
    expense = accepted_expense(cast, contract)
    engagement = field_engagement(cast, contract)
    item = engagement.items.get(origin="expenses")
    actor = cast.actor("district_finance")
    with pytest.raises(NotAllowed):
        write_paper(item, actor=cast.actor("finance"), facts="x", conclusion="ok")
    with pytest.raises(Invalid) as refusal:
        write_paper(item, actor=actor, facts="凭证不清", conclusion="issue")
    assert "papers" in refusal.value.errors
    kept = expense.files.get().document
    first = write_paper(item, actor=actor, facts="凭证不清", conclusion="issue", platform=[str(kept.pk), "stranger"])
    assert [each.is_platform for each in first.evidence.all()] == [True]
    second = write_paper(item, actor=actor, facts="凭证不清，另附说明", conclusion="issue", papers=[evidence(cast)])
    assert [paper.n for paper in item.papers.all()] == [2, 1] == [second.n, first.n]
    with pytest.raises(DatabaseError), transaction.atomic():
        WorkingPaper.objects.filter(pk=first.pk).update(facts="别的")
    engagement.refresh_from_db()
    entry = journal.entries_for(engagement, 1)[0]
    assert (entry.verb, entry.facts["paper"]) == ("write", 2)


def test_items_are_added_until_the_draft(cast: Cast) -> None:
    engagement = field_engagement(cast, signed_contract(cast))
    before = engagement.items.count()
    given = {"scope": "funds", "title": "现金支出", "expected": "不超过 5%", "method": "逐笔核对"}
    with pytest.raises(Invalid):
        add_item(engagement, actor=cast.actor("discipline"), **(given | {"scope": "?", "method": ""}))
    add_item(engagement, actor=cast.actor("discipline"), **given)
    assert engagement.items.count() == before + 1
    assert engagement.items.last().origin == "own"


def test_the_draft_waits_for_papers_and_findings(cast: Cast) -> None:
    engagement = field_engagement(cast, signed_contract(cast))
    auditor = cast.actor("auditor")
    with pytest.raises(NotNow, match="没有底稿"):
        send_draft(engagement, actor=auditor, opinion="合规")
    item = engagement.items.first()
    with pytest.raises(NotNow, match="先在底稿"):
        found_in(cast, item)
    for each in engagement.items.all():
        write_paper(each, actor=auditor, facts="不符", conclusion="issue" if each.pk == item.pk else "ok",
                    papers=[evidence(cast)])  # fmt: skip
    engagement.refresh_from_db()
    with pytest.raises(NotNow, match="还没有写成审计发现"):
        send_draft(engagement, actor=auditor, opinion="合规")
    finding = found_in(cast, item)
    assert not visible_findings(cast.actor("leader")).exists()
    with pytest.raises(NotAllowed):
        send_draft(engagement, actor=cast.actor("discipline"), opinion="合规")
    send_draft(engagement, actor=auditor, opinion="合规")
    assert clock.local(engagement.reply_due_at).date() == date(2026, 9, 11)
    assert visible_findings(cast.actor("leader")).get() == finding
    assert inbox(cast.actor("provider1").user_key).filter(kind="engagement.draft").count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": Decimal("-0.01")}, "amount"),
        ({"due_on": date(2026, 9, 1)}, "due_on"),
        ({"clause": " "}, "clause"),
        ({"kind": "?"}, "kind"),
        ({"responsible": "nobody"}, "responsible"),
    ],
)
def test_a_finding_names_amount_clause_and_day(cast: Cast, changes: dict[str, Any], field: str) -> None:
    engagement = field_engagement(cast, signed_contract(cast))
    item = engagement.items.first()
    write_paper(item, actor=cast.actor("auditor"), facts="不符", conclusion="issue", papers=[evidence(cast)])
    with pytest.raises(Invalid) as refusal:
        found_in(cast, item, **changes)
    assert list(refusal.value.errors) == [field]


def test_answers_and_what_is_made_of_them(cast: Cast) -> None:
    engagement, finding = sent_engagement(cast, signed_contract(cast))
    auditor = cast.actor("auditor")
    with pytest.raises(NotNow, match="答复期满"):
        issue_report(engagement, actor=auditor)
    with pytest.raises(NotAllowed):
        reply_draft(engagement, actor=cast.actor("provider2"), agrees=True)
    with pytest.raises(Invalid):
        reply_draft(engagement, actor=cast.actor("provider1"), agrees=False)
    reply_draft(engagement, actor=cast.actor("provider1"), agrees=False, text="有供货清单，附后。")
    with pytest.raises(Conflict):
        reply_draft(engagement, actor=cast.actor("provider1"), agrees=True)
    engagement.refresh_from_db()
    reply_draft(engagement, actor=cast.actor("leader"), agrees=True)
    assert engagement.status == "responded"
    with pytest.raises(Invalid, match="采纳情况"):
        issue_report(engagement, actor=auditor)
    columns = {
        n: getattr(finding, n) for n in ("kind", "title", "statement", "clause", "demand", "responsible", "due_on")
    }
    amend_finding(finding, actor=auditor, **columns, amount=Decimal("600.00"))
    assert journal.entries_for(finding, 1)[0].facts == {"before": {"amount": "1200.00"}}
    drop_finding(finding, actor=auditor, reason="清单属实")
    issue_report(engagement, actor=auditor, conclusion="采纳。")
    assert engagement.status == "final"
    holds.require_no_hold(engagement.contract, "incentive")
    assert not visible_findings(cast.actor("leader")).exists()
    close_engagement(engagement, actor=auditor)


def test_a_silent_side_does_not_stop_the_report(cast: Cast) -> None:
    engagement, finding = sent_engagement(cast, signed_contract(cast))
    with clock.travel("2026-09-12 00:00"):
        with pytest.raises(NotNow):
            reply_draft(engagement, actor=cast.actor("leader"), agrees=True)
        issue_report(engagement, actor=cast.actor("auditor"))
    finding.refresh_from_db()
    assert finding.status == "open"
    finding = AuditFinding.objects.select_related("engagement").get(pk=finding.pk)
    with pytest.raises(Invalid):
        extend_finding(finding, actor=cast.actor("auditor"), reason="疫情", due_on=date(2026, 10, 31))
    extend_finding(finding, actor=cast.actor("auditor"), reason="银行排期", due_on=date(2026, 11, 30))
    assert not finding.is_late
    with clock.travel("2026-12-01 09:00"):
        assert finding.is_late
        assert tally_of(AuditFinding.objects.all()).late == 1


def test_open_findings_never_stop_a_payment(cast: Cast) -> None:
    contract = signed_contract(cast)
    issued_engagement(cast, contract)
    contract = Contract.objects.get(pk=contract.pk)
    paid(cast, drawn_settlement(cast, contract, 1), "GK-9")
    judged_milestone(cast, contract, 2)
    paid(cast, draw_settlement(Contract.objects.get(pk=contract.pk), actor=cast.actor("buyer"), kind="final"), "GK-10")
    assert Payment.objects.filter(status="paid").count() == 2
    with pytest.raises(NotNow):
        holds.require_no_hold(contract, "incentive")


def test_the_hold_stays_until_the_last_finding(cast: Cast) -> None:
    contract = closed_contract(cast)
    engagement = field_engagement(cast, contract)
    first = papered(cast, engagement, responsible="buyer")
    second = found_in(cast, first.item, title="第二条")
    engagement = Engagement.objects.select_related("contract", "buyer").get(pk=engagement.pk)
    send_draft(engagement, actor=cast.actor("auditor"), opinion="合规")
    for login in ("leader", "provider1"):
        reply_draft(engagement, actor=cast.actor(login), agrees=True)
    issue_report(engagement, actor=cast.actor("auditor"))
    for each, login in ((first, "finance"), (second, "provider1")):
        finding = AuditFinding.objects.select_related("engagement").get(pk=each.pk)
        assert holds.active_holds(contract).count() == 1
        report_rectification(finding, actor=cast.actor(login), answer="已整改", papers=[evidence(cast)])
        verify_finding(finding, actor=cast.actor("auditor"))
    assert not holds.active_holds(contract).exists()


def test_the_report_says_what_was_found(cast: Cast) -> None:
    engagement, _finding = sent_engagement(cast, signed_contract(cast))
    draft = audit_report(engagement)
    assert (draft.draft, draft.number, draft.total) == (True, "", Decimal("1200.00"))
    reply_draft(engagement, actor=cast.actor("provider1"), agrees=False, text="不同意第一条。")
    reply_draft(engagement, actor=cast.actor("leader"), agrees=True)
    issue_report(engagement, actor=cast.actor("auditor"), conclusion="不采纳。")
    found = audit_report(engagement)
    assert not found.draft
    assert dict(found.replies) == {"承接单位": "不同意第一条。", "采购人": "没有异议。"}
    assert [label for label, _rows in found.scopes] == ["服务过程", "任务完成", "资金使用"]
    assert all(rows for _label, rows in found.scopes)
    assert found.findings[0].state == "待整改"
    assert audit_report(engagement).data_digest == found.data_digest != draft.data_digest


def test_pages_by_clicks(cast: Cast) -> None:
    contract = signed_contract(cast)
    auditor = cast.client("auditor")
    assert contract.title in auditor.get("/w/engagements/new/").content.decode()
    assert "发起专项审计" in auditor.get(contract.get_absolute_url()).content.decode()
    start = f"/w/engagements/start/{contract.pk}/"
    page = auditor.get(start).content.decode()
    assert "纪检 韩正" in page
    assert cast.client("finance").get(start).status_code == 403
    assert cast.client("other_buyer").get(start).status_code == 404
    chosen = [str(each.pk) for each in candidates(contract) if each.role == "discipline_officer"]
    sent = {"why": "年度计划", "members": chosen, "field_on": "2026-09-05", "due_on": "2026-09-25"}
    assert auditor.post(start, sent | {"members": [], "idempotency_key": "0"}).status_code == 422
    assert auditor.post(start, sent | {"idempotency_key": "1"}).status_code == 302
    engagement = Engagement.objects.get()
    url = engagement.get_absolute_url()
    assert "发审计通知书" in auditor.get(url).content.decode()
    assert auditor.post(f"{url}notify/", {"version": engagement.version, "idempotency_key": "2"}).status_code == 302
    engagement.refresh_from_db()
    with clock.travel("2026-09-05 09:00"):
        url = engagement.get_absolute_url()
        auditor = cast.client("auditor")
        assert auditor.post(f"{url}enter/", {"version": engagement.version, "idempotency_key": "3"}).status_code == 302
        item = engagement.items.get(origin="activities")
        discipline = cast.client("discipline")
        assert "编底稿" in discipline.get("/w/").content.decode()
        assert cast.client("provider1").get(item.get_absolute_url()).status_code == 404
        assert cast.client("leader").get(item.get_absolute_url()).status_code == 404
        body = {"facts": "抽查五场，一场没有签到表。", "conclusion": "issue", "idempotency_key": "4"}
        assert discipline.post(item.get_absolute_url(), body).status_code == 422
        body |= {"papers": SimpleUploadedFile("照片说明.txt", "现场说明".encode()), "idempotency_key": "5"}
        assert discipline.post(item.get_absolute_url(), body).status_code == 302
        page = discipline.get(item.get_absolute_url()).content.decode()
        assert "写审计发现" in page
        assert "照片说明.txt" in page
        form = discipline.get(f"{item.get_absolute_url()}finding/").content.decode()
        assert "一场没有签到表" in form
        found = {
            "kind": "volume", "title": "一场没有签到表", "statement": "无签到", "amount": "28.00", "clause": "合同第三条",
            "demand": "扣减", "responsible": "provider", "due_on": "2026-10-30", "idempotency_key": "6",
        }  # fmt: skip
        assert discipline.post(f"{item.get_absolute_url()}finding/", found).status_code == 302
        finding = AuditFinding.objects.get()
        for login, status in (
            ("auditor", 200),
            ("provider1", 404),
            ("leader", 404),
            ("street", 404),
            ("other_buyer", 404),
        ):
            assert cast.client(login).get(finding.get_absolute_url()).status_code == status, login
            expected = 200 if login in {"auditor", "provider1", "leader"} else 404
            assert cast.client(login).get(url).status_code == expected, login
        assert "服务活动真实性" not in cast.client("provider1").get(url).content.decode()
        paper = item.papers.first().evidence.first()
        link = f"/w/engagements/{engagement.pk}/files/{paper.document_id}/"
        assert auditor.get(link).status_code == 200
        assert cast.client("provider1").get(link).status_code == 404


def test_desks_and_pages_of_the_auditees(cast: Cast) -> None:
    contract = signed_contract(cast)
    engagement, finding = sent_engagement(cast, contract)
    for login in ("leader", "provider1"):
        client = cast.client(login)
        assert "审计报告征求意见" in client.get("/w/").content.decode(), login
        assert finding.title in client.get(engagement.get_absolute_url()).content.decode(), login
        sent = {"version": engagement.version, "agrees": "yes", "idempotency_key": login}
        assert client.post(f"{engagement.get_absolute_url()}reply/", sent).status_code == 302
        engagement.refresh_from_db()
    auditor = cast.client("auditor")
    assert "办下一步" in auditor.get("/w/").content.decode()
    issue = f"{engagement.get_absolute_url()}issue/"
    assert (
        auditor.post(issue, {"version": engagement.version, "password": "no", "idempotency_key": "i"}).status_code
        == 422
    )
    sent = {"version": engagement.version, "password": "cast-Passw0rd", "idempotency_key": "j"}
    assert auditor.post(issue, sent).status_code == 302
    provider = cast.client("provider1")
    assert "报告整改" in provider.get("/w/").content.decode()
    finding.refresh_from_db()
    proof = SimpleUploadedFile("回单.txt", "回单".encode())
    sent = {
        "version": finding.version,
        "answer": "已退",
        "put_right": "1,200.00",
        "papers": proof,
        "idempotency_key": "k",
    }
    assert provider.post(f"{finding.get_absolute_url()}report/", sent).status_code == 302
    assert "核验" in cast.client("discipline").get("/w/").content.decode()
    assert "回单.txt" in provider.get(finding.get_absolute_url()).content.decode()
    for login in ("auditor", "discipline", "district_finance", "archivist", "buyer", "provider1"):
        client = cast.client(login)
        assert client.get("/w/engagements/").context["count"] == 1, login
        assert client.get("/w/findings/?status=reported").context["count"] == 1, login
    assert cast.client("provider2").get("/w/findings/").context["count"] == 0


def test_an_audit_page_asks_the_same_of_one_paper_and_of_thirty(cast: Cast) -> None:
    engagement = field_engagement(cast, signed_contract(cast))
    client = cast.client("auditor")

    def asked() -> int:
        client.get(engagement.get_absolute_url())
        with CaptureQueriesContext(connection) as found:
            assert client.get(engagement.get_absolute_url()).status_code == 200
        return len(found)

    item = engagement.items.first()
    write_paper(item, actor=cast.actor("auditor"), facts="符合", conclusion="issue", papers=[evidence(cast)])
    found_in(cast, item)
    first = asked()
    for n in range(29):
        add_item(Engagement.objects.get(pk=engagement.pk), actor=cast.actor("auditor"), scope="funds",
                 title=f"事项{n}", expected="应有", method="核对")  # fmt: skip
    for each in engagement.items.filter(origin="own"):
        write_paper(each, actor=cast.actor("auditor"), facts="不符", conclusion="issue", papers=[evidence(cast)])
        found_in(cast, each)
    assert asked() == first


def test_the_pdf_is_made(cast: Cast) -> None:
    engagement, _finding = issued_engagement(cast, signed_contract(cast))
    job = request_report("audit.engagement", engagement, actor=cast.actor("provider1"))
    print_now()
    job = ReportJob.objects.get(pk=job.pk)
    assert (job.state, job.error) == ("done", "")
    assert cast.client("leader").get(f"/w/reports/jobs/{job.pk}/file/").status_code == 200
    assert cast.client("provider2").get(f"/w/reports/jobs/{job.pk}/file/").status_code == 404
