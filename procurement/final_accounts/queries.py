"""Which final accounts exist for whom (决算可见范围), and what stands behind a row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from core.actor import Actor
from core.money import ZERO
from core.permissions import BUYER_ROLES, in_scope
from procurement.final_accounts.models import FinalAccount, FinalAccountRow
from procurement.payments.models import PaymentSplit
from procurement.payments.queries import visible_payments
from procurement.rules.queries import parameter


def visible_accounts(actor: Actor) -> QuerySet[FinalAccount]:
    """The buyer's own people see all of theirs, the district's finance what was approved; nobody else any. One query."""
    if not actor.has(*BUYER_ROLES, "district_finance"):
        return FinalAccount.objects.none()
    accounts = FinalAccount.objects.filter(in_scope(actor)).select_related("buyer", "notice")
    return accounts if actor.organization_kind == "buyer" else accounts.filter(status__in=("approved", "published"))


def tables(account: FinalAccount) -> list[dict[str, Any]]:
    """The frozen rows by dimension: [{"dimension", "label", "rows", "budgeted"}]. One query."""
    rows = list(account.rows.all())
    return [
        {
            "dimension": dimension,
            "label": label,
            "rows": [row for row in rows if row.dimension == dimension],
            "budgeted": dimension in {"line", "source"},
        }
        for dimension, label in FinalAccountRow.DIMENSIONS
    ]


def variance(row: FinalAccountRow) -> Decimal:
    """How far a line's 决算数 is from its adjusted budget, in percent of it; 100 for spending without any budget."""
    if not row.adjusted:
        return Decimal(100) if row.final else ZERO
    return abs(row.adjusted - row.final) * 100 / row.adjusted


def unexplained(account: FinalAccount) -> list[FinalAccountRow]:
    """Lines that are further from their budget than the dated rule allows and have no note."""
    most = Decimal(str(parameter("final_account.variance").value))
    rows = account.rows.filter(dimension="line")
    return [row for row in rows if row.adjusted is not None and variance(row) > most and not row.note]


def payments_behind(account: FinalAccount, row: FinalAccountRow, actor: Actor) -> list[PaymentSplit]:
    """The paid parts that make up a line's or source's 决算数, oldest first, those that this person may see. One query."""
    splits = PaymentSplit.objects.filter(
        payment__in=visible_payments(actor).filter(
            status="paid", paid_on__year=account.fiscal_year, buyer=account.buyer
        )
    )
    wanted = {
        "line": {"allocation__line": row.key},
        "source": {"allocation__line__source": row.key},
        "category": {"payment__settlement__contract__award__lot__order__project__item__category_name": row.key},
        "street": {"payment__settlement__contract__award__lot__order__project__region__name": row.key},
    }[row.dimension]
    return list(
        splits.filter(**wanted)
        .select_related("payment__settlement__contract__provider", "allocation__line")
        .order_by("payment__paid_on", "pk")
    )


def in_hand(actor: Actor, status: str) -> QuerySet[FinalAccount]:
    """The accounts of the actor's organization in one status."""
    return visible_accounts(actor).filter(status=status, buyer_id=actor.organization_id).order_by("fiscal_year")
