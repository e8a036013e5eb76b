"""Checks: who plans, who sees, what was found, what was put right, and a draw that anybody repeats."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import inbox
from procurement.contracts.models import Contract
from procurement.inspections.models import Inspection, SpotDraw
from procurement.inspections.operations import (
    Item,
    accept_rectification,
    acknowledge_inspection,
    answer_inspection,
    demand_rectification,
    draw_spot_inspections,
    plan_inspection,
    record_inspection,
    refuse_rectification,
    stop_inspection,
    withdraw_inspection,
)
from procurement.inspections.queries import inspection_summary, visible_inspections
from procurement.panels.draw import draw
from tests.cast import Cast
from tests.journeys.activities import recorded_activity, verified_activity
from tests.journeys.contracts import frozen_contract, signed_contract

GOOD = [Item("按计划举办", "good"), Item("签到相符", "good")]
BAD = [Item("按计划举办", "good"), Item("签到相符", "bad", "签到少 4 人")]


def planned(cast: Cast, contract: Contract, **fields: Any) -> Inspection:
    given = {"kind": "site", "planned_on": clock.today(), "topic": "核对人数和服务内容"}
    return plan_inspection(contract, actor=cast.actor("buyer"), **(given | fields))


def held(cast: Cast, inspection: Inspection, login: str = "buyer", **fields: Any) -> Inspection:
    given = {
        "held_on": clock.today(), "visitors": "周敏、何静", "items": GOOD, "conclusion": "总体符合约定。",
        "outcome": "pass",
    }  # fmt: skip
    return record_inspection(inspection, actor=cast.actor(login), **(given | fields))


def test_from_the_visit_to_what_was_put_right(cast: Cast) -> None:
    contract = signed_contract(cast)
    inspection = planned(cast, contract)
    provider, buyer = cast.actor("provider1"), cast.actor("buyer")
    assert not visible_inspections(provider).exists(), "a visit is a surprise"
    held(cast, inspection, items=BAD, conclusion="签到不全，限期补正。", outcome="rectify")
    contract.refresh_from_db()
    assert (inspection.status, contract.status) == ("noticed", "rectifying")
    assert inspection.due_at is not None
    assert clock.local(inspection.due_at).date() == date(2026, 9, 16)
    assert inbox(provider.user_key).filter(kind="inspection.noticed").count() == 1
    assert "报告整改" in cast.client("provider1").get("/w/").content.decode()
    with pytest.raises(NotAllowed):
        answer_inspection(inspection, actor=cast.actor("provider2"), answer="已补")
    with pytest.raises(Invalid):
        answer_inspection(inspection, actor=provider, answer=" ")
    answer_inspection(inspection, actor=provider, answer="已核对补签，附说明。")
    with clock.travel("2026-09-10 09:00"):
        refuse_rectification(inspection, actor=buyer, reason="缺监护人签字")
    assert clock.local(inspection.due_at).date() == date(2026, 9, 25)
    with clock.travel("2026-09-26 09:00"):
        assert inspection_summary(contract).late == 1
        assert inspection.is_late
        answer_inspection(inspection, actor=provider, answer="监护人签字已补齐。")
    with pytest.raises(NotAllowed):
        accept_rectification(inspection, actor=cast.actor("leader"))
    accept_rectification(inspection, actor=buyer)
    contract.refresh_from_db()
    assert (inspection.status, inspection.rounds, contract.status) == ("closed", 2, "performing")
    found = inspection_summary(contract)
    assert (found.held, found.rectified, found.late, found.open) == (1, 1, 1, 0)
    verbs = [entry.verb for entry in journal.entries_for(inspection)]
    assert verbs == ["accept", "answer", "refuse", "answer", "find", "create"]


def test_the_contract_waits_for_the_last_rectification(cast: Cast) -> None:
    contract = signed_contract(cast)
    both = [held(cast, planned(cast, contract), items=BAD, outcome="rectify") for _n in range(2)]
    for n, each in enumerate(both):
        answer_inspection(each, actor=cast.actor("provider1"), answer="已整改")
        accept_rectification(each, actor=cast.actor("buyer"))
        contract.refresh_from_db()
        assert contract.status == ("rectifying", "performing")[n]


def test_a_self_review_and_a_street_s_visit_wait_for_the_buyer(cast: Cast) -> None:
    contract = signed_contract(cast)
    activity = recorded_activity(cast, contract)
    own = planned(cast, contract, kind="self", topic="进度、质量和经费")
    assert inbox(cast.actor("provider1").user_key).filter(kind="inspection.asked").count() == 1
    with pytest.raises(NotAllowed):
        held(cast, own, "buyer")
    held(cast, own, "provider1", visitors="李晓", items=[Item("家长课堂", "partly", "参加率偏低")])
    assert own.status == "reported"
    demand_rectification(own, actor=cast.actor("buyer"), reason="请提出改进措施")
    assert own.status == "noticed"
    visit = planned(cast, contract, activity=activity)
    assert "登记检查" in cast.client("street").get("/w/").content.decode()
    held(cast, visit, "street", visitors="杨帆、社区网格员")
    assert visit.status == "reported"
    acknowledge_inspection(visit, actor=cast.actor("buyer"))
    assert visit.status == "passed"
    stop_inspection(own, actor=cast.actor("buyer"), reason="多次整改无效")
    assert inbox(cast.actor("leader").user_key).filter(kind="inspection.stopped").count() == 1
    assert own.status == "stopped"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"visitors": "周敏"}, "visitors"),
        ({"held_on": date(2026, 9, 2)}, "held_on"),
        ({"items": []}, "items"),
        ({"items": [Item("签到相符", "bad")]}, "items"),
        ({"conclusion": " "}, "conclusion"),
        ({"outcome": "guess"}, "outcome"),
    ],
)
def test_a_record_that_is_not_whole_is_refused(cast: Cast, changes: dict[str, Any], field: str) -> None:
    inspection = planned(cast, signed_contract(cast))
    with pytest.raises(Invalid) as refused:
        held(cast, inspection, **changes)
    assert field in refused.value.errors
    inspection.refresh_from_db()
    assert (inspection.status, inspection.findings.count()) == ("planned", 0)


def test_who_may_and_when(cast: Cast) -> None:
    with pytest.raises(NotNow):
        planned(cast, frozen_contract(cast))
    contract = signed_contract(cast, n=2)
    for stranger in ("provider1", "leader", "street", "other_buyer"):
        with pytest.raises(NotAllowed):
            plan_inspection(contract, actor=cast.actor(stranger), kind="site", planned_on=clock.today(), topic="核对")
    with pytest.raises(Invalid, match="不能早于今天"):
        planned(cast, contract, planned_on=date(2026, 8, 31))
    inspection = planned(cast, contract, kind="papers")
    for stranger in ("street", "provider1", "finance"):
        with pytest.raises(NotAllowed):
            held(cast, inspection, stranger)
    stale = Inspection.objects.get(pk=inspection.pk)
    withdraw_inspection(inspection, actor=cast.actor("buyer"), reason="改期")
    with pytest.raises(Conflict):
        withdraw_inspection(stale, actor=cast.actor("buyer"), reason="改期")
    for login, n in {"buyer": 1, "discipline": 1, "district_finance": 1, "provider1": 0, "other_buyer": 0}.items():
        assert visible_inspections(cast.actor(login)).count() == n, login


def test_a_draw_is_made_once_and_repeated_by_anybody(cast: Cast) -> None:
    contract = signed_contract(cast)
    with pytest.raises(Invalid, match="没有核实过"):
        draw_spot_inspections(contract, actor=cast.actor("buyer"), month=date(2026, 9, 1), number=1)
    for n in range(4):
        verified_activity(cast, contract, at=f"2026-09-01 {10 + n}:30", pictures=(10 + n * 2, 11 + n * 2))
    with pytest.raises(NotAllowed):
        draw_spot_inspections(contract, actor=cast.actor("leader"), month=date(2026, 9, 1), number=2)
    with pytest.raises(Invalid, match="可抽 1 至 4 场"):
        draw_spot_inspections(contract, actor=cast.actor("buyer"), month=date(2026, 9, 1), number=5)
    made = draw_spot_inspections(contract, actor=cast.actor("buyer"), month=date(2026, 9, 1), number=2)
    with pytest.raises(Conflict, match="每月只抽一次"):
        draw_spot_inspections(contract, actor=cast.actor("buyer"), month=date(2026, 9, 1), number=2)
    assert draw(made.seed, reversed(made.pool), 2) == made.picked
    assert {str(each.activity_id) for each in Inspection.objects.filter(draw=made)} == set(made.picked)
    entry = journal.entries_for(contract)[0]
    assert (entry.verb, entry.facts["picked"]) == ("draw", made.picked)
    with pytest.raises(NotNow, match="不能取消"):
        withdraw_inspection(Inspection.objects.filter(draw=made)[0], actor=cast.actor("buyer"), reason="不想查")
    url = f"/w/inspections/draws/{made.pk}/"
    page = cast.client("discipline").get(url).content.decode()
    assert "重算一致" in page
    assert made.seed in page
    assert cast.client("provider1").get(url).status_code == 403
    assert cast.client("other_buyer").get(url).status_code == 404


def test_by_hand(cast: Cast) -> None:
    contract = signed_contract(cast)
    verified_activity(cast, contract)
    buyer, provider = cast.client("buyer"), cast.client("provider1")
    assert "安排检查" in buyer.get(contract.get_absolute_url()).content.decode()
    plan = f"/w/inspections/plan/{contract.pk}/"
    sent = {"kind": "site", "planned_on": "2026-09-01", "topic": "核对人数", "idempotency_key": "k1"}
    assert provider.get(plan).status_code == 403
    assert buyer.post(plan, sent | {"topic": ""}).status_code == 422
    url = buyer.post(plan, sent)["Location"]
    assert provider.get(url).status_code == 404
    inspection = Inspection.objects.get()
    form = buyer.get(f"{url}record/").content.decode()
    assert "活动按计划举办" in form
    record = {
        "version": inspection.version, "held_on": "2026-09-01", "visitors": "周敏、何静", "conclusion": "签到不全。",
        "outcome": "rectify", "topic_1": "签到相符", "result_1": "bad", "idempotency_key": "k2",
    }  # fmt: skip
    refused = buyer.post(f"{url}record/", record)
    assert refused.status_code == 422
    assert "签到不全。" in refused.content.decode()
    done = buyer.post(f"{url}record/", record | {"note_1": "少 4 人", "idempotency_key": "k3"})
    assert done.status_code == 302
    assert "少 4 人" in provider.get(url).content.decode()
    assert provider.post(f"{url}answer/", {"version": 2, "answer": "已补", "idempotency_key": "k4"}).status_code == 302
    assert buyer.post(f"{url}accept/", {"version": 3, "idempotency_key": "k5"}).status_code == 302
    spot = f"/w/inspections/spot/{contract.pk}/"
    assert "2026-09（1 场）" in buyer.get(spot).content.decode()
    drawn = buyer.post(spot, {"month": "2026-09-01", "number": "1", "kind": "phone", "idempotency_key": "k6"})
    assert drawn.status_code == 302
    assert SpotDraw.objects.count() == 1
    assert "都已经抽过" in buyer.get(spot).content.decode()
