"""Checking a paper (查验): a stranger with the file learns that the platform issued it, a stranger without learns nothing."""

from __future__ import annotations

import io

import pypdf
from django.test import Client

from core import outbox
from core.documents import read
from core.reports import ReportJob, request_report
from procurement.orders.models import Order
from tests.cast import Cast
from tests.journeys.contracts import signed_contract
from tests.journeys.orders import published_order
from tests.journeys.settlements import approved_settlement


def test_a_report_is_known_by_its_file_alone(cast: Cast, client: Client) -> None:
    settlement = approved_settlement(cast)
    request_report("procurement.settlement", settlement, actor=cast.actor("finance"))
    outbox.relay()
    document = ReportJob.objects.get().document
    assert document is not None
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(read(document))).pages)
    assert "http://127.0.0.1:8000/v/" in text.replace("\n", "")
    page = client.get("/v/", {"digest": document.sha256}).content.decode()
    assert "这份文件由本平台生成，没有改动" in page
    assert "结算报告（PDF）" in page
    for secret in (settlement.contract.title, settlement.number, str(settlement.payable_amount), document.name):
        assert str(secret) not in page
    other = client.get("/v/", {"digest": document.sha256[:-1] + "0" if document.sha256[-1] != "0" else "f" * 64})
    assert "没有找到这个摘要" in other.content.decode()


def test_a_signed_contract_is_known(cast: Cast, client: Client) -> None:
    contract = signed_contract(cast)
    assert "合同文本，双方已签订" in client.get("/v/", {"digest": contract.digest}).content.decode()


def test_what_cannot_be_undone_is_typed_again(cast: Cast) -> None:
    """The number is asked by the server too, whatever the browser let through."""
    order = published_order(cast)
    client, url = cast.client("leader"), f"{order.get_absolute_url()}cancel/"
    if client.get(url).status_code == 403:
        client = cast.client("procurer")
    data = {"reason": "项目调整", "version": order.version}
    for typed in ("", "五青购〔2020〕9号"):
        answer = client.post(url, {**data, "type_again": typed})
        assert answer.status_code == 422
        assert "和编号不一样，没有办理" in answer.content.decode()
        assert "项目调整" in answer.content.decode()
    assert Order.objects.get(pk=order.pk).status == "published"
    assert client.post(url, {**data, "type_again": f" {order.number} "}).status_code == 302
    assert Order.objects.get(pk=order.pk).status == "cancelled"
