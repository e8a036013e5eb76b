"""Incentives: nominated with both benefits, reviewed by two offices, published, objected to, paid; never with an open finding."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.organizations.operations import (
    apply_account_changes,
    confirm_account,
    propose_account,
    suspend_organization,
)
from audit.engagements.findings import report_rectification, verify_finding
from audit.engagements.models import AuditFinding
from core import clock, holds, journal
from core.actor import Actor
from core.documents import store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from evaluation.assessments.models import Assessment, Grading
from evaluation.incentives.forms import TERMS
from evaluation.incentives.models import Incentive, IncentivePaper, Scheme
from evaluation.incentives.operations import (
    clear_discipline,
    clear_funds,
    decide_incentive,
    dismiss_objection,
    enter_objection,
    refuse_incentive,
    revoke_incentive,
    uphold_objection,
    withdraw_incentive,
)
from evaluation.incentives.paying import bounce_grant, record_grant, request_grant
from evaluation.incentives.queries import standings, visible_incentives, visible_schemes
from evaluation.incentives.reports import application_of
from evaluation.incentives.schemes import close_scheme, edit_scheme, publish_scheme
from procurement.awards.models import Award
from procurement.budgets.models import Allocation, BudgetLine, LedgerEntry
from procurement.contracts.models import Contract
from procurement.final_accounts.figures import figures_of
from procurement.final_accounts.models import FinalAccountRow
from procurement.final_accounts.operations import (
    approve_account,
    draw_account,
    explain_account,
    review_account,
    submit_account,
)
from procurement.final_accounts.queries import movements_behind, unexplained
from procurement.notices.models import Notice
from procurement.orders.models import Lot
from tests.cast import Cast
from tests.journeys.audits import issued_engagement
from tests.journeys.evaluation import final_assessment, finished_contract
from tests.journeys.incentives import (
    best_assessment,
    drafted_scheme,
    nominated_incentive,
    paid_incentive,
    published_incentive,
    published_scheme,
    reviewed_incentive,
)

D = Decimal


@pytest.fixture
def contract(cast: Cast) -> Contract:
    """A finished contract graded 优."""
    return best_assessment(cast).contract


@pytest.fixture
def scheme(cast: Cast) -> Scheme:
    return published_scheme(cast)


def verbs(thing: Any) -> list[str]:
    return [entry.verb for entry in journal.entries_for(thing)][::-1]


def after(incentive: Incentive, days: int = 3) -> Any:
    """Some days after the publicity."""
    assert incentive.publicity_ends_at is not None
    return clock.travel(incentive.publicity_ends_at + timedelta(days=days))


def line_of(scheme: Scheme) -> BudgetLine:
    return BudgetLine.objects.get(pk=scheme.line_id)


def test_from_the_scheme_to_the_final_account(cast: Cast, contract: Contract) -> None:
    """One walk: the money is planned, bound and paid in the ledger, and the year's account holds it to the fen."""
    scheme = drafted_scheme(cast)
    with pytest.raises(NotAllowed):
        publish_scheme(scheme, actor=cast.actor("buyer"))
    publish_scheme(scheme, actor=cast.actor("leader"))
    assert line_of(scheme).planned_amount == D("50000.00")
    incentive = paid_incentive(cast, nominated_incentive(cast, scheme, contract))
    allocation = Allocation.objects.get(case=str(scheme.pk))
    assert (allocation.planned_amount, allocation.contracted_amount, allocation.paid_amount) == (
        D("50000.00"),
        D("15000.00"),
        D("15000.00"),
    )
    entries = LedgerEntry.objects.filter(allocation=allocation).order_by("n")
    assert [(each.kind, each.amount) for each in entries] == [
        ("plan", D("50000.00")),
        ("contract", D("15000.00")),
        ("pay", D("15000.00")),
    ]
    assert entries[2].booked_on == incentive.paid_on
    assert entries[2].reference == incentive.journal_key
    assert verbs(incentive) == [
        "create",
        "clear_funds",
        "clear_discipline",
        "complete",
        "decide",
        "request_payment",
        "record",
    ]
    assert incentive.payee["bank_account"] == cast.org("provider1").bank_account
    assert incentive.number == "五青奖补〔2026〕1号"
    for notice in (incentive.notice, incentive.result_notice):
        assert notice is not None
        page = Client().get(notice.get_absolute_url())
        assert page.status_code == 200
        assert "15,000.00" in page.content.decode()
    assert incentive.result_notice is not None
    assert incentive.result_notice.replaces_id == incentive.notice_id
    assert figures_of(cast.org("buyer").pk, 2026).total().final >= D("15000.00")
    with clock.travel("2027-01-12 10:00"):
        account = draw_account(cast.org("buyer"), actor=cast.actor("finance"), year=2026)
        for dimension, _label in FinalAccountRow.DIMENSIONS:
            rows = account.rows.filter(dimension=dimension)
            assert sum((each.final for each in rows), D("0.00")) == account.final_amount, dimension
        for row in account.rows.all():
            behind = movements_behind(account, row, cast.actor("auditor"))
            assert sum((move.amount for move in behind), D("0.00")) == row.final, row.name
        project = incentive.contract.award.lot.order.project
        assert not account.rows.filter(name="未归类", dimension__in=("street", "category")).exists()
        row = account.rows.get(dimension="category", name=project.item.category_name)
        assert account.rows.get(dimension="street", name=project.region.name).final == row.final == account.final_amount
        moves = movements_behind(account, row, cast.actor("auditor"))
        (move,) = [each for each in moves if each.entry.reference == incentive.journal_key]
        assert move.amount == D("15000.00")
        assert move.url == f"/w/incentives/{incentive.pk}/"
        assert cast.client("finance").get(move.url).status_code == 200
        notes = {row.n: "年末未用完" for row in unexplained(account)}
        explain_account(account, actor=cast.actor("finance"), notes=notes)
        submit_account(account, actor=cast.actor("finance"))
        review_account(account, actor=cast.actor("auditor"))
        assert approve_account(account, actor=cast.actor("leader")).status == "approved"


