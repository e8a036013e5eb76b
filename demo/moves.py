"""The moves of the story: each stage of a case in one call, by the people whose turn it is, on its day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from catalog.items.models import Item
from core import clock, outbox
from core.actor import Actor
from core.documents import store
from demo.people import PEOPLE, World
from procurement.acceptances.models import Acceptance
from procurement.acceptances.operations import confirm_acceptance, judge_acceptance, report_milestone
from procurement.awards.models import Award
from procurement.awards.operations import confirm_award, propose_award, publish_award
from procurement.bids.envelope import PLEDGES
from procurement.bids.models import Bid, Opening
from procurement.bids.opening import turn_key
from procurement.bids.operations import attach_file, begin_bid, save_bid_draft, submit_bid
from procurement.budgets.models import BudgetLine
from procurement.contracts.drafting import draw_contract, freeze_contract, submit_contract
from procurement.contracts.models import Contract
from procurement.contracts.operations import file_contract, sign_contract
from procurement.orders.models import Order
from procurement.orders.operations import approve_order, draft_order, publish_order, submit_order
from procurement.panels.models import Panel
from procurement.panels.operations import declare_conflict, draw_experts
from procurement.payments.invoicing import enter_invoice
from procurement.payments.operations import approve_payment, record_payment, request_payment
from procurement.projects.models import Project
from procurement.projects.operations import Cost, approve_project, draft_project, submit_project
from procurement.reviews.models import Review
from procurement.reviews.operations import check_bid, consolidate_review, start_scoring, submit_sheet
from procurement.reviews.queries import hand_scored
from procurement.settlements.models import Settlement
from procurement.settlements.operations import approve_settlement, check_settlement, confirm_settlement, draw_settlement


@dataclass(frozen=True)
class Team:
    """The people of one buyer, by the part they play."""

    buyer: str
    procurer: str
    leader: str
    finance: str
    discipline: str


LEAGUE = Team("buyer", "procurer", "leader", "finance", "discipline")
UNION = Team("union_buyer", "union_procurer", "union_leader", "union_finance", "union_discipline")
WOMEN = Team("women_buyer", "women_procurer", "women_leader", "women_finance", "women_discipline")


class Stage:
    """The world with a clock: `stage.on(-120)` puts everybody a hundred and twenty days before today."""

    def __init__(self, world: World, today: date) -> None:
        self.world, self.today = world, today

    @contextmanager
    def on(self, days: int, hour: int = 10, minute: int = 0) -> Iterator[date]:
        """The day so many days from today, at this hour in Shanghai; the clock stands still within."""
        day = self.today + timedelta(days=days)
        with clock.travel(datetime.combine(day, time(hour, minute), tzinfo=clock.SHANGHAI)):
            yield day

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Just this moment."""
        with clock.travel(moment):
            yield

    def actor(self, login: str) -> Actor:
        """The person as they act now."""
        return self.world.actor(login)

    def day(self, days: int) -> date:
        """The day so many days from today."""
        return self.today + timedelta(days=days)


def approved_project(
    stage: Stage,
    team: Team,
    item: Item,
    fundings: Mapping[BudgetLine, Decimal],
    costs: Sequence[Cost],
    **facts: Any,
) -> Project:
    """Write, submit and approve a project in one morning."""
    project = draft_project(item, actor=stage.actor(team.buyer), costs=costs, fundings=fundings, **facts)
    project = submit_project(project, actor=stage.actor(team.buyer))
    return approve_project(project, actor=stage.actor(team.leader), opinion="需求真实、目标明确、成本合理，同意立项。")


def published_order(stage: Stage, team: Team, project: Project, **facts: Any) -> Order:
    """Issue the order: written by the programme officer, reviewed by the leadership, published by procurement."""
    order = draft_order(project, actor=stage.actor(team.buyer), **facts)
    order = submit_order(order, actor=stage.actor(team.buyer))
    order = approve_order(order, actor=stage.actor(team.leader))
    return publish_order(order, actor=stage.actor(team.procurer))


def sealed_bid(stage: Stage, order: Order, login: str, price: Decimal) -> Bid:
    """One provider's bid with a priced proposal and a file."""
    actor = stage.actor(login)
    lot = order.lots.all()[0]
    bid = begin_bid(lot, actor=actor)
    save_bid_draft(bid, proposal(order, PEOPLE[login].name, price), actor=actor, device="演示")
    attach_file(
        bid, f"{actor.organization_name}\n服务方案（演示）\n".encode(), name="服务方案.txt", actor=actor, kind="方案"
    )
    return submit_bid(bid, actor=actor)


