"""What the clock does in procurement; the timetable is in config/celery.py."""

from __future__ import annotations

from celery import shared_task

from accounts.organizations.operations import end_suspensions
from procurement.awards.operations import confirm_due


@shared_task(name="procurement.tasks.tick")
def tick() -> int:
    """Confirm awards whose standstill is over (公示期满), end suspensions that ran out. returns  how many deeds"""
    return confirm_due() + end_suspensions()
