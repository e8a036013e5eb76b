"""Last year's overdue payments are published (公布逾期未付款项): a duty of the buyer by the end of March (D27)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core import clock
from core.actor import Actor
from core.errors import Conflict, NotAllowed, NotNow
from procurement.notices.models import Notice
from procurement.notices.operations import publish_notice
from procurement.payments.queries import overdue_notice, overdue_of
from procurement.permissions.payments import can_publish_overdue
from procurement.rules.queries import parameter


@transaction.atomic
def publish_overdue(buyer: Organization, *, actor: Actor, year: int) -> Notice:
    """Publish how many contracts and how much was overdue and unpaid at the end of a year.

    year     one that is over
    raises   NotAllowed · NotNow (the year is not over, nothing was overdue) · Conflict (published already)
    writes   one public notice with its journal entry
    source   保障中小企业款项支付条例第十八条 (D27); every provider counts, not only those that are small enterprises
    """
    if not can_publish_overdue(actor, buyer):
        raise NotAllowed(_("逾期未付款项由采购人的财务公布。"))
    buyer = Organization.objects.select_for_update(of=("self",)).select_related("region").get(pk=buyer.pk)
    if year >= clock.today().year:
        raise NotNow(_("%(year)s 年还没有结束。") % {"year": year})
    if overdue_notice(buyer.pk, year):
        raise Conflict(_("%(year)s 年的逾期未付款项已经公布。") % {"year": year})
    owed = overdue_of(buyer.pk, year)
    if not owed.contracts:
        raise NotNow(_("%(year)s 年没有逾期未付的款项，不用公布。") % {"year": year})
    return publish_notice(
        kind="overdue",
        title=_("%(name)s %(year)s 年度逾期未支付款项公告") % {"name": buyer.name, "year": year},
        body=_("截至 %(year)s 年 12 月 31 日，本单位购买服务逾期尚未支付的款项涉及合同 %(n)s 份，金额 %(amount)s 元。")
        % {"year": year, "n": owed.contracts, "amount": f"{owed.amount:,.2f}"},
        facts={
            _("年度"): f"{year}",
            _("逾期未付合同"): _("%(n)s 份") % {"n": owed.contracts},
            _("逾期未付金额"): f"{owed.amount:,.2f} 元",
            _("依据"): parameter("deadline.D27").source,
        },
        subject=f"overdue:{buyer.pk}:{year}",
        case="",
        ocid="",
        buyer=buyer,
        region_path=buyer.region.path,
        actor=actor,
    )
