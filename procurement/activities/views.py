"""Pages of the activities (活动): list and object, what a contract's page shows of them, what waits for whom."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.regions.models import Region
from core import clock, duties, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.pages import actor_of, room_urls
from core.permissions import OVERSIGHT_ROLES
from core.rooms import Column, Figure, Room, View, register
from core.sections import rows_for_card
from procurement.activities import boards, papers
from procurement.activities.facts import missing_safeguards, roster_of, safeguards
from procurement.activities.models import Activity, SafeguardPaper
from procurement.activities.queries import (
    DELIVERED,
    DELIVERING,
    contracts_to_count,
    course_of,
    leads_of,
    recordable,
    signed_in,
    to_verify,
    visible_activities,
)
from procurement.contracts.models import Contract
from procurement.contracts.queries import contract_choices
from procurement.permissions.activities import (
    PROVIDER_ROLES,
    can_count_activities,
    can_count_activity,
    can_open_identity,
    can_plan_activity,
    can_run_activity,
    is_of_the_place,
)

RECENT = 5


class ActivityFilter(django_filters.FilterSet):
    """Search by name or place; status, contract, street; month and day."""

    q = django_filters.CharFilter(label="活动、地点", method="search")
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in Activity.lifecycle.statuses.items()]
    )
    contract = django_filters.ChoiceFilter(label="合同", empty_label="全部合同", choices=[])
    street = django_filters.ModelChoiceFilter(
        label="街道", empty_label="全部街道", method="of_street",
        queryset=Region.objects.filter(level="street"), to_field_name="code",
    )  # fmt: skip
    month = django_filters.CharFilter(label="月份", method="of_month", widget=forms.TextInput(attrs={"type": "month"}))
    day = django_filters.DateFilter(
        label="日期", method="of_day", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request is not None:
            self.filters["contract"].extra["choices"] = contract_choices(
                actor_of(self.request), but=("draft", "signing"), chosen=self.data.get("contract", "")
            )

    def search(self, rows: QuerySet[Activity], name: str, value: str) -> QuerySet[Activity]:
        """Name, place, contract's number or provider."""
        found = rows.none()
        for each in ("title", "place", "contract__number", "provider__name"):
            found |= rows.filter(**{f"{each}__icontains": value})
        return found

    def of_street(self, rows: QuerySet[Activity], name: str, value: Region) -> QuerySet[Activity]:
        """A street with its communities."""
        return rows.filter(region_path__startswith=value.path)

    def of_month(self, rows: QuerySet[Activity], name: str, value: str) -> QuerySet[Activity]:
        """ "2026-09"; nonsense narrows nothing."""
        try:
            first = date.fromisoformat(f"{value}-01")
        except ValueError:
            return rows
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return rows.filter(starts_at__gte=clock.local(first), starts_at__lt=clock.local(after))

    def of_day(self, rows: QuerySet[Activity], name: str, value: date) -> QuerySet[Activity]:
        """One day in Shanghai."""
        return rows.filter(starts_at__gte=clock.local(value), starts_at__lte=clock.end_of_day(value))


def _figures(activity: Activity, actor: Actor) -> list[Figure]:
    found = [Figure(_("时间"), activity.hours_label, detail=activity.place)]
    if activity.recordings:
        heads = activity.counts.aggregate(times=Sum("person_times"), people=Sum("people"), new=Sum("newcomers"))
        found.insert(0, Figure(_("人次"), heads["times"] or 0, unit=_("人次"), kind="hero"))
        detail = _("其中首次 %(n)s 人") % {"n": heads["new"] or 0}
        found.insert(1, Figure(_("人数"), heads["people"] or 0, unit=_("人"), detail=detail))
    else:
        found.insert(0, Figure(_("预计"), activity.planned_people, unit=_("人"), detail=activity.segments))
    return found


def _files(activity: Activity, actor: Actor) -> QuerySet[Document]:
    """Pictures for all who see the activity; insurance, plans and consents for the provider's own people."""
    keys = list(activity.photos.values_list("document", flat=True))
    if can_run_activity(actor, activity):
        keys += activity.papers.values_list("document", flat=True)
    return Document.objects.filter(pk__in=keys)


