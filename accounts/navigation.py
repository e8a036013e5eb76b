"""The map of the workspace by role (interface.md 2.3): groups of the left navigation, phone bar, public navigation.

Addresses only; what does not exist yet (no route answers) is left out, so that a room appears when it is built.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.urls import Resolver404, resolve

from core.actor import Actor


@dataclass(frozen=True)
class Place:
    """One line of a navigation."""

    label: str
    url: str
    icon: str


@dataclass(frozen=True)
class Group:
    """One heading with its places, for those who hold one of these roles; no roles: for everybody."""

    title: str
    roles: tuple[str, ...]
    places: tuple[Place, ...]


DESK = Place("待办", "/w/", icon="inbox")
DATES = Place("日程与期限", "/w/calendar/", icon="calendar3")
NEEDS = Place("需求", "/w/needs/", icon="chat-square-text")
CATALOG = Place("服务目录", "/w/items/", icon="card-checklist")
EDITIONS = Place("目录版本", "/w/editions/", icon="journal-bookmark")
BUDGETS = Place("预算", "/w/budgets/", icon="wallet2")
PROJECTS = Place("立项", "/w/projects/", icon="clipboard-check")
ORDERS = Place("订单", "/w/orders/", icon="megaphone")
OPENINGS = Place("开启", "/w/openings/", icon="unlock")
PANELS = Place("评审组", "/w/panels/", icon="people")
REVIEWS = Place("评审", "/w/reviews/", icon="list-check")
AWARDS = Place("结果与公示", "/w/awards/", icon="award")
NOTICES = Place("公告", "/w/notices/", icon="newspaper")
CHALLENGES = Place("质疑", "/w/challenges/", icon="question-circle")
BIDS = Place("我的申报", "/w/bids/", icon="envelope")
CONTRACT_TEXTS = Place("合同文本", "/w/contract-texts/", icon="file-earmark-ruled")
CONTRACTS = Place("合同", "/w/contracts/", icon="file-earmark-text")
ACTIVITIES = Place("活动", "/w/activities/", icon="calendar-event")
EXPENSES = Place("支出专账", "/w/expenses/", icon="receipt")
INSPECTIONS = Place("检查", "/w/inspections/", icon="clipboard-check")
OPINIONS = Place("满意度问卷", "/w/opinions/", icon="chat-square-text")
SERVED = Place("人员与服务对象", "/w/activities/people/", icon="person-badge")
ACCEPTANCES = Place("验收", "/w/acceptances/", icon="check2-square")
SETTLEMENTS = Place("结算", "/w/settlements/", icon="calculator")
PAYMENTS = Place("支付", "/w/payments/", icon="credit-card")
FINAL_ACCOUNTS = Place("年度决算", "/w/final-accounts/", icon="journal-check")
FRAMEWORKS = Place("指标体系", "/w/frameworks/", icon="sliders")
ASSESSMENTS = Place("绩效评价", "/w/assessments/", icon="clipboard-data")
RATINGS = Place("评价汇总", "/w/ratings/", icon="star-half")
INCENTIVES = Place("奖励性补助", "/w/incentives/", icon="trophy")
INCENTIVE_SCHEMES = Place("奖励办法", "/w/incentive-schemes/", icon="patch-check")
TRACE = Place("查账", "/w/trace/", icon="diagram-3")
VOUCHERS = Place("凭证", "/w/trace/vouchers/", icon="receipt")
SAMPLES = Place("抽样", "/w/samples/", icon="dice-5")
ENGAGEMENTS = Place("专项审计", "/w/engagements/", icon="search")
RISKS = Place("风险预警", "/w/risks/", icon="shield-exclamation")
FINDINGS = Place("审计发现", "/w/findings/", icon="exclamation-diamond")
ARCHIVES = Place("资料档案", "/w/archives/", icon="archive")
ORGANIZATIONS = Place("单位", "/w/organizations/", icon="building")
PROVIDERS = Place("社会组织", "/w/organizations/", icon="building")
EXPERTS = Place("评审专家", "/w/experts/", icon="mortarboard")
REPORTS = Place("统计与报告", "/w/reports/", icon="bar-chart")
JOURNAL = Place("日志", "/w/journal/", icon="journal-text")
RULES = Place("规则与日历", "/w/rules/", icon="sliders")
OWN = Place("本单位资料", "/w/organizations/own/", icon="building")
MEMBERS = Place("本单位人员", "/w/organizations/own/members/", icon="person-vcard")
PLEDGES = Place("廉洁承诺书", "/w/pledges/", icon="shield-check")
SIGNERS = Place("签署情况", "/w/pledges/people/", icon="card-checklist")
TRAININGS = Place("廉政教育", "/w/trainings/", icon="mortarboard")
RECORD = Place("廉洁档案", "/w/pledges/mine/", icon="shield-check")
DELEGATIONS = Place("代办", "/w/delegations/", icon="arrow-left-right")
ME = Place("个人资料", "/w/me/", icon="person")

OFFICERS = ("programme_officer", "procurement_officer")
PROVIDER_PEOPLE = ("provider_admin", "provider_bidder", "provider_worker")

GROUPS: tuple[Group, ...] = (
    Group("", (), (DESK, DATES)),
    Group("列清单", OFFICERS, (NEEDS, CATALOG, EDITIONS, BUDGETS, PROJECTS)),
    Group("发订单", OFFICERS, (ORDERS, OPENINGS, PANELS, REVIEWS, AWARDS, NOTICES, CHALLENGES)),
    Group(
        "管履约",
        OFFICERS,
        (CONTRACTS, CONTRACT_TEXTS, ACTIVITIES, EXPENSES, INSPECTIONS, ACCEPTANCES, SETTLEMENTS, PAYMENTS),
    ),
    Group(
        "看成效",
        OFFICERS,
        (
            OPINIONS,
            ASSESSMENTS,
            RATINGS,
            FRAMEWORKS,
            INCENTIVES,
            INCENTIVE_SCHEMES,
            FINDINGS,
            ARCHIVES,
            PROVIDERS,
            REPORTS,
        ),
    ),
    Group("专家库", ("procurement_officer", "discipline_officer"), (EXPERTS,)),
    Group(
        "审批",
        ("leader",),
        (
            PROJECTS,
            ORDERS,
            AWARDS,
            CONTRACTS,
            PAYMENTS,
            FINAL_ACCOUNTS,
            ASSESSMENTS,
            RATINGS,
            INCENTIVES,
            INCENTIVE_SCHEMES,
            ENGAGEMENTS,
            FINDINGS,
            ARCHIVES,
            PROVIDERS,
            REPORTS,
        ),
    ),
    Group(
        "资金",
        ("finance_officer", "cashier"),
        (BUDGETS, SETTLEMENTS, PAYMENTS, INCENTIVES, EXPENSES, CONTRACTS, FINAL_ACCOUNTS, FINDINGS, ARCHIVES, REPORTS),
    ),
    Group(
        "审计",
        ("funds_reviewer", "discipline_officer", "district_finance"),
        (RISKS, TRACE, VOUCHERS, SAMPLES, ENGAGEMENTS, FINDINGS, INCENTIVES),
    ),
    Group("监督", ("discipline_officer",), (INSPECTIONS, OPENINGS, PANELS, CHALLENGES, ORDERS, PROJECTS)),
    Group(
        "查账",
        ("funds_reviewer", "district_finance"),
        (BUDGETS, PROJECTS, CONTRACTS, EXPENSES, SETTLEMENTS, PAYMENTS, FINAL_ACCOUNTS),
    ),
    Group(
        "监督", ("funds_reviewer", "district_finance"), (ORDERS, AWARDS, CHALLENGES, ASSESSMENTS, RATINGS, PROVIDERS)
    ),
    Group("凭据", ("funds_reviewer", "discipline_officer", "district_finance"), (JOURNAL, ARCHIVES)),
    Group("凭据", ("archivist",), (JOURNAL,)),
    Group("档案", ("archivist",), (ARCHIVES, PROJECTS, CONTRACTS, NOTICES, TRACE, ENGAGEMENTS, FINDINGS)),
    Group("本街道", ("region_officer",), (ACTIVITIES, INSPECTIONS, NEEDS, PROJECTS, ORDERS, CONTRACTS, ACCEPTANCES)),
    Group("申报", PROVIDER_PEOPLE, (ORDERS, BIDS, AWARDS, CHALLENGES)),
    Group("履约", PROVIDER_PEOPLE, (CONTRACTS, ACTIVITIES, EXPENSES, INSPECTIONS, ACCEPTANCES, SETTLEMENTS, PAYMENTS)),
    Group("服务对象", ("provider_worker", "provider_admin"), (SERVED,)),
    Group("本单位", PROVIDER_PEOPLE, (OWN, ASSESSMENTS, INCENTIVES, INCENTIVE_SCHEMES, FINDINGS, MEMBERS)),
    Group("我的评审", ("expert",), (PANELS, REVIEWS)),
    Group("评价", ("evaluator",), (ASSESSMENTS, FRAMEWORKS, CONTRACTS, ACCEPTANCES)),
    Group("用户与权限", ("system_admin",), (ORGANIZATIONS, EXPERTS)),
    Group("规则与日历", ("system_admin",), (RULES,)),
    Group("廉政教育", ("discipline_officer", "leader"), (PLEDGES, SIGNERS, TRAININGS)),
    Group("本人", (), (DELEGATIONS, RECORD, ME)),
)

PHONE_BARS: tuple[tuple[tuple[str, ...], tuple[Place, ...]], ...] = (
    (OFFICERS, (DESK, ORDERS, PAYMENTS, PROJECTS)),
    (("leader",), (DESK, ORDERS, PAYMENTS, PROJECTS)),
    (("finance_officer", "cashier"), (DESK, SETTLEMENTS, PAYMENTS, BUDGETS)),
    (("discipline_officer",), (DESK, OPENINGS, ORDERS, CHALLENGES)),
    (("funds_reviewer", "district_finance"), (DESK, BUDGETS, PAYMENTS, JOURNAL)),
    (("region_officer",), (DESK, ACTIVITIES, PROJECTS, CONTRACTS)),
    (PROVIDER_PEOPLE, (DESK, ORDERS, ACTIVITIES, SETTLEMENTS)),
    (("expert",), (DESK, REVIEWS, PANELS, ME)),
    (("evaluator",), (DESK, ASSESSMENTS, FRAMEWORKS, ME)),
    (("archivist",), (DESK, PROJECTS, CONTRACTS, NOTICES)),
    (("system_admin",), (DESK, ORGANIZATIONS, EXPERTS, RULES)),
)

PUBLIC: tuple[Place, ...] = (
    Place("首页", "/", icon="house-door"),
    Place("说需求", "/needs/new/", icon="chat-square-text"),
    Place("服务目录", "/catalog/", icon="card-checklist"),
    Place("订单", "/orders/", icon="megaphone"),
    Place("公告", "/notices/", icon="newspaper"),
    Place("合同与支付", "/money/", icon="cash-coin"),
    Place("成效公开", "/figures/", icon="bar-chart"),
    Place("社会组织", "/organizations/", icon="building"),
    Place("办事指南", "/guide/", icon="signpost"),
)

FOOT: tuple[tuple[str, tuple[Place, ...]], ...] = (
    (
        "公众",
        (
            Place("说需求", "/needs/new/", icon="chat-square-text"),
            Place("服务目录", "/catalog/", icon="card-checklist"),
            Place("办事指南", "/guide/", icon="signpost"),
        ),
    ),
    (
        "社会组织",
        (
            Place("正在征集的订单", "/orders/", icon="megaphone"),
            Place("社会组织注册", "/accounts/register/", icon="building"),
            Place("登录", "/accounts/login/", icon="person"),
        ),
    ),
    (
        "公开",
        (
            Place("公告", "/notices/", icon="newspaper"),
            Place("合同与支付", "/money/", icon="cash-coin"),
            Place("社会组织名录", "/organizations/", icon="building"),
            Place("开放数据", "/data/", icon="database"),
            Place("查验文件", "/v/", icon="shield-check"),
            Place("日志存证", "/journal/", icon="shield-lock"),
        ),
    ),
)


@cache
def exists(url: str) -> bool:
    """Whether a route answers at this address; asked once a process."""
    try:
        resolve(url)
    except Resolver404:
        return False
    return True


def navigation(actor: Actor, path: str) -> list[dict[str, object]]:
    """The groups of the left navigation for these roles: {title, items [{label, url, icon, on}]}; nothing empty.

    A place that several of a person's roles share stands in the first group only.
    """
    groups: list[dict[str, object]] = []
    seen: set[str] = set()
    chosen = _longest(path, tuple(place for group in GROUPS for place in group.places))
    for group in GROUPS:
        if group.roles and not actor.has(*group.roles):
            continue
        places = [place for place in group.places if place.url not in seen and exists(place.url)]
        seen.update(place.url for place in places)
        if places:
            groups.append({"title": group.title, "items": [_item(place, chosen) for place in places]})
    return groups


def phone_bar(actor: Actor, path: str) -> list[dict[str, object]]:
    """The first four places of the phone's bottom bar for the first role that has a bar."""
    places = next((places for roles, places in PHONE_BARS if actor.has(*roles)), (DESK, DELEGATIONS, ME))
    chosen = _longest(path, places)
    return [_item(place, chosen) for place in places if exists(place.url)]


def public_places(path: str) -> list[dict[str, object]]:
    """The navigation of the public square; only pages that exist."""
    chosen = _longest(path, PUBLIC)
    return [_item(place, chosen) for place in PUBLIC if exists(place.url)]


def foot_groups() -> list[dict[str, object]]:
    """The three groups in the foot of public pages; only pages that exist."""
    return [
        {"title": title, "items": [_item(place, "") for place in places if exists(place.url)]} for title, places in FOOT
    ]


def _item(place: Place, chosen: str) -> dict[str, object]:
    return {"label": place.label, "url": place.url, "icon": place.icon, "on": place.url == chosen}


def _longest(path: str, places: tuple[Place, ...]) -> str:
    """The place that a path lies under: the longest address that begins it; a front page only for itself."""
    fitting = [p.url for p in places if path == p.url or (p.url not in {"/", "/w/"} and path.startswith(p.url))]
    return max(fitting, key=len, default="")
