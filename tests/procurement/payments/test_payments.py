"""Payments: three hands, exact splits, voucher, the end of contract and project, refunds, races."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.organizations.models import Organization
from core import clock, holds, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow, Refused
from core.money import share
from procurement.budgets.models import Allocation, BudgetLine, LedgerEntry
from procurement.budgets.operations import plan_funds
from procurement.contracts.drafting import draw_contract
from procurement.contracts.models import Contract
from procurement.expenses.queries import ledger_of
from procurement.payments.bounces import bounce_payment
from procurement.payments.interest import days_late, late_interest
from procurement.payments.models import Payment
from procurement.payments.operations import (
    approve_payment,
    conclude_settlement,
    record_payment,
    request_payment,
    return_payment,
)
from procurement.payments.overdue import publish_overdue
from procurement.payments.queries import overdue_of, visible_payments
from procurement.projects.models import Project
from procurement.settlements.models import Settlement
from procurement.settlements.operations import draw_settlement
from procurement.settlements.queries import paid_so_far
from tests.cast import Cast
from tests.journeys.contracts import (
    confirmed_award,
    judged_milestone,
    print_now,
    reviewed_contract,
    sign_both,
    signed_contract,
)
from tests.journeys.projects import approved_line
from tests.journeys.settlements import (
    approved_payment,
    approved_settlement,
    closed_contract,
    drawn_settlement,
    invoiced_settlement,
    paid,
)

D = Decimal


def test_paid_to_the_end(cast: Cast) -> None:
    contract = closed_contract(cast)
    project = Project.objects.get(pk=contract.case_key)
    allocation = Allocation.objects.get(case=contract.case_key)
    assert (contract.status, project.status) == ("closed", "closed")
    settled = sum(each.payable_amount for each in contract.settlements.all())
    assert (
        settled == D("186636.00") == allocation.paid_amount == allocation.contracted_amount == allocation.planned_amount
    )
    assert BudgetLine.objects.get(pk=allocation.line_id).planned_amount == D("186636.00")
    payments = Payment.objects.all()
    assert sum(p.amount for p in payments) == settled
    for payment in payments:
        assert sum(split.amount for split in payment.splits.all()) == payment.amount
        entries = LedgerEntry.objects.filter(reference=payment.journal_key, kind="pay")
        assert sum(entry.amount for entry in entries) == payment.amount
        assert [e.verb for e in journal.entries_for(payment)] == ["record", "approve", "create"]


def test_splits_over_two_sources_are_exact(cast: Cast) -> None:
    award = confirmed_award(cast)
    donation = approved_line(cast, "43267.30", code="JZ-01", source="donation")
    plan_funds(donation, D("43267.30"), case_key=award.case_key, reference="t", label="益厨", actor=cast.actor("buyer"))
    contract = reviewed_contract(cast, draw_contract(award, actor=cast.actor("buyer")))
    print_now()
    contract = sign_both(cast, Contract.objects.get(pk=contract.pk))
    for n in (1, 0):
        if not n:
            judged_milestone(cast, contract, 2)
        settlement = paid(cast, drawn_settlement(cast, contract, n), f"GK-{n}")
        splits = settlement.payments.get().splits
        assert sum(split.amount for split in splits.all()) == settlement.payable_amount
        assert splits.count() == 2
    for each in Allocation.objects.filter(case=contract.case_key):
        assert each.paid_amount == each.contracted_amount


def test_three_hands(cast: Cast) -> None:
    settlement = invoiced_settlement(cast)
    every = frozenset({"finance_officer", "leader", "cashier"})
    for stranger in ("other_buyer", "buyer", "leader", "cashier", "provider1"):
        with pytest.raises(NotAllowed):
            request_payment(settlement, actor=cast.actor(stranger))
    asker = replace(cast.actor("finance"), roles=every)
    payment = request_payment(settlement, actor=asker)
    assert payment.payee["bank_account"] == "6222000011110001"
    with pytest.raises(Conflict):
        request_payment(settlement, actor=cast.actor("finance"))
    with pytest.raises(NotAllowed):
        approve_payment(payment, actor=asker, amount=payment.amount)
    with pytest.raises(Invalid) as refusal:
        approve_payment(payment, actor=cast.actor("leader"), amount=payment.amount + D("0.01"))
    assert refusal.value.field == "amount"
    approver = replace(cast.actor("leader"), roles=every)
    approve_payment(payment, actor=approver, amount=payment.amount)
    for same in (asker, approver):
        with pytest.raises(NotAllowed):
            record_payment(payment, actor=same, voucher_number="GK-1", paid_on=clock.today())
    record_payment(payment, actor=cast.actor("cashier"), voucher_number="GK-1", paid_on=clock.today())
    assert payment.number == "五青购付〔2026〕1号"


def test_voucher(cast: Cast) -> None:
    first = approved_payment(cast)
    cashier = cast.actor("cashier")
    for voucher, day, field in (
        ("", clock.today(), "voucher_number"),
        ("GK-1", date(2026, 9, 2), "paid_on"),
        ("GK-1", date(2026, 8, 31), "paid_on"),
    ):
        with pytest.raises(Invalid) as refusal:
            record_payment(first, actor=cashier, voucher_number=voucher, paid_on=day)
        assert refusal.value.field == field
    record_payment(first, actor=cashier, voucher_number="GK-1", paid_on=clock.today())
    other = approved_payment(cast, approved_settlement(cast, drawn_settlement(cast, signed_contract(cast, n=2))))
    with pytest.raises(Invalid, match="已经登记过"):
        record_payment(other, actor=cashier, voucher_number="GK-1", paid_on=clock.today())


def test_returned_may_be_asked_again(cast: Cast) -> None:
    settlement = approved_settlement(cast)
    payment = request_payment(invoiced_settlement(cast, settlement), actor=cast.actor("finance"))
    return_payment(payment, actor=cast.actor("leader"), reason="等发票")
    assert request_payment(settlement, actor=cast.actor("finance")).status == "requested"


def test_refund_comes_back(cast: Cast) -> None:
    """Half was paid at the midterm, then next to nothing more was done, and it was cut: the cashier records the refund."""
    contract = signed_contract(cast)
    paid(cast, drawn_settlement(cast, contract, 1), "GK-1")
    judged_milestone(cast, contract, 2, {1: 18, 2: 10, 3: 1000, 4: 60, 5: 0})
    final = drawn_settlement(cast, contract, 0, deductions=[("第 15 条", "未完成夏令营", D("50000.00"))])
    assert final.payable_amount == D("73600.00") - D("50000.00") - D("36800.00")
    approved_settlement(cast, final)
    with pytest.raises(NotNow):
        request_payment(final, actor=cast.actor("finance"))
    page = cast.client("cashier").get(final.get_absolute_url()).content.decode()
    assert "应退 13,200.00 元" in page
    with pytest.raises(Invalid):
        conclude_settlement(final, actor=cast.actor("cashier"))
    conclude_settlement(final, actor=cast.actor("cashier"), voucher_number="TK-1")
    allocation = Allocation.objects.get(case=contract.case_key)
    assert allocation.paid_amount == allocation.contracted_amount == D("23600.00")
    assert Contract.objects.get(pk=contract.pk).status == "closed"


def test_supplementary_after_a_late_grade(cast: Cast) -> None:
    contract = signed_contract(cast)
    Contract.objects.filter(pk=contract.pk).update(
        quality_factors={"优": "1.00", "良": "1.00", "中": "0.95", "差": "0.80"}
    )
    contract = Contract.objects.get(pk=contract.pk)
    judged_milestone(cast, contract, 1)
    judged_milestone(cast, contract, 2)
    paid(cast, drawn_settlement(cast, contract, 0), "GK-1")
    contract = Contract.objects.get(pk=contract.pk)
    late = draw_settlement(contract, actor=cast.actor("buyer"), kind="supplementary", grade="中")
    assert late.payable_amount == D("177304.20") - D("186636.00")
    approved_settlement(cast, late)
    conclude_settlement(late, actor=cast.actor("cashier"), voucher_number="TK-1")
    allocation = Allocation.objects.get(case=contract.case_key)
    assert allocation.paid_amount == allocation.planned_amount == D("177304.20")


def test_holds_stop_the_money(cast: Cast) -> None:
    payment = approved_payment(cast)
    holds.place_hold(payment.settlement.contract.provider, "bank", "银行账号变更待核", actor=cast.actor("finance"))
    with pytest.raises(NotNow, match="银行账号"):
        record_payment(payment, actor=cast.actor("cashier"), voucher_number="GK-1", paid_on=clock.today())
    assert not LedgerEntry.objects.filter(kind="pay").exists()


def test_isolation(cast: Cast) -> None:
    payment = approved_payment(cast)
    assert not visible_payments(cast.actor("provider1")).exists()
    for login in ("provider1", "other_buyer", "street", "admin"):
        assert cast.client(login).get(payment.get_absolute_url()).status_code == 404


def test_by_hand(cast: Cast) -> None:
    """From the accepted milestone to the voucher, each by its own person's clicks."""
    contract = signed_contract(cast)
    judged_milestone(cast, contract, 1)
    buyer, finance, leader, cashier = (cast.client(login) for login in ("buyer", "finance", "leader", "cashier"))
    url = f"/w/settlements/draw/{contract.pk}/milestone/?milestone=1"
    assert "编制结算" in buyer.get(contract.get_absolute_url()).content.decode()
    assert buyer.get(url).status_code == 200
    assert buyer.post(url, {"clause_1": "第 9 条"}).status_code == 422
    place = buyer.post(url, {})["Location"]
    page = finance.get(place).content.decode()
    assert "审核通过 36,800.00 元" in page
    assert "叁万陆仟捌佰元整" in page
    assert finance.post(place + "check/", {"version": 1}).status_code == 302
    assert leader.post(place + "approve/", {"version": 2, "amount": "36,800.00"}).status_code == 409
    assert cast.client("provider1").post(place + "confirm/", {"version": 2}).status_code == 302
    assert leader.post(place + "approve/", {"version": 3, "amount": "36,800.10"}).status_code == 422
    assert leader.post(place + "approve/", {"version": 3, "amount": "36,800.00"}).status_code == 302
    settlement = invoiced_settlement(cast, Settlement.objects.get())
    asked = finance.post(f"/w/payments/request/{settlement.pk}/", {"idempotency_key": "p"})
    assert asked.status_code == 302
    assert (
        finance.post(f"/w/payments/request/{settlement.pk}/", {"idempotency_key": "p"})["Location"] == asked["Location"]
    )
    wrong = leader.post(asked["Location"] + "approve/", {"version": 1, "amount": "36,800.01"})
    assert wrong.status_code == 422
    assert leader.post(asked["Location"] + "approve/", {"version": 1, "amount": "36,800.00"}).status_code == 302
    data = {"version": 2, "voucher_number": "GK-9", "paid_on": "2026-09-01"}
    assert cashier.get(asked["Location"] + "record/").status_code == 200
    assert cashier.post(asked["Location"] + "record/", data).status_code == 302
    assert Settlement.objects.get().status == "paid"
    for login in ("buyer", "finance", "leader", "cashier", "auditor", "district_finance", "provider1"):
        for thing in (contract, Settlement.objects.get(), Payment.objects.get()):
            assert cast.client(login).get(thing.get_absolute_url()).status_code == 200


