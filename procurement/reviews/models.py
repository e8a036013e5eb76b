"""Reviews (评审): checks, score sheets and the ranking."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import models
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from core import clock
from procurement.bids.models import Bid
from procurement.orders.models import Criterion, Lot, QualificationRule
from procurement.panels.models import Seat
from procurement.reviews.lifecycle import REVIEW


class Review(BuyerAggregate):
    """The review of one lot."""

    journal_name = "procurement.review"
    lifecycle = REVIEW

    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="review")
    consolidated_at = models.DateTimeField("汇总时间", null=True, blank=True)

    class Meta:
        app_label = "procurement"
        indexes = [
            models.Index(fields=["buyer", "status"], name="review_of_buyer"),
            models.Index(fields=["buyer", "-created_at"], name="review_latest"),
        ]

    def __str__(self) -> str:
        return f"评审：{self.lot.order}"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.lot.order.case_key

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("reviews:detail", args=[self.pk])


class Check(models.Model):
    """One rule checked on one bid (资格审查、符合性审查): passed, or not with its reason."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bid = models.ForeignKey(Bid, on_delete=models.PROTECT, related_name="checks")
    rule = models.ForeignKey(QualificationRule, on_delete=models.PROTECT, related_name="+")
    is_passed = models.BooleanField("合格")
    reason = models.CharField("理由", max_length=300, blank=True)
    checked_by_name = models.CharField("审查人", max_length=64)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["bid", "rule"], name="check_once")]


class Score(models.Model):
    """One expert's points for one criterion of one bid (评分); half points."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="scores")
    bid = models.ForeignKey(Bid, on_delete=models.PROTECT, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    half_points = models.PositiveSmallIntegerField("得分（半分）")
    reason = models.CharField("理由", max_length=300, blank=True)

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["seat", "bid", "criterion"], name="score_once")]


class Result(models.Model):
    """One bid's place in the ranking (评审结果): price and technical score, total, rank; in hundredths of a point."""

    bid = models.OneToOneField(Bid, on_delete=models.PROTECT, related_name="result")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="results")
    price_centi = models.PositiveIntegerField("价格分")
    technical_centi = models.PositiveIntegerField("技术商务分")
    total_centi = models.PositiveIntegerField("总分")
    rank = models.PositiveSmallIntegerField("名次")
    tie_rule = models.CharField("同分规则", max_length=60, blank=True)

    class Meta:
        app_label = "procurement"
        ordering = ["rank"]

    @property
    def total_points(self) -> Decimal:
        """The total in points."""
        return Decimal(self.total_centi).scaleb(-2)

    @property
    def price_points(self) -> Decimal:
        """The price score in points."""
        return Decimal(self.price_centi).scaleb(-2)

    @property
    def technical_points(self) -> Decimal:
        """The technical and commercial score in points."""
        return Decimal(self.technical_centi).scaleb(-2)
