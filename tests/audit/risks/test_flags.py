"""Flags: found once by a scan over the database, checked by somebody apart from the case, concluded in writing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.organizations.models import Organization
from audit.risks.facts import facts
from audit.risks.models import RiskFlag, RiskScan
from audit.risks.operations import conclude_flag, do_scan, give_back_flag, request_scan, scan_now, take_flag
from audit.risks.queries import address_of, visible_flags
from core import clock, journal, outbox
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import Message
from core.separation import note_duty
from procurement.contracts.models import Contract
from procurement.rules.models import Parameter
from tests.cast import Cast
from tests.journeys.activities import recorded_activity
from tests.journeys.awards import published_award
from tests.journeys.bids import sealed_bids
from tests.journeys.contracts import signed_contract
from tests.journeys.expenses import accepted_expense, entered_expense
from tests.journeys.orders import published_order
from tests.journeys.projects import approved_line
from tests.journeys.settlements import drawn_settlement, paid

WATCHERS = ("auditor", "discipline", "district_finance")
OTHERS = (
    "buyer",
    "procurer",
    "leader",
    "finance",
    "cashier",
    "archivist",
    "other_buyer",
    "street",
    "provider1",
    "expert1",
    "admin",
)


@pytest.fixture
def contract(cast: Cast) -> Contract:
    """A contract with a clause that makes payment wait for an audit, and all its spending in cash."""
    made = signed_contract(cast)
    Contract.objects.filter(pk=made.pk).update(terms="尾款以审计结果为准支付。")
    accepted_expense(cast, made, method="cash")
    return made


def flag_of(contract: Contract, rule: str = "F42") -> RiskFlag:
    return RiskFlag.objects.get(rule=rule, subject=contract.journal_key)


def test_a_scan_finds_each_thing_once(cast: Cast, contract: Contract) -> None:
    first = scan_now()
    assert first.done_at
    assert {"F42", "F40"} <= set(RiskFlag.objects.values_list("rule", flat=True))
    flag = flag_of(contract)
    assert (flag.status, flag.level, flag.case, flag.buyer) == ("open", "proven", contract.case_key, contract.buyer)
    assert address_of(flag) == f"/w/contracts/{contract.pk}/"
    assert [entry.verb for entry in journal.entries_for(flag)] == ["create"]
    assert Message.objects.filter(kind="risk.found").count() == 2
    with clock.travel(clock.now() + timedelta(days=1)):
        again = scan_now()
    assert (again.fresh, again.found) == (0, first.found)
    assert flag_of(contract).seen_at > flag.seen_at
    assert Message.objects.filter(kind="risk.found").count() == 2


def test_nothing_sealed_and_nothing_unsent_is_read(cast: Cast) -> None:
    approved_line(cast, "9000000.00")
    sealed_bids(published_order(cast), cast, ("150000.00", "150000.00", "150000.00"))
    entered_expense(cast, signed_contract(cast), method="cash")
    read = facts()
    assert read.calls
    assert not any(call.offers for call in read.calls)
    assert not read.bills
    award = published_award(cast, title="评完的订单")
    (opened,) = [call for call in facts().calls if call.offers]
    assert opened.won == str(award.bid.organization_id)
    assert sorted(offer.rank for offer in opened.offers if offer.rank) == [1, 2, 3]


def test_limits_are_read_with_the_days_they_hold_from(cast: Cast) -> None:
    days = Parameter.objects.get(key="risk.F01.days")
    for ahead, value in ((0, 25), (1, 40)):
        Parameter.objects.create(
            key=days.key, label=days.label, track=days.track, value=value, unit=days.unit, source="本单位办法",
            effective_from=clock.today() + timedelta(days=ahead),
        )  # fmt: skip
    read = facts()
    assert read.dated[days.key] == [(days.effective_from, 15), (clock.today(), 25)]
    assert read.thresholds[days.key] == 25
    assert read.limit(days.key, clock.now() - timedelta(days=1)) == 15


def test_as_many_questions_for_many_contracts(cast: Cast, contract: Contract) -> None:
    paid(cast, drawn_settlement(cast, contract, 1), "GK-1")
    recorded_activity(cast, contract)
    facts()
    asked = []
    for n in (0, 1, 2, 3):
        if n:
            accepted_expense(cast, signed_contract(cast, n=50 + n), method="cash")
        with CaptureQueriesContext(connection) as seen:
            read = facts()
        asked.append(len(seen))
    assert len(set(asked)) == 1
    assert asked[0] <= 18
    assert (len(read.deals), len(read.dues), len(read.records)) == (4, 1, 1)


def test_from_open_to_its_conclusion(cast: Cast, contract: Contract) -> None:
    scan_now()
    flag = flag_of(contract)
    for stranger in ("buyer", "leader", "other_leader", "provider1", "admin"):
        with pytest.raises(NotAllowed):
            take_flag(flag, actor=cast.actor(stranger))
    with pytest.raises(NotAllowed):
        conclude_flag(flag, actor=cast.actor("auditor"), result="confirmed", conclusion="x")
    stale = flag_of(contract)
    take_flag(flag, actor=cast.actor("auditor"))
    with pytest.raises((Conflict, NotNow)):
        take_flag(stale, actor=cast.actor("discipline"))
    with pytest.raises(NotAllowed):
        conclude_flag(flag, actor=cast.actor("discipline"), result="confirmed", conclusion="看过合同")
    give_back_flag(flag, actor=cast.actor("auditor"), reason="与本人有关")
    take_flag(flag, actor=cast.actor("discipline"))
    with pytest.raises(Invalid):
        conclude_flag(flag, actor=cast.actor("discipline"), result="confirmed", conclusion=" ")
    with pytest.raises(Invalid):
        conclude_flag(flag, actor=cast.actor("discipline"), result="perhaps", conclusion="看过合同")
    conclude_flag(
        flag, actor=cast.actor("discipline"), result="confirmed", conclusion="合同第八条确有约定，已请双方修改。"
    )
    assert [entry.verb for entry in journal.entries_for(flag)] == ["conclude", "take", "give_back", "take", "create"]
    scan_now()
    assert flag_of(contract).status == "concluded"
    with pytest.raises(NotNow):
        take_flag(flag_of(contract), actor=cast.actor("auditor"))


def test_nobody_checks_the_own_work(cast: Cast, contract: Contract) -> None:
    scan_now()
    note_duty(contract.case_key, cast.actor("discipline"), "open_bids")
    with pytest.raises(NotAllowed):
        take_flag(flag_of(contract), actor=cast.actor("discipline"))
    assert take_flag(flag_of(contract), actor=cast.actor("auditor")).status == "verifying"


def test_a_flag_stops_no_payment(cast: Cast, contract: Contract) -> None:
    scan_now()
    assert RiskFlag.objects.filter(case=contract.case_key).exists()
    assert paid(cast, drawn_settlement(cast, contract, 1), "GK-1").status == "paid"


def test_by_hand(cast: Cast, contract: Contract) -> None:
    auditor = cast.client("auditor")
    assert auditor.post("/w/risks/scan/", {"idempotency_key": "s1"}).status_code == 302
    assert auditor.post("/w/risks/scan/", {"idempotency_key": "s2"}).status_code == 302
    scan = RiskScan.objects.get()
    assert "正在扫描" in auditor.get("/w/risks/scan/").content.decode()
    while outbox.relay():
        pass
    do_scan({"scan": str(scan.pk)})
    scan.refresh_from_db()
    assert scan.done_at
    flag = flag_of(contract)
    assert "付款系于审计" in auditor.get("/w/risks/?status=open").content.decode()
    assert "核查" in auditor.get("/w/").content.decode()
    page = auditor.get(flag.get_absolute_url()).content.decode()
    for words in ("以审计结果为准支付", "保障中小企业款项支付条例", "我来核查"):
        assert words in page
    assert "付款系于审计" in auditor.get(contract.get_absolute_url()).content.decode()
    assert "付款系于审计" not in cast.client("buyer").get(contract.get_absolute_url()).content.decode()
    assert auditor.post(f"{flag.get_absolute_url()}take/", {"version": 1, "idempotency_key": "t"}).status_code == 302
    bad = auditor.post(
        f"{flag.get_absolute_url()}conclude/", {"version": 2, "conclusion": "看过", "idempotency_key": "c"}
    )
    assert bad.status_code == 422
    assert "看过" in bad.content.decode()
    good = {"version": 2, "result": "audit", "conclusion": "列入审计", "idempotency_key": "c2"}
    assert auditor.post(f"{flag.get_absolute_url()}conclude/", good).status_code == 302
    rules = auditor.get("/w/risks/rules/").content.decode()
    assert all(words in rules for words in ("F01", "F46", "R030", "认定级", "待核实"))


def test_who_knows(cast: Cast, contract: Contract) -> None:
    scan_now()
    flag = flag_of(contract)
    for login in WATCHERS:
        assert visible_flags(cast.actor(login)).filter(pk=flag.pk).exists(), login
        assert cast.client(login).get(flag.get_absolute_url()).status_code == 200
    other = Organization.objects.get(pk=cast.org("union").pk)
    RiskFlag.objects.filter(pk=flag.pk).update(buyer=other, region_path="530103")
    for login in WATCHERS:
        assert not visible_flags(cast.actor(login)).filter(pk=flag.pk).exists(), login
    RiskFlag.objects.filter(pk=flag.pk).update(buyer=contract.buyer, region_path=contract.region_path)
    for login in OTHERS:
        client = cast.client(login)
        assert not visible_flags(cast.actor(login)).exists(), login
        for address in (flag.get_absolute_url(), "/w/risks/rules/", "/w/risks/scan/", f"/api/v1/risks/{flag.pk}/"):
            assert client.get(address).status_code == 404, (login, address)
    with pytest.raises(NotAllowed):
        request_scan(actor=cast.actor("leader"))


def test_a_long_list_asks_no_more(cast: Cast, contract: Contract) -> None:
    scan_now()
    client, asked = cast.client("auditor"), []
    for size in (1, 30):
        client.get("/w/risks/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/w/risks/").status_code == 200
        asked.append(len(seen))
        if size == 1:
            RiskFlag.objects.bulk_create(
                RiskFlag(
                    buyer=contract.buyer, region_path=contract.region_path, rule="F01", level="lead", subject=f"procurement.order:{n}",
                    label=f"订单{n}", statement="少于 15 天。", status="open", case=f"c{n}",
                )
                for n in range(30)
            )  # fmt: skip
    assert asked[0] == asked[1]
