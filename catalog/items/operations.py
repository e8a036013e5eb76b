"""Verbs of the guiding catalogue (指导性目录): open an edition, add items, publish; the one before is superseded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from catalog.categories.models import Category
from catalog.items.models import Edition, Item, ServiceStandard
from catalog.items.queries import current_edition
from catalog.items.starting_list import CATEGORIES, ENTRIES, PRICE_BASIS
from core import clock
from core.actor import SYSTEM, Actor
from core.errors import Conflict, Invalid, NotAllowed
from core.lifecycle import advance, begin, require
from core.money import ZERO, exact

GPC = "CN-GPC-2022"
COPIED = (
    "code", "category", "category_name", "name", "kind", "nature", "content", "function", "unit", "norm_price", "low_price",
    "high_price", "price_basis", "segments", "procurement_category_id", "standing", "minors",
)  # fmt: skip


@transaction.atomic
def open_edition(buyer: Organization, *, actor: Actor, title: str = "", note: str = "") -> Edition:
    """Open a new edition of a buyer's catalogue (新版目录), as a draft.

    It begins with the items of the published edition, or with the starting list where there is none yet.
    returns  the draft with its items and standards
    raises   NotAllowed · Conflict (a draft is open already)
    writes   the edition, its items, one journal entry "create"
    """
    if not actor.works_for(buyer.pk, "programme_officer"):
        raise NotAllowed(_("目录由本单位业务经办起草。"))
    editions = Edition.objects.filter(buyer=buyer)
    open_draft = editions.filter(status="draft").first()
    if open_draft is not None:
        raise Conflict(_("已有一版草稿（第 %(n)s 版），请先办完它。") % {"n": open_draft.number}, current=open_draft)
    number = (editions.aggregate(last=Max("number"))["last"] or 0) + 1
    edition = Edition(
        buyer=buyer,
        region_path=buyer.region.path,
        number=number,
        title=title or _("%(buyer)s购买服务指导性目录") % {"buyer": buyer.short_name or buyer.name},
        note=note,
        drafted_by_key=actor.user_key,
        drafted_by_name=actor.user_name,
    )
    begin(edition, actor=actor, facts={"number": number})
    last = current_edition(buyer.pk)
    if last is None:
        _copy_starting_list(edition)
    else:
        _copy_items(last, edition)
    return edition


@transaction.atomic
def add_item(
    edition: Edition,
    *,
    actor: Actor,
    code: str,
    category: str,
    name: str,
    kind: str,
    content: str,
    function: str,
    unit: str,
    norm_price: Decimal,
    low_price: Decimal,
    high_price: Decimal,
    price_basis: str,
    segments: str,
    nature: str = "public",
    standing: str = "standing",
    minors: bool = False,
    gpc_code: str = "",
    standards: Sequence[tuple[str, str, str]] = (),
) -> Edition:
    """Add an item to a draft (增加条目).

    prices     yuan a unit, low ≤ norm ≤ high, above 0
    standards  (name, target, evidence), at least one: an item without a standard cannot be accepted later
    returns    the edition
    raises     NotAllowed · NotNow (published) · Invalid at the field · Conflict
    writes     the item, its standards, one journal entry
    """
    require(edition, "add_item", actor)
    prices = {
        name_: exact(value)
        for name_, value in (("norm_price", norm_price), ("low_price", low_price), ("high_price", high_price))
    }
    if not ZERO < prices["low_price"] <= prices["norm_price"] <= prices["high_price"]:
        raise Invalid(_("参考单价要大于 0，并且下限 ≤ 参考单价 ≤ 上限。"), field="norm_price")
    if category not in CATEGORIES:
        raise Invalid(_("类别只有五类：%(names)s。") % {"names": "、".join(CATEGORIES.values())}, field="category")
    if not standards:
        raise Invalid(_("至少写一条服务标准，验收时照它核。"), field="standards")
    found = Category.objects.filter(scheme=GPC, code=gpc_code).first() if gpc_code else None
    if gpc_code and found is None:
        raise Invalid(_("没有政府采购品目「%(code)s」，请先导入官方目录。") % {"code": gpc_code}, field="gpc_code")
    if edition.items.filter(code=code).exists():
        raise Invalid(_("这一版里已有编号「%(code)s」。") % {"code": code}, field="code")
    item = Item.objects.create(
        edition=edition,
        code=code,
        category=category,
        category_name=CATEGORIES[category],
        name=name,
        kind=kind,
        nature=nature,
        content=content,
        function=function,
        unit=unit,
        price_basis=price_basis,
        segments=segments,
        procurement_category=found,
        standing=standing,
        minors=minors,
        **prices,
    )
    _write_standards(item, standards)
    return advance(
        edition, "add_item", actor=actor, facts={"code": code, "name": name, "norm_price": str(prices["norm_price"])}
    )


@transaction.atomic
def publish_edition(edition: Edition, *, actor: Actor) -> Edition:
    """Publish a draft (发布目录): frozen from now on; the edition before it is superseded in the same step.

    raises  NotAllowed (not the leadership, or the drafter) · NotNow · Invalid (no items) · Conflict
    writes  status, published_at; the former edition's status; a journal entry each
    """
    require(edition, "publish", actor)
    count = edition.items.count()
    if not count:
        raise Invalid(_("目录里还没有条目。"))
    former = current_edition(edition.buyer_id)
    advance(edition, "publish", actor=actor, facts={"items": count, "number": edition.number}, published_at=clock.now())
    if former is not None:
        advance(former, "supersede", actor=SYSTEM, facts={"by": edition.journal_key})
    return edition


def _copy_starting_list(edition: Edition) -> None:
    codes = {entry.gpc for entry in ENTRIES}
    official = {row.code: row for row in Category.objects.filter(scheme=GPC, code__in=codes)}
    items = [
        Item(
            edition=edition,
            code=entry.code,
            category=entry.category,
            category_name=CATEGORIES[entry.category],
            name=entry.name,
            kind=entry.kind,
            nature=entry.nature,
            content=entry.content,
            function=entry.function,
            unit=entry.unit,
            norm_price=Decimal(entry.norm),
            low_price=Decimal(entry.low),
            high_price=Decimal(entry.high),
            price_basis=PRICE_BASIS,
            segments=entry.segments,
            procurement_category=official.get(entry.gpc),
            standing=entry.standing,
            minors=entry.minors,
        )
        for entry in ENTRIES
    ]
    Item.objects.bulk_create(items)
    ServiceStandard.objects.bulk_create(
        ServiceStandard(item=item, n=n, name=standard.name, target=standard.target, evidence=standard.evidence)
        for item, entry in zip(items, ENTRIES, strict=True)
        for n, standard in enumerate(entry.standards, 1)
    )


def _copy_items(last: Edition, edition: Edition) -> None:
    standards: list[ServiceStandard] = []
    copies: list[Item] = []
    for item in last.items.prefetch_related("standards").order_by("code"):
        values: dict[str, Any] = {name: getattr(item, name) for name in COPIED}
        copy = Item(edition=edition, **values)
        copies.append(copy)
        standards += [
            ServiceStandard(item=copy, n=s.n, name=s.name, target=s.target, evidence=s.evidence)
            for s in item.standards.all()
        ]
    Item.objects.bulk_create(copies)
    ServiceStandard.objects.bulk_create(standards)


def _write_standards(item: Item, standards: Iterable[tuple[str, str, str]]) -> None:
    ServiceStandard.objects.bulk_create(
        ServiceStandard(item=item, n=n, name=name, target=target, evidence=evidence)
        for n, (name, target, evidence) in enumerate(standards, 1)
    )
