"""Pages of the payments (支付): list, object, asking; what they show on settlements, contracts and projects."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, duties, sections
from core.actor import Actor
from core.duties import Duty
from core.money import ZERO, capitals
from core.pages import room_urls
from core.permissions import BUYER_ROLES
from core.rooms import Column, Figure, Room, View, register
from core.sections import rows_for_card
from procurement.contracts.models import Contract
from procurement.payments import boards
from procurement.payments.models import Payment
from procurement.payments.operations import lateness
from procurement.payments.queries import (
    ENDED,
    to_conclude,
    to_invoice,
    to_publish_overdue,
    to_request,
    visible_payments,
)
from procurement.permissions.payments import can_enter_invoice, can_request_payment
from procurement.projects.models import Project
from procurement.settlements.models import Settlement


class PaymentFilter(django_filters.FilterSet):
    """Search by contract, number, voucher or provider; status; day of payment."""

    q = django_filters.CharFilter(label="合同、文号、凭证号、承接单位", method="search")
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in Payment.lifecycle.statuses.items()]
    )
    paid_on = django_filters.DateFromToRangeFilter(label="支付日期")

    def search(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        """Contract, number, voucher or provider."""
        found = rows.none()
        names = ("number", "voucher_number", "settlement__contract__title", "settlement__contract__provider__name")
        for field in names:
            found |= rows.filter(**{f"{field}__icontains": value})
        return found


def _figures(payment: Payment, actor: Actor) -> list[Figure]:
    found = [Figure(_("支付金额"), payment.amount, unit=_("元"), detail=capitals(payment.amount), kind="hero")]
    due = payment.settlement.due_at
    if payment.status in {"paid", "bounced"} and payment.paid_on:
        found.append(Figure(_("支付日期"), f"{payment.paid_on:%m-%d}", detail=str(payment.paid_on.year)))
        found.append(Figure(_("凭证号"), payment.voucher_number, detail=payment.bounce_voucher))
        days, owed = payment.late_days, payment.late_interest
    else:
        if due:
            found.append(Figure(_("付款期限"), f"{clock.local(due):%m-%d}", detail=_("验收后 30 日")))
        days, owed = lateness(payment, clock.today())
    if days:
        detail = _("逾期 %(n)s 天，另行支付") % {"n": days}
        found.append(Figure(_("逾期利息"), owed, unit=_("元"), detail=detail, kind="hot"))
    return found


def _context(payment: Payment, actor: Actor) -> dict[str, Any]:
    notes: list[dict[str, Any]] = []
    if payment.status == "bounced":
        text = _("退票凭证 %(voucher)s，%(day)s。资金已冲回，请核对收款账号后重新申请。")
        given = {"voucher": payment.bounce_voucher, "day": payment.bounced_on}
        link = {"label": _("看结算"), "url": payment.settlement.get_absolute_url()}
        notes.append({"kind": "warn", "title": _("银行退票"), "text": text % given, "link": link})
    return {"notes": notes}


def overdue(rows: QuerySet[Payment], actor: Actor) -> QuerySet[Payment]:
    """Asked for, not paid, and past its day; or paid too late."""
    waiting = Q(status__in=("requested", "approved"), settlement__due_at__lt=clock.now())
    return rows.filter(waiting | Q(status="paid", late_days__gt=0))


PAYMENTS = register(
    Room(
        slug="payments",
        label="支付",
        model=Payment,
        visible=visible_payments,
        title=lambda p: f"支付：{p.settlement.contract.title}",
        lookup="number",
        icon="cash-coin",
        filterset=PaymentFilter,
        columns=(
            Column(
                "title",
                "支付",
                lambda p: (p.settlement.contract.title, p.number or ""),
                "title",
                "settlement__contract__title",
            ),
            Column("payee", "收款单位", lambda p: p.payee.get("name", "")),
            Column("amount", "金额", lambda p: p.amount, "money", "amount"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("voucher", "凭证号", lambda p: p.voucher_number, sort="voucher_number"),
            Column("paid_on", "支付日期", lambda p: p.paid_on, "date", "paid_on"),
            Column(
                "due",
                "付款期限",
                lambda p: p.settlement.due_at if p.status != "paid" else None,
                "due",
                "settlement__due_at",
            ),
        ),
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("待批准", "requested", lambda rows, actor: rows.filter(status="requested")),
            View("待支付", "approved", lambda rows, actor: rows.filter(status="approved")),
            View("逾期", "late", overdue),
            View("已支付", "paid", lambda rows, actor: rows.filter(status="paid")),
        ),
        figures=_figures,
        context=_context,
        subtitle=lambda p: [p.settlement.name, p.payee.get("name", "")],
        sum_field="amount",
        reads=(
            "number",
            "payee",
            "amount",
            "status",
            "voucher_number",
            "paid_on",
            "settlement__kind",
            "settlement__due_at",
            "settlement__milestone__name",
            "settlement__contract__title",
        ),
        fields=(
            *("id", "settlement"),
            *("number", "amount", "status", "voucher_number", "paid_on", "late_days", "late_interest"),
        ),
        empty=("还没有支付", "结算批准以后，财务在这里申请支付。"),
    )
)


def payee_facts(payment: Payment) -> list[dict[str, Any]]:
    """Who gets it, as it stood in the signed contract."""
    contract = payment.settlement.contract
    return [
        {"label": _("收款单位"), "value": payment.payee.get("name", ""), "sub": payment.payee.get("uscc", "")},
        {"label": _("开户银行"), "value": payment.payee.get("bank_name", "")},
        {
            "label": _("账号"),
            "value": boards.masked(payment.payee.get("bank_account", "")),
            "sub": _("取自双方签订的合同"),
        },
        {"label": _("结算"), "value": payment.settlement.number, "url": payment.settlement.get_absolute_url()},
        {"label": _("合同"), "value": contract.number, "url": contract.get_absolute_url()},
    ]


def _payee_section(payment: Payment, actor: Actor) -> dict[str, Any]:
    return {"facts": payee_facts(payment)}


def _hands_section(payment: Payment, actor: Actor) -> dict[str, Any]:
    """Three hands (经办、批准、出纳), never the same person."""
    hands = (
        (_("申请"), payment.requested_by_name),
        (_("批准"), payment.approved_by_name),
        (_("登记凭证"), payment.recorded_by_name),
    )
    return {
        "checks": [{"kind": "ok" if name else "wait", "title": word, "note": name or _("待办")} for word, name in hands]
    }


def _splits_section(payment: Payment, actor: Actor) -> dict[str, Any] | None:
    if not actor.has(*BUYER_ROLES, "district_finance"):
        return None
    splits = list(payment.splits.select_related("allocation__line").order_by("pk"))
    return {"splits": splits, "payment": payment} if splits else None


def _invoice_section(settlement: Settlement, actor: Actor) -> dict[str, Any] | None:
    """The invoice with its paper, and who is to hand one in."""
    if settlement.status not in {"approved", "paid"} or settlement.payable_amount <= ZERO:
        return None
    invoice = settlement.invoices.filter(voided_at__isnull=True).select_related("document").first()
    enters = settlement.status == "approved" and can_enter_invoice(actor, settlement)
    asked = settlement.payments.exclude(status__in=ENDED).exists()
    if invoice is None:
        return {"settlement": settlement, "invoice": None, "enters": enters}
    file = {
        "name": invoice.document.name,
        "url": reverse("settlements:file", args=[settlement.pk, invoice.document_id]),
        "size": invoice.document.size,
        "sha256": invoice.document.sha256,
    }
    return {"settlement": settlement, "invoice": invoice, "files": [file], "enters": enters and not asked}


def _settlement_section(settlement: Settlement, actor: Actor) -> dict[str, Any] | None:
    rows = list(visible_payments(actor).filter(settlement=settlement).order_by("created_at"))
    asks = to_request(actor).filter(pk=settlement.pk) if can_request_payment(actor) else []
    return {"payments": rows, "asks": list(asks)} if rows or asks else None


CARD = (
    *("number", "status", "amount", "voucher_number", "paid_on", "requested_by_name"),
    *("settlement__kind", "settlement__milestone__name"),
)


def _contract_section(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    mine = visible_payments(actor).filter(settlement__contract=contract)
    rows = rows_for_card(mine.order_by("created_at"), *CARD)
    return {"payments": rows, "asks": []} if rows else None


def _project_section(project: Project, actor: Actor) -> dict[str, Any] | None:
    path_to = {"settlement__contract__award__lot__order__project": project}
    rows = rows_for_card(visible_payments(actor).filter(**path_to).order_by("created_at"), *CARD)
    return {"payments": rows, "asks": []} if rows else None


OWN, FOLDER = "procurement.payment", "procurement/payments"
sections.register(OWN, title="收款方", template=f"{FOLDER}/payee.html", context=_payee_section, order=10)
sections.register(OWN, title="按资金来源拆分", template=f"{FOLDER}/splits.html", context=_splits_section, order=20)
sections.register(OWN, title="三人分办", template=f"{FOLDER}/hands.html", context=_hands_section, slot="side", order=10)
sections.register(
    "procurement.settlement",
    title="发票",
    template=f"{FOLDER}/invoiced.html",
    context=_invoice_section,
    slot="side",
    order=30,
)
sections.register(
    "procurement.settlement", title="支付", template=f"{FOLDER}/rows.html", context=_settlement_section, order=30
)
sections.register(
    "procurement.contract", title="支付", template=f"{FOLDER}/rows.html", context=_contract_section, order=50
)
sections.register(
    "procurement.project", title="支付", template=f"{FOLDER}/rows.html", context=_project_section, order=90
)


def _waiting(status: str) -> Any:
    return lambda actor: (
        visible_payments(actor).filter(status=status, buyer_id=actor.organization_id).order_by("settlement__due_at")
    )


duties.register(
    Duty(
        name="payment.invoice",
        roles=("provider_admin", "provider_worker"),
        queryset=to_invoice,
        title=lambda settlement: settlement.contract.title,
        button="交发票",
        note=lambda settlement: _("%(name)s已批准，交发票后付款") % {"name": settlement.name},
        deadline=lambda settlement: settlement.due_at,
        amount=lambda settlement: settlement.payable_amount,
        url=lambda settlement: reverse("payments:invoice", args=[settlement.pk]),
        source=duties.source(Settlement, provider="contract__provider", status="approved"),
    )
)
duties.register(
    Duty(
        name="payment.request",
        roles=("finance_officer",),
        queryset=to_request,
        title=lambda settlement: settlement.contract.title,
        button="申请支付",
        note=lambda settlement: _("%(name)s已批准") % {"name": settlement.name},
        deadline=lambda settlement: settlement.due_at,
        amount=lambda settlement: settlement.payable_amount,
        url=lambda settlement: reverse("payments:request", args=[settlement.pk]),
        source=duties.source(Settlement, buyer="buyer", status="approved"),
    )
)
duties.register(
    Duty(
        name="payment.approve",
        roles=("leader",),
        queryset=_waiting("requested"),
        title=lambda payment: payment.settlement.contract.title,
        button="批准支付",
        verb="approve",
        note=lambda payment: _("%(name)s申请") % {"name": payment.requested_by_name},
        deadline=lambda payment: payment.settlement.due_at,
        amount=lambda payment: payment.amount,
        source=duties.source(Payment, buyer="buyer", status="requested"),
    )
)
duties.register(
    Duty(
        name="payment.record",
        roles=("cashier",),
        queryset=_waiting("approved"),
        title=lambda payment: payment.settlement.contract.title,
        button="登记支付凭证",
        verb="record",
        note=lambda payment: payment.number or "",
        deadline=lambda payment: payment.settlement.due_at,
        amount=lambda payment: payment.amount,
        source=duties.source(Payment, buyer="buyer", status="approved"),
    )
)
duties.register(
    Duty(
        name="settlement.conclude",
        roles=("cashier",),
        queryset=to_conclude,
        title=lambda settlement: settlement.contract.title,
        button="办结",
        verb="conclude",
        note=lambda settlement: _("应退款，到账后登记凭证") if settlement.payable_amount < ZERO else _("没有应付金额"),
        amount=lambda settlement: settlement.payable_amount,
        source=duties.source(Settlement, buyer="buyer", status="approved", payable_amount__lte=ZERO),
    )
)
duties.register(
    Duty(
        name="payment.overdue",
        roles=("finance_officer",),
        queryset=to_publish_overdue,
        title=lambda buyer: _("%(year)s 年度逾期未付款项") % {"year": clock.today().year - 1},
        button="公布",
        note=lambda buyer: _("每年 3 月 31 日前公布上一年度逾期未付的合同数和金额"),
        deadline=lambda buyer: clock.end_of_day(date(clock.today().year, 3, 31)),
        url=lambda buyer: reverse("payments:overdue"),
    )
)


urlpatterns = [*boards.urlpatterns, *room_urls(PAYMENTS)]
