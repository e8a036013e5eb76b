"""Pages of the acceptances (验收): list, object, reporting a milestone; what they show on contracts and projects."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _

from core import clock, duties, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.job_pages import report_section
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Figure, Room, View, register
from core.sections import rows_for_card
from core.separation import DutyRecord
from procurement.acceptances.forms import ReportForm
from procurement.acceptances.models import Acceptance
from procurement.acceptances.operations import report_milestone
from procurement.acceptances.queries import (
    GROUP_ROLES,
    JUDGED,
    REPORTING,
    accepted_so_far,
    open_milestones,
    to_confirm,
    visible_acceptances,
)
from procurement.contracts.models import Contract, Milestone
from procurement.permissions.acceptances import can_report_milestone
from procurement.projects.models import Project


class AcceptanceFilter(django_filters.FilterSet):
    """Search by contract, milestone or provider; status."""

    q = django_filters.CharFilter(label="合同、节点、承接单位", method="search")
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in Acceptance.lifecycle.statuses.items()]
    )

    def search(self, rows: QuerySet[Acceptance], name: str, value: str) -> QuerySet[Acceptance]:
        """Contract, number, milestone or provider."""
        found = rows.none()
        for field in ("contract__title", "contract__number", "milestone__name", "contract__provider__name"):
            found |= rows.filter(**{f"{field}__icontains": value})
        return found


def _signed_it(acceptance: Acceptance, actor: Actor) -> bool:
    """Whether this person signed the contract of the case, and so may not accept (签订与验收分离)."""
    return DutyRecord.objects.filter(
        case_key=acceptance.case_key, person_key=actor.user_key, duty="sign_contract"
    ).exists()


def _locked(acceptance: Acceptance, actor: Actor) -> list[tuple[str, str]]:
    if acceptance.status == "reported" and actor.is_authenticated and _signed_it(acceptance, actor):
        reason = _("您签订了这份合同，验收请换一位同事办理。")
        return [("judge", reason), ("refuse", reason)]
    return []


def _files(acceptance: Acceptance, actor: Actor) -> QuerySet[Document]:
    return Document.objects.filter(pk__in=acceptance.files.values("document"))


def _figures(acceptance: Acceptance, actor: Actor) -> list[Figure]:
    found = [
        Figure(
            _("节点"), acceptance.milestone.name, detail=_("占合同 %(share)s%%") % {"share": acceptance.milestone.share}
        ),
        Figure(_("应完成"), f"{acceptance.milestone.due_on:%m-%d}", detail=str(acceptance.milestone.due_on.year)),
        Figure(_("报验"), f"{clock.local(acceptance.created_at):%m-%d}", detail=acceptance.reported_by_name),
    ]
    if acceptance.accepted_at:
        found.append(
            Figure(
                _("验收"),
                f"{clock.local(acceptance.accepted_at):%m-%d}",
                detail="、".join([acceptance.accepted_by_name, *[each.name for each in acceptance.group.all()]]),
            )
        )
    return found


ACCEPTANCES = register(
    Room(
        slug="acceptances",
        label="验收",
        model=Acceptance,
        visible=visible_acceptances,
        title=lambda a: f"验收：{a.contract.title}",
        icon="clipboard-check",
        filterset=AcceptanceFilter,
        columns=(
            Column(
                "contract", "验收", lambda a: (a.contract.title, a.contract.number or ""), "title", "contract__title"
            ),
            Column("milestone", "节点", lambda a: a.milestone.name),
            Column("provider", "承接单位", lambda a: a.contract.provider.name, sort="contract__provider__name"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("created_at", "报验", lambda a: a.created_at, "date", "created_at"),
            Column("accepted_at", "验收", lambda a: a.accepted_at, "date", "accepted_at"),
        ),
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("待验收", "reported", lambda rows, actor: rows.filter(status="reported")),
            View("待确认", "confirming", lambda rows, actor: rows.filter(status="confirming")),
            View("部分合格", "partly", lambda rows, actor: rows.filter(status="partly")),
        ),
        figures=_figures,
        reads=(
            *("status", "created_at", "accepted_at", "milestone__name"),
            *("contract__number", "contract__title", "contract__provider__name"),
        ),
        subtitle=lambda a: [a.milestone.name, a.contract.provider.name, a.contract.number or ""],
        files=_files,
        locked=_locked,
        fields=("id", "contract", "status", "summary", "opinion", "accepted_at"),
        empty=("还没有验收", "承接单位报验以后，在这里逐项核定数量。"),
    )
)


def _lines_section(acceptance: Acceptance, actor: Actor) -> dict[str, Any]:
    return {"acceptance": acceptance, "lines": acceptance.lines.select_related("line")}


def _standards_section(acceptance: Acceptance, actor: Actor) -> dict[str, Any] | None:
    results = acceptance.standard_results.select_related("standard").order_by("standard__n")
    checks = [
        {"kind": "ok" if each.is_met else "bad", "title": each.standard.name, "note": each.standard.target}
        for each in results
    ]
    return {"checks": checks} if checks else None


def _group_section(acceptance: Acceptance, actor: Actor) -> dict[str, Any] | None:
    """The group: who judged, who confirmed when, who took part without a log-in."""
    members = list(acceptance.group.all())
    if not members:
        return None
    checks = [{"kind": "ok", "title": acceptance.accepted_by_name, "note": _("逐项核定")}]
    for each in members:
        note = f"{clock.local(each.confirmed_at):%Y-%m-%d %H:%M} {_('已确认')}" if each.confirmed_at else _("待确认")
        checks.append({"kind": "ok" if each.confirmed_at else "wait", "title": each.name, "note": note})
    if acceptance.members:
        checks.append({"kind": "ok", "title": acceptance.members, "note": _("参加验收")})
    return {"checks": checks}


def _files_section(acceptance: Acceptance, actor: Actor) -> dict[str, Any] | None:
    rows = [each.document for each in acceptance.files.select_related("document")]
    shown = [
        {
            "name": each.name,
            "url": reverse("acceptances:file", args=[acceptance.pk, each.pk]),
            "size": each.size,
            "sha256": each.sha256,
        }
        for each in rows
    ]
    return {"files": shown} if shown else None


CARD = ("status", "created_at", "reported_by_name", "accepted_at", "accepted_by_name", "milestone__name")


def _contract_section(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    if contract.status in {"draft", "signing"}:
        return None
    mine = visible_acceptances(actor).filter(contract=contract)
    rows = rows_for_card(mine.order_by("milestone__n", "created_at"), *CARD)
    reports = contract.status in REPORTING and can_report_milestone(actor)
    due = rows_for_card(open_milestones(actor).filter(contract=contract), "name", "due_on") if reports else []
    return {"acceptances": rows, "open_milestones": due}


def _project_section(project: Project, actor: Actor) -> dict[str, Any] | None:
    mine = visible_acceptances(actor).filter(contract__award__lot__order__project=project)
    rows = rows_for_card(mine.order_by("milestone__n"), *CARD)
    return {"acceptances": rows, "open_milestones": []} if rows else None


OWN, FOLDER = "procurement.acceptance", "procurement/acceptances"
sections.register(OWN, title="核定数量", template=f"{FOLDER}/lines.html", context=_lines_section, order=10)
sections.register(OWN, title="服务水平标准", template=f"{FOLDER}/standards.html", context=_standards_section, order=20)
sections.register(
    OWN, title="验收小组", template="components/checks.html", context=_group_section, slot="side", order=8
)
sections.register(OWN, title="验收资料", template=f"{FOLDER}/files.html", context=_files_section, slot="side", order=10)


def _report_section(acceptance: Acceptance, actor: Actor) -> dict[str, Any] | None:
    """The certificate, once there is something to certify."""
    return CERTIFICATE(acceptance, actor) if acceptance.status in JUDGED else None


CERTIFICATE = report_section("procurement.acceptance", formats=("pdf",))
sections.register(
    OWN, title="验收书", template="components/reports.html", context=_report_section, slot="side", order=5
)
sections.register(
    "procurement.contract", title="验收", template=f"{FOLDER}/rows.html", context=_contract_section, order=30
)
sections.register(
    "procurement.project", title="验收", template=f"{FOLDER}/rows.html", context=_project_section, order=70
)


def _due(milestone: Milestone) -> datetime:
    return clock.end_of_day(milestone.due_on)


duties.register(
    Duty(
        name="acceptance.report",
        roles=("provider_admin", "provider_worker", "provider_bidder"),
        queryset=open_milestones,
        title=lambda milestone: f"{milestone.contract.title}：{milestone.name}",
        button="报验",
        note=lambda milestone: _("完成后报验，逐项填累计数量"),
        deadline=_due,
        url=lambda milestone: reverse("acceptances:report", args=[milestone.pk]),
        reads=("name", "due_on", "contract__title"),
        source=duties.source(Milestone, provider="contract__provider", contract__status__in=REPORTING),
    )
)
duties.register(
    Duty(
        name="acceptance.judge",
        roles=("programme_officer", "region_officer"),
        queryset=lambda actor: visible_acceptances(actor).filter(status="reported").order_by("created_at"),
        title=lambda acceptance: f"{acceptance.contract.title}：{acceptance.milestone.name}",
        button="验收",
        verb="judge",
        note=lambda acceptance: _("%(name)s已报验，逐项核定数量") % {"name": acceptance.contract.provider.name},
        deadline=lambda acceptance: _due(acceptance.milestone),
        reads=("contract__title", "contract__provider__name", "milestone__name", "milestone__due_on"),
        source=duties.source(Acceptance, buyer="buyer", status="reported"),
    )
)
duties.register(
    Duty(
        name="acceptance.confirm",
        roles=(*GROUP_ROLES, "region_officer"),
        queryset=to_confirm,
        title=lambda acceptance: f"{acceptance.contract.title}：{acceptance.milestone.name}",
        button="确认验收意见",
        verb="confirm",
        note=lambda acceptance: _("%(name)s已逐项核定，请作为小组成员确认") % {"name": acceptance.accepted_by_name},
        source=duties.source(Acceptance, buyer="buyer", status="confirming"),
    )
)


def report(request: HttpRequest, milestone: UUID) -> HttpResponse:
    """Report a milestone: what was delivered so far, with papers. 404 for another provider's."""
    actor = actor_of(request)
    seen = Milestone.objects.filter(contract__provider_id=actor.organization_id).exclude(contract__status="draft")
    found = get_object_or_404(seen.select_related("contract__buyer", "contract__provider"), pk=milestone)
    bound: Any = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ReportForm(*bound, milestone=found, accepted=accepted_so_far(found.contract))
    context = {
        "title": _("报验"),
        "head": {"title": f"{found.contract.title}：{found.name}", "number": found.contract.number or "", "chip": None},
        "consequence": _("报验后由采购人或街道逐项核定；核定的累计数量计入结算。"),
        "facts": [
            {"label": _("节点"), "value": found.name, "sub": _("占合同 %(share)s%%") % {"share": found.share}},
            {"label": _("应完成"), "value": f"{found.due_on}"},
        ],
        "back_url": found.contract.get_absolute_url(),
        "submit_label": _("报验"),
        "back_label": _("先不报验"),
        "crumbs": [
            {"label": _("合同"), "url": reverse("contracts:list")},
            {"label": found.contract.number or found.contract.title, "url": found.contract.get_absolute_url()},
            {"label": _("报验"), "url": ""},
        ],
    }
    return answer(
        request,
        form,
        lambda cleaned: report_milestone(found, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda acceptance: acceptance.get_absolute_url(),
    )


urlpatterns = [path("report/<uuid:milestone>/", report, name="report"), *room_urls(ACCEPTANCES)]
