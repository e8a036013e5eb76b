"""Pages of the archive (资料档案): list, package, opening one, the bag's card and its download, the list of papers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.archive import boards
from audit.archive.forms import HandInForm, OpenForm
from audit.archive.models import ArchiveItem, ArchivePackage
from audit.archive.operations import note_download, open_package
from audit.archive.owing import hand_in_paper
from audit.archive.queries import (
    items_of_provider,
    newest_bag,
    projects_to_open,
    required_papers,
    to_arrange,
    to_check,
    to_confirm_destruction,
    to_hand_in,
    to_supply,
    visible_packages,
)
from audit.archive.starting_list import STAGES
from audit.permissions.archive import READERS, can_check, can_hand_in
from core import clock, duties, sections
from core.actor import Actor
from core.documents import Document, serve
from core.duties import Duty
from core.job_pages import report_section
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Figure, Room, View, register
from procurement.contracts.queries import visible_contracts


class PackageFilter(django_filters.FilterSet):
    """Words, status, how the project ended, days."""

    q = django_filters.CharFilter(label="项目、档号", method="search")
    status = django_filters.ChoiceFilter(
        label="状态",
        empty_label="全部状态",
        choices=[(k, s.label) for k, s in ArchivePackage.lifecycle.statuses.items()],
    )
    ending = django_filters.ChoiceFilter(label="项目结果", empty_label="全部结果", choices=ArchivePackage.ENDINGS)
    ended_on = django_filters.DateFromToRangeFilter(label="结束日期")
    retain_until = django_filters.DateFromToRangeFilter(label="保管至")

    def search(self, rows: QuerySet[ArchivePackage], name: str, value: str) -> QuerySet[ArchivePackage]:
        """The project's title and number, the archive's number."""
        return (
            rows.filter(title__icontains=value)
            | rows.filter(number__icontains=value)
            | rows.filter(project__number__icontains=value)
        )


def _figures(package: ArchivePackage, actor: Actor) -> list[Figure]:
    found = []
    if package.status == "collecting":
        kind = "hot" if package.missing_count else ""
        found.append(Figure(_("缺件"), package.missing_count, _("项"), _("应归档材料"), kind=kind))
    found.append(Figure(_("项目结束"), f"{package.ended_on}", detail=package.get_ending_display()))
    if package.retain_until:
        found.append(Figure(_("保管至"), f"{package.retain_until}", detail=_("到期鉴定")))
    if package.status == "appraised" and package.proposed_by_key:
        opinion = Truncator(package.proposal).chars(60)
        found.append(Figure(_("提出销毁"), package.proposed_by_name, detail=opinion, kind="hot"))
    return found


def _files(package: ArchivePackage, actor: Actor) -> QuerySet[Document]:
    """What was supplied by hand, and the signed form; never a bag, whose download is a deed."""
    scans = package.items.filter(scans__isnull=False).values("scans__document")
    rows = Document.objects.filter(pk__in=scans)
    return rows | Document.objects.filter(pk=package.receipt_id) if package.receipt_id else rows


def _locked(package: ArchivePackage, actor: Actor) -> list[tuple[str, str]]:
    """Buttons that the table offers and the moment refuses."""
    found: list[tuple[str, str]] = []
    if package.status == "collecting" and package.missing_count:
        found.append(("complete", _("还缺 %(n)s 项材料，请补交或者说明。") % {"n": package.missing_count}))
    if package.status == "collecting" and not package.missing_count:
        found.append(("excuse", _("没有缺件。")))
    if package.status == "complete" and can_check(actor, package):
        bag = newest_bag(package)
        test = next(iter(bag.tests.all()), None) if bag else None
        if bag is None or not bag.is_over:
            found.append(("check", _("档案包正在生成。")))
        elif test is None or not test.ok:
            found.append(("check", _("四性检测没有通过。")))
    if package.status == "appraised" and package.proposed_by_key:
        found.append(("propose", _("%(name)s 已提出销毁。") % {"name": package.proposed_by_name}))
    return found


ARCHIVES = register(
    Room(
        slug="archives",
        label="资料档案",
        model=ArchivePackage,
        visible=visible_packages,
        title=str,
        lookup="number",
        icon="archive",
        list_template="audit/archive/list.html",
        filterset=PackageFilter,
        columns=(
            Column("title", "项目", lambda p: (p.title, p.number or p.project.number or ""), "title", "title"),
            Column("ending", "结果", lambda p: p.get_ending_display(), sort="ending"),
            Column("ended", "结束", lambda p: p.ended_on, "date", "ended_on"),
            Column("missing", "缺件", lambda p: p.missing_count if p.status == "collecting" else "", "num", "missing_count"),
            Column("until", "保管至", lambda p: p.retain_until, "date", "retain_until"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        default_sort="-ended_on",
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("收集中", "status=collecting", lambda rows, actor: rows.filter(status="collecting")),
            View("待检查", "status=complete", lambda rows, actor: rows.filter(status="complete")),
            View("待移交", "status=checked", lambda rows, actor: rows.filter(status="checked")),
            View("待鉴定", "status=appraised", lambda rows, actor: rows.filter(status="appraised")),
            View("已销毁", "status=destroyed", lambda rows, actor: rows.filter(status="destroyed")),
        ),
        figures=_figures,
        subtitle=lambda p: [p.project.number or "", p.buyer.name],
        files=_files,
        locked=_locked,
        fields=(
            "id", "project", "number", "status", "title", "ending", "ended_on", "missing_count", "file_until",
            "voucher_until",
            "retain_until",
        ),
        create=("建立档案", "archives:open", lambda actor: actor.has("archivist")),
        empty=("还没有档案", "项目完成、终止以后，平台当晚自动建档；档案员也可以现在建。"),
    )
)  # fmt: skip

OWN, FOLDER = "audit.archive_package", "audit/archive"
sections.register(
    OWN, title="销毁清单", template=f"{FOLDER}/destroyed.html", context=boards.destruction_section, order=5
)
sections.register(OWN, title="提出销毁", template=f"{FOLDER}/proposal.html", context=boards.proposal_section, order=6)
sections.register(OWN, title="应归档材料", template=f"{FOLDER}/checklist.html", context=boards.checklist, order=10)
sections.register(OWN, title="", template=f"{FOLDER}/bags.html", context=boards.bag_section, slot="side", order=10)
sections.register(OWN, title="保管", template=f"{FOLDER}/kept.html", context=boards.kept_section, slot="side", order=20)
sections.register(
    OWN, title="移交表", template="components/reports.html", slot="side", order=30,
    context=report_section("audit.archive_handover"),
)  # fmt: skip
sections.register(
    OWN, title="销毁清单", template="components/reports.html", slot="side", order=25,
    context=report_section("audit.archive_destruction"),
)  # fmt: skip
sections.register(
    "procurement.project", title="资料档案", template=f"{FOLDER}/on_project.html", context=boards.on_project,
    slot="side", order=70,
)  # fmt: skip
sections.register(
    "procurement.contract", title="归档材料", template=f"{FOLDER}/on_contract.html", context=boards.on_contract,
    slot="side", order=12,
)  # fmt: skip

NEXT = {
    "collecting": "收集材料",
    "checked": "登记移交",
    "handed_over": "登记入库",
    "appraised": "鉴定：延长保管或者提出销毁",
}
for _duty in (
    Duty("archive.arrange", ("archivist",), to_arrange, str, "办下一步",
         note=lambda p: _("缺 %(n)s 项材料") % {"n": p.missing_count} if p.missing_count else NEXT[p.status]),
    Duty("archive.supply", tuple(role for role in READERS if role != "archivist"), to_supply, str, "看缺什么",
         note=lambda p: _("归档缺材料，请提供"),
         source=duties.source(ArchivePackage, buyer="buyer", status="collecting")),
    Duty("archive.hand_in", ("provider_admin", "provider_worker"), to_hand_in, lambda c: str(c.title), "补交",
         note=lambda c: _("归档缺材料，请提供"), url=lambda c: reverse("archives:hand_in", args=[c.pk])),
    Duty("archive.check", ("archivist", "funds_reviewer"), to_check, str, "检查", note=lambda p: p.number or "",
         source=duties.source(ArchivePackage, buyer="buyer", status="complete")),
    Duty("archive.confirm", ("leader", "funds_reviewer"), to_confirm_destruction, str, "确认销毁",
         note=lambda p: _("%(name)s 提出销毁") % {"name": p.proposed_by_name},
         source=duties.source(ArchivePackage, buyer="buyer", status="appraised")),
):  # fmt: skip
    duties.register(_duty)


def open_one(request: HttpRequest) -> HttpResponse:
    """Choose an ended project and open its package. 404 for who is no archivist."""
    actor = actor_of(request)
    if not actor.has("archivist"):
        raise Http404
    projects = projects_to_open(actor)
    form = OpenForm(
        request.POST or None, projects=projects, actor=actor, initial={"project": request.GET.get("project", "")}
    )
    context = {
        "title": _("建立档案"),
        "head": {"title": _("建立档案")},
        "consequence": _("按归档目录清点这个项目的材料，缺的列出由谁提供。没有建档的已结束项目，平台每天夜里自动建档。")
        if projects
        else _("现在没有要建档的项目：已结束的都已建档。项目结束以后，平台当晚自动建档。"),
        "open_ones": bool(projects),
        "submit_label": _("建立档案"),
        "back_url": reverse("archives:list"),
        "back_label": _("回到资料档案"),
        "crumbs": [{"label": _("资料档案"), "url": reverse("archives:list")}, {"label": _("建立档案"), "url": ""}],
    }
    return answer(
        request, form, lambda cleaned: open_package(cleaned["project"], actor=actor),
        template=f"{FOLDER}/open.html", context=context, done=lambda made: made.get_absolute_url(),
    )  # fmt: skip


def hand_in(request: HttpRequest, contract: UUID) -> HttpResponse:
    """Hand in what the archive asks of the provider; 404 for others than this contract's provider, and while it asks nothing."""
    actor = actor_of(request)
    found = get_object_or_404(visible_contracts(actor), pk=contract)
    items = list(items_of_provider(found)) if can_hand_in(actor, found) else []
    if not items:
        raise Http404
    missing = [each.title for each in items if each.state == ArchiveItem.MISSING]

    def act(cleaned: dict[str, Any]) -> Any:
        cleaned.pop("version")
        return hand_in_paper(found, actor=actor, **cleaned)

    bound = (request.POST, request.FILES) if request.method == "POST" else ()
    form = HandInForm(*bound, thing=found, actor=actor)
    if len(missing) == 1:
        form.initial["item"] = str(next(each.pk for each in items if each.title == missing[0]))
    context = {
        "title": _("补交归档材料"),
        "head": {"title": found.title, "number": found.number or "", "chip": found.chip},
        "consequence": _("还缺 %(n)s 项：%(titles)s。补交的文件原样归档，并告知档案员。")
        % {"n": len(missing), "titles": "、".join(missing)}
        if missing
        else _("材料都已补交。整理齐全以前还可以再补。"),
        "submit_label": _("补交"),
        "back_url": found.get_absolute_url(),
        "back_label": _("先不补交"),
        "crumbs": [
            {"label": _("合同"), "url": reverse("contracts:list")},
            {"label": found.number or found.title, "url": found.get_absolute_url()},
            {"label": _("补交归档材料"), "url": ""},
        ],
    }
    return answer(
        request, form, act, template="verb.html",
        context=context, done=lambda package: found.get_absolute_url(),
    )  # fmt: skip


