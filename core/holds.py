"""Holds (暂缓): a block that any floor may place on an object and that verbs ask about."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core import clock, journal
from core.actor import Actor
from core.aggregates import Journaled
from core.errors import NotNow

ONLY_FOR: Final = {"audit_finding": "incentive"}
"""Kinds that stop one deed alone, by the deed's name; every other kind stops whatever asks.

An open finding of an audit stops incentives (R46) and never a payment: audit is no condition of payment
(保障中小企业款项支付条例; domain.md 0.1.15).
"""


class Hold(models.Model):
    """One reason why an object may not go on; lifted, never deleted."""

    object_key = models.CharField(max_length=96, db_index=True)
    kind = models.CharField("种类", max_length=32)
    reason = models.CharField("事由", max_length=400)
    placed_by = models.CharField(max_length=64)
    placed_at = models.DateTimeField(default=clock.now)
    lifted_by = models.CharField(max_length=64, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "core"


def active_holds(thing: Journaled) -> QuerySet[Hold]:
    """The holds that stand on this object now."""
    return Hold.objects.filter(object_key=thing.journal_key, lifted_at__isnull=True)


def place_hold(thing: Journaled, kind: str, reason: str, *, actor: Actor) -> Hold:
    """Block an object until the hold is lifted. writes  one Hold; one journal entry "hold"."""
    hold = Hold.objects.create(object_key=thing.journal_key, kind=kind, reason=reason, placed_by=actor.user_name)
    journal.record(thing, "hold", actor=actor, reason=reason, facts={"kind": kind})
    return hold


def lift_holds(thing: Journaled, kind: str, *, actor: Actor, reason: str = "") -> int:
    """Lift every hold of this kind. returns  how many. writes  the holds; one journal entry "lift_hold" if any."""
    lifted = active_holds(thing).filter(kind=kind).update(lifted_at=clock.now(), lifted_by=actor.user_name)
    if lifted:
        journal.record(thing, "lift_hold", actor=actor, reason=reason, facts={"kind": kind})
    return lifted


def require_no_hold(thing: Journaled, deed: str = "") -> None:
    """Refuse while a hold stands.

    deed    "incentive" where holds of that deed alone count too (ONLY_FOR); "" leaves those out
    raises  NotNow with the hold's reason
    """
    others = [kind for kind, only in ONLY_FOR.items() if only != deed]
    hold = active_holds(thing).exclude(kind__in=others).first()
    if hold:
        raise NotNow(_("暂缓办理：%(reason)s") % {"reason": hold.reason})
