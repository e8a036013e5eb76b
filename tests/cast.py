"""The cast: a small set of people and organizations that every test knows, by the demonstration's log-in names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.test import Client

from accounts.experts.models import Expert
from accounts.memberships.models import Membership
from accounts.organizations.models import Organization
from accounts.regions.models import Region
from accounts.users.models import User
from core import journal
from core.actor import SYSTEM, Actor
from core.lifecycle import advance, begin

PASSWORD = "cast-Passw0rd"

# log-in -> (organization key, role, Chinese name)
PEOPLE: dict[str, tuple[str, str, str]] = {
    "buyer": ("buyer", "programme_officer", "周敏"),
    "procurer": ("buyer", "procurement_officer", "何静"),
    "leader": ("buyer", "leader", "陈立"),
    "leader2": ("buyer", "leader", "蒋宁"),
    "finance": ("buyer", "finance_officer", "林可"),
    "cashier": ("buyer", "cashier", "吴佳"),
    "auditor": ("buyer", "funds_reviewer", "郑平"),
    "discipline": ("buyer", "discipline_officer", "韩正"),
    "archivist": ("buyer", "archivist", "孙文"),
    "other_buyer": ("union", "programme_officer", "马林"),
    "other_procurer": ("union", "procurement_officer", "罗川"),
    "other_leader": ("union", "leader", "唐越"),
    "district_finance": ("finance_bureau", "district_finance", "高原"),
    "street": ("street", "region_officer", "杨帆"),
    "evaluator": ("evaluator", "evaluator", "宋评"),
    "admin": ("platform", "system_admin", "管理"),
    "provider1": ("provider1", "provider_admin", "李一"),
    "provider2": ("provider2", "provider_admin", "李二"),
    "provider3": ("provider3", "provider_admin", "李三"),
    "provider4": ("provider4", "provider_admin", "李四"),
    "expert1": ("platform", "expert", "专家甲"),
    "expert2": ("platform", "expert", "专家乙"),
    "expert3": ("platform", "expert", "专家丙"),
    "expert4": ("platform", "expert", "专家丁"),
    "expert5": ("platform", "expert", "专家戊"),
}

USCCS = {
    "provider1": "52530102000000001P",
    "provider2": "51530102000000002X",
    "provider3": "53530102000000003T",
    "provider4": "53100000500019795A",
}


@dataclass
class Cast:
    """Everybody, made once a test."""

    organizations: dict[str, Organization] = field(default_factory=dict)
    regions: dict[str, Region] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def org(self, key: str) -> Organization:
        """An organization by its short name; a log-in's name gives that person's."""
        return self.organizations[PEOPLE[key][0] if key in PEOPLE else key]

    def user(self, login: str) -> User:
        """A person by log-in."""
        return self.users[login]

    def actor(self, login: str) -> Actor:
        """The actor that a request of this person would carry."""
        key, role, _name = PEOPLE[login]
        organization, user = self.organizations[key], self.users[login]
        return Actor(
            user_key=str(user.pk),
            user_name=user.name,
            organization_id=organization.pk,
            organization_name=organization.name,
            organization_kind=organization.kind,
            roles=frozenset({role}),
            region_path=organization.region.path,
        )

    def client(self, login: str) -> Client:
        """A browser session of this person."""
        client = Client()
        client.force_login(self.users[login], backend="accounts.users.backends.Backend")
        return client


@transaction.atomic
def make_cast() -> Cast:
    """Make everybody: two buyers, four verified providers, the offices, the experts."""
    cast = Cast()
    district = Region.objects.create(code="530102", name="五华区", level="district", path="530102")
    cast.regions["district"] = district
    for code, name in (("530102001", "大观街道"), ("530102002", "华山街道")):
        cast.regions[name] = Region.objects.create(
            code=code, name=name, level="street", parent=district, path=f"530102/{code}"
        )
    daguan = cast.regions["大观街道"]
    buyer: dict[str, Any] = {"establishment_type": "administrative", "funding_type": "fiscal_full"}
    _organization(cast, "buyer", "共青团五华区委员会", "buyer", district, number_prefix="五青", **buyer)
    _organization(cast, "union", "五华区总工会", "buyer", district, number_prefix="五工", **buyer)
    _organization(cast, "finance_bureau", "五华区财政局", "oversight", district)
    _organization(cast, "street", "大观街道办事处", "street", daguan)
    _organization(cast, "evaluator", "云南正衡评估中心", "evaluator", district)
    _organization(cast, "platform", "平台运行组", "platform", district)
    for n, key in enumerate(USCCS, 1):
        _organization(
            cast,
            key,
            f"测试社会工作服务中心{n}号",
            "provider",
            district,
            uscc=USCCS[key],
            provider_kind="service",
            legal_representative=f"法人{n}",
            bank_name="昆明测试银行",
            bank_account=f"622200001111000{n}",
        )
    for login, (key, role, name) in PEOPLE.items():
        user = User(username=login, name=name)
        user.set_password(PASSWORD)
        user.save()
        cast.users[login] = user
        Membership.objects.create(
            user=user, organization=cast.organizations[key], role=role, valid_from=date(2026, 1, 1), granted_by="测试"
        )
        if role == "expert":
            Expert.objects.create(user=user, employer="云南某大学", title="教授", field="社会工作")
        journal.record(user, "create", actor=SYSTEM)
    return cast


def _organization(cast: Cast, key: str, name: str, kind: str, region: Region, **fields: Any) -> None:
    officer = Actor(user_key="cast", user_name="测试", roles=frozenset({"system_admin"}))
    organization = begin(
        Organization(name=name, short_name=name[:6], kind=kind, region=region, **fields), actor=officer
    )
    cast.organizations[key] = advance(organization, "verify", actor=officer)
