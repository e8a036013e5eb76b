"""Verbs of the expense (支出): entered, handed in, answered, withdrawn by the provider; accepted, questioned, rejected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from core import clock, holds, journal
from core.actor import Actor
from core.documents import Document, store
from core.errors import Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.money import ZERO
from procurement.budgets.models import Allocation
from procurement.contracts.models import Contract, ContractFunding, ContractLine
from procurement.expenses.facts import Entry, Frame, faults_of, frame_of, used_invoices
from procurement.expenses.models import Expense, ExpenseFile
from procurement.expenses.queries import SPENDING
from procurement.permissions.expenses import PROVIDER_ROLES, can_enter_expense, can_judge_expenses

MAX_FILES = 9
BATCH = 500
USED = "这张发票已经在平台登记过，一张发票只能列支一次。请核对代码和号码。"


@transaction.atomic
def enter_expense(
    contract: Contract,
    *,
    actor: Actor,
    line: ContractLine,
    allocation: Allocation,
    usage: str,
    amount: Decimal,
    spent_on: date,
    payee: str,
    method: str = "transfer",
    voucher_kind: str = "invoice",
    invoice_code: str = "",
    invoice_number: str = "",
    note: str = "",
    papers: Iterable[Any] = (),
) -> Expense:
    """Enter an expense into the special account (登记支出); it stays the provider's until it is handed in.

    line, allocation  of this contract;  amount: yuan, above 0;  spent_on: within the term and its grace
    papers            up to 9 uploads or stored documents; without one it cannot be handed in
    returns  the expense, entered
    raises   NotAllowed · NotNow (contract not in delivery, a hold) · Invalid at the field: term, forbidden use, cap that
             refuses, an invoice that stands in any provider's account
    writes   the row, its files; one journal entry "create"
    source   house.md 4b.14; 政府购买服务管理办法: 专账核算
    """
    entry = _entry(line, allocation, usage=usage, amount=amount, spent_on=spent_on, payee=payee, note=note)
    entry = _with_voucher(entry, method, voucher_kind, invoice_code, invoice_number)
    frame = _frame(contract, actor)
    _refuse(faults_of(frame, entry) | _used([entry]))
    expense = _begin(frame, entry, actor)
    _keep_papers(expense, papers, actor)
    return expense


@transaction.atomic
def enter_expenses(contract: Contract, entries: Sequence[Entry], *, actor: Actor) -> int:
    """Enter many at once (批量登记), all of them or none; vouchers follow one by one.

    returns  how many
    raises   as `enter_expense`; the first faulty entry is named by its number
    writes   the rows; one journal entry "create" each
    """
    frame = _frame(contract, actor)
    if not entries:
        raise Invalid(_("没有可以登记的支出。"))
    if len(entries) > BATCH:
        raise Invalid(_("一次最多登记 %(n)s 笔，请分次导入。") % {"n": BATCH})
    pairs = [(each.invoice_code, each.invoice_number) for each in entries if each.invoice_number]
    if len(set(pairs)) < len(pairs) or used_invoices(pairs):
        raise Invalid(_(USED))
    for n, each in enumerate(entries, 1):
        faults = faults_of(frame, each)
        if faults:
            first = next(iter(faults.values()))[0]
            raise Invalid(_("第 %(n)s 笔：%(fault)s") % {"n": n, "fault": first})
    for each in entries:
        _begin(frame, each, actor)
    return len(entries)


@transaction.atomic
def edit_expense(expense: Expense, *, actor: Actor, papers: Iterable[Any] = (), **fields: Any) -> Expense:
    """Change an expense that was not handed in yet; `fields` and `papers` as `enter_expense` takes them.

    papers  are added to those that are there
    raises  NotAllowed · NotNow · Conflict · Invalid
    """
    require(expense, "edit", actor)
    names = ("line", "allocation", "usage", "amount", "spent_on", "payee", "note")
    whole = {name: fields.get(name, getattr(expense, name)) for name in names}
    voucher = [
        fields.get(name, getattr(expense, name))
        for name in ("method", "voucher_kind", "invoice_code", "invoice_number")
    ]
    entry = _with_voucher(_entry(whole.pop("line"), whole.pop("allocation"), **whole), *voucher)
    frame = _frame(expense.contract, actor, without=expense)
    _refuse(faults_of(frame, entry) | _used([entry], without=expense))
    try:
        with transaction.atomic():
            advance(expense, "edit", actor=actor, facts=_facts(frame, entry), **_columns(frame, entry))
    except IntegrityError:
        raise Invalid(_(USED), field="invoice_number") from None
    _keep_papers(expense, papers, actor)
    return expense


@transaction.atomic
def submit_expense(expense: Expense, *, actor: Actor) -> Expense:
    """Hand an expense in (提交审核), with its voucher.

    raises  NotAllowed · NotNow · Invalid (no voucher) · Conflict
    writes  status, submitted_at; one journal entry with the papers' digests; a message to the buyer's finance
    """
    _submit(expense, actor)
    _tell_finance(expense.contract)
    return expense


@transaction.atomic
def submit_expenses(contract: Contract, *, actor: Actor) -> int:
    """Hand in all entered expenses that have a voucher (全部提交). returns how many, up to 500."""
    if not can_enter_expense(actor, contract):
        raise NotAllowed(_("支出由承接单位提交。"))
    rows = Expense.objects.filter(contract=contract, status="entered").annotate(proofs=Count("files"))
    ready = list(rows.filter(proofs__gt=0).select_related("contract__award").order_by("spent_on", "pk")[:BATCH])
    if not ready:
        raise NotNow(_("没有可以提交的支出：登记的都还没有上传凭证。"))
    for each in ready:
        _submit(each, actor)
    _tell_finance(contract)
    return len(ready)


@transaction.atomic
def accept_expense(expense: Expense, *, actor: Actor) -> Expense:
    """Accept an expense (认可): it is spent of what was paid for the contract.

    raises  NotAllowed · NotNow · Conflict · Invalid (more than the contract has of this source)
    writes  status, judged_at; one journal entry
    """
    require(expense, "accept", actor)
    Contract.objects.select_for_update().get(pk=expense.contract_id)
    _accept(expense, actor)
    return expense


@transaction.atomic
def accept_expenses(contract: Contract, *, actor: Actor, expenses: Sequence[Expense]) -> int:
    """Accept several of a contract at once (认可选中的). returns how many; all or none."""
    if not can_judge_expenses(actor, contract):
        raise NotAllowed(_("支出由采购人财务审核。"))
    if not expenses:
        raise Invalid(_("请至少选一笔。"), field="expenses")
    Contract.objects.select_for_update().get(pk=contract.pk)
    for each in expenses:
        require(each, "accept", actor)
        _accept(each, actor)
    return len(expenses)


@transaction.atomic
def question_expense(expense: Expense, *, actor: Actor, reason: str) -> Expense:
    """Ask the provider about an expense (要求说明); it waits until it is answered."""
    advance(expense, "question", actor=actor, reason=reason, question=reason, answer="", **_judged(actor))
    _tell_provider(expense, _("财务要求说明：%(title)s。%(reason)s"), "expense.questioned", reason)
    return expense


@transaction.atomic
def answer_expense(expense: Expense, *, actor: Actor, answer: str, papers: Iterable[Any] = ()) -> Expense:
    """Answer what finance asked (说明), with further papers; it waits for finance again.

    raises  NotAllowed · NotNow · Invalid (nothing said) · Conflict
    """
    require(expense, "answer", actor)
    if not answer.strip():
        raise Invalid(_("请写明情况。"), field="answer")
    _keep_papers(expense, papers, actor)
    advance(expense, "answer", actor=actor, reason=answer.strip(), answer=answer.strip(), submitted_at=clock.now())
    _tell_finance(expense.contract)
    return expense


@transaction.atomic
def reject_expense(expense: Expense, *, actor: Actor, reason: str) -> Expense:
    """Refuse an expense (不予认可), with the reason; its invoice may be entered anew elsewhere."""
    advance(expense, "reject", actor=actor, reason=reason, question=reason, **_judged(actor))
    _tell_provider(expense, _("支出不予认可：%(title)s。理由：%(reason)s"), "expense.rejected", reason)
    return expense


@transaction.atomic
def withdraw_expense(expense: Expense, *, actor: Actor, reason: str) -> Expense:
    """Take an expense back before it is judged (撤回)."""
    return advance(expense, "withdraw", actor=actor, reason=reason)


@transaction.atomic
def keep_workbook(contract: Contract, *, actor: Actor, upload: Any) -> Document:
    """Keep an uploaded workbook (导入表格) until the person who sent it has seen what is in it.

    raises  NotAllowed · NotNow
    writes  one document
    """
    _require_spending(contract, actor)
    return store(upload, name=upload.name, actor=actor, purpose="expense_import")


def record_export(contract: Contract, *, actor: Actor, rows: int) -> None:
    """Note in the contract's journal that its account was exported (导出专账)."""
    with transaction.atomic():
        journal.record(contract, "export", actor=actor, facts={"room": "expenses", "rows": rows})


