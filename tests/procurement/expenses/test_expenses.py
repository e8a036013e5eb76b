"""The special account: what is entered, handed in, judged; what it adds up to; what is refused and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import inbox
from procurement.bids.models import BidLine
from procurement.contracts.models import Contract
from procurement.expenses.facts import leads_of
from procurement.expenses.models import Expense
from procurement.expenses.operations import (
    accept_expense,
    accept_expenses,
    answer_expense,
    edit_expense,
    question_expense,
    reject_expense,
    submit_expense,
    submit_expenses,
    withdraw_expense,
)
from procurement.expenses.queries import ledger_of, movements, visible_expenses
from tests.cast import Cast
from tests.journeys.contracts import frozen_contract, signed_contract
from tests.journeys.expenses import accepted_expense, entered_expense, submitted_expense
from tests.journeys.settlements import drawn_settlement, paid


def test_from_entry_to_the_account(cast: Cast) -> None:
    contract = signed_contract(cast)
    expense = entered_expense(cast, contract, "1200.50")
    finance, provider = cast.actor("finance"), cast.actor("provider1")
    assert not visible_expenses(finance).exists()
    submit_expense(expense, actor=provider)
    assert inbox(finance.user_key).filter(kind="expense.submitted").count() == 1
    question_expense(expense, actor=finance, reason="清单没有盖章")
    assert "清单没有盖章" in inbox(provider.user_key).get(kind="expense.questioned").sentence
    with pytest.raises(Invalid):
        answer_expense(expense, actor=provider, answer=" ")
    answer_expense(expense, actor=provider, answer="已补盖章")
    accept_expense(expense, actor=finance)
    verbs = [entry.verb for entry in journal.entries_for(expense)]
    assert verbs == ["accept", "answer", "question", "submit", "create"]
    assert "文具店" not in str([entry.facts for entry in journal.entries_for(expense)])
    ledger = ledger_of(contract)
    assert (ledger.paid, ledger.accepted, ledger.unspent) == (Decimal(0), Decimal("1200.50"), Decimal("-1200.50"))
    paid(cast, drawn_settlement(cast, contract, 1), "GK-2026-001")
    ledger = ledger_of(contract)
    assert ledger.unspent + ledger.accepted == ledger.paid == Decimal("36800.00")
    assert ledger.by_source["fiscal"].unspent == Decimal("35599.50")
    row = ledger.by_class["activity"]
    assert (row.budget, row.accepted, row.left) == (contract.amount, Decimal("1200.50"), contract.amount - row.accepted)
    running = movements(contract)
    assert [each.amount for each in running] == [Decimal("36800.00"), Decimal("-1200.50")]
    assert running[-1].balance == ledger.unspent


def test_who_may_and_when(cast: Cast) -> None:
    unsigned = frozen_contract(cast)
    with pytest.raises(NotNow):
        entered_expense(cast, unsigned)
    contract = signed_contract(cast, n=2)
    for stranger in ("provider2", "buyer", "finance"):
        with pytest.raises(NotAllowed):
            entered_expense(cast, contract, login=stranger)
    expense = submitted_expense(cast, contract)
    for stranger in ("provider1", "buyer", "leader", "other_buyer"):
        with pytest.raises(NotAllowed):
            accept_expense(expense, actor=cast.actor(stranger))
    with pytest.raises(NotNow):
        edit_expense(expense, actor=cast.actor("provider1"), amount=Decimal(1))
    stale = Expense.objects.get(pk=expense.pk)
    accept_expense(expense, actor=cast.actor("finance"))
    with pytest.raises(Conflict):
        reject_expense(stale, actor=cast.actor("finance"), reason="晚了一步")
    for login, n in {"provider1": 1, "finance": 1, "district_finance": 1, "provider2": 0, "street": 0}.items():
        assert visible_expenses(cast.actor(login)).count() == n, login
    assert not visible_expenses(cast.actor("other_buyer")).exists()


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"amount": "0.00"}, "amount", "大于 0.00"),
        ({"usage": "gifts"}, "usage", "慰问品"),
        ({"usage": "assets"}, "usage", "固定资产"),
        ({"spent_on": date(2026, 9, 2)}, "spent_on", "不能晚于今天"),
        ({"spent_on": date(2026, 8, 31)}, "spent_on", "合同期内"),
        ({"invoice_number": ""}, "invoice_number", "请填写发票号码"),
        ({"invoice_number": "12345"}, "invoice_number", "8 位"),
        ({"invoice_number": "12345678"}, "invoice_code", "10 位或 12 位"),
        ({"invoice_number": "1" * 20, "invoice_code": "1" * 10}, "invoice_code", "空着"),
        ({"payee": " "}, "payee", "收款方"),
    ],
)
def test_what_cannot_be_entered(cast: Cast, fields: dict[str, object], field: str, words: str) -> None:
    contract = signed_contract(cast)
    with pytest.raises(Invalid, match=words) as refused:
        entered_expense(cast, contract, **fields)
    assert field in refused.value.errors
    assert not Expense.objects.exists()


def test_the_grace_after_the_term_ends(cast: Cast) -> None:
    contract = signed_contract(cast)
    with clock.travel("2027-02-01 09:00"):
        assert entered_expense(cast, contract, spent_on=date(2027, 1, 30))
        with pytest.raises(Invalid, match="2027-01-30"):
            entered_expense(cast, contract, spent_on=date(2027, 1, 31))


def test_an_invoice_counts_once_on_the_whole_platform(cast: Cast) -> None:
    first, second = signed_contract(cast), signed_contract(cast, n=2, provider="provider2")
    number = {"invoice_code": "5300223130", "invoice_number": "00012345"}
    expense = submitted_expense(cast, first, **number)
    with pytest.raises(Invalid) as refused:
        entered_expense(cast, second, login="provider2", **number)
    assert "已经在平台登记过" in refused.value.errors["invoice_number"][0]
    assert first.provider.name not in str(refused.value)
    with pytest.raises(IntegrityError), transaction.atomic():
        Expense.objects.filter(pk=entered_expense(cast, second, login="provider2").pk).update(**number)
    reject_expense(expense, actor=cast.actor("finance"), reason="不是本项目的支出")
    assert entered_expense(cast, second, login="provider2", **number)


def test_caps_refuse_or_flag(cast: Cast) -> None:
    """191,300.00 yuan: management up to 19,130.00 and not a fen more; publicity above 19,130.00 is a lead."""
    contract = signed_contract(cast)
    BidLine.objects.filter(bid=contract.award.bid, n=5).update(cost_class="management")
    entered_expense(cast, contract, "19000.00", n=5, usage="office")
    with pytest.raises(Invalid, match=r"还可以登记 130\.00 元") as refused:
        entered_expense(cast, contract, "130.01", n=5, usage="office")
    assert "amount" in refused.value.errors
    last = entered_expense(cast, contract, "130.00", n=5, usage="office")
    # What is changed does not stand in its own way.
    edit_expense(last, actor=cast.actor("provider1"), amount=Decimal("129.00"))
    entered_expense(cast, contract, "20000.00", usage="publicity", method="cash")
    entered_expense(cast, contract, "10.00", invoice_code="5300223130", invoice_number="00000007")
    entered_expense(cast, contract, "10.00", invoice_code="5300223130", invoice_number="00000008")
    submit_expenses(contract, actor=cast.actor("provider1"))
    assert {lead.rule for lead in leads_of(contract)} == {"F36", "F39", "F40"}


def test_more_than_a_source_gives_is_not_accepted(cast: Cast) -> None:
    contract = signed_contract(cast)
    accepted_expense(cast, contract, "191300.00")
    with pytest.raises(Invalid, match=r"不够再认可 0\.01 元"):
        accepted_expense(cast, contract, "0.01")


def test_many_at_once(cast: Cast) -> None:
    contract = signed_contract(cast)
    provider, finance = cast.actor("provider1"), cast.actor("finance")
    entered_expense(cast, contract, papers=[])
    with pytest.raises(NotNow, match="凭证"):
        submit_expenses(contract, actor=provider)
    for _n in range(3):
        entered_expense(cast, contract, "100.00")
    assert submit_expenses(contract, actor=provider) == 3
    rows = list(Expense.objects.filter(status="submitted"))
    with pytest.raises(NotAllowed):
        accept_expenses(contract, actor=provider, expenses=rows)
    assert accept_expenses(contract, actor=finance, expenses=rows) == 3
    assert ledger_of(contract).accepted == Decimal("300.00")
    assert inbox(finance.user_key).filter(kind="expense.submitted").count() == 1
    left = Expense.objects.get(status="entered")
    with pytest.raises(Invalid, match="上传凭证"):
        submit_expense(left, actor=provider)
    withdraw_expense(left, actor=provider, reason="记错了项目")


def test_a_contract_on_hold_or_paid_up_takes_no_more(cast: Cast) -> None:
    contract = signed_contract(cast)
    expense = submitted_expense(cast, contract)
    Contract.objects.filter(pk=contract.pk).update(status="closed")
    with pytest.raises(NotNow, match="已付清"):
        entered_expense(cast, contract)
    assert accept_expense(expense, actor=cast.actor("finance")).status == "accepted"
    both = replace(cast.actor("finance"), organization_id=contract.provider_id)
    with pytest.raises(NotAllowed):
        reject_expense(submitted_expense(cast, signed_contract(cast, n=2)), actor=both, reason="x")
