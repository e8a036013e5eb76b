"""Supplementary agreements: within the tenth, one level up, signed by both; lines, amount and budget follow to the fen."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from accounts.organizations.models import Organization
from core import journal
from core.documents import read
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import inbox
from procurement.amendments.models import Amendment, AmendmentSignature
from procurement.amendments.operations import (
    approve_amendment,
    draft_amendment,
    file_amendment,
    refuse_amendment,
    sign_amendment,
    withdraw_amendment,
)
from procurement.amendments.queries import visible_amendments
from procurement.budgets.models import Allocation
from procurement.contracts.models import Contract
from procurement.notices.models import Notice
from tests.cast import PASSWORD, Cast
from tests.journeys.activities import picture
from tests.journeys.contracts import FINAL, frozen_contract, judged_milestone, print_now, signed_contract
from tests.journeys.settlements import drawn_settlement, paid

D = Decimal


def drafted(cast: Cast, contract: Contract, **changes: Any) -> Amendment:
    given = {"code": "need", "grounds": "报名儿童增加", "quantities": {1: contract.lines.get(n=1).quantity + 2}}
    return draft_amendment(contract, actor=cast.actor("buyer"), **(given | changes))


def approved(cast: Cast, amendment: Amendment) -> Amendment:
    """Approved and printed by the worker's own way."""
    approve_amendment(amendment, actor=cast.actor("leader"))
    print_now()
    return Amendment.objects.get(pk=amendment.pk)


def signed(cast: Cast, amendment: Amendment) -> Amendment:
    amendment = approved(cast, amendment)
    for login in ("provider1", "leader"):
        sign_amendment(Amendment.objects.get(pk=amendment.pk), actor=cast.actor(login), digest=amendment.digest)
    return Amendment.objects.get(pk=amendment.pk)


def test_more_is_bound_and_settled(cast: Cast) -> None:
    contract = signed_contract(cast)
    line, allocation = contract.lines.get(n=1), Allocation.objects.get(case=contract.case_key)
    added = line.unit_price * 2
    amendment = drafted(cast, contract, ends_on=date(2027, 1, 15))
    assert amendment.difference == added
    assert inbox(cast.actor("leader").user_key).filter(kind="amendment.submitted").count() == 1
    assert not visible_amendments(cast.actor("provider1")).exists()
    with pytest.raises(Conflict):
        drafted(cast, contract)
    amendment = signed(cast, amendment)
    contract.refresh_from_db()
    allocation.refresh_from_db()
    line.refresh_from_db()
    assert (amendment.status, amendment.number) == ("in_force", f"{contract.number}-补1")
    assert contract.amount == D("191300.00") + added == allocation.contracted_amount
    assert allocation.planned_amount == D("200000.00"), "the project's plan had room for it"
    assert (contract.original_amount, contract.supplement_amount) == (D("191300.00"), added)
    assert contract.ends_on == date(2027, 1, 15)
    assert line.amount == line.unit_price * line.quantity
    assert sum(each.amount for each in contract.lines.all()) == contract.amount
    assert sum(each.amount for each in contract.fundings.all()) == contract.amount
    assert Notice.objects.get(kind="contract_change").facts
    assert [entry.verb for entry in journal.entries_for(amendment)] == [
        "take_effect", "sign", "sign", "print", "approve", "create",
    ]  # fmt: skip
    assert journal.entries_for(contract)[0].verb == "amend"
    paid(cast, drawn_settlement(cast, contract, 1), "GK-1")
    judged_milestone(cast, contract, 2, {**FINAL, 1: line.quantity})
    final = drawn_settlement(cast, Contract.objects.get(pk=contract.pk), 0)
    paid(cast, final, "GK-2")
    allocation.refresh_from_db()
    assert allocation.paid_amount == allocation.contracted_amount == allocation.planned_amount


def test_less_gives_the_money_back(cast: Cast) -> None:
    contract = signed_contract(cast)
    line = contract.lines.get(n=1)
    amendment = signed(cast, drafted(cast, contract, quantities={1: line.quantity - 1}))
    contract.refresh_from_db()
    allocation = Allocation.objects.get(case=contract.case_key)
    assert amendment.difference == -line.unit_price
    assert contract.amount == D("191300.00") - line.unit_price == allocation.contracted_amount
    assert allocation.planned_amount == D("200000.00")
    assert contract.supplement_amount == D("0.00")


