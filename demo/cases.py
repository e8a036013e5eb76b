"""The cases that came to a contract (履约): one settled, one in delivery, one terminated; from the letter's district."""

from __future__ import annotations

from decimal import Decimal

from demo import delivery, moves, oversight
from demo.basis import DONATED
from demo.ground import cost_of, fund_of, item_of, priced, project_of, to_contract
from demo.moves import LEAGUE, Stage
from procurement.budgets.models import BudgetLine
from procurement.contracts.models import Contract
from procurement.contracts.operations import terminate_contract
from procurement.expenses.operations import question_expense
from procurement.settlements.models import Settlement

CHILDREN = "王家桥困境儿童服务"
KITCHEN = "“益厨”营养餐与亲情陪护"
YIXIN = "五华区益心青少年事务社会工作服务中心"


def children_settled(stage: Stage) -> Contract:
    """王家桥困境儿童服务: the whole way, settled and paid to the last yuan."""
    project = project_of(
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
            bidders, priced(project.planned_amount, "93.50", "96.20", "95.00", "97.80"), strict=True
        ):
            moves.sealed_bid(stage, order, login, price)
    contract = to_contract(stage, LEAGUE, order, YIXIN, "provider1")
    with stage.on(-240):
        delivery.everyday_papers(stage, "provider1", contract)
        stage.world.facts["children"] = delivery.children(stage, "worker1", "WJ", 45)
        framework = delivery.published_framework(stage, LEAGUE, "league")
    schedule = ((1, -180, (1, 2), "yixin-1"), (2, -90, (9, 10), "yixin-2"), (3, -18, (1, 1), "yixin-3"))
    for n, days, delivered, voucher in schedule:
        _children_weeks(stage, contract, n)
        if n == 2:
            oversight.checked_with_a_fault(stage, LEAGUE, contract, -140)
        with stage.on(days, 8):
            delivery.counted(stage, LEAGUE, contract)
        with stage.on(days, 9):
            moves.accepted_milestone(stage, contract, n, "provider1", "street2", delivered)
        with stage.on(days + 4, 11):
            moves.paid_settlement(
                stage, LEAGUE, contract, kind="milestone", n=n, voucher=f"GK{stage.day(days + 4):%Y%m%d}-{voucher[-1]}"
            )
    contract = Contract.objects.get(pk=contract.pk)
    oversight.asked_users(stage, LEAGUE, contract, -24, 45, close=True)
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
        delivery.recorded(
            stage, activity, heads, sessions, note="两名儿童轻微擦伤，已处理并告知家长。" if n == 5 else ""
        )
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


