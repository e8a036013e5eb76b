"""What the clock does in accounts; config's timetable calls it."""

from celery import shared_task
from django.urls import get_resolver

from accounts.memberships.operations import remind_people
from accounts.organizations.operations import apply_account_changes, end_suspensions


@shared_task(name="accounts.tasks.tick")
def tick() -> None:
    """End suspensions that are over; put confirmed bank accounts into force."""
    end_suspensions()
    apply_account_changes()


@shared_task(name="accounts.tasks.remind")
def remind() -> int:
    """Remind people of what falls due (到期提醒). returns  how many reminders"""
    # Rooms announce their duties where their pages are defined; a worker that has served no page knows none yet.
    _ = get_resolver().url_patterns
    return remind_people()
