"""Pages of the settlements (结算): list, object with its arithmetic, drawing up; what they show on contracts and projects."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, duties, sections
from core.actor import Actor
from core.batches import batchable
from core.documents import Document
from core.duties import Duty
from core.job_pages import report_section
from core.money import ZERO, capitals
from core.pages import actions, room_urls
from core.rooms import Column, Figure, Room, View, register
from core.sections import rows_for_card
from core.templatetags.words import money_text, share_text
from procurement.contracts.models import Contract, Milestone
from procurement.permissions.settlements import can_draw_settlement
from procurement.projects.models import Project
from procurement.settlements import boards
from procurement.settlements.facts import report_of
from procurement.settlements.models import Settlement
from procurement.settlements.queries import (
    SETTLING,
    paid_so_far,
    to_approve,
    to_confirm,
    unsettled_contracts,
    unsettled_milestones,
    visible_settlements,
)

KINDS = dict(Settlement.KINDS)


class SettlementFilter(django_filters.FilterSet):
    """Search by contract, number or provider; status; kind."""

    q = django_filters.CharFilter(label="合同、文号、承接单位", method="search")
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in Settlement.lifecycle.statuses.items()]
    )
    kind = django_filters.ChoiceFilter(label="种类", empty_label="全部种类", choices=Settlement.KINDS)

    def search(self, rows: QuerySet[Settlement], name: str, value: str) -> QuerySet[Settlement]:
        """Contract, either number, or provider."""
        found = rows.none()
        for field in ("contract__title", "contract__number", "number", "contract__provider__name"):
            found |= rows.filter(**{f"{field}__icontains": value})
        return found


def _figures(settlement: Settlement, actor: Actor) -> list[Figure]:
    payable, contract = settlement.payable_amount, settlement.contract
    total = settlement.gross_amount - settlement.deduction_amount
    of_contract = _("合同 %(amount)s 的 %(share)s") % {
        "amount": money_text(contract.amount),
        "share": share_text(total, contract.amount),
    }
    word = _("应退款") if payable < ZERO else _("本次应付")
    found = [
        Figure(word, abs(payable), unit=_("元"), detail=capitals(abs(payable)), kind="hero"),
        Figure(_("结算总额"), total, unit=_("元"), detail=of_contract),
        Figure(
            _("已付"), settlement.paid_before if settlement.kind != "milestone" else paid_so_far(contract), unit=_("元")
        ),
    ]
    if settlement.due_at and payable > ZERO:
        last = clock.local(settlement.due_at).date()
        found.append(Figure(_("付款期限"), f"{last:%m-%d}", detail=_("验收后 30 日"), kind=_heat(settlement)))
    return found


def _heat(settlement: Settlement) -> str:
    overdue = settlement.status == "approved" and settlement.due_at is not None and settlement.due_at < clock.now()
    return "hot" if overdue else ""


def _files(settlement: Settlement, actor: Actor) -> QuerySet[Document]:
    """The invoices that were handed in for it; who sees the settlement sees them."""
    return Document.objects.filter(pk__in=settlement.invoices.values("document"))


def _locked(settlement: Settlement, actor: Actor) -> list[tuple[str, str]]:
    """What must wait for the other side, and why."""
    if settlement.status != "checked":
        return []
    if settlement.confirmed_at is None:
        return [("approve", _("承接单位还没有确认。"))]
    said = _("%(name)s已于 %(day)s 确认。") % {
        "name": settlement.confirmed_by_name,
        "day": f"{clock.local(settlement.confirmed_at):%m-%d}",
    }
    return [("confirm", said), ("dispute", said)]


def _context(settlement: Settlement, actor: Actor) -> dict[str, Any]:
    """The primary button repeats the amount; the trail leads over the contract."""
    buttons = actions(settlement, actor, SETTLEMENTS)
    for button in buttons:
        if button["verb"] in {"check", "approve"}:
            button["label"] = f"{button['label']} {money_text(settlement.payable_amount)} 元"
    contract = settlement.contract
    notes = []
    if settlement.payable_amount < ZERO:
        notes.append(
            {
                "kind": "warn",
                "title": _("承接单位应退 %(amount)s 元") % {"amount": money_text(-settlement.payable_amount)},
                "text": _("批准后由出纳登记退款到账凭证，资金退回预算线。"),
            }
        )
    return {
        "actions": buttons,
        "notes": notes,
        "crumbs": [
            {"label": _("工作台"), "url": "/w/"},
            {"label": _("合同 %(number)s") % {"number": contract.number or ""}, "url": contract.get_absolute_url()},
            {"label": settlement.name, "url": ""},
        ],
    }


SETTLEMENTS = register(
    Room(
        slug="settlements",
        label="结算",
        model=Settlement,
        visible=visible_settlements,
        title=lambda s: f"{s.name}：{s.contract.title}",
        lookup="number",
        icon="calculator",
        filterset=SettlementFilter,
        columns=(
            Column(
                "title",
                "结算",
                lambda s: (s.contract.title, s.number or s.contract.number or ""),
                "title",
                "contract__title",
            ),
            Column("kind", "种类", lambda s: s.name, "tag", "kind"),
            Column("provider", "承接单位", lambda s: s.contract.provider.name, sort="contract__provider__name"),
            Column("payable", "本次应付", lambda s: s.payable_amount, "money", "payable_amount"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("due_at", "付款期限", lambda s: s.due_at if s.status == "approved" else None, "due", "due_at"),
        ),
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("待财务审核", "drawn", lambda rows, actor: rows.filter(status="drawn")),
            View("待批准", "checked", lambda rows, actor: rows.filter(status="checked")),
            View("待支付", "approved", lambda rows, actor: rows.filter(status="approved")),
        ),
        figures=_figures,
        subtitle=lambda s: [
            s.contract.provider.name,
            _("服务期 %(start)s 至 %(end)s") % {"start": s.contract.starts_on, "end": s.contract.ends_on},
        ],
        context=_context,
        locked=_locked,
        files=_files,
        sum_field="payable_amount",
        reads=(
            "number",
            "kind",
            "payable_amount",
            "status",
            "due_at",
            "milestone__name",
            "contract__number",
            "contract__title",
            "contract__starts_on",
            "contract__ends_on",
            "contract__provider__name",
        ),
        fields=(
            "id",
            "contract",
            "acceptance",
            "number",
            "kind",
            "status",
            "accepted_value",
            "gross_amount",
            "deduction_amount",
            "payable_amount",
        ),
        create=("批量生成报告", "settlements:batch", lambda actor: bool(actor.organization_id)),
        empty=("还没有结算", "节点验收以后，业务经办在这里编制结算。"),
    )
)


def _reported_in(actor: Actor, year: int) -> QuerySet[Settlement]:
    """The settlements approved in a year that this person may have reported."""
    return visible_settlements(actor).filter(approved_at__year=year, status__in=["approved", "paid"]).order_by("number")


batchable("procurement.settlement", _reported_in)


def _lines_section(settlement: Settlement, actor: Actor) -> dict[str, Any]:
    return {"report": _facts(settlement)}


def _working_section(settlement: Settlement, actor: Actor) -> dict[str, Any]:
    found = _facts(settlement)
    lines = [
        {"label": each.label, "note": each.note, "url": each.url, "value": each.value, "kind": each.kind}
        for each in found.operations
    ]
    return {"calc": lines, "balance": found.balance, "sources": found.sources}


def _facts(settlement: Settlement) -> Any:
    """Read once a page, though two sections show it."""
    found = settlement.__dict__.get("facts") or report_of(settlement)
    settlement.__dict__["facts"] = found
    return found


def _needs_section(settlement: Settlement, actor: Actor) -> dict[str, Any] | None:
    """What must hold before it is paid (付款前还要什么)."""
    if settlement.status in {"paid", "returned"}:
        return None
    acceptance = settlement.acceptance
    checks = [
        {
            "kind": "ok",
            "title": _("验收%(result)s") % {"result": acceptance.status_label} if acceptance else _("验收"),
            "note": f"{clock.local(acceptance.accepted_at):%m-%d} {acceptance.accepted_by_name}"
            if acceptance and acceptance.accepted_at
            else "",
            "url": acceptance.get_absolute_url() if acceptance else "",
        },
        {
            "kind": "ok" if settlement.checked_by_name else "wait",
            "title": _("审核人不是编制人"),
            "note": settlement.checked_by_name or _("由%(name)s以外的财务审核") % {"name": settlement.drawn_by_name},
        },
        {
            "kind": "ok" if settlement.confirmed_by_name else "wait",
            "title": _("承接单位确认"),
            "note": settlement.confirmed_by_name or _("审核以后由承接单位负责人核对"),
        },
        {
            "kind": "ok" if settlement.approved_by_name else "wait",
            "title": _("批准人不是审核人"),
            "note": settlement.approved_by_name or _("由班子成员批准"),
        },
    ]
    return {"checks": checks}


CARD = ("number", "status", "kind", "payable_amount", "drawn_by_name", "milestone__name")


def _contract_section(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    if contract.status in {"draft", "signing"}:
        return None
    rows = rows_for_card(visible_settlements(actor).filter(contract=contract).order_by("created_at"), *CARD)
    draws = _draws(actor, contract)
    return {"settlements": rows, "draws": draws} if rows or draws else None


def _draws(actor: Actor, contract: Contract) -> list[dict[str, str]]:
    """What this person may draw up now: milestones that were accepted, or the end."""
    if not can_draw_settlement(actor) or not actor.belongs_to(contract.buyer_id) or contract.status == "closed":
        return []
    found = [
        {"label": _("「%(name)s」节点") % {"name": each.name}, "url": _milestone_url(each)}
        for each in unsettled_milestones(actor).filter(contract=contract)
    ]
    if unsettled_contracts(actor).filter(pk=contract.pk).exists():
        found.append({"label": _("最终结算"), "url": _contract_url(contract)})
    return found


def _project_section(project: Project, actor: Actor) -> dict[str, Any] | None:
    mine = visible_settlements(actor).filter(contract__award__lot__order__project=project)
    rows = rows_for_card(mine.order_by("created_at"), *CARD)
    return {"settlements": rows, "draws": []} if rows else None


OWN, FOLDER = "procurement.settlement", "procurement/settlements"
sections.register(OWN, title="核定数量", template=f"{FOLDER}/lines.html", context=_lines_section, order=10)
sections.register(OWN, title="怎么算出来的", template=f"{FOLDER}/working.html", context=_working_section, order=20)
sections.register(
    OWN, title="结算报告", template="components/reports.html", slot="side", order=10,
    context=report_section("procurement.settlement", formats=("pdf", "xlsx")),
)  # fmt: skip
sections.register(
    OWN, title="付款前还要什么", template=f"{FOLDER}/needs.html", context=_needs_section, slot="side", order=20
)
sections.register(
    "procurement.contract", title="结算", template=f"{FOLDER}/rows.html", context=_contract_section, order=40
)
sections.register(
    "procurement.project", title="结算", template=f"{FOLDER}/rows.html", context=_project_section, order=80
)


def _milestone_url(milestone: Milestone) -> str:
    return reverse("settlements:draw", args=[milestone.contract_id, "milestone"]) + f"?milestone={milestone.n}"


def _contract_url(contract: Contract) -> str:
    return reverse("settlements:draw", args=[contract.pk, "final"])


def _end_of(contract: Contract) -> datetime:
    return clock.end_of_day(contract.ends_on)


def _waiting(status: str) -> Any:
    return lambda actor: (
        visible_settlements(actor).filter(status=status, buyer_id=actor.organization_id).order_by("created_at")
    )


duties.register(
    Duty(
        name="settlement.draw_milestone",
        roles=("programme_officer",),
        queryset=unsettled_milestones,
        title=lambda milestone: f"{milestone.contract.title}：{milestone.name}",
        button="编制结算",
        note=lambda milestone: _("节点已验收，编制结算"),
        url=_milestone_url,
        source=duties.source(Contract, buyer="buyer", status__in=SETTLING),
    )
)
duties.register(
    Duty(
        name="settlement.draw_final",
        roles=("programme_officer",),
        queryset=unsettled_contracts,
        title=lambda contract: contract.title,
        button="编制结算",
        note=lambda contract: _("全部验收，编制最终结算"),
        deadline=_end_of,
        url=_contract_url,
        source=duties.source(Contract, buyer="buyer", status__in=("completed", "terminated")),
    )
)
duties.register(
    Duty(
        name="settlement.check",
        roles=("finance_officer",),
        queryset=_waiting("drawn"),
        title=lambda settlement: settlement.contract.title,
        button="审核",
        verb="check",
        note=lambda settlement: settlement.name,
        amount=lambda settlement: settlement.payable_amount,
        source=duties.source(Settlement, buyer="buyer", status="drawn"),
    )
)
duties.register(
    Duty(
        name="settlement.confirm",
        roles=("provider_admin",),
        queryset=to_confirm,
        title=lambda settlement: settlement.contract.title,
        button="确认结算",
        verb="confirm",
        note=lambda settlement: _("%(name)s，请核对数量和金额") % {"name": settlement.name},
        amount=lambda settlement: settlement.payable_amount,
        source=duties.source(Settlement, provider="contract__provider", status="checked", confirmed_at__isnull=True),
    )
)
duties.register(
    Duty(
        name="settlement.approve",
        roles=("leader",),
        queryset=to_approve,
        title=lambda settlement: settlement.contract.title,
        button="批准结算",
        verb="approve",
        note=lambda settlement: (
            _("%(name)s，%(checker)s已审核") % {"name": settlement.name, "checker": settlement.checked_by_name}
        ),
        amount=lambda settlement: settlement.payable_amount,
        source=duties.source(Settlement, buyer="buyer", status="checked"),
    )
)


urlpatterns = [*boards.urlpatterns, *room_urls(SETTLEMENTS)]
