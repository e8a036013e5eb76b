"""The models of all rooms, re-exported for Django."""

from catalog.categories.models import Category
from catalog.items.models import Edition, Item, ServiceStandard

__all__ = [
    "Category",
    "Edition",
    "Item",
    "ServiceStandard",
]
