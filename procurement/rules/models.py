"""Dated rules (规则): parameters with source and verified flag, and the State Council's holiday notices."""

import uuid

from django.db import models


class Parameter(models.Model):
    """One value of the law or of a unit's own rule, from a day on; never a constant in code.

    key    "deadline.D16", "bids.minimum", "standstill" …;  track: "statutory", "own" (限额以下), "" for both
    value  JSON;  unit: wd (working days), d (calendar days), yuan, count, share
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField("参数", max_length=60)
    label = models.CharField("含义", max_length=120)
    track = models.CharField("适用", max_length=16, blank=True)
    value = models.JSONField("值")
    unit = models.CharField("单位", max_length=8)
    source = models.CharField("依据", max_length=160)
    effective_from = models.DateField("起用日期")
    verified = models.BooleanField("已核对", default=False)

    class Meta:
        app_label = "procurement"
        ordering = ["key", "-effective_from"]
        constraints = [models.UniqueConstraint(fields=["key", "track", "effective_from"], name="parameter_once")]


class CalendarDay(models.Model):
    """One day of a yearly notice that differs from the plain week: a day off, or a working weekend (调休上班)."""

    day = models.DateField("日期", primary_key=True)
    is_off = models.BooleanField("放假")
    source = models.CharField("依据", max_length=120)

    class Meta:
        app_label = "procurement"
        ordering = ["day"]
