"""The trail (查账): the year's lines, what makes up a figure, a project's money, a voucher and its way up; and samples."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from audit.permissions.tracing import can_sample, can_trace, can_work_on_sample
from audit.tracing.forms import DrawForm, JudgeForm, LineFilter, VoucherFilter
from audit.tracing.models import SampleItem, SavedView
from audit.tracing.operations import draw_sample, drop_view, judge_item, save_view
from audit.tracing.queries import (
    FIGURES,
    Entry,
    entries_behind,
    payments_behind,
    payments_of_case,
    traced_lines,
    traced_vouchers,
    visible_samples,
    vouchers_sum,
    years_of,
)
from audit.tracing.tables import Column, Table, chips_of, table_page
from core import clock
from core.actor import Actor
from core.errors import Invalid, NotAllowed
from core.money import ZERO
from core.pages import actor_of, answer
from core.paging import narrowed
from core.rooms import address_of
from procurement.budgets.models import BudgetLine
from procurement.contracts.models import Contract
from procurement.expenses.models import Expense
from procurement.projects.models import Project
from procurement.projects.queries import visible_projects

PAGES = {"year": "trace:year", "vouchers": "trace:vouchers"}
CRUMB = {"label": "查账", "url": "/w/trace/"}


def _reader(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not can_trace(actor):
        raise Http404
    return actor


LINE = ("name", "fiscal_year", "code", "source", "approved_amount", "planned_amount", "buyer__name")
"""What the year tells of each line."""


def year(request: HttpRequest) -> HttpResponse:
    """The lines of a year with their figures; every figure of the ledger leads to what it is made of."""
    actor = _reader(request)
    years, asked = years_of(actor), request.GET.copy()
    chosen = asked.get("year") or (str(years[0]) if years else str(clock.today().year))
    asked["year"] = chosen
    filtered = LineFilter(asked, queryset=traced_lines(actor), request=request)
    rows = narrowed(filtered.qs, *LINE).order_by("fiscal_year", "buyer__name", "code", "pk")
    spent = vouchers_sum(filtered.qs)

    def leads(figure: str) -> Any:
        return lambda line: reverse("trace:figure", args=[line.pk, figure])

    def to_vouchers(line: BudgetLine) -> str:
        return f"{reverse('trace:vouchers')}?{urlencode({'line': line.pk, 'status': 'accepted'})}"

    columns = (
        Column(_("预算"), lambda line: (line.name, f"{line.fiscal_year} · {line.code} · {line.buyer.name}"), "title",
               lambda line: line.get_absolute_url()),
        Column(_("来源"), lambda line: line.get_source_display()),
        Column(_("批复数"), lambda line: line.approved_amount, "money"),
        Column(_("已安排"), lambda line: line.planned_amount, "money", leads("planned")),
        Column(_("已签约"), lambda line: line.contracted_sum, "money", leads("contracted")),
        Column(_("已支付"), lambda line: line.paid_sum, "money", leads("paid")),
        Column(_("认可凭证"), lambda line: spent.get(line.pk, ZERO), "money", to_vouchers),
    )  # fmt: skip
    sums = filtered.qs.order_by().aggregate(
        lines=Count("pk"), approved=Sum("approved_amount"), contracted=Sum("contracted_sum"), paid=Sum("paid_sum")
    )
    figures = [
        {"label": label, "value": amount, "unit": _("元")}
        for label, amount in (
            (_("批复数"), sums["approved"]),
            (_("已签约"), sums["contracted"]),
            (_("已支付"), sums["paid"]),
            (_("认可凭证"), sum(spent.values(), ZERO)),
        )
    ]
    return table_page(
        request,
        actor,
        Table(
            "year",
            _("查账 %(year)s 年") % {"year": chosen},
            columns,
            (_("这一年还没有批复的预算"), _("预算批复以后，各条线的数字列在这里，点数字往下查。")),
        ),
        rows,
        filtered=filtered,
        chips=[each for each in chips_of(request, filtered) if each["name"] != "year"],
        labelled=True,
        years=[{"year": each, "on": str(each) == chosen} for each in years],
        figures=figures if sums["lines"] else [],
        more_url=reverse("trace:vouchers"),
        tree_url=f"{reverse('trace:tree')}?{urlencode({'year': chosen})}" if sums["lines"] else "",
        crumbs=[{"label": _("工作台"), "url": "/w/"}, {"label": _("查账"), "url": ""}],
    )


def figure(request: HttpRequest, line: UUID, name: str) -> HttpResponse:
    """What a figure of a line is made of: movements of the ledger that add up to it."""
    actor = _reader(request)
    found = get_object_or_404(traced_lines(actor), pk=line)
    if name not in FIGURES:
        raise Http404
    entries = entries_behind(found, name)
    total = sum((each.amount for each in entries), ZERO)
    stands = {"planned": found.planned_amount, "contracted": found.contracted_sum, "paid": found.paid_sum}[name]  # type: ignore[attr-defined]  # annotated
    columns = (
        Column(_("凭据"), lambda each: each.entry.reference_label, "title",
               lambda each: _behind(each, found)),
        Column(_("事项"), lambda each: each.entry.get_kind_display()),
        Column(_("金额"), lambda each: each.amount, "money"),
        Column(_("时间"), lambda each: each.entry.at, "date"),
        Column(_("经办"), lambda each: each.entry.actor_name),
    )  # fmt: skip
    word = FIGURES[name][0]
    table = Table(
        f"figure.{name}", f"{found}：{word}", columns, (_("这个数字还是 0"), _("有一笔安排、签约或支付以后列在这里。"))
    )
    return table_page(
        request,
        actor,
        table,
        entries,
        total=total,
        template="audit/tracing/figure.html",
        same=total == stands,
        stands=stands,
        word=word,
        up_url=f"{reverse('trace:year')}?{urlencode({'year': found.fiscal_year})}",
    )


def _behind(movement: Entry, line: BudgetLine) -> str:
    """Where a movement leads: a purchase's to the project's money, a grant's to the grant."""
    if movement.entry.reference.startswith("procurement."):
        return f"{reverse('trace:case', args=[movement.case])}?{urlencode({'line': line.pk})}"
    return address_of(movement.entry.reference)