def test_who_nominates_reviews_decides_and_pays_is_another_person_each_time(
    cast: Cast, scheme: Scheme, contract: Contract
) -> None:
    with pytest.raises(NotAllowed):
        nominated_incentive(cast, scheme, contract, "provider2")
    incentive = nominated_incentive(cast, scheme, contract, "provider1")
    assert incentive.origin == "applied"
    everything = frozenset(
        {"programme_officer", "funds_reviewer", "discipline_officer", "leader", "finance_officer", "cashier"}
    )
    one = Actor(**{**cast.actor("auditor").__dict__, "roles": everything})
    clear_funds(incentive, actor=one, opinion="无误。")
    for verb, how in ((clear_discipline, {"opinion": "无误。"}), (clear_funds, {"opinion": "无误。"})):
        with pytest.raises(NotAllowed):
            verb(incentive, actor=one, **how)
    clear_discipline(incentive, actor=cast.actor("discipline"), opinion="无误。")
    with pytest.raises(NotAllowed):
        decide_incentive(incentive, actor=one, amount=D("1.00"), basis="会议")
    both = Actor(**{**cast.actor("leader").__dict__, "roles": everything})
    decide_incentive(incentive, actor=both, amount=D("15000.00"), basis="会议")
    with after(incentive):
        with pytest.raises(NotAllowed):
            request_grant(incentive, actor=both)
        finance = Actor(**{**cast.actor("finance").__dict__, "roles": everything})
        request_grant(incentive, actor=finance)
        for actor in (both, finance):
            with pytest.raises(NotAllowed):
                record_grant(incentive, actor=actor, voucher_number="X", paid_on=clock.today())
    # Even past the code: the database keeps the two reviewers apart.
    with pytest.raises(IntegrityError), transaction.atomic():
        Incentive.objects.filter(pk=incentive.pk).update(discipline_by_key=incentive.funds_by_key)


