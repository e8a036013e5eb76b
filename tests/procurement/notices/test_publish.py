"""Notices: numbered, frozen with a digest that anybody can compute again, each with its OCDS release."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock, journal
from core.actor import SYSTEM
from core.errors import Conflict, Invalid
from procurement.notices.models import Notice
from procurement.notices.operations import publish_notice
from procurement.notices.queries import current_notices, notices_about, notices_of
from procurement.orders.operations import fail_order
from tests.cast import Cast
from tests.journeys.orders import after_deadline, published_order
from tests.journeys.projects import approved_project


def published(cast: Cast, **changes: Any) -> Notice:
    project = approved_project(cast, title=changes.pop("of", "成长陪伴"), quantity=1)
    fields: dict[str, Any] = {
        "kind": "tender",
        "title": "成长陪伴服务征集公告",
        "body": "一、项目概况\n二、申报要求",
        "facts": {"预算金额": "1,600.00 元"},
        "subject": project,
        "case": project.case_key,
        "ocid": project.ocid,
        "buyer": project.buyer,
        "region_path": project.region_path,
        "actor": cast.actor("procurer"),
    }
    return publish_notice(**(fields | changes))


def test_a_notice_is_numbered_frozen_and_journaled(cast: Cast) -> None:
    notice = published(cast)
    stored = Notice.objects.get(pk=notice.pk)
    assert stored.number == "五青公〔2026〕1号"
    assert stored.published_at == clock.now()
    assert stored.digest == stored.frozen_digest
    stored.body += "。"
    assert stored.digest != stored.frozen_digest
    (entry,) = journal.entries_for(notice)
    assert (entry.verb, entry.facts["digest"]) == ("publish", notice.digest)
    assert list(notices_of(notice.case)) == list(notices_about(notice.subject)) == [notice]


def test_the_release_has_what_ocds_asks_and_what_the_room_knows(cast: Cast) -> None:
    tender = {"title": "成长陪伴", "value": {"amount": 1600, "currency": "CNY"}}
    supplier = {"id": "CN-USCC-1", "name": "承接方", "roles": ["supplier"]}
    release = published(
        cast, kind="award", release={"tender": tender, "parties": [supplier], "awards": [{"id": "1"}]}
    ).release
    assert {"ocid", "id", "date", "tag", "initiationType"} <= release.keys()
    assert (release["tag"], release["initiationType"], release["language"]) == (["award"], "tender", "zh")
    assert release["tender"] == tender
    assert [party["roles"] for party in release["parties"]] == [["supplier"], ["buyer", "procuringEntity"]]
    assert release["buyer"]["name"] == "共青团五华区委员会"
    assert release["date"] == "2026-09-01T09:00:00+08:00"


def test_a_correction_is_a_new_notice_that_replaces(cast: Cast) -> None:
    first = published(cast)
    second = published(cast, kind="amendment", of="另一个", replaces=first)
    assert set(current_notices()) == {second}
    assert first.replaced_by == second
    with pytest.raises(Conflict, match="更正过"):
        published(cast, kind="amendment", of="第三个", replaces=first)
    with pytest.raises(Invalid):
        published(cast, of="第四个", body=" ")
    with pytest.raises(Invalid):
        published(cast, of="第五个", kind="rumor")
    assert [n.number for n in Notice.objects.order_by("number")] == ["五青公〔2026〕1号", "五青公〔2026〕2号"]


def test_a_failure_says_in_open_data_that_the_call_was_unsuccessful(cast: Cast) -> None:
    order = published_order(cast, quantity=1)
    with clock.travel(after_deadline(order)):
        fail_order(order, actor=SYSTEM, reason="申报不足三家")
    notice = Notice.objects.get(kind="failure")
    assert notice.release["tag"] == ["tenderUpdate"]
    assert notice.release["tender"] == {"id": order.number, "status": "unsuccessful"}
    assert notice.position == Notice.objects.get(kind="tender").position + 1