def test_a_bounced_payment_is_reversed_and_goes_to_the_confirmed_account(cast: Cast) -> None:
    """退票 of the last payment: contract and project open again, every sum is as before, and close by the next one."""
    contract = closed_contract(cast)
    project = Project.objects.get(pk=contract.case_key)
    allocation = Allocation.objects.get(case=contract.case_key)
    final = contract.settlements.get(kind="final")
    payment = final.payments.get()
    slip = {"reason": "户名与账号不符", "bounce_voucher": "TP-1", "bounced_on": clock.today()}
    for stranger in ("finance", "leader", "provider1"):
        with pytest.raises(NotAllowed):
            bounce_payment(payment, actor=cast.actor(stranger), **slip)
    with pytest.raises(Invalid) as refused:
        bounce_payment(payment, actor=cast.actor("cashier"), **slip | {"bounced_on": date(2026, 8, 31)})
    assert refused.value.field == "bounced_on"
    bounce_payment(payment, actor=cast.actor("cashier"), **slip)
    for each in (contract, project, final, allocation):
        each.refresh_from_db()
    assert (payment.status, final.status, contract.status, project.status) == (
        "bounced", "approved", "completed", "contracted",
    )  # fmt: skip
    assert allocation.paid_amount == D("36800.00") == paid_so_far(contract)
    ledger = ledger_of(contract)
    assert ledger.paid == allocation.paid_amount
    Organization.objects.filter(pk=contract.provider_id).update(bank_account="6222000011119999")
    again = request_payment(Settlement.objects.get(pk=final.pk), actor=cast.actor("finance"))
    assert again.payee["bank_account"] == "6222000011119999"
    approve_payment(again, actor=cast.actor("leader"), amount=again.amount)
    record_payment(again, actor=cast.actor("cashier"), voucher_number="GK-2026-009", paid_on=clock.today())
    for each in (contract, project, allocation):
        each.refresh_from_db()
    assert (contract.status, project.status) == ("closed", "closed")
    assert allocation.paid_amount == allocation.contracted_amount == allocation.planned_amount == D("186636.00")
    kinds = {"pay": D(1), "refund": D(-1)}
    entries = LedgerEntry.objects.filter(allocation=allocation, kind__in=kinds)
    assert sum(kinds[each.kind] * each.amount for each in entries) == allocation.paid_amount


