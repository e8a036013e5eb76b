"""Notices (公告): text frozen at publication with its digest; a correction is a new notice that replaces."""

from __future__ import annotations

import hashlib

from django.db import models
from django.urls import reverse

from accounts.organizations.models import Organization
from core import clock
from core.aggregates import Journaled
from core.documents import Document
from core.sealing import canonical_json


class Notice(Journaled):
    """One published notice.

    subject    the object's name in the journal ("procurement.order:UUID");  case: the project's key
    facts      the facts table beside the text, as JSON of label and value
    position   its place among all notices, in the order in which they became visible: what a feed's cursor counts by
    digest     SHA-256 of the frozen text, hex;  release: the OCDS 1.1 release kept from the first day
    """

    journal_name = "procurement.notice"

    KINDS = [
        ("tender", "征集公告"),
        ("amendment", "更正公告"),
        ("failure", "流标公告"),
        ("cancellation", "终止公告"),
        ("award", "成交结果公示"),
        ("award_change", "成交结果变更公告"),
        ("contract", "合同公告"),
        ("contract_change", "合同变更公告"),
        ("contract_end", "合同终止公告"),
        ("acceptance", "验收结果公告"),
        ("overdue", "逾期未付款项公告"),
        ("final_account", "年度决算公开"),
        ("incentive", "奖励性补助公示"),
        ("incentive_paid", "奖励性补助公告"),
        ("incentive_void", "奖励性补助撤销公告"),
    ]

    number = models.CharField("文号", max_length=40, unique=True)
    position = models.PositiveBigIntegerField(unique=True, editable=False)
    kind = models.CharField("类型", max_length=16, choices=KINDS, db_index=True)
    title = models.CharField("标题", max_length=160)
    body = models.TextField("正文")
    facts = models.JSONField(default=list)
    buyer = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", verbose_name="发布单位")
    region_path = models.CharField(max_length=64)
    subject = models.CharField(max_length=96, db_index=True)
    case = models.CharField(max_length=64, db_index=True)
    ocid = models.CharField(max_length=64)
    published_at = models.DateTimeField("发布时间", db_index=True)
    ends_at = models.DateTimeField("公示至", null=True, blank=True)
    digest = models.CharField("摘要", max_length=64)
    release = models.JSONField(default=dict)
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        app_label = "procurement"
        ordering = ["-published_at"]

    def __str__(self) -> str:
        return self.title

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.case

    @property
    def frozen_digest(self) -> str:
        """SHA-256 over number, title, text, facts and moment, hex: whoever holds the text can compute it again."""
        frozen = {
            "number": self.number,
            "kind": self.kind,
            "title": self.title,
            "body": self.body,
            "facts": self.facts,
            "published_at": clock.local(self.published_at).isoformat(),
        }
        return hashlib.sha256(canonical_json(frozen)).hexdigest()

    @property
    def release_digest(self) -> str:
        """SHA-256 over the OCDS release as canonical JSON, hex; it stands in the journal."""
        return hashlib.sha256(canonical_json(self.release)).hexdigest()

    def get_absolute_url(self) -> str:
        """Its public page."""
        return reverse("public:notice", args=[self.number])
