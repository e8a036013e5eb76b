"""Who lives in the demonstration world. The bodies come from the letter; every person is invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.experts.models import Expert
from accounts.memberships.models import Membership
from accounts.memberships.queries import identities_of
from accounts.organizations.models import Organization
from accounts.organizations.operations import add_document, enter_organization, verify_organization
from accounts.regions.models import Region
from accounts.regions.seed import seed_regions
from accounts.users.models import User
from core import clock, journal
from core.actor import SYSTEM, Actor
from core.identifiers import ALPHABET

ROOT = Actor(user_key="demo", user_name="平台运行组", roles=frozenset({"system_admin"}))
BUYER = {"establishment_type": "administrative", "funding_type": "fiscal_full"}


@dataclass(frozen=True)
class Person:
    """One log-in: where, as what, under which name."""

    organization: str
    role: str
    name: str


PEOPLE: dict[str, Person] = {
    "buyer": Person("league", "programme_officer", "周敏"),
    "procurer": Person("league", "procurement_officer", "何静"),
    "leader": Person("league", "leader", "陈立"),
    "finance": Person("league", "finance_officer", "林可"),
    "cashier": Person("league", "cashier", "吴佳"),
    "auditor": Person("league", "funds_reviewer", "郑平"),
    "discipline": Person("league", "discipline_officer", "韩正"),
    "archivist": Person("league", "archivist", "孙文"),
    "union_buyer": Person("union", "programme_officer", "马林"),
    "union_procurer": Person("union", "procurement_officer", "罗川"),
    "union_leader": Person("union", "leader", "唐越"),
    "union_finance": Person("union", "finance_officer", "邓莉"),
    "union_discipline": Person("union", "discipline_officer", "谢宁"),
    "women_buyer": Person("women", "programme_officer", "冯洁"),
    "women_procurer": Person("women", "procurement_officer", "曹颖"),
    "women_leader": Person("women", "leader", "袁华"),
    "women_finance": Person("women", "finance_officer", "许芸"),
    "women_discipline": Person("women", "discipline_officer", "彭清"),
    "district_finance": Person("finance_bureau", "district_finance", "高原"),
    "street": Person("daguan", "region_officer", "杨帆"),
    "street2": Person("puji", "region_officer", "金桥"),
    "evaluator": Person("evaluator", "evaluator", "宋评"),
    "evaluator2": Person("evaluator", "evaluator", "丁衡"),
    "admin": Person("platform", "system_admin", "石安"),
    "provider1": Person("yixin", "provider_admin", "李晓"),
    "worker1": Person("yixin", "provider_worker", "钟晴"),
    "provider2": Person("chenxi", "provider_admin", "王晨"),
    "provider3": Person("cuihu", "provider_admin", "赵湖"),
    "provider4": Person("tongxin", "provider_admin", "沈圆"),
    "provider5": Person("qinghe", "provider_admin", "何青"),
    "provider6": Person("dianchi", "provider_admin", "段池"),
    "expert1": Person("platform", "expert", "李若川"),
    "expert2": Person("platform", "expert", "王一帆"),
    "expert3": Person("platform", "expert", "赵启明"),
    "expert4": Person("platform", "expert", "沈亦航"),
    "expert5": Person("platform", "expert", "秦若兰"),
}

EXPERTISE = {
    "expert1": ("云南某大学社会学系", "副教授", "青少年社会工作"),
    "expert2": ("昆明某会计师事务所", "注册会计师", "财务"),
    "expert3": ("昆明某社区治理研究院", "研究员", "社区治理"),
    "expert4": ("云南某医院心理科", "主任医师", "心理健康"),
    "expert5": ("云南某职业学院", "教授", "青少年社会工作"),
}

PROVIDERS = {
    "yixin": (
        "五华区益心青少年事务社会工作服务中心",
        "益心",
        1,
        "青少年事务、困境儿童陪伴、个案与小组工作",
        "普吉街道",
    ),
    "chenxi": ("昆明市晨曦社会工作服务中心", "晨曦", 2, "社区治理、困境家庭支持、志愿者培育", "大观街道"),
    "cuihu": ("五华区翠湖社会工作服务中心", "翠湖", 3, "青少年活动、亲子教育、心理支持", "华山街道"),
    "tongxin": ("云南同心圆社会服务中心", "同心圆", 4, "就业帮扶、技能培训、职工服务", "护国街道"),
    "qinghe": ("昆明青禾青少年发展中心", "青禾", 5, "青少年营地、夜校、志愿服务", "莲华街道"),
    "dianchi": ("昆明滇池边心理健康服务中心", "滇池边", 6, "心理咨询、危机干预、团体辅导", "红云街道"),
}


@dataclass
class World:
    """Everybody, by the keys that the story uses."""

    organizations: dict[str, Organization] = field(default_factory=dict)
    regions: dict[str, Region] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def actor(self, login: str) -> Actor:
        """The actor that this person's request would carry now."""
        key = PEOPLE[login].organization
        wanted = self.organizations[key].pk
        user = self.users[login]
        actors = [identity.actor(user) for identity in identities_of(user)]
        return next(actor for actor in actors if actor.organization_id == wanted)


