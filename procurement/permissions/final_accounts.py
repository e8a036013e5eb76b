"""Who may do what with final accounts (年度决算)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.final_accounts.models import FinalAccount


def can_draft_account(actor: Actor, account: FinalAccount | None = None) -> bool:
    """The buyer's finance."""
    return actor.has("finance_officer") and (account is None or actor.belongs_to(account.buyer_id))


def can_review_account(actor: Actor, account: FinalAccount) -> bool:
    """The buyer's funds reviewer, never who drew it up or handed it in."""
    return actor.works_for(account.buyer_id, "funds_reviewer") and (
        actor.user_key not in {account.drafted_by_key, account.submitted_by_key}
    )


def can_approve_account(actor: Actor, account: FinalAccount) -> bool:
    """The buyer's leadership: who neither drew it up, handed it in nor reviewed it."""
    return actor.works_for(account.buyer_id, "leader") and (
        actor.user_key not in {account.drafted_by_key, account.submitted_by_key, account.reviewed_by_key}
    )


def can_return_account(actor: Actor, account: FinalAccount) -> bool:
    """The funds reviewer while it is reviewed, the leadership before it approves."""
    if account.status == "reviewing":
        return can_review_account(actor, account)
    return can_approve_account(actor, account)


def can_publish_account(actor: Actor, account: FinalAccount) -> bool:
    """The buyer's finance or leadership."""
    return actor.works_for(account.buyer_id, "finance_officer", "leader")