def proposal(order: Order, contact: str, price: Decimal) -> dict[str, Any]:
    """A complete proposal as a provider types it, whose total is exactly `price` yuan."""
    lot = order.lots.all()[0]
    management = (price * 6 / 100).quantize(Decimal("0.01"))
    staff = (price * 36 / 100).quantize(Decimal("0.01"))
    unit_price = ((price - management - staff) / lot.quantity).quantize(Decimal("0.01"))
    activity = unit_price * lot.quantity
    staff = price - management - activity
    return {
        "contact": {"name": contact, "phone": "0871-60001000", "email": "office@example.org"},
        "plan": {
            "understanding": f"走访了{order.place}的社区和家庭，按年龄和家庭情况分成三类，逐类写明目标。",
            "approach": "固定时间、固定地点的陪伴服务为主，小组活动和个案服务为辅，每月一次家长见面。",
            "schedule": "两名专职社工、一名督导，每周排班表在社区公示。",
            "safeguarding": "接触未成年人的人员入职前查询违法犯罪记录，外出一律取得监护人同意并投保。",
            "quality": "每场活动当天记录，每月复盘，服务记录三日内归档。",
            "sustainability": "每季度培养十名社区骨干，项目结束后由社区接手周末场次。",
        },
        "team": [
            {"name": "项目负责人", "role": "负责人", "certificate": "中级社会工作师", "months": "12"},
            {"name": "专职社工", "role": "社工", "certificate": "助理社会工作师", "months": "12"},
        ],
        "lines": [
            _line("activity", f"{order.item.name}服务", lot.unit, lot.quantity, unit_price),
            _line("staff", "专职社工补贴", "项", 1, staff),
            _line("management", "督导、财务与审计", "项", 1, management),
        ],
        "pledges": dict.fromkeys(PLEDGES, "on"),
    }


def _line(cost_class: str, name: str, unit: str, quantity: int, unit_price: Decimal) -> dict[str, str]:
    return {
        "cost_class": cost_class,
        "name": name,
        "unit": unit,
        "quantity": str(quantity),
        "unit_price": str(unit_price),
        "reason": "参照目录参考单价",
    }


def opened(stage: Stage, team: Team, order: Order) -> Order:
    """Just after the deadline two people of different offices turn their keys, each in an own session."""
    with stage.at(order.bid_deadline + timedelta(minutes=3)):
        opening = turn_key(
            Opening.objects.get(order=order), actor=stage.actor(team.procurer), session_key=f"a{order.pk}"
        )
    with stage.at(order.bid_deadline + timedelta(minutes=6)):
        opening = Opening.objects.get(pk=opening.pk)
        turn_key(opening, actor=stage.actor(team.discipline), session_key=f"b{order.pk}")
    return Order.objects.get(pk=order.pk)


def drawn_panel(stage: Stage, team: Team, order: Order, size: int = 3) -> Panel:
    """Draw the experts and let each of them declare."""
    panel = Panel.objects.get(lot__order=order)
    panel = draw_experts(panel, actor=stage.actor(team.procurer), size=size, due_on=clock.today() + timedelta(days=3))
    for login in seated(stage, panel):
        panel = declare_conflict(Panel.objects.get(pk=panel.pk), actor=stage.actor(login), answer="none")
    return Panel.objects.get(pk=panel.pk)


def seated(stage: Stage, panel: Panel) -> list[str]:
    """The log-ins of the experts who sit, in the order of their seats."""
    logins = {user.pk: login for login, user in stage.world.users.items()}
    return [logins[seat.expert.user_id] for seat in panel.seats.filter(is_recused=False).select_related("expert")]


def checked_bids(stage: Stage, team: Team, order: Order) -> Review:
    """Every bid passes every rule; then the experts may score."""
    review = Review.objects.get(lot__order=order)
    results = {str(rule.pk): (True, "") for rule in order.qualification_rules.all()}
    for bid in Bid.objects.filter(lot=review.lot, status="opened").order_by("letter"):
        review = check_bid(review, actor=stage.actor(team.procurer), bid=bid, results=results)
    return start_scoring(review, actor=stage.actor(team.procurer))


