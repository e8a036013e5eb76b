"""Ways to contracts and acceptances, by operations from a confirmed award on."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from pypdf import PdfWriter

from core import clock, outbox
from core.lifecycle import begin
from core.outbox import OutboxItem
from procurement.acceptances.models import Acceptance
from procurement.acceptances.operations import confirm_acceptance, judge_acceptance, report_milestone
from procurement.awards.models import Award
from procurement.bids.models import Bid, BidLine
from procurement.contracts.drafting import attach_pdf, draw_contract, freeze_contract, submit_contract
from procurement.contracts.models import Contract
from procurement.contracts.operations import sign_contract
from procurement.orders.models import Lot, MilestonePlan, Order, OrderStandard
from procurement.projects.models import Project
from tests.cast import Cast
from tests.journeys.projects import approved_line, approved_project

# name, unit, quantity, unit price: 191,300.00 yuan together, as in the pictures.
LINES = (
    ("小组活动", "场", 36, "1200.00"),
    ("个案服务", "个", 20, "1500.00"),
    ("课业陪伴", "人次", 2000, "28.00"),
    ("家庭探访", "户次", 120, "150.00"),
    ("暑期夏令营", "人", 45, "980.00"),
)
MILESTONES = (("中期", 50), ("全部完成", 50))
MIDTERM = {1: 18, 2: 10, 3: 1000, 4: 60, 5: 0}
FINAL = {1: 34, 2: 20, 3: 1962, 4: 112, 5: 45}


@transaction.atomic
def confirmed_award(cast: Cast, *, organization: str = "buyer", provider: str = "provider1", n: int = 1) -> Award:
    """A confirmed award of 191,300.00 yuan out of 200,000.00 planned.

    The stages before are laid down as rows: their own tests walk them, and these tests need only their outcome.
    """
    fund = approved_line(cast, "5000000.00", organization=organization)
    project = approved_project(
        cast, organization=organization, title=f"王家桥困境儿童服务{n}", quantity=125, unit_price="1600.00", line=fund
    )
    actor = cast.actor("buyer" if organization == "buyer" else "other_buyer")
    shared: dict[str, Any] = {"buyer": project.buyer, "region_path": project.region_path}
    order = begin(
        Order(
            project=project,
            item=project.item,
            title=project.title,
            why=project.need,
            requirements="每周五次课业陪伴，全年三十六场小组活动。",
            place="王家桥社区青少年活动室",
            starts_on=date(2026, 9, 1),
            ends_on=date(2026, 12, 31),
            bid_deadline=clock.now() - timedelta(days=20),
            payment_terms="中期付 50%，全部完成后付清。",
            drafted_by_key=actor.user_key,
            drafted_by_name=actor.user_name,
            number=f"WH-2026-{900 + n}" if organization == "buyer" else f"WH-2026-{800 + n}",
            published_at=clock.now() - timedelta(days=30),
            **shared,
        ),
        actor=actor,
    )
    for place, (name, percent) in enumerate(MILESTONES, 1):
        MilestonePlan.objects.create(order=order, n=place, name=name, share=percent, due_on=date(2026, 9 + place, 30))
    OrderStandard.objects.create(order=order, n=1, name="签到率", target="不低于 75%", evidence="抽查签到表")
    lot = Lot.objects.create(order=order, title=order.title, quantity=1, unit="项", ceiling=Decimal("200000.00"))
    bidder = cast.actor(provider)
    bid = begin(
        Bid(lot=lot, organization=cast.org(provider), content={"plan": {"approach": "两名社工驻点，志愿者轮班。"}}),
        actor=bidder,
    )
    amount = Decimal(0)
    for place, (name, unit, quantity, price) in enumerate(LINES, 1):
        value = quantity * Decimal(price)
        BidLine.objects.create(
            bid=bid,
            n=place,
            cost_class="activity",
            name=name,
            unit=unit,
            quantity=quantity,
            unit_price=price,
            amount=value,
        )
        amount += value
    award = begin(
        Award(
            lot=lot,
            bid=bid,
            amount=amount,
            reason="综合得分第一",
            proposed_by_key=actor.user_key,
            proposed_by_name=actor.user_name,
            published_at=clock.now() - timedelta(days=8),
            standstill_ends_at=clock.now() - timedelta(days=1),
            **shared,
        ),
        actor=actor,
    )
    for model, key, status in ((Order, order.pk, "awarded"), (Bid, bid.pk, "awarded"), (Award, award.pk, "confirmed")):
        model.objects.filter(pk=key).update(status=status)
    Project.objects.filter(pk=project.pk).update(status="procuring")
    return Award.objects.get(pk=award.pk)


@transaction.atomic
def award_of_another_lot(cast: Cast, award: Award, provider: str = "provider2") -> Award:
    """A confirmed award of a second lot of the same order, at one yuan a unit: another provider in the same project."""
    order, actor = award.lot.order, cast.actor("buyer")
    lot = Lot.objects.create(order=order, n=2, title="第二包", quantity=1, unit="项", ceiling=Decimal("5000.00"))
    plan = {"plan": {"approach": "志愿者轮班。"}}
    bid = begin(Bid(lot=lot, organization=cast.org(provider), content=plan), actor=cast.actor(provider))
    for place, (name, unit, quantity, _price) in enumerate(LINES, 1):
        figures = {"quantity": quantity, "unit_price": Decimal("1.00"), "amount": Decimal(quantity)}
        BidLine.objects.create(bid=bid, n=place, cost_class="activity", name=name, unit=unit, **figures)
    copied = {
        name: getattr(award, name)
        for name in ("buyer", "region_path", "reason", "proposed_by_key", "proposed_by_name", "published_at", "standstill_ends_at")
    }  # fmt: skip
    amount = Decimal(sum(quantity for _name, _unit, quantity, _price in LINES))
    second = begin(Award(lot=lot, bid=bid, amount=amount, **copied), actor=actor)
    Bid.objects.filter(pk=bid.pk).update(status="awarded")
    Award.objects.filter(pk=second.pk).update(status="confirmed")
    return Award.objects.get(pk=second.pk)


def drawn_contract(cast: Cast, **how: Any) -> Contract:
    """A draft."""
    return draw_contract(confirmed_award(cast, **how), actor=cast.actor("buyer"))


def reviewed_contract(cast: Cast, contract: Contract) -> Contract:
    """A draft handed in by its drafter, passed and frozen by another person of the same buyer."""
    drafter = next(login for login, user in cast.users.items() if str(user.pk) == contract.drafted_by_key)
    leader = "leader" if contract.buyer_id == cast.org("buyer").pk else "other_leader"
    submit_contract(contract, actor=cast.actor(drafter))
    return freeze_contract(contract, actor=cast.actor(leader), opinion="条款齐全，与采购文件一致。")


def print_now() -> None:
    """Do what a worker does: relay the outbox now, whatever its lease or wait."""
    OutboxItem.objects.filter(done_at__isnull=True).update(due_at=clock.now())
    outbox.relay()


def frozen_contract(cast: Cast, draft: Contract | None = None, *, printed: bool = False, **how: Any) -> Contract:
    """A contract that waits for both signatures. printed: by the worker's own way; else one blank page, in no time."""
    contract = reviewed_contract(cast, draft or drawn_contract(cast, **how))
    if printed:
        print_now()
    else:
        page = PdfWriter()
        page.add_blank_page(595, 842)
        # The number makes each text differ from every other, as a printed one does.
        page.add_metadata({"/Title": f"{contract.number} {contract.version}"})
        out = io.BytesIO()
        page.write(out)
        attach_pdf(str(contract.pk), contract.version, out.getvalue())
    return Contract.objects.get(pk=contract.pk)


