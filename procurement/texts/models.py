"""Contract texts (合同文本) in versions."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from procurement.texts.lifecycle import CONTRACT_TEXT
from procurement.texts.starting_list import KINDS


class ContractText(BuyerAggregate):
    """One version of a buyer's text of one kind; frozen once published. A contract copies its clauses when drawn up.

    clauses  [{"heading": …, "text": …}] in the order of the contract
    """

    journal_name = "procurement.contract_text"
    lifecycle = CONTRACT_TEXT

    kind = models.CharField("种类", max_length=12, choices=KINDS)
    edition = models.PositiveSmallIntegerField("版次")
    clauses = models.JSONField("条款")
    note = models.CharField("修订说明", max_length=400, blank=True)
    drafted_by_key = models.CharField(max_length=64)
    drafted_by_name = models.CharField("起草人", max_length=64)
    published_by_name = models.CharField("发布人", max_length=64, blank=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)

    class Meta:
        app_label = "procurement"
        constraints = [
            models.UniqueConstraint(fields=["buyer", "kind", "edition"], name="contract_text_edition"),
            models.UniqueConstraint(
                fields=["buyer", "kind"], condition=Q(status="published"), name="one_contract_text_in_use"
            ),
            models.UniqueConstraint(
                fields=["buyer", "kind"], condition=Q(status="draft"), name="one_contract_text_in_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}（第 {self.edition} 版）"

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("contract-texts:detail", args=[self.pk])
