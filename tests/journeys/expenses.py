"""Ways to expenses in each state, by operations from a signed contract on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from core.actor import Actor
from core.documents import Document, store
from procurement.contracts.models import Contract
from procurement.expenses.models import Expense
from procurement.expenses.operations import accept_expense, enter_expense, submit_expense
from tests.cast import Cast
from tests.journeys.activities import picture

_numbers = count(26530000000000000001)


def voucher(actor: Actor, n: int = 1) -> Document:
    """A stored photograph of a voucher."""
    return store(picture(n), name=f"发票{n}.jpg", actor=actor, purpose="expense")


def entered_expense(cast: Cast, contract: Contract, amount: str = "1200.00", **fields: Any) -> Expense:
    """An expense on the first line, paid today, with an invoice of its own and one voucher."""
    actor = cast.actor(fields.pop("login", "provider1"))
    given: dict[str, Any] = {
        "line": contract.lines.get(n=fields.pop("n", 1)),
        "allocation": contract.fundings.order_by("pk")[0].allocation,
        "usage": "materials",
        "spent_on": date(2026, 9, 1),
        "payee": "昆明文具店",
        "invoice_number": str(next(_numbers)),
        "papers": [voucher(actor)],
    }
    return enter_expense(contract, actor=actor, amount=Decimal(amount), **(given | fields))


def submitted_expense(cast: Cast, contract: Contract, amount: str = "1200.00", **fields: Any) -> Expense:
    """Handed in."""
    return submit_expense(entered_expense(cast, contract, amount, **fields), actor=cast.actor("provider1"))


def accepted_expense(cast: Cast, contract: Contract, amount: str = "1200.00", **fields: Any) -> Expense:
    """Accepted by finance."""
    return accept_expense(submitted_expense(cast, contract, amount, **fields), actor=cast.actor("finance"))
