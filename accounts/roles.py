"""The roles (角色) of house.md 4b.11, and which kind of organization may hold them."""

from collections.abc import Iterable

ROLES: dict[str, str] = {
    "programme_officer": "业务经办",
    "procurement_officer": "采购经办",
    "leader": "班子成员",
    "finance_officer": "财务",
    "cashier": "出纳",
    "funds_reviewer": "经审",
    "discipline_officer": "纪检",
    "district_finance": "财政局",
    "region_officer": "街道社区",
    "provider_admin": "单位负责人",
    "provider_bidder": "申报经办",
    "provider_worker": "项目社工",
    "expert": "评审专家",
    "evaluator": "评估机构",
    "archivist": "档案员",
    "system_admin": "系统管理员",
}

OF_KIND: dict[str, tuple[str, ...]] = {
    "buyer": (
        "programme_officer",
        "procurement_officer",
        "leader",
        "finance_officer",
        "cashier",
        "funds_reviewer",
        "discipline_officer",
        "archivist",
        "expert",
    ),
    "provider": ("provider_admin", "provider_bidder", "provider_worker"),
    "evaluator": ("evaluator",),
    "oversight": ("district_finance",),
    "street": ("region_officer",),
    "platform": ("system_admin", "expert"),
}

# Offices (科室) for the two-person opening: two people of different offices (house.md 4b.3).
OFFICE: dict[str, str] = {
    "programme_officer": "业务",
    "procurement_officer": "采购",
    "leader": "班子",
    "finance_officer": "财务",
    "funds_reviewer": "经审",
    "discipline_officer": "纪检",
}

# Who may come in with a password alone; every other role, also one that is added later, needs a second factor (两步验证).
PASSWORD_SUFFICES: frozenset[str] = frozenset(
    {"provider_admin", "provider_bidder", "provider_worker", "expert", "evaluator"}
)


def second_factor_demanded(roles: Iterable[str]) -> bool:
    """Whether somebody who holds these roles needs a second factor. source  GB/T 22239-2019 8.1.4.1"""
    return not PASSWORD_SUFFICES.issuperset(roles)
