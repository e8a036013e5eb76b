"""The tree of regions (区域)."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.regions.models import Region


def district() -> Region:
    """The installation's district. raises  Region.DoesNotExist before the seed"""
    return Region.objects.get(level="district")


def streets() -> QuerySet[Region]:
    """The streets (街道) in the order of their codes."""
    return Region.objects.filter(level="street")


def below(path: str) -> QuerySet[Region]:
    """A region and all under it."""
    return Region.objects.filter(Q(path=path) | Q(path__startswith=f"{path}/"))
