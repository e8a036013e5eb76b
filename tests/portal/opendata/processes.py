"""Contracting processes (采购过程) by the thousand: each drawn at random, its releases made and published as the rooms do it.

What the rooms read is varied in memory on the cases of the demonstration; course and end of each process are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from core import clock
from core.actor import SYSTEM
from procurement.acceptances.models import Acceptance
from procurement.acceptances.operations import acceptance_release
from procurement.amendments.models import Amendment
from procurement.amendments.operations import amendment_release
from procurement.awards.operations import award_release
from procurement.contracts.models import Contract
from procurement.contracts.wording import contract_notice, termination_notice
from procurement.notices.operations import publish_notice
from procurement.orders.models import Order
from procurement.orders.queries import METHODS, ended_release, tender_release

Release = tuple[str, dict[str, Any]]
LETTERS = "四点半课堂留守儿童陪伴a<b>&\"'\\/\n 　😀𠮷é"


def publish_processes(count: int, chance: Random) -> None:
    """Publish so many processes, each under an ocid of its own. writes  their notices and journal entries"""
    kinds = list(
        Contract.objects.select_related(
            "award__bid__organization", "award__lot__order__project", "award__lot__order__item__procurement_category",
            "award__lot__order__buyer", "buyer", "provider",
        ).prefetch_related(
            "lines", "milestones", "award__lot__order__lots", "award__lot__order__criteria",
            "award__lot__order__qualification_rules", "award__lot__order__milestone_plans",
        )
    )  # fmt: skip
    for _n in range(count):
        contract = deepcopy(chance.choice(kinds))
        order: Order = contract.award.lot.order
        order.project.ocid = f"ocds-213czf-{chance.getrandbits(48):012x}"
        vary(contract, chance)
        for kind, release in course(contract, chance):
            publish_notice(
                kind=kind, title=order.title, body=order.requirements, subject=order, case=str(order.project_id),
                ocid=order.project.ocid, buyer=order.buyer, region_path=order.region_path, actor=SYSTEM,
                release=release,
            )  # fmt: skip


def vary(contract: Contract, chance: Random) -> None:
    """Give a contract and its order other texts, days, quantities and amounts: the smallest, the largest, any."""
    order: Order = contract.award.lot.order
    order.title, order.requirements, order.project.need = (text(chance, size) for size in (100, 2000, 2000))
    order.project.planned_amount, order.method = yuan(chance), chance.choice(list(METHODS))
    order.published_at = clock.now() - timedelta(seconds=chance.randrange(10**8))
    order.bid_deadline = order.published_at + timedelta(seconds=chance.randrange(1, 10**7))
    if chance.random() < 0.3:
        order.item.procurement_category = None
    for thing in (order, contract):
        thing.starts_on = clock.today() + timedelta(days=chance.randrange(-400, 400))
        thing.ends_on = thing.starts_on + timedelta(days=chance.randrange(400))
    contract.title, contract.amount, contract.award.amount = text(chance, 60), yuan(chance), yuan(chance)
    contract.number = f"{contract.number}-{chance.randrange(10**6)}"
    for lot in [contract.award.lot, *order.lots.all()]:
        lot.title, lot.ceiling, lot.quantity = text(chance, 60), yuan(chance), whole(chance)
    for line in contract.lines.all():
        line.name, line.unit_price, line.quantity = text(chance, 60), yuan(chance), whole(chance)
    for each in [*contract.milestones.all(), *order.milestone_plans.all()]:
        each.name, each.due_on = text(chance, 60), thing.starts_on + timedelta(days=chance.randrange(400))


def course(contract: Contract, chance: Random) -> Iterator[Release]:
    """What is published of a process, in order: it fails, ends, is challenged, or goes on to some point of delivery."""
    order: Order = contract.award.lot.order
    yield "tender", tender_release(order)
    if chance.random() < 0.2:
        yield "amendment", tender_release(order)
    if chance.random() < 0.2:
        kind = chance.choice(["failure", "cancellation"])
        yield kind, ended_release(order, kind)
        return
    yield "award", award_release(contract.award, clock.now())
    if chance.random() < 0.1:
        yield "award_change", {"awards": [{"id": str(contract.award_id), "status": "cancelled"}]}
        return
    if chance.random() < 0.2:
        return
    yield "contract", contract_notice(contract, order, clock.now())["release"]
    for n in range(1, chance.randint(1, 3)):
        amended = Amendment(
            pk=UUID(int=chance.getrandbits(128)), contract=contract, n=n, code=chance.choice(Amendment.REASONS)[0],
            grounds=text(chance, 400), difference=chance.choice([1, -1]) * yuan(chance) / 10,
            ends_on=contract.ends_on + timedelta(days=30) if chance.random() < 0.5 else None,
        )  # fmt: skip
        yield "contract_change", amendment_release(amended, contract)
    for milestone in contract.milestones.all():
        if chance.random() < 0.6:
            result = chance.choice(["accept", "accept_partly"])
            accepted = Acceptance(contract=contract, milestone=milestone, result=result)
            yield "acceptance", acceptance_release(accepted, contract)
    if chance.random() < 0.2:
        code, cause = chance.choice(Contract.TERMINATIONS)
        yield "contract_end", termination_notice(contract, cause, code, clock.today())["release"]


def text(chance: Random, most: int) -> str:
    """Some text of one to `most` characters, among them what JSON, HTML and databases take badly."""
    return "课" + "".join(chance.choices(LETTERS, k=chance.randrange(most)))


def yuan(chance: Random) -> Decimal:
    """An amount from one fen to a hundred million yuan."""
    return Decimal(chance.randrange(1, 10 ** chance.randint(1, 10))).scaleb(-2)


def whole(chance: Random) -> int:
    """A quantity of any size that the column holds."""
    return chance.randrange(1, 10 ** chance.randint(1, 9))
