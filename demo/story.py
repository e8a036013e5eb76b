"""The cases before a contract (征集与评审): calls, openings, reviews, a challenge; and the desks of today."""

from __future__ import annotations

from decimal import Decimal

from accounts.organizations.models import Organization
from accounts.organizations.operations import enter_organization
from demo import moves
from demo.ground import cost_of, fund_of, item_of, priced, project_of
from demo.moves import LEAGUE, UNION, WOMEN, Stage
from demo.people import ROOT, uscc
from procurement.awards.models import Award
from procurement.budgets.models import BudgetLine
from procurement.budgets.operations import request_line
from procurement.challenges.operations import admit_challenge, file_challenge
from procurement.orders.models import Order
from procurement.orders.operations import draft_order, submit_order
from procurement.projects.models import Project
from procurement.projects.operations import draft_project, submit_project


def open_for_bids(stage: Stage) -> Order:
    """An order out to bid: two providers have sealed something, one is writing; nobody else can tell."""
    project = project_of(
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
            ("provider6", "provider3"), priced(project.planned_amount, "95.00", "97.00"), strict=True
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
        project = project_of(
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
    project = project_of(
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
            ("provider2", "provider5", "provider4"), priced(project.planned_amount, "94", "96", "97"), strict=True
        ):
            moves.sealed_bid(stage, order, login, price)
    return order


def in_review(stage: Stage) -> Order:
    """An order in review: the panel sits, one sheet is still out."""
    project = project_of(
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
        prices = priced(project.planned_amount, "95.80", "92.90", "97.60", "90.10")
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
    project = project_of(
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
            ("provider4", "provider5"), priced(project.planned_amount, "96.00", "98.00"), strict=True
        ):
            moves.sealed_bid(stage, order, login, price)
    return moves.opened(stage, UNION, order)


def challenged_award(stage: Stage) -> Award:
    """The women's federation's award: published, then suspended by a challenge that waits for its answer."""
    project = project_of(
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
        prices = priced(project.planned_amount, "94.00", "95.50", "93.20")
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
        item = item_of(stage, "league", "W01-03")
        amount = item.norm_price * 30
        line = fund_of(stage, "league", "QN-01", -1)
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
            costs=[cost_of(item, 30)],
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
        course = item_of(stage, "league", "W03-07")
        approved = moves.approved_project(
            stage,
            LEAGUE,
            course,
            {line: course.norm_price * 4},
            [cost_of(course, 4)],
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
