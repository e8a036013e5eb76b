"""Pages of the risks (风险预警): list, flag, rules, scan; what stands on a project and a contract; what waits for whom."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.permissions.risks import can_watch
from audit.risks.models import RiskFlag
from audit.risks.operations import request_scan
from audit.risks.queries import address_of, counts_by_rule, facts_of, flags_of_case, last_scans, to_check, visible_flags
from audit.risks.registry import LEVELS, RULES
from audit.risks.shapes import PROVEN
from core import clock, duties, sections
from core.actor import Actor
from core.duties import Duty
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Figure, Room, View, register
from procurement.rules.queries import UNITS, rules_in_force


class FlagFilter(django_filters.FilterSet):
    """Words, rule, level, status, result, day."""

    q = django_filters.CharFilter(label="对象、情况", method="search")
    rule = django_filters.ChoiceFilter(
        label="规则", empty_label="全部规则", choices=[(rule.id, f"{rule.id} {rule.name}") for rule in RULES.values()]
    )
    level = django_filters.ChoiceFilter(label="级别", empty_label="全部级别", choices=list(LEVELS.items()))
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in RiskFlag.lifecycle.statuses.items()]
    )
    result = django_filters.ChoiceFilter(label="结论", empty_label="全部结论", choices=RiskFlag.RESULTS)
    found_at = django_filters.DateFromToRangeFilter(label="发现日期")

    def search(self, rows: QuerySet[RiskFlag], name: str, value: str) -> QuerySet[RiskFlag]:
        """What it is about and what it says."""
        return rows.filter(Q(label__icontains=value) | Q(statement__icontains=value))


def _figures(flag: RiskFlag, actor: Actor) -> list[Figure]:
    found = [
        Figure(
            _("级别"),
            flag.get_level_display(),
            detail=_("记录本身能认定") if flag.level == PROVEN else _("只是线索，要核查"),
        ),
        Figure(
            _("发现"),
            f"{clock.local(flag.found_at):%m-%d}",
            detail=_("最近 %(day)s") % {"day": f"{clock.local(flag.seen_at):%m-%d}"},
        ),
    ]
    if flag.taken_by_name:
        found.append(Figure(_("核查人"), flag.taken_by_name))
    if flag.result:
        found.append(Figure(_("结论"), flag.get_result_display()))
    return found


RISKS = register(
    Room(
        slug="risks",
        label="风险预警",
        model=RiskFlag,
        visible=visible_flags,
        title=str,
        icon="shield-exclamation",
        list_template="audit/risks/list.html",
        filterset=FlagFilter,
        columns=(
            Column("title", "预警", lambda flag: (RULES[flag.rule].name, flag.label), "title", "rule"),
            Column("statement", "情况", lambda flag: flag.statement),
            Column("level", "级别", lambda flag: flag.get_level_display(), sort="level"),
            Column("found", "发现", lambda flag: flag.found_at, "date", "found_at"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        default_sort="-found_at",
        views=(
            View("待核查", "status=open", lambda rows, actor: rows.filter(status="open")),
            View("核查中", "status=verifying", lambda rows, actor: rows.filter(status="verifying")),
            View("认定级", "level=proven", lambda rows, actor: rows.filter(level=PROVEN)),
            View("全部", "", lambda rows, actor: rows),
        ),
        figures=_figures,
        subtitle=lambda flag: [flag.buyer.name, f"{flag.rule} · {RULES[flag.rule].basis}"],
        fields=("rule", "level", "label", "statement", "evidence", "found_at", "result", "conclusion"),
        create=("扫描", "risks:scan", can_watch),
        empty=("没有发现风险", "规则每天夜里扫描一次，也可以现在扫描。"),
    )
)


def _evidence(flag: RiskFlag, actor: Actor) -> dict[str, Any]:
    return {"flag": flag, "rule": RULES[flag.rule], "facts": facts_of(flag), "address": address_of(flag)}


def _on_case(thing: Any, actor: Actor) -> dict[str, Any] | None:
    """The flags of the case, for oversight alone; nothing where there is none."""
    case = str(thing.pk) if thing.journal_name == "procurement.project" else thing.case_key
    found = flags_of_case(actor, case)
    return {"flags": found} if found else None


FOLDER = "audit/risks"
sections.register("audit.risk_flag", title="依据", template=f"{FOLDER}/evidence.html", context=_evidence, order=10)
for _on in ("procurement.project", "procurement.contract"):
    sections.register(_on, title="风险预警", template=f"{FOLDER}/on_case.html", context=_on_case, slot="side", order=60)

duties.register(
    Duty(
        "risk.check", ("funds_reviewer", "discipline_officer"), to_check, str, "核查",
        note=lambda flag: f"{flag.get_level_display()} · {flag.statement}"[:80],
    )
)  # fmt: skip


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """What each rule looks at, by which law, with which threshold, and how many flags it has raised. 404 for others."""
    actor = actor_of(request)
    if not can_watch(actor):
        raise Http404
    values = {row.key: row for row in rules_in_force()}
    counts = counts_by_rule(actor)
    rows = [
        {
            "rule": rule,
            "level": LEVELS[rule.level],
            "thresholds": [
                {
                    "label": values[key].label,
                    "value": f"{values[key].value}{UNITS[values[key].unit]}",
                    "verified": values[key].verified,
                }
                for key in rule.thresholds
            ],
            "counts": counts.get(rule.id),
        }
        for rule in RULES.values()
    ]
    crumbs = [{"label": _("风险预警"), "url": reverse("risks:list")}, {"label": _("规则"), "url": ""}]
    return render(request, f"{FOLDER}/rules.html", {"rows": rows, "crumbs": crumbs})


def scan(request: HttpRequest) -> HttpResponse:
    """Ask for a run of all rules now; the last runs beside it. 404 for others."""
    actor = actor_of(request)
    if not can_watch(actor):
        raise Http404
    runs = last_scans()
    context = {
        "title": _("扫描风险"),
        "head": {"title": _("%(n)s 条规则") % {"n": len(RULES)}},
        "consequence": _(
            "在后台把全部规则跑一遍，一般几秒钟；新发现的进待核查，通知经审和纪检。每天夜里自动扫描一次。"
        ),
        "facts": [
            {
                "label": f"{clock.local(run.asked_at):%m-%d %H:%M} {run.asked_by_name}",
                "value": _("正在扫描") if run.done_at is None else _("新增 %(n)s 条") % {"n": run.fresh},
                "sub": ""
                if run.done_at is None
                else _("看过 %(n)s 个订单和合同，共 %(m)s 条") % {"n": run.looked, "m": run.found},
            }
            for run in runs
        ],
        "submit_label": _("现在扫描"),
        "back_url": reverse("risks:list"),
        "back_label": _("回到预警"),
        "crumbs": [{"label": _("风险预警"), "url": reverse("risks:list")}, {"label": _("扫描"), "url": ""}],
    }
    return answer(
        request,
        Form(request.POST or None),
        lambda cleaned: request_scan(actor=actor),
        template="verb.html",
        context=context,
        done=lambda made: reverse("risks:scan"),
    )


urlpatterns = [
    path("rules/", rules, name="rules"),
    path("scan/", scan, name="scan"),
    *room_urls(RISKS),
]