def test_only_the_best_without_findings_within_the_caps(cast: Cast, scheme: Scheme, contract: Contract) -> None:
    with pytest.raises(Invalid, match=r"一家不超过 20,000\.00"):
        nominated_incentive(cast, scheme, contract, asked_amount=D("20000.01"))
    for name in ("social", "economic"):
        with pytest.raises(Invalid) as refusal:
            nominated_incentive(cast, scheme, contract, **{f"{name}_papers": []})
        assert set(refusal.value.errors) == {f"{name}_papers"}
        with pytest.raises(Invalid) as refusal:
            nominated_incentive(cast, scheme, contract, **{f"{name}_benefit": " "})
        assert set(refusal.value.errors) == {f"{name}_benefit"}
    with clock.travel("2027-01-02 09:00"), pytest.raises(NotNow, match="截止"):
        nominated_incentive(cast, scheme, contract)
    assert not Incentive.objects.exists()
    incentive = nominated_incentive(cast, scheme, contract)
    with pytest.raises(Conflict):
        nominated_incentive(cast, scheme, contract)
    withdraw_incentive(incentive, actor=cast.actor("buyer"), reason="金额要重算")
    again = nominated_incentive(cast, scheme, contract)
    refuse_incentive(again, actor=cast.actor("auditor"), reason="凭证不全")
    assert (incentive.status, again.status) == ("withdrawn", "refused")


def test_a_good_project_is_not_the_best(cast: Cast, scheme: Scheme) -> None:
    """良 is refused with its reasons, by operation and on the page."""
    good = final_assessment(cast).contract
    (standing,) = standings(scheme, [good])
    assert standing.grading is not None
    assert standing.grading.grade == "良"
    with pytest.raises(NotNow, match="评价等级为「良」，只奖励「优」"):
        nominated_incentive(cast, scheme, good)
    page = cast.client("provider1").get(scheme.get_absolute_url()).content.decode()
    assert "只奖励「优」" in page
    assert "/w/incentives/nominate/" not in page


def test_an_open_finding_stops_it_at_each_step_until_it_is_put_right(
    cast: Cast, scheme: Scheme, contract: Contract
) -> None:
    """The hold that the audit places is asked at nomination, review, decision, request and payment (R46, 6.1)."""
    incentive = published_incentive(cast, nominated_incentive(cast, scheme, contract))
    _engagement, finding = issued_engagement(cast, contract)
    with after(incentive):
        with pytest.raises(NotNow, match="提出 1 条问题，尚未办结"):
            request_grant(incentive, actor=cast.actor("finance"))
        page = cast.client("finance").get(incentive.get_absolute_url()).content.decode()
        assert "暂缓：" in page
        proof = store(b"slip", name="回单.txt", actor=cast.actor("provider1"), purpose="audit_rectification")
        report_rectification(finding, actor=cast.actor("provider1"), answer="已退回。", papers=[proof])
        verify_finding(AuditFinding.objects.get(pk=finding.pk), actor=cast.actor("auditor"))
        request_grant(incentive, actor=cast.actor("finance"))
        holds.place_hold(contract, "audit_finding", "专项审计又有发现", actor=cast.actor("auditor"))
        with pytest.raises(NotNow, match="又有发现"):
            record_grant(incentive, actor=cast.actor("cashier"), voucher_number="GK-1", paid_on=clock.today())
    assert Allocation.objects.get(case=str(scheme.pk)).paid_amount == D("0.00")
    # What is held against the provider itself counts as well.
    holds.lift_holds(contract, "audit_finding", actor=cast.actor("auditor"))
    with after(incentive):
        holds.place_hold(cast.org("provider1"), "credit", "列入失信名单", actor=cast.actor("procurer"))
        with pytest.raises(NotNow, match="失信"):
            record_grant(incentive, actor=cast.actor("cashier"), voucher_number="GK-1", paid_on=clock.today())


