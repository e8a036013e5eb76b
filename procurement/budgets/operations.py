"""Verbs of the budget (预算): lines are asked for and approved; money is planned, committed, paid, and given back.

Every movement of money is one conditional UPDATE, so two people cannot take the same yuan, and one LedgerEntry. The
database's CHECKs hold the same chain (planned ≤ approved, contracted ≤ planned, paid ≤ contracted) whatever the code does.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.money import ZERO, exact, money_value
from procurement.budgets.models import Allocation, BudgetLine, LedgerEntry
from procurement.budgets.queries import claims_on
from procurement.budgets.years import require_open_year


@transaction.atomic
def request_line(
    buyer: Organization,
    *,
    actor: Actor,
    fiscal_year: int,
    code: str,
    name: str,
    function_class: str,
    economic_class: str,
    requested_amount: Decimal,
    source: str = "fiscal",
    purpose: str = "",
) -> BudgetLine:
    """Ask for a line of a year's budget (申请预算线).

    requested_amount  yuan, above 0;  source: fiscal | donation | entrusted | transfer; a donation names its purpose
    returns  the line, requested
    raises   NotAllowed · NotNow (the year is closed) · Invalid (amount, year, missing purpose, a code that is taken)
    writes   the row, one journal entry "create"
    source   预算法第十三条：先有预算，后有支出
    """
    if not actor.works_for(buyer.pk, "finance_officer"):
        raise NotAllowed(_("预算由本单位财务申请。"))
    amount = _positive(requested_amount, "requested_amount")
    if not 2000 <= fiscal_year <= 2100:
        raise Invalid(_("年度请填四位年份，例如 2026。"), field="fiscal_year")
    require_open_year(buyer.pk, fiscal_year)
    if source == "donation" and not purpose.strip():
        raise Invalid(_("捐赠资金要写明限定用途。"), field="purpose")
    if BudgetLine.objects.filter(buyer=buyer, fiscal_year=fiscal_year, code=code).exists():
        raise Invalid(
            _("%(year)s 年已有编号「%(code)s」的预算线。") % {"year": fiscal_year, "code": code}, field="code"
        )
    line = BudgetLine(
        buyer=buyer,
        region_path=buyer.region.path,
        fiscal_year=fiscal_year,
        code=code,
        name=name,
        function_class=function_class,
        economic_class=economic_class,
        source=source,
        purpose=purpose,
        requested_amount=amount,
        requested_by_key=actor.user_key,
        requested_by_name=actor.user_name,
    )
    return begin(
        line, actor=actor, facts={"fiscal_year": fiscal_year, "code": code, "amount": str(amount), "source": source}
    )


@transaction.atomic
def approve_line(line: BudgetLine, *, actor: Actor, approved_amount: Decimal | None = None) -> BudgetLine:
    """Approve a line (批复), by another person than who asked.

    approved_amount  yuan, above 0; what was asked for, by default
    raises  NotAllowed · NotNow (its year is closed, too) · Invalid · Conflict
    writes  status, approved_amount, one journal entry
    """
    require(line, "approve", actor)
    require_open_year(line.buyer_id, line.fiscal_year)
    amount = _positive(line.requested_amount if approved_amount is None else approved_amount, "approved_amount")
    return advance(
        line, "approve", actor=actor, facts={"approved": str(amount)}, approved_amount=amount, original_amount=amount
    )


@transaction.atomic
def refuse_line(line: BudgetLine, *, actor: Actor, reason: str) -> BudgetLine:
    """Refuse a line, with the reason (不予批复)."""
    return advance(line, "refuse", actor=actor, reason=reason)


@transaction.atomic
def adjust_line(line: BudgetLine, *, actor: Actor, approved_amount: Decimal, reason: str) -> BudgetLine:
    """Change what a line has (调整预算); never below what is planned already.

    raises  NotAllowed · NotNow (its year is closed, too) · Invalid (below the planned sum, whose claims are named) · Conflict
    writes  approved_amount, one journal entry with both figures
    """
    require(line, "adjust", actor)
    require_open_year(line.buyer_id, line.fiscal_year)
    amount = _positive(approved_amount, "approved_amount")
    stored = BudgetLine.objects.select_for_update().get(pk=line.pk)
    if amount < stored.planned_amount:
        raise Invalid(
            _("调整后的 %(new)s 元少于已安排的 %(planned)s 元（%(claims)s）。请先退回安排，再调整。")
            % {"new": _text(amount), "planned": _text(stored.planned_amount), "claims": _claims(stored)},
            field="approved_amount",
        )
    facts = {"before": str(stored.approved_amount), "after": str(amount)}
    return advance(line, "adjust", actor=actor, reason=reason, facts=facts, approved_amount=amount)


@transaction.atomic
def close_line(line: BudgetLine, *, actor: Actor, reason: str) -> BudgetLine:
    """Close a line (关闭): nothing new is planned from it; what is planned goes on to its end."""
    return advance(line, "close", actor=actor, reason=reason)


@transaction.atomic
def plan_funds(
    line: BudgetLine, amount: Decimal, *, case_key: str, reference: str, label: str, actor: Actor
) -> Allocation:
    """Set money of a line aside for a case (安排资金).

    amount     yuan, above 0;  case_key: the project's key
    reference  journal key of what asks ("procurement.project:UUID");  label: its name, as the ledger shows it
    returns    the case's allocation of this line
    raises     NotNow (line not approved) · Invalid (the line has not enough; the other claims are named) ·
               Conflict (it had enough when it was read; somebody was faster)
    writes     BudgetLine.planned_amount, Allocation.planned_amount, one LedgerEntry "plan"
    source     财预〔2017〕87号：先有预算、后购买服务
    """
    value = _positive(amount)
    room = Q(approved_amount__gte=F("planned_amount") + money_value(value))
    taken = BudgetLine.objects.filter(room, pk=line.pk, status="approved").update(
        planned_amount=F("planned_amount") + money_value(value)
    )
    if not taken:
        _refuse_plan(line, value, case_key)
    allocation, _made = Allocation.objects.get_or_create(
        line_id=line.pk, case=case_key, defaults={"planned_amount": ZERO}
    )
    Allocation.objects.filter(pk=allocation.pk).update(planned_amount=F("planned_amount") + money_value(value))
    line.refresh_from_db(fields=["planned_amount"])
    return _write(allocation, "plan", value, reference=reference, label=label, actor=actor)


@transaction.atomic
def release_plan(allocation: Allocation, amount: Decimal, *, reference: str, label: str, actor: Actor) -> Allocation:
    """Give planned money back to its line (退回安排); what is under contract stays.

    raises  Invalid · Conflict
    writes  BudgetLine.planned_amount, Allocation.planned_amount, one LedgerEntry "release_plan"
    """
    value = _positive(amount)
    # The line first, as plan_funds does: two people who take the same two rows in two orders would wait for each other.
    BudgetLine.objects.filter(pk=allocation.line_id, planned_amount__gte=money_value(value)).update(
        planned_amount=F("planned_amount") - money_value(value)
    )
    free = Q(planned_amount__gte=F("contracted_amount") + money_value(value))
    _move(
        allocation,
        free,
        {"planned_amount": F("planned_amount") - money_value(value)},
        value,
        had=allocation.planned_amount - allocation.contracted_amount,
        words=_("退回安排"),
        of=_("未签约的安排"),
    )
    return _write(allocation, "release_plan", value, reference=reference, label=label, actor=actor)


@transaction.atomic
def commit_funds(allocation: Allocation, amount: Decimal, *, reference: str, label: str, actor: Actor) -> Allocation:
    """Bind planned money to a contract (签约占用): contracted ≤ planned.

    reference  journal key of the contract
    raises     Invalid (more than is left) · Conflict (somebody was faster)
    writes     Allocation.contracted_amount, one LedgerEntry "contract"
    """
    value = _positive(amount)
    _move(
        allocation,
        Q(planned_amount__gte=F("contracted_amount") + money_value(value)),
        {"contracted_amount": F("contracted_amount") + money_value(value)},
        value,
        had=allocation.planned_amount - allocation.contracted_amount,
        words=_("签约占用"),
        of=_("未签约的安排"),
    )
    return _write(allocation, "contract", value, reference=reference, label=label, actor=actor)


@transaction.atomic
def release_commitment(
    allocation: Allocation, amount: Decimal, *, reference: str, label: str, actor: Actor
) -> Allocation:
    """Loosen what a contract will not use (释放占用); what is paid stays.

    raises  Invalid · Conflict
    writes  Allocation.contracted_amount, one LedgerEntry "release_contract"
    """
    value = _positive(amount)
    _move(
        allocation,
        Q(contracted_amount__gte=F("paid_amount") + money_value(value)),
        {"contracted_amount": F("contracted_amount") - money_value(value)},
        value,
        had=allocation.contracted_amount - allocation.paid_amount,
        words=_("释放占用"),
        of=_("已签约未支付的数"),
    )
    return _write(allocation, "release_contract", value, reference=reference, label=label, actor=actor)


@transaction.atomic
def pay_funds(
    allocation: Allocation, amount: Decimal, *, reference: str, label: str, actor: Actor, on: date | None = None
) -> Allocation:
    """Note a payment by the treasury (支付): paid ≤ contracted.

    reference  journal key of the payment;  on: the day it is booked, from `years.booking_day`; today by default
    raises     Invalid · Conflict
    writes     Allocation.paid_amount, one LedgerEntry "pay"
    """
    value = _positive(amount)
    _move(
        allocation,
        Q(contracted_amount__gte=F("paid_amount") + money_value(value)),
        {"paid_amount": F("paid_amount") + money_value(value)},
        value,
        had=allocation.contracted_amount - allocation.paid_amount,
        words=_("支付"),
        of=_("已签约未支付的数"),
    )
    return _write(allocation, "pay", value, reference=reference, label=label, actor=actor, on=on)


@transaction.atomic
def refund_funds(
    allocation: Allocation, amount: Decimal, *, reference: str, label: str, actor: Actor, on: date | None = None
) -> Allocation:
    """Note money that came back (退款); it may be paid again or released. on: as in `pay_funds`

    raises  Invalid · Conflict
    writes  Allocation.paid_amount, one LedgerEntry "refund"
    """
    value = _positive(amount)
    _move(
        allocation,
        Q(paid_amount__gte=money_value(value)),
        {"paid_amount": F("paid_amount") - money_value(value)},
        value,
        had=allocation.paid_amount,
        words=_("退款"),
        of=_("已支付的数"),
    )
    return _write(allocation, "refund", value, reference=reference, label=label, actor=actor, on=on)


def _move(
    allocation: Allocation,
    room: Q,
    change: dict[str, Any],
    value: Decimal,
    *,
    had: Decimal,
    words: str,
    of: str,
) -> None:
    """The conditional UPDATE; had: what was free when the caller read the row, which tells a race from a mistake."""
    try:
        if Allocation.objects.filter(room, pk=allocation.pk).update(**change):
            return
    except IntegrityError as fault:  # pragma: no cover - the condition asks what the CHECK holds
        raise Conflict(_("金额没有记上，请看最新的再办。")) from fault
    now = Allocation.objects.select_related("line").get(pk=allocation.pk)
    sentence = _(
        "%(words)s %(amount)s 元，超过%(of)s。「%(line)s」在本项目：已安排 %(planned)s、已签约 %(contracted)s、已支付 %(paid)s 元。"
    ) % {
        "words": words,
        "amount": _text(value),
        "of": of,
        "line": now.line.name,
        "planned": _text(now.planned_amount),
        "contracted": _text(now.contracted_amount),
        "paid": _text(now.paid_amount),
    }
    if had >= value:
        raise Conflict(_("刚刚有人先用了这笔钱。") + sentence, field="amount")
    raise Invalid(sentence, field="amount")


def _refuse_plan(line: BudgetLine, value: Decimal, case_key: str) -> None:
    """Say why a line gives nothing, with the figures of the other claims."""
    stored = BudgetLine.objects.get(pk=line.pk)
    if stored.status != "approved":
        raise NotNow(
            _("预算线「%(line)s」%(status)s，不能安排。") % {"line": stored.name, "status": stored.status_label}
        )
    free = stored.approved_amount - stored.planned_amount
    sentence = _(
        "「%(line)s」批复 %(approved)s 元，已安排 %(planned)s 元（%(claims)s），还剩 %(free)s 元，不够安排 %(amount)s 元。"
    ) % {
        "line": stored.name,
        "approved": _text(stored.approved_amount),
        "planned": _text(stored.planned_amount),
        "claims": _claims(stored),
        "free": _text(free),
        "amount": _text(value),
    }
    if line.approved_amount - line.planned_amount >= value:
        raise Conflict(_("刚刚有人先安排了这条预算线。") + sentence, field="amount")
    raise Invalid(sentence, field="amount")


def _write(
    allocation: Allocation,
    kind: str,
    value: Decimal,
    *,
    reference: str,
    label: str,
    actor: Actor,
    on: date | None = None,
) -> Allocation:
    """The ledger's entry, with the sums as they stand in this transaction, which still holds the row."""
    allocation.refresh_from_db()
    LedgerEntry.objects.create(
        allocation=allocation,
        n=LedgerEntry.objects.filter(allocation=allocation).count() + 1,
        kind=kind,
        amount=value,
        planned_after=allocation.planned_amount,
        contracted_after=allocation.contracted_amount,
        paid_after=allocation.paid_amount,
        reference=reference,
        reference_label=label[:160],
        actor_name=actor.user_name,
        booked_on=on or clock.today(),
    )
    return allocation


def _positive(amount: Decimal, field: str = "amount") -> Decimal:
    value = exact(amount)
    if value <= ZERO:
        raise Invalid(_("金额要大于 0.00 元。"), field=field)
    return value


def _claims(line: BudgetLine) -> str:
    claims = claims_on(line)
    named = "、".join(f"{label or _('未具名')} {_text(amount)} 元" for label, amount in claims[:3])
    return (named or _("无")) + (_(" 等 %(n)s 项") % {"n": len(claims)} if len(claims) > 3 else "")


def _text(amount: Decimal) -> str:
    return f"{amount:,.2f}"
