"""Bad input through the real pages: said in Chinese where it was made, nothing half-written, nothing typed lost.

What a room proves of its own forms stands there and is not repeated:

| wrong code (USCC), wrong certificate            | tests/accounts/organizations/test_organizations.py |
| every kind of false file, by content            | tests/core/test_documents.py, tests/core/test_forms.py |
| bid lines: negative, over the ceiling, decimals | tests/procurement/bids/test_bids.py |
| weights, prices, shares as operations see them  | tests/procurement/orders/test_orders.py |
| the same over the API                           | tests/api/test_api.py |
| another's number in the address                 | tests/test_isolation.py |
| a session that ends in mid-form                 | tests/browser/test_resume.py |
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core.documents import Document
from core.journal import entries_for
from procurement.acceptances.models import Acceptance
from procurement.orders.models import Order
from procurement.payments.operations import request_payment
from tests.cast import Cast
from tests.core.test_documents import BOMB, docx, picture
from tests.journeys.contracts import signed_contract
from tests.journeys.orders import drafted_order, submitted_order
from tests.journeys.settlements import invoiced_settlement


class Fields(HTMLParser):
    """What a browser would send of a page's forms, as it stands: names and values of all that is filled in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, Any] = {}
        self._select, self._area = "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "input" and name and given.get("type") not in {"file", "submit", "search"}:
            if given.get("type") in {"checkbox", "radio"} and "checked" not in given:
                return
            self.found[name] = given.get("value", "on" if given.get("type") == "checkbox" else "") or ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.found):
            self.found[self._select] = given.get("value") or ""
        elif tag == "textarea":
            self._area = name
            self.found[name] = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.found[self._area] = self.found[self._area].removeprefix("\n")
            self._area = ""
        elif tag == "select":
            self._select = ""


def shown(client: Client, url: str) -> dict[str, Any]:
    """The fields of the page at this address, ready to be sent."""
    page = client.get(url)
    assert page.status_code == 200
    return Fields(page.content.decode()).found


def stored() -> list[Path]:
    """The files that lie in storage."""
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.fixture
def order(cast: Cast) -> Order:
    return drafted_order(cast)


LATE = "2020-01-02T09:00"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("lots-0-ceiling", "160000.01", "超过项目预算 160,000.00 元"),
        ("lots-0-ceiling", "-1", "金额不能为负"),
        ("lots-0-ceiling", "100.001", "小数"),
        ("lots-0-ceiling", "十万", "请填数字，例如 298000.00"),
        ("lots-0-quantity", "0", "大于"),
        ("criteria-1-weight", "13", "合计 101 分，应为 100 分"),
        ("bid_deadline", LATE, "最早"),
        ("ends_on", "2026-02-30", "有效的日期"),
        ("title", "", "请填写订单名称"),
        ("title", "长" * 121, "120"),
    ],
)
def test_an_order_says_what_cannot_stand(cast: Cast, order: Order, field: str, typed: str, said: str) -> None:
    """Refused with a sentence, all typed still there, and neither version nor journal moved."""
    client, url = cast.client("buyer"), f"{order.get_absolute_url()}edit/"
    data = shown(client, url)
    before = (order.version, len(entries_for(order)))
    answer = client.post(url, {**data, field: typed, "place": "我刚刚写的地点"})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert said in page
    assert "我刚刚写的地点" in page
    kept = Fields(answer.content.decode()).found
    assert kept[field] == typed
    for name in data.keys() - {field, "place", "idempotency_key", "csrfmiddlewaretoken"}:
        assert kept.get(name) == data[name], name
    fresh = Order.objects.get(pk=order.pk)
    assert (fresh.version, len(entries_for(fresh))) == before


def test_sent_twice_is_done_once(cast: Cast, order: Order) -> None:
    """The second click is led to where the first went; the same key with other content is refused."""
    client, url = cast.client("buyer"), f"{order.get_absolute_url()}edit/"
    data = {**shown(client, url), "place": "王家桥"}
    first, second = client.post(url, data), client.post(url, data)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    other = client.post(url, {**data, "place": "另一处"})
    assert other.status_code == 409
    assert "内容却不同" in other.content.decode()
    fresh = Order.objects.get(pk=order.pk)
    assert (fresh.place, fresh.version) == ("王家桥", order.version + 1)
    assert [entry.verb for entry in entries_for(fresh)].count("edit") == 1