def _locked(activity: Activity, actor: Actor) -> list[tuple[str, str]]:
    locks = []
    if activity.status in {"planned", "published"} and can_run_activity(actor, activity):
        missing = missing_safeguards(activity)
        if missing:
            reason = _("有未成年人参加，缺：%(missing)s。") % {"missing": "、".join(missing)}
            locks += [("publish", reason), ("hold", reason), ("record", reason)]
        elif activity.starts_at > clock.now():
            reason = _("活动还没有开始。")
            locks += [("hold", reason), ("record", reason)]
    return locks


def _context(activity: Activity, actor: Actor) -> dict[str, Any]:
    notes: list[dict[str, Any]] = []
    if activity.refusal:
        kind = "bad" if activity.status == "rejected" else "warn"
        title = {"rejected": _("不予认定"), "withdrawn": _("已取消")}.get(activity.status, _("退回补充"))
        notes.append({"kind": kind, "title": title, "text": activity.refusal})
    if activity.outcome == "incident":
        notes.append({"kind": "bad", "title": _("有意外"), "text": activity.note})
    if activity.status != "recorded" and actor.has("region_officer"):
        following = to_verify(actor).first()
        if following is not None:
            link = {"label": _("去核实"), "url": f"{following.get_absolute_url()}verify/"}
            notes.append({"kind": "", "title": _("下一场待核实"), "text": following.title, "link": link})
    return {"notes": notes}


