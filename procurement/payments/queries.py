"""Which payments exist for whom (支付可见范围), and what of each allocation a contract has used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Sum

from accounts.organizations.models import Organization
from core import clock
from core.actor import Actor
from core.money import ZERO
from core.paging import capped_counts
from core.permissions import in_scope
from procurement.budgets.models import LedgerEntry
from procurement.contracts.models import Contract
from procurement.notices.models import Notice
from procurement.payments.models import Invoice, Payment, PaymentSplit
from procurement.settlements.models import Settlement
from procurement.settlements.queries import visible_settlements

ENDED = ("returned", "bounced")
"""A payment that came to nothing: its settlement may be asked for again."""


def visible_payments(actor: Actor) -> QuerySet[Payment]:
    """What this person may know of: the buyer's people and oversight in scope; the provider once it is paid. One query."""
    payments = Payment.objects.select_related(
        "buyer", "settlement__milestone", "settlement__contract__provider", "settlement__contract__award__lot__order"
    )
    if actor.organization_kind == "provider":
        return payments.filter(settlement__contract__provider_id=actor.organization_id, status__in=["paid", "bounced"])
    if actor.has("region_officer"):
        return payments.none()
    return payments.filter(in_scope(actor))


def to_request(actor: Actor) -> QuerySet[Settlement]:
    """Approved settlements with something to pay, an invoice, and no standing payment (待申请支付)."""
    invoiced = Invoice.objects.filter(settlement=OuterRef("pk"), voided_at__isnull=True)
    standing = Payment.objects.filter(settlement=OuterRef("pk")).exclude(status__in=ENDED)
    return (
        visible_settlements(actor)
        .filter(
            ~Exists(standing),
            Exists(invoiced),
            status="approved",
            payable_amount__gt=ZERO,
            buyer_id=actor.organization_id,
        )
        .order_by("due_at")
    )


def to_invoice(actor: Actor) -> QuerySet[Settlement]:
    """Approved settlements of the provider that want an invoice (待交发票)."""
    standing = Invoice.objects.filter(settlement=OuterRef("pk"), voided_at__isnull=True)
    return (
        visible_settlements(actor)
        .filter(~Exists(standing), status="approved", payable_amount__gt=ZERO)
        .filter(contract__provider_id=actor.organization_id)
        .order_by("due_at")
    )


def to_conclude(actor: Actor) -> QuerySet[Settlement]:
    """Approved settlements with nothing to pay: a refund due, or zero (待办结)."""
    return visible_settlements(actor).filter(
        status="approved", payable_amount__lte=ZERO, buyer_id=actor.organization_id
    )


@dataclass(frozen=True)
class Overdue:
    """What a buyer still owed at the end of a year though its term was over (逾期未支付款项): contracts, yuan."""

    year: int
    contracts: int
    amount: Decimal


def overdue_of(buyer_id: UUID, year: int) -> Overdue:
    """Settlements due within the year or before and not paid by its last day; what was paid since still counts. One query.

    source  保障中小企业款项支付条例第十八条: 上一年度逾期尚未支付款项的合同数量、金额
    """
    unpaid, paid_late = (each.values_list("contract", "payable_amount") for each in _owed(buyer_id, year))
    rows = list(unpaid.union(paid_late, all=True))
    return Overdue(
        year, len({contract for contract, _amount in rows}), sum((amount for _contract, amount in rows), ZERO)
    )


def _owed(buyer_id: UUID, year: int) -> tuple[QuerySet[Settlement], QuerySet[Settlement]]:
    """What was due at the end of the year and is not paid today, and what was paid since: late, and so marked."""
    last = date(year, 12, 31)
    due = Settlement.objects.filter(buyer_id=buyer_id, due_at__lte=clock.end_of_day(last), payable_amount__gt=ZERO)
    late = Payment.objects.filter(buyer_id=buyer_id, status="paid", late_days__gt=0, paid_on__gt=last)
    return due.filter(status="approved"), due.filter(status="paid", pk__in=late.values("settlement"))


def overdue_notice(buyer_id: UUID, year: int) -> Notice | None:
    """The notice that told of a year's overdue payments, if it is out."""
    return Notice.objects.filter(buyer_id=buyer_id, kind="overdue", subject=f"overdue:{buyer_id}:{year}").first()


def to_publish_overdue(actor: Actor) -> QuerySet[Organization]:
    """The actor's own organization, while last year's overdue payments are not published (待公布); nothing else."""
    year = clock.today().year - 1
    if actor.organization_id is None or not any(capped_counts(_owed(actor.organization_id, year), 1)):
        return Organization.objects.none()
    if overdue_notice(actor.organization_id, year):
        return Organization.objects.none()
    return Organization.objects.filter(pk=actor.organization_id)


def committed_of(contract: Contract, allocation: UUID) -> Decimal:
    """What of an allocation the contract still binds, in yuan: bound less released, as the ledger has it."""
    entries = LedgerEntry.objects.filter(reference=contract.journal_key, allocation=allocation).order_by()
    sums: dict[str, Decimal] = dict(entries.values_list("kind").annotate(total=Sum("amount")))
    return sums.get("contract", ZERO) - sums.get("release_contract", ZERO)


def used_of(contract: Contract) -> dict[UUID, Decimal]:
    """What the contract has paid of each allocation, refunds taken off, in yuan by the allocation's key."""
    paid = PaymentSplit.objects.filter(payment__settlement__contract=contract, payment__status="paid")
    used = {
        row["allocation"]: row["total"] for row in paid.order_by().values("allocation").annotate(total=Sum("amount"))
    }
    keys = [each.journal_key for each in Settlement.objects.filter(contract=contract)]
    refunds = LedgerEntry.objects.filter(reference__in=keys, kind="refund")
    for row in refunds.order_by().values("allocation").annotate(total=Sum("amount")):
        used[row["allocation"]] = used.get(row["allocation"], ZERO) - row["total"]
    return used
