"""Who may do what with organizations, memberships, delegations, pledges and trainings. Attributes only, no query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor
from core.permissions import can_oversee

if TYPE_CHECKING:
    from accounts.organizations.models import Organization
    from accounts.pledges.models import PledgeText, Training
    from accounts.users.models import User


def can_verify_organization(actor: Actor, organization: Organization) -> bool:
    """A buyer's procurement officer or the administrator, never the organization itself."""
    return actor.has("procurement_officer", "system_admin") and not actor.belongs_to(organization.pk)


def can_reinstate_organization(actor: Actor, organization: Organization) -> bool:
    """As verifying; the clock ends a suspension that has run out."""
    return actor.user_key == "system" or can_verify_organization(actor, organization)


def can_resubmit_organization(actor: Actor, organization: Organization) -> bool:
    """The organization's own head."""
    return actor.works_for(organization.pk, "provider_admin")


def can_edit_organization(actor: Actor, organization: Organization) -> bool:
    """The organization's own head; for offices the administrator."""
    return actor.works_for(organization.pk, "provider_admin") or (
        organization.kind != "provider" and actor.has("system_admin")
    )


def can_propose_account(actor: Actor, organization: Organization) -> bool:
    """The organization's own head, while no other change is under way; for offices the administrator."""
    return not organization.account_change_by and can_edit_organization(actor, organization)


def can_confirm_account(actor: Actor, organization: Organization) -> bool:
    """A second person: of the same organization, or a buyer's finance or procurement officer; never who proposed it."""
    waiting = organization.account_change_by
    second = actor.works_for(organization.pk, "provider_admin", "provider_bidder") or actor.has(
        "finance_officer", "procurement_officer"
    )
    return bool(waiting) and not organization.account_confirmed and waiting != actor.user_key and second


def can_stop_account(actor: Actor, organization: Organization) -> bool:
    """Any person of the organization's head or of a buyer's finance, until the change holds."""
    return bool(organization.account_change_by) and (
        can_edit_organization(actor, organization) or actor.has("finance_officer", "procurement_officer")
    )


def can_record_credit(actor: Actor, organization: Organization) -> bool:
    """Who gave or used an evaluation: an evaluator, a buyer's programme officer; never the organization itself."""
    return actor.has("evaluator", "programme_officer") and not actor.belongs_to(organization.pk)


def can_manage_memberships(actor: Actor, organization: Organization) -> bool:
    """The administrator everywhere; a provider's head in their own organization."""
    return actor.has("system_admin") or actor.works_for(organization.pk, "provider_admin")


def can_delegate(actor: Actor, organization_id: object = None) -> bool:
    """Anybody with an own role may name a colleague of the same organization; what is lent is not lent on."""
    return bool(actor.roles) and actor.organization_id is not None and not actor.on_behalf_of


def can_manage_tokens(actor: Actor, user: User) -> bool:
    """Everybody their own (本人), nobody another's: a token is the person's word to a program."""
    return actor.user_key == str(user.pk)


def can_see_papers(actor: Actor, organization: Organization) -> bool:
    """Who may open an organization's papers: itself, who verifies, who oversees."""
    return (
        actor.belongs_to(organization.pk)
        or can_oversee(actor)
        or actor.has("programme_officer", "procurement_officer", "system_admin")
    )


def can_see_experts(actor: Actor) -> bool:
    """Who draws panels, who witnesses the draw, who keeps the pool."""
    return actor.has("procurement_officer", "discipline_officer", "system_admin")


def can_keep_second_factor(actor: Actor, user: User) -> bool:
    """The person alone: nobody sets up, renews or ends another's second factor."""
    return actor.user_key == str(user.pk)


def can_reset_second_factor(actor: Actor, user: User) -> bool:
    """The administrator, for somebody else; the operator of the machine acts as the platform."""
    return actor.user_key == "system" or (actor.has("system_admin") and actor.user_key != str(user.pk))


def can_draft_pledge(actor: Actor, text: PledgeText | None = None) -> bool:
    """The buyer's discipline officer (R49)."""
    return actor.has("discipline_officer") and (text is None or actor.belongs_to(text.buyer_id))


def can_publish_pledge(actor: Actor, text: PledgeText) -> bool:
    """The leadership of that buyer; not the person who drafted it."""
    return actor.works_for(text.buyer_id, "leader") and text.drafted_by_key != actor.user_key


def can_enter_training(actor: Actor, training: Training | None = None) -> bool:
    """The buyer's discipline officer."""
    return actor.has("discipline_officer") and (training is None or actor.belongs_to(training.buyer_id))


def can_read_signers(actor: Actor) -> bool:
    """The buyer's discipline officer and leadership, for their own organization."""
    return actor.has("discipline_officer", "leader") and actor.organization_kind == "buyer"