def test_a_suspended_provider_or_a_changing_account_waits(cast: Cast, scheme: Scheme, contract: Contract) -> None:
    incentive = published_incentive(cast, nominated_incentive(cast, scheme, contract))
    provider = cast.org("provider1")
    with pytest.raises(NotNow, match="公示到"):
        request_grant(incentive, actor=cast.actor("finance"))
    with after(incentive):
        propose_account(provider, actor=cast.actor("provider1"), bank_name="新行", bank_account="6222000099990001")
        with pytest.raises(NotNow, match="变更收款账户"):
            request_grant(incentive, actor=cast.actor("finance"))
        provider.refresh_from_db()
        confirm_account(provider, actor=cast.actor("finance"), bank_account="6222000099990001")
    with after(incentive, 5):
        apply_account_changes()
        request_grant(incentive, actor=cast.actor("finance"))
        assert incentive.payee["bank_account"] == "6222000099990001"
        provider.refresh_from_db()
        suspend_organization(provider, actor=cast.actor("procurer"), until=date(2027, 1, 1), reason="虚假材料")
        with pytest.raises(NotNow, match="暂停资格"):
            record_grant(incentive, actor=cast.actor("cashier"), voucher_number="GK-1", paid_on=clock.today())


def test_an_objection_is_answered_and_one_that_holds_takes_everything_back(
    cast: Cast, scheme: Scheme, contract: Contract
) -> None:
    incentive = published_incentive(cast, nominated_incentive(cast, scheme, contract))
    officer = cast.actor("discipline")
    with pytest.raises(NotAllowed):
        enter_objection(incentive, actor=cast.actor("leader"), text="数据不实")
    enter_objection(incentive, actor=officer, text="受益人数不实", by_name="王某", contact="13800000000")
    enter_objection(incentive, actor=officer, text="配套资金不实")
    with after(incentive), pytest.raises(NotNow):
        request_grant(incentive, actor=cast.actor("finance"))
    told = {
        login: cast.client(login).get(incentive.get_absolute_url()).content.decode()
        for login in ("discipline", "leader", "provider1")
    }
    assert ["13800000000" in told[each] for each in told] == [True, False, False]
    assert ["受益人数不实" in told[each] for each in told] == [True, True, False]
    assert not any("13800000000" in str(entry.facts) for entry in journal.entries_for(incentive))
    dismiss_objection(incentive, actor=officer, answer="抽查名册，属实。")
    assert incentive.status == "objected"
    dismiss_objection(incentive, actor=officer, answer="核对票据，属实。")
    assert incentive.status == "published"
    enter_objection(incentive, actor=officer, text="重复申报")
    uphold_objection(incentive, actor=officer, answer="同一成果已在别处获奖。")
    assert incentive.status == "revoked"
    allocation = Allocation.objects.get(case=str(scheme.pk))
    assert (allocation.planned_amount, allocation.contracted_amount) == (D("50000.00"), D("0.00"))
    assert incentive.result_notice is not None
    assert incentive.result_notice.kind == "incentive_void"
    assert verbs(incentive)[-6:] == ["object", "dismiss", "dismiss", "resume", "object", "uphold"]
    # It came to nothing, so the contract may be nominated again; when it is revoked anew nothing stays bound.
    again = published_incentive(cast, nominated_incentive(cast, scheme, contract))
    with after(again), pytest.raises(NotNow, match="公示期已过"):
        enter_objection(again, actor=officer, text="迟到")
    revoke_incentive(again, actor=cast.actor("leader"), reason="单位放弃")
    allocation.refresh_from_db()
    assert allocation.contracted_amount == D("0.00")
    assert close_scheme(scheme, actor=cast.actor("leader")).status == "closed"
    assert line_of(scheme).planned_amount == D("0.00")