def case(request: HttpRequest, project: UUID) -> HttpResponse:
    """A project's money: its settlements and payments, and the vouchers behind them; of one line where one is asked."""
    actor = _reader(request)
    found: Project = get_object_or_404(visible_projects(actor), pk=project)
    line = _line(actor, request.GET.get("line", ""))
    payments = list(payments_of_case(actor, found.case_key))
    vouchers = traced_vouchers(actor).filter(contract__award__lot__order__project=found)
    if line is not None:
        payments = [each for each in payments if any(s.allocation.line_id == line.pk for s in each.splits.all())]
        vouchers = vouchers.filter(budget_line=line)
    accepted = vouchers.filter(status="accepted").aggregate(total=Sum("amount"))["total"] or ZERO
    columns = (
        Column(_("凭证"), lambda each: (str(each), each.line.name), "title",
               lambda each: reverse("trace:voucher", args=[each.pk])),
        Column(_("承接单位"), lambda each: each.provider.name),
        Column(_("资金"), lambda each: each.budget_line.name),
        Column(_("发票号"), lambda each: each.invoice_number),
        Column(_("支付日期"), lambda each: f"{each.spent_on}", "num"),
        Column(_("金额"), lambda each: each.amount, "money"),
        Column(_("状态"), lambda each: each.status_label, "tag"),
    )  # fmt: skip
    return table_page(
        request,
        actor,
        Table("case", found.title, columns, (_("还没有凭证"), _("承接单位登记并提交支出以后列在这里。"))),
        vouchers.order_by("-spent_on", "pk"),
        total=accepted,
        template="audit/tracing/case.html",
        project=found,
        line=line,
        payments=payments,
        paid=sum((each.amount for each in payments if each.status == "paid"), ZERO),
    )


SHOWN = (
    *("status", "payee", "usage", "method", "invoice_number", "spent_on", "amount"),
    *("contract__title", "provider__name", "budget_line__name"),
)
"""What a list of vouchers tells of each."""


