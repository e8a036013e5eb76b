"""Awards (成交)."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from core.documents import Document
from core.money import MoneyField
from procurement.awards.lifecycle import AWARD
from procurement.bids.models import Bid
from procurement.notices.models import Notice
from procurement.orders.models import Lot


class Award(BuyerAggregate):
    """The award of one lot to one bid. standstill_ends_at: aware UTC, from the rule engine."""

    journal_name = "procurement.award"
    lifecycle = AWARD

    number = models.CharField("文号", max_length=40, unique=True, null=True, blank=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="awards")
    bid = models.ForeignKey(Bid, on_delete=models.PROTECT, related_name="awards")
    amount = MoneyField("成交金额")
    reason = models.CharField("推荐理由", max_length=400)
    proposed_by_key = models.CharField(max_length=64)
    proposed_by_name = models.CharField("推荐人", max_length=64)
    published_at = models.DateTimeField("公示时间", null=True, blank=True)
    standstill_ends_at = models.DateTimeField("公示至", null=True, blank=True)
    standstill_rule = models.CharField("公示依据", max_length=200, blank=True)
    notice = models.OneToOneField(Notice, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "procurement"
        constraints = [
            models.UniqueConstraint(
                fields=["lot"], condition=~models.Q(status="cancelled"), name="one_standing_award_a_lot"
            )
        ]
        indexes = [
            models.Index(fields=["buyer", "status"], name="award_of_buyer"),
            models.Index(fields=["buyer", "-created_at"], name="award_latest"),
        ]

    def __str__(self) -> str:
        return f"成交：{self.lot.order}"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.lot.order.case_key

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("awards:detail", args=[self.pk])