def uscc(prefix: str, n: int) -> str:
    """An invented code of Wuhua District with the right check character: uscc("52", 1) -> 52530102…"""
    body = f"{prefix}530102{n:09d}"
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + ALPHABET[(31 - total % 31) % 31]


def settle(world: World, since: date) -> World:
    """Enter regions, organizations and people, as they were on the world's first day."""
    world.regions = seed_regions()
    district = world.regions["五华区"]
    _office(world, "league", "共青团五华区委员会", "团区委", "buyer", district, number_prefix="五青", **BUYER)
    _office(world, "union", "昆明市五华区总工会", "区总工会", "buyer", district, number_prefix="五工", **BUYER)
    _office(world, "women", "昆明市五华区妇女联合会", "区妇联", "buyer", district, number_prefix="五妇", **BUYER)
    _office(world, "finance_bureau", "昆明市五华区财政局", "区财政局", "oversight", district)
    _office(world, "daguan", "五华区大观街道办事处", "大观街道", "street", world.regions["大观街道"])
    _office(world, "puji", "五华区普吉街道办事处", "普吉街道", "street", world.regions["普吉街道"])
    _office(world, "evaluator", "云南正衡社会服务评估中心", "正衡评估", "evaluator", district, uscc=uscc("52", 90))
    _office(world, "platform", "五华区群团服务购买平台运行组", "平台运行组", "platform", district)
    for key, (name, short, n, scope, street) in PROVIDERS.items():
        _provider(world, key, name, short, n, scope, world.regions[street], since)
    password = make_password(settings.DEMO_PASSWORD)
    for login, person in PEOPLE.items():
        _person(world, login, person, password, since)
    return world


def _office(world: World, key: str, name: str, short: str, kind: str, region: Region, **fields: Any) -> None:
    made = enter_organization(Organization(name=name, short_name=short, kind=kind, region=region, **fields), actor=ROOT)
    world.organizations[key] = verify_organization(made, actor=ROOT)


def _provider(world: World, key: str, name: str, short: str, n: int, scope: str, region: Region, since: date) -> None:
    incubated = {"incubated_by": world.organizations["league"]} if key == "yixin" else {}
    made = enter_organization(
        Organization(
            name=name,
            short_name=short,
            kind="provider",
            provider_kind="service",
            uscc=uscc("52", n),
            region=region,
            address=f"昆明市五华区{region.name}演示路 {n} 号",
            legal_representative=PEOPLE[f"provider{n}"].name,
            contact_name=PEOPLE[f"provider{n}"].name,
            contact_phone=f"0871-6000 10{n:02d}",
            scope=scope,
            bank_name="昆明演示银行五华支行",
            bank_account=f"5300 1020 0000 00{n:02d}".replace(" ", ""),
            **incubated,
        ),
        actor=ROOT,
    )
    papers = {
        "registration": "登记证书",
        "annual_check": "年检结论",
        "finance": "财务报告",
        "no_violation": "无重大违法声明",
    }
    for n_paper, (kind, label) in enumerate(papers.items()):
        text = f"{name}\n{label}（演示）\n"
        add_document(
            made,
            actor=head_of(made),
            kind=kind,
            file=text.encode(),
            name=f"{label}.txt",
            issued_on=since,
            expires_on=since + timedelta(days=700 + 90 * n_paper),
        )
    made.refresh_from_db()
    world.organizations[key] = verify_organization(made, actor=ROOT)


def head_of(organization: Organization) -> Actor:
    """The head of an organization before anybody has an account."""
    return Actor(
        user_key="demo",
        user_name=organization.legal_representative,
        organization_id=organization.pk,
        organization_name=organization.name,
        organization_kind=organization.kind,
        roles=frozenset({"provider_admin"}),
    )


@transaction.atomic
def _person(world: World, login: str, person: Person, password: str, since: date) -> None:
    user = User(username=login, name=person.name, password=password, is_demo=True)
    user.save(force_insert=True)
    journal.record(user, "create", actor=SYSTEM)
    world.users[login] = user
    Membership.objects.create(
        user=user,
        organization=world.organizations[person.organization],
        role=person.role,
        valid_from=since,
        granted_by=ROOT.user_name,
    )
    journal.record(user, "grant_role", actor=ROOT, facts={"role": person.role, "organization": person.organization})
    if login in EXPERTISE:
        employer, title, subject = EXPERTISE[login]
        Expert.objects.create(user=user, employer=employer, title=title, field=subject)


def first_day() -> date:
    """The day on which the demonstration world begins: three hundred days ago."""
    return clock.today() - timedelta(days=300)
