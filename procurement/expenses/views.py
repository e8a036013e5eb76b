"""Pages of the expenses (支出): list and object, what a contract's page shows of its special account, what waits for whom."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from core import duties, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.pages import actor_of, room_urls
from core.rooms import Column, Figure, Room, View, register
from procurement.contracts.models import Contract
from procurement.contracts.queries import contract_choices
from procurement.expenses import boards
from procurement.expenses.models import Expense
from procurement.expenses.queries import (
    SPENDING,
    contracts_to_judge,
    contracts_to_submit,
    sums_of,
    to_answer,
    visible_expenses,
)
from procurement.permissions.expenses import (
    PROVIDER_ROLES,
    can_enter_expense,
    can_judge_expenses,
    can_read_ledger,
)


class ExpenseFilter(django_filters.FilterSet):
    """Search by payee or invoice; status, contract, usage, method, days."""

    q = django_filters.CharFilter(label="收款方、发票号码", method="search")
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in Expense.lifecycle.statuses.items()]
    )
    contract = django_filters.ChoiceFilter(label="合同", empty_label="全部合同", choices=[])
    usage = django_filters.ChoiceFilter(label="用途", empty_label="全部用途", choices=Expense.USAGES)
    method = django_filters.ChoiceFilter(label="支付方式", empty_label="全部方式", choices=Expense.METHODS)
    after = django_filters.DateFilter(label="支付日期从", field_name="spent_on", lookup_expr="gte")
    before = django_filters.DateFilter(label="支付日期到", field_name="spent_on", lookup_expr="lte")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request is not None:
            self.filters["contract"].extra["choices"] = contract_choices(
                actor_of(self.request), but=("draft", "legal_review", "signing"), chosen=self.data.get("contract", "")
            )

    def search(self, rows: QuerySet[Expense], name: str, value: str) -> QuerySet[Expense]:
        """Payee, invoice number, contract's number."""
        return rows.filter(
            Q(payee__icontains=value) | Q(invoice_number__startswith=value) | Q(contract__number__icontains=value)
        )


def _figures(expense: Expense, actor: Actor) -> list[Figure]:
    return [
        Figure(_("金额"), expense.amount, unit=_("元"), detail=expense.get_method_display(), kind="hero"),
        Figure(_("支付日期"), f"{expense.spent_on}", detail=expense.payee),
        Figure(_("资金"), expense.budget_line.get_source_display(), detail=expense.budget_line.name),
    ]


def _files(expense: Expense, actor: Actor) -> QuerySet[Document]:
    return Document.objects.filter(pk__in=expense.files.values("document"))


def _context(expense: Expense, actor: Actor) -> dict[str, Any]:
    notes: list[dict[str, Any]] = []
    if expense.question:
        title = _("不予认可") if expense.status == "rejected" else _("财务要求说明")
        kind = "bad" if expense.status == "rejected" else "" if expense.answer else "warn"
        notes.append({"kind": kind, "title": title, "text": expense.question})
    if expense.answer:
        notes.append({"kind": "", "title": _("承接单位的说明"), "text": expense.answer})
    return {"notes": notes}


def _locked(expense: Expense, actor: Actor) -> list[tuple[str, str]]:
    if expense.status == "entered" and not expense.files.exists():
        return [("submit", _("还没有凭证。点“修改”，传发票、发放表或支付回单的照片或 PDF。"))]
    return []