def sheet(review: Review, favored: str, expert: int) -> dict[str, dict[int, dict[str, Any]]]:
    """One expert's marks in half points between 60 % and 90 % of each weight; the favored organization's are the best.

    Objective criteria are marked the same by everybody.
    """
    marks: dict[str, dict[int, dict[str, Any]]] = {}
    bids = Bid.objects.filter(lot=review.lot, status="responsive").select_related("organization").order_by("letter")
    for place, bid in enumerate(bids):
        best = bid.organization.name == favored
        row = marks.setdefault(bid.letter, {})
        for criterion in hand_scored(review.lot.order):
            judge = 0 if criterion.kind == "objective" else expert % 2
            percent = 87 if best else 76 - 3 * place - 2 * judge
            halves = max(criterion.weight * 2 * percent // 100, -(-criterion.weight * 2 * 60 // 100))
            row[criterion.n] = {"points": Decimal(halves) / 2, "reason": "方案具体，依据充分。"}
    return marks


def scored(stage: Stage, order: Order, favored: str, *, leave_out: int = 0) -> Review:
    """The experts hand in their sheets, each alone; the last `leave_out` of them have not yet."""
    review = Review.objects.get(lot__order=order)
    logins = seated(stage, review.lot.panel)
    for n, login in enumerate(logins[: len(logins) - leave_out]):
        review = submit_sheet(
            Review.objects.get(pk=review.pk), actor=stage.actor(login), scores=sheet(review, favored, n)
        )
    return Review.objects.get(pk=review.pk)


def published_award(stage: Stage, team: Team, order: Order) -> Award:
    """Consolidate, propose the first in rank, publish."""
    review = Review.objects.get(lot__order=order)
    consolidate_review(review, actor=stage.actor(team.procurer))
    award = propose_award(
        order.lots.all()[0], actor=stage.actor(team.procurer), reason="综合得分第一，方案与团队均符合要求。"
    )
    return publish_award(award, actor=stage.actor(team.leader))


def standstill_end(award: Award) -> datetime:
    """When the published award's standstill ends, UTC."""
    if award.standstill_ends_at is None:
        raise ValueError("the award was not published")
    return award.standstill_ends_at


def confirmed_award(stage: Stage, team: Team, award: Award) -> Award:
    """After the standstill the officer confirms."""
    with stage.at(standstill_end(award) + timedelta(hours=10)):
        return confirm_award(Award.objects.get(pk=award.pk), actor=stage.actor(team.procurer))


def signed_contract(stage: Stage, team: Team, award: Award, provider: str) -> Contract:
    """Draw up, let another person review, print in the background, sign on both sides, file with the finance bureau."""
    contract = draw_contract(Award.objects.get(pk=award.pk), actor=stage.actor(team.buyer))
    contract = submit_contract(contract, actor=stage.actor(team.buyer))
    opinion = "主体、标的、价款、验收和违约责任齐全，与采购文件一致，同意定稿。"
    contract = freeze_contract(contract, actor=stage.actor(team.procurer), opinion=opinion)
    outbox.relay()
    contract = Contract.objects.get(pk=contract.pk)
    contract = sign_contract(contract, actor=stage.actor(provider), digest=contract.digest)
    contract = Contract.objects.get(pk=contract.pk)
    contract = sign_contract(contract, actor=stage.actor(team.leader), digest=contract.digest)
    number = f"五财采备{contract.number.rpartition('〔')[2]}" if contract.number else ""
    return file_contract(contract, actor=stage.actor(team.procurer), filing_number=number, filed_on=clock.today())


def accepted_milestone(
    stage: Stage, contract: Contract, n: int, provider: str, acceptor: str, shares: tuple[int, int]
) -> None:
    """Report and judge milestone n: delivered quantities so far are `shares` of the contract (numerator, denominator)."""
    milestone = contract.milestones.get(n=n)
    top, bottom = shares
    quantities = {line.n: line.quantity * top // bottom for line in contract.lines.all()}
    acceptance = report_milestone(
        milestone,
        actor=stage.actor(provider),
        summary=f"{milestone.name}：按计划完成，记录、签到和照片已归档，街道已核实。",
        quantities=quantities,
    )
    standards = {standard.n: True for standard in contract.standards.all()}
    member = "street" if acceptor == "buyer" else "buyer"
    judge_acceptance(
        acceptance,
        actor=stage.actor(acceptor),
        members=[stage.actor(member).user_key],
        others=["服务对象代表"],
        quantities=quantities,
        standards=standards,
        opinion="逐项核对服务标准，抽查服务对象，情况属实。",
    )
    confirm_acceptance(Acceptance.objects.get(pk=acceptance.pk), actor=stage.actor(member))


def paid_settlement(
    stage: Stage,
    team: Team,
    contract: Contract,
    *,
    kind: str,
    n: int = 0,
    voucher: str = "",
    deductions: Sequence[tuple[str, str, Decimal]] = (),
) -> Settlement:
    """Draw, check, approve; ask for the payment, approve it, record the treasury's voucher."""
    milestone = contract.milestones.get(n=n) if n else None
    settlement = draw_settlement(
        contract, actor=stage.actor(team.buyer), kind=kind, milestone=milestone, deductions=deductions
    )
    settlement = check_settlement(settlement, actor=stage.actor(team.finance))
    head = next(
        key
        for key, person in PEOPLE.items()
        if stage.world.organizations[person.organization].pk == contract.provider_id
    )
    settlement = confirm_settlement(settlement, actor=stage.actor(head))
    settlement = approve_settlement(settlement, actor=stage.actor(team.leader))
    if not voucher:
        return settlement
    enter_invoice(
        settlement,
        actor=stage.actor(head),
        invoice_number=f"2653{int(settlement.pk) % 10**16:016d}",
        issued_on=clock.today(),
        amount=settlement.payable_amount,
        seller_uscc=contract.provider.uscc or "",
        file=store(f"{settlement}\n发票（演示）".encode(), name="发票.txt", actor=stage.actor(head), purpose="invoice"),
    )
    payment = request_payment(settlement, actor=stage.actor(team.finance))
    payment = approve_payment(payment, actor=stage.actor(team.leader), amount=payment.amount)
    record_payment(payment, actor=stage.actor("cashier"), voucher_number=voucher, paid_on=clock.today())
    return Settlement.objects.get(pk=settlement.pk)
