"""Contracts: drawn from award and bid, frozen as PDF, signed on exactly that text, voided by any change, in force."""

from __future__ import annotations

import hashlib
import io
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from audit.journal.models import JournalEntry
from core import holds, journal
from core.documents import read
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import Message
from procurement.awards.models import Award
from procurement.budgets.models import Allocation, BudgetLine
from procurement.budgets.operations import plan_funds
from procurement.contracts.drafting import (
    attach_pdf,
    draw_contract,
    edit_contract,
    revise_contract,
)
from procurement.contracts.models import Contract, Signature
from procurement.contracts.operations import sign_contract
from procurement.contracts.queries import SIGNING, awards_to_draw, split_over, visible_contracts
from procurement.notices.models import Notice
from procurement.orders.models import Order
from procurement.projects.models import Project
from tests.cast import PASSWORD, Cast
from tests.journeys import awards
from tests.journeys.activities import picture
from tests.journeys.contracts import (
    confirmed_award,
    drawn_contract,
    frozen_contract,
    print_now,
    reviewed_contract,
    sign_both,
    signed_contract,
)
from tests.journeys.projects import approved_line

D = Decimal


def fresh(contract: Contract) -> Contract:
    return Contract.objects.get(pk=contract.pk)


def test_drawn_from_award_and_bid(cast: Cast) -> None:
    award = confirmed_award(cast)
    contract = draw_contract(award, actor=cast.actor("procurer"))
    assert contract.amount == award.amount == D("191300.00")
    assert sum(line.amount for line in contract.lines.all()) == contract.amount
    assert [(m.name, m.share) for m in contract.milestones.all()] == [("中期", 50), ("全部完成", 50)]
    assert contract.standards.get().name == "签到率"
    assert "两名社工驻点" in contract.scope
    assert "每周五次课业陪伴" in contract.scope
    assert sum(f.amount for f in contract.fundings.all()) == contract.amount
    assert [entry.verb for entry in journal.entries_for(contract)] == ["create"]
    with pytest.raises(Conflict):
        draw_contract(award, actor=cast.actor("buyer"))


def test_who_and_when(cast: Cast) -> None:
    award = confirmed_award(cast)
    for stranger in ("other_buyer", "provider1", "leader", "auditor", "admin"):
        with pytest.raises(NotAllowed):
            draw_contract(award, actor=cast.actor(stranger))
    Award.objects.filter(pk=award.pk).update(status="published")
    with pytest.raises(NotNow):
        draw_contract(award, actor=cast.actor("buyer"))


def test_donations_go_first_and_apart(cast: Cast) -> None:
    award = confirmed_award(cast)
    donation = approved_line(cast, "43267.30", code="JZ-01", source="donation")
    plan_funds(
        donation, D("43267.30"), case_key=award.case_key, reference="test", label="益厨", actor=cast.actor("buyer")
    )
    contract = draw_contract(award, actor=cast.actor("buyer"))
    parts = {f.allocation.line.source: f.amount for f in contract.fundings.select_related("allocation__line")}
    assert parts == {"donation": D("43267.30"), "fiscal": D("148032.70")}


def test_split_follows_plan_and_adds_up() -> None:
    def allocation(planned: str, source: str = "fiscal") -> Allocation:
        return Allocation(id=uuid4(), line=BudgetLine(source=source), planned_amount=D(planned), contracted_amount=D(0))

    several = [allocation("100.00"), allocation("100.00"), allocation("100.00")]
    parts = [amount for _each, amount in split_over(D("100.00"), several)]
    assert parts == [D("33.34"), D("33.33"), D("33.33")]
    with pytest.raises(ValueError):
        split_over(D("300.01"), several)


def test_edit_keeps_price_and_refuses_wrong_days(cast: Cast) -> None:
    contract = drawn_contract(cast)
    words = {"place": "新场地", "scope": "内容", "terms": "", "starts_on": date(2026, 9, 2)}
    factors = {"优": "1", "良": "0.98", "中": "0.95", "差": "0.80"}
    edit_contract(
        contract, actor=cast.actor("buyer"), ends_on=date(2026, 12, 1), quality_factors=factors,
        due_days={1: date(2026, 10, 1)}, **words,
    )  # fmt: skip
    assert fresh(contract).quality_factors["良"] == "0.98"
    assert contract.milestones.get(n=1).due_on == date(2026, 10, 1)
    with pytest.raises(Invalid) as refusal:
        edit_contract(contract, actor=cast.actor("buyer"), ends_on=date(2026, 1, 1), **words)
    assert refusal.value.field == "ends_on"
    stale = fresh(contract)
    edit_contract(contract, actor=cast.actor("buyer"), ends_on=date(2026, 12, 2), **words)
    with pytest.raises(Conflict):
        edit_contract(stale, actor=cast.actor("buyer"), ends_on=date(2026, 12, 3), **words)


