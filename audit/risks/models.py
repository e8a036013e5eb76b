"""Flags (风险线索) and the scans that found them."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from audit.risks.lifecycle import RISK_FLAG
from audit.risks.registry import LEVELS, RULES
from core import clock


class RiskFlag(BuyerAggregate):
    """One thing that one rule found. Found again it stays the same flag.

    subject   journal key of what it is about, perhaps with a mark behind ("accounts.organization:UUID@BUYER")
    case      the project's key, "" for what concerns several;  provider_key: the provider's, ""
    evidence  {name: value} as the rule read them;  seen_at: the last scan that found it
    """

    journal_name = "audit.risk_flag"
    lifecycle = RISK_FLAG

    RESULTS = [("confirmed", "成立"), ("unfounded", "不成立"), ("audit", "转专项审计")]

    rule = models.CharField(
        "规则", max_length=4, choices=[(rule.id, f"{rule.id} {rule.name}") for rule in RULES.values()]
    )
    level = models.CharField("级别", max_length=8, choices=list(LEVELS.items()))
    subject = models.CharField(max_length=160)
    label = models.CharField("对象", max_length=160)
    case = models.CharField(max_length=64, blank=True, db_index=True)
    provider_key = models.CharField(max_length=64, blank=True)
    statement = models.CharField("情况", max_length=600)
    evidence = models.JSONField(default=dict)
    found_at = models.DateTimeField("发现时间", default=clock.now)
    seen_at = models.DateTimeField("最近一次发现", default=clock.now)
    taken_by_key = models.CharField(max_length=64, blank=True)
    taken_by_name = models.CharField("核查人", max_length=64, blank=True)
    result = models.CharField("结论", max_length=12, choices=RESULTS, blank=True)
    conclusion = models.TextField("核查情况", max_length=2000, blank=True)
    concluded_at = models.DateTimeField("结论时间", null=True, blank=True)

    class Meta:
        app_label = "audit"
        constraints = [models.UniqueConstraint(fields=["buyer", "rule", "subject"], name="risk_flag_once")]
        indexes = [
            models.Index(fields=["buyer", "status", "-found_at"], name="risk_flag_of_buyer"),
            models.Index(fields=["rule", "level"], name="risk_flag_rule"),
        ]

    def __str__(self) -> str:
        return f"{RULES[self.rule].name}：{self.label}"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.case

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("risks:detail", args=[self.pk])


class RiskScan(models.Model):
    """One run of all rules over everything. done_at: None while it waits or runs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_by_name = models.CharField("谁要的", max_length=64)
    asked_at = models.DateTimeField("时间", default=clock.now)
    done_at = models.DateTimeField("完成", null=True, blank=True)
    looked = models.PositiveIntegerField("看过", default=0)
    found = models.PositiveIntegerField("发现", default=0)
    fresh = models.PositiveIntegerField("新增", default=0)

    class Meta:
        app_label = "audit"
        ordering = ["-asked_at"]
