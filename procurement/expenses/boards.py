"""Boards of the expenses (专账页面): entering one or a workbook, handing in, judging many at once, the account of a contract."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import clock
from core.documents import Document, read
from core.errors import Invalid, NotAllowed
from core.pages import actor_of, answer
from core.spreadsheets import workbook_response
from procurement.contracts.models import Contract
from procurement.contracts.queries import visible_contracts
from procurement.expenses.facts import caps_of, leads_of
from procurement.expenses.forms import AcceptForm, ExpenseForm, WorkbookForm
from procurement.expenses.operations import (
    accept_expenses,
    enter_expense,
    enter_expenses,
    keep_workbook,
    record_export,
    submit_expenses,
)
from procurement.expenses.queries import ledger_of, movements, open_contracts, visible_expenses
from procurement.expenses.workbook import COLUMNS, Row, account_sheets, read_entries, template_sheets
from procurement.permissions.expenses import (
    PROVIDER_ROLES,
    can_enter_expense,
    can_judge_expenses,
    can_read_ledger,
)

LIST_CRUMB = {"label": "支出", "url": "/w/expenses/"}
SHOWN = 100
EXPORTED = 10_000


def enter(request: HttpRequest, contract: UUID | None = None) -> HttpResponse:
    """Enter an expense: under the only contract at once, else after choosing one. 404 for another provider's contract."""
    actor = actor_of(request)
    if not actor.has(*PROVIDER_ROLES):
        raise NotAllowed(_("支出由承接单位登记。"))
    if contract is None:
        rows = list(open_contracts(actor)[:SHOWN])
        if len(rows) == 1:
            return redirect("expenses:enter-for", rows[0].pk)
        crumbs = [LIST_CRUMB, {"label": _("登记支出"), "url": ""}]
        return render(
            request, "procurement/expenses/choose.html", {"title": _("登记支出"), "rows": rows, "crumbs": crumbs}
        )
    found = get_object_or_404(open_contracts(actor), pk=contract)
    bound = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ExpenseForm(*bound, contract=found)
    form.initial.setdefault("spent_on", f"{clock.today()}")
    context = _page(found, _("登记支出"), _("登记后还可以改；补齐凭证、提交审核以后，采购人财务才看到。"))
    context |= {"submit_label": _("登记"), "back_label": _("先不登记")}
    return answer(
        request,
        form,
        lambda cleaned: enter_expense(found, actor=actor, **cleaned),
        template="procurement/expenses/enter.html",
        context=context,
        done=lambda expense: expense.get_absolute_url(),
    )


