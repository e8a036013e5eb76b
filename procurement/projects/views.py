"""Pages of the project (立项): list, one project, starting from a catalogue item in one click."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import django_filters
from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from catalog.items.models import Item
from catalog.items.queries import buyable_items
from core import duties, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.errors import NotAllowed
from core.money import ZERO
from core.pages import actor_of, answer, room_urls
from core.permissions import BUYER_ROLES
from core.rooms import Column, Figure, Room, View, register
from core.sections import rows_for_card
from procurement.budgets.queries import ledger_of_case
from procurement.notices.queries import notices_of
from procurement.permissions import projects as may
from procurement.projects.models import Project
from procurement.projects.operations import draft_project
from procurement.projects.queries import cost_shares, funds_of, visible_projects


class ProjectFilter(django_filters.FilterSet):
    """Search by name, number and item; status, class and kind."""

    q = django_filters.CharFilter(label="名称、编号", method="search")
    status = django_filters.ChoiceFilter(
        label="状态",
        choices=[(name, status.label) for name, status in Project.lifecycle.statuses.items()],
        empty_label="全部状态",
    )
    kind = django_filters.ChoiceFilter(label="类型", choices=Project.KINDS, empty_label="全部类型")

    class Meta:
        model = Project
        fields = ["q", "status", "kind"]

    def search(self, rows: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        return rows.filter(Q(title__icontains=value) | Q(number__icontains=value) | Q(item__name__icontains=value))


def figures(project: Project, actor: Actor) -> list[Figure]:
    """Budget, contracted, paid, period."""
    funds = funds_of(project)
    period = f"{project.starts_on:%Y-%m-%d} 至 {project.ends_on:%Y-%m-%d}"
    found = [Figure("预算金额", project.planned_amount, "元")]
    if funds.planned:
        found += [Figure("已签约", funds.contracted, "元"), Figure("已支付", funds.paid, "元")]
    return [*found, Figure("服务期", period)]


def may_draft(actor: Actor) -> bool:
    """Whether the button over the list is shown."""
    return may.can_draft_project(actor) and actor.organization_kind == "buyer"


def reads_papers(project: Project, actor: Actor) -> bool:
    """The buyer's people and the district's finance; quotations are nobody else's business."""
    return actor.belongs_to(project.buyer_id) or actor.has("district_finance")


def files_of(project: Project, actor: Actor) -> QuerySet[Document]:
    """What argues for the project, for those who read it."""
    if not reads_papers(project, actor):
        return Document.objects.none()
    return Document.objects.filter(pk__in=project.files.values("document"))


PROJECTS = register(
    Room(
        slug="projects",
        label="立项",
        model=Project,
        visible=visible_projects,
        title=lambda project: project.title,
        lookup="number",
        icon="clipboard-check",
        filterset=ProjectFilter,
        columns=[
            Column(
                "title",
                "项目",
                lambda p: (p.title, " · ".join(filter(None, [p.number or "", p.region.name]))),
                "title",
                "title",
            ),
            Column("category", "类别", lambda p: p.item.category_name, "tag"),
            Column("amount", "预算金额", lambda p: p.planned_amount, "money", "planned_amount"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("drafted", "编写人", lambda p: p.drafted_by_name),
            Column("starts_on", "服务开始", lambda p: f"{p.starts_on:%Y-%m-%d}", "text", "starts_on"),
        ],
        views=[
            View("全部", "", lambda rows, actor: rows),
            View("待审批", "waiting", lambda rows, actor: rows.filter(status="feasibility")),
            View("可发订单", "ready", lambda rows, actor: rows.filter(status__in=["approved", "failed"])),
        ],
        figures=figures,
        parts=("cost_lines",),
        subtitle=lambda p: [p.get_kind_display(), p.region.name, p.buyer.name],
        tabs=[("funds", "资金台账")],
        sum_field="planned_amount",
        reads=(
            "number",
            "title",
            "kind",
            "planned_amount",
            "status",
            "drafted_by_name",
            "starts_on",
            "region__name",
            "item__category_name",
            "buyer__name",
        ),
        fields=["number", "ocid", "title", "kind", "planned_amount", "starts_on", "ends_on"],
        files=files_of,
        create=("立项", "projects:create", may_draft),
        empty=("还没有项目", "从服务目录选一个条目立项，批准后就可以发订单。"),
    )
)


class StartForm(forms.Form):
    """The item that a project is started from."""

    item = forms.ModelChoiceField(queryset=Item.objects.none())

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].queryset = buyable_items(actor)  # type: ignore[attr-defined]


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Choose an item; one click makes the draft and opens it for editing."""
    actor = actor_of(request)
    if not may_draft(actor):
        raise NotAllowed(_("立项由购买单位的业务经办办理。"))
    items = list(buyable_items(actor)) if request.method == "GET" else []
    context = {
        "room": PROJECTS,
        "groups": [
            {"label": label, "items": list(group)}
            for label, group in groupby(items, key=lambda item: item.category_name)
        ],
        "empty": {
            "title": _("还没有现行目录"),
            "text": _("目录发布以后，从条目一键立项。"),
            "action": {"label": _("看目录版本"), "url": reverse("editions:list")},
        },
        "crumbs": [{"label": "立项", "url": reverse("projects:list")}, {"label": _("选条目"), "url": ""}],
    }
    return answer(
        request,
        StartForm(request.POST if request.method == "POST" else None, actor=actor),
        lambda cleaned: draft_project(cleaned["item"], actor=actor),
        template="procurement/projects/start.html",
        context=context,
        done=lambda project: f"{project.get_absolute_url()}edit/",
    )


def about(project: Project, actor: Actor) -> dict[str, Any]:
    """Why, what, how feasible, and what was argued."""
    texts = [
        (_("为什么要买"), project.need),
        (_("服务对象"), project.beneficiaries),
        (_("要做到什么程度"), project.goals),
        (_("可行性"), project.feasibility),
        (_("论证意见"), f"{project.opinion}（{project.approved_by_name}）" if project.opinion else ""),
    ]
    return {"parts": [{"label": label, "text": text} for label, text in texts if text]}


def costs(project: Project, actor: Actor) -> dict[str, Any]:
    """The estimate against the catalogue's norm."""
    rows = list(project.cost_lines.all())
    total = sum((row.amount for row in rows), ZERO)
    return {"rows": rows, "total": total, "item": project.item, "shares": cost_shares(project)}


