"""Acceptances (验收): quantities accepted line by line, standards met or not, documents."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from core.documents import Document
from procurement.acceptances.lifecycle import ACCEPTANCE
from procurement.contracts.models import Contract, ContractLine, ContractStandard, Milestone
from procurement.notices.models import Notice


class Acceptance(BuyerAggregate):
    """The acceptance of one milestone; after a refusal a new one may be reported.

    members  names of those who took part without a log-in (service users' representatives, the community)
    result   the step that follows when the whole group has confirmed: "accept" or "accept_partly"
    """

    journal_name = "procurement.acceptance"
    lifecycle = ACCEPTANCE

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="acceptances")
    milestone = models.ForeignKey(Milestone, on_delete=models.PROTECT, related_name="acceptances")
    summary = models.TextField("完成情况", max_length=2000)
    reported_by_name = models.CharField("报验人", max_length=64)
    accepted_by_name = models.CharField("验收人", max_length=64, blank=True)
    accepted_at = models.DateTimeField("验收时间", null=True, blank=True)
    members = models.CharField("其他参加人", max_length=200, blank=True)
    result = models.CharField(max_length=16, blank=True, editable=False)
    opinion = models.TextField("验收意见", max_length=1000, blank=True)
    notice = models.OneToOneField(Notice, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "procurement"
        constraints = [
            models.UniqueConstraint(
                fields=["milestone"], condition=~Q(status="refused"), name="one_standing_acceptance_a_milestone"
            )
        ]
        indexes = [
            models.Index(fields=["buyer", "status", "created_at"], name="acceptance_of_buyer"),
            models.Index(fields=["buyer", "-created_at"], name="acceptance_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.contract} · {self.milestone.name}"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.contract.case_key

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("acceptances:detail", args=[self.pk])


class AcceptanceMember(models.Model):
    """A member of the group (验收小组成员) beside who judges: confirms the judgement by an own log-in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    acceptance = models.ForeignKey(Acceptance, on_delete=models.PROTECT, related_name="group")
    person_key = models.CharField(max_length=64, db_index=True)
    name = models.CharField("姓名", max_length=64)
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)

    class Meta:
        app_label = "procurement"
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["acceptance", "person_key"], name="acceptance_member_once")]


class AcceptanceLine(models.Model):
    """One contract line at one milestone (验收明细): claimed by the provider, accepted by the buyer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    acceptance = models.ForeignKey(Acceptance, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(ContractLine, on_delete=models.PROTECT, related_name="acceptances")
    claimed_quantity = models.PositiveIntegerField("报验数量")
    accepted_quantity = models.PositiveIntegerField("核定数量", null=True, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        app_label = "procurement"
        ordering = ["line__n"]
        constraints = [models.UniqueConstraint(fields=["acceptance", "line"], name="acceptance_line_once")]


class StandardResult(models.Model):
    """Whether one service standard was met (标准核对)."""

    acceptance = models.ForeignKey(Acceptance, on_delete=models.PROTECT, related_name="standard_results")
    standard = models.ForeignKey(ContractStandard, on_delete=models.PROTECT, related_name="+")
    is_met = models.BooleanField("达标")
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        app_label = "procurement"


class AcceptanceFile(models.Model):
    """A paper of the acceptance (验收资料)."""

    acceptance = models.ForeignKey(Acceptance, on_delete=models.PROTECT, related_name="files")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "procurement"