def submit(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Hand in all expenses of a contract that have a voucher."""
    actor = actor_of(request)
    found = get_object_or_404(open_contracts(actor), pk=contract)
    if not can_enter_expense(actor, found):
        raise NotAllowed(_("支出由承接单位提交。"))
    waiting = visible_expenses(actor).filter(contract=found, status="entered")
    ready = waiting.filter(files__isnull=False).distinct().count()
    context = _page(found, _("全部提交审核"), _("有凭证的支出一次提交给采购人财务，提交后不能再改；没有凭证的留着。"))
    context["facts"] = [
        {"label": _("有凭证，可以提交"), "value": ready, "unit": _("笔")},
        {"label": _("还没有凭证"), "value": waiting.count() - ready, "unit": _("笔")},
    ]
    context |= {"submit_label": _("提交 %(n)s 笔") % {"n": ready}, "back_label": _("先不提交")}
    return answer(
        request,
        Form(request.POST if request.method == "POST" else None),
        lambda cleaned: submit_expenses(found, actor=actor),
        template="verb.html",
        context=context,
        done=lambda n: _account_url(found),
    )


def review(request: HttpRequest, contract: UUID) -> HttpResponse:
    """What waits for finance of one contract: looked through, and the chosen ones accepted together."""
    actor = actor_of(request)
    found = get_object_or_404(visible_contracts(actor), pk=contract)
    if not can_judge_expenses(actor, found):
        raise NotAllowed(_("支出由采购人财务审核。"))
    waiting = visible_expenses(actor).filter(contract=found, status="submitted").order_by("spent_on", "pk")
    form = AcceptForm(request.POST if request.method == "POST" else None, rows=waiting)
    rows = list(waiting.prefetch_related("files__document")[:SHOWN])
    chosen = set(request.POST.getlist("expenses"))
    context = _page(found, _("审核支出"), "") | {
        "rows": [{"expense": each, "on": str(each.pk) in chosen} for each in rows],
        "more": max(0, waiting.count() - len(rows)),
        "caps": list(caps_of(found).values()),
        "leads": leads_of(found),
        "ledger": ledger_of(found),
    }
    return answer(
        request,
        form,
        lambda cleaned: accept_expenses(found, actor=actor, expenses=list(cleaned["expenses"])),
        template="procurement/expenses/review.html",
        context=context,
        done=lambda n: reverse("expenses:review", args=[found.pk]) if waiting.all().exists() else _account_url(found),
    )


def bring(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Send a filled workbook; the next page shows what is in it before anything is entered."""
    actor = actor_of(request)
    found = get_object_or_404(open_contracts(actor), pk=contract)
    bound = (request.POST, request.FILES) if request.method == "POST" else ()

    def act(cleaned: dict[str, Any]) -> Document:
        upload = cleaned["file"]
        read_entries(found, upload.read(), name=upload.name)
        upload.seek(0)
        return keep_workbook(found, actor=actor, upload=upload)

    context = _page(found, _("导入支出"), _("先检查再登记：下一页逐行列出表格里的内容和要改的地方。"))
    context |= {"submit_label": _("检查表格"), "back_label": _("先不导入")}
    return answer(
        request,
        WorkbookForm(*bound),
        act,
        template="procurement/expenses/bring.html",
        context=context,
        done=lambda document: reverse("expenses:import-check", args=[found.pk, document.pk]),
    )


def check(request: HttpRequest, contract: UUID, document: UUID) -> HttpResponse:
    """What a sent workbook holds, row by row, and the button that enters all of it; 404 for somebody else's upload."""
    actor = actor_of(request)
    found = get_object_or_404(open_contracts(actor), pk=contract)
    kept = get_object_or_404(Document, pk=document, purpose="expense_import", uploaded_by_key=actor.user_key)
    rows = read_entries(found, read(kept), name=kept.name)
    faulty = [row for row in rows if row.faults]
    good = [row.entry for row in rows if row.entry is not None and not row.faults]

    def act(cleaned: dict[str, Any]) -> int:
        if faulty:
            raise Invalid(_("表格里有 %(n)s 行要改，改好后重新上传。没有登记任何一笔。") % {"n": len(faulty)})
        return enter_expenses(found, good, actor=actor)

    context = _page(found, _("核对表格"), "") | {
        "rows": [_shown(row) for row in (faulty or rows)[:SHOWN]],
        "columns": list(COLUMNS.values()),
        "faulty": len(faulty),
        "total": sum((entry.amount for entry in good), start=0),
        "count": len(rows),
        "offered": not faulty,
        "name": kept.name,
        "submit_label": _("登记 %(n)s 笔") % {"n": len(rows)},
        "again_url": reverse("expenses:import", args=[found.pk]),
    }
    return answer(
        request,
        Form(request.POST if request.method == "POST" else None),
        act,
        template="procurement/expenses/check.html",
        context=context,
        done=lambda n: f"{reverse('expenses:list')}?contract={found.pk}&status=entered",
    )


@require_safe
def template(request: HttpRequest, contract: UUID) -> HttpResponse:
    """The workbook to fill, with the words that this contract understands."""
    found = get_object_or_404(open_contracts(actor_of(request)), pk=contract)
    return workbook_response(template_sheets(found), name=f"支出模板-{found.number or found.pk}")


@require_safe
def account(request: HttpRequest, contract: UUID) -> HttpResponse:
    """The special account of a contract (专账): sums, caps, leads, the running account; ?export=xlsx downloads it."""
    actor = actor_of(request)
    found = get_object_or_404(visible_contracts(actor), pk=contract)
    if not can_read_ledger(actor, found):
        raise NotAllowed(_("专账只给合同双方和区财政看。"))
    ledger, running = ledger_of(found), movements(found)
    seen = visible_expenses(actor).filter(contract=found).order_by("spent_on", "pk")
    if request.GET.get("export") == "xlsx":
        rows = list(seen[:EXPORTED])
        record_export(found, actor=actor, rows=len(rows))
        name = f"专账-{found.number or found.pk}-{clock.today():%Y%m%d}"
        return workbook_response(account_sheets(found, ledger, running, rows), name=name)
    mine = actor.belongs_to(found.provider_id)
    context = _page(found, _("专账"), "") | {
        "ledger": ledger,
        "caps": list(caps_of(found).values()),
        "leads": [] if mine else leads_of(found),
        "running": running[-SHOWN:],
        "earlier": max(0, len(running) - SHOWN),
        "contract": found,
        "enters": can_enter_expense(actor, found) and open_contracts(actor).filter(pk=found.pk).exists(),
        "judges": can_judge_expenses(actor, found),
        "list_url": f"{reverse('expenses:list')}?contract={found.pk}",
    }
    return render(request, "procurement/expenses/account.html", context)


def _page(contract: Contract, title: str, consequence: str) -> dict[str, Any]:
    return {
        "title": title,
        "head": {"title": contract.title, "number": contract.number or "", "chip": contract.chip},
        "consequence": consequence,
        "contract": contract,
        "back_url": _account_url(contract),
        "crumbs": [LIST_CRUMB, {"label": contract.number or contract.title, "url": contract.get_absolute_url()}],
    }


def _shown(row: Row) -> dict[str, Any]:
    faults = [f"{COLUMNS.get(name, '')}：{sentence}" for name, said in row.faults.items() for sentence in said]
    return {"number": row.number, "texts": row.texts, "faults": faults}


def _account_url(contract: Contract) -> str:
    return reverse("expenses:account", args=[contract.pk])


urlpatterns = [
    path("enter/", enter, name="enter"),
    path("enter/<uuid:contract>/", enter, name="enter-for"),
    path("submit/<uuid:contract>/", submit, name="submit-all"),
    path("review/<uuid:contract>/", review, name="review"),
    path("import/<uuid:contract>/", bring, name="import"),
    path("import/<uuid:contract>/template/", template, name="import-template"),
    path("import/<uuid:contract>/<uuid:document>/", check, name="import-check"),
    path("account/<uuid:contract>/", account, name="account"),
]