def test_frozen_pdf_is_what_is_signed(cast: Cast) -> None:
    contract = reviewed_contract(cast, drawn_contract(cast))
    assert contract.number == "五青购合〔2026〕1号"
    assert contract.parties["provider"]["bank_account"]
    with pytest.raises(NotNow, match="正在生成"):
        sign_contract(contract, actor=cast.actor("leader"), digest="")
    print_now()
    print_now()
    contract = fresh(contract)
    content = read(contract.document)
    assert hashlib.sha256(content).hexdigest() == contract.digest
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    assert "五青购合〔2026〕1号" in text
    assert "壹拾玖万壹仟叁佰元整" in text
    assert contract.text_name == "未成年人服务合同（示范文本）"
    for words in ("廉洁承诺", "违约责任", "未成年人保护"):
        assert words in text
    with pytest.raises(Conflict):
        sign_contract(contract, actor=cast.actor("leader"), digest="0" * 64)
    assert not Signature.objects.exists()


def test_both_signatures_bring_it_into_force(cast: Cast) -> None:
    contract = signed_contract(cast)
    order = Order.objects.get(pk=contract.award.lot.order_id)
    project = Project.objects.get(pk=contract.case_key)
    allocation = Allocation.objects.get(case=contract.case_key)
    assert (contract.status, order.status, project.status) == ("performing", "contracted", "contracted")
    assert allocation.contracted_amount == D("191300.00")
    assert allocation.entries.filter(kind="contract").get().reference == contract.journal_key
    notice = Notice.objects.get(kind="contract")
    assert contract.notice == notice
    assert notice.release["contracts"][0]["id"] == contract.number
    assert [e.verb for e in journal.entries_for(contract)][:3] == ["take_effect", "sign", "sign"]
    assert {s.digest for s in contract.signatures.all()} == {contract.digest}


def test_any_change_voids_signatures(cast: Cast) -> None:
    contract = frozen_contract(cast)
    before = contract.digest
    sign_contract(contract, actor=cast.actor("provider1"), digest=before)
    revise_contract(contract, actor=cast.actor("buyer"), reason="服务地点有变")
    assert Signature.objects.get().voided_at
    assert fresh(contract).provider_signed_at is None
    assert fresh(contract).document is None
    edit_contract(
        contract,
        actor=cast.actor("buyer"),
        place="新场地",
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        scope="x",
    )
    contract = reviewed_contract(cast, contract)
    print_now()
    again = fresh(contract)
    assert again.number == "五青购合〔2026〕1号"
    assert again.digest != before
    with pytest.raises(Conflict):
        sign_contract(again, actor=cast.actor("leader"), digest=before)
    assert sign_both(cast, again).status == "performing"


def test_late_pdf_of_an_older_text_is_dropped(cast: Cast) -> None:
    contract = reviewed_contract(cast, drawn_contract(cast))
    version = contract.version
    revise_contract(contract, actor=cast.actor("buyer"), reason="改")
    contract = reviewed_contract(cast, contract)
    assert attach_pdf(str(contract.pk), version, b"%PDF-") is None


def test_holds_and_suspension_stop_the_signature(cast: Cast) -> None:
    contract = frozen_contract(cast)
    holds.place_hold(contract, "finding", "审计问题未整改", actor=cast.actor("auditor"))
    with pytest.raises(NotNow, match="审计问题"):
        sign_contract(contract, actor=cast.actor("leader"), digest=contract.digest)
    holds.lift_holds(contract, "finding", actor=cast.actor("auditor"))
    type(contract.provider).objects.filter(pk=contract.provider_id).update(status="suspended")
    with pytest.raises(NotNow):
        sign_contract(fresh(contract), actor=cast.actor("leader"), digest=contract.digest)


def test_related_party_clause(cast: Cast) -> None:
    provider = cast.org("provider1")
    type(provider).objects.filter(pk=provider.pk).update(incubated_by=cast.org("buyer"))
    contract = frozen_contract(cast, printed=True)
    assert "关联关系披露" in contract.parties["related"]
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(read(contract.document))).pages)
    assert "关联关系披露" in text.replace("\n", "")
    assert "关联关系披露" in sign_both(cast, contract).notice.body


def test_isolation(cast: Cast) -> None:
    contract = drawn_contract(cast)
    seen = {
        login: visible_contracts(cast.actor(login)).exists() for login in ("buyer", "auditor", "other_buyer", "admin")
    }
    assert seen == {"buyer": True, "auditor": True, "other_buyer": False, "admin": False}
    drafts = {
        login: visible_contracts(cast.actor(login)).exists() for login in ("provider1", "district_finance", "street")
    }
    assert not any(drafts.values())
    for login in ("other_buyer", "provider1", "provider2", "street"):
        assert cast.client(login).get(contract.get_absolute_url()).status_code == 404
    contract = reviewed_contract(cast, contract)
    assert cast.client("provider1").get(contract.get_absolute_url()).status_code == 200
    assert cast.client("provider2").get(contract.get_absolute_url()).status_code == 404


