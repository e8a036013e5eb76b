"""The special account: what is entered, handed in, judged; what it adds up to; what is refused and why."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from openpyxl import load_workbook

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
from procurement.expenses.workbook import COLUMNS
from tests.cast import Cast
from tests.journeys.activities import picture
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


def workbook(rows: list[dict[str, str]]) -> SimpleUploadedFile:
    """A filled workbook as CSV, in our columns."""
    lines = [",".join(COLUMNS.values())]
    lines += [",".join(str(row.get(name, "")) for name in COLUMNS) for row in rows]
    return SimpleUploadedFile("支出.csv", "\n".join(lines).encode("utf-8-sig"), content_type="text/csv")


def test_a_workbook_is_checked_row_by_row_before_anything_is_entered(cast: Cast) -> None:
    contract = signed_contract(cast)
    provider = cast.client("provider1")
    url = f"/w/expenses/import/{contract.pk}/"
    good = {
        "line": "1", "usage": "物资", "amount": "1200.50", "spent_on": "2026-09-01", "payee": "昆明文具店",
        "invoice_number": "26530000000000009001",
    }  # fmt: skip
    bad = good | {"usage": "礼金", "amount": "12.345", "spent_on": "九月一日", "payee": ""}
    faulty = provider.post(url, {"file": workbook([good, bad, good]), "idempotency_key": "w1"}, follow=True)
    page = faulty.content.decode()
    for words in ("2 行要改", "第 3 行", "请从这些里选", "日期写成", "和第 2 行是同一张发票"):
        assert words in page, words
    asked = faulty.redirect_chain[-1][0]
    assert provider.post(asked, {"idempotency_key": "w2"}).status_code == 422
    assert not Expense.objects.exists()
    assert cast.client("provider2").get(asked).status_code == 404
    missing = provider.post(url, {"file": SimpleUploadedFile("a.csv", "金额\n1".encode()), "idempotency_key": "w3"})
    assert missing.status_code == 422
    assert "缺少列" in missing.content.decode()
    fine = provider.post(url, {"file": workbook([good]), "idempotency_key": "w4"}, follow=True)
    assert "1,200.50" in fine.content.decode()
    assert provider.post(fine.redirect_chain[-1][0], {"idempotency_key": "w5"}).status_code == 302
    assert Expense.objects.get().amount == Decimal("1200.50")
    template = provider.get(f"{url}template/")
    assert [cell.value for cell in load_workbook(io.BytesIO(template.content)).worksheets[0][1]] == [*COLUMNS.values()]


def test_by_hand(cast: Cast) -> None:
    """Entered on a page, handed in together, judged together by finance, read and exported as an account."""
    contract = signed_contract(cast)
    provider, finance = cast.client("provider1"), cast.client("finance")
    typed = {
        "line": contract.lines.get(n=1).pk, "usage": "materials", "amount": "1,200.50", "spent_on": "2026-09-01",
        "payee": "昆明文具店", "method": "transfer", "allocation": contract.fundings.get().allocation_id,
        "voucher_kind": "invoice", "invoice_number": "2653 0000 0000 0000 9002", "idempotency_key": "e1",
    }  # fmt: skip
    enter = provider.get("/w/expenses/enter/", follow=True)
    url = enter.redirect_chain[-1][0]
    refused = provider.post(url, typed | {"amount": "1.234", "payee": "昆明书店"})
    assert refused.status_code == 422
    assert "昆明书店" in refused.content.decode()
    photo = SimpleUploadedFile("发票.jpg", picture(1), content_type="image/jpeg")
    entered = provider.post(url, typed | {"papers": photo, "idempotency_key": "e2"})
    assert entered.status_code == 302
    expense = Expense.objects.get()
    assert "提交支出" in provider.get("/w/").content.decode()
    assert cast.client("finance").get(entered["Location"]).status_code == 404
    handed = provider.post(f"/w/expenses/submit/{contract.pk}/", {"idempotency_key": "e3"})
    assert handed.status_code == 302
    assert "审核支出" in finance.get("/w/").content.decode()
    review = f"/w/expenses/review/{contract.pk}/"
    assert "昆明文具店" in finance.get(review).content.decode()
    assert cast.client("buyer").get(review).status_code == 403
    assert finance.post(review, {"idempotency_key": "e4"}).status_code == 422
    assert finance.post(review, {"expenses": [expense.pk], "idempotency_key": "e5"}).status_code == 302
    assert Expense.objects.get().status == "accepted"
    account = f"/w/expenses/account/{contract.pk}/"
    for login, status in {"provider1": 200, "finance": 200, "buyer": 200, "provider2": 404, "street": 403}.items():
        assert cast.client(login).get(account).status_code == status, login
    assert "1,200.50" in cast.client("buyer").get(contract.get_absolute_url()).content.decode()
    book = load_workbook(io.BytesIO(finance.get(f"{account}?export=xlsx").content))
    assert book.worksheets[0]["F2"].value == 1200.5
    assert next(entry.verb for entry in journal.entries_for(contract)) == "export"
