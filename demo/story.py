"""The story (故事): six cases from the letter's district, each played to where it stands today."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from accounts.organizations.models import Organization
from accounts.organizations.operations import enter_organization
from catalog.items.models import Item
from core.money import yuan
from demo import delivery, moves
from demo.basis import DONATED
from demo.moves import LEAGUE, UNION, WOMEN, Stage, Team
from demo.people import ROOT, uscc
from procurement.awards.models import Award
from procurement.budgets.models import BudgetLine
from procurement.budgets.operations import request_line
from procurement.challenges.operations import admit_challenge, file_challenge
from procurement.contracts.models import Contract
from procurement.orders.models import Order
from procurement.orders.operations import draft_order, submit_order
from procurement.projects.models import Project
from procurement.projects.operations import Cost, draft_project, submit_project
from procurement.settlements.models import Settlement

CHILDREN = "王家桥困境儿童服务"
KITCHEN = "“益厨”营养餐与亲情陪护"
FUNDS = {"league": "QN-01", "union": "ZG-01", "women": "FN-01"}
YIXIN = "五华区益心青少年事务社会工作服务中心"


def _fund(stage: Stage, key: str, code: str, days: int) -> BudgetLine:
    """The line of the year in which that day lies."""
    return BudgetLine.objects.get(buyer=stage.world.organizations[key], fiscal_year=stage.day(days).year, code=code)


def _item(stage: Stage, key: str, code: str) -> Item:
    return Item.objects.get(edition__buyer=stage.world.organizations[key], edition__status="published", code=code)


def _cost(item: Item, quantity: int) -> Cost:
    return Cost(cost_class="activity", name=item.name, unit=item.unit, quantity=quantity, unit_price=item.norm_price)


def _project(stage: Stage, team: Team, what: tuple[str, str, int], days: int, place: str, **facts: Any) -> Project:
    """A project approved that day. what: buyer, code of the catalogue item, quantity at its norm price."""
    key, code, quantity = what
    item = _item(stage, key, code)
    with stage.on(days):
        return moves.approved_project(
            stage,
            team,
            item,
            {_fund(stage, key, FUNDS[key], days): item.norm_price * quantity},
            [_cost(item, quantity)],
            region=stage.world.regions[place],
            **facts,
        )


def _prices(amount: Decimal, *percents: str) -> list[Decimal]:
    return [yuan(amount * Decimal(percent) / 100) for percent in percents]


def children_settled(stage: Stage) -> Contract:
    """王家桥困境儿童服务: the whole way, settled and paid to the last yuan."""
    project = _project(
        stage,
        LEAGUE,
        ("league", "W03-02", 80),
        -290,
        "王家桥社区",
        title=CHILDREN,
        need="王家桥片区城中村困境儿童、外来务工子女和留守儿童较多，居民反映放学后没人管；社区走访确认需要持续陪伴的儿童 45 名。",
        beneficiaries="王家桥片区困境儿童、外来务工子女约 45 名",
        goals="完成小组活动和个案服务，服务 2000 人次以上；服务对象满意度不低于 90%。",
        feasibility="场地由社区提供，区内有三家以上机构开展过同类服务，报价区间可比。",
        starts_on=stage.day(-240),
        ends_on=stage.day(-20),
    )
    with stage.on(-286):
        order = moves.published_order(stage, LEAGUE, project)
    bidders = ("provider1", "provider2", "provider3", "provider5")
    with stage.on(-283):
        for login, price in zip(
            bidders, _prices(project.planned_amount, "93.50", "96.20", "95.00", "97.80"), strict=True
        ):
            moves.sealed_bid(stage, order, login, price)
    contract = _to_contract(stage, LEAGUE, order, YIXIN, "provider1")
    with stage.on(-240):
        delivery.everyday_papers(stage, "provider1", contract)
        stage.world.facts["children"] = delivery.children(stage, "worker1", "WJ", 45)
        framework = delivery.published_framework(stage, LEAGUE, "league")
    schedule = ((1, -180, (1, 2), "yixin-1"), (2, -90, (9, 10), "yixin-2"), (3, -18, (1, 1), "yixin-3"))
    for n, days, delivered, voucher in schedule:
        _children_weeks(stage, contract, n)
        with stage.on(days, 8):
            delivery.counted(stage, LEAGUE, contract)
        with stage.on(days, 9):
            moves.accepted_milestone(stage, contract, n, "provider1", "street2", delivered)
        with stage.on(days + 4, 11):
            moves.paid_settlement(
                stage, LEAGUE, contract, kind="milestone", n=n, voucher=f"GK{stage.day(days + 4):%Y%m%d}-{voucher[-1]}"
            )
    contract = Contract.objects.get(pk=contract.pk)
    assessment = delivery.assessed(stage, LEAGUE, contract, framework, -17)
    with stage.on(-8):
        contract = Contract.objects.get(pk=contract.pk)
        moves.paid_settlement(stage, LEAGUE, contract, kind="final", voucher=f"GK{stage.day(-8):%Y%m%d}-4")
    with stage.on(-7):
        stage.world.facts["assessment"] = delivery.applied(stage, LEAGUE, assessment)
    return Contract.objects.get(pk=contract.pk)


# The fifteen activities: before which milestone, the first day, how many days, what; together 80 场.
WEEKS = (
    *((1, -236 + 7 * n, 5, f"四点半课堂第 {n + 1} 周") for n in range(6)),
    (1, -194, 5, "成长小组：我会说不"),
    (1, -187, 5, "成长小组：情绪天气"),
    *((2, -176 + 12 * n, 5, f"四点半课堂第 {n + 7} 周") for n in range(4)),
    (2, -124, 6, "亲子阅读周"),
    (2, -112, 6, "自护教育周"),
    (3, -80, 8, "假期成长营"),
)
STAFF = ("带队社工甲", "带队社工乙", "带队社工丙", "带队社工丁", "带队社工戊", "带队社工己")


def _children_weeks(stage: Stage, contract: Contract, milestone: int) -> None:
    """The activities before a milestone, from plan to verified; expenses beside them. The camp takes all 45 children."""
    everyone = stage.world.facts["children"]
    for n, (before, days, sessions, title) in enumerate(WEEKS):
        if before != milestone:
            continue
        camp = title == "假期成长营"
        with stage.on(days - 4):
            staff = delivery.team(stage, "worker1", STAFF)
        roster = everyone if camp else everyone[n % 3 * 7 : n % 3 * 7 + 28]
        activity = delivery.session(
            stage, contract, stage.day(days), days=sessions, login="worker1", roster=roster, staff=staff, title=title,
            region=stage.world.regions["王家桥社区"], is_trip=camp, planned_people=len(roster),
            place="昆明市青少年活动营地" if camp else "王家桥社区青少年之家", segments="困境儿童、家长",
            hours=(9, 17) if camp else (16, 18),
            plan="由四点半课堂、成长小组和亲子活动组成，每天签到、晚间送至家长。",
        )  # fmt: skip
        new = len(roster) if n == 0 else 8 if camp else 3 if n < 4 else 0
        heads = [(len(roster) * sessions - n % 4, len(roster), new), (6 + n % 5, 6 + n % 5, 2 if n < 4 else 0)]
        delivery.recorded(stage, activity, heads, sessions, "两名儿童轻微擦伤，已处理并告知家长。" if n == 5 else "")
        delivery.verified(stage, activity, "street2")
        with stage.on(days + sessions + 2, 11):
            usage, payee, amount = BOUGHT[n % len(BOUGHT)]
            kept = delivery.spent(
                stage, contract, f"{amount * sessions}.00", usage=usage, payee=payee, finance="finance"
            )
            stage.world.facts["expense"] = kept.pk


BOUGHT = (
    ("materials", "昆明文教用品批发部", 820),
    ("meals", "王家桥社区食堂", 1150),
    ("staff", "项目人员补贴发放表", 960),
    ("activity", "昆明市青少年活动营地", 1340),
)


def _to_contract(stage: Stage, team: Team, order: Order, favored: str, provider: str) -> Contract:
    """From sealed bids to the signed contract, each stage on its own day after the deadline."""
    order = moves.opened(stage, team, order)
    after = (order.bid_deadline.date() - stage.today).days
    with stage.on(after + 1, 9):
        moves.drawn_panel(stage, team, order)
        moves.checked_bids(stage, team, order)
    with stage.on(after + 2, 15):
        moves.scored(stage, order, favored)
        award = moves.published_award(stage, team, order)
    award = moves.confirmed_award(stage, team, award)
    signed = (moves.standstill_end(award).date() - stage.today).days + 3
    with stage.on(signed, 14):
        return moves.signed_contract(stage, team, award, provider)


def kitchen_delivering(stage: Stage) -> Contract:
    """“益厨”: in contract; 43,267.30 yuan of donations stay apart from the fiscal money."""
    item = _item(stage, "league", "W03-03")
    donation = BudgetLine.objects.get(pk=stage.world.facts["donation"])
    quantity = max(1, int((DONATED * 3) / item.norm_price))
    amount = item.norm_price * quantity
    with stage.on(-150):
        project = moves.approved_project(
            stage,
            LEAGUE,
            item,
            {_fund(stage, "league", "QN-01", -150): amount - DONATED, donation: DONATED},
            [_cost(item, quantity)],
            title=KITCHEN,
            region=stage.world.regions["大观街道"],
            need="拍卖筹款会募得 43,267.30 元，捐赠人指定投入“益厨”；片区孩子放学后没有热饭吃、没有人陪。",
            beneficiaries="大观街道困境家庭儿童",
            goals="每个上学日提供营养餐和陪伴，捐赠资金单独记账、只用于食材与餐具。",
            feasibility="厨房由社区党群服务中心提供，食品经营许可已办。",
            starts_on=stage.day(-90),
            ends_on=stage.day(120),
        )
    with stage.on(-146):
        order = moves.published_order(stage, LEAGUE, project)
    with stage.on(-143):
        for login, price in zip(
            ("provider1", "provider2", "provider3"), _prices(amount, "96.00", "98.40", "97.10"), strict=True
        ):
            moves.sealed_bid(stage, order, login, price)
    contract = _to_contract(stage, LEAGUE, order, YIXIN, "provider1")
    with stage.on(-30, 9):
        moves.accepted_milestone(stage, contract, 1, "provider1", "street", (2, 5))
    with stage.on(-26, 11):
        moves.paid_settlement(stage, LEAGUE, contract, kind="milestone", n=1, voucher=f"GK{stage.day(-26):%Y%m%d}-7")
    return Contract.objects.get(pk=contract.pk)


def open_for_bids(stage: Stage) -> Order:
    """An order out to bid: two providers have sealed something, one is writing; nobody else can tell."""
    project = _project(
        stage,
        LEAGUE,
        ("league", "W05-01", 60),
        -9,
        "五华区",
        title="新就业形态青年心理支持",
        need="外卖、快递青年工作时间长、压力大，座谈中多次提出想有人聊聊。",
        beneficiaries="全区外卖、快递等新就业形态青年",
        goals="提供个别咨询和团体辅导，危机个案 24 小时内响应。",
        feasibility="区内有两家以上具备资质的心理服务机构，时间安排在晚间和周末。",
        starts_on=stage.day(45),
        ends_on=stage.day(300),
    )
    with stage.on(-3, 9):
        order = moves.published_order(stage, LEAGUE, project)
    with stage.on(-1, 20):
        for login, price in zip(
            ("provider6", "provider3"), _prices(project.planned_amount, "95.00", "97.00"), strict=True
        ):
            moves.sealed_bid(stage, order, login, price)
    return order


def more_calls(stage: Stage) -> list[Order]:
    """Two more calls that take bids, of the women's federation and of the League; an open market looks like this."""
    calls = (
        (WOMEN, ("women", "W02-01", 8), "女性就业技能提升班", "华山街道", -2),
        (LEAGUE, ("league", "W02-05", 12), "社区青年夜校（冬季）", "护国街道", -1),
    )
    orders = []
    for team, what, title, street, days in calls:
        project = _project(
            stage,
            team,
            what,
            days,
            street,
            title=title,
            need=f"{street}居民在需求征集中多次提出，社区已核实人数和场地。",
            goals="按期开班，结业率不低于 80%，参加者满意度不低于 90%。",
            feasibility="场地由街道提供，区内有两家以上机构开展过同类服务。",
            starts_on=stage.day(40),
            ends_on=stage.day(160),
        )
        with stage.on(days, 12):
            orders.append(moves.published_order(stage, team, project))
    return orders