def test_interest_of_a_late_payment_by_hand() -> None:
    """36,800.00 yuan, 12 days late, 0.5 ‰ a day: 36 800 × 12 × 5 ÷ 10 000 = 220.80."""
    assert days_late(date(2026, 10, 8), date(2026, 10, 20)) == 12
    assert late_interest(D("36800.00"), 12, D(5)) == D("220.80")
    assert days_late(date(2026, 10, 8), date(2026, 10, 8)) == 0
    assert late_interest(D("36800.01"), 1, D(5)) == D("18.40")  # 18.400005, half up
    assert late_interest(D("100.00"), 0, D(5)) == D("0.00")


@given(st.decimals(D("0.01"), D("9999999.99"), places=2), st.integers(0, 4000))
def test_interest_never_falls_with_the_days(amount: Decimal, days: int) -> None:
    assert D(0) <= late_interest(amount, days, D(5)) <= late_interest(amount, days + 1, D(5))


def test_a_late_payment_shows_its_interest(cast: Cast) -> None:
    payment = approved_payment(cast)
    assert (payment.settlement.due_at.date()) == date(2026, 10, 8)
    with clock.travel("2026-10-20 10:00"):
        client = cast.client("finance")
        assert "220.80" in client.get(payment.get_absolute_url()).content.decode()
        assert payment.number in client.get("/w/payments/?view=late").content.decode()
        record_payment(payment, actor=cast.actor("cashier"), voucher_number="GK-1", paid_on=date(2026, 10, 20))
    assert (payment.late_days, payment.late_interest) == (12, D("220.80"))
    assert payment.amount == D("36800.00"), "interest is never paid silently with it"


