"""Bids: eligible, written, submitted, replaced, withdrawn; the edge of the deadline; bad input at its field."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.organizations.models import Organization
from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import Message
from core.sealing import canonical_json, commitment
from procurement.bids.envelope import facts_of, line_amount, plain_number, sealed_content, totals, typed
from procurement.bids.models import Bid
from procurement.bids.operations import (
    attach_file,
    begin_bid,
    load_bid_draft,
    replace_bid,
    save_bid_draft,
    submit_bid,
    unsealed,
    withdraw_bid,
)
from procurement.bids.queries import eligibility, visible_bids
from procurement.orders.operations import cancel_order
from tests.cast import Cast
from tests.journeys.bids import content, drafted_bid, opened_order, sealed_bid, sealed_bids
from tests.journeys.orders import after_deadline, published_order

CEILING = Decimal("298000.00")


def line(**changes: str) -> dict[str, str]:
    return {
        "cost_class": "activity",
        "name": "活动",
        "unit": "场",
        "quantity": "48",
        "unit_price": "1,200.00",
        "reason": "",
        **changes,
    }


# --- Arithmetic ---


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"unit_price": "1200.005"}, "unit_price", "两位小数"),
        ({"unit_price": "-3"}, "unit_price", "不能为负"),
        ({"unit_price": "一千"}, "unit_price", "请填数字"),
        ({"unit_price": ""}, "unit_price", "请填数字"),
        ({"unit_price": "1e5"}, "unit_price", ""),
        ({"unit_price": "NaN"}, "unit_price", ""),
        ({"quantity": "0"}, "quantity", "大于 0 的整数"),
        ({"quantity": "1.5"}, "quantity", "大于 0 的整数"),
        ({"quantity": "-2"}, "quantity", "大于 0 的整数"),
        ({"quantity": "99999999"}, "quantity", "大于 0 的整数"),
    ],
)
def test_a_wrong_line_is_refused_at_its_field(changes: dict[str, str], field: str, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        line_amount(line(**changes))
    assert refusal.value.field == field
    assert words in refusal.value.message
    with pytest.raises(Invalid) as refusal:
        sealed_content({**content(), "lines": [line(**changes)]}, ceiling=CEILING)
    assert f"lines-0-{field}" in refusal.value.errors


def test_amounts_are_reckoned_and_the_ceiling_is_said_in_figures() -> None:
    assert line_amount(line(quantity="４８", unit_price="１，２００．００ 元")) == (
        48,
        Decimal("1200.00"),
        Decimal("57600.00"),
    )
    assert plain_number(" 1，200.50元") == "1200.50"
    over = {**content(), "lines": [line(quantity="1", unit_price="312000.00")]}
    with pytest.raises(Invalid) as refusal:
        sealed_content(over, ceiling=CEILING)
    said = "报价 312,000.00 元，超过最高限价 298,000.00 元。请降低单价或数量。"
    assert refusal.value.errors["lines"] == [said]
    assert facts_of(over, ceiling=CEILING, caps={"management": 10})[0].note == said
    assert facts_of(content("285600.00"), ceiling=CEILING, caps={})[0].note == "285,600.00 ≤ 298,000.00，低 4.2%"
    assert totals(content("150000.00"))["total"] == Decimal("150000.00")


def test_a_form_is_kept_as_typed() -> None:
    data = {
        "lines-0-name": "甲",
        "lines-0-unit_price": "12,0x",
        "lines-7-name": "乙",
        "lines-9-cost_class": "staff",
        "lines-TOTAL_FORMS": "9",
    }
    rows = typed("lines", data)
    assert [(r["name"], r["unit_price"]) for r in rows] == [("甲", "12,0x"), ("乙", "")]
    with pytest.raises(Invalid):
        typed("plan", {"plan-approach": "长" * 6001})


# --- Beginning ---


def test_beginning_twice_is_one_bid(cast: Cast) -> None:
    order = published_order(cast)
    lot = order.lots.get()
    first = begin_bid(lot, actor=cast.actor("provider1"))
    assert begin_bid(lot, actor=cast.actor("provider1")).pk == first.pk
    for login in ("buyer", "expert1", "admin", "evaluator"):
        with pytest.raises(NotAllowed):
            begin_bid(lot, actor=cast.actor(login))
    with clock.travel(after_deadline(order)), pytest.raises(NotNow, match="不再接收"):
        begin_bid(lot, actor=cast.actor("provider2"))


def test_eligibility_says_every_reason_and_incubation_only_discloses(cast: Cast) -> None:
    order = published_order(cast)
    lot = order.lots.get()
    Organization.objects.filter(pk=cast.org("provider1").pk).update(incubated_by=cast.org("buyer"))
    own = Organization.objects.get(pk=cast.org("provider1").pk)
    found = {c.title: c.kind for c in eligibility(lot, own)}
    assert found["由采购人孵化，需要公开说明"] == "warn"
    assert begin_bid(lot, actor=cast.actor("provider1")).status == "draft"
    Organization.objects.filter(pk=cast.org("provider2").pk).update(
        status="suspended", suspended_until=date(2026, 12, 1), suspension_reason="材料不实"
    )
    with pytest.raises(Invalid, match="暂停至 2026-12-01：材料不实"):
        begin_bid(lot, actor=cast.actor("provider2"))


# --- Submitting ---


def test_submit_seals_commits_and_gives_a_receipt(cast: Cast) -> None:
    order = published_order(cast)
    bid = sealed_bid(order, cast, file=True)
    salt, opened = unsealed(bid)
    assert (bid.status, opened["total"]) == ("sealed", "150000.00")
    assert commitment(salt, canonical_json(opened)) == bid.commitment
    entry = journal.entries_for(bid)[0]
    assert (entry.verb, entry.facts["commitment"]) == ("submit", bid.commitment)
    assert bid.files.count() == 1
    page = cast.client("provider1").get(f"/w/bids/{bid.pk}/receipt/").content.decode()
    assert bid.commitment in page
    assert entry.hash.hex() in page
    assert Message.objects.filter(kind="bid", recipient_key=cast.actor("provider1").user_key).count() == 1
    assert Message.objects.filter(kind="bid").count() == 1


def test_strangers_stale_copies_and_second_submissions(cast: Cast) -> None:
    order = published_order(cast)
    bid = drafted_bid(order, cast)
    stale = Bid.objects.get(pk=bid.pk)
    for login in ("provider2", "procurer", "admin", "auditor"):
        with pytest.raises(NotAllowed):
            submit_bid(Bid.objects.get(pk=bid.pk), actor=cast.actor(login))
    submit_bid(bid, actor=cast.actor("provider1"))
    with pytest.raises((Conflict, Invalid)):
        submit_bid(stale, actor=cast.actor("provider1"))
    with pytest.raises(NotNow):
        submit_bid(bid, actor=cast.actor("provider1"))
    assert [e.verb for e in journal.entries_for(bid)].count("submit") == 1


def test_the_edge_of_the_deadline(cast: Cast) -> None:
    order = published_order(cast)
    first, second = drafted_bid(order, cast, "provider1"), drafted_bid(order, cast, "provider2")
    edge = clock.local(order.bid_deadline)
    with clock.travel(edge - timedelta(microseconds=1)):
        assert submit_bid(first, actor=cast.actor("provider1")).status == "sealed"
    with clock.travel(edge):
        for deed in (
            lambda: submit_bid(second, actor=cast.actor("provider2")),
            lambda: replace_bid(first, actor=cast.actor("provider1")),
            lambda: withdraw_bid(first, actor=cast.actor("provider1")),
        ):
            with pytest.raises(NotNow, match="平台不再接收。草稿还在"):
                deed()
    assert load_bid_draft(second, actor=cast.actor("provider2")).content["contact"]["name"] == "联系人甲"
    second.refresh_from_db()
    assert (second.status, second.envelope, second.commitment) == ("draft", None, "")


def test_replace_brings_the_text_back_and_withdraw_frees_the_place(cast: Cast) -> None:
    order = published_order(cast)
    bid = sealed_bid(order, cast, file=True)
    former = bid.commitment
    bid = replace_bid(bid, actor=cast.actor("provider1"))
    kept = load_bid_draft(bid, actor=cast.actor("provider1")).content
    assert kept["plan"]["approach"] == content()["plan"]["approach"]
    assert kept["files"][0]["name"] == "provider1.txt"
    bid = submit_bid(bid, actor=cast.actor("provider1"))
    assert bid.commitment != former
    bid = withdraw_bid(bid, actor=cast.actor("provider1"))
    assert bid.status == "withdrawn"
    assert begin_bid(order.lots.get(), actor=cast.actor("provider1")).pk != bid.pk


def test_a_cancelled_order_sends_its_bids_back(cast: Cast) -> None:
    order = published_order(cast)
    bids = sealed_bids(order, cast)
    drafted_bid(order, cast, "provider4")
    cancel_order(order, actor=cast.actor("procurer"), reason="计划调整")
    assert {b.status for b in Bid.objects.all()} == {"returned"}
    assert Bid.objects.get(pk=bids[0].pk).content is None


# --- Drafts ---


def test_two_devices_conflict_and_keep_both_texts(cast: Cast) -> None:
    order = published_order(cast)
    bid = begin_bid(order.lots.get(), actor=cast.actor("provider1"))
    phone, desk = cast.client("provider1"), cast.client("provider1")
    url = f"/w/bids/{bid.pk}/draft/plan/"
    seen = load_bid_draft(bid, actor=cast.actor("provider1")).version
    first = phone.post(
        url, {"plan-approach": "手机上写的", "draft_version": seen, "page": "p"}, HTTP_USER_AGENT="Mobile"
    )
    assert first.status_code == 200, first.content
    second = desk.post(url, {"plan-approach": "电脑上写的", "draft_version": seen, "page": "d"})
    assert second.status_code == 409
    assert second.json()["content"]["plan-approach"] == "手机上写的"
    assert second.json()["device"] == "手机"
    whole = desk.post(f"/w/bids/{bid.pk}/write/plan/", {"plan-approach": "电脑上写的", "seen": seen, "page": "d"})
    assert whole.status_code == 409
    text = whole.content.decode()
    assert "手机上写的" in text
    assert "电脑上写的" in text
    assert "手机上写的" in desk.get(f"/w/bids/{bid.pk}/write/plan/").content.decode()
    forced = desk.post(url, {"plan-approach": "电脑上写的", "draft_version": seen, "force": "1", "page": "d"})
    assert forced.status_code == 200
    onward = desk.post(f"/w/bids/{bid.pk}/write/plan/", {"plan-approach": "再改", "seen": seen, "page": "d"})
    assert onward["Location"].endswith("/write/team/")


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("方案.pdf", b"not a pdf", "内容不是"),
        ("方案.exe", b"MZ", "不收"),
        ("空.txt", b"", ""),
        ("大.txt", b"a" * (21 * 1024 * 1024), "20 MB"),
    ],
)
def test_a_bad_file_is_refused_at_its_field_and_nothing_typed_is_lost(
    cast: Cast, name: str, body: bytes, words: str
) -> None:
    order = published_order(cast)
    bid = drafted_bid(order, cast)
    answer = cast.client("provider1").post(
        f"/w/bids/{bid.pk}/write/files/", {"file": SimpleUploadedFile(name, body), "kind": "其他"}
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert load_bid_draft(bid, actor=cast.actor("provider1")).content["files"] == []
    with pytest.raises(Invalid):
        attach_file(bid, body, name="../../etc/passwd.txt", actor=cast.actor("provider1"))


# --- Pages ---


def test_the_whole_way_of_a_bid_by_pages(cast: Cast) -> None:
    order = published_order(cast)
    lot = order.lots.get()
    client = cast.client("provider1")
    assert "正在征集的订单" in client.get("/w/bids/new/").content.decode()
    assert "申报资格" in client.get(f"/w/bids/new/?lot={lot.pk}").content.decode()
    begun = client.post(f"/w/bids/new/?lot={lot.pk}", {"lot": str(lot.pk), "idempotency_key": uuid4().hex})
    bid = Bid.objects.get()
    assert begun["Location"] == f"/w/bids/{bid.pk}/write/"
    typed_in: dict[str, dict[str, Any]] = {
        part: {f"{part}-{k}": v for k, v in content()[part].items()} for part in ("contact", "plan", "pledges")
    }
    for part in ("team", "lines"):
        typed_in[part] = {f"{part}-{n}-{k}": v for n, row in enumerate(content()[part]) for k, v in row.items()}
    for part in ("contact", "plan", "team", "lines", "pledges"):
        page = client.get(f"/w/bids/{bid.pk}/write/{part}/")
        assert page.status_code == 200
        token = page.context["page_token"]
        seen = page.context["saved"].version
        saved = client.post(f"/w/bids/{bid.pk}/write/{part}/", {**typed_in[part], "page": token, "seen": seen})
        assert saved.status_code == 302
    upload = SimpleUploadedFile("证书.txt", "登记证书".encode())
    assert client.post(f"/w/bids/{bid.pk}/write/files/", {"file": upload, "kind": "资质证明"}).status_code == 302
    check = client.get(f"/w/bids/{bid.pk}/submit/").content.decode()
    assert "150,000.00" in check
    assert "壹拾伍万元整" in check
    bid.refresh_from_db()
    key = uuid4().hex
    form = {"version": bid.version, "idempotency_key": key}
    assert client.post(f"/w/bids/{bid.pk}/submit/", form)["Location"] == f"/w/bids/{bid.pk}/"
    assert client.post(f"/w/bids/{bid.pk}/submit/", form).status_code == 302
    page = client.get(f"/w/bids/{bid.pk}/").content.decode()
    assert "递交收据" in page
    assert "150,000.00" in page
    assert client.get("/w/bids/").context["count"] == 1
    for verb in ("replace", "withdraw"):
        assert client.get(f"/w/bids/{bid.pk}/{verb}/").status_code == 200
    document = unsealed(Bid.objects.get())[1]["files"][0]["document"]
    assert client.get(f"/w/bids/{bid.pk}/own/{document}/").content == "登记证书".encode()


def test_an_incomplete_bid_says_everything_that_is_missing(cast: Cast) -> None:
    order = published_order(cast)
    bid = begin_bid(order.lots.get(), actor=cast.actor("provider1"))
    answer = cast.client("provider1").post(f"/w/bids/{bid.pk}/submit/", {"version": bid.version})
    assert answer.status_code == 422
    assert "请至少填一行报价" in answer.content.decode()
    save_bid_draft(bid, {"lines": [line(quantity="1", unit_price="160000.01")]}, actor=cast.actor("provider1"))
    assert "超过最高限价 160,000.00 元" in cast.client("provider1").get(f"/w/bids/{bid.pk}/submit/").content.decode()


def test_before_the_opening_a_bid_exists_for_its_bidder_alone(cast: Cast) -> None:
    order = published_order(cast)
    bids = sealed_bids(order, cast)
    for login in (
        "buyer",
        "procurer",
        "leader",
        "auditor",
        "discipline",
        "district_finance",
        "admin",
        "expert1",
        "provider2",
        "provider4",
        "evaluator",
    ):
        own = 1 if login == "provider2" else 0
        assert visible_bids(cast.actor(login)).count() == own, login
        client = cast.client(login)
        for path in ("", "receipt/", "write/", "write/lines/", "submit/", "withdraw/"):
            assert client.get(f"/w/bids/{bids[0].pk}/{path}").status_code == 404, (login, path)
        assert client.post(f"/w/bids/{bids[0].pk}/draft/lines/", {}).status_code == 404
        assert client.get("/w/bids/").context["count"] == own
        assert client.get("/w/bids/?export=csv").content.decode().count("测试社会") == own


def test_after_the_opening_the_buyer_reads_and_strangers_do_not(cast: Cast) -> None:
    order = opened_order(cast)
    assert visible_bids(cast.actor("procurer")).count() == 3
    assert visible_bids(cast.actor("district_finance")).count() == 3
    for login in ("other_procurer", "admin", "provider4", "evaluator"):
        assert not visible_bids(cast.actor(login)).exists()
    bid = Bid.objects.get(organization=cast.org("provider1"))
    page = cast.client("procurer").get(f"/w/bids/{bid.pk}/")
    assert "provider1.txt" in page.content.decode()
    copy = bid.files.get().opened_id
    assert cast.client("procurer").get(f"/w/bids/{bid.pk}/files/{copy}/").status_code == 200
    assert cast.client("provider2").get(f"/w/bids/{bid.pk}/files/{copy}/").status_code == 404
    assert "150,000.00" in cast.client("procurer").get(f"/w/orders/{order.number}/bids/").content.decode()


def test_the_list_asks_the_same_few_questions(cast: Cast, django_assert_max_num_queries: Any) -> None:
    order = published_order(cast)
    for _n in range(30):
        withdraw_bid(drafted_bid(order, cast), actor=cast.actor("provider1"))
    client = cast.client("provider1")
    client.get("/w/bids/")
    with django_assert_max_num_queries(12):
        assert client.get("/w/bids/").context["count"] == 30