def test_two_people_edit_one_object(cast: Cast, order: Order) -> None:
    """Whoever comes second sees both texts, loses nothing, and may decide to write over the first."""
    buyer, procurer = cast.client("buyer"), cast.client("procurer")
    url = f"{order.get_absolute_url()}edit/"
    mine, theirs = shown(buyer, url), shown(procurer, url)
    assert procurer.post(url, {**theirs, "place": "采购写的"}).status_code == 302
    answer = buyer.post(url, {**mine, "place": "业务写的"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "业务写的" in page
    assert "采购写的" in page
    assert Order.objects.get(pk=order.pk).place == "采购写的"
    again = Fields(page).found
    assert again["place"] == "业务写的"
    assert buyer.post(url, again).status_code == 302
    assert Order.objects.get(pk=order.pk).place == "业务写的"


def test_two_people_move_one_object(cast: Cast) -> None:
    """One approves, the other returns with the reason just typed: one wins, the reason is still in the form."""
    waiting = submitted_order(cast)
    first, second = cast.client("leader"), cast.client("leader2")
    own = waiting.get_absolute_url()
    approve, back = shown(first, f"{own}approve/"), shown(second, f"{own}return/")
    assert first.post(f"{own}approve/", approve).status_code == 302
    answer = second.post(f"{own}return/", {**back, "reason": "缺少服务标准"})
    assert answer.status_code == 409
    assert "缺少服务标准" in answer.content.decode()
    assert Order.objects.get(pk=waiting.pk).status == "approved"


@pytest.mark.parametrize(
    ("typed", "said"),
    [("{more}", "请核对后重新输入"), ("-1", "金额不能为负"), ("{exact}1", "小数"), ("", "请填写金额")],
)
def test_an_amount_is_typed_again_exactly(cast: Cast, typed: str, said: str) -> None:
    """The approver of a payment types what is paid; anything else pays nothing."""
    payment = request_payment(invoiced_settlement(cast), actor=cast.actor("finance"))
    client, url = cast.client("leader"), f"{payment.get_absolute_url()}approve/"
    amount = typed.format(more=payment.amount + 1, exact=payment.amount)
    answer = client.post(url, {**shown(client, url), "amount": amount})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    payment.refresh_from_db()
    assert payment.status == "requested"


def bad_files() -> Iterator[Any]:
    """(name, content, what is said)."""
    yield pytest.param("签到表.pdf", picture(), "内容不是 PDF", id="another type")
    yield pytest.param("签到表.pdf", b"", "空", id="empty")
    yield pytest.param("签到表.txt", b"a" * (settings.MAX_FILE_BYTES + 1), "MB", id="too large")
    yield pytest.param("炸弹.docx", BOMB, "压缩炸弹", id="bomb")
    yield pytest.param("程序.exe", b"MZ\x90", "不收", id="program")
    yield pytest.param("宏.docx", docx({"word/vbaProject.bin": b"x"}), "宏", id="macro")


@pytest.mark.parametrize(("name", "content", "said"), bad_files())
def test_a_bad_file_costs_no_typed_word(cast: Cast, name: str, content: bytes, said: str) -> None:
    """One bad file among the papers of a report: named in its sentence, the text kept, neither row nor file left."""
    contract = signed_contract(cast)
    client = cast.client("provider1")
    url = f"/w/acceptances/report/{contract.milestones.get(n=1).pk}/"
    data = {**shown(client, url), "summary": "十二场小组活动都做完了", "line_1": "3"}
    before = (Document.objects.count(), stored())
    good = SimpleUploadedFile("名册.png", picture("PNG"), "image/png")
    answer = client.post(url, {**data, "files": [good, SimpleUploadedFile(name, content)]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "十二场小组活动都做完了" in page
    assert Fields(page).found["line_1"] == "3"
    assert not Acceptance.objects.exists()
    assert (Document.objects.count(), stored()) == before


def test_a_path_in_a_name_goes_nowhere(cast: Cast) -> None:
    """A browser never sends one; whoever does has it cut off, and the file lies under its digest."""
    contract = signed_contract(cast)
    client = cast.client("provider1")
    url = f"/w/acceptances/report/{contract.milestones.get(n=1).pk}/"
    tricky = SimpleUploadedFile("x", b"...", "text/plain")
    tricky._name = "../../../etc/passwd.txt"
    data = {**shown(client, url), "summary": "做完了", "line_1": "1", "files": [tricky]}
    answer = client.post(url, data)
    assert answer.status_code in {302, 422}
    assert all(path.is_relative_to(settings.MEDIA_ROOT) for path in stored())
    for document in Document.objects.filter(purpose="acceptance"):
        assert document.name == "passwd.txt"
        assert "passwd" not in document.key


def test_a_session_that_ended_leads_to_the_log_in_and_back(cast: Cast, order: Order) -> None:
    """Nothing is written; the log-in knows where to return. What was typed is the browser's to keep."""
    client, url = cast.client("buyer"), f"{order.get_absolute_url()}edit/"
    data = shown(client, url)
    client.logout()
    answer = client.post(url, {**data, "place": "来不及了"})
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={url}"
    assert client.post(url, data, headers={"X-Requested-With": "fetch"}).status_code == 401
    assert Order.objects.get(pk=order.pk).version == order.version
