"""Predicates that every app needs; the rooms' own lie in each app's permissions."""

from django.db.models import Q

from core.actor import Actor

OVERSIGHT_ROLES = ("funds_reviewer", "discipline_officer", "district_finance")


def can_oversee(actor: Actor, thing: object = None) -> bool:
    """Whether the actor reads across buyers by office (经审、纪检、财政监督)."""
    return actor.has(*OVERSIGHT_ROLES)


BUYER_ROLES = (
    "programme_officer",
    "procurement_officer",
    "leader",
    "finance_officer",
    "cashier",
    "funds_reviewer",
    "discipline_officer",
    "archivist",
)


def in_scope(actor: Actor) -> Q:
    """Which rows with `buyer` and `region_path` an office may read: the first condition of every visible_* query.

    A buyer's people see their own organization's; district finance its district; a street or community its own place.
    Q() that matches nothing for everybody else: providers and experts are let in by the rooms themselves.
    """
    if actor.has(*BUYER_ROLES) and actor.organization_kind == "buyer":
        return Q(buyer_id=actor.organization_id)
    if actor.has("district_finance", "region_officer") and actor.region_path:
        return Q(region_path__startswith=actor.region_path)
    return Q(pk__in=[])
