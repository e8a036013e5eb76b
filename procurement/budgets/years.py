"""The years of the books (会计年度): what still counts in one, and its closing (关账)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.actor import Actor
from core.errors import Conflict, NotNow
from procurement.budgets.models import FiscalYear


@transaction.atomic
def booking_day(buyer_id: UUID, day: date) -> date:
    """The day on which money that moved on `day` is booked: that day, or today once its year is closed.

    A late voucher of a closed year is an item of earlier years in the open one (以前年度事项): what was approved stays.
    Called before any allocation is locked: the year's row comes first, so that two writers never wait for each other.
    writes  the year's row, if it is a past year's first
    """
    if day.year >= clock.today().year:
        return day
    return clock.today() if _locked(buyer_id, day.year).closed_at else day


@transaction.atomic
def require_open_year(buyer_id: UUID, year: int) -> None:
    """Refuse what would change the budget of a closed year. raises  NotNow"""
    if year < clock.today().year and _locked(buyer_id, year).closed_at:
        raise NotNow(_("%(year)s 年度决算已经批准，这一年已关账，预算不能再改。") % {"year": year})


@transaction.atomic
def close_year(buyer_id: UUID, year: int, *, actor: Actor) -> FiscalYear:
    """Close a year (关账): nothing is booked into it any more. Its caller compares the account under the same lock.

    raises  NotNow (it is not over) · Conflict (closed already)
    writes  the year's row; the journal entry is the final account's "approve"
    """
    require_over(year)
    found = _locked(buyer_id, year)
    if found.closed_at:
        raise Conflict(_("%(year)s 年已经关账。") % {"year": year})
    found.closed_at, found.closed_by_name = clock.now(), actor.user_name
    found.save(update_fields=["closed_at", "closed_by_name"])
    return found


def require_over(year: int) -> None:
    """Refuse what needs a year that is over. raises  NotNow"""
    if year >= clock.today().year:
        raise NotNow(_("%(year)s 年还没有结束，年度终了以后才能送审和批准决算。") % {"year": year})


def _locked(buyer_id: UUID, year: int) -> FiscalYear:
    FiscalYear.objects.get_or_create(buyer_id=buyer_id, year=year)
    return FiscalYear.objects.select_for_update().get(buyer_id=buyer_id, year=year)
