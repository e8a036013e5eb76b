"""Pages of the budget (预算): the lines with their bar, one line with its claims and ledger, asking for a line."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core import duties, sections
from core.actor import Actor
from core.duties import Duty
from core.errors import NotAllowed
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Figure, Room, View, address_of, register
from procurement.budgets.forms import RequestLineForm
from procurement.budgets.models import Allocation, BudgetLine
from procurement.budgets.operations import request_line
from procurement.budgets.queries import ledger_of, visible_lines
from procurement.permissions import budgets as may


class LineFilter(django_filters.FilterSet):
    """Search by name and code; year, source and status."""

    q = django_filters.CharFilter(label="名称、编号", method="search")
    source = django_filters.ChoiceFilter(label="资金来源", choices=BudgetLine.SOURCES, empty_label="全部来源")
    status = django_filters.ChoiceFilter(
        label="状态",
        choices=[(name, status.label) for name, status in BudgetLine.lifecycle.statuses.items()],
        empty_label="全部状态",
    )
    fiscal_year = django_filters.NumberFilter(label="年度")

    class Meta:
        model = BudgetLine
        fields = ["q", "source", "status", "fiscal_year"]

    def search(self, rows: QuerySet[BudgetLine], name: str, value: str) -> QuerySet[BudgetLine]:
        return rows.filter(Q(name__icontains=value) | Q(code__icontains=value))


def figures(line: BudgetLine, actor: Actor) -> list[Figure]:
    """Approved, planned, contracted, paid."""
    if line.status in {"requested", "refused"}:
        return [Figure("申请数", line.requested_amount, "元", kind="hero")]
    return [
        Figure("批复数", line.approved_amount, "元", f"还可安排 {line.free_amount:,.2f} 元"),
        Figure("已安排", line.planned_amount, "元"),
        Figure("已签约", line.contracted_sum, "元"),  # type: ignore[attr-defined]  # annotated by visible_lines
        Figure("已支付", line.paid_sum, "元"),  # type: ignore[attr-defined]
    ]


def may_request(actor: Actor) -> bool:
    """Whether the button over the list is shown."""
    return may.can_request_line(actor) and actor.organization_kind == "buyer"


BUDGETS = register(
    Room(
        slug="budgets",
        label="预算",
        model=BudgetLine,
        visible=visible_lines,
        title=str,
        icon="wallet2",
        list_template="procurement/budgets/list.html",
        filterset=LineFilter,
        columns=[
            Column("name", "预算线", lambda line: (line.name, f"{line.fiscal_year} · {line.code} · {line.buyer.name}"), "title", "name"),
            Column("source", "来源", lambda line: line.get_source_display(), "tag", "source"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("approved", "批复数", lambda line: line.approved_amount, "money", "approved_amount"),
            Column("planned", "已安排", lambda line: line.planned_amount, "money", "planned_amount"),
            Column("contracted", "已签约", lambda line: line.contracted_sum, "money", "contracted_sum"),
            Column("paid", "已支付", lambda line: line.paid_sum, "money", "paid_sum"),
        ],
        default_sort="-fiscal_year",
        views=[
            View("全部", "", lambda rows, actor: rows),
            View("待批复", "requested", lambda rows, actor: rows.filter(status="requested")),
        ],
        figures=figures,
        subtitle=lambda line: [line.buyer.name, line.code, line.get_source_display()],
        tabs=[("ledger", "台账")],
        fields=["fiscal_year", "code", "name", "source", "requested_amount", "approved_amount", "planned_amount"],
        create=("申请预算线", "budgets:create", may_request),
        empty=("还没有预算线", "财务申请、财政批复以后列在这里，立项时从这里安排资金。"),
    )
)  # fmt: skip


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Ask for a line."""
    actor = actor_of(request)
    if not may_request(actor):
        raise NotAllowed(_("预算由本单位财务申请。"))
    buyer = Organization.objects.select_related("region").get(pk=actor.organization_id or "")
    form = RequestLineForm(request.POST if request.method == "POST" else None)
    context = {
        "room": BUDGETS,
        "title": _("申请预算线"),
        "head": {"title": buyer.name},
        "submit_label": _("提交申请"),
        "back_url": reverse("budgets:list"),
        "crumbs": [{"label": "预算", "url": reverse("budgets:list")}, {"label": _("申请预算线"), "url": ""}],
    }
    return answer(
        request,
        form,
        lambda cleaned: request_line(buyer, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda line: line.get_absolute_url(),
    )


def about(line: BudgetLine, actor: Actor) -> dict[str, Any]:
    """What the line is for, and its bar."""
    return {
        "line": line,
        "facts": [
            {"label": "功能分类", "value": line.function_class},
            {"label": "经济分类", "value": line.economic_class},
            {"label": "资金来源", "value": line.get_source_display()},
            {"label": "限定用途", "value": line.purpose},
            {"label": "申请", "value": f"{line.requested_by_name}，{line.requested_amount:,.2f} 元"},
        ],
    }


def claims(line: BudgetLine, actor: Actor) -> dict[str, Any] | None:
    """Who has what of the line: projects, and what else its money was set aside for."""
    rows = list(Allocation.objects.filter(line=line).order_by("-planned_amount"))
    planned = ledger_of(line).filter(kind="plan").order_by("at")
    named = {
        case: (name, key) for case, name, key in planned.values_list("allocation__case", "reference_label", "reference")
    }
    found = []
    for row in rows:
        name, key = named.get(row.case, ("", ""))
        found.append({"name": name, "url": address_of(key), "row": row})
    return {"rows": found}


sections.register(
    "procurement.budget_line", title="钱到哪里了", template="procurement/budgets/about.html", context=about, order=10
)
sections.register(
    "procurement.budget_line", title="安排给谁", template="procurement/budgets/claims.html", context=claims, order=20
)
sections.register(
    "procurement.budget_line",
    title="台账",
    template="procurement/budgets/ledger.html",
    context=lambda line, actor: {"entries": ledger_of(line)},
    tab="ledger",
)


def waiting(actor: Actor) -> QuerySet[BudgetLine]:
    """Requested lines that this actor may approve: fiscal ones for district finance, the others for the leadership."""
    rows = visible_lines(actor).filter(status="requested").exclude(requested_by_key=actor.user_key)
    mine = Q(pk__in=[])
    if actor.has("district_finance"):
        mine |= Q(source="fiscal")
    if actor.has("leader"):
        mine |= Q(buyer_id=actor.organization_id) & ~Q(source="fiscal")
    return rows.filter(mine)


duties.register(
    Duty(
        name="approve_line",
        roles=("district_finance", "leader"),
        queryset=waiting,
        title=lambda line: f"批复预算：{line.name}",
        note=lambda line: f"{line.buyer.name} · {line.fiscal_year} 年",
        button="批复",
        verb="approve",
        amount=lambda line: line.requested_amount,
        source=duties.source(BudgetLine, buyer="buyer", status="requested"),
    )
)

urlpatterns = [path("new/", create, name="create"), *room_urls(BUDGETS)]
