"""What the books say of grants (补助支出)."""

from __future__ import annotations

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from procurement.notices.models import Notice


def case_counted() -> Coalesce:
    """Which case an entry of the ledger counts for, as an expression over LedgerEntry.

    A grant counts for the project that it rewards: it is bound in the moment its publicity is published, and that notice names
    the project. All else counts for its allocation's own case.
    """
    publicity = Notice.objects.filter(kind="incentive", subject=OuterRef("reference")).order_by("position")
    return Coalesce(Subquery(publicity.values("case")[:1]), F("allocation__case"))
