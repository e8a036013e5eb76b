"""Amendments (补充协议) of contracts in force."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from core.documents import Document
from core.money import MoneyField
from procurement.amendments.lifecycle import AMENDMENT
from procurement.contracts.models import Contract, ContractLine, Filed, Signed


class Amendment(Filed):
    """One amendment; amounts in yuan.

    difference  what it adds to the contract's amount; below zero it takes away
    ends_on, place  the new ones, None and "" where they stay
    document, digest  the PDF that both sides sign and its SHA-256, hex; printed by a worker after the approval
    """

    journal_name = "procurement.amendment"
    lifecycle = AMENDMENT

    REASONS = [
        ("need", "服务需求变化"),
        ("policy", "政策或标准调整"),
        ("force_majeure", "不可抗力"),
        ("site", "场地或时间变化"),
        ("other", "其他"),
    ]

    number = models.CharField("编号", max_length=48, unique=True, null=True, blank=True)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="amendments", verbose_name="合同")
    n = models.PositiveSmallIntegerField("序号")
    code = models.CharField("变更原因", max_length=16, choices=REASONS)
    grounds = models.CharField("理由", max_length=400)
    difference = MoneyField("金额变化")
    ends_on = models.DateField("服务结束改为", null=True, blank=True)
    place = models.CharField("服务地点改为", max_length=120, blank=True)
    drafted_by_key = models.CharField(max_length=64)
    drafted_by_name = models.CharField("拟定人", max_length=64)
    approved_by_name = models.CharField("批准人", max_length=64, blank=True)
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField("摘要", max_length=64, blank=True)
    buyer_signed_at = models.DateTimeField("采购人签订", null=True, blank=True)
    provider_signed_at = models.DateTimeField("承接单位签订", null=True, blank=True)
    effective_at = models.DateTimeField("生效时间", null=True, blank=True)

    class Meta:
        app_label = "procurement"
        constraints = [
            models.UniqueConstraint(fields=["contract", "n"], name="amendment_n_once"),
            models.UniqueConstraint(
                fields=["contract"], condition=Q(status__in=("submitted", "signing")), name="one_open_amendment"
            ),
        ]
        indexes = [models.Index(fields=["buyer", "status"], name="amendment_of_buyer")]

    def __str__(self) -> str:
        return f"{self.contract.title} · 补充协议（{self.n}）"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.contract.case_key

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("amendments:detail", args=[self.pk])


class AmendedLine(models.Model):
    """One contract line whose quantity changes; the unit price never does."""

    amendment = models.ForeignKey(Amendment, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(ContractLine, on_delete=models.PROTECT, related_name="+")
    quantity_before = models.PositiveIntegerField("原数量")
    quantity_after = models.PositiveIntegerField("变更后数量")

    class Meta:
        app_label = "procurement"
        ordering = ["line__n"]
        constraints = [models.UniqueConstraint(fields=["amendment", "line"], name="amended_line_once")]


class AmendmentSignature(Signed):
    """One signature on an amendment."""

    amendment = models.ForeignKey(Amendment, on_delete=models.PROTECT, related_name="signatures")

    class Meta(Signed.Meta):
        app_label = "procurement"
