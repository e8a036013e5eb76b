"""What is read for the rules (风险取数): the whole database in a fixed number of questions, however much there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum

from audit.engagements.models import AuditFinding
from audit.risks.registry import THRESHOLDS
from audit.risks.shapes import About, Bill, Call, Deal, Due, Facts, Graded, Lapse, Offer, Record
from core import clock
from evaluation.assessments.models import Assessment
from procurement.activities.models import Activity, AttendanceCount
from procurement.awards.models import Award
from procurement.bids.models import Bid, BidOffer
from procurement.contracts.models import Contract
from procurement.expenses.models import Expense
from procurement.inspections.models import Inspection
from procurement.orders.models import Lot
from procurement.payments.models import Invoice, Payment
from procurement.projects.models import Funding
from procurement.rules.queries import values_of
from procurement.settlements.models import Settlement

UNPUBLISHED = ("draft", "checking", "approved", "cancelled")
OUT = {"disqualified", "nonresponsive", "unreadable"}
HIDDEN_EXPENSES = ("entered", "withdrawn", "rejected")
CASE = "award__lot__order__project_id"


def facts() -> Facts:
    """Everything at this moment; bids only where they were opened. Sixteen queries."""
    dated = {
        key: [(row.effective_from, Decimal(str(row.value))) for row in rows]
        for key, rows in values_of(THRESHOLDS).items()
    }
    return Facts(
        now=clock.local(clock.now()),
        thresholds={key: dated[key][-1][1] for key in THRESHOLDS},
        dated=dated,
        calls=tuple(_calls()),
        deals=tuple(_deals()),
        bills=tuple(_bills()),
        dues=tuple(_dues()),
        lapses=tuple(_lapses()),
        records=tuple(_records()),
        graded=tuple(_graded()),
    )


def about(
    kind: str,
    key: UUID,
    label: str,
    buyer: UUID,
    region_path: str,
    case: UUID | str,
    provider: Any = "",
    day: date | None = None,
) -> About:
    """What a flag is about."""
    return About(f"{kind}:{key}", label, str(buyer), region_path, str(case), str(provider), day)


def _offers() -> dict[UUID, list[tuple[UUID, Offer]]]:
    """The opened bids by lot: those with a letter."""
    amounts: dict[UUID, Decimal] = dict(
        BidOffer.objects.filter(bid__letter__gt="").order_by("round").values_list("bid_id", "amount")
    )
    found: dict[UUID, list[tuple[UUID, Offer]]] = defaultdict(list)
    for key, lot, who, name, at, status, rank in (
        Bid.objects.filter(letter__gt="")
        .order_by("letter")
        .values_list("pk", "lot_id", "organization_id", "organization__name", "submitted_at", "status", "result__rank")
    ):
        found[lot].append((key, Offer(str(who), name, amounts.get(key), at, status in OUT, rank)))
    return found


def _calls() -> Iterator[Call]:
    offers = _offers()
    won: dict[UUID, list[Any]] = {
        lot: rest
        for lot, *rest in Award.objects.filter(status__in=("published", "confirmed")).values_list(
            "lot_id", "bid__organization_id", "bid__organization__name", "amount", "reason", "published_at"
        )
    }
    lines: dict[UUID, UUID] = dict(Funding.objects.order_by("-amount").values_list("project_id", "line_id"))
    lots = Lot.objects.exclude(order__status__in=UNPUBLISHED).filter(order__published_at__isnull=False)
    for key, n, order, title, buyer, region, case, method, item, category, ceiling, published, deadline, track in lots.values_list(
        "pk", "n", "order_id", "order__title", "order__buyer_id", "order__region_path", "order__project_id",
        "order__method", "order__item__code", "order__item__category_name", "ceiling", "order__published_at",
        "order__bid_deadline", "order__track",
    ).order_by("order__published_at", "n").iterator():  # fmt: skip
        who, name, price, reason, at = won.get(key, ["", "", Decimal(0), "", None])
        if published is None:
            continue
        subject = f"{order}#{n}" if n > 1 else f"{order}"
        yield Call(
            About(f"procurement.order:{subject}", title, str(buyer), region, str(case), day=clock.local(published).date()), method, item, category, ceiling,
            published, deadline, str(lines.get(case, "")), tuple(offer for _key, offer in offers.get(key, ())),
            str(who), name, price, reason, at, track,
        )  # fmt: skip


def _deals() -> Iterator[Deal]:
    people: dict[UUID, int] = dict(
        AttendanceCount.objects.filter(activity__status="counted")
        .order_by()
        .values_list("activity__contract_id")
        .annotate(Sum("person_times"))
    )
    shares: dict[UUID, dict[str, Decimal]] = defaultdict(dict)
    for contract, cost_class, amount in (
        Expense.objects.exclude(status__in=HIDDEN_EXPENSES)
        .order_by()
        .values_list("contract_id", "cost_class")
        .annotate(Sum("amount"))
    ):
        shares[contract][cost_class] = amount
    rows = Contract.objects.filter(signed_at__isnull=False).values_list(
        "pk", "title", "buyer_id", "region_path", CASE, "provider_id", "award__lot__order__item__code", "amount",
        "original_amount", "supplement_amount", "signed_at", "award__standstill_ends_at", "notice__published_at",
        "announce_due_at", "file_due_at", "filed_on", "terms", "clauses",
    )  # fmt: skip
    for (
        key,
        title,
        buyer,
        region,
        case,
        provider,
        item,
        amount,
        original,
        more,
        signed,
        awarded,
        told,
        tell_by,
        file_by,
        filed,
        terms,
        clauses,
    ) in rows.iterator():
        words = "\n".join([terms, *(f"{each.get('text', '')}" for each in clauses)])
        yield Deal(
            about("procurement.contract", key, title, buyer, region, case, provider, clock.local(signed).date()), item, amount, original or amount,
            more, signed, awarded, told, tell_by, file_by, filed, words, people.get(key, 0), shares.get(key, {}),
        )  # fmt: skip


def _bills() -> Iterator[Bill]:
    for key, title, buyer, region, case, provider, contract, code, number, amount, day, seller, method, usage, own in (
        Expense.objects.exclude(status__in=HIDDEN_EXPENSES).values_list(
            "pk", "payee", "buyer_id", "region_path", f"contract__{CASE}", "provider_id", "contract_id", "invoice_code",
            "invoice_number", "amount", "spent_on", "payee", "method", "usage", "provider__name",
        )
    ).iterator():  # fmt: skip
        yield Bill(
            about("procurement.expense", key, f"支出 {title} {amount:,.2f} 元", buyer, region, case, provider), str(contract),
            code, number, amount, day, seller, method, usage, own,
        )  # fmt: skip
    for key, buyer, region, case, provider, contract, code, number, amount, day, seller in Invoice.objects.filter(
        voided_at__isnull=True
    ).values_list(
        "settlement_id", "settlement__buyer_id", "settlement__region_path", f"settlement__contract__{CASE}",
        "settlement__contract__provider_id", "settlement__contract_id", "code", "number", "amount", "issued_on", "seller_name",
    ):  # fmt: skip
        yield Bill(
            about("procurement.settlement", key, f"结算发票 {number}", buyer, region, case, provider), str(contract), code,
            number, amount, day, seller,
        )  # fmt: skip


def _dues() -> Iterator[Due]:
    paid = dict(Payment.objects.filter(status="paid").values_list("settlement_id", "paid_on"))
    rows = Settlement.objects.filter(due_at__isnull=False, payable_amount__gt=0, status__in=("approved", "paid"))
    for key, number, title, buyer, region, case, provider, amount, due in rows.values_list(
        "pk", "number", "contract__title", "buyer_id", "region_path", f"contract__{CASE}", "contract__provider_id",
        "payable_amount", "due_at",
    ).iterator():  # fmt: skip
        label = f"{title} {number or ''}".strip()
        yield Due(
            about("procurement.settlement", key, label, buyer, region, case, provider, clock.local(due).date()),
            amount,
            clock.local(due),
            paid.get(key),
        )


def _lapses() -> Iterator[Lapse]:
    rows = AuditFinding.objects.filter(status="open").values_list(
        "pk", "title", "buyer_id", "region_path", f"engagement__contract__{CASE}", "engagement__provider_id", "due_on"
    )
    for key, title, buyer, region, case, provider, due in rows:
        yield Lapse(about("audit.finding", key, title, buyer, region, case, provider), clock.end_of_day(due))
    visits = Inspection.objects.filter(status="noticed", due_at__isnull=False).values_list(
        "pk", "topic", "buyer_id", "region_path", f"contract__{CASE}", "provider_id", "due_at"
    )
    for key, title, buyer, region, case, provider, at in visits:
        yield Lapse(about("procurement.inspection", key, title, buyer, region, case, provider), at)


def _records() -> Iterator[Record]:
    rows = Activity.objects.filter(recorded_at__isnull=False).values_list(
        "pk", "title", "buyer_id", "region_path", f"contract__{CASE}", "provider_id", "ends_at", "recorded_at"
    )
    for key, title, buyer, region, case, provider, held, recorded in rows.iterator():
        yield Record(about("procurement.activity", key, title, buyer, region, case, provider), held, recorded)


def _graded() -> Iterator[Graded]:
    rows = Assessment.objects.filter(finalized_at__isnull=False, total_centi__isnull=False).order_by("finalized_at")
    for key, title, buyer, region, case, provider, evaluator, name, at, centi in rows.values_list(
        "pk", "contract__title", "buyer_id", "region_path", f"contract__{CASE}", "contract__provider_id", "evaluator_id",
        "evaluator__name", "finalized_at", "total_centi",
    ):  # fmt: skip
        yield Graded(
            about("evaluation.assessment", key, title, buyer, region, case, provider), str(evaluator), name,
            clock.local(at).year, Decimal(centi) / 100,
        )  # fmt: skip