def to_be_opened(stage: Stage) -> Order:
    """An order whose deadline has passed: three bids lie sealed and two officers are wanted."""
    project = _project(
        stage,
        LEAGUE,
        ("league", "W03-06", 600),
        -16,
        "莲华街道",
        title="高校青年志愿者进社区",
        need="社区周末活动缺人手，高校志愿者流动性大，缺培训和记录。",
        goals="培训并组织志愿者 600 人次，时长 7 日内录入全国系统。",
        feasibility="三所高校团委愿意配合招募。",
        starts_on=stage.day(30),
        ends_on=stage.day(200),
    )
    with stage.on(-12, 9):
        order = moves.published_order(stage, LEAGUE, project)
    with stage.on(-10, 20):
        for login, price in zip(
            ("provider2", "provider5", "provider4"), _prices(project.planned_amount, "94", "96", "97"), strict=True
        ):
            moves.sealed_bid(stage, order, login, price)
    return order


def in_review(stage: Stage) -> Order:
    """An order in review: the panel sits, one sheet is still out."""
    project = _project(
        stage,
        LEAGUE,
        ("league", "W03-02", 40),
        -40,
        "大观街道",
        title="留守儿童课业陪伴服务",
        need="大观街道留守儿童放学后无人辅导，家长反映集中。",
        beneficiaries="大观街道留守儿童",
        goals="每周三次课业陪伴，每月一次亲子活动。",
        feasibility="社区提供教室，志愿者由高校团组织协助招募。",
        starts_on=stage.day(30),
        ends_on=stage.day(210),
    )
    with stage.on(-36):
        order = moves.published_order(stage, LEAGUE, project)
    with stage.on(-33):
        prices = _prices(project.planned_amount, "95.80", "92.90", "97.60", "90.10")
        for login, price in zip(("provider1", "provider2", "provider3", "provider4"), prices, strict=True):
            moves.sealed_bid(stage, order, login, price)
    order = moves.opened(stage, LEAGUE, order)
    with stage.on(-2, 9):
        moves.drawn_panel(stage, LEAGUE, order, size=5)
        moves.checked_bids(stage, LEAGUE, order)
    with stage.on(-1, 15):
        moves.scored(stage, order, "昆明市晨曦社会工作服务中心", leave_out=2)
    return Order.objects.get(pk=order.pk)