def test_by_hand(cast: Cast) -> None:
    """Draw, freeze, sign twice in a browser's way, the password asked again."""
    award = confirmed_award(cast)
    buyer, leader, provider = cast.client("buyer"), cast.client("leader"), cast.client("provider1")
    page = buyer.get(f"/w/contracts/draw/{award.pk}/")
    assert page.status_code == 200
    drawn = buyer.post(f"/w/contracts/draw/{award.pk}/", {"idempotency_key": "k1"})
    again = buyer.post(f"/w/contracts/draw/{award.pk}/", {"idempotency_key": "k1"})
    assert drawn.status_code == again.status_code == 302
    assert drawn["Location"] == again["Location"]
    contract = Contract.objects.get()
    assert buyer.get(drawn["Location"] + "edit/").status_code == 200
    assert buyer.post(drawn["Location"] + "submit/", {"version": contract.version}).status_code == 302
    contract.refresh_from_db()
    passed = {"version": contract.version, "opinion": "条款齐全，同意定稿。"}
    assert buyer.post(drawn["Location"] + "freeze/", passed).status_code == 403
    assert leader.post(drawn["Location"] + "freeze/", passed).status_code == 302
    contract.refresh_from_db()
    url = contract.get_absolute_url()
    assert "正在生成" in leader.get(url).content.decode()
    print_now()
    contract.refresh_from_db()
    data = {"digest": contract.digest, "read": "on", "version": contract.version}
    without = leader.post(url + "sign/", {**data, "password": PASSWORD})
    assert without.status_code == 422
    assert "请作出廉洁承诺" in without.content.decode()
    assert "不收受承接单位的礼金" in without.content.decode()
    data["pledge"] = "on"
    assert "打开合同 PDF" in leader.get(url + "sign/").content.decode()
    assert leader.post(url + "sign/", {**data, "password": "wrong"}).status_code == 422
    assert leader.post(url + "sign/", {**data, "password": PASSWORD}).status_code == 302
    assert buyer.post(url + "sign/", {**data, "password": PASSWORD}).status_code == 403
    contract.refresh_from_db()
    done = provider.post(url + "sign/", {**data, "version": contract.version, "password": PASSWORD})
    assert done.status_code == 302
    assert Contract.objects.get().status == "performing"
    assert provider.get(f"{url}files/{contract.document_id}/")["Content-Type"] == "application/pdf"
    assert cast.client("other_buyer").get(f"{url}files/{contract.document_id}/").status_code == 404


def test_from_a_real_opened_bid(cast: Cast) -> None:
    """The whole way behind it: sealed, opened, reviewed, awarded, and then drawn up as it was offered."""
    award = awards.confirmed_award(cast)
    contract = draw_contract(award, actor=cast.actor("procurer"))
    offered = [(line.name, line.quantity, line.unit_price) for line in award.bid.lines.all()]
    assert [(line.name, line.quantity, line.unit_price) for line in contract.lines.all()] == offered
    assert "（二）承接单位的响应" in contract.scope
    contract = reviewed_contract(cast, contract)
    print_now()
    assert sign_both(cast, fresh(contract)).status == "performing"
    told = set(Message.objects.filter(kind="contract.sign").values_list("recipient_key", flat=True))
    assert cast.actor("leader").user_key in told
    assert cast.actor("buyer").user_key not in told


def test_a_stamped_scan_stands_beside_the_text(cast: Cast) -> None:
    contract = frozen_contract(cast)
    leader, url = cast.client("leader"), contract.get_absolute_url()
    sent = {"digest": contract.digest, "read": "on", "pledge": "on", "version": contract.version, "password": PASSWORD}
    wrong = SimpleUploadedFile("盖章.pdf", picture(), "application/pdf")
    refused = leader.post(f"{url}sign/", {**sent, "scan": wrong, "idempotency_key": "s1"})
    assert refused.status_code == 422
    assert not Signature.objects.exists()
    scan = SimpleUploadedFile("盖章.jpg", picture(), "image/jpeg")
    assert leader.post(f"{url}sign/", {**sent, "scan": scan, "idempotency_key": "s2"}).status_code == 302
    kept = Signature.objects.select_related("scan").get()
    assert (kept.method, kept.digest) == ("scan", contract.digest)
    assert kept.scan is not None
    assert kept.scan.sha256 == hashlib.sha256(picture()).hexdigest()
    entry = JournalEntry.objects.filter(object_key=contract.journal_key, verb="sign").get()
    for digest in (contract.digest, kept.scan.sha256):
        assert digest.encode() in bytes(entry.body)
    page = cast.client("provider1").get(url).content.decode()
    for digest in (contract.digest, kept.scan.sha256):
        assert digest[:8] in page
    assert "采购人盖章扫描件" in page
    place = f"{url}files/{kept.scan_id}/"
    assert cast.client("provider1").get(place).status_code == 200
    assert cast.client("provider2").get(place).status_code == 404


def test_an_award_waits_for_its_contract_while_its_order_does(cast: Cast) -> None:
    """With several lots one may be confirmed while another is under review; of a cancelled order nothing is drawn up any more."""
    award, officer = confirmed_award(cast), cast.actor("buyer")
    orders = Order.objects.filter(pk=award.lot.order_id)
    assert orders.get().status in SIGNING
    for status in SIGNING:
        orders.update(status=status)
        assert list(awards_to_draw(officer)) == [award], status
    orders.update(status="cancelled")
    assert not awards_to_draw(officer)