def _require_spending(contract: Contract, actor: Actor) -> None:
    if not can_enter_expense(actor, contract):
        raise NotAllowed(_("支出由承接单位登记。"))
    if contract.status not in SPENDING:
        raise NotNow(
            _("合同当前状态是「%(status)s」，履约中或验收后才能登记支出。") % {"status": contract.status_label}
        )
    holds.require_no_hold(contract)


def _frame(contract: Contract, actor: Actor, *, without: Expense | None = None) -> Frame:
    """The checks' frame, with the contract's row locked: two people do not pass one cap together."""
    stored = Contract.objects.select_for_update().get(pk=contract.pk)
    _require_spending(stored, actor)
    return frame_of(stored, without=without.pk if without else None)


def _entry(line: ContractLine, allocation: Allocation, **fields: Any) -> Entry:
    return Entry(line_n=line.n, allocation=allocation.pk, **fields)


def _with_voucher(entry: Entry, method: str, kind: str, code: str, number: str) -> Entry:
    voucher = {"method": method, "voucher_kind": kind, "invoice_code": code.strip(), "invoice_number": number.strip()}
    texts = {"payee": entry.payee.strip(), "note": entry.note.strip()}
    return Entry(**(vars(entry) | texts | voucher))


def _used(entries: Sequence[Entry], without: Expense | None = None) -> dict[str, list[str]]:
    pairs = [(each.invoice_code, each.invoice_number) for each in entries]
    return {"invoice_number": [_(USED)]} if used_invoices(pairs, without=without.pk if without else None) else {}