def failed_for_two(stage: Stage) -> Order:
    """The union's order: two bids came in, so nothing was opened and the order failed."""
    project = _project(
        stage,
        UNION,
        ("union", "W02-01", 20),
        -70,
        "护国街道",
        title="职工技能提升夜校",
        need="沿街小店职工希望在下班后学一门能涨工资的手艺。",
        beneficiaries="护国街道沿街店铺职工",
        goals="开办夜校班，结业取证率不低于 70%。",
        feasibility="职业院校愿意提供实训场地。",
        starts_on=stage.day(10),
        ends_on=stage.day(190),
    )
    with stage.on(-66):
        order = moves.published_order(stage, UNION, project)
    with stage.on(-64):
        for login, price in zip(
            ("provider4", "provider5"), _prices(project.planned_amount, "96.00", "98.00"), strict=True
        ):
            moves.sealed_bid(stage, order, login, price)
    return moves.opened(stage, UNION, order)


def challenged_award(stage: Stage) -> Award:
    """The women's federation's award: published, then suspended by a challenge that waits for its answer."""
    project = _project(
        stage,
        WOMEN,
        ("women", "W04-01", 50),
        -48,
        "华山街道",
        title="妇女儿童维权进社区",
        need="婚姻家庭纠纷咨询逐年增多，社区希望就近有专业力量介入。",
        beneficiaries="华山街道妇女、儿童及家庭",
        goals="提供咨询、调解和个案跟进，办结率不低于 90%。",
        feasibility="街道提供接待室，律师和社工可以联合值班。",
        starts_on=stage.day(30),
        ends_on=stage.day(330),
    )
    with stage.on(-44):
        order = moves.published_order(stage, WOMEN, project)
    with stage.on(-42):
        prices = _prices(project.planned_amount, "94.00", "95.50", "93.20")
        for login, price in zip(("provider2", "provider3", "provider6"), prices, strict=True):
            moves.sealed_bid(stage, order, login, price)
    order = moves.opened(stage, WOMEN, order)
    with stage.on(-5, 9):
        moves.drawn_panel(stage, WOMEN, order)
        moves.checked_bids(stage, WOMEN, order)
    with stage.on(-4, 15):
        moves.scored(stage, order, "五华区翠湖社会工作服务中心")
        award = moves.published_award(stage, WOMEN, order)
    with stage.on(-2, 16):
        challenge = file_challenge(
            award,
            actor=stage.actor("provider2"),
            ground="scoring",
            text="我单位同类业绩附有五份已验收合同，按评分细则应得满分，请复核该项得分。",
            remedy="复核「同类业绩」得分并书面答复。",
        )
    with stage.on(-1, 10):
        admit_challenge(challenge, actor=stage.actor("women_procurer"))
    return Award.objects.get(pk=award.pk)


