"""What a stranger may see: every published field is named here, and nothing else reaches a public template.

Sealed bids do not exist for these queries: no name, no count, no sum (interface.md 1.11).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.organizations.models import Organization
from catalog.items.models import Edition, Item
from core import clock
from core.money import ZERO
from core.reports import ReportJob
from procurement.awards.models import Award
from procurement.bids.models import Bid
from procurement.budgets.models import Allocation, BudgetLine
from procurement.contracts.models import Contract
from procurement.final_accounts.models import FinalAccount
from procurement.notices.models import Notice
from procurement.orders.models import Order
from procurement.payments.models import Payment

HIDDEN_ORDERS = ("draft", "checking", "approved")


@dataclass(frozen=True)
class PublicBid:
    """One bid after its opening: who, how much, what became of it (开启记录)."""

    letter: str
    organization: str
    amount: Decimal | None
    status_label: str
    status_kind: str
    is_awarded: bool


@dataclass(frozen=True)
class MoneyState:
    """Where the year's approved money stands, in yuan; the four parts sum to `approved`."""

    year: int
    approved: Decimal
    paid: Decimal
    contracted: Decimal
    planned: Decimal
    free: Decimal

    def share(self, amount: Decimal) -> float:
        """A part in percent of the whole."""
        return float(amount / self.approved * 100) if self.approved else 0.0

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The four parts for the bar and its legend."""
        named = (
            ("已支付", self.paid, "a"),
            ("已签合同，未到付款节点", self.contracted, "b"),
            ("已安排，征集或评审中", self.planned, "c"),
            ("尚未安排", self.free, "d"),
        )
        return [
            {"label": label, "amount": amount, "share": self.share(amount), "css": css} for label, amount, css in named
        ]


def published_orders() -> QuerySet[Order]:
    """Orders that were published, newest first, with what their cards show."""
    return (
        Order.objects.exclude(status__in=HIDDEN_ORDERS)
        .filter(number__isnull=False)
        .select_related("item", "buyer", "project__region")
        .order_by("-published_at")
    )


def open_orders() -> QuerySet[Order]:
    """Orders that take bids now, the nearest deadline first."""
    return published_orders().filter(status="published", bid_deadline__gt=clock.now()).order_by("bid_deadline")


def order_by_number(number: str) -> Order:
    """A published order with all that its page shows. raises  Http404"""
    order = (
        published_orders()
        .prefetch_related("lots", "criteria", "qualification_rules", "standards", "milestone_plans", "files__document")
        .filter(number=number)
        .first()
    )
    if order is None:
        raise Http404
    return order


def opened_bids(order: Order) -> list[PublicBid]:
    """The bids of an order once they were opened; [] before. Scores stay with the bidders."""
    if order.status in {"published", "closed"}:
        return []
    bids = (
        Bid.objects.filter(lot__order=order, letter__gt="")
        .select_related("organization")
        .prefetch_related("offers")
        .order_by("letter")
    )
    return [_public_bid(bid) for bid in bids]


def _public_bid(bid: Bid) -> PublicBid:
    offers = list(bid.offers.all())
    decided = bid.status in {"awarded", "unsuccessful", "disqualified", "nonresponsive", "unreadable"}
    chip = bid.lifecycle.statuses[bid.status] if decided else bid.lifecycle.statuses["opened"]
    return PublicBid(
        letter=bid.letter,
        organization=bid.organization.name,
        amount=offers[-1].amount if offers else None,
        status_label=chip.label,
        status_kind=chip.kind,
        is_awarded=bid.status == "awarded",
    )


def notices() -> QuerySet[Notice]:
    """All published notices, newest first."""
    return Notice.objects.select_related("buyer").order_by("-published_at")


def notice_by_number(number: str) -> Notice:
    """One notice with what it replaces and what replaced it. raises  Http404"""
    notice = Notice.objects.select_related("buyer", "replaces", "document").filter(number=number).first()
    if notice is None:
        raise Http404
    return notice


def issued_paper(digest: str) -> str:
    """What a file of this SHA-256 is, in words, if the platform issued it; "" otherwise.

    Whoever has the digest of a file has the file: the kind and the day are told, nothing of its content.
    """
    job = ReportJob.objects.filter(document__sha256=digest, state=ReportJob.DONE).order_by("finished_at").first()
    if job is not None and job.finished_at is not None:
        return f"{job.label}，{clock.local(job.finished_at):%Y-%m-%d} 生成"
    contract = Contract.objects.filter(digest=digest).first()
    if contract is not None:
        state = "双方已签订" if contract.signed_at else "待签订"
        return f"合同文本，{state}"
    return ""


def notices_of_case(notice: Notice) -> QuerySet[Notice]:
    """The other notices of the same case."""
    return Notice.objects.filter(case=notice.case).exclude(pk=notice.pk).order_by("published_at")


def current_editions() -> QuerySet[Edition]:
    """The editions in force, one a buyer."""
    return Edition.objects.filter(status="published").select_related("buyer").order_by("buyer__created_at")


def items_in_force() -> QuerySet[Item]:
    """The items of the editions in force."""
    return Item.objects.filter(edition__status="published").select_related("edition__buyer").order_by("code")


def item_in_force(code: str, edition: str) -> Item:
    """One item of a published (or superseded) edition. raises  Http404"""
    item = (
        Item.objects.exclude(edition__status="draft")
        .select_related("edition__buyer", "procurement_category")
        .prefetch_related("standards")
        .filter(code=code, edition_id=edition)
        .first()
    )
    if item is None:
        raise Http404
    return item


def providers() -> QuerySet[Organization]:
    """Verified social organizations with the number of their signed contracts."""
    signed = Q(contracts__signed_at__isnull=False)
    return (
        Organization.objects.filter(kind="provider", status="verified")
        .select_related("region", "incubated_by")
        .annotate(contract_count=Count("contracts", filter=signed, distinct=True))
        .order_by("name")
    )


def signed_contracts() -> QuerySet[Contract]:
    """Contracts in force or done: parties, amount, days."""
    return (
        Contract.objects.filter(signed_at__isnull=False)
        .select_related("buyer", "provider", "award__lot__order")
        .order_by("-signed_at")
    )


def recorded_payments() -> QuerySet[Payment]:
    """Payments with their voucher, newest first."""
    return (
        Payment.objects.filter(status="paid")
        .select_related("settlement__contract__provider", "buyer")
        .order_by("-paid_on", "-created_at")
    )


def published_accounts() -> QuerySet[FinalAccount]:
    """Final accounts that are out, latest year first, with buyer and notice."""
    return (
        FinalAccount.objects.filter(status="published")
        .select_related("buyer", "notice")
        .order_by("-fiscal_year", "buyer__name")
    )


def account_by_number(number: str) -> FinalAccount:
    """A published account by the number of its notice. raises  Http404"""
    return get_object_or_404(published_accounts(), notice__number=number)


def money_state(year: int) -> MoneyState:
    """The year's fiscal and donated money over all buyers: two sums, no row."""
    approved = BudgetLine.objects.filter(fiscal_year=year, status__in=["approved", "closed"])
    total = approved.aggregate(approved=Sum("approved_amount"), planned=Sum("planned_amount"))
    spent = Allocation.objects.filter(line__in=approved).aggregate(
        contracted=Sum("contracted_amount"), paid=Sum("paid_amount")
    )
    whole, planned = total["approved"] or ZERO, total["planned"] or ZERO
    contracted, paid = spent["contracted"] or ZERO, spent["paid"] or ZERO
    return MoneyState(year, whole, paid, contracted - paid, planned - contracted, whole - planned)


