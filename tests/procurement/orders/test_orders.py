"""Orders: drafted in one step, written, reviewed by another, published with a frozen notice, ended."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.listing import PAGE_ROWS
from procurement.bids.models import Opening
from procurement.orders.models import Order
from procurement.orders.operations import (
    approve_order,
    cancel_order,
    draft_order,
    edit_order,
    publish_order,
    return_order,
    submit_order,
)
from procurement.orders.queries import open_orders, visible_orders
from procurement.orders.wording import careful_words
from tests.cast import Cast
from tests.journeys.orders import (
    after_deadline,
    approved_order,
    cancelled_order,
    drafted_order,
    published_order,
    submitted_order,
)
from tests.journeys.projects import approved_project


def test_one_click_fills_everything_in(cast: Cast) -> None:
    order = drafted_order(cast)
    lot = order.lots.get()
    assert (lot.ceiling, lot.unit) == (order.project.planned_amount, order.item.unit)
    assert sum(order.criteria.values_list("weight", flat=True)) == 100
    assert order.criteria.get(kind="price").weight == 10
    assert list(order.milestone_plans.values_list("share", flat=True)) == [50, 40, 10]
    assert order.qualification_rules.filter(code="Q1").exists()
    assert order.qualification_rules.filter(is_conformity=True).exists()
    assert order.standards.count() == order.item.standards.count()
    assert clock.local(order.bid_deadline).hour == 17
    assert [e.verb for e in journal.entries_for(order)] == ["create"]
    with pytest.raises(NotNow, match="已有一份订单"):
        draft_order(order.project, actor=cast.actor("buyer"))


def test_an_order_keeps_the_sum_of_its_lots(cast: Cast) -> None:
    order = drafted_order(cast)
    assert order.ceiling == order.project.planned_amount
    lots = [
        {"title": f"包{n}", "quantity": 1, "unit": "项", "ceiling": Decimal(sum_)}
        for n, sum_ in enumerate(("40000.10", "70000.20"), 1)
    ]
    edit_order(order, actor=cast.actor("buyer"), lots=lots)
    assert Order.objects.get(pk=order.pk).ceiling == Decimal("110000.30")
    edit_order(order, actor=cast.actor("buyer"), title="改了名称，限价不动")
    assert Order.objects.get(pk=order.pk).ceiling == Decimal("110000.30")


def test_only_the_buyer_drafts(cast: Cast) -> None:
    project = approved_project(cast)
    for login in ("other_buyer", "provider1", "leader", "admin"):
        with pytest.raises(NotAllowed):
            draft_order(project, actor=cast.actor(login))


def test_from_draft_to_public(cast: Cast) -> None:
    order = published_order(cast)
    assert order.number == "WH-2026-001"
    assert order.is_open
    notice = order.notice_links.get().notice
    assert notice.kind == "tender"
    assert order.number in notice.body
    assert notice.release["tender"]["value"]["amount"] == float(order.project.planned_amount)
    assert Opening.objects.get(order=order).status == "waiting"
    assert order.project.status == "procuring"
    assert list(open_orders()) == [order]
    with clock.travel(after_deadline(order)):
        assert order.shown_status == "closed"
        assert not open_orders().exists()


def test_the_writer_never_reviews(cast: Cast) -> None:
    project = approved_project(cast)
    order = submit_order(draft_order(project, actor=cast.actor("procurer")), actor=cast.actor("procurer"))
    for login in ("procurer", "buyer", "other_leader", "provider1"):
        with pytest.raises(NotAllowed):
            approve_order(order, actor=cast.actor(login))
    order = return_order(order, actor=cast.actor("leader"), reason="请补充服务标准")
    assert order.status == "draft"
    with pytest.raises(NotAllowed):
        submit_order(order, actor=cast.actor("provider1"))


def test_a_stale_order_is_a_conflict(cast: Cast) -> None:
    order = submitted_order(cast)
    stale = Order.objects.get(pk=order.pk)
    approve_order(order, actor=cast.actor("leader"))
    with pytest.raises(Conflict):
        return_order(stale, actor=cast.actor("leader2"), reason="x")


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        (
            {"criteria": [{"name": "报价", "kind": "price", "weight": 10, "bands": "x"}]},
            "criteria",
            "合计 10 分，应为 100 分",
        ),
        (
            {
                "criteria": [
                    {"name": "报价", "kind": "price", "weight": 40, "bands": "x"},
                    {"name": "方案", "kind": "subjective", "weight": 60, "bands": "x"},
                ]
            },
            "criteria",
            "应在 10 至 30 分之间",
        ),
        (
            {"lots": [{"title": "x", "quantity": 1, "unit": "项", "ceiling": Decimal("160000.01")}]},
            "lots",
            "超过项目预算 160,000.00 元",
        ),
        ({"lots": [{"title": "x", "quantity": 1, "unit": "项", "ceiling": Decimal("-1.00")}]}, "lots", "大于 0"),
        ({"milestones": [{"name": "x", "share": 90, "due_on": "2026-12-31"}]}, "milestones", "合计 90%，应为 100%"),
    ],
)
def test_what_cannot_stand_is_refused_at_its_field(cast: Cast, changes: Any, field: str, words: str) -> None:
    order = drafted_order(cast)
    with pytest.raises(Invalid) as refusal:
        edit_order(order, actor=cast.actor("buyer"), **changes)
    assert words in refusal.value.errors[field][0]
    assert Order.objects.get(pk=order.pk).version == order.version


def test_a_deadline_in_the_past_names_the_earliest_legal_moment(cast: Cast) -> None:
    order = drafted_order(cast)
    for chosen, word in ((clock.now() - timedelta(days=1), "已经过去"), (clock.now() + timedelta(days=2), "太早")):
        with pytest.raises(Invalid) as refusal:
            edit_order(order, actor=cast.actor("buyer"), bid_deadline=chosen)
        assert word in refusal.value.errors["bid_deadline"][0]
        assert "最早可定在 2026 年 9 月 9 日 00:00" in refusal.value.errors["bid_deadline"][0]


def test_a_deadline_that_has_become_too_short_stops_publication(cast: Cast) -> None:
    order = approved_order(cast)
    with clock.travel(clock.local(order.bid_deadline) - timedelta(days=3)):
        with pytest.raises(NotNow, match="退回起草人改期"):
            publish_order(order, actor=cast.actor("procurer"))
        assert return_order(order, actor=cast.actor("procurer"), reason="期限不够，请改期").status == "draft"


def test_cancelling_wants_a_reason_and_publishes_it(cast: Cast) -> None:
    order = published_order(cast)
    with pytest.raises(NotAllowed):
        cancel_order(order, actor=cast.actor("provider1"), reason="x")
    with pytest.raises(Invalid):
        cancel_order(order, actor=cast.actor("procurer"), reason=" ")
    order = cancel_order(order, actor=cast.actor("procurer"), reason="计划调整")
    assert order.notice_links.filter(notice__kind="cancellation").exists()
    assert Opening.objects.get(order=order).status == "stopped"
    assert order.project.status == "failed"
    again = draft_order(order.project, actor=cast.actor("buyer"))
    assert again.status == "draft"


def test_words_that_need_care() -> None:
    found = careful_words(
        [("评分项「业绩」", "具有 5A 评估等级的得 5 分"), ("评分项「需求」", "引用本地数据 4 分；不限地区")]
    )
    assert len(found) == 2
    assert all("评分项「业绩」" in line for line in found)


def test_another_buyers_draft_does_not_exist(cast: Cast, client: Any) -> None:
    order = drafted_order(cast)
    for login in ("other_buyer", "provider1", "expert1", "admin", "evaluator"):
        assert cast.client(login).get(f"/w/orders/{order.pk}/").status_code == 404
        assert not visible_orders(cast.actor(login)).exists()


def test_pages_of_the_whole_way(cast: Cast) -> None:
    project = approved_project(cast)
    buyer, leader, procurer = cast.client("buyer"), cast.client("leader"), cast.client("procurer")
    assert project.title in buyer.get(f"/w/orders/new/?project={project.pk}").content.decode()
    answer = buyer.post("/w/orders/new/", {"project": str(project.pk), "idempotency_key": "k1"})
    order = Order.objects.get()
    assert answer["Location"] == f"/w/orders/{order.pk}/edit/"
    page = buyer.get(answer["Location"])
    form = page.context["form"]
    data: dict[str, Any] = {"version": order.version, "idempotency_key": "k2"}
    data |= {
        name: form[name].value() if form[name].value() is not None else "" for name in (*form.facts, *form.schedule)
    }
    data["bid_deadline"] = clock.local(order.bid_deadline).strftime("%Y-%m-%dT%H:%M")
    data |= {"starts_on": str(order.starts_on), "ends_on": str(order.ends_on), "title": "改过的名称"}
    if not order.minors:
        data.pop("minors")
    for part in form.parts.values():
        for key in ("TOTAL_FORMS", "INITIAL_FORMS"):
            data[f"{part.prefix}-{key}"] = part.management_form[key].value()
        for row in part:
            data |= {f.html_name: f.value() for f in row.visible_fields() if f.value() not in (None, False)}
    bad = buyer.post(f"/w/orders/{order.pk}/edit/", {**data, "criteria-1-weight": "13"})
    assert bad.status_code == 422
    assert "合计 101 分，应为 100 分" in bad.content.decode()
    good = buyer.post(f"/w/orders/{order.pk}/edit/", data)
    assert good.status_code == 302, good.content.decode()[:3000]
    order.refresh_from_db()
    assert order.title == "改过的名称"
    assert order.criteria.count() == 9
    stale = buyer.post(f"/w/orders/{order.pk}/edit/", {**data, "idempotency_key": "k3"})
    assert stale.status_code == 409
    assert "您填的还在" in stale.content.decode()
    for client, verb in ((buyer, "submit"), (leader, "approve"), (procurer, "publish")):
        assert client.get(f"/w/orders/{order.pk}/{verb}/").status_code == 200
        order.refresh_from_db()
        assert client.post(f"/w/orders/{order.pk}/{verb}/", {"version": order.version}).status_code == 302
    order.refresh_from_db()
    for tab in ("", "bids/", "notices/", "review/", "history/"):
        page = procurer.get(f"/w/orders/{order.number}/{tab}")
        assert page.status_code == 200
    assert "已密封，开启后可见" in procurer.get(f"/w/orders/{order.number}/bids/").content.decode()
    assert "我要申报" in cast.client("provider1").get(f"/w/orders/{order.number}/").content.decode()


def test_the_list_asks_the_same_few_questions_of_1_and_of_30_rows(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    order = cancelled_order(cast)
    client = cast.client("buyer")
    client.get("/w/orders/")
    with django_assert_max_num_queries(12):
        assert client.get("/w/orders/").context["count"] == 1
    for _n in range(29):
        fresh = draft_order(order.project, actor=cast.actor("procurer"))
        submit_order(fresh, actor=cast.actor("procurer"))
        approve_order(fresh, actor=cast.actor("leader"))
        cancel_order(fresh, actor=cast.actor("procurer"), reason="重来")
    with django_assert_max_num_queries(12):
        page = client.get("/w/orders/")
    assert page.context["count"] == 30
    assert len(page.context["rows"]) == PAGE_ROWS
    found = client.get("/w/orders/", {"q": order.number, "state": "cancelled", "category": order.item.category})
    assert found.context["count"] == 1
    assert client.get("/w/orders/?export=xlsx").status_code == 200


@pytest.mark.parametrize(("plan", "shares"), [("50_40_10", [50, 40, 10]), ("60_30_10", [60, 30, 10]), ("once", [100])])
def test_a_named_plan_makes_the_milestones(cast: Cast, plan: str, shares: list[int]) -> None:
    order = drafted_order(cast)
    assert [each.share for each in order.milestone_plans.all()] == [50, 40, 10]
    edit_order(order, actor=cast.actor("buyer"), plan=plan, milestones=[])
    rows = list(order.milestone_plans.all())
    assert [each.share for each in rows] == shares
    assert rows[-1].due_on == order.ends_on
    assert [each.due_on for each in rows] == sorted(each.due_on for each in rows)
    page = cast.client("buyer").get(f"{order.get_absolute_url()}edit/").content.decode()
    assert "首期 60%、中期 30%、终期 10%" in page
    with pytest.raises(Invalid):
        edit_order(order, actor=cast.actor("buyer"), plan="70_20_10")
