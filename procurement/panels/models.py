"""Review panels (评审组) and their seats."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse

from accounts.experts.models import Expert
from accounts.organizations.models import BuyerAggregate
from procurement.orders.models import Lot
from procurement.panels.lifecycle import PANEL


class Panel(BuyerAggregate):
    """The panel of one lot. seed: hex of the draw, so that anybody can repeat it (domain.md 4.1)."""

    journal_name = "procurement.panel"
    lifecycle = PANEL

    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="panel")
    size = models.PositiveSmallIntegerField("人数", default=3)
    seed = models.CharField("随机种子", max_length=64, blank=True)
    seed_commitment = models.CharField("种子摘要", max_length=64, blank=True)
    pool = models.JSONField("备选名单", default=list)
    due_at = models.DateTimeField("评审时限", null=True, blank=True)

    class Meta:
        app_label = "procurement"
        indexes = [
            models.Index(fields=["buyer", "status"], name="panel_of_buyer"),
            models.Index(fields=["buyer", "-created_at"], name="panel_latest"),
        ]

    def __str__(self) -> str:
        return f"评审组：{self.lot.order}"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.lot.order.case_key

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("panels:detail", args=[self.pk])


class Seat(models.Model):
    """One expert's seat (席位): drawn, declared, perhaps recused, and whether the sheet is in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="seats")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="seats")
    n = models.PositiveSmallIntegerField("席次")
    declared_at = models.DateTimeField("声明时间", null=True, blank=True)
    is_recused = models.BooleanField("已回避", default=False)
    declaration = models.CharField("声明内容", max_length=300, blank=True)
    submitted_at = models.DateTimeField("交卷时间", null=True, blank=True)

    class Meta:
        app_label = "procurement"
        ordering = ["n"]
        constraints = [models.UniqueConstraint(fields=["panel", "expert"], name="seat_once")]
