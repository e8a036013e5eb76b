"""The money of an incentive (奖励支付): asked by finance, recorded by the cashier; the platform pays nobody (house.md 4b.15)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from accounts.organizations.models import Organization
from accounts.organizations.queries import open_account_change
from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotNow
from core.lifecycle import advance, require
from core.separation import note_duty
from core.templatetags.words import cn_date_text, money_text
from evaluation.incentives.models import Incentive
from evaluation.incentives.operations import require_still_fit, tell_of
from evaluation.incentives.queries import open_objections
from procurement.budgets.models import Allocation
from procurement.grants.operations import announce_grant, pay_grant, return_grant
from procurement.payments.models import Payment


@transaction.atomic
def request_grant(incentive: Incentive, *, actor: Actor) -> Incentive:
    """Ask for the payment (申请支付) once the publicity is over and nothing is open.

    raises  NotAllowed · NotNow (publicity runs, an objection, an open finding or another hold, a change of account under
            way, no account) · Conflict
    writes  status, the payee's account as it stands; one journal entry; the cashiers are told
    source  house.md 4b.15: a change of account needs two people and a day, and is awaited here
    """
    require(incentive, "request_payment", actor)
    ends_at = incentive.publicity_ends_at
    if ends_at is None or clock.now() <= ends_at:
        raise NotNow(_("公示到 %(end)s 结束，之后才能申请支付。") % {"end": cn_date_text(ends_at, "year")})
    if open_objections(incentive).exists():
        raise NotNow(_("还有异议没有答复。"))
    require_still_fit(incentive)
    provider = Organization.objects.select_for_update(of=("self",)).get(pk=incentive.provider_id)
    if not provider.bank_account:
        raise NotNow(_("承接单位还没有登记收款账户。"))
    if open_account_change(provider) is not None:
        raise NotNow(_("承接单位正在变更收款账户，生效以后再申请。"))
    note_duty(incentive.case_key, actor, "request_payment")
    payee = {
        "name": provider.name, "uscc": provider.uscc or "", "bank_name": provider.bank_name,
        "bank_account": provider.bank_account,
    }  # fmt: skip
    advance(
        incentive, "request_payment", actor=actor, facts={"amount": str(incentive.amount)}, payee=payee,
        requested_by_key=actor.user_key, requested_by_name=actor.user_name,
    )  # fmt: skip
    tell_of(incentive, people_with_role(incentive.buyer_id, "cashier"), "payable", _("奖励性补助待支付：%(title)s"))
    return incentive


@transaction.atomic
def record_grant(incentive: Incentive, *, actor: Actor, voucher_number: str, paid_on: date) -> Incentive:
    """Record the treasury's voucher (登记支付凭证): now the incentive counts as paid.

    voucher_number  once a buyer, payments of settlements included;  paid_on: not in the future, not before the publicity's end
    raises  NotAllowed (who asked or decided) · NotNow (a finding or hold came up) · Invalid (voucher, day) · Conflict
    writes  status, voucher, day; a ledger entry "pay" on the treasury's day; the notice of the result, once; one journal
            entry; the provider is told
    """
    require(incentive, "record", actor)
    require_still_fit(incentive)
    voucher = voucher_number.strip()
    if not voucher:
        raise Invalid(_("请填国库支付凭证号。"), field="voucher_number")
    if paid_on > clock.today():
        raise Invalid(_("支付日期不能晚于今天。"), field="paid_on")
    if incentive.publicity_ends_at and paid_on <= clock.local(incentive.publicity_ends_at).date():
        raise Invalid(_("支付日期要在公示结束以后。"), field="paid_on")
    taken = _("凭证号「%(voucher)s」已经登记过，请核对。") % {"voucher": voucher}
    payments = Payment.objects.filter(buyer_id=incentive.buyer_id, voucher_number=voucher)
    incentives = Incentive.objects.filter(buyer_id=incentive.buyer_id, voucher_number=voucher)
    if payments.exists() or incentives.exists():
        raise Invalid(taken, field="voucher_number")
    note_duty(incentive.case_key, actor, "record_payment")
    booked = pay_grant(
        _allocation(incentive), incentive.amount, of=incentive, label=_label(incentive), actor=actor, paid_on=paid_on
    )
    changes: dict[str, Any] = {"voucher_number": voucher, "paid_on": paid_on, "recorded_by_name": actor.user_name}
    if incentive.result_notice_id is None:
        changes["result_notice"] = _announced(incentive, actor, paid_on)
    facts = {"voucher": voucher, "paid_on": paid_on.isoformat(), "booked_on": booked.isoformat()}
    try:
        with transaction.atomic():
            advance(incentive, "record", actor=actor, facts={**facts, "amount": str(incentive.amount)}, **changes)
    except IntegrityError:
        raise Conflict(taken, field="voucher_number") from None
    tell_of(
        incentive, people_with_role(incentive.provider_id, "provider_admin"), "paid", _("奖励性补助已支付：%(title)s")
    )
    return incentive


@transaction.atomic
def bounce_grant(
    incentive: Incentive, *, actor: Actor, reason: str, bounce_voucher: str, bounced_on: date
) -> Incentive:
    """Record that the bank gave it back (登记退票): the ledger is reversed, finance asks anew with the account of then.

    bounce_voucher  the slip's number;  bounced_on: not before the payment, not in the future
    raises  NotAllowed · NotNow · Invalid · Conflict
    writes  status; a ledger entry "refund"; one journal entry with both vouchers; finance is told
    """
    require(incentive, "bounce", actor)
    slip = bounce_voucher.strip()
    if not slip:
        raise Invalid(_("请填银行退票的凭证号。"), field="bounce_voucher")
    if bounced_on > clock.today() or (incentive.paid_on and bounced_on < incentive.paid_on):
        raise Invalid(_("退票日期不能早于支付日期，也不能晚于今天。"), field="bounced_on")
    label = _("退票 %(voucher)s") % {"voucher": slip}
    return_grant(_allocation(incentive), incentive.amount, of=incentive, label=label, actor=actor, on=bounced_on)
    facts = {"paid": incentive.voucher_number, "voucher": slip, "bounced_on": bounced_on.isoformat()}
    advance(
        incentive, "bounce", actor=actor, reason=reason, facts=facts, voucher_number="", paid_on=None,
        requested_by_key="", requested_by_name="", payee={},
    )  # fmt: skip
    people = people_with_role(incentive.buyer_id, "finance_officer")
    tell_of(incentive, people, "bounced", _("奖励性补助被银行退回，请核对账户：%(title)s"))
    return incentive


def _allocation(incentive: Incentive) -> Allocation:
    """What its scheme set aside. raises  NotNow (nothing)"""
    if incentive.scheme.allocation_id is None:
        raise NotNow(_("办法的资金没有安排。"))
    return Allocation.objects.select_related("line").get(pk=incentive.scheme.allocation_id)


def _label(incentive: Incentive) -> str:
    return f"{incentive.number} {incentive.contract.title}"


def _announced(incentive: Incentive, actor: Actor, paid_on: date) -> Any:
    return announce_grant(
        "incentive_paid", of=incentive, buyer=incentive.buyer, region_path=incentive.region_path, actor=actor,
        title=_("奖励性补助公告：%(name)s") % {"name": incentive.provider.name}, replaces=incentive.notice,
        body=_("%(number)s 公示期满，异议均已答复，奖励性补助已经支付。") % {"number": incentive.number},
        facts={
            _("社会组织"): incentive.provider.name,
            _("项目"): incentive.contract.title,
            _("奖励金额"): _("%(amount)s 元") % {"amount": money_text(incentive.amount)},
            _("支付日期"): cn_date_text(paid_on, "year"),
        },
    )  # fmt: skip
