"""Which expenses exist for whom (支出可见范围), and the special account of a contract (专账)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from core import clock
from core.actor import Actor
from core.money import ZERO
from core.permissions import BUYER_ROLES, in_scope
from procurement.bids.models import BidLine
from procurement.budgets.models import LedgerEntry
from procurement.contracts.models import Contract, ContractFunding, ContractLine
from procurement.contracts.queries import visible_contracts
from procurement.expenses.models import Expense
from procurement.permissions.expenses import PROVIDER_ROLES
from procurement.projects.models import CostLine

# Activities and expenses are entered while the contract is delivered, and expenses still after the last acceptance.
SPENDING = ("performing", "rectifying", "completed")
# What may still become an expense, or is one: it uses up lines and caps.
STANDING = ("entered", "submitted", "questioned", "accepted")
CLASSES = dict(CostLine.CLASSES)
SOURCES = {"fiscal": "财政资金", "donation": "捐赠资金"}


class CostOption(NamedTuple):
    """A priced line with its class: what an expense may be spent on."""

    line: ContractLine
    cost_class: str


@dataclass(frozen=True)
class Share:
    """One source or one allocation of a special account, in yuan: unspent + accepted = paid."""

    label: str
    purpose: str = ""
    funded: Decimal = ZERO
    paid: Decimal = ZERO
    accepted: Decimal = ZERO

    @property
    def unspent(self) -> Decimal:
        """What was paid and is not accounted for; below zero where the provider has laid out its own money."""
        return self.paid - self.accepted


@dataclass(frozen=True)
class ClassRow:
    """One class of cost, in yuan: what the priced lines allow, what was accepted, what waits."""

    label: str
    budget: Decimal = ZERO
    accepted: Decimal = ZERO
    waiting: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        """What may still be spent of it."""
        return self.budget - self.accepted - self.waiting


@dataclass(frozen=True)
class Ledger:
    """The special account of one contract (专账), in yuan.

    paid        what the treasury paid for it, refunds taken off
    accepted    expenses that the buyer's finance accepted;  submitted, questioned: those that wait
    by_class    keyed as CostLine.CLASSES;  by_source: "fiscal" | "donation";  by_allocation: by the allocation's key
    unspent     paid − accepted: what must be returned in the end (结余)
    """

    paid: Decimal = ZERO
    accepted: Decimal = ZERO
    submitted: Decimal = ZERO
    questioned: Decimal = ZERO
    entered: Decimal = ZERO
    by_class: dict[str, ClassRow] = field(default_factory=dict)
    by_source: dict[str, Share] = field(default_factory=dict)
    by_allocation: dict[UUID, Share] = field(default_factory=dict)

    @property
    def unspent(self) -> Decimal:
        """paid − accepted (house.md 4b.14)."""
        return self.paid - self.accepted


class Movement(NamedTuple):
    """One line of the running account (流水): money in above zero, money out below; balance in yuan after it."""

    on: date
    label: str
    source: str
    amount: Decimal
    balance: Decimal
    expense: UUID | None = None


def visible_expenses(actor: Actor) -> QuerySet[Expense]:
    """What this person may know of. One query.

    The provider's people see their own; the buyer's people and the district's finance what was ever handed in.
    """
    expenses = Expense.objects.select_related(
        "contract__award", "provider", "buyer", "line", "budget_line", "contract__provider"
    )
    if actor.organization_kind == "provider":
        return expenses.filter(provider_id=actor.organization_id) if actor.has(*PROVIDER_ROLES) else expenses.none()
    if not actor.has(*BUYER_ROLES, "district_finance"):
        return expenses.none()
    return expenses.filter(in_scope(actor), submitted_at__isnull=False)


def open_contracts(actor: Actor) -> QuerySet[Contract]:
    """The provider's contracts under which expenses may be entered."""
    return visible_contracts(actor).filter(provider_id=actor.organization_id, status__in=SPENDING).order_by("title")


def contracts_to_submit(actor: Actor) -> QuerySet[Contract]:
    """The provider's contracts with entered expenses that were not handed in; each with `waiting` and `waiting_sum`."""
    entered = Expense.objects.filter(provider_id=actor.organization_id, status="entered")
    return _waiting(open_contracts(actor), entered)


def contracts_to_judge(actor: Actor) -> QuerySet[Contract]:
    """The buyer's contracts with expenses that wait for finance (待审核); each with `waiting` and `waiting_sum`."""
    submitted = Expense.objects.filter(buyer_id=actor.organization_id, status="submitted")
    return _waiting(visible_contracts(actor).filter(buyer_id=actor.organization_id), submitted)


def _waiting(contracts: QuerySet[Contract], expenses: QuerySet[Expense]) -> QuerySet[Contract]:
    """The contracts that have such expenses, driven from the expenses: they are few, the contracts many."""
    expenses = expenses.order_by()
    mine = expenses.filter(contract=OuterRef("pk")).values("contract")
    return (
        contracts.filter(pk__in=expenses.values("contract"))
        .annotate(
            waiting=Subquery(mine.annotate(n=Count("pk")).values("n")),
            waiting_sum=Subquery(mine.annotate(sum=Sum("amount")).values("sum")),
        )
        .order_by("title", "pk")
    )


def to_answer(actor: Actor) -> QuerySet[Expense]:
    """The provider's expenses that finance asked about (待说明)."""
    return visible_expenses(actor).filter(status="questioned", provider_id=actor.organization_id).order_by("judged_at")


def cost_options(contract: Contract) -> list[CostOption]:
    """The contract's lines with the class that the bid named for each. Two queries."""
    classes = dict(BidLine.objects.filter(bid=contract.award.bid_id).values_list("n", "cost_class"))
    return [CostOption(line, classes.get(line.n, "activity")) for line in contract.lines.all()]


