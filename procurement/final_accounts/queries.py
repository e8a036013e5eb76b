"""Which final accounts exist for whom (决算可见范围), and what stands behind a row."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from core import clock
from core.actor import Actor
from core.money import ZERO
from core.permissions import BUYER_ROLES, in_scope
from core.rooms import address_of
from procurement.budgets.models import LedgerEntry
from procurement.final_accounts.models import OTHER, FinalAccount, FinalAccountRow
from procurement.grants.queries import case_counted
from procurement.payments.models import Payment
from procurement.payments.queries import visible_payments
from procurement.projects.models import Project
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
            "budgeted": dimension in FinalAccountRow.BUDGETED,
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


@dataclass(frozen=True)
class Movement:
    """One movement behind a figure: signed yuan, and the payment it came by where this person may open it.

    A grant's came by no payment of a settlement: it leads to the grant.
    """

    entry: LedgerEntry
    amount: Decimal
    payment: Payment | None

    @property
    def url(self) -> str:
        """The page of what it came by, "" where this person may not open it."""
        if self.payment is not None:
            return self.payment.get_absolute_url()
        by_payment = self.entry.reference.startswith(f"{Payment.journal_name}:")
        return "" if by_payment else address_of(self.entry.reference)


def movements_behind(account: FinalAccount, row: FinalAccountRow, actor: Actor) -> list[Movement]:
    """The ledger's payments and refunds that make up a row's 决算数, by booking day; they add up to it. Three queries.

    raises nothing for what came after the account was drawn: the page says the sum of what it lists
    """
    entries = LedgerEntry.objects.filter(
        allocation__line__buyer=account.buyer_id, kind__in=("pay", "refund"), booked_on__year=account.fiscal_year
    )
    if row.dimension in FinalAccountRow.BUDGETED:
        name = {"line": "pk", "source": "source", "function": "function_class", "economic": "economic_class"}
        key = "" if row.key == OTHER else row.key
        entries = entries.filter(**{f"allocation__line__{name[row.dimension]}": key})
    else:
        of_street = Q(region__name=row.key) | Q(region__level="community", region__parent__name=row.key)
        of_category = Q(item__category_name=row.key)
        projects = Project.objects.filter(buyer=account.buyer_id)
        mine = Q(counted__in=_cases(projects.filter(of_street if row.dimension == "street" else of_category)))
        if row.key == OTHER:
            mine |= ~Q(counted__in=_cases(projects))
        entries = entries.annotate(counted=case_counted()).filter(mine)
    found = list(entries.select_related("allocation__line").order_by("booked_on", "at", "n"))
    keys = {each.reference.partition(":")[2] for each in found if each.reference.startswith(f"{Payment.journal_name}:")}
    payments = {
        each.journal_key: each
        for each in visible_payments(actor).filter(pk__in=keys).select_related("settlement__contract__provider")
    }
    return [
        Movement(each, each.amount if each.kind == "pay" else -each.amount, payments.get(each.reference))
        for each in found
    ]


def _cases(projects: QuerySet[Project]) -> list[str]:
    return [str(key) for key in projects.values_list("pk", flat=True)]


def in_hand(actor: Actor, status: str) -> QuerySet[FinalAccount]:
    """The accounts of the actor's organization in one status; a draft waits for nobody before its year is over."""
    found = visible_accounts(actor).filter(status=status, buyer_id=actor.organization_id)
    return (found.filter(fiscal_year__lt=clock.today().year) if status == "draft" else found).order_by("fiscal_year")
