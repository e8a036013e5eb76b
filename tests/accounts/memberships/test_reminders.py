"""Reminders before a deadline: whose turn it is hears once that it is near and once that it is over."""

from __future__ import annotations

from datetime import timedelta

from accounts.memberships.operations import remind_people
from accounts.tasks import remind
from core import clock
from core.messages import Message
from tests.cast import Cast
from tests.journeys.settlements import invoiced_settlement


def reminders(cast: Cast, login: str) -> list[str]:
    rows = Message.objects.filter(recipient_key=str(cast.users[login].pk), kind="reminder").order_by("created_at")
    return [row.sentence for row in rows]


def test_told_when_near_and_when_over_each_once(cast: Cast) -> None:
    settlement = invoiced_settlement(cast)
    assert settlement.due_at is not None
    remind()  # loads the rooms' duties, as a worker does
    assert reminders(cast, "finance") == []
    with clock.travel(settlement.due_at - timedelta(days=1)):
        assert remind_people() >= 1
        remind_people()
    with clock.travel(settlement.due_at + timedelta(days=1)):
        remind_people()
        remind_people()
    near, over = (words for words in reminders(cast, "finance") if settlement.contract.title in words)
    assert near.startswith("快到期限：")
    assert over.startswith("已过期限：")
    assert reminders(cast, "cashier") == []
    assert reminders(cast, "other_buyer") == []
