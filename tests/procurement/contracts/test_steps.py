"""A contract's other steps: reviewed by another person, filed, paused, put under rectification, ended early."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core import clock, journal
from core.actor import Actor
from core.duties import tasks_for
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import inbox
from procurement.acceptances.operations import judge_acceptance
from procurement.activities.operations import publish_activity
from procurement.budgets.models import Allocation
from procurement.contracts.drafting import freeze_contract, return_contract, submit_contract
from procurement.contracts.models import Contract
from procurement.contracts.operations import (
    file_contract,
    pause_contract,
    rectify_contract,
    restore_contract,
    resume_contract,
    terminate_contract,
)
from procurement.notices.models import Notice
from procurement.settlements.operations import draw_settlement, return_settlement
from tests.cast import Cast
from tests.journeys.activities import planned_activity
from tests.journeys.archive import provider_of
from tests.journeys.contracts import MIDTERM, confirmed, drawn_contract, reported_milestone, signed_contract
from tests.journeys.settlements import paid

D = Decimal
ENDED = {"reason": "服务场地被征收，无法继续", "code": "need", "clause": "合同第十二条"}


def fresh(contract: Contract) -> Contract:
    return Contract.objects.get(pk=contract.pk)


def to_report(actor: Actor, contract: Contract) -> list[str]:
    """What the desk asks this person to report of a contract."""
    return [task.name for task in tasks_for(actor) if task.name == "acceptance.report" and contract.title in task.title]


def test_the_text_is_reviewed_by_another_person(cast: Cast) -> None:
    contract = drawn_contract(cast)
    with pytest.raises(NotNow):
        freeze_contract(contract, actor=cast.actor("leader"), opinion="同意")
    submit_contract(contract, actor=cast.actor("buyer"))
    assert inbox(cast.actor("leader").user_key).filter(kind="contract.review").count() == 1
    for stranger in ("buyer", "finance", "other_leader", "provider1"):
        with pytest.raises(NotAllowed):
            freeze_contract(contract, actor=cast.actor(stranger), opinion="同意")
    with pytest.raises(Invalid):
        freeze_contract(contract, actor=cast.actor("leader"), opinion=" ")
    return_contract(contract, actor=cast.actor("leader"), reason="违约责任写得不清楚")
    assert "违约责任" in inbox(cast.actor("buyer").user_key).get(kind="contract.returned").sentence
    assert fresh(contract).status == "draft"
    submit_contract(contract, actor=cast.actor("buyer"))
    freeze_contract(contract, actor=cast.actor("procurer"), opinion="条款齐全", legal_adviser="云南某律师事务所")
    assert (contract.status, contract.reviewed_by_name) == ("signing", cast.actor("procurer").user_name)
    verbs = [entry.verb for entry in journal.entries_for(contract)]
    assert verbs == ["freeze", "submit", "return", "submit", "create"]


def test_filing_is_recorded_once_and_late_is_said(cast: Cast) -> None:
    contract = signed_contract(cast)
    assert contract.file_due_at is not None
    for number, day, field in (
        (" ", clock.today(), "filing_number"),
        ("备1", date(2026, 9, 2), "filed_on"),
        ("备1", date(2026, 8, 31), "filed_on"),
    ):
        with pytest.raises(Invalid) as refused:
            file_contract(contract, actor=cast.actor("procurer"), filing_number=number, filed_on=day)
        assert field in refused.value.errors
    with pytest.raises(NotAllowed):
        file_contract(contract, actor=cast.actor("provider1"), filing_number="备1", filed_on=clock.today())
    with clock.travel("2026-09-30 09:00"):
        file_contract(contract, actor=cast.actor("procurer"), filing_number="备1", filed_on=date(2026, 9, 29))
    assert journal.entries_for(contract)[0].facts["late"] is True
    with pytest.raises(NotAllowed):
        file_contract(contract, actor=cast.actor("procurer"), filing_number="备2", filed_on=date(2026, 9, 29))


def test_a_pause_moves_the_end_by_the_rule(cast: Cast) -> None:
    contract = signed_contract(cast)
    ends, due = contract.ends_on, {each.n: each.due_on for each in contract.milestones.all()}
    activity = planned_activity(cast, contract)
    for stranger in ("provider1", "finance", "other_buyer"):
        with pytest.raises(NotAllowed):
            pause_contract(contract, actor=cast.actor(stranger), reason="停电", days=10)
    with pytest.raises(Invalid):
        pause_contract(contract, actor=cast.actor("buyer"), reason="停电", days=0)
    pause_contract(contract, actor=cast.actor("buyer"), reason="场地检修", days=10)
    assert contract.status == "paused"
    with pytest.raises(NotNow):
        publish_activity(activity, actor=cast.actor("provider1"))
    with clock.travel("2026-09-09 09:00"):
        assert "恢复履约" in cast.client("buyer").get("/w/").content.decode()
        resume_contract(contract, actor=cast.actor("buyer"))
    assert (contract.status, (contract.ends_on - ends).days) == ("performing", 8)
    assert all((each.due_on - due[each.n]).days == 8 for each in contract.milestones.all())
    assert journal.entries_for(contract)[0].facts["moved_days"] == 8
    with pytest.raises(NotNow):
        resume_contract(contract, actor=cast.actor("buyer"))


def test_rectification_and_its_end(cast: Cast) -> None:
    contract = signed_contract(cast)
    with pytest.raises(Invalid):
        rectify_contract(contract, actor=cast.actor("buyer"), reason=" ")
    stale = fresh(contract)
    rectify_contract(contract, actor=cast.actor("buyer"), reason="签到不全")
    assert inbox(cast.actor("provider1").user_key).filter(kind="contract.rectify").count() == 1
    with pytest.raises(Conflict):
        rectify_contract(stale, actor=cast.actor("leader"), reason="签到不全")
    with pytest.raises(NotAllowed):
        restore_contract(contract, actor=cast.actor("provider1"), reason="已改")
    pause_contract(contract, actor=cast.actor("leader"), reason="场地检修", days=5)
    resume_contract(contract, actor=cast.actor("leader"))
    assert contract.status == "rectifying", "a pause goes back to where it came from"
    restore_contract(contract, actor=cast.actor("buyer"), reason="已补齐")
    assert contract.status == "performing"


def test_a_terminated_contract_settles_what_was_done(cast: Cast) -> None:
    """73,600.00 yuan were done by the midterm; the rest of 191,300.00 goes back to the line."""
    contract = signed_contract(cast)
    acceptance = reported_milestone(cast, contract, 1)
    for stranger in ("buyer", "provider1", "other_leader"):
        with pytest.raises(NotAllowed):
            terminate_contract(contract, actor=cast.actor(stranger), **ENDED)
    for wrong, field in (({"code": "whim"}, "code"), ({"clause": " "}, "clause"), ({"reason": " "}, "reason")):
        with pytest.raises(Invalid) as refused:
            terminate_contract(contract, actor=cast.actor("leader"), **(ENDED | wrong))
        assert field in refused.value.errors
    terminate_contract(contract, actor=cast.actor("leader"), **ENDED)
    notice = Notice.objects.get(kind="contract_end")
    assert contract.title in notice.title
    with pytest.raises(NotNow, match="验收完成"):
        draw_settlement(contract, actor=cast.actor("buyer"), kind="final")
    judge_acceptance(
        acceptance, actor=cast.actor("buyer"), members=[cast.actor("procurer").user_key], quantities=MIDTERM,
        standards={1: True}, opinion="属实",
    )  # fmt: skip
    with pytest.raises(NotNow, match="验收完成"):
        draw_settlement(fresh(contract), actor=cast.actor("buyer"), kind="final")
    confirmed(cast, acceptance)
    # What else was done until the end may be reported, until the final settlement stands, and again if that is sent back.
    provider = cast.actor(provider_of(cast, contract))
    assert to_report(provider, contract) == ["acceptance.report"]
    final = draw_settlement(fresh(contract), actor=cast.actor("buyer"), kind="final")
    assert final.payable_amount == D("73600.00")
    assert to_report(provider, contract) == []
    with pytest.raises(NotNow, match="最终结算"):
        reported_milestone(cast, contract, 2)
    return_settlement(final, actor=cast.actor("finance"), reason="少计一场")
    assert to_report(provider, contract) == ["acceptance.report"]
    final = draw_settlement(fresh(contract), actor=cast.actor("buyer"), kind="final")
    paid(cast, final, "GK-1")
    assert to_report(provider, contract) == []
    assert (
        "/acceptances/report/"
        not in cast.client(provider_of(cast, contract)).get(contract.get_absolute_url()).content.decode()
    )
    allocation = Allocation.objects.get(case=contract.case_key)
    assert allocation.paid_amount == allocation.contracted_amount == allocation.planned_amount == D("73600.00")
    assert fresh(contract).status == "terminated"
    # The page tells every step that was taken, however many entries ago, with the day on which it was.
    with clock.travel("2026-09-20 09:00"):
        for n in range(9):
            journal.record(fresh(contract), "print", actor=cast.actor("buyer"), facts={"n": n})
    shown = cast.client("buyer").get(contract.get_absolute_url()).context["steps"]
    assert [(step["label"], step["state"]) for step in shown] == [
        ("起草", "ok"), ("审核", "ok"), ("签订", "ok"), ("履约", "ok"), ("已终止", "stop"),
    ]  # fmt: skip
    assert {f"{clock.local(step['at']).date()}" for step in shown} == {"2026-09-01"}
    with pytest.raises(NotNow):
        pause_contract(fresh(contract), actor=cast.actor("buyer"), reason="x", days=3)


def test_by_hand(cast: Cast) -> None:
    contract = signed_contract(cast)
    url = contract.get_absolute_url()
    buyer, leader = cast.client("buyer"), cast.client("leader")
    page = buyer.get(url).content.decode()
    assert "暂停履约" in page
    assert f"{url}terminate/" not in page
    sent = {"version": contract.version, "days": "6", "reason": "场地检修", "idempotency_key": "p1"}
    assert buyer.post(f"{url}pause/", sent | {"reason": ""}).status_code == 422
    assert buyer.post(f"{url}pause/", sent | {"idempotency_key": "p2"}).status_code == 302
    contract.refresh_from_db()
    assert buyer.post(f"{url}resume/", {"version": contract.version, "idempotency_key": "p3"}).status_code == 302
    contract.refresh_from_db()
    ended = {**ENDED, "version": contract.version, "idempotency_key": "p4"}
    assert buyer.post(f"{url}terminate/", ended).status_code == 403
    page = leader.get(f"{url}terminate/").content.decode()
    assert "终止" in page
    again = leader.post(f"{url}terminate/", ended | {"type_again": "别的编号"})
    assert again.status_code == 422
    done = leader.post(f"{url}terminate/", ended | {"type_again": contract.number, "idempotency_key": "p5"})
    assert done.status_code == 302
    assert fresh(contract).status == "terminated"
