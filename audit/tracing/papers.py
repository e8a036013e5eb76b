"""The page of the year's money as a tree (决算追溯) with the evidence of the row that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.permissions.tracing import can_trace
from audit.tracing.figures import STEPS, Node, tree
from audit.tracing.queries import years_of
from core import clock, journal
from core.actor import Actor
from core.pages import actor_of
from core.rooms import address_of
from procurement.activities.models import Activity
from procurement.activities.queries import leads_of, signed_in
from procurement.budgets.models import BudgetLine
from procurement.contracts.models import Contract
from procurement.expenses.models import Expense
from procurement.payments.models import PaymentSplit
from procurement.settlements.models import SettlementLine


class Link(NamedTuple):
    """One link of the chain on top."""

    word: str
    icon: str


LINKS: Mapping[str, Link] = {
    "year": Link("年度", icon="bank"),
    "line": Link("预算", icon="wallet2"),
    "contract": Link("合同", icon="file-earmark-text"),
    "payment": Link("支付", icon="cash-stack"),
    "part": Link("结算明细", icon="receipt"),
    "proof": Link("活动、凭证", icon="camera"),
}


def account_tree(request: HttpRequest) -> HttpResponse:
    """The year with one path open; `at` names the row that is looked at."""
    actor = actor_of(request)
    if not can_trace(actor):
        raise Http404
    years = years_of(actor)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else (years or [clock.today().year])[0]
    at = request.GET.get("at", "")
    rows, trail = tree(actor, year, _path(at))
    current = trail[-1]
    if current.key != at:
        raise Http404
    opened = {node.key for node in trail}

    def url(key: str) -> str:
        return f"?{urlencode({'year': year, 'at': key})}#now"

    compared = [node for node in rows if node.same is not None]
    context = {
        "title": _("决算追溯 %(year)s 年") % {"year": year},
        "rows": [
            {"node": node, "url": url(node.key), "open": node.key in opened, "now": node is current,
             "up": url(node.key.rpartition("/")[0]), "leaf": node.step in ("proof", "other")}
            for node in rows
        ],
        "chain": [
            {"word": LINKS[step].word, "icon": LINKS[step].icon, "node": node, "url": url(node.key) if node else "",
             "on": node is current}
            for step, node in zip(STEPS, [*trail, *[None] * len(STEPS)], strict=False)
        ],
        "wrong": [node for node in compared if not node.same],
        "years": [{"year": each, "on": each == year} for each in years],
        "evidence": evidence(current, actor),
        "crumbs": [{"label": _("查账"), "url": reverse("trace:year")}, {"label": _("决算追溯"), "url": ""}],
    }  # fmt: skip
    return render(request, "audit/tracing/tree.html", context)


def _path(at: str) -> list[str]:
    """The keys of a path; 404 for what is none."""
    found = at.split("/") if at else []
    if len(found) >= len(STEPS):
        raise Http404
    return found


def evidence(node: Node, actor: Actor) -> dict[str, Any]:
    """What proves a row: title, facts, files, the last entry of its journal, what the platform checked by itself."""
    if node.thing is None:
        return {"title": node.label, "facts": [], "empty": True}
    shown = SHOWN.get(type(node.thing[0] if isinstance(node.thing, tuple) else node.thing))
    if shown is None:
        return {"title": node.label, "facts": [(_("凭据"), node.label, address_of(node.thing))]}
    return {"title": node.label, **shown(node.thing, actor)}


def _proved(thing: Any) -> dict[str, Any]:
    entries = journal.entries_for(thing, 1)
    return {"chip": thing.chip, "url": thing.get_absolute_url(), "entry": entries[0] if entries else None}


def _line(line: BudgetLine, actor: Actor) -> dict[str, Any]:
    return {
        **_proved(line),
        "facts": [
            (_("采购人"), line.buyer.name, ""),
            (_("来源"), line.get_source_display(), ""),
            (_("批复数"), line.approved_amount, ""),
            (_("流水"), _("逐笔看已支付"), reverse("trace:figure", args=[line.pk, "paid"])),
            (_("凭证"), _("逐笔看已认可"), f"{reverse('trace:vouchers')}?{urlencode({'line': line.pk, 'status': 'accepted'})}"),
        ],
    }  # fmt: skip


def _contract(pair: tuple[Contract, BudgetLine], actor: Actor) -> dict[str, Any]:
    contract, line = pair
    case = reverse("trace:case", args=[contract.award.lot.order.project_id])
    return {
        **_proved(contract),
        "facts": [
            (_("承接单位"), contract.provider.name, ""),
            (_("合同金额"), contract.amount, ""),
            (_("项目资金"), _("结算、支付和凭证"), f"{case}?{urlencode({'line': line.pk})}"),
        ],
    }


def _payment(split: PaymentSplit, actor: Actor) -> dict[str, Any]:
    payment = split.payment
    bills = [bill for bill in payment.settlement.invoices.select_related("document") if not bill.voided_at]
    return {
        **_proved(payment),
        "facts": [
            (_("国库凭证"), payment.voucher_number or "—", ""),
            (_("支付日期"), f"{payment.paid_on:%Y-%m-%d}" if payment.paid_on else "—", ""),
            (_("收款方"), payment.payee.get("name", ""), ""),
            (_("申请"), payment.requested_by_name, ""),
            (_("批准"), payment.approved_by_name, ""),
            (_("登记"), payment.recorded_by_name, ""),
            (_("全额"), payment.amount, ""),
            (_("结算"), payment.settlement.name, payment.settlement.get_absolute_url()),
            *[(_("发票"), f"{bill}", "") for bill in bills],
        ],
    }


def _part(part: SettlementLine, actor: Actor) -> dict[str, Any]:
    settlement = part.settlement
    group = [] if settlement.acceptance is None else list(settlement.acceptance.group.all())
    return {
        **_proved(settlement),
        "facts": [
            (_("合同数量"), f"{part.contracted_quantity} {part.line.unit}", ""),
            (_("核定数量"), f"{part.accepted_quantity} {part.line.unit}", ""),
            (_("单价"), part.unit_price, ""),
            *([(_("验收"), "、".join(each.name for each in group) or settlement.acceptance.accepted_by_name,
                settlement.acceptance.get_absolute_url())] if settlement.acceptance else []),
            (_("编制"), settlement.drawn_by_name, ""),
            (_("审核"), settlement.checked_by_name, ""),
            (_("承接单位确认"), settlement.confirmed_by_name or "—", ""),
        ],
    }  # fmt: skip


def _activity(activity: Activity, actor: Actor) -> dict[str, Any]:
    signed, _new = signed_in(activity)
    leads = leads_of(activity)
    checks = [{"kind": "warn", "title": lead.title, "note": f"{lead.detail}（{lead.rule}）"} for lead in leads]
    return {
        **_proved(activity),
        "photos": [
            {"url": reverse("activities:file", args=[activity.pk, each.document_id])}
            for each in activity.photos.all()[:6]
        ],
        "facts": [
            (_("时间"), f"{clock.local(activity.starts_at):%Y-%m-%d %H:%M}—{clock.local(activity.ends_at):%H:%M}", ""),
            (_("地点"), activity.place, ""),
            (_("到场"), _("%(n)s 人次，签到 %(signed)s") % {
                "n": sum(each.person_times for each in activity.counts.all()), "signed": signed}, ""),
            (_("记录"), f"{activity.recorded_by_name} {_when(activity.recorded_at)}", ""),
            (_("街道核实"), f"{activity.verified_by_name} {_when(activity.verified_at)}", ""),
        ],
        "checks": checks or [{"kind": "ok", "title": _("没有发现需要核实的地方"), "note": _("照片、人数、时间、手机号逐项比对")}],
    }  # fmt: skip


def _voucher(expense: Expense, actor: Actor) -> dict[str, Any]:
    return {
        **_proved(expense),
        "url": reverse("trace:voucher", args=[expense.pk]),
        "facts": [
            (_("收款方"), expense.payee, ""),
            (_("支付日期"), f"{expense.spent_on:%Y-%m-%d}", ""),
            (_("方式"), expense.get_method_display(), ""),
            (_("凭证"), f"{expense.get_voucher_kind_display()} {expense.invoice_number}", ""),
            (_("登记"), expense.entered_by_name, ""),
            (_("审核"), expense.judged_by_name or "—", ""),
        ],
        "files": [
            {"name": each.document.name, "url": reverse("expenses:file", args=[expense.pk, each.document_id]),
             "size": each.document.size, "sha256": each.document.sha256}
            for each in expense.files.select_related("document")
        ],
    }  # fmt: skip


def _when(moment: Any) -> str:
    return f"{clock.local(moment):%m-%d %H:%M}" if moment else "—"


SHOWN: Mapping[type, Callable[[Any, Actor], dict[str, Any]]] = {
    BudgetLine: _line,
    Contract: _contract,
    PaymentSplit: _payment,
    SettlementLine: _part,
    Activity: _activity,
    Expense: _voucher,
}
