"""Which contracts exist for whom (合同可见范围), and what the pages read of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from operator import itemgetter

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet

from core.actor import Actor
from core.money import ZERO, share
from core.permissions import in_scope
from procurement.awards.models import Award
from procurement.budgets.models import Allocation
from procurement.contracts.lifecycle import CONTRACT
from procurement.contracts.models import Contract

PUBLIC = tuple(name for name, status in CONTRACT.statuses.items() if status.public)
DELIVERING = ("performing", "rectifying")
"""Statuses in which services are delivered: activities and expenses may be entered, milestones reported."""
IN_FORCE = (*DELIVERING, "paused", "completed", "closed", "terminated")
"""Statuses in which money may still move; of a terminated contract what was done is settled."""

SIGNING = ("reviewing", "standstill", "challenged", "awarded")
"""Statuses of an order that still wants contracts: with several lots one may be awarded while another is under review."""

CHOICES = 50
"""How many contracts a filter offers; more would cost more than the list that it filters."""


FROZEN = tuple(f"notice__{name}" for name in ("body", "facts", "release"))
"""Of a contract's notice everything but its text: who reads that reads the notice."""


def visible_contracts(actor: Actor) -> QuerySet[Contract]:
    """What this person may know of: both sides' people, oversight in scope; a draft is the buyer's alone. One query."""
    contracts = Contract.objects.select_related("buyer", "provider", "award__lot__order", "notice").defer(*FROZEN)
    if actor.organization_kind == "provider":
        return contracts.filter(provider_id=actor.organization_id, status__in=PUBLIC)
    if actor.organization_kind == "buyer":
        return contracts.filter(in_scope(actor))
    return contracts.filter(in_scope(actor), status__in=PUBLIC)


def contract_choices(actor: Actor, *, but: Sequence[str], chosen: str = "") -> list[tuple[str, str]]:
    """The contracts that a list may be narrowed to, by title: the latest ones, and the one that is chosen. One query.

    but     statuses in which there is nothing to list yet
    chosen  the key in the address, as typed
    """
    rows = visible_contracts(actor).exclude(status__in=but).values_list("pk", "title")
    found = {str(key): title for key, title in rows.order_by("-created_at")[:CHOICES]}
    if chosen and chosen not in found:
        with suppress(ValidationError):
            found |= {str(key): title for key, title in rows.filter(pk=chosen)}
    return sorted(found.items(), key=itemgetter(1))


def contracts_of_case(case_key: str) -> QuerySet[Contract]:
    """The contracts of one project, oldest first."""
    return Contract.objects.filter(award__lot__order__project_id=case_key).order_by("created_at")


def undrawn_awards(actor: Actor) -> QuerySet[Award]:
    """Confirmed awards of the actor's organization that have no contract yet (待起草合同), of orders that still want one."""
    # Not `contract__isnull`: that joins, and reads every contract whole where its key in an index is enough. The order's
    # status keeps the many awards out whose contracts are signed.
    drawn = Contract.objects.filter(award=OuterRef("pk"))
    return (
        Award.objects.filter(
            ~Exists(drawn), status="confirmed", buyer_id=actor.organization_id, lot__order__status__in=SIGNING
        )
        .select_related("lot__order", "bid__organization", "notice", "buyer")
        .order_by("published_at")
    )


def awards_to_draw(actor: Actor) -> QuerySet[Award]:
    """Where this person may draw up a contract: `undrawn_awards` for the officers who do it, nothing for others."""
    found = undrawn_awards(actor)
    return found if actor.has("programme_officer", "procurement_officer") else found.none()


def drafts_to_submit(actor: Actor) -> QuerySet[Contract]:
    """Drafts of the actor's organization, for the officers who write them."""
    return visible_contracts(actor).filter(status="draft", buyer_id=actor.organization_id)


def to_review(actor: Actor) -> QuerySet[Contract]:
    """Texts that wait for review, without those that this person drew up."""
    waiting = visible_contracts(actor).filter(status="legal_review", buyer_id=actor.organization_id)
    return waiting.exclude(drafted_by_key=actor.user_key)


def to_file(actor: Actor) -> QuerySet[Contract]:
    """Contracts in force of the actor's organization that have no filing number (待备案), the earliest term first."""
    return (
        visible_contracts(actor)
        .filter(buyer_id=actor.organization_id, signed_at__isnull=False, filing_number="")
        .order_by("file_due_at")
    )


def to_resume(actor: Actor) -> QuerySet[Contract]:
    """Paused contracts of the actor's organization."""
    return visible_contracts(actor).filter(status="paused", buyer_id=actor.organization_id)


def to_sign(actor: Actor) -> QuerySet[Contract]:
    """Frozen contracts whose PDF is ready and that wait for this person's side."""
    if actor.has("leader"):
        mine = Q(buyer_id=actor.organization_id, buyer_signed_at__isnull=True)
    elif actor.has("provider_admin"):
        mine = Q(provider_id=actor.organization_id, provider_signed_at__isnull=True)
    else:
        return Contract.objects.none()
    return visible_contracts(actor).filter(mine, status="signing", document__isnull=False)


def with_parts(contracts: QuerySet[Contract]) -> QuerySet[Contract]:
    """The contracts with lines, milestones, standards, fundings and signatures: five queries whatever their number."""
    return contracts.prefetch_related("lines", "milestones", "standards", "signatures", "fundings__allocation__line")


def split_over(amount: Decimal, allocations: Sequence[Allocation]) -> list[tuple[Allocation, Decimal]]:
    """How a contract is funded by a case's allocations (资金拆分).

    Donations given for this purpose go first and wholly: what donors gave for it is spent on it before public money, and
    never flows back into the public line. What is left is shared over the others by what was planned.
    returns  (allocation, yuan) for every part above 0.00; the parts add up to the amount exactly
    raises   ValueError when the allocations hold less than the amount
    source   慈善法第五十六条：按照捐赠目的使用; house.md 4b.2
    """
    free = {each.pk: each.planned_amount - each.contracted_amount for each in allocations}
    if sum(free.values(), ZERO) < amount:
        raise ValueError("the allocations hold less than the contract takes")
    parts = {each.pk: ZERO for each in allocations}
    left = amount
    for each in allocations:
        if each.line.source == "donation" and each.line.purpose:
            parts[each.pk] = min(free[each.pk], left)
            left -= parts[each.pk]
    others = [each for each in allocations if not parts[each.pk] and free[each.pk]]
    if left:
        for each, part in zip(others, share(left, [free[each.pk] for each in others]), strict=True):
            parts[each.pk] = part
    return [(each, parts[each.pk]) for each in allocations if parts[each.pk]]
