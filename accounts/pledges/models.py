"""Pledge texts (廉洁承诺书), signatures (签署), trainings (廉政教育) and who took part."""

from __future__ import annotations

import hashlib
import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from accounts.pledges.lifecycle import PLEDGE_TEXT, TRAINING
from accounts.pledges.starting_list import GROUPS
from accounts.users.models import User
from core import clock
from core.documents import Document


class PledgeText(BuyerAggregate):
    """One version of a buyer's pledge for one group; frozen once published.

    valid_months  how long a signature counts: a year, unless the discipline officer says otherwise
    """

    journal_name = "accounts.pledge_text"
    lifecycle = PLEDGE_TEXT

    group = models.CharField("适用", max_length=8, choices=[(key, name) for key, (name, _roles) in GROUPS.items()])
    edition = models.PositiveSmallIntegerField("版次")
    body = models.TextField("承诺内容", max_length=4000)
    valid_months = models.PositiveSmallIntegerField("签署后有效（月）", default=12)
    drafted_by_key = models.CharField(max_length=64)
    drafted_by_name = models.CharField("起草人", max_length=64)
    published_by_name = models.CharField("发布人", max_length=64, blank=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)

    class Meta:
        app_label = "accounts"
        constraints = [
            models.UniqueConstraint(fields=["buyer", "group", "edition"], name="pledge_edition"),
            models.UniqueConstraint(
                fields=["buyer", "group"], condition=Q(status="published"), name="one_pledge_in_force"
            ),
            models.UniqueConstraint(fields=["buyer", "group"], condition=Q(status="draft"), name="one_pledge_draft"),
            models.CheckConstraint(condition=Q(valid_months__range=(1, 36)), name="pledge_months"),
        ]

    def __str__(self) -> str:
        return f"{self.get_group_display()}廉洁承诺书（第 {self.edition} 版）"

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("pledges:detail", args=[self.pk])

    @property
    def digest(self) -> str:
        """SHA-256 over the words that are signed, hex."""
        return hashlib.sha256(f"{self}\n{self.body}".encode()).hexdigest()


class PledgeSignature(models.Model):
    """One person's signature under one version (签署). Rows only grow. digest: of the words that were read."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    text = models.ForeignKey(PledgeText, on_delete=models.PROTECT, related_name="signatures")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    user_name = models.CharField("签署人", max_length=64)
    digest = models.CharField(max_length=64)
    signed_at = models.DateTimeField("签署时间", default=clock.now)
    valid_until = models.DateField("有效至")

    class Meta:
        app_label = "accounts"
        ordering = ["-signed_at"]
        indexes = [models.Index(fields=["user", "text", "valid_until"], name="pledge_of_person")]


class Training(BuyerAggregate):
    """One training in integrity (廉政教育) with its attendance sheet."""

    journal_name = "accounts.training"
    lifecycle = TRAINING

    title = models.CharField("主题", max_length=100)
    held_on = models.DateField("日期")
    hours = models.DecimalField("学时", max_digits=4, decimal_places=1)
    sheet = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+", verbose_name="签到表")
    entered_by_name = models.CharField("登记人", max_length=64)

    class Meta:
        app_label = "accounts"
        constraints = [
            models.CheckConstraint(condition=Q(hours__gt=Decimal(0)) & Q(hours__lte=Decimal(99)), name="training_hours")
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("trainings:detail", args=[self.pk])


class TrainingAttendance(models.Model):
    """That a person took part (参加)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="attendances")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    user_name = models.CharField("姓名", max_length=64)

    class Meta:
        app_label = "accounts"
        ordering = ["user_name", "pk"]
        constraints = [models.UniqueConstraint(fields=["training", "user"], name="training_attendance_once")]
