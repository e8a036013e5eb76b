"""What the clock does in audit; the timetable is in config/celery.py."""

from __future__ import annotations

from celery import shared_task

from audit.archive import packing
from audit.archive.operations import tend_packages
from audit.journal import sequencer
from audit.risks.operations import scan_now

__all__ = ["packing", "scan_risks", "sequence_journal", "tend_archive"]


@shared_task(name="audit.tasks.scan_risks")
def scan_risks() -> int:
    """Run every risk rule over everything (夜间扫描). returns  how many flags are new"""
    return scan_now().fresh


@shared_task(name="audit.tasks.sequence_journal")
def sequence_journal() -> int:
    """Give new entries their place in the journal's tree and sign a checkpoint (编号与存证). returns  how many"""
    return sequencer.sequence()


@shared_task(name="audit.tasks.tend_archive")
def tend_archive() -> int:
    """Open, count, take back and appraise archive packages. returns  how many moved"""
    return tend_packages()