def vouchers(request: HttpRequest) -> HttpResponse:
    """All vouchers that a filter leaves, to be sampled or exported as they stand."""
    actor = _reader(request)
    filtered = VoucherFilter(request.GET, queryset=traced_vouchers(actor), request=request)
    rows = narrowed(filtered.qs, *SHOWN).order_by("-spent_on", "pk")
    columns = (
        Column(_("凭证"), lambda each: (str(each), each.contract.title), "title",
               lambda each: reverse("trace:voucher", args=[each.pk])),
        Column(_("承接单位"), lambda each: each.provider.name),
        Column(_("资金"), lambda each: each.budget_line.name),
        Column(_("支付方式"), lambda each: each.get_method_display()),
        Column(_("发票号"), lambda each: each.invoice_number),
        Column(_("支付日期"), lambda each: f"{each.spent_on}", "num"),
        Column(_("金额"), lambda each: each.amount, "money"),
        Column(_("状态"), lambda each: each.status_label, "tag"),
    )  # fmt: skip
    query = urlencode([(k, v) for k, v in request.GET.items() if v and k not in {"page", "export"}])
    return table_page(
        request,
        actor,
        Table("vouchers", _("凭证"), columns, (_("还没有凭证"), _("承接单位提交支出以后列在这里。"))),
        rows,
        filtered=filtered,
        total=filtered.qs.order_by().aggregate(total=Sum("amount"))["total"] or ZERO,
        chips=chips_of(request, filtered, _names(actor, filtered)),
        create={"label": _("从中抽样"), "url": f"{reverse('trace:draw')}?{query}"} if can_sample(actor) else None,
    )


def voucher(request: HttpRequest, key: UUID) -> HttpResponse:
    """One voucher and its way up: contract line, contract, payments, project, allocation, budget line, year."""
    actor = _reader(request)
    rows = traced_vouchers(actor).select_related("contract__award__lot__order__project")
    found: Expense = get_object_or_404(rows, pk=key)
    project, line = found.contract.award.lot.order.project, found.budget_line
    files = [
        {
            "name": each.document.name,
            "url": reverse("expenses:file", args=[found.pk, each.document_id]),
            "size": each.document.size,
            "sha256": each.document.sha256,
        }
        for each in found.files.select_related("document")
    ]
    samples = SampleItem.objects.filter(expense=found, sample__in=visible_samples(actor).order_by().values("pk"))
    context = {
        "title": str(found),
        "expense": found,
        "project": project,
        "line": line,
        "paid_parts": payments_behind(found),
        "files": files,
        "samples": list(samples.select_related("sample")),
        "case_url": f"{reverse('trace:case', args=[project.pk])}?{urlencode({'line': line.pk})}",
        "figure_url": reverse("trace:figure", args=[line.pk, "paid"]),
        "year_url": f"{reverse('trace:year')}?{urlencode({'year': line.fiscal_year})}",
        "crumbs": [CRUMB, {"label": project.title, "url": reverse("trace:case", args=[project.pk])},
                   {"label": str(found), "url": ""}],
    }  # fmt: skip
    return render(request, "audit/tracing/voucher.html", context)


def draw(request: HttpRequest) -> HttpResponse:
    """Draw a sample from exactly what the filter in the address shows."""
    actor = _reader(request)
    if not can_sample(actor):
        raise NotAllowed(_("抽样由经审、纪检和财政办理。"))
    filtered = VoucherFilter(request.GET, queryset=traced_vouchers(actor), request=request)
    if not filtered.form.is_valid():
        raise Invalid(_("有一个条件看不懂，请回到凭证列表重新筛选。"))
    query = urlencode([(k, v) for k, v in request.GET.items() if v])
    found = filtered.qs.order_by().aggregate(total=Sum("amount"))
    count = filtered.qs.order_by().count()
    chips = chips_of(request, filtered, _names(actor, filtered))
    form = DrawForm(*((request.POST,) if request.method == "POST" else ()))
    context = {
        "title": _("抽样"),
        "head": {"title": _("%(n)s 笔凭证") % {"n": count}, "number": ""},
        "consequence": _("种子由平台产生，连同总体和结果记入日志；任何人用种子和总体都能重算出同样的样本。"),
        "facts": [
            {"label": _("总体"), "value": _("%(n)s 笔") % {"n": count},
             "sub": "；".join(each["label"] for each in chips) or _("全部凭证")},
            {"label": _("金额"), "value": found["total"] or ZERO, "unit": _("元")},
        ],
        "back_url": f"{reverse('trace:vouchers')}?{query}",
        "submit_label": _("抽取"),
        "back_label": _("先不抽"),
        "crumbs": [CRUMB, {"label": _("凭证"), "url": f"{reverse('trace:vouchers')}?{query}"},
                   {"label": _("抽样"), "url": ""}],
    }  # fmt: skip
    return answer(
        request,
        form,
        lambda cleaned: draw_sample(filtered.qs, actor=actor, query=query, **cleaned),
        template="verb.html",
        context=context,
        done=lambda sample: sample.get_absolute_url(),
    )