def test_not_above_the_tenth_and_the_figures_are_named(cast: Cast) -> None:
    contract = signed_contract(cast)
    line = contract.lines.get(n=1)
    too_many = line.quantity + int(contract.supplement_limit // line.unit_price) + 1
    with pytest.raises(Invalid, match=r"原合同 191,300\.00 元，上限 19,130\.00 元"):
        drafted(cast, contract, quantities={1: too_many})
    most = signed(cast, drafted(cast, contract, quantities={1: too_many - 1}))
    contract.refresh_from_db()
    with pytest.raises(Invalid, match="已增加"):
        drafted(cast, contract, quantities={1: too_many})
    assert most.difference <= contract.supplement_limit
    allocation = Allocation.objects.get(case=contract.case_key)
    assert allocation.planned_amount == max(D("200000.00"), contract.amount) == allocation.contracted_amount


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "whim"}, "code"),
        ({"grounds": " "}, "grounds"),
        ({"ends_on": date(2026, 8, 1)}, "ends_on"),
        ({"quantities": {1: 3}}, "line_1"),
    ],
)
def test_what_cannot_be_amended(cast: Cast, changes: dict[str, Any], field: str) -> None:
    contract = signed_contract(cast)
    judged_milestone(cast, contract, 1)
    with pytest.raises(Invalid) as refused:
        drafted(cast, contract, **changes)
    assert field in refused.value.errors
    assert not Amendment.objects.exists()


def test_who_may_and_when(cast: Cast) -> None:
    with pytest.raises(NotNow):
        drafted(cast, frozen_contract(cast))
    contract = signed_contract(cast, n=2)
    with pytest.raises(Invalid, match="没有改动"):
        drafted(cast, contract, quantities={})
    for stranger in ("leader", "provider1", "other_buyer", "finance"):
        with pytest.raises(NotAllowed):
            draft_amendment(contract, actor=cast.actor(stranger), code="need", grounds="x", quantities={1: 1})
    amendment = drafted(cast, contract)
    for stranger in ("buyer", "provider1", "other_leader"):
        with pytest.raises(NotAllowed):
            approve_amendment(amendment, actor=cast.actor(stranger))
    refuse_amendment(amendment, actor=cast.actor("leader"), reason="先用完原数量")
    again = drafted(cast, contract)
    approve_amendment(again, actor=cast.actor("leader"))
    with pytest.raises(NotNow, match="正在生成"):
        sign_amendment(again, actor=cast.actor("provider1"), digest="")
    print_now()
    again = Amendment.objects.get(pk=again.pk)
    for stranger in ("buyer", "provider2", "other_leader"):
        with pytest.raises(NotAllowed):
            sign_amendment(again, actor=cast.actor(stranger), digest=again.digest)
    with pytest.raises(Conflict):
        sign_amendment(Amendment.objects.get(pk=again.pk), actor=cast.actor("provider1"), digest="0" * 64)
    again = Amendment.objects.get(pk=again.pk)
    sign_amendment(again, actor=cast.actor("provider1"), digest=again.digest)
    with pytest.raises(NotAllowed):
        sign_amendment(again, actor=cast.actor("provider1"), digest=again.digest)
    withdraw_amendment(again, actor=cast.actor("buyer"), reason="需求又变了")
    contract.refresh_from_db()
    assert contract.amount == contract.original_amount