def test_what_the_bank_gave_back_is_paid_again(cast: Cast, scheme: Scheme, contract: Contract) -> None:
    incentive = paid_incentive(cast, nominated_incentive(cast, scheme, contract))
    with after(incentive, 9):
        with pytest.raises(Invalid):
            bounce_grant(
                incentive, actor=cast.actor("cashier"), reason="户名不符", bounce_voucher="", bounced_on=clock.today()
            )
        bounce_grant(
            incentive, actor=cast.actor("cashier"), reason="户名不符", bounce_voucher="TP-1", bounced_on=clock.today()
        )
        request_grant(incentive, actor=cast.actor("finance"))
        record_grant(incentive, actor=cast.actor("cashier"), voucher_number="GK-JL-2", paid_on=clock.today())
    kinds = LedgerEntry.objects.filter(reference=incentive.journal_key).order_by("n").values_list("kind", flat=True)
    assert list(kinds) == ["contract", "pay", "refund", "pay"]
    assert Notice.objects.filter(kind="incentive_paid").count() == 1


def test_the_total_is_held_by_the_database(cast: Cast, contract: Contract) -> None:
    """Two incentives under a total that fits one: the second finds nothing; and no code can bind more than is planned."""
    scheme = published_scheme(cast, total_cap=D("20000.00"))
    incentive = published_incentive(
        cast, nominated_incentive(cast, scheme, contract, asked_amount=D("20000.00")), "15000.00"
    )
    other = best_assessment(cast, contract=finished_contract(cast, n=2, provider="provider2")).contract
    second = reviewed_incentive(cast, nominated_incentive(cast, scheme, other))
    with pytest.raises(Invalid, match="超过"):
        decide_incentive(second, actor=cast.actor("leader"), amount=D("5000.01"), basis="会议")
    second.refresh_from_db()
    assert (second.status, second.number, Notice.objects.filter(kind="incentive").count()) == ("reviewed", None, 1)
    decide_incentive(second, actor=cast.actor("leader"), amount=D("5000.00"), basis="会议")
    with pytest.raises(IntegrityError), transaction.atomic():
        Allocation.objects.filter(pk=scheme.allocation_id).update(contracted_amount=D("20000.01"))
    with pytest.raises(NotNow, match="没有办完"):
        close_scheme(scheme, actor=cast.actor("leader"))
    assert incentive.amount + second.amount == Allocation.objects.get(pk=scheme.allocation_id).contracted_amount
    # A third contract of the first provider: what it got already counts.
    third = best_assessment(cast, contract=finished_contract(cast, n=3)).contract
    with pytest.raises(Invalid, match=r"本年度已定 15,000\.00 元，还可 5,000\.00 元"):
        nominated_incentive(cast, scheme, third, asked_amount=D("5000.01"))


def test_a_scheme_is_refused_where_it_cannot_stand(cast: Cast) -> None:
    scheme = drafted_scheme(cast)
    with pytest.raises(Conflict):
        drafted_scheme(cast)
    for field, value in (("provider_cap", D("50000.01")), ("total_cap", D("0.00")), ("least_social", 101)):
        terms = {name: getattr(scheme, name) for name in TERMS} | {field: value}
        with pytest.raises(Invalid) as refusal:
            edit_scheme(scheme, actor=cast.actor("buyer"), **terms)
        assert field in refusal.value.errors
    terms = {name: getattr(scheme, name) for name in TERMS}
    edit_scheme(scheme, actor=cast.actor("buyer"), **(terms | {"total_cap": D("60000.01")}))
    with pytest.raises(Invalid, match=r"还剩 60,000\.00 元"):
        publish_scheme(scheme, actor=cast.actor("leader"))
    scheme.refresh_from_db()
    assert (scheme.status, scheme.allocation_id) == ("draft", None)


