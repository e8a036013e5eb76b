"""Bids (申报) and openings (开启).

A bid's content is one sealed envelope from the first keystroke (house.md 4b.3): the draft lies encrypted in core.drafts,
the submitted envelope and its files are sealed documents. Priced lines and content are written only by `open_bids`.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate, Organization
from core import clock
from core.aggregates import Aggregate
from core.documents import Document
from core.money import MoneyField
from procurement.bids.lifecycle import BID, OPENING
from procurement.orders.models import Lot, Order

KEY_LASTS: Final = timedelta(minutes=10)
"""How long the first key waits for the second (integrity.md 6)."""


class Bid(Aggregate):
    """One organization's bid on one lot.

    envelope    sealed document with the canonical content; commitment: sha256(salt ‖ content), journaled and on the receipt
    content     the opened content as JSON; null until `open_bids` wrote it
    case_key is left empty: an index by case would tell how many sealed bids there are.
    """

    journal_name = "procurement.bid"
    lifecycle = BID

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="bids")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="bids", verbose_name="申报单位"
    )
    envelope = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    commitment = models.CharField("承诺摘要", max_length=64, blank=True)
    submitted_at = models.DateTimeField("递交时间", null=True, blank=True)
    submitted_by_name = models.CharField("递交人", max_length=64, blank=True)
    letter = models.CharField("代号", max_length=2, blank=True)
    content = models.JSONField(null=True, blank=True)
    reject_reason = models.CharField("不合格理由", max_length=400, blank=True)

    class Meta:
        app_label = "procurement"
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "organization"], condition=~Q(status__in=["withdrawn", "returned"]), name="one_bid_a_lot"
            )
        ]
        indexes = [models.Index(fields=["organization", "-created_at"], name="bid_latest")]

    def __str__(self) -> str:
        return f"{self.organization} · {self.lot.order}"

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("bids:detail", args=[self.pk])


class BidMember(models.Model):
    """One member organization of a bid (联合体成员); the lead is the bid's own organization."""

    bid = models.ForeignKey(Bid, on_delete=models.PROTECT, related_name="members")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    is_lead = models.BooleanField(default=True)

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["bid", "organization"], name="member_once")]


class BidFile(models.Model):
    """A sealed file of a bid; its name is inside the envelope. opened: the readable copy, made by the opening."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bid = models.ForeignKey(Bid, on_delete=models.PROTECT, related_name="files")
    sealed = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    opened = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "procurement"


class BidOffer(models.Model):
    """The price of one round (轮次报价), in yuan. Written only by the opening (and later rounds of a consultation)."""

    bid = models.ForeignKey(Bid, on_delete=models.PROTECT, related_name="offers")
    round = models.PositiveSmallIntegerField(default=1)
    amount = MoneyField("报价")

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["bid", "round"], name="offer_once")]


class BidLine(models.Model):
    """One priced cost line (报价明细). Written only by the opening."""

    bid = models.ForeignKey(Bid, on_delete=models.PROTECT, related_name="lines")
    n = models.PositiveSmallIntegerField()
    cost_class = models.CharField("类别", max_length=12)
    name = models.CharField("名称", max_length=60)
    unit = models.CharField("单位", max_length=12)
    quantity = models.PositiveIntegerField("数量")
    unit_price = MoneyField("单价")
    amount = MoneyField("金额")

    class Meta:
        app_label = "procurement"
        ordering = ["n"]


class Opening(BuyerAggregate):
    """The opening of an order's bids (开启): who turned which key when, and the record."""

    journal_name = "procurement.opening"
    lifecycle = OPENING

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="opening")
    first_key = models.CharField(max_length=64, blank=True)
    first_name = models.CharField("第一人", max_length=64, blank=True)
    first_office = models.CharField("科室", max_length=12, blank=True)
    # Digest of the session, so that a second device is proved and no session can be taken from the table.
    first_session = models.CharField(max_length=64, blank=True)
    first_at = models.DateTimeField(null=True, blank=True)
    second_key = models.CharField(max_length=64, blank=True)
    second_name = models.CharField("第二人", max_length=64, blank=True)
    second_office = models.CharField("科室", max_length=12, blank=True)
    second_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField("开启时间", null=True, blank=True)

    class Meta:
        app_label = "procurement"

    def __str__(self) -> str:
        return f"开启：{self.order}"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.order.case_key

    @property
    def key_expires_at(self) -> datetime | None:
        """When the first key runs out, aware UTC; None without one."""
        return self.first_at + KEY_LASTS if self.status == "one_key" and self.first_at else None

    @property
    def key_stands(self) -> bool:
        """Whether a first key was turned and has not run out."""
        expires = self.key_expires_at
        return expires is not None and clock.now() < expires

    @property
    def shown_status(self) -> str:
        """ "waiting" again once the first key has run out: nobody has to press anything for time to pass."""
        return "waiting" if self.status == "one_key" and not self.key_stands else self.status

    def get_absolute_url(self) -> str:
        """The opening hall."""
        return reverse("openings:detail", args=[self.pk])
