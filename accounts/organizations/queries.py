"""Which organizations a person may know of, and what is known of them."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet

from accounts.organizations.models import BankAccountChange, Organization, OrganizationDocument
from accounts.permissions import can_see_papers
from core import clock
from core.actor import Actor
from core.documents import Document
from core.permissions import BUYER_ROLES

WARNING_DAYS = 30


def visible_organizations(actor: Actor) -> QuerySet[Organization]:
    """Organizations whose page the actor may see.

    A buyer's people, district finance and the administrator see all; a street its own place; everybody else (providers,
    evaluators, experts) their own organization only.
    """
    rows = Organization.objects.select_related("region", "incubated_by")
    if actor.has("system_admin", "district_finance", *BUYER_ROLES):
        return rows
    own = Q(pk=actor.organization_id) if actor.organization_id else Q(pk__in=[])
    if actor.has("region_officer") and actor.region_path:
        return rows.filter(own | Q(region__path__startswith=actor.region_path))
    return rows.filter(own)


def public_providers() -> QuerySet[Organization]:
    """Verified providers, as anyone may see them; the portal names the fields it shows."""
    return Organization.objects.filter(kind="provider", status="verified").select_related("region").order_by("name")


def documents_of(organization: Organization) -> QuerySet[OrganizationDocument]:
    """The organization's papers with their files."""
    return organization.documents.select_related("document")


def readable_files(organization: Organization, actor: Actor) -> QuerySet[Document]:
    """The papers' files that the actor may open."""
    if not can_see_papers(actor, organization):
        return Document.objects.none()
    return Document.objects.filter(pk__in=organization.documents.values("document_id"))


def expiring(actor: Actor) -> QuerySet[Organization]:
    """The actor's own organization, if the newest paper of some kind runs out within 30 days (将到期)."""
    if actor.organization_id is None:
        return Organization.objects.none()
    soon = clock.today() + timedelta(days=WARNING_DAYS)
    late = OrganizationDocument.objects.filter(organization_id=actor.organization_id, expires_on__lte=soon)
    renewed = OrganizationDocument.objects.filter(organization_id=actor.organization_id, expires_on__gt=soon)
    kinds = late.exclude(kind__in=renewed.values("kind")).values("organization_id")
    return Organization.objects.filter(pk__in=kinds).select_related("region")


def duplicate_signals(organization: Organization) -> list[tuple[str, Organization]]:
    """Other providers with the same telephone, representative or address: a lead for the verifier, not a verdict.

    returns  (what is the same, the other organization); one query
    """
    same = {
        "联系电话相同": ("contact_phone", organization.contact_phone),
        "法定代表人同名": ("legal_representative", organization.legal_representative),
        "住所相同": ("address", organization.address),
    }
    asked = Q(pk__in=[])
    for name, value in same.values():
        if value:
            asked |= Q(**{name: value})
    others = Organization.objects.filter(asked, kind="provider").exclude(pk=organization.pk).order_by("name")[:20]
    return [
        (words, other)
        for other in others
        for words, (name, value) in same.items()
        if value and getattr(other, name) == value
    ]


def open_account_change(organization: Organization) -> BankAccountChange | None:
    """The change of account that is under way, or None."""
    return organization.account_changes.filter(applied_at__isnull=True, stopped_at__isnull=True).first()
