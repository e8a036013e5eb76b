"""What an audit starts from, read from the rooms below: a fixed number of queries, whatever was delivered."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.engagements.models import ProgrammeItem
from audit.engagements.programme import CaseFacts, Change, Line, Settled, Standard, Stone, Usage
from core import clock
from core.documents import Document
from core.money import ZERO
from procurement.acceptances.models import Acceptance, AcceptanceFile, AcceptanceLine, StandardResult
from procurement.acceptances.queries import JUDGED
from procurement.activities.queries import delivered
from procurement.amendments.models import Amendment
from procurement.contracts.models import Contract
from procurement.expenses.models import Expense, ExpenseFile
from procurement.expenses.queries import ledger_of
from procurement.inspections.models import InspectionFile
from procurement.inspections.queries import inspection_summary
from procurement.opinions.queries import opinion_of
from procurement.payments.models import Invoice, Payment
from procurement.settlements.models import Settlement

OFFERED = 60
"""How many documents of the platform one working paper offers at most."""


def facts_of(contract: Contract) -> CaseFacts:
    """Everything that the programme of a contract is made from."""
    done, looked, said, money = (
        delivered(contract),
        inspection_summary(contract),
        opinion_of(contract),
        ledger_of(contract),
    )
    judged = list(Acceptance.objects.filter(contract=contract, status__in=JUDGED).order_by("milestone__n"))
    latest = judged[-1] if judged else None
    met = dict(StandardResult.objects.filter(acceptance=latest).values_list("standard", "is_met")) if latest else {}
    counted = (
        dict(AcceptanceLine.objects.filter(acceptance=latest).values_list("line", "accepted_quantity"))
        if latest
        else {}
    )
    by_milestone = {each.milestone_id: each for each in judged}
    return CaseFacts(
        contract=contract.get_absolute_url(),
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        announced_on=_day(contract.notice.published_at) if contract.notice else None,
        announce_due=_day(contract.announce_due_at),
        filed_on=contract.filed_on,
        file_due=_day(contract.file_due_at),
        sessions=done.sessions,
        person_times=done.person_times,
        inspections=looked.held,
        rectified=looked.rectified,
        still_open=looked.open,
        asked=said.asked,
        satisfied=said.satisfied,
        paid=money.paid,
        accepted=money.accepted,
        standards=[
            Standard(each.name, each.target, each.evidence, met.get(each.pk)) for each in contract.standards.all()
        ],
        lines=[
            Line(each.name, each.unit, each.quantity, done.units.get(each.n, 0), counted.get(each.pk) or 0, each.amount)
            for each in contract.lines.all()
        ],
        stones=[
            Stone(each.name, each.due_on, *_accepted(by_milestone.get(each.pk))) for each in contract.milestones.all()
        ],
        changes=[
            Change(each.n, each.difference, _day(each.effective_at), each.get_absolute_url(), each.journal_key)
            for each in Amendment.objects.filter(contract=contract, effective_at__isnull=False).order_by("n")
        ],
        settled=_settled(contract),
        usages=_usages(contract),
    )


def _accepted(acceptance: Acceptance | None) -> tuple[date | None, str, str]:
    if acceptance is None:
        return None, "", ""
    return _day(acceptance.accepted_at), acceptance.get_absolute_url(), acceptance.journal_key


def _settled(contract: Contract) -> list[Settled]:
    rows = Settlement.objects.filter(contract=contract).exclude(status="returned").select_related("milestone")
    paid: dict[object, Payment] = {
        each.settlement_id: each for each in Payment.objects.filter(settlement__contract=contract, status="paid")
    }
    found = []
    for each in rows.order_by("created_at"):
        payment = paid.get(each.pk)
        found.append(
            Settled(
                name=each.name,
                payable=each.payable_amount,
                paid=payment.amount if payment else ZERO,
                voucher=payment.voucher_number if payment else "",
                paid_on=payment.paid_on if payment else None,
                address=each.get_absolute_url(),
                subject=each.journal_key,
            )
        )
    return found


def _usages(contract: Contract) -> list[Usage]:
    labels = dict(Expense.USAGES)
    rows: list[tuple[str, int, Decimal]] = list(
        Expense.objects.filter(contract=contract, status="accepted")
        .order_by()
        .values_list("usage")
        .annotate(Count("pk"), Sum("amount"))
    )
    order = list(labels)
    return [
        Usage(
            labels[usage], count, total,
            f"{reverse('expenses:list')}?{urlencode({'q': contract.number or contract.title, 'usage': usage})}",
        )
        for usage, count, total in sorted(rows, key=lambda row: order.index(row[0]))
    ]  # fmt: skip


def platform_documents(item: ProgrammeItem) -> list[tuple[Document, str]]:
    """The documents that the platform already keeps about an item: (document, whose it is), at most OFFERED.

    An item of one record offers that record's papers, one of a scope those of the whole contract in that scope.
    """
    contract = item.engagement.contract
    kind, _colon, key = item.subject.partition(":")
    found: list[tuple[Document, str]] = []
    if contract.document is not None and item.origin in {"formalities", "standard", "line", "amendment", "account"}:
        found.append((contract.document, _("合同")))
    if item.scope == "funds":
        mine = Q(expense__pk=key) if kind == Expense.journal_name else Q(expense__contract=contract)
        if kind != Settlement.journal_name:
            papers = ExpenseFile.objects.filter(mine, expense__submitted_at__isnull=False)
            found += [
                (each.document, str(each.expense))
                for each in papers.select_related("document", "expense").order_by("-expense__amount", "pk")[:OFFERED]
            ]
        bills = Invoice.objects.filter(settlement__contract=contract, voided_at__isnull=True)
        if kind in {Settlement.journal_name, ""}:
            bills = bills.filter(settlement__pk=key) if key else bills
            found += [(each.document, _("发票 %(n)s") % {"n": each}) for each in bills.select_related("document")]
    elif item.origin == "inspections":
        rows = InspectionFile.objects.filter(parent__contract=contract).select_related("document", "parent")
        found += [(each.document, str(each.parent)) for each in rows[:OFFERED]]
    elif item.scope == "tasks":
        papers_ = AcceptanceFile.objects.filter(acceptance__contract=contract)
        if kind == Acceptance.journal_name:
            papers_ = papers_.filter(acceptance__pk=key)
        found += [(each.document, _("验收资料")) for each in papers_.select_related("document")[:OFFERED]]
    return found[:OFFERED]


def _day(moment: datetime | None) -> date | None:
    return clock.local(moment).date() if moment else None
