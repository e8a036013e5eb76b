"""Verbs of a grant (补助支出): set aside, bound, paid, returned, announced: the same chain and ledger as a purchase's money.

Who receives one and why is decided above, in evaluation.incentives; what belongs to books and public square happens here
(decisions/0030-incentives.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core.actor import Actor
from core.aggregates import Journaled
from core.errors import Invalid
from core.money import ZERO
from procurement.budgets.models import Allocation, BudgetLine
from procurement.budgets.operations import (
    commit_funds,
    pay_funds,
    plan_funds,
    refund_funds,
    release_commitment,
    release_plan,
)
from procurement.budgets.years import booking_day
from procurement.notices.models import Notice
from procurement.notices.operations import publish_notice

NOTICES = ("incentive", "incentive_paid", "incentive_void")
"""Kinds of notice that a grant may publish: publicity, result, and what takes a publicity back."""


@transaction.atomic
def reserve_grants(line: BudgetLine, amount: Decimal, *, of: Journaled, label: str, actor: Actor) -> Allocation:
    """Set a year's grants aside on a budget line (安排补助资金): planned ≤ approved.

    amount  yuan, above 0;  of: the scheme that gives them: its key is the case of the allocation
    raises  Invalid · NotNow · Conflict, as `plan_funds`
    writes  one ledger entry "plan"
    """
    return plan_funds(line, amount, case_key=str(of.pk), reference=of.journal_key, label=label, actor=actor)


@transaction.atomic
def bind_grant(allocation: Allocation, amount: Decimal, *, of: Journaled, label: str, actor: Actor) -> Allocation:
    """Bind what was decided for one grant (占用): contracted ≤ planned, so the grants never pass their total.

    raises  Invalid · Conflict, as `commit_funds`. writes  one ledger entry "contract"
    """
    return commit_funds(allocation, amount, reference=of.journal_key, label=label, actor=actor)


@transaction.atomic
def loosen_grant(allocation: Allocation, amount: Decimal, *, of: Journaled, label: str, actor: Actor) -> Allocation:
    """Loosen what a grant that came to nothing had bound (释放占用). writes  one ledger entry "release_contract" """
    return release_commitment(allocation, amount, reference=of.journal_key, label=label, actor=actor)


@transaction.atomic
def pay_grant(
    allocation: Allocation, amount: Decimal, *, of: Journaled, label: str, actor: Actor, paid_on: date
) -> date:
    """Note the treasury's payment of a grant (支付): paid ≤ contracted.

    paid_on  the treasury's day;  returns  the day it is booked: that day, or today once its year is closed
    raises   Invalid · Conflict. writes  one ledger entry "pay"
    """
    booked = booking_day(allocation.line.buyer_id, paid_on)
    pay_funds(allocation, amount, reference=of.journal_key, label=label, actor=actor, on=booked)
    return booked


@transaction.atomic
def return_grant(
    allocation: Allocation, amount: Decimal, *, of: Journaled, label: str, actor: Actor, on: date
) -> Allocation:
    """Note a grant that the bank gave back (退票); it stays bound and may be paid again. writes  an entry "refund" """
    booked = booking_day(allocation.line.buyer_id, on)
    return refund_funds(allocation, amount, reference=of.journal_key, label=label, actor=actor, on=booked)


@transaction.atomic
def release_grants(allocation: Allocation, *, of: Journaled, label: str, actor: Actor) -> Decimal:
    """Give back to its line what no grant took (退回安排). returns  how much, in yuan. writes  one ledger entry, if any"""
    stored = Allocation.objects.select_for_update().get(pk=allocation.pk)
    rest = stored.planned_amount - stored.contracted_amount
    if rest > ZERO:
        release_plan(stored, rest, reference=of.journal_key, label=label, actor=actor)
    return rest


@transaction.atomic
def announce_grant(
    kind: str,
    *,
    of: Journaled,
    buyer: Organization,
    region_path: str,
    title: str,
    body: str,
    facts: Mapping[str, Any],
    actor: Actor,
    ends_at: datetime | None = None,
    replaces: Notice | None = None,
) -> Notice:
    """Publish a grant (公示、公告). kind: one of NOTICES; ends_at: aware, end of the publicity.

    raises  Invalid · Conflict. writes  one notice with its number and digest
    """
    if kind not in NOTICES:
        raise Invalid(_("没有「%(kind)s」这一类公告。") % {"kind": kind})
    return publish_notice(
        kind=kind, title=title, body=body, facts=facts, subject=of, case=of.case_key, ocid="", buyer=buyer,
        region_path=region_path, actor=actor, ends_at=ends_at, replaces=replaces,
    )  # fmt: skip