def funds(project: Project, actor: Actor) -> dict[str, Any] | None:
    """What each line gives; for people of the buyer and for finance, not for streets."""
    if not actor.has(*BUYER_ROLES, "district_finance"):
        return None
    held: list[dict[str, Any]] = [
        {"line": a.line, "planned": a.planned_amount, "contracted": a.contracted_amount, "paid": a.paid_amount}
        for a in project.allocations
        if a.planned_amount
    ]
    asked: list[dict[str, Any]] = [
        {"line": f.line, "planned": f.amount, "contracted": ZERO, "paid": ZERO}
        for f in ([] if held else project.fundings.select_related("line"))
    ]
    rows = held or asked
    return {
        "rows": rows,
        "reserved": bool(held),
        "gap": project.planned_amount - sum((r["planned"] for r in rows), ZERO),
    }


def ledger(project: Project, actor: Actor) -> dict[str, Any] | None:
    """Each commitment and release of the project's money."""
    if not actor.has(*BUYER_ROLES, "district_finance"):
        return None
    return {"entries": ledger_of_case(project.case_key)}


def papers(project: Project, actor: Actor) -> dict[str, Any] | None:
    """The papers that were laid beside it."""
    if not reads_papers(project, actor):
        return None
    files = [
        {"name": each.name, "url": reverse("projects:file", args=[project.pk, each.pk]), "size": each.size,
         "sha256": each.sha256, "at": each.created_at}
        for each in files_of(project, actor)
    ]  # fmt: skip
    return {"files": files, "none": _("还没有资料")} if files or project.status in {"draft", "feasibility"} else None


def notices(project: Project, actor: Actor) -> dict[str, Any] | None:
    """What was published about it."""
    rows = rows_for_card(notices_of(project.case_key)[:10], "number", "kind", "title", "published_at")
    return {"notices": rows} if rows else None


ROOM = "procurement.project"
sections.register(ROOM, title="为什么买、买什么", template="procurement/projects/about.html", context=about, order=10)
sections.register(ROOM, title="成本测算", template="procurement/projects/costs.html", context=costs, order=20)
sections.register(ROOM, title="资金", template="procurement/projects/funds.html", context=funds, order=30)
sections.register(ROOM, title="台账", template="procurement/budgets/ledger.html", context=ledger, tab="funds")
sections.register(
    ROOM,
    title="目录条目",
    template="procurement/projects/item.html",
    context=lambda project, actor: {"item": project.item},
    slot="side",
    order=10,
)
sections.register(
    ROOM, title="立项资料", template="procurement/projects/papers.html", context=papers, slot="side", order=20
)
sections.register(
    ROOM, title="公告", template="procurement/projects/notices.html", context=notices, slot="side", order=30
)

duties.register(
    Duty(
        name="approve_project",
        roles=("leader",),
        queryset=lambda actor: (
            visible_projects(actor)
            .filter(status="feasibility", buyer_id=actor.organization_id)
            .exclude(drafted_by_key=actor.user_key)
            .order_by("-planned_amount")
        ),
        title=lambda project: f"审批立项：{project.title}",
        note=lambda project: f"{project.item.category_name} · {project.region.name} · {project.drafted_by_name}编写",
        button="批准立项",
        verb="approve",
        amount=lambda project: project.planned_amount,
        source=duties.source(Project, buyer="buyer", status="feasibility"),
    )
)
duties.register(
    Duty(
        name="finish_project",
        roles=("programme_officer",),
        queryset=lambda actor: (
            visible_projects(actor).filter(status="draft", drafted_by_key=actor.user_key).order_by("-created_at")
        ),
        title=lambda project: f"写完立项：{project.title}",
        note=lambda project: "退回的草稿，改后再提交" if project.version > 1 and project.audit_n > 2 else "草稿",
        button="修改",
        verb="edit",
        amount=lambda project: project.planned_amount,
        source=duties.source(Project, buyer="buyer", status="draft"),
    )
)

urlpatterns = [path("new/", create, name="create"), *room_urls(PROJECTS)]