def desks_full(stage: Stage) -> tuple[Project, BudgetLine]:
    """Work that waits today: a project to approve, a budget line to approve, a draft of a bid."""
    with stage.on(-1, 11):
        item = _item(stage, "league", "W01-03")
        amount = item.norm_price * 30
        line = _fund(stage, "league", "QN-01", -1)
        project = draft_project(
            item,
            actor=stage.actor("buyer"),
            title="青年创业导师服务",
            region=stage.world.regions["莲华街道"],
            need="青年创业者希望有人带着走过注册、记账、找客户的头半年。",
            goals="一对一辅导 30 名青年，半年后持续经营率不低于 60%。",
            feasibility="区青年企业家协会愿意提供导师。",
            starts_on=stage.day(60),
            ends_on=stage.day(240),
            costs=[_cost(item, 30)],
            fundings={line: amount},
        )
        project = submit_project(project, actor=stage.actor("buyer"))
        asked = request_line(
            stage.world.organizations["league"],
            actor=stage.actor("finance"),
            fiscal_year=stage.today.year,
            code="QN-02",
            name="青少年心理健康专项",
            function_class="2012999 其他群众团体事务支出",
            economic_class="30227 委托业务费",
            requested_amount=Decimal("180000.00"),
        )
        course = _item(stage, "league", "W03-07")
        approved = moves.approved_project(
            stage,
            LEAGUE,
            course,
            {line: course.norm_price * 4},
            [_cost(course, 4)],
            title="街道青年篮球联赛",
            region=stage.world.regions["红云街道"],
            need="各街道青年希望有固定的联赛，组织和安全需要专业力量。",
            goals="举办 4 场，每场参加不少于 100 人，零安全事故。",
            feasibility="区体育馆可免费使用。",
            starts_on=stage.day(50),
            ends_on=stage.day(120),
        )
        submit_order(draft_order(approved, actor=stage.actor("buyer")), actor=stage.actor("buyer"))
        newcomer = Organization(
            kind="provider",
            provider_kind="association",
            name="五华区小蜜蜂志愿服务协会",
            short_name="小蜜蜂",
            uscc=uscc("51", 7),
            region=stage.world.regions["龙翔街道"],
            legal_representative="蓝天",
            scope="社区志愿服务",
        )
        enter_organization(newcomer, actor=ROOT)
    return project, asked


def ledger_difference(contract: Contract) -> Decimal:
    """What the ledger says was paid less what the settlements say, in yuan; 0.00 is right."""
    settled = sum(
        (s.payable_amount for s in Settlement.objects.filter(contract=contract, status="paid")), Decimal("0.00")
    )
    paid = sum((f.allocation.paid_amount for f in contract.fundings.select_related("allocation")), Decimal("0.00"))
    return paid - settled
