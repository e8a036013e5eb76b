"""Who is bound by which pledge (签署范围), who has signed, and each person's trainings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.memberships.models import Membership
from accounts.memberships.queries import Identity, in_force
from accounts.organizations.models import Organization
from accounts.pledges.models import PledgeSignature, PledgeText, Training, TrainingAttendance
from accounts.pledges.starting_list import GROUPS, group_of
from accounts.roles import ROLES
from accounts.users.models import User
from core import clock
from core.actor import Actor


def visible_texts(actor: Actor) -> QuerySet[PledgeText]:
    """A buyer's people see their own versions. One query."""
    own = Q(buyer_id=actor.organization_id) if actor.organization_kind == "buyer" else Q(pk__in=[])
    return PledgeText.objects.filter(own).select_related("buyer")


def visible_trainings(actor: Actor) -> QuerySet[Training]:
    """A buyer's people see their own trainings. One query."""
    own = Q(buyer_id=actor.organization_id) if actor.organization_kind == "buyer" else Q(pk__in=[])
    return Training.objects.filter(own).select_related("buyer", "sheet")


def unsigned_by(user_id: UUID, memberships: Sequence[Membership]) -> set[UUID]:
    """The keys of those memberships whose role is bound by a text in force that this person has not signed, or signed too long ago.

    A buyer's text binds its own people; its text for experts also the experts of the platform's pool, who sit on its panels.
    user_id  who acts: with a colleague's delegation it is still the acting person who must have signed
    queries  one, none for those whom no text can bind
    """
    bound = {each.pk: (group, each.organization) for each in memberships if (group := group_of(each.role))}
    if not bound:
        return set()
    texts = Q(buyer__in={organization.pk for _group, organization in bound.values()})
    if any(organization.kind == "platform" for _group, organization in bound.values()):
        texts |= Q(group="expert")
    unsigned = set(_unsigned(user_id).filter(texts).values_list("group", "buyer"))
    for_pool = any(group == "expert" for group, _buyer in unsigned)
    return {
        key
        for key, (group, organization) in bound.items()
        if (group, organization.pk) in unsigned or (for_pool and group == "expert" and organization.kind == "platform")
    }


def _unsigned(user_id: UUID) -> QuerySet[PledgeText]:
    """The texts in force that this person has not signed."""
    signed = PledgeSignature.objects.filter(text=OuterRef("pk"), user=user_id, valid_until__gte=clock.today())
    return PledgeText.objects.filter(~Exists(signed), status="published")


def _texts_of(organization: Organization, roles: Iterable[str]) -> Q:
    groups = {group_of(role) for role in roles} - {""}
    found = Q(buyer=organization, group__in=groups)
    if organization.kind == "platform" and "expert" in groups:
        found |= Q(group="expert")
    return found


def texts_to_sign(user: User, identities: Iterable[Identity]) -> QuerySet[PledgeText]:
    """The texts in force that bind a person in any identity and that this person has not signed; oldest first. One query."""
    binding = Q(pk__in=[])
    for identity in identities:
        binding |= _texts_of(identity.organization, identity.roles | identity.waiting)
    return _unsigned(user.pk).filter(binding).select_related("buyer").order_by("published_at", "pk")


@dataclass(frozen=True)
class Signer:
    """One person whom a buyer's text binds: as what, signed until when (None: not signed), hours of training this year."""

    user: User
    roles: str
    group: str
    text: PledgeText | None
    signed_on: date | None
    valid_until: date | None
    hours: Decimal

    @property
    def is_signed(self) -> bool:
        """Whether the signature counts today."""
        return self.valid_until is not None


def signers(buyer: Organization) -> list[Signer]:
    """Everybody whom the buyer's pledges bind or would bind, unsigned first, then by name; four queries.

    Its own people in every group; the experts of the platform's pool where it has a text for experts in force.
    """
    texts = {text.group: text for text in PledgeText.objects.filter(buyer=buyer, status="published")}
    bound = Q(organization=buyer)
    if "expert" in texts:
        bound |= Q(organization__kind="platform", role="expert")
    held: dict[tuple[User, str], list[str]] = {}
    for each in Membership.objects.filter(bound, in_force()).select_related("user"):
        if group := group_of(each.role):
            held.setdefault((each.user, group), []).append(ROLES[each.role])
    signed = {
        (each.user_id, each.text_id): each
        for each in PledgeSignature.objects.filter(text__in=texts.values(), valid_until__gte=clock.today())
    }
    hours = hours_of(buyer, clock.today().year)
    rows = []
    for (user, group), roles in held.items():
        text = texts.get(group)
        signature = signed.get((user.pk, text.pk)) if text else None
        rows.append(
            Signer(
                user, "、".join(dict.fromkeys(roles)), GROUPS[group][0], text,
                clock.local(signature.signed_at).date() if signature else None,
                signature.valid_until if signature else None, hours.get(user.pk, Decimal(0)),
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (row.is_signed, row.user.name, row.group))


def hours_of(buyer: Organization, year: int) -> dict[UUID, Decimal]:
    """Hours of training by person in a year, void ones left out. One query."""
    found: dict[UUID, Decimal] = {}
    rows = TrainingAttendance.objects.filter(
        training__buyer=buyer, training__status="held", training__held_on__year=year
    )
    for user, hours in rows.values_list("user", "training__hours"):
        found[user] = found.get(user, Decimal(0)) + hours
    return found


def signatures_of(user: User) -> QuerySet[PledgeSignature]:
    """What a person signed, newest first. One query."""
    return PledgeSignature.objects.filter(user=user).select_related("text__buyer")


def trainings_of(user: User) -> QuerySet[Training]:
    """The trainings in which a person took part, newest first. One query."""
    rows = Training.objects.filter(attendances__user=user, status="held").select_related("buyer")
    return rows.order_by("-held_on", "pk")


def trainable(buyer_id: UUID | None) -> QuerySet[User]:
    """Who may have taken part: the buyer's people and the experts of the pool. One query."""
    pool = Q(organization__kind="platform", role="expert")
    people = Membership.objects.filter(in_force(), Q(organization=buyer_id) | pool).values("user")
    return User.objects.filter(pk__in=people).order_by("name", "pk")


def texts_to_publish(actor: Actor) -> QuerySet[PledgeText]:
    """Drafts of the actor's organization that somebody else wrote."""
    rows = visible_texts(actor).filter(status="draft", buyer_id=actor.organization_id)
    return rows.exclude(drafted_by_key=actor.user_key).order_by("created_at")
