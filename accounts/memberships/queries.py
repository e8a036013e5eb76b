"""What is in force today: memberships (任职), delegations (代办), and the identities (身份) a person may act in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.memberships.models import Delegation, Membership
from accounts.organizations.models import Organization
from accounts.roles import ROLES
from accounts.users.models import User
from core import clock
from core.actor import Actor
from core.middleware import request_id

SHOWN = ("kind", "name", "short_name", "region__path")
"""What an identity tells of its organization."""


@dataclass(frozen=True)
class Identity:
    """One way in which a person may act: own roles in one organization, or a colleague's by delegation.

    waiting       roles that do nothing before something is done, such as a pledge signed; never among `roles`
    key           the organization's UUID, or the delegation's: what the session keeps
    on_behalf_of  name of the person who is away, "" for own roles
    """

    key: UUID
    organization: Organization
    roles: frozenset[str]
    region_path: str
    on_behalf_of: str = ""
    waiting: frozenset[str] = frozenset()

    @property
    def role_names(self) -> str:
        """The roles in Chinese, in the order of the roles' table, those that wait too."""
        return "、".join(label for role, label in ROLES.items() if role in self.roles | self.waiting)

    @property
    def label(self) -> str:
        """As the menu of identities shows it."""
        place = self.organization.short_name or self.organization.name
        lead = f"代{self.on_behalf_of}办理 · " if self.on_behalf_of else ""
        return f"{lead}{place} · {self.role_names}"

    def actor(self, user: User) -> Actor:
        """The actor that this person is in this identity."""
        return Actor(
            user_key=str(user.pk),
            user_name=user.name or user.username,
            organization_id=self.organization.pk,
            organization_name=self.organization.name,
            organization_kind=self.organization.kind,
            roles=self.roles,
            region_path=self.region_path,
            on_behalf_of=self.on_behalf_of,
            request_id=request_id.get(),
        )


Waiting = Callable[[UUID, Sequence[Membership]], set[UUID]]
_waiting: list[Waiting] = []


def roles_wait_for(waiting: Waiting) -> None:
    """Say which roles are not in force yet: of these memberships, for the person who acts, the keys of those whose role waits.

    Registered from `accounts.receivers`, since what it is about (pledges) lies above the memberships.
    """
    if waiting not in _waiting:
        _waiting.append(waiting)


def in_force(on: date | None = None) -> Q:
    """Memberships that hold on a day (Shanghai; by default today), first and last day included."""
    day = on or clock.today()
    return Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))


def delegations_in_force(on: date | None = None) -> QuerySet[Delegation]:
    """Delegations that hold on a day and were not ended before."""
    day = on or clock.today()
    return Delegation.objects.filter(starts_on__lte=day, ends_on__gte=day, ended_at__isnull=True)


def identities_of(user: User) -> list[Identity]:
    """All identities of a person today, own organizations first, then delegations.

    Every page asks it: one narrow query, one more for those whose role may wait, one for those who stand in for somebody.

    A role that waits for something (`roles_wait_for`) is named, but not in force. A delegation gives only such of its roles as the person who is away holds today in that organization.
    """
    lent_to = delegations_in_force().filter(to_user=user)
    people = User.objects.filter(pk=user.pk).values("pk").union(lent_to.values("from_user"))
    held = list(
        Membership.objects.filter(in_force(), user__in=people)
        .select_related("organization__region", "region")
        .only("user", "role", *(f"organization__{name}" for name in SHOWN), "region__path")
        .order_by("valid_from", "organization__name", "pk")
    )
    waiting = {key for waits in _waiting for key in waits(user.pk, held)}
    own: dict[UUID, list[Membership]] = {}
    for membership in held:
        if membership.user_id == user.pk:
            own.setdefault(membership.organization_id, []).append(membership)
    found = [_identity(key, memberships, waiting) for key, memberships in own.items()]
    if all(membership.user_id == user.pk for membership in held):
        return found
    given = lent_to.select_related("from_user").only("organization", "roles", "from_user__name", "from_user__username")
    for delegation in given.order_by("starts_on", "pk"):
        lent = [
            membership
            for membership in held
            if membership.user_id == delegation.from_user_id
            and membership.organization_id == delegation.organization_id
            and membership.role in delegation.roles
        ]
        if lent and delegation.organization_id in own:
            found.append(_identity(delegation.pk, lent, waiting, str(delegation.from_user)))
    return found


def _identity(key: UUID, memberships: list[Membership], waiting: set[UUID], on_behalf_of: str = "") -> Identity:
    organization = memberships[0].organization
    narrowed = next((membership.region for membership in memberships if membership.region is not None), None)
    return Identity(
        key=key,
        organization=organization,
        roles=frozenset(membership.role for membership in memberships if membership.pk not in waiting),
        waiting=frozenset(membership.role for membership in memberships if membership.pk in waiting),
        region_path=(narrowed or organization.region).path,
        on_behalf_of=on_behalf_of,
    )


def people_with_role(organization_id: UUID | None, *roles: str) -> list[str]:
    """User keys of those who hold one of these roles in an organization today: whom `core.messages.tell` tells."""
    if organization_id is None:
        return []
    keys = Membership.objects.filter(in_force(), organization_id=organization_id, role__in=roles)
    return [str(key) for key in keys.values_list("user_id", flat=True).distinct()]


def members_of(organization: Organization) -> QuerySet[Membership]:
    """The organization's memberships, those in force first, with their people."""
    return (
        Membership.objects.filter(organization=organization)
        .select_related("user", "region")
        .order_by("valid_to", "user__name", "role")
    )


def visible_delegations(actor: Actor) -> QuerySet[Delegation]:
    """Delegations that the actor gave or received; all of the organization for its head, all for the administrator."""
    rows = Delegation.objects.select_related("from_user", "to_user", "organization").order_by("-starts_on", "pk")
    if actor.has("system_admin"):
        return rows
    if actor.has("leader", "provider_admin") and actor.organization_id:
        return rows.filter(organization_id=actor.organization_id)
    person = actor.user_key
    return rows.filter(Q(from_user_id=person) | Q(to_user_id=person)) if person else rows.none()


def colleagues(organization_id: UUID, *roles: str) -> list[tuple[str, str]]:
    """Who holds one of these roles in an organization today: (person's key, "name（roles）"), by name. One query."""
    return _named(Membership.objects.filter(in_force(), organization_id=organization_id, role__in=roles))


def officers_of_region(region_path: str) -> list[tuple[str, str]]:
    """The street's and community's officers in whose region a place lies: (person's key, "name（organization）"). One query."""
    paths = [region_path, *(region_path[: n + 1] for n, sign in enumerate(region_path) if sign == "/")]
    narrowed = Q(region__isnull=True, organization__region__path__in=paths) | Q(region__path__in=paths)
    return _named(Membership.objects.filter(in_force(), narrowed, role="region_officer"))


def _named(memberships: QuerySet[Membership]) -> list[tuple[str, str]]:
    held: dict[tuple[str, str], list[str]] = {}
    for each in memberships.select_related("user", "organization").order_by("user__name", "user_id"):
        words = (
            each.organization.short_name or each.organization.name
            if each.role == "region_officer"
            else ROLES[each.role]
        )
        held.setdefault((str(each.user_id), each.user.name or each.user.username), []).append(words)
    return [(key, f"{name}（{'、'.join(dict.fromkeys(words))}）") for (key, name), words in held.items()]
