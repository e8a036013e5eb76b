"""The draw and the declarations: who may be drawn, what is promised and revealed, who stays out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.experts.models import Expert
from accounts.memberships.models import Membership
from core import clock, journal
from core.drafts import load_draft
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.separation import DutyRecord, note_duty
from procurement.panels import draw
from procurement.panels.models import Panel
from procurement.panels.operations import declare_conflict, draw_experts, require_seated
from procurement.panels.queries import eligible_experts
from tests.cast import Cast
from tests.journeys.bids import opened_order
from tests.journeys.reviews import drawn_panel, seated_logins


def test_the_seed_is_promised_before_and_revealed_after(cast: Cast) -> None:
    panel = Panel.objects.get(lot__order=opened_order(cast))
    promise = journal.entries_for(panel)[-1].facts["seed_commitment"]
    assert (panel.seed, promise) == ("", panel.seed_commitment)
    panel = drawn_panel(cast, panel.lot.order)
    assert draw.commitment(panel.seed) == promise
    assert load_draft("system", f"draw:{panel.pk}") is None
    seats = [str(seat.expert_id) for seat in panel.seats.order_by("n")]
    assert draw.draw(panel.seed, panel.pool, 3) == seats
    facts = journal.entries_for(panel)[0].facts
    assert (facts["seed"], facts["drawn"]) == (panel.seed, seats)
    panel.lot.order.refresh_from_db()
    assert panel.lot.order.status == "reviewing"


def test_the_pool_leaves_out_bidders_buyer_and_who_had_a_hand_in_it(cast: Cast) -> None:
    panel = Panel.objects.get(lot__order=opened_order(cast))
    experts = {str(expert.user_id): expert for expert in Expert.objects.all()}
    Expert.objects.filter(user=cast.user("expert1")).update(employer=cast.org("provider2").name)
    Membership.objects.create(
        user=cast.user("expert2"),
        organization=cast.org("buyer"),
        role="expert",
        valid_from=clock.today(),
        granted_by="测试",
    )
    note_duty(panel.case_key, cast.actor("expert3"), "draw_panel")
    Expert.objects.filter(user=cast.user("expert4")).update(is_active=False)
    assert list(eligible_experts(panel)) == [experts[str(cast.user("expert5").pk)]]
    with pytest.raises(Invalid, match="只有 1 位"):
        draw_experts(panel, actor=cast.actor("procurer"), size=3, due_on=clock.today())


def test_draw_refuses_strangers_even_sizes_past_days_and_a_second_time(cast: Cast) -> None:
    panel = Panel.objects.get(lot__order=opened_order(cast))
    due = clock.today() + timedelta(days=3)
    for stranger in ("buyer", "leader", "other_procurer", "expert1", "provider1", "admin"):
        with pytest.raises(NotAllowed):
            draw_experts(panel, actor=cast.actor(stranger), size=3, due_on=due)
    for size in (1, 2, 4):
        with pytest.raises(Invalid):
            draw_experts(panel, actor=cast.actor("procurer"), size=size, due_on=due)
    with pytest.raises(Invalid):
        draw_experts(panel, actor=cast.actor("procurer"), size=3, due_on=clock.today() - timedelta(days=1))
    stale = Panel.objects.get(pk=panel.pk)
    draw_experts(panel, actor=cast.actor("procurer"), size=5, due_on=due)
    with pytest.raises((Conflict, NotNow, Invalid)):
        draw_experts(stale, actor=cast.actor("procurer"), size=3, due_on=due)
    with pytest.raises(NotNow):
        draw_experts(Panel.objects.get(pk=panel.pk), actor=cast.actor("procurer"), size=3, due_on=due)
    assert panel.seats.count() == 5
    assert DutyRecord.objects.filter(case_key=panel.case_key, duty="draw_panel").count() == 1


def test_each_declares_for_oneself(cast: Cast) -> None:
    panel = drawn_panel(cast)
    seated = seated_logins(panel, cast)
    outside = next(login for login in ("expert1", "expert2", "expert3", "expert4", "expert5") if login not in seated)
    with pytest.raises(NotAllowed):
        declare_conflict(Panel.objects.get(pk=panel.pk), actor=cast.actor(outside), answer="none")
    with pytest.raises(NotNow, match="没有声明"):
        require_seated(panel)
    panel = declare_conflict(Panel.objects.get(pk=panel.pk), actor=cast.actor(seated[0]), answer="none")
    with pytest.raises(NotNow):
        declare_conflict(panel, actor=cast.actor(seated[0]), answer="none")
    assert DutyRecord.objects.filter(case_key=panel.case_key, duty="sit_on_panel").count() == 1
    panel = declare_conflict(panel, actor=cast.actor(seated[1]), answer="conflict", text="三年内任职")
    with pytest.raises(NotAllowed):
        declare_conflict(panel, actor=cast.actor(seated[1]), answer="none")
    entry = journal.entries_for(panel)[0]
    assert (entry.verb, entry.facts["answer"], entry.reason) == ("declare", "conflict", "三年内任职")


def test_an_incompatible_duty_keeps_an_expert_from_sitting(cast: Cast) -> None:
    panel = drawn_panel(cast)
    login = seated_logins(panel, cast)[0]
    note_duty(panel.case_key, cast.actor(login), "answer_challenge")
    with pytest.raises(NotAllowed, match="评审打分"):
        declare_conflict(Panel.objects.get(pk=panel.pk), actor=cast.actor(login), answer="none")
