"""The roof of the house: settings, front door and timetable."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
