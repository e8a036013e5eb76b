"""Who may do what with expenses (支出) of a contract's special account (专账)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.contracts.models import Contract
    from procurement.expenses.models import Expense

PROVIDER_ROLES = ("provider_worker", "provider_admin")


def can_enter_expense(actor: Actor, contract: Contract | None = None) -> bool:
    """The provider's workers and its head, for a contract of theirs (登记支出)."""
    return actor.has(*PROVIDER_ROLES) and (contract is None or actor.belongs_to(contract.provider_id))


def can_keep_expense(actor: Actor, expense: Expense) -> bool:
    """The same people, for an expense of theirs: change, hand in, answer, withdraw."""
    return actor.works_for(expense.provider_id, *PROVIDER_ROLES)


def can_judge_expense(actor: Actor, expense: Expense) -> bool:
    """The buyer's finance officer: accept, question, reject (财务审核)."""
    return actor.works_for(expense.buyer_id, "finance_officer")


def can_judge_expenses(actor: Actor, contract: Contract) -> bool:
    """The buyer's finance officer, for all of a contract."""
    return actor.works_for(contract.buyer_id, "finance_officer")


def can_read_ledger(actor: Actor, contract: Contract) -> bool:
    """Both sides' people and the district's finance; a street or community has no business in vouchers."""
    return (
        actor.belongs_to(contract.buyer_id)
        or actor.belongs_to(contract.provider_id)
        or (
            actor.has("district_finance")
            and bool(actor.region_path)
            and contract.region_path.startswith(actor.region_path)
        )
    )