def rivals(act: object, count: int = 20) -> list[object]:
    """Run act at the same moment in many threads; returns what each came to."""
    gate = threading.Barrier(count)

    def one(_n: int) -> object:
        try:
            gate.wait()
            return act()  # type: ignore[operator]
        except Refused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_ask_and_one_wins(transactional_db: None, cast: Cast) -> None:
    settlement = invoiced_settlement(cast)
    found = rivals(lambda: request_payment(Settlement.objects.get(pk=settlement.pk), actor=cast.actor("finance")))
    assert sum(isinstance(each, Payment) for each in found) == 1
    assert all(isinstance(each, Payment | Conflict) for each in found)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_record_and_one_wins(transactional_db: None, cast: Cast) -> None:
    payment = approved_payment(cast)
    stale = [Payment.objects.get(pk=payment.pk) for _n in range(20)]
    day, cashier = clock.today(), cast.actor("cashier")
    found = rivals(lambda: record_payment(stale.pop(), actor=cashier, voucher_number="GK-1", paid_on=day))
    assert sum(isinstance(each, Payment) for each in found) == 1
    assert all(isinstance(each, Payment | Conflict) for each in found)
    with connection.cursor() as cursor:
        cursor.execute("SELECT SUM(amount) FROM procurement_paymentsplit")
        assert cursor.fetchone()[0] == int(payment.amount * 100)
        cursor.execute("SELECT COUNT(*) FROM procurement_ledgerentry WHERE kind = 'pay'")
        assert cursor.fetchone()[0] == 1


