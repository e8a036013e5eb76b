"""Editions: opened from the starting list, published by another person, copied into the next, superseded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from catalog.categories.models import Category
from catalog.items.models import Edition, Item
from catalog.items.operations import add_item, open_edition, publish_edition
from catalog.items.queries import current_edition, visible_editions
from catalog.items.starting_list import CATEGORIES, ENTRIES
from core import journal
from core.duties import tasks_for
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from tests.cast import Cast
from tests.journeys.catalog import draft_edition, published_edition

NEW: dict[str, Any] = {
    "code": "W03-08",
    "category": "W03",
    "name": "青年影像工作坊",
    "kind": "青年活动",
    "content": "指导青年用影像记录社区。",
    "function": "丰富青年文化生活",
    "unit": "期",
    "norm_price": Decimal("5000.00"),
    "low_price": Decimal("4000.00"),
    "high_price": Decimal("6000.00"),
    "price_basis": "询价三家",
    "segments": "青年",
    "standards": [("作品", "每人一件", "作品清单")],
}


def test_the_starting_list_has_every_category_and_is_whole() -> None:
    assert len(ENTRIES) == 25
    assert {entry.category for entry in ENTRIES} == set(CATEGORIES)
    assert len({entry.code for entry in ENTRIES}) == 25
    for entry in ENTRIES:
        assert Decimal(entry.low) <= Decimal(entry.norm) <= Decimal(entry.high)
        assert 2 <= len(entry.standards) <= 4
        assert max(len(s.target) for s in entry.standards) <= 120


def test_a_first_edition_begins_with_the_starting_list_linked_to_the_official_codes(cast: Cast) -> None:
    Category.objects.create(
        scheme="CN-GPC-2022", code="C05010300", name="未成年人关爱保护服务", level=3, status="verified"
    )
    edition = draft_edition(cast)
    assert (edition.number, edition.status, edition.items.count()) == (1, "draft", 25)
    item = edition.items.get(code="W03-02")
    assert item.procurement_category.name == "未成年人关爱保护服务"
    assert [s.name for s in item.standards.all()] == ["师生比", "持续参加率", "人员查询", "监护人同意"]
    with pytest.raises(Conflict, match="草稿"):
        open_edition(cast.org("buyer"), actor=cast.actor("buyer"))


def test_publishing_supersedes_the_former_and_old_items_stay(cast: Cast) -> None:
    first = published_edition(cast)
    second = draft_edition(cast)
    add_item(second, actor=cast.actor("buyer"), **NEW)
    publish_edition(second, actor=cast.actor("leader"))
    first.refresh_from_db()
    assert (first.status, second.status, second.number) == ("superseded", "published", 2)
    assert (first.items.count(), second.items.count()) == (25, 26)
    assert current_edition(cast.org("buyer").pk) == second
    assert [e.verb for e in journal.entries_for(second)] == ["publish", "add_item", "create"]
    assert second.items.get(code="W03-02").standards.count() == 4


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"norm_price": Decimal("6001.00")}, "norm_price"),
        ({"low_price": Decimal("0.00")}, "norm_price"),
        ({"category": "W09"}, "category"),
        ({"standards": []}, "standards"),
        ({"gpc_code": "C99999999"}, "gpc_code"),
        ({"code": "W03-01"}, "code"),
    ],
)
def test_a_wrong_item_is_refused_at_its_field(cast: Cast, changes: dict[str, Any], field: str) -> None:
    edition = draft_edition(cast)
    with pytest.raises(Invalid) as refusal:
        add_item(edition, actor=cast.actor("buyer"), **(NEW | changes))
    assert field in refusal.value.errors
    assert edition.items.count() == 25


def test_strangers_drafters_wrong_time_and_stale_are_refused(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        open_edition(cast.org("buyer"), actor=cast.actor("other_buyer"))
    draft = draft_edition(cast)
    with pytest.raises(NotAllowed):
        publish_edition(draft, actor=cast.actor("other_leader"))
    with pytest.raises(NotAllowed):
        add_item(draft, actor=cast.actor("leader"), **NEW)
    stale = Edition.objects.get(pk=draft.pk)
    add_item(draft, actor=cast.actor("buyer"), **NEW)
    with pytest.raises(Conflict):
        publish_edition(stale, actor=cast.actor("leader"))
    publish_edition(draft, actor=cast.actor("leader"))
    with pytest.raises(NotNow):
        add_item(draft, actor=cast.actor("buyer"), **(NEW | {"code": "W03-09"}))


def test_a_draft_is_seen_by_its_own_buyer_only(cast: Cast) -> None:
    draft = draft_edition(cast)
    shown = published_edition(cast, "union")
    assert set(visible_editions(cast.actor("buyer"))) == {draft, shown}
    for login in ("other_buyer", "provider1", "expert1", "admin"):
        assert set(visible_editions(cast.actor(login))) == {shown}
        client = cast.client(login)
        assert client.get(draft.get_absolute_url()).status_code == 404
        assert client.get(reverse("catalog:detail", args=[draft.items.first().pk])).status_code == 404
        assert client.get(reverse("catalog:detail", args=[shown.items.first().pk])).status_code == 200


def test_the_pages_lead_from_drafting_to_publishing_to_browsing(cast: Cast) -> None:
    buyer = cast.client("buyer")
    assert buyer.get(reverse("editions:create")).status_code == 200
    answer = buyer.post(reverse("editions:create"), {"note": "首版"})
    url = answer.headers["Location"]
    assert "困境青少年成长陪伴" in buyer.get(url).content.decode()
    form = NEW | {
        "nature": "public",
        "standing": "new",
        "version": 1,
        "standards": "作品｜每人一件｜作品清单\n到课|不低于 90%|签到",
    }
    assert buyer.get(f"{url}add_item/").status_code == 200
    assert "用「｜」隔开" in buyer.post(f"{url}add_item/", form | {"standards": "只有一段"}).content.decode()
    assert buyer.post(f"{url}add_item/", form).status_code == 302
    assert Item.objects.get(code="W03-08").standards.count() == 2
    assert any(task.name == "publish_edition" for task in tasks_for(cast.actor("leader")))
    assert cast.client("leader").post(f"{url}publish/", {"version": 2}).status_code == 302
    page = buyer.get(reverse("catalog:list"), {"q": "影像"}).content.decode()
    assert "青年影像工作坊" in page
    assert "困境青少年成长陪伴" not in page
    assert buyer.get("/w/catalog/").headers["Location"] == reverse("catalog:list")