def item(request: HttpRequest, key: UUID) -> HttpResponse:
    """The working paper of one voucher of a sample."""
    actor = _reader(request)
    seen = visible_samples(actor).order_by().values("pk")
    rows = SampleItem.objects.select_related("sample", "expense__contract", "expense__provider", "expense__line")
    found = get_object_or_404(rows, pk=key, sample__in=seen)
    if not can_work_on_sample(actor, found.sample):
        raise NotAllowed(_("样本由审计人员核对。"))
    initial = {"result": found.result, "note": found.note, "error_amount": found.error_amount}
    bound = (request.POST, request.FILES) if request.method == "POST" else ()
    form = JudgeForm(*bound, initial=initial if found.result else None)
    expense = found.expense
    context = {
        "title": _("核对凭证"),
        "head": {"title": str(expense), "number": "", "chip": expense.chip},
        "facts": [
            {"label": _("金额"), "value": found.amount, "unit": _("元")},
            {"label": _("收款方"), "value": expense.payee, "sub": expense.get_usage_display()},
            {"label": _("合同"), "value": expense.contract.title, "sub": expense.provider.name},
            {"label": _("原始凭证"), "value": _("打开凭证和来龙去脉"), "url": reverse("trace:voucher", args=[expense.pk])},
        ],
        "back_url": found.sample.get_absolute_url(),
        "submit_label": _("存核对结果"),
        "offered": found.sample.status == "drawn",
        "crumbs": [{"label": _("抽样"), "url": "/w/samples/"},
                   {"label": found.sample.title, "url": found.sample.get_absolute_url()},
                   {"label": _("第 %(n)s 笔") % {"n": found.n}, "url": ""}],
    }  # fmt: skip
    return answer(
        request,
        form,
        lambda cleaned: judge_item(found, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda made: found.sample.get_absolute_url(),
    )


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep a filter under a name; back to the page with it on."""
    actor = _reader(request)
    page, query = request.POST.get("page", ""), request.POST.get("query", "")
    if page not in PAGES:
        raise Http404
    save_view(actor=actor, page=page, name=request.POST.get("name", ""), query=query)
    return redirect(f"{reverse(PAGES[page])}?{query}")


@require_POST
def drop(request: HttpRequest, key: UUID) -> HttpResponse:
    """Throw one's own saved view away."""
    actor = _reader(request)
    view = get_object_or_404(SavedView, pk=key, person_key=actor.user_key)
    drop_view(view, actor=actor)
    return redirect(PAGES[view.page])


def _line(actor: Actor, key: str) -> BudgetLine | None:
    """The line of an address, None where none is asked; 404 for one that is not there or not visible."""
    if not key:
        return None
    try:
        return get_object_or_404(traced_lines(actor), pk=UUID(key))
    except ValueError:
        raise Http404 from None


def _names(actor: Actor, filtered: Any) -> dict[str, str]:
    """Words for the keys of a filter."""
    found, cleaned = {}, filtered.form.cleaned_data if filtered.form.is_valid() else {}
    if cleaned.get("line"):
        line = traced_lines(actor).filter(pk=cleaned["line"]).first()
        found["line"] = str(line) if line else _("看不到的预算")
    if cleaned.get("contract"):
        contract = Contract.objects.filter(pk=cleaned["contract"], expenses__in=traced_vouchers(actor)).first()
        found["contract"] = contract.title if contract else _("看不到的合同")
    return found


urlpatterns = [
    path("", year, name="year"),
    path("lines/<uuid:line>/<slug:name>/", figure, name="figure"),
    path("cases/<uuid:project>/", case, name="case"),
    path("vouchers/", vouchers, name="vouchers"),
    path("vouchers/<uuid:key>/", voucher, name="voucher"),
    path("draw/", draw, name="draw"),
    path("items/<uuid:key>/", item, name="item"),
    path("views/", save, name="save"),
    path("views/<uuid:key>/drop/", drop, name="drop"),
]