def sign_both(cast: Cast, contract: Contract) -> Contract:
    """Both sides sign what stands."""
    sign_contract(Contract.objects.get(pk=contract.pk), actor=cast.actor("leader"), digest=contract.digest)
    provider = next(key for key, org in cast.organizations.items() if org.pk == contract.provider_id)
    sign_contract(Contract.objects.get(pk=contract.pk), actor=cast.actor(provider), digest=contract.digest)
    return Contract.objects.get(pk=contract.pk)


def signed_contract(cast: Cast, draft: Contract | None = None, **how: Any) -> Contract:
    """A contract in force."""
    return sign_both(cast, frozen_contract(cast, draft, **how))


def reported_milestone(
    cast: Cast, contract: Contract, n: int = 1, quantities: dict[int, int] | None = None
) -> Acceptance:
    """A milestone that waits to be judged."""
    provider = next(key for key, org in cast.organizations.items() if org.pk == contract.provider_id)
    return report_milestone(
        contract.milestones.get(n=n),
        actor=cast.actor(provider),
        summary="按计划完成。",
        quantities=quantities or (MIDTERM if n == 1 else FINAL),
    )


def judged_milestone(
    cast: Cast, contract: Contract, n: int = 1, quantities: dict[int, int] | None = None
) -> Acceptance:
    """A milestone accepted as reported."""
    acceptance = reported_milestone(cast, contract, n, quantities)
    claimed = {row.line.n: row.claimed_quantity for row in acceptance.lines.select_related("line")}
    judge_acceptance(
        Acceptance.objects.get(pk=acceptance.pk),
        actor=cast.actor("buyer"),
        members=[cast.actor("procurer").user_key],
        quantities=claimed,
        standards={each.n: True for each in contract.standards.all()},
        opinion="资料齐全，数量属实。",
    )
    return confirmed(cast, acceptance)


def confirmed(cast: Cast, acceptance: Acceptance) -> Acceptance:
    """A judged acceptance that the rest of its group confirms."""
    members = [login for login, user in cast.users.items() if acceptance.group.filter(person_key=user.pk).exists()]
    for login in members:
        acceptance = confirm_acceptance(Acceptance.objects.get(pk=acceptance.pk), actor=cast.actor(login))
    return acceptance