def test_by_the_pages(cast: Cast, scheme: Scheme, contract: Contract) -> None:
    """The provider applies with its papers, typed words stay after a fault; others do not know of it; the PDF's words."""
    client = cast.client("provider1")
    page = client.get(scheme.get_absolute_url()).content.decode()
    url = f"/w/incentives/nominate/{scheme.pk}/{contract.pk}/"
    assert url in page
    assert cast.client("provider2").get(url).status_code == 404
    typed = {
        "contribution": "带动三个社区", "social_benefit": "58 名儿童改善", "economic_benefit": "撬动 15 万元",
        "asked_amount": "15000.00", "idempotency_key": "k" * 32,
    }  # fmt: skip
    half = client.post(url, typed | {"social_papers": SimpleUploadedFile("a.txt", b"report")})
    assert half.status_code == 422
    assert "带动三个社区" in half.content.decode()
    assert not Incentive.objects.exists()
    papers = {
        "social_papers": SimpleUploadedFile("前后测.txt", "报告".encode()),
        "economic_papers": SimpleUploadedFile("票据.txt", "票据".encode()),
    }
    answered = client.post(url, typed | papers)
    assert answered.status_code == 302
    incentive = Incentive.objects.get()
    assert answered["Location"] == incentive.get_absolute_url()
    for login, knows in (
        ("provider1", 200),
        ("provider2", 404),
        ("street", 404),
        ("other_buyer", 404),
        ("auditor", 200),
    ):
        assert cast.client(login).get(incentive.get_absolute_url()).status_code == knows, login
    paper = incentive.papers.get(kind="social")
    assert cast.client("auditor").get(f"{incentive.get_absolute_url()}files/{paper.document_id}/").status_code == 200
    desk = cast.client("auditor").get("/w/").content.decode()
    assert "审核奖励" in desk
    stale = cast.client("auditor").post(
        f"{incentive.get_absolute_url()}clear_funds/",
        {"opinion": "无误", "version": incentive.version + 1, "idempotency_key": "s" * 32},
    )
    assert stale.status_code == 409
    assert "无误" in stale.content.decode()
    incentive = published_incentive(cast, incentive)
    form = application_of(incentive)
    assert (form.origin, form.amount, form.grade) == ("承接单位申报", D("15000.00"), "优")
    assert {kind for kind, _name, _digest in form.papers} == {"社会效益", "经济效益"}
    assert not visible_incentives(cast.actor("evaluator")).exists()
    assert visible_schemes(cast.actor("provider4")).filter(pk=scheme.pk).exists()


def test_pages_ask_the_same_few_questions(cast: Cast, scheme: Scheme, contract: Contract) -> None:
    """One candidate and thirty, one incentive and thirty: as many queries."""

    def asked(login: str, url: str) -> int:
        client = cast.client(login)
        client.get(url)
        with CaptureQueriesContext(connection) as caught:
            assert client.get(url).status_code == 200
        return len(caught)

    own = scheme.get_absolute_url()
    one_candidate = asked("buyer", own)
    incentive = nominated_incentive(cast, scheme, contract)
    urls = [("buyer", "/w/incentives/"), ("provider1", own), ("auditor", "/w/"), ("buyer", "/w/incentive-schemes/")]
    before = [asked(*each) for each in urls]
    for n in range(29):
        lot = Lot.objects.get(pk=contract.award.lot_id)
        lot.pk, lot.n = uuid4(), 100 + n
        lot.save(force_insert=True)
        award = Award.objects.get(pk=contract.award_id)
        award.pk, award.lot, award.notice, award.number = uuid4(), lot, None, None
        award.save(force_insert=True)
        more = Contract.objects.get(pk=contract.pk)
        more.pk, more.award, more.notice, more.number = uuid4(), award, None, f"五青购〔2025〕{n}号"
        more.save(force_insert=True)
        assessment, grading = (
            Assessment.objects.get(pk=incentive.assessment_id),
            Grading.objects.get(assessment=incentive.assessment_id),
        )
        assessment.pk, assessment.contract, assessment.number = uuid4(), more, None
        assessment.save(force_insert=True)
        grading.pk, grading.assessment = uuid4(), assessment
        grading.save(force_insert=True)
        copy = Incentive.objects.get(pk=incentive.pk)
        copy.pk, copy.contract, copy.number = uuid4(), more, None
        copy.save(force_insert=True)
    assert [asked(*each) for each in urls] == before
    assert asked("buyer", incentive.get_absolute_url()) <= 40
    IncentivePaper.objects.all().delete()
    Incentive.objects.all().delete()
    assert asked("buyer", own) == one_candidate