ACTIVITIES = register(
    Room(
        slug="activities",
        label="活动",
        model=Activity,
        visible=visible_activities,
        title=str,
        icon="calendar-event",
        list_template="procurement/activities/list.html",
        filterset=ActivityFilter,
        columns=(
            Column("title", "活动", lambda a: (a.title, f"{a.hours_label} · {a.place}"), "title", "title"),
            Column("starts_at", "时间", lambda a: a.starts_at, "date", "starts_at"),
            Column("region", "街道社区", lambda a: a.region.name, sort="region__name"),
            Column("provider", "承接单位", lambda a: a.provider.name, sort="provider__name"),
            Column("planned", "预计", lambda a: a.planned_people, "num"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        default_sort="-starts_at",
        reads=("title", "place", "kind", "starts_at", "ends_at", "planned_people", "status", "region__name", "provider__name", "line__name"),
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("要记录", "record", lambda rows, actor: rows.filter(status__in=("published", "held"), starts_at__lte=clock.now())),
            View("待核实", "recorded", lambda rows, actor: rows.filter(status="recorded")),
            View("已核实", "done", lambda rows, actor: rows.filter(status__in=DELIVERED)),
        ),
        figures=_figures,
        subtitle=lambda a: [a.provider.name, a.region.name, a.get_kind_display(), a.line.name if a.line else ""],
        files=_files,
        context=_context,
        locked=_locked,
        fields=(
            *("id", "contract", "provider", "title", "kind", "segments", "place", "starts_at", "ends_at"),
            *("planned_people", "minors", "is_trip"),
            *("outcome", "recorded_at", "verified_at", "counted_at"),
        ),
        create=("安排活动", "activities:plan", can_plan_activity),
        empty=("还没有活动", "合同生效以后，承接单位把活动排进计划，活动列在这里。"),
    )
)  # fmt: skip


def _record_section(activity: Activity, actor: Actor) -> dict[str, Any] | None:
    if not activity.recordings:
        return {"activity": activity, "counts": [], "plan": activity.plan} if activity.plan else None
    return {
        "activity": activity,
        "plan": activity.plan,
        "counts": list(activity.counts.all()),
        "units": list(activity.units.select_related("line").filter(quantity__gt=0)),
        "volunteers": list(activity.volunteers.all()),
        "work": getattr(activity, "work", None),
        "photos": [photo.document for photo in activity.photos.select_related("document")],
    }


def _leads_section(activity: Activity, actor: Actor) -> dict[str, Any] | None:
    """For those who judge and oversee, never for those who are looked at."""
    judges = is_of_the_place(actor, activity) or can_count_activity(actor, activity) or actor.has(*OVERSIGHT_ROLES)
    if not judges or not activity.recordings or activity.status not in {"recorded", "verified"}:
        return None
    return {"leads": leads_of(activity)}


def _safeguard_section(activity: Activity, actor: Actor) -> dict[str, Any] | None:
    if not activity.minors:
        return None
    runs = can_run_activity(actor, activity)
    checks = [
        {"kind": "ok" if each.is_there else "bad", "title": each.name, "note": each.note}
        for each in safeguards(activity)
    ]
    kept = SafeguardPaper.objects.filter(activity=activity).select_related("document") if runs else []
    files = [
        {"name": each.document.name, "label": each.get_kind_display(), "size": each.document.size,
         "url": reverse("activities:file", args=[activity.pk, each.document_id])}
        for each in kept
    ]  # fmt: skip
    return {
        "activity": activity,
        "checks": checks,
        "runs": runs and activity.status in {"planned", "published", "held"},
        "papers": files,
        "roster": list(roster_of(activity)) if can_open_identity(actor, activity) else [],
    }


def _signin_section(activity: Activity, actor: Actor) -> dict[str, Any] | None:
    if activity.status in {"planned", "withdrawn"}:
        return None
    total, new = signed_in(activity)
    runs = can_run_activity(actor, activity) and activity.status in {"published", "held"}
    return {"activity": activity, "total": total, "new": new, "runs": runs} if runs or total else None


CARD = ("status", "title", "starts_at", "ends_at", "region__name")


def _contract_section(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    """How far the contract is, and its latest activities: at most four queries, however many there are."""
    if contract.status in {"draft", "legal_review", "signing"}:
        return None
    course = course_of(contract)
    by_status = course.by_status
    runs = contract.status in DELIVERING and can_plan_activity(actor, contract)
    return {
        "contract": contract,
        "done": course.done,
        "lines": course.lines,
        "total": sum(by_status.values()) - by_status.get("withdrawn", 0),
        "waiting": by_status.get("recorded", 0),
        "rejected": by_status.get("rejected", 0),
        "planned": by_status.get("planned", 0) if runs else 0,
        "verified": by_status.get("verified", 0) if can_count_activities(actor, contract) else 0,
        "runs": runs,
        "recent": rows_for_card(
            visible_activities(actor).filter(contract=contract).order_by("-starts_at", "pk")[:RECENT], *CARD
        ),
        "list_url": f"{reverse('activities:list')}?contract={contract.pk}",
    }


OWN, FOLDER = "procurement.activity", "procurement/activities"
sections.register(OWN, title="记录", template=f"{FOLDER}/record_card.html", context=_record_section, order=10)
sections.register(OWN, title="线索", template=f"{FOLDER}/leads.html", context=_leads_section, order=20)
sections.register(
    OWN, title="未成年人安全保障", template=f"{FOLDER}/safeguards.html", context=_safeguard_section, order=30
)
sections.register(OWN, title="签到", template=f"{FOLDER}/signins.html", context=_signin_section, slot="side", order=10)
sections.register(
    "procurement.contract", title="完成情况", template=f"{FOLDER}/on_contract.html", context=_contract_section, order=15
)

duties.register(
    Duty(
        name="activity.record",
        roles=PROVIDER_ROLES,
        queryset=recordable,
        title=str,
        button="记录",
        verb="record",
        note=lambda activity: activity.refusal or f"{activity.hours_label} · {activity.place}",
        deadline=lambda activity: clock.end_of_day(clock.local(activity.ends_at).date()),
        order=20,
        reads=("title", "refusal", "starts_at", "ends_at", "place"),
        source=duties.source(Activity, provider="provider", status__in=("held", "published")),
    )
)
duties.register(
    Duty(
        name="activity.verify",
        roles=("region_officer",),
        queryset=to_verify,
        title=str,
        button="核实",
        verb="verify",
        note=lambda activity: f"{activity.provider.name} · {activity.hours_label}",
        order=20,
    )
)
duties.register(
    Duty(
        name="activity.count",
        roles=("programme_officer",),
        queryset=contracts_to_count,
        title=lambda contract: contract.title,
        button="全部计入",
        note=lambda contract: _("%(n)s 场活动已核实，等待计入") % {"n": contract.waiting},
        url=lambda contract: reverse("activities:count-all", args=[contract.pk]),
        source=duties.source(Activity, buyer="buyer", status="verified"),
    )
)

urlpatterns = [*boards.urlpatterns, *papers.urlpatterns, *room_urls(ACTIVITIES)]
