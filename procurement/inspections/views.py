"""Pages of the inspections (检查): list and object, what a contract's page shows of them, what waits for whom."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, duties, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.pages import room_urls
from core.presence import Question
from core.rooms import Column, Figure, Room, View, register
from core.sections import rows_for_card
from procurement.contracts.models import Contract
from procurement.contracts.queries import DELIVERING
from procurement.inspections import boards
from procurement.inspections.models import Inspection
from procurement.inspections.queries import (
    draws_of,
    inspection_summary,
    to_judge,
    to_put_right,
    to_record,
    to_review_oneself,
    to_visit,
    visible_inspections,
)
from procurement.permissions.inspections import PROVIDER_ROLES, can_plan_inspection

RECENT = 5


class InspectionFilter(django_filters.FilterSet):
    """Search by contract, activity or provider; status, kind, planned days."""

    q = django_filters.CharFilter(label="合同、活动、承接单位", method="search")
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in Inspection.lifecycle.statuses.items()]
    )
    kind = django_filters.ChoiceFilter(label="方式", empty_label="全部方式", choices=Inspection.KINDS)
    planned_on = django_filters.DateFromToRangeFilter(label="计划日期")

    def search(self, rows: QuerySet[Inspection], name: str, value: str) -> QuerySet[Inspection]:
        """Contract, its number, activity or provider."""
        return rows.filter(
            Q(contract__title__icontains=value)
            | Q(contract__number__icontains=value)
            | Q(activity__title__icontains=value)
            | Q(provider__name__icontains=value)
        )


def _figures(inspection: Inspection, actor: Actor) -> list[Figure]:
    day = inspection.held_on or inspection.planned_on
    word = _("检查日期") if inspection.held_on else _("计划日期")
    found = [Figure(word, f"{day:%m-%d}", detail=inspection.visitors or inspection.planned_by_name)]
    if inspection.due_at and inspection.status in {"noticed", "answered"}:
        last = clock.local(inspection.due_at).date()
        detail = _("第 %(n)s 次整改") % {"n": inspection.rounds}
        found.append(Figure(_("整改期限"), f"{last:%m-%d}", detail=detail, kind="hot" if inspection.is_late else ""))
    return found


def _files(inspection: Inspection, actor: Actor) -> QuerySet[Document]:
    return Document.objects.filter(pk__in=inspection.files.values("document"))


def _context(inspection: Inspection, actor: Actor) -> dict[str, Any]:
    notes: list[dict[str, Any]] = []
    if inspection.conclusion:
        kind = {"stopped": "bad", "noticed": "warn"}.get(inspection.status, "")
        notes.append({"kind": kind, "title": _("检查结论"), "text": inspection.conclusion})
    if inspection.answer:
        notes.append({"kind": "", "title": _("承接单位的整改情况"), "text": inspection.answer})
    if inspection.status == "stopped" and actor.works_for(inspection.buyer_id, "leader"):
        link = {"label": _("看合同"), "url": inspection.contract.get_absolute_url()}
        text = _("是否终止合同，由班子成员在合同页办理。")
        notes.append({"kind": "warn", "title": _("检查建议终止"), "text": text, "link": link})
    return {"notes": notes}


INSPECTIONS = register(
    Room(
        slug="inspections",
        label="检查",
        model=Inspection,
        visible=visible_inspections,
        title=str,
        icon="clipboard-check",
        filterset=InspectionFilter,
        columns=(
            Column("title", "检查", lambda c: (str(c), c.topic), "title"),
            Column("contract", "合同", lambda c: c.contract.number or c.contract.title, sort="contract__number"),
            Column("provider", "承接单位", lambda c: c.provider.name, sort="provider__name"),
            Column("planned_on", "计划日期", lambda c: f"{c.planned_on}", "num", "planned_on"),
            Column("due", "整改期限", lambda c: c.due_at if c.status == "noticed" else None, "due", "due_at"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        default_sort="-planned_on",
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("待检查", "planned", lambda rows, actor: rows.filter(status="planned")),
            View("整改中", "open", lambda rows, actor: rows.filter(status__in=("noticed", "answered"))),
            View("逾期整改", "late", lambda rows, actor: rows.filter(status="noticed", due_at__lt=clock.now())),
        ),
        figures=_figures,
        subtitle=lambda c: [c.contract.number or "", c.provider.name, c.topic],
        files=_files,
        context=_context,
        fields=("id", "contract", "provider", "kind", "planned_on", "held_on", "status", "due_at", "rounds"),
        empty=("还没有检查", "合同履约以后，在合同页安排检查或随机抽查。"),
    )
)


def _findings_section(inspection: Inspection, actor: Actor) -> dict[str, Any] | None:
    rows = list(inspection.findings.all())
    files = [
        {
            "name": each.document.name,
            "label": _("整改：%(name)s") % {"name": each.document.name} if each.is_answer else "",
            "url": reverse("inspections:file", args=[inspection.pk, each.document_id]),
            "size": each.document.size,
            "sha256": each.document.sha256,
        }
        for each in inspection.files.select_related("document")
    ]
    kinds = {"good": "ok", "partly": "warn", "bad": "bad"}
    checks = [
        {"kind": kinds[row.result], "title": f"{row.topic}：{row.get_result_display()}", "note": row.note}
        for row in rows
    ]
    waits = ""
    if inspection.status == "planned":
        who = _("承接单位自查") if inspection.kind == "self" else _("检查人登记")
        waits = _("计划 %(day)s 检查。%(who)s以后，逐项结果、现场照片和整改要求列在这里。") % {
            "day": inspection.planned_on, "who": who,
        }  # fmt: skip
    return {"checks": checks, "files": files, "waits": waits} if rows or files or waits else None


def _subject_section(inspection: Inspection, actor: Actor) -> dict[str, Any]:
    contract, activity = inspection.contract, inspection.activity
    facts = [
        {"label": _("合同"), "value": contract.title, "sub": contract.number or "", "url": contract.get_absolute_url()}
    ]
    if activity is not None:
        sub = f"{activity.hours_label} · {activity.place}"
        facts.append({"label": _("活动"), "value": activity.title, "sub": sub, "url": activity.get_absolute_url()})
    if inspection.draw_id is not None and actor.organization_kind != "provider":
        url = reverse("inspections:draw", args=[inspection.draw_id])
        facts.append({"label": _("来源"), "value": _("随机抽中"), "sub": _("可以重算"), "url": url})
    return {"facts": facts}


CARD = ("status", "kind", "planned_on", "visitors", "activity__title", "contract__title")


def _contract_section(contract: Contract, actor: Actor, there: bool) -> dict[str, Any] | None:
    """How the inspections stand, the last few, and the way to plan or draw."""
    if contract.status in {"draft", "legal_review", "signing"}:
        return None
    mine = visible_inspections(actor).filter(contract=contract).order_by("-planned_on", "-created_at")
    rows = rows_for_card(mine[:RECENT], *CARD) if there else []
    plans = contract.status in DELIVERING and can_plan_inspection(actor, contract)
    if not rows and not plans:
        return None
    shown = actor.organization_kind != "provider"
    return {
        "contract": contract,
        "rows": rows,
        "summary": inspection_summary(contract),
        "draws": list(draws_of(contract)[:3]) if shown else [],
        "plans": plans,
    }


OWN, FOLDER = "procurement.inspection", "procurement/inspections"
sections.register(OWN, title="检查事项", template=f"{FOLDER}/findings.html", context=_findings_section, order=10)
sections.register(OWN, title="对象", template=f"{FOLDER}/subject.html", context=_subject_section, slot="side", order=10)
sections.register(
    "procurement.contract",
    title="检查",
    template=f"{FOLDER}/on_contract.html",
    context=_contract_section,
    order=20,
    rows=Question(Inspection, "contract"),
)


def _note(inspection: Inspection) -> str:
    return f"{inspection.contract.title} · {inspection.topic}"


for _name, _roles, _rows, _button, _verb, _source in (
    (
        "inspection.record",
        ("programme_officer",),
        to_record,
        "登记检查",
        "record",
        duties.source(Inspection, buyer="buyer", status="planned"),
    ),
    ("inspection.visit", ("region_officer",), to_visit, "登记检查", "record", None),
    (
        "inspection.review",
        PROVIDER_ROLES,
        to_review_oneself,
        "自查",
        "record",
        duties.source(Inspection, provider="provider", status="planned", kind="self"),
    ),
):
    duties.register(
        Duty(
            name=_name,
            roles=_roles,
            queryset=_rows,
            title=str,
            button=_button,
            verb=_verb,
            note=_note,
            deadline=lambda inspection: clock.end_of_day(inspection.planned_on),
            source=_source,
        )
    )
duties.register(
    Duty(
        name="inspection.answer",
        roles=PROVIDER_ROLES,
        queryset=to_put_right,
        title=str,
        button="报告整改",
        verb="answer",
        note=lambda inspection: inspection.conclusion[:80],
        deadline=lambda inspection: inspection.due_at,
        order=10,
        source=duties.source(Inspection, provider="provider", status="noticed"),
    )
)
duties.register(
    Duty(
        name="inspection.judge",
        roles=("programme_officer",),
        queryset=to_judge,
        title=str,
        button="处理",
        note=lambda inspection: inspection.status_label,
        source=duties.source(Inspection, buyer="buyer", status__in=("reported", "answered")),
    )
)

urlpatterns = [*boards.urlpatterns, *room_urls(INSPECTIONS)]