def test_by_hand(cast: Cast) -> None:
    contract = signed_contract(cast)
    buyer, leader, provider = (cast.client(login) for login in ("buyer", "leader", "provider1"))
    assert "拟定补充协议" in buyer.get(contract.get_absolute_url()).content.decode()
    url = f"/w/amendments/draft/{contract.pk}/"
    assert provider.get(url).status_code == 403
    line = contract.lines.get(n=1)
    sent = {"line_1": line.quantity + 2, "place": contract.place, "code": "need", "grounds": "报名增加"}
    over = buyer.post(url, {**sent, "line_1": line.quantity * 2, "idempotency_key": "a1"})
    assert over.status_code == 422
    assert "不能超过原合同的百分之十" in over.content.decode()
    assert "报名增加" in over.content.decode()
    place = buyer.post(url, {**sent, "idempotency_key": "a2"})["Location"]
    assert provider.get(place).status_code == 404
    assert leader.post(f"{place}approve/", {"version": 1, "idempotency_key": "a3"}).status_code == 302
    assert "签订补充协议" not in provider.get("/w/").content.decode()
    print_now()
    assert "签订补充协议" in provider.get("/w/").content.decode()
    amendment = Amendment.objects.get()
    signature = {"digest": amendment.digest, "read": "on", "version": 2, "password": PASSWORD}
    assert provider.post(f"{place}sign/", {**signature, "password": "no", "idempotency_key": "a4"}).status_code == 422
    assert provider.post(f"{place}sign/", {**signature, "idempotency_key": "a5"}).status_code == 302
    scan = SimpleUploadedFile("补充协议盖章.jpg", picture(), "image/jpeg")
    stamped = {**signature, "version": 3, "scan": scan, "idempotency_key": "a6"}
    assert leader.post(f"{place}sign/", stamped).status_code == 302
    assert Amendment.objects.get().status == "in_force"
    assert "补充协议（1）" in provider.get(contract.get_absolute_url()).content.decode()
    page = provider.get(place).content.decode()
    assert "采购人盖章扫描件" in page
    kept = AmendmentSignature.objects.get(side="buyer")
    assert (kept.method, kept.digest) == ("scan", amendment.digest)
    assert provider.get(f"{place}files/{kept.scan_id}/").status_code == 200
    assert cast.client("provider2").get(f"{place}files/{kept.scan_id}/").status_code == 404
    filed = {
        "filing_number": "五财采备〔2026〕7号",
        "filed_on": "2026-09-01",
        "version": Amendment.objects.get().version,
    }
    assert "向财政部门备案" in buyer.get("/w/").content.decode()
    assert provider.post(f"{place}file/", {**filed, "idempotency_key": "a7"}).status_code in {403, 404}
    assert buyer.post(f"{place}file/", {**filed, "idempotency_key": "a8"}).status_code == 302
    assert Amendment.objects.get().filing_number == "五财采备〔2026〕7号"
    assert "备案号" in buyer.get(place).content.decode()


def test_the_printed_text_is_what_is_signed(cast: Cast) -> None:
    amendment = approved(cast, drafted(cast, signed_contract(cast)))
    assert amendment.document is not None
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(read(amendment.document))).pages)
    for word in ("补充协议", amendment.number, "193,700.00", "人民币", "报名儿童增加"):
        assert word in text
    assert amendment.digest == amendment.document.sha256


def test_a_suspended_provider_signs_nothing(cast: Cast) -> None:
    amendment = approved(cast, drafted(cast, signed_contract(cast)))
    Organization.objects.filter(pk=cast.org("provider1").pk).update(status="suspended")
    for login in ("provider1", "leader"):
        with pytest.raises(NotNow, match="不能签订合同"):
            sign_amendment(amendment, actor=cast.actor(login), digest=amendment.digest)


def test_filing_is_not_before_it_took_effect(cast: Cast) -> None:
    amendment = signed(cast, drafted(cast, signed_contract(cast)))
    assert amendment.file_due_at is not None
    for wrong in (date(2026, 8, 31), date(2027, 1, 1)):
        with pytest.raises(Invalid):
            file_amendment(amendment, actor=cast.actor("buyer"), filing_number="1", filed_on=wrong)
    with pytest.raises(NotAllowed):
        file_amendment(amendment, actor=cast.actor("leader"), filing_number="1", filed_on=date(2026, 9, 1))
    file_amendment(amendment, actor=cast.actor("procurer"), filing_number="1", filed_on=date(2026, 9, 1))
    with pytest.raises(NotAllowed):
        file_amendment(amendment, actor=cast.actor("buyer"), filing_number="2", filed_on=date(2026, 9, 1))
