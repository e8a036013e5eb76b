"""Final accounts: drawn from the ledger, explained, reviewed, approved only when equal to the fen, published."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from procurement.budgets.models import BudgetLine, LedgerEntry
from procurement.budgets.operations import adjust_line
from procurement.contracts.models import Contract
from procurement.final_accounts.figures import figures_of
from procurement.final_accounts.models import FinalAccount, FinalAccountRow
from procurement.final_accounts.operations import (
    approve_account,
    draw_account,
    explain_account,
    publish_account,
    redraw_account,
    return_account,
    review_account,
    submit_account,
)
from procurement.final_accounts.queries import payments_behind, unexplained, visible_accounts
from procurement.final_accounts.reports import account_of, sheets_of
from tests.cast import Cast
from tests.journeys.contracts import signed_contract
from tests.journeys.settlements import drawn_settlement, paid

D = Decimal


def spent(cast: Cast) -> Contract:
    """A contract of 191,300.00 of which 36,800.00 were paid this year."""
    contract = signed_contract(cast)
    paid(cast, drawn_settlement(cast, contract, 1), "GK-1")
    return contract


def drawn(cast: Cast) -> FinalAccount:
    return draw_account(cast.org("buyer"), actor=cast.actor("finance"), year=2026)


def explained(cast: Cast, account: FinalAccount) -> FinalAccount:
    notes = {row.n: "项目跨年，余款下年支付" for row in unexplained(account)}
    return explain_account(account, actor=cast.actor("finance"), notes=notes)


def reviewed(cast: Cast) -> FinalAccount:
    account = submit_account(explained(cast, drawn(cast)), actor=cast.actor("finance"))
    return review_account(account, actor=cast.actor("auditor"))


def test_the_three_numbers_and_every_dimension_agree(cast: Cast) -> None:
    spent(cast)
    line = BudgetLine.objects.get(fiscal_year=2026, planned_amount__gt=0)
    finance = "district_finance" if line.source == "fiscal" else "leader"
    adjust_line(line, actor=cast.actor(finance), approved_amount=line.approved_amount + D("1000.00"), reason="追加")
    account = drawn(cast)
    line.refresh_from_db()
    row = account.rows.get(dimension="line", key=str(line.pk))
    assert (row.budget, row.adjusted) == (line.approved_amount - D("1000.00"), line.approved_amount)
    assert (row.final, row.carried) == (D("36800.00"), D("191300.00") - D("36800.00"))
    for dimension, _label in FinalAccountRow.DIMENSIONS:
        rows = account.rows.filter(dimension=dimension)
        assert sum(each.final for each in rows) == account.final_amount == D("36800.00"), dimension
        assert sum(each.carried for each in rows) == account.carried_amount, dimension
    moved = sum(
        each.amount if each.kind == "pay" else -each.amount
        for each in LedgerEntry.objects.filter(kind__in=("pay", "refund"))
    )
    assert moved == account.final_amount
    behind = payments_behind(account, row, cast.actor("auditor"))
    assert sum(each.amount for each in behind) == row.final
    assert {street.name for street in account.rows.filter(dimension="street")} == {
        Contract.objects.get().award.lot.order.project.region.name
    }


def test_another_year_has_only_what_moved_in_it(cast: Cast) -> None:
    spent(cast)
    before = figures_of(cast.org("buyer").pk, 2025)
    after = figures_of(cast.org("buyer").pk, 2027)
    assert before.total().final == before.total().carried == D("0.00")
    assert (after.total().final, after.total().carried) == (D("0.00"), D("154500.00"))
    assert after.total().budget == D("0.00")
    assert not figures_of(cast.org("union").pk, 2026).rows["line"]


def test_from_draft_to_the_public_page(cast: Cast) -> None:
    spent(cast)
    account = drawn(cast)
    with pytest.raises(Conflict):
        drawn(cast)
    with pytest.raises(Invalid, match="请先说明"):
        submit_account(account, actor=cast.actor("finance"))
    account = reviewed_from(cast, account)
    approve_account(account, actor=cast.actor("leader"))
    assert account.publish_due_at is not None
    publish_account(account, actor=cast.actor("finance"))
    assert account.notice is not None
    page = Client().get(account.notice.get_absolute_url()).content.decode()
    for words in ("36,800.00", "调整预算数", "项目跨年"):
        assert words in page
    assert account.notice.release == {}
    assert [entry.verb for entry in journal.entries_for(account)] == [
        "publish", "approve", "review", "submit", "explain", "create",
    ]  # fmt: skip
    printed = account_of(account)
    assert printed.total.final == D("36800.00")
    assert [sheet.title for sheet in sheets_of(printed)] == ["预算线", "资金来源", "服务类别", "街道"]


def reviewed_from(cast: Cast, account: FinalAccount) -> FinalAccount:
    account = submit_account(explained(cast, account), actor=cast.actor("finance"))
    return review_account(account, actor=cast.actor("auditor"))


def test_a_fen_of_difference_is_not_approved(cast: Cast) -> None:
    contract = spent(cast)
    account = reviewed(cast)
    row = account.rows.get(dimension="line", final__gt=0)
    FinalAccountRow.objects.filter(pk=row.pk).update(final=row.final - D("0.01"))
    with pytest.raises(Invalid, match=r"决算数与台账相差 \+0\.01 元"):
        approve_account(account, actor=cast.actor("leader"))
    FinalAccountRow.objects.filter(pk=row.pk).update(final=row.final)
    return_account(account, actor=cast.actor("leader"), reason="年底还有一笔")
    with clock.travel("2026-12-20 10:00"):
        redraw_account(account, actor=cast.actor("finance"))
    assert account.rows.get(dimension="line", key=row.key).note == "项目跨年，余款下年支付"
    assert Contract.objects.filter(pk=contract.pk).exists()


def test_who_may_and_when(cast: Cast) -> None:
    spent(cast)
    buyer = cast.org("buyer")
    for stranger in ("buyer", "leader", "other_buyer", "provider1", "district_finance"):
        with pytest.raises(NotAllowed):
            draw_account(buyer, actor=cast.actor(stranger), year=2026)
    with pytest.raises(NotNow):
        draw_account(buyer, actor=cast.actor("finance"), year=2027)
    account = explained(cast, drawn(cast))
    submit_account(account, actor=cast.actor("finance"))
    for stranger in ("finance", "leader", "other_leader"):
        with pytest.raises(NotAllowed):
            review_account(account, actor=cast.actor(stranger))
    with pytest.raises(NotNow):
        explain_account(account, actor=cast.actor("finance"), notes={})
    review_account(account, actor=cast.actor("auditor"))
    for stranger in ("finance", "auditor", "other_leader"):
        with pytest.raises(NotAllowed):
            approve_account(account, actor=cast.actor(stranger))
    for stranger in ("provider1", "other_buyer", "street", "evaluator", "district_finance"):
        assert not visible_accounts(cast.actor(stranger)).exists()
        assert cast.client(stranger).get(account.get_absolute_url()).status_code == 404
    approve_account(account, actor=cast.actor("leader"))
    assert visible_accounts(cast.actor("district_finance")).exists()


def test_by_hand_and_with_as_many_queries_for_many_rows(cast: Cast) -> None:
    spent(cast)
    finance, auditor = cast.client("finance"), cast.client("auditor")
    assert "编制决算" in finance.get("/w/final-accounts/").content.decode()
    assert cast.client("leader").get("/w/final-accounts/new/").status_code == 403
    place = finance.post("/w/final-accounts/new/", {"year": 2026, "idempotency_key": "f1"})["Location"]
    account = FinalAccount.objects.get()
    notes = {f"note_{row.n}": "跨年项目" for row in account.rows.filter(dimension="line")}
    assert finance.post(f"{place}explain/", {**notes, "version": 1, "idempotency_key": "f2"}).status_code == 302
    assert finance.post(f"{place}submit/", {"version": 2, "idempotency_key": "f3"}).status_code == 302
    assert "审核决算" in auditor.get("/w/").content.decode()
    row = account.rows.get(dimension="line", final__gt=0)
    page = auditor.get(f"{place}rows/{row.pk}/").content.decode()
    assert "36,800.00" in page
    assert cast.client("provider1").get(f"{place}rows/{row.pk}/").status_code == 404
    asked = []
    for size in (1, 30):
        auditor.get(place)
        with CaptureQueriesContext(connection) as seen:
            assert auditor.get(place).status_code == 200
        asked.append(len(seen))
        FinalAccountRow.objects.bulk_create(
            FinalAccountRow(
                account=account, dimension="street", n=100 + n, key=f"{size}-{n}", name=f"街道{n}", final=D("1.00"),
                carried=D("0.00"), returned=D("0.00"),
            )
            for n in range(30)
        )  # fmt: skip
    assert asked[0] == asked[1]
    assert date(2026, 9, 1) == clock.today()