def kitchen_delivering(stage: Stage) -> Contract:
    """“益厨”: in contract; 43,267.30 yuan of donations stay apart from the fiscal money."""
    item = item_of(stage, "league", "W03-03")
    donation = BudgetLine.objects.get(pk=stage.world.facts["donation"])
    quantity = max(1, int((DONATED * 3) / item.norm_price))
    amount = item.norm_price * quantity
    with stage.on(-150):
        project = moves.approved_project(
            stage,
            LEAGUE,
            item,
            {fund_of(stage, "league", "QN-01", -150): amount - DONATED, donation: DONATED},
            [cost_of(item, quantity)],
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
            ("provider1", "provider2", "provider3"), priced(amount, "96.00", "98.40", "97.10"), strict=True
        ):
            moves.sealed_bid(stage, order, login, price)
    contract = to_contract(stage, LEAGUE, order, YIXIN, "provider1")
    with stage.on(-89):
        delivery.everyday_papers(stage, "provider1", contract)
        stage.world.facts["diners"] = delivery.children(stage, "worker1", "YC", DINERS)
        stage.world.facts["cooks"] = delivery.team(stage, "worker1", STAFF)
    meals = quantity * 2 // 5
    for n in range(8):
        week = meals - 7 * (meals // 8) if n == 7 else meals // 8
        _meals(stage, contract, -86 + 7 * n, 5, week, f"“益厨”第 {n + 1} 周")
    with stage.on(-31, 15):
        delivery.counted(stage, LEAGUE, contract)
    with stage.on(-30, 9):
        moves.accepted_milestone(stage, contract, 1, "provider1", "street", (2, 5))
    with stage.on(-26, 11):
        moves.paid_settlement(stage, LEAGUE, contract, kind="milestone", n=1, voucher=f"GK{stage.day(-26):%Y%m%d}-7")
    _kitchen_today(stage, contract)
    oversight.asked_users(stage, LEAGUE, contract, -9, 23, close=False)
    oversight.spot_checked(stage, LEAGUE, contract, -10)
    oversight.visit_planned(stage, LEAGUE, contract)
    return Contract.objects.get(pk=contract.pk)


DINERS = 40


def _meals(
    stage: Stage, contract: Contract, first: int, days: int, meals: int, title: str, until: str = "verified"
) -> None:
    """Meals of a day or a week in 大观街道: planned | recorded | verified."""
    activity = delivery.session(
        stage, contract, stage.day(first), days=days, ahead=2, login="worker1", roster=stage.world.facts["diners"],
        staff=stage.world.facts["cooks"], title=title, region=stage.world.regions["大观街道"],
        place="大观街道党群服务中心厨房", planned_people=DINERS, segments="困境儿童",
        plan="放学后供餐一份，留样 48 小时；餐后陪伴作业，送至家长。",
    )  # fmt: skip
    if until == "planned":
        return
    new = DINERS if title.endswith("第 1 周") else 0
    delivery.recorded(stage, activity, [(DINERS * days, DINERS, new)], meals)
    if until == "verified":
        delivery.verified(stage, activity, "street")


def _kitchen_today(stage: Stage, contract: Contract) -> None:
    """The last fortnight day by day, the next days planned; the donation's ledger, with expenses that wait for finance."""
    weekdays = [n for n in range(-14, 4) if stage.day(n).weekday() < 5]
    done = [n for n in weekdays if n < 0]
    for n in done:
        until = "recorded" if n in done[-2:] else "verified"
        _meals(stage, contract, n, 1, DINERS + n % 3, f"“益厨”{stage.day(n):%m 月 %d 日}", until)
    for n in weekdays[len(done) :]:
        _meals(stage, contract, n, 1, 0, f"“益厨”{stage.day(n):%m 月 %d 日}", "planned")
    for n, days in enumerate((-80, -66, -52, -38, -24)):
        with stage.on(days, 16):
            delivery.spent(
                stage, contract, f"{2060 + 43 * n}.60", usage="meals", payee="大观农贸市场粮油经营部", source="donation",
                finance="finance", note="食材",
            )  # fmt: skip
            delivery.spent(
                stage, contract, f"{590 + 10 * n}.00", usage="staff", payee="志愿者和项目人员补贴发放表", finance="finance",
                voucher_kind="payroll",
            )  # fmt: skip
    with stage.on(-3, 16):
        delivery.spent(
            stage, contract, "2310.40", usage="meals", payee="大观农贸市场粮油经营部", source="donation", note="食材"
        )
        asked = delivery.spent(stage, contract, "480.00", usage="materials", payee="昆明餐具批发", source="donation")
    with stage.on(-2, 10):
        question_expense(asked, actor=stage.actor("finance"), reason="请补供货清单，注明数量和单价。")


def festival_terminated(stage: Stage) -> Contract:
    """青年文化节: two of six sessions held, then ended by agreement; what was done is settled."""
    project = project_of(
        stage,
        LEAGUE,
        ("league", "W03-07", 6),
        -170,
        "大观街道",
        title="社区青年文化节",
        need="青年反映社区文体活动少、时间不合适，希望在周末举办。",
        goals="举办 6 场群众性活动，每场不少于 100 人，满意度不低于 90%。",
        feasibility="场地由街道文化站提供，区内有三家以上机构承办过。",
        starts_on=stage.day(-115),
        ends_on=stage.day(60),
    )
    with stage.on(-166):
        order = moves.published_order(stage, LEAGUE, project)
    with stage.on(-163):
        prices = priced(project.planned_amount, "95.00", "97.20", "98.10")
        for login, price in zip(("provider3", "provider5", "provider6"), prices, strict=True):
            moves.sealed_bid(stage, order, login, price)
    contract = to_contract(stage, LEAGUE, order, "五华区翠湖社会工作服务中心", "provider3")
    # The first was recorded nine days late: what the risk rules find.
    for days, title, late in ((-76, "青年篮球赛", 9), (-62, "青年合唱节", 0)):
        activity = delivery.session(
            stage, contract, stage.day(days), login="provider3", title=title, region=stage.world.regions["大观街道"],
            place="街道文化站", planned_people=110, segments="青年", hours=(14, 18),
        )  # fmt: skip
        delivery.recorded(stage, activity, [(112 + days % 9, 112 + days % 9, 96)], 1, login="provider3", late=late)
        delivery.verified(stage, activity, "street", late=late)
    with stage.on(-40):
        terminate_contract(
            contract, actor=stage.actor("leader"), code="agreement", clause="合同第十二条",
            reason="文化站进入加固施工，剩余 4 场无法按期举办，双方协商一致终止。",
        )  # fmt: skip
    with stage.on(-36, 9):
        first = contract.milestones.order_by("n")[0].n
        moves.accepted_milestone(stage, Contract.objects.get(pk=contract.pk), first, "provider3", "buyer", (1, 3))
    with stage.on(-33):
        contract = Contract.objects.get(pk=contract.pk)
        moves.paid_settlement(stage, LEAGUE, contract, kind="final", voucher=f"GK{stage.day(-33):%Y%m%d}-9")
    return Contract.objects.get(pk=contract.pk)


def ledger_difference(contract: Contract) -> Decimal:
    """What the ledger says was paid less what the settlements say, in yuan; 0.00 is right."""
    settled = sum(
        (s.payable_amount for s in Settlement.objects.filter(contract=contract, status="paid")), Decimal("0.00")
    )
    paid = sum((f.allocation.paid_amount for f in contract.fundings.select_related("allocation")), Decimal("0.00"))
    return paid - settled
