"""Invoices (发票): whose they are, what is refused where it was typed, each counted once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import clock, journal
from core.documents import store
from core.errors import Invalid, NotAllowed, NotNow
from procurement.payments.invoicing import enter_invoice
from procurement.payments.models import Invoice
from procurement.payments.operations import (
    request_payment,
)
from procurement.settlements.models import Settlement
from tests.cast import Cast
from tests.journeys.contracts import (
    signed_contract,
)
from tests.journeys.settlements import (
    approved_settlement,
    drawn_settlement,
)

D = Decimal


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"invoice_number": "123"}, "invoice_number", "8 位"),
        ({"invoice_number": "12345678"}, "invoice_code", "10 位或 12 位"),
        ({"amount": D("36800.01")}, "amount", "两个数要一致"),
        ({"issued_on": date(2026, 9, 2)}, "issued_on", "不能晚于今天"),
        ({"seller_uscc": "52530102000000000X"}, "seller_uscc", "不对"),
    ],
)
def test_an_invoice_that_does_not_fit_is_refused_where_it_was_typed(
    cast: Cast, changes: dict[str, object], field: str, words: str
) -> None:
    settlement = approved_settlement(cast)
    with pytest.raises(NotNow, match="交发票"):
        request_payment(settlement, actor=cast.actor("finance"))
    with pytest.raises(Invalid) as refused:
        enter_invoice(settlement, actor=cast.actor("provider1"), **(invoice(cast, settlement) | changes))
    assert words in refused.value.errors[field][0]
    assert not Invoice.objects.exists()


def invoice(cast: Cast, settlement: Settlement) -> dict[str, Any]:
    """An invoice as it ought to be."""
    actor = cast.actor("provider1")
    return {
        "invoice_number": "26530000000000000777", "issued_on": clock.today(), "amount": settlement.payable_amount,
        "seller_uscc": settlement.contract.provider.uscc,
        "file": store(b"invoice", name="发票.txt", actor=actor, purpose="invoice"),
    }  # fmt: skip


def test_an_invoice_is_its_sellers_and_counts_once(cast: Cast) -> None:
    settlement = approved_settlement(cast)
    other = approved_settlement(cast, drawn_settlement(cast, signed_contract(cast, n=2, provider="provider2")))
    given = invoice(cast, settlement)
    for stranger in ("provider2", "buyer", "finance"):
        with pytest.raises(NotAllowed):
            enter_invoice(settlement, actor=cast.actor(stranger), **given)
    with pytest.raises(Invalid, match="销售方不是收款单位"):
        enter_invoice(
            settlement, actor=cast.actor("provider1"), **given | {"seller_uscc": other.contract.provider.uscc}
        )
    enter_invoice(settlement, actor=cast.actor("provider1"), **given)
    taken = given | {"seller_uscc": other.contract.provider.uscc, "amount": other.payable_amount}
    with pytest.raises(Invalid, match="已经在平台登记过"):
        enter_invoice(other, actor=cast.actor("provider2"), **taken)
    enter_invoice(settlement, actor=cast.actor("provider1"), **given | {"invoice_number": "26530000000000000778"})
    enter_invoice(other, actor=cast.actor("provider2"), **taken)
    assert Invoice.objects.filter(voided_at__isnull=True).count() == 2
    assert [entry.verb for entry in journal.entries_for(settlement)][:2] == ["invoice", "invoice"]
    request_payment(settlement, actor=cast.actor("finance"))
    with pytest.raises(NotNow, match="不能再换"):
        enter_invoice(settlement, actor=cast.actor("provider1"), **given | {"invoice_number": "26530000000000000779"})


def test_an_invoice_by_hand(cast: Cast) -> None:
    settlement = approved_settlement(cast)
    provider = cast.client("provider1")
    assert "交发票" in provider.get("/w/").content.decode()
    url = f"/w/payments/invoice/{settlement.pk}/"
    assert cast.client("provider2").get(url).status_code == 404
    paper = SimpleUploadedFile("发票.txt", b"invoice")
    sent = {
        "invoice_number": "2653 0000 0000 0000 0777", "issued_on": "2026-09-01", "amount": "36,800.00",
        "seller_uscc": settlement.contract.provider.uscc, "idempotency_key": "i1", "file": paper,
    }  # fmt: skip
    done = provider.post(url, sent)
    assert done.status_code == 302
    page = cast.client("finance").get(done["Location"]).content.decode()
    assert "26530000000000000777" in page
    document = Invoice.objects.get().document_id
    file = f"{done['Location']}files/{document}/"
    assert cast.client("finance").get(file).status_code == 200
    assert cast.client("provider2").get(file).status_code == 404
