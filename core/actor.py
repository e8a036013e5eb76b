"""Who acts, for which organization, in which roles: what every verb and every predicate takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True)
class Actor:
    """One person at work (经办人), built once a request by accounts.

    user_key         the user's UUID as text; "system" for the clock, "" for a stranger
    roles            roles in force today for the acting organization, delegations (代办) included
    region_path      "530102/530102001": what a street or district officer may see
    on_behalf_of     name of the person whose delegation is used, else ""
    token            key of the access token (访问令牌) by which a program acts for the person, "" at a browser
    """

    user_key: str
    user_name: str
    organization_id: UUID | None = None
    organization_name: str = ""
    organization_kind: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)
    region_path: str = ""
    on_behalf_of: str = ""
    request_id: str = ""
    token: str = ""

    @property
    def is_authenticated(self) -> bool:
        """Whether somebody is logged in; the clock counts."""
        return bool(self.user_key)

    def has(self, *roles: str) -> bool:
        """Whether any of these roles is held in the acting organization."""
        return not self.roles.isdisjoint(roles)

    def belongs_to(self, organization_id: UUID | None) -> bool:
        """Whether the actor acts for exactly this organization."""
        return organization_id is not None and self.organization_id == organization_id

    def works_for(self, organization_id: UUID | None, *roles: str) -> bool:
        """Whether the actor acts for this organization in one of these roles."""
        return self.belongs_to(organization_id) and self.has(*roles)


SYSTEM = Actor(user_key="system", user_name="平台", roles=frozenset({"system"}))
ANYONE = Actor(user_key="", user_name="访客")


def by_clock(actor: Actor, thing: object) -> bool:
    """Permission of the steps that only time, or an earlier stage's news, may take (由平台办理)."""
    return actor.user_key == SYSTEM.user_key
