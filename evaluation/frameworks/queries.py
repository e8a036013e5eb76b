"""Which frameworks exist for whom (指标体系可见范围), and the sub-score arithmetic that their page shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from core.actor import Actor
from evaluation.frameworks.models import Framework, Indicator
from evaluation.frameworks.scoring import AXES


def visible_frameworks(actor: Actor) -> QuerySet[Framework]:
    """Published and superseded ones for everybody at work, as a yardstick must be known; drafts for their own buyer.

    Each with indicator_count; one query.
    """
    known = Q(status__in=["published", "superseded"]) if actor.is_authenticated else Q(pk__in=[])
    own = Q(buyer_id=actor.organization_id) if actor.organization_kind == "buyer" else Q(pk__in=[])
    return Framework.objects.filter(known | own).select_related("buyer").annotate(indicator_count=Count("indicators"))


def frameworks_in_force(buyer_id: UUID | None) -> QuerySet[Framework]:
    """The published frameworks that a buyer's contracts may be assessed by."""
    return Framework.objects.filter(buyer_id=buyer_id, status="published").order_by("kind")


def splits(indicators: Sequence[Indicator]) -> list[dict[str, Any]]:
    """How the weights split on each axis (维度算式): [{"axis", "sides": [{"label", "weight", "sum"}]}].

    sum  the weights that make it up, as "4 + 3 + 4 = 11"
    """
    shown = []
    for axis, (name, sides) in AXES.items():
        rows = []
        for key, label in sides.items():
            weights = [each.weight for each in indicators if getattr(each, axis) == key]
            if weights:
                rows.append(
                    {
                        "label": label,
                        "weight": sum(weights),
                        "sum": f"{' + '.join(map(str, weights))} = {sum(weights)}",
                    }
                )
        shown.append({"axis": name, "sides": rows})
    return shown