# The payments room is a later one; what it knows is handed down to here when the app starts (procurement/apps.py).
References = Callable[[Contract], Iterable[str]]
_references: list[References] = []


def hand_down_payments(references: References) -> None:
    """Say which vouchers in the budget's ledger are a contract's: references(contract) gives their journal keys."""
    _references[:] = [references]


def money_in(contract: Contract) -> QuerySet[LedgerEntry]:
    """The treasury's payments for a contract and what came back of them, as the budget's ledger has them."""
    keys = [key for references in _references for key in references(contract)]
    return LedgerEntry.objects.filter(reference__in=keys, kind__in=("pay", "refund"))


def ledger_of(contract: Contract) -> Ledger:
    """The special account of a contract (专账).

    returns  sums over stored rows: the order in which they were entered never matters; unspent + accepted = paid
    queries  six, whatever the number of expenses and payments
    source   house.md 4b.14; 《政府购买服务管理办法》: 专款专用
    """
    fundings = list(ContractFunding.objects.filter(contract=contract).select_related("allocation__line").order_by("pk"))
    paid: dict[UUID, Decimal] = {}
    for key, kind, total in money_in(contract).order_by().values_list("allocation", "kind").annotate(Sum("amount")):
        paid[key] = paid.get(key, ZERO) + (total if kind == "pay" else -total)
    accepted: dict[UUID, Decimal] = {}
    states = dict.fromkeys(STANDING, ZERO)
    budget: dict[str, Decimal] = {}
    for option in cost_options(contract):
        budget[option.cost_class] = budget.get(option.cost_class, ZERO) + option.line.amount
    done, waiting = dict.fromkeys(CLASSES, ZERO), dict.fromkeys(CLASSES, ZERO)
    standing = Expense.objects.filter(contract=contract, status__in=STANDING).order_by()
    for allocation, cost_class, status, total in standing.values_list("allocation", "cost_class", "status").annotate(
        Sum("amount")
    ):
        states[status] += total
        if status == "accepted":
            accepted[allocation] = accepted.get(allocation, ZERO) + total
            done[cost_class] = done.get(cost_class, ZERO) + total
        elif status != "entered":
            waiting[cost_class] = waiting.get(cost_class, ZERO) + total
    by_allocation = {
        each.allocation_id: Share(
            label=each.allocation.line.name,
            purpose=each.allocation.line.purpose,
            funded=each.amount,
            paid=paid.get(each.allocation_id, ZERO),
            accepted=accepted.get(each.allocation_id, ZERO),
        )
        for each in fundings
    }
    donated = {each.allocation_id for each in fundings if each.allocation.line.source == "donation"}
    by_source = {}
    for source, label in SOURCES.items():
        parts = [part for key, part in by_allocation.items() if (key in donated) == (source == "donation")]
        if parts:
            by_source[source] = Share(
                label=label,
                funded=sum((part.funded for part in parts), ZERO),
                paid=sum((part.paid for part in parts), ZERO),
                accepted=sum((part.accepted for part in parts), ZERO),
            )
    return Ledger(
        paid=sum(paid.values(), ZERO),
        accepted=states["accepted"],
        submitted=states["submitted"],
        questioned=states["questioned"],
        entered=states["entered"],
        by_class={
            name: ClassRow(label, budget.get(name, ZERO), done[name], waiting[name])
            for name, label in CLASSES.items()
            if budget.get(name) or done[name] or waiting[name]
        },
        by_source=by_source,
        by_allocation=by_allocation,
    )


def sums_of(contract: Contract) -> Ledger:
    """The sums of a special account and no more: what a card shows of it. Two queries."""
    moved = money_in(contract).order_by().values_list("kind").annotate(Sum("amount"))
    standing = Expense.objects.filter(contract=contract, status__in=STANDING).order_by()
    # Both kinds of rows carry an amount under a word, and no word of one is one of the other.
    states = dict(standing.values_list("status").annotate(Sum("amount")).union(moved, all=True))
    return Ledger(
        paid=states.get("pay", ZERO) - states.get("refund", ZERO),
        accepted=states.get("accepted", ZERO),
        submitted=states.get("submitted", ZERO),
        questioned=states.get("questioned", ZERO),
        entered=states.get("entered", ZERO),
    )


def movements(contract: Contract) -> list[Movement]:
    """The running account (台账流水), oldest first: what was paid, what was accepted, the balance after each. Two queries."""
    rows: list[tuple[date, int, str, str, str, Decimal, UUID | None]] = []
    entries = money_in(contract).values_list(
        "at", "n", "pk", "kind", "amount", "reference_label", "allocation__line__source"
    )
    for at, n, key, kind, amount, label, source in entries:
        signed = amount if kind == "pay" else -amount
        rows.append((clock.local(at).date(), 0, f"{n:09d}{key}", label, _source(source), signed, None))
    accepted = Expense.objects.filter(contract=contract, status="accepted").values_list(
        "spent_on", "pk", "payee", "line__name", "amount", "budget_line__source"
    )
    for day, key, payee, line, amount, source in accepted:
        rows.append((day, 1, str(key), f"{line} · {payee}", _source(source), -amount, key))
    found, balance = [], ZERO
    for day, _rank, _key, label, source, amount, expense in sorted(rows, key=lambda row: row[:3]):
        balance += amount
        found.append(Movement(day, label, SOURCES[source], amount, balance, expense))
    return found


def _source(stored: str) -> str:
    return "donation" if stored == "donation" else "fiscal"
