"""What the clock does in evaluation; the timetable is in config/celery.py."""

from __future__ import annotations

from celery import shared_task

from evaluation.assessments.follow_ups import place_follow_ups


@shared_task(name="evaluation.tasks.tick")
def tick() -> int:
    """Place the follow-up rounds whose day has come (跟踪评估). returns  how many"""
    return place_follow_ups()