@require_safe
def papers(request: HttpRequest) -> HttpResponse:
    """The list of required papers in force today, each with its source. 404 for who reads no archive."""
    actor = actor_of(request)
    if not actor.has(*READERS, "district_finance"):
        raise Http404
    stages: dict[str, list[dict[str, Any]]] = {}
    for row in required_papers(clock.today()):
        stages.setdefault(STAGES[row.stage], []).append({"paper": row, "owner": boards.OWNERS[row.owner]})
    crumbs = [{"label": _("资料档案"), "url": reverse("archives:list")}, {"label": _("归档目录"), "url": ""}]
    return render(request, f"{FOLDER}/papers.html", {"stages": stages.items(), "crumbs": crumbs})


@require_safe
def bag_card(request: HttpRequest, key: str, n: int) -> HttpResponse:
    """The card of one bag, as the page asks for it again while it is made. 404 for who does not see it."""
    actor = actor_of(request)
    package = ARCHIVES.fetch(actor, key)
    bag = package.bags.select_related("document").prefetch_related("tests").filter(n=n).first()
    if bag is None or boards.bag_section(package, actor) is None:
        raise Http404
    return render(request, f"{FOLDER}/bag.html", boards.bag_context(package, bag, actor))


@require_POST
def take(request: HttpRequest, key: str, n: int) -> HttpResponseBase:
    """Hand out a bag, after the journal has it: for archivist and oversight alone. 403 for others who see the package."""
    actor = actor_of(request)
    package = ARCHIVES.fetch(actor, key)
    bag = package.bags.select_related("document").filter(n=n).first()
    if bag is None:
        raise Http404
    return serve(note_download(package, actor=actor, bag=bag))


urlpatterns = [
    path("open/", open_one, name="open"),
    path("papers/", papers, name="papers"),
    path("contracts/<uuid:contract>/", hand_in, name="hand_in"),
    path("<str:key>/bags/<int:n>/", bag_card, name="bag"),
    path("<str:key>/bags/<int:n>/file/", take, name="take"),
    *room_urls(ARCHIVES),
]