def _refuse(faults: dict[str, list[str]]) -> None:
    if faults:
        raise Invalid(errors=faults)


def _columns(frame: Frame, entry: Entry) -> dict[str, Any]:
    option = frame.options[entry.line_n]
    columns = {name: value for name, value in vars(entry).items() if name not in {"line_n", "allocation"}}
    return columns | {
        "line": option.line,
        "cost_class": option.cost_class,
        "allocation": frame.allocations[entry.allocation],
        "budget_line": frame.allocations[entry.allocation].line,
    }


def _facts(frame: Frame, entry: Entry) -> dict[str, Any]:
    """What the journal keeps; payees may be people and stay out of it."""
    return {
        "line": entry.line_n,
        "class": frame.options[entry.line_n].cost_class,
        "source": frame.allocations[entry.allocation].line.source,
        "usage": entry.usage,
        "amount": f"{entry.amount:.2f}",
        "spent_on": entry.spent_on.isoformat(),
    }


def _begin(frame: Frame, entry: Entry, actor: Actor) -> Expense:
    contract = frame.contract
    expense = Expense(
        contract=contract,
        provider_id=contract.provider_id,
        buyer_id=contract.buyer_id,
        region_path=contract.region_path,
        entered_by_name=actor.user_name,
        **_columns(frame, entry),
    )
    try:
        with transaction.atomic():
            return begin(expense, actor=actor, facts=_facts(frame, entry))
    except IntegrityError:
        raise Invalid(_(USED), field="invoice_number") from None


def _keep_papers(expense: Expense, papers: Iterable[Any], actor: Actor) -> None:
    documents = [
        each
        if isinstance(each, Document)
        else store(each, name=each.name, actor=actor, purpose="expense", field="papers")
        for each in papers
    ]
    if expense.files.count() + len(documents) > MAX_FILES:
        raise Invalid(_("每笔支出最多 %(n)s 个文件。") % {"n": MAX_FILES}, field="papers")
    ExpenseFile.objects.bulk_create(ExpenseFile(expense=expense, document=each) for each in documents)


def _submit(expense: Expense, actor: Actor) -> None:
    require(expense, "submit", actor)
    documents = [each.document for each in expense.files.select_related("document")]
    if not documents:
        raise Invalid(_("请先上传凭证：发票、发放表或支付回单的照片或 PDF。"))
    facts = {"amount": f"{expense.amount:.2f}"}
    advance(expense, "submit", actor=actor, facts=facts, documents=documents, submitted_at=clock.now())


def _accept(expense: Expense, actor: Actor) -> None:
    """Accept within what the contract has of this source; the contract's row is locked by the caller."""
    funding = ContractFunding.objects.get(contract=expense.contract_id, allocation=expense.allocation_id)
    accepted = (
        Expense.objects.filter(
            contract=expense.contract_id, allocation=expense.allocation_id, status="accepted"
        ).aggregate(total=Sum("amount"))["total"]
        or ZERO
    )
    if accepted + expense.amount > funding.amount:
        raise Invalid(
            _("「%(line)s」在本合同里是 %(funded)s 元，已认可 %(accepted)s 元，不够再认可 %(amount)s 元。")
            % {
                "line": expense.budget_line.name,
                "funded": f"{funding.amount:,.2f}",
                "accepted": f"{accepted:,.2f}",
                "amount": f"{expense.amount:,.2f}",
            }
        )
    advance(expense, "accept", actor=actor, facts={"amount": f"{expense.amount:.2f}"}, **_judged(actor))


def _judged(actor: Actor) -> dict[str, Any]:
    return {"judged_at": clock.now(), "judged_by_name": actor.user_name}


def _tell_finance(contract: Contract) -> None:
    """One message a contract and hour: a provider hands in many at once."""
    tell(
        people_with_role(contract.buyer_id, "finance_officer"),
        sentence=_("有支出等待审核：%(title)s") % {"title": contract.title},
        url=f"/w/expenses/review/{contract.pk}/",
        kind="expense.submitted",
        key=f"expense.submitted:{contract.pk}:{clock.now():%Y%m%d%H}",
    )


def _tell_provider(expense: Expense, sentence: str, kind: str, reason: str) -> None:
    people = [key for role in PROVIDER_ROLES for key in people_with_role(expense.provider_id, role)]
    tell(
        people,
        sentence=sentence % {"title": str(expense)[:80], "reason": reason[:120]},
        url=expense.get_absolute_url(),
        kind=kind,
        key=f"{kind}:{expense.pk}:{expense.version}",
    )
