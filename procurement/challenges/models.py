"""Challenges (质疑)."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate, Organization
from core.documents import Document
from procurement.awards.models import Award
from procurement.challenges.lifecycle import CHALLENGE


class Challenge(BuyerAggregate):
    """One challenge. due_at: by when the buyer replies (D16), aware UTC."""

    journal_name = "procurement.challenge"
    lifecycle = CHALLENGE

    GROUNDS = [
        ("qualification", "资格审查有误"),
        ("scoring", "评分或计算有误"),
        ("conflict", "应回避而未回避"),
        ("procedure", "程序不合规定"),
        ("other", "其他"),
    ]

    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="challenges")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="challenges", verbose_name="质疑单位"
    )
    ground = models.CharField("事由", max_length=16, choices=GROUNDS)
    text = models.TextField("事实与理由", max_length=2000)
    remedy = models.CharField("请求", max_length=300)
    filed_by_name = models.CharField("提出人", max_length=64)
    due_at = models.DateTimeField("答复期限")
    due_rule = models.CharField("期限依据", max_length=200)
    reply = models.TextField("答复", max_length=2000, blank=True)
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "procurement"
        indexes = [
            models.Index(fields=["buyer", "status"], name="challenge_of_buyer"),
            models.Index(fields=["buyer", "due_at"], name="challenge_due"),
        ]

    def __str__(self) -> str:
        return f"质疑：{self.award.lot.order}"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.award.case_key

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("challenges:detail", args=[self.pk])
