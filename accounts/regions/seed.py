"""The regions of the demonstration: 五华区, its streets and some communities."""

from __future__ import annotations

from accounts.regions.models import Region

DISTRICT = ("530102", "五华区")
STREETS = (
    ("530102001", "大观街道"),
    ("530102002", "华山街道"),
    ("530102003", "护国街道"),
    ("530102004", "龙翔街道"),
    ("530102005", "丰宁街道"),
    ("530102006", "莲华街道"),
    ("530102007", "红云街道"),
    ("530102008", "黑林铺街道"),
    ("530102009", "普吉街道"),
    ("530102010", "西翥街道"),
)
COMMUNITIES = (
    ("530102001001", "新闻里社区"),
    ("530102001002", "大观楼社区"),
    ("530102002001", "华山西路社区"),
    ("530102004001", "龙翔社区"),
    ("530102006001", "莲华社区"),
    ("530102007001", "红云社区"),
    ("530102008001", "黑林铺社区"),
    ("530102009001", "王家桥社区"),
    ("530102009002", "普吉社区"),
    ("530102010001", "沙朗社区"),
)


def seed_regions() -> dict[str, Region]:
    """Enter the regions; those that are there stay. returns  all by name: seed_regions()["大观街道"]"""
    district = _region(*DISTRICT, "district", None)
    found = {district.name: district}
    by_code = {}
    for code, name in STREETS:
        by_code[code] = found[name] = _region(code, name, "street", district)
    for code, name in COMMUNITIES:
        found[name] = _region(code, name, "community", by_code[code[:9]])
    return found


def _region(code: str, name: str, level: str, parent: Region | None) -> Region:
    path = f"{parent.path}/{code}" if parent else code
    region, _made = Region.objects.get_or_create(
        code=code, defaults={"name": name, "level": level, "parent": parent, "path": path}
    )
    return region
