"""What may be known of projects (项目)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from core.actor import Actor
from core.money import ZERO
from core.permissions import BUYER_ROLES, in_scope
from procurement.budgets.queries import Totals
from procurement.projects.lifecycle import PROJECT
from procurement.projects.models import Project

PUBLIC = [name for name, status in PROJECT.statuses.items() if status.public]


def visible_projects(actor: Actor) -> QuerySet[Project]:
    """The projects this person may know of, with item, place and buyer; one query.

    A buyer's people see their own; district finance, streets and communities see those of their place once they are
    approved. Providers, experts and strangers see none: what concerns them are orders and contracts.
    """
    rows = Project.objects.filter(in_scope(actor)).select_related("buyer", "region", "item")
    own = actor.has(*BUYER_ROLES) and actor.organization_kind == "buyer"
    return rows if own else rows.filter(status__in=PUBLIC)


def projects_to_order(actor: Actor) -> QuerySet[Project]:
    """Approved projects of the actor's organization, and those whose order failed: what an order may be drawn from."""
    return visible_projects(actor).filter(buyer_id=actor.organization_id, status__in=["approved", "failed"])


def funds_of(project: Project) -> Totals:
    """What the project has planned, contracted and paid over all its lines, in yuan; approved is its own budget."""
    rows = project.allocations
    return Totals(
        approved=project.planned_amount,
        planned=sum((row.planned_amount for row in rows), ZERO),
        contracted=sum((row.contracted_amount for row in rows), ZERO),
        paid=sum((row.paid_amount for row in rows), ZERO),
    )


def cost_shares(project: Project) -> list[dict[str, Any]]:
    """The cost estimate by class, with each class's sum and share of the whole in percent."""
    sums: dict[str, Decimal] = {}
    for line in project.cost_lines.all():
        sums[line.get_cost_class_display()] = sums.get(line.get_cost_class_display(), ZERO) + line.amount
    total = sum(sums.values(), ZERO)
    return [
        {"label": name, "amount": value, "share": value * 100 / total if total else ZERO}
        for name, value in sums.items()
    ]
