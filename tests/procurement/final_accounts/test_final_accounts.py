"""Final accounts: drawn from the ledger, explained, reviewed, approved only when equal to the fen, published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.regions.models import Region
from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from procurement.budgets.models import BudgetLine, FiscalYear, LedgerEntry
from procurement.budgets.operations import (
    adjust_line,
    commit_funds,
    pay_funds,
    plan_funds,
    refund_funds,
    release_commitment,
)
from procurement.contracts.models import Contract
from procurement.final_accounts.figures import FIGURES, figures_of
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
from procurement.final_accounts.queries import movements_behind, unexplained, visible_accounts
from procurement.final_accounts.reports import account_of, sheets_of
from procurement.payments.bounces import bounce_payment
from procurement.payments.operations import record_payment
from procurement.permissions.final_accounts import can_approve_account, can_review_account
from procurement.projects.models import Project
from tests.cast import Cast
from tests.journeys.contracts import signed_contract
from tests.journeys.projects import approved_line
from tests.journeys.settlements import approved_payment, approved_settlement, drawn_settlement, paid

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


@pytest.fixture
def next_year() -> Iterator[None]:
    """The year of the account is over."""
    with clock.travel("2027-01-12 10:00"):
        yield


def reviewed(cast: Cast, account: FinalAccount) -> FinalAccount:
    account = submit_account(explained(cast, account), actor=cast.actor("finance"))
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
    for each in account.rows.all():
        behind = movements_behind(account, each, cast.actor("auditor"))
        assert sum((move.amount for move in behind), D("0.00")) == each.final, each.name
        assert all(move.payment for move in behind)
    region = Contract.objects.get().award.lot.order.project.region
    assert {street.name for street in account.rows.filter(dimension="street")} == {region.street.name}
    # A community's money stands under its street, and the figure still opens.
    community = Region.objects.create(
        code="530102999", name="一个社区", level="community", parent=region, path=f"{region.path}/530102999"
    )
    Project.objects.update(region=community)
    (row,) = figures_of(account.buyer_id, 2026).rows["street"]
    assert (row.name, community.street) == (region.name, region)
    kept = account.rows.get(dimension="street")
    assert sum(move.amount for move in movements_behind(account, kept, cast.actor("auditor"))) == row.final


def test_another_year_has_only_what_moved_in_it(cast: Cast) -> None:
    spent(cast)
    before = figures_of(cast.org("buyer").pk, 2025)
    after = figures_of(cast.org("buyer").pk, 2027)
    assert before.total().final == before.total().carried == D("0.00")
    assert (after.total().final, after.total().carried) == (D("0.00"), D("154500.00"))
    assert after.total().brought == D("154500.00")
    assert before.total().brought == D("0.00")
    assert after.total().budget == D("0.00")
    assert not figures_of(cast.org("union").pk, 2026).rows["line"]


def test_from_draft_to_the_public_page(cast: Cast) -> None:
    spent(cast)
    account = drawn(cast)
    with pytest.raises(Conflict):
        drawn(cast)
    with clock.travel("2027-01-12 10:00"):
        with pytest.raises(Invalid, match="请先说明"):
            submit_account(account, actor=cast.actor("finance"))
        account = reviewed(cast, account)
        approve_account(account, actor=cast.actor("leader"))
        assert account.publish_due_at is not None
        assert "36,800.00" not in Client().get("/money/").content.decode()
        publish_account(account, actor=cast.actor("finance"))
        assert account.notice is not None
        page = Client().get(account.notice.get_absolute_url()).content.decode()
        for words in ("36,800.00", "调整预算数", "项目跨年"):
            assert words in page
        listed = Client().get("/money/").content.decode()
        place = reverse("public:final-account", args=[account.notice.number])
        assert place in listed
        told = Client().get(place).content.decode()
        for words in ("36,800.00", "上年结转", "功能分类", "项目跨年", account.notice.digest[:12]):
            assert words in told
        assert "/w/" not in told.split("<main")[1].split("</main>")[0]
        assert Client().get("/money/accounts/nothing/").status_code == 404
    assert account.notice.release == {}
    assert [entry.verb for entry in journal.entries_for(account)] == [
        "publish", "approve", "review", "submit", "explain", "create",
    ]  # fmt: skip
    printed = account_of(account)
    assert printed.total.final == D("36800.00")
    assert [sheet.title for sheet in sheets_of(printed)] == [label for _key, label in FinalAccountRow.DIMENSIONS]


def test_nothing_is_approved_before_the_year_is_over(cast: Cast) -> None:
    spent(cast)
    account = explained(cast, drawn(cast))
    with clock.travel("2026-12-31 23:00"), pytest.raises(NotNow, match="还没有结束"):
        submit_account(account, actor=cast.actor("finance"))
    assert "送经审" not in cast.client("finance").get("/w/").content.decode()
    with clock.travel("2027-01-01 00:10"):
        submit_account(account, actor=cast.actor("finance"))
        assert account.status == "reviewing"


def test_what_the_treasury_paid_in_december_is_decembers_until_the_year_is_closed(cast: Cast) -> None:
    """A voucher of 30 December recorded in January belongs to the old year, and to the new one once the old is closed."""
    contract = spent(cast)
    buyer = cast.org("buyer")
    with clock.travel("2026-12-29 10:00"):
        payment = approved_payment(cast, approved_settlement(cast, drawn_settlement(cast, contract, 2)))
    account = drawn(cast)
    late = {"actor": cast.actor("cashier"), "paid_on": date(2026, 12, 30)}
    with clock.travel("2027-01-05 10:00"):
        record_payment(payment, voucher_number="GK-2", **late)
        entry = LedgerEntry.objects.get(reference=payment.journal_key)
        assert entry.booked_on == date(2026, 12, 30)
        with pytest.raises(Invalid, match="与台账相差"):
            submit_account(explained(cast, account), actor=cast.actor("finance"))
        account = reviewed(cast, redraw_account(account, actor=cast.actor("finance")))
        assert account.final_amount == D("36800.00") + payment.amount
        before = figures_of(buyer.pk, 2026)
        approve_account(account, actor=cast.actor("leader"))
    with clock.travel("2027-01-20 10:00"):
        bounce_payment(
            payment,
            actor=cast.actor("cashier"),
            reason="账号已销",
            bounce_voucher="TP-1",
            bounced_on=date(2026, 12, 31),
        )
        back = LedgerEntry.objects.get(reference=payment.journal_key, kind="refund")
        assert back.booked_on == date(2027, 1, 20)
        assert figures_of(buyer.pk, 2026) == before
        assert figures_of(buyer.pk, 2027).total().returned == payment.amount
        line = BudgetLine.objects.get(fiscal_year=2026, planned_amount__gt=0)
        with pytest.raises(NotNow, match="已关账"):
            adjust_line(
                line, actor=cast.actor("district_finance"), approved_amount=line.approved_amount + 1, reason="追加"
            )
        publish_account(account, actor=cast.actor("finance"))


@pytest.mark.parametrize("figure", list(FIGURES))
def test_a_fen_of_difference_in_any_figure_is_not_approved(cast: Cast, next_year: None, figure: str) -> None:
    with clock.travel("2026-09-01 12:00"):
        spent(cast)
    account = reviewed(cast, drawn(cast))
    row = account.rows.get(dimension="function", final__gt=0)
    kept = getattr(row, figure)
    FinalAccountRow.objects.filter(pk=row.pk).update(**{figure: kept + D("0.01")})
    with pytest.raises(Invalid, match=rf"{FIGURES[figure]}与台账相差 -0\.01 元"):
        approve_account(account, actor=cast.actor("leader"))
    assert not FiscalYear.objects.filter(closed_at__isnull=False).exists()
    FinalAccountRow.objects.filter(pk=row.pk).update(**{figure: kept})
    return_account(account, actor=cast.actor("leader"), reason="再核")
    redraw_account(account, actor=cast.actor("finance"))
    line = account.rows.get(dimension="line", final__gt=0)
    assert line.note == "项目跨年，余款下年支付"


def test_who_may_and_when(cast: Cast) -> None:
    spent(cast)
    buyer = cast.org("buyer")
    for stranger in ("buyer", "leader", "other_buyer", "provider1", "district_finance"):
        with pytest.raises(NotAllowed):
            draw_account(buyer, actor=cast.actor(stranger), year=2026)
    with pytest.raises(NotNow):
        draw_account(buyer, actor=cast.actor("finance"), year=2027)
    with clock.travel("2027-01-12 10:00"):
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


def test_three_people_and_the_journal_names_who(cast: Cast, next_year: None) -> None:
    """Whoever handed it in neither reviews nor approves it, in whatever role."""
    with clock.travel("2026-09-01 12:00"):
        spent(cast)
    account = submit_account(explained(cast, drawn(cast)), actor=cast.actor("finance"))
    for login, may in (("auditor", can_review_account), ("leader", can_approve_account)):
        actor = cast.actor(login)
        assert may(actor, account)
        for field in ("drafted_by_key", "submitted_by_key"):
            copy = FinalAccount.objects.get(pk=account.pk)
            setattr(copy, field, actor.user_key)
            assert not may(actor, copy), field


CASE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["commit", "release", "pay", "refund"]),
        st.integers(1, 60_000).map(lambda fen: D(fen) / 100),
        st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    ),
    max_size=30,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(MOVES)
def test_years_follow_on_and_every_dimension_adds_up(cast: Cast, moves: list[tuple[str, Decimal, date]]) -> None:
    """Whatever moved and when: what one year carries the next brings in, dimensions agree, the years' sums are the ledger."""
    with transaction.atomic():
        line = approved_line(cast, "1000.00")
        verbs = {"commit": commit_funds, "release": release_commitment, "pay": pay_funds, "refund": refund_funds}
        allocation = plan_funds(line, D("900.00"), case_key=CASE, reference="r", label="l", actor=cast.actor("buyer"))
        for verb, amount, day in sorted(moves, key=lambda move: move[2]):
            with clock.travel(f"{day} 12:00"), suppress(Invalid, Conflict):
                verbs[verb](allocation, amount, reference="r", label="l", actor=cast.actor("buyer"))
                allocation.refresh_from_db()
        years = [figures_of(line.buyer_id, year) for year in (2025, 2026, 2027)]
        for found in years:
            whole = found.total()
            for rows in found.rows.values():
                assert sum((row.final for row in rows), D(0)) == whole.final
                assert sum((row.carried for row in rows), D(0)) == whole.carried
                assert sum((row.brought for row in rows), D(0)) == whole.brought
        for earlier, later in pairwise(years):
            assert earlier.total().carried == later.total().brought
        allocation.refresh_from_db()
        assert sum(found.total().final for found in years) == allocation.paid_amount
        assert years[-1].total().carried == allocation.contracted_amount - allocation.paid_amount
        transaction.set_rollback(True)


def test_by_hand_and_with_as_many_queries_for_many_rows(cast: Cast) -> None:
    spent(cast)
    finance, auditor = cast.client("finance"), cast.client("auditor")
    assert "编制决算" in finance.get("/w/final-accounts/").content.decode()
    assert cast.client("leader").get("/w/final-accounts/new/").status_code == 403
    place = finance.post("/w/final-accounts/new/", {"year": 2026, "idempotency_key": "f1"})["Location"]
    account = FinalAccount.objects.get()
    notes = {f"note_{row.n}": "跨年项目" for row in account.rows.filter(dimension="line")}
    assert finance.post(f"{place}explain/", {**notes, "version": 1, "idempotency_key": "f2"}).status_code == 302
    with clock.travel("2027-01-12 10:00"):
        finance, auditor = cast.client("finance"), cast.client("auditor")
        assert finance.post(f"{place}submit/", {"version": 2, "idempotency_key": "f3"}).status_code == 302
        assert "审核决算" in auditor.get("/w/").content.decode()
    auditor = cast.client("auditor")
    row = account.rows.get(dimension="line", final__gt=0)
    page = auditor.get(f"{place}rows/{row.pk}/").content.decode()
    assert "36,800.00" in page
    assert "与决算数一致" in page
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