EXPENSES = register(
    Room(
        slug="expenses",
        label="支出",
        model=Expense,
        visible=visible_expenses,
        title=str,
        icon="receipt",
        filterset=ExpenseFilter,
        columns=(
            Column(
                "payee", "收款方", lambda e: (e.payee, f"{e.get_usage_display()} · {e.line.name}"), "title", "payee"
            ),
            Column("amount", "金额（元）", lambda e: e.amount, "money", "amount"),
            Column("spent_on", "支付日期", lambda e: f"{e.spent_on}", "num", "spent_on"),
            Column("contract", "合同", lambda e: e.contract.number or e.contract.title, sort="contract__number"),
            Column("provider", "承接单位", lambda e: e.provider.name, sort="provider__name"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        default_sort="-spent_on",
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("待审核", "submitted", lambda rows, actor: rows.filter(status="submitted")),
            View("待说明", "questioned", lambda rows, actor: rows.filter(status="questioned")),
            View("已认可", "accepted", lambda rows, actor: rows.filter(status="accepted")),
        ),
        sum_field="amount",
        reads=(
            *("payee", "usage", "amount", "spent_on", "status", "contract__number", "contract__title"),
            *("provider__name", "line__name"),
        ),
        figures=_figures,
        subtitle=lambda e: [e.contract.number or "", e.provider.name, e.line.name, e.get_usage_display()],
        files=_files,
        context=_context,
        locked=_locked,
        fields=(
            *("id", "contract", "provider"),
            *("usage", "cost_class", "amount", "spent_on", "method", "voucher_kind", "invoice_code"),
            *("invoice_number", "submitted_at", "judged_at"),
        ),
        create=("登记支出", "expenses:enter", lambda actor: actor.has(*PROVIDER_ROLES)),
        empty=("还没有支出", "合同生效以后，承接单位把每一笔支出连同凭证登记在这里。"),
    )
)


def _voucher_section(expense: Expense, actor: Actor) -> dict[str, Any]:
    invoice = " ".join(part for part in (expense.invoice_code, expense.invoice_number) if part)
    facts = [
        {"label": _("凭证"), "value": expense.get_voucher_kind_display(), "sub": invoice},
        {"label": _("登记人"), "value": expense.entered_by_name, "sub": expense.note},
    ]
    if expense.judged_by_name:
        facts.append({"label": _("审核人"), "value": expense.judged_by_name})
    files = [
        {
            "name": each.document.name,
            "url": reverse("expenses:file", args=[expense.pk, each.document_id]),
            "size": each.document.size,
            "sha256": each.document.sha256,
        }
        for each in expense.files.select_related("document")
    ]
    return {"facts": facts, "files": files, "none": _("还没有凭证文件")}


def _contract_section(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    """How the special account stands: the sums of its ledger, and the way on."""
    if contract.status in {"draft", "legal_review", "signing"} or not can_read_ledger(actor, contract):
        return None
    enters = contract.status in SPENDING and can_enter_expense(actor, contract)
    return {
        "contract": contract,
        "ledger": sums_of(contract),
        "enters": enters,
        "judges": can_judge_expenses(actor, contract),
    }


sections.register(
    "procurement.expense",
    title="凭证",
    template="procurement/expenses/voucher.html",
    context=_voucher_section,
    order=10,
)
sections.register(
    "procurement.contract",
    title="专账",
    template="procurement/expenses/on_contract.html",
    context=_contract_section,
    order=18,
)

duties.register(
    Duty(
        name="expense.judge",
        roles=("finance_officer",),
        queryset=contracts_to_judge,
        title=lambda contract: contract.title,
        button="审核支出",
        note=lambda contract: _("%(n)s 笔支出等待审核") % {"n": contract.waiting},
        amount=lambda contract: contract.waiting_sum,
        url=lambda contract: reverse("expenses:review", args=[contract.pk]),
        reads=("title",),
        source=duties.source(Expense, buyer="buyer", status="submitted"),
    )
)
duties.register(
    Duty(
        name="expense.submit",
        roles=PROVIDER_ROLES,
        queryset=contracts_to_submit,
        title=lambda contract: contract.title,
        button="提交支出",
        note=lambda contract: _("%(n)s 笔支出已登记，还没有提交审核") % {"n": contract.waiting},
        amount=lambda contract: contract.waiting_sum,
        url=lambda contract: reverse("expenses:submit-all", args=[contract.pk]),
        source=duties.source(Expense, provider="provider", status="entered"),
    )
)
duties.register(
    Duty(
        name="expense.answer",
        roles=PROVIDER_ROLES,
        queryset=to_answer,
        title=str,
        button="说明",
        verb="answer",
        note=lambda expense: expense.question,
        amount=lambda expense: expense.amount,
        order=20,
        source=duties.source(Expense, provider="provider", status="questioned"),
    )
)

urlpatterns = [*boards.urlpatterns, *room_urls(EXPENSES)]