@given(
    st.lists(st.integers(1, 10**8), min_size=1, max_size=5),
    st.lists(st.integers(1, 100), min_size=1, max_size=8),
)
def test_payments_split_by_what_is_left_use_each_source_exactly(fundings: list[int], weights: list[int]) -> None:
    """However a contract is cut into payments, no source pays more than its part and in the end each paid just that."""
    left = [D(fen) / 100 for fen in fundings]
    for amount in share(sum(left, D(0)), weights):
        parts = share(amount, left) if amount else []
        assert sum(parts, D(0)) == amount
        left = [each - part for each, part in zip(left, parts or [D(0)] * len(left), strict=True)]
        assert all(each >= 0 for each in left)
    assert not any(left)


def test_last_years_overdue_payments_are_published(cast: Cast) -> None:
    approved_payment(cast)
    buyer, finance = cast.org("buyer"), cast.actor("finance")
    assert overdue_of(buyer.pk, 2026).contracts == 1
    with pytest.raises(NotNow, match="还没有结束"):
        publish_overdue(buyer, actor=finance, year=2026)
    with clock.travel("2027-02-10 10:00"):
        client = cast.client("finance")
        assert "2026 年度逾期未付款项" in client.get("/w/").content.decode()
        assert "36,800.00" in client.get("/w/payments/overdue/").content.decode()
        for stranger in ("cashier", "leader", "other_buyer", "provider1"):
            assert cast.client(stranger).get("/w/payments/overdue/").status_code == 404
            with pytest.raises(NotAllowed):
                publish_overdue(buyer, actor=cast.actor(stranger), year=2026)
        with pytest.raises(NotNow, match="没有逾期"):
            publish_overdue(buyer, actor=finance, year=2025)
        place = client.post("/w/payments/overdue/", {"idempotency_key": "o1"})["Location"]
        page = Client().get(place).content.decode()
        assert "36,800.00" in page
        assert "1 份" in page
        with pytest.raises(Conflict):
            publish_overdue(buyer, actor=finance, year=2026)
        assert "2026 年度逾期未付款项" not in client.get("/w/").content.decode()


def test_what_is_paid_in_time_or_in_the_year_is_not_overdue(cast: Cast) -> None:
    payment = approved_payment(cast)
    with clock.travel("2026-11-20 10:00"):
        record_payment(payment, actor=cast.actor("cashier"), voucher_number="GK-1", paid_on=date(2026, 11, 20))
    assert overdue_of(cast.org("buyer").pk, 2026).contracts == 0
    assert overdue_of(cast.org("union").pk, 2026).amount == D("0.00")