def figures() -> dict[str, Any]:
    """The four live figures of the home page."""
    return {
        "items": items_in_force().count(),
        "editions": current_editions().count(),
        "orders": published_orders().count(),
        "providers": Organization.objects.filter(kind="provider", status="verified").count(),
        "awards": Award.objects.filter(status="confirmed").count(),
        "contracts": Contract.objects.filter(signed_at__isnull=False).count(),
        "paid": Payment.objects.filter(status="paid").count(),
    }


def paid_by_month(year: int) -> list[tuple[int, Decimal]]:
    """Yuan paid in each month of the year: all twelve, zero where nothing was paid."""
    rows = (
        Payment.objects.filter(status="paid", paid_on__year=year).values_list("paid_on__month").annotate(Sum("amount"))
    )
    found = dict(rows)
    return [(month, found.get(month) or ZERO) for month in range(1, 13)]


def spent_by_category(year: int) -> list[tuple[str, Decimal, Decimal]]:
    """(category, contracted, paid) in yuan, of contracts signed in the year."""
    rows = (
        Contract.objects.filter(signed_at__year=year)
        .values_list("award__lot__order__item__category_name")
        .annotate(contracted=Sum("amount"))
        .order_by("-contracted")
    )
    paid = dict(
        Payment.objects.filter(status="paid", paid_on__year=year)
        .values_list("settlement__contract__award__lot__order__item__category_name")
        .annotate(Sum("amount"))
    )
    return [(name, contracted or ZERO, paid.get(name) or ZERO) for name, contracted in rows]


def this_year() -> int:
    """The Shanghai year."""
    return clock.today().year
