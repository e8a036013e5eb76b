"""Ways to states of the catalogue, by operations."""

from __future__ import annotations

from accounts.organizations.models import Organization
from catalog.items.models import Edition, Item
from catalog.items.operations import open_edition, publish_edition
from tests.cast import Cast

OFFICERS = {"buyer": ("buyer", "leader"), "union": ("other_buyer", "other_leader")}


def draft_edition(cast: Cast, organization: str = "buyer") -> Edition:
    """A draft with the starting list."""
    owner: Organization = cast.organizations[organization]
    return open_edition(owner, actor=cast.actor(OFFICERS[organization][0]))


def published_edition(cast: Cast, organization: str = "buyer") -> Edition:
    """The organization's edition in force; made once a test."""
    found = Edition.objects.filter(buyer=cast.organizations[organization], status="published").first()
    if found is not None:
        return found
    return publish_edition(draft_edition(cast, organization), actor=cast.actor(OFFICERS[organization][1]))


def an_item(cast: Cast, organization: str = "buyer", code: str = "W03-02") -> Item:
    """One item of the edition in force."""
    return published_edition(cast, organization).items.get(code=code)
