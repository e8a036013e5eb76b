"""Archive packages (资料档案): required papers, what was found of each, bags, tests, the list of what was destroyed."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from accounts.roles import ROLES
from audit.archive.lifecycle import ARCHIVE_PACKAGE
from audit.archive.starting_list import STAGES
from core import clock
from core.documents import Document
from procurement.contracts.models import Contract
from procurement.projects.models import Project


class RequiredPaper(models.Model):
    """One kind of paper that a case's archive must hold (应归档材料), from a day on: data, never a constant in code.

    key       what looks for it (facts.FINDERS); one without a finder is always supplied by hand
    owner     the role that supplies it;  place: where, in words
    is_due    False in a later row takes the paper off the list from that day on
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField("材料", max_length=40)
    n = models.PositiveSmallIntegerField("顺序")
    stage = models.CharField("阶段", max_length=16, choices=list(STAGES.items()))
    title = models.CharField("名称", max_length=80)
    owner = models.CharField("由谁提供", max_length=24, choices=list(ROLES.items()))
    place = models.CharField("在哪里补", max_length=120)
    source = models.CharField("依据", max_length=160)
    effective_from = models.DateField("起用日期")
    verified = models.BooleanField("已核对", default=False)
    is_due = models.BooleanField("应归档", default=True)

    class Meta:
        app_label = "audit"
        ordering = ["n", "-effective_from"]
        constraints = [models.UniqueConstraint(fields=["key", "effective_from"], name="required_paper_once")]

    def __str__(self) -> str:
        return self.title


class ArchivePackage(BuyerAggregate):
    """The package of one project.

    ending        how the project ended; ended_on: the day in Shanghai
    arranged_by   who declared it complete; another person checks
    file_until    until when the procurement file is kept, voucher_until the vouchers (None: no money moved);
    retain_until  the later of both, or what an extension made of it;  retention_rule: the dated rules in words
    proposed_*    who proposed its destruction, "" while nobody did
    """

    journal_name = "audit.archive_package"
    lifecycle = ARCHIVE_PACKAGE

    ENDINGS = [("closed", "已完成"), ("terminated", "已终止"), ("failed", "采购失败")]

    number = models.CharField("档号", max_length=40, unique=True, null=True, blank=True)
    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="archive", verbose_name="项目")
    title = models.CharField("项目名称", max_length=100)
    ending = models.CharField("项目结果", max_length=12, choices=ENDINGS)
    ended_on = models.DateField("结束日期")
    missing_count = models.PositiveSmallIntegerField("缺件", default=0)
    arranged_by_key = models.CharField(max_length=64, blank=True)
    arranged_by_name = models.CharField("整理人", max_length=64, blank=True)
    arranged_at = models.DateTimeField("整理时间", null=True, blank=True)
    checked_by_name = models.CharField("检查人", max_length=64, blank=True)
    checked_at = models.DateTimeField("检查时间", null=True, blank=True)
    opinion = models.CharField("检查意见", max_length=400, blank=True)
    receiver = models.CharField("接收单位", max_length=100, blank=True)
    receiver_name = models.CharField("接收人", max_length=64, blank=True)
    handed_on = models.DateField("移交日期", null=True, blank=True)
    handed_by_name = models.CharField("移交人", max_length=64, blank=True)
    medium = models.CharField("移交方式", max_length=100, blank=True)
    location = models.CharField("存放位置", max_length=120, blank=True)
    receipt = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    file_until = models.DateField("采购文件保管至", null=True, blank=True)
    voucher_until = models.DateField("会计凭证保管至", null=True, blank=True)
    retain_until = models.DateField("保管至", null=True, blank=True)
    retention_rule = models.CharField("保管依据", max_length=300, blank=True)
    proposed_by_key = models.CharField(max_length=64, blank=True)
    proposed_by_name = models.CharField("提出销毁", max_length=64, blank=True)
    proposal = models.CharField("鉴定意见", max_length=400, blank=True)

    class Meta:
        app_label = "audit"
        indexes = [
            models.Index(fields=["buyer", "status", "-ended_on"], name="archive_of_buyer"),
            models.Index(fields=["status", "retain_until"], name="archive_to_appraise"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def case_key(self) -> str:
        """The project's key."""
        return str(self.project_id)

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("archives:detail", args=[self.number or self.pk])


class ArchiveItem(models.Model):
    """One required paper of one package as it was last counted (归档目录的一行); what the rule said is copied.

    contract  whose paper it is, where the list asks for it of each contract (starting_list.OF_EACH_CONTRACT); else None
    whose     the contract's number and provider, where the case has several of them; else ""
    evidence  [{"title", "url", "sha256", "day"}]: the records and documents that were found, at most SHOWN of them
    """

    FOUND, MISSING, SUPPLIED, EXCUSED, NOT_DUE = "found", "missing", "supplied", "excused", "not_due"
    STATES = [(FOUND, "已有"), (MISSING, "缺"), (SUPPLIED, "已补交"), (EXCUSED, "已说明"), (NOT_DUE, "不适用")]
    SHOWN = 20

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    package = models.ForeignKey(ArchivePackage, on_delete=models.PROTECT, related_name="items")
    key = models.CharField(max_length=40)
    contract = models.ForeignKey(
        Contract, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="合同"
    )
    whose = models.CharField("哪份合同", max_length=120, blank=True)
    n = models.PositiveSmallIntegerField("顺序")
    stage = models.CharField("阶段", max_length=16, choices=list(STAGES.items()))
    title = models.CharField("材料", max_length=80)
    source = models.CharField("依据", max_length=160)
    verified = models.BooleanField("依据已核对", default=False)
    owner = models.CharField("由谁提供", max_length=24, choices=list(ROLES.items()))
    place = models.CharField("在哪里补", max_length=120)
    state = models.CharField("情况", max_length=10, choices=STATES)
    found_count = models.PositiveIntegerField("份数", default=0)
    evidence = models.JSONField(default=list)
    excuse = models.CharField("说明", max_length=400, blank=True)
    excused_by_name = models.CharField("说明人", max_length=64, blank=True)

    class Meta:
        app_label = "audit"
        ordering = ["n", "whose"]
        constraints = [
            models.UniqueConstraint(
                fields=["package", "key"], condition=Q(contract__isnull=True), name="archive_item_once"
            ),
            models.UniqueConstraint(fields=["package", "key", "contract"], name="archive_item_once_a_contract"),
        ]
        indexes = [models.Index(fields=["package", "owner"], name="archive_item_missing", condition=Q(state="missing"))]

    def __str__(self) -> str:
        return f"{self.title}（{self.whose}）" if self.whose else self.title

    @property
    def belongs_to(self) -> Contract | ArchivePackage:
        """Whose paper it is: its contract's, else the whole case's."""
        return self.contract or self.package


class ArchiveScan(models.Model):
    """A paper that the archivist or the provider supplied for an item (补交的扫描件)."""

    append_only = True

    item = models.ForeignKey(ArchiveItem, on_delete=models.PROTECT, related_name="scans")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    note = models.CharField("说明", max_length=200, blank=True)
    by_name = models.CharField("补交人", max_length=64)
    at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        app_label = "audit"
        ordering = ["at", "pk"]


class ArchiveBag(models.Model):
    """One bag (档案包) of a package, made by a worker. state: queued → running → done | failed.

    asked_at    when it was asked for: its date everywhere, so that the same asking makes the same bytes
    heads       {object: number of its last entry} of the case's journal at that moment
    checkpoint  the number of the journal's checkpoint that its proofs rest on
    tag_digest  SHA-256 of tagmanifest-sha256.txt, hex: whoever has it can tell whether any byte of the bag was changed
    """

    QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
    STATES = {
        QUEUED: ("排队中", "wait"),
        RUNNING: ("生成中", "go"),
        DONE: ("已完成", "done"),
        FAILED: ("未生成", "stop"),
    }
    STEPS = ("清点材料", "取出原件", "生成报告", "装包", "检测", "存档")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    package = models.ForeignKey(ArchivePackage, on_delete=models.PROTECT, related_name="bags")
    n = models.PositiveSmallIntegerField("第几包")
    state = models.CharField(max_length=8, default=QUEUED)
    step = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField("时间", default=clock.now)
    asked_by_name = models.CharField("谁要的", max_length=64)
    heads = models.JSONField(default=dict)
    checkpoint = models.PositiveBigIntegerField("检查点", null=True, blank=True)
    finished_at = models.DateTimeField("完成", null=True, blank=True)
    error = models.CharField(max_length=400, blank=True)
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    tag_digest = models.CharField("清单摘要", max_length=64, blank=True)
    files = models.PositiveIntegerField("文件数", default=0)
    payload_size = models.PositiveBigIntegerField("字节数", default=0)
    withheld = models.PositiveIntegerField("只列摘要", default=0)
    entries = models.PositiveIntegerField("日志条数", default=0)

    class Meta:
        app_label = "audit"
        ordering = ["-n"]
        constraints = [models.UniqueConstraint(fields=["package", "n"], name="archive_bag_once")]

    def __str__(self) -> str:
        return f"{self.package} · {self.n}"

    @property
    def chip(self) -> dict[str, object]:
        """Label and kind of the status chip."""
        label, kind = self.STATES[self.state]
        return {"label": label, "kind": kind, "end": self.state == self.DONE}

    @property
    def is_over(self) -> bool:
        """Whether the page may stop asking."""
        return self.state in {self.DONE, self.FAILED}


class ArchiveTest(models.Model):
    """One run of the four tests over a bag (四性检测). results: [{"property", "name", "ok", "note"}]; asked: by which request."""

    append_only = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bag = models.ForeignKey(ArchiveBag, on_delete=models.PROTECT, related_name="tests")
    n = models.PositiveSmallIntegerField("第几次")
    at = models.DateTimeField("检测时间", default=clock.now)
    by_name = models.CharField("谁要的", max_length=64)
    asked = models.CharField(max_length=120, blank=True)
    ok = models.BooleanField("合格")
    results = models.JSONField(default=list)

    class Meta:
        app_label = "audit"
        ordering = ["-n"]
        constraints = [models.UniqueConstraint(fields=["bag", "n"], name="archive_test_once")]


class DestructionEntry(models.Model):
    """One line of the destruction list (销毁清单), kept for ever: what was removed, why, who proposed, who confirmed."""

    append_only = True

    package = models.OneToOneField(ArchivePackage, on_delete=models.PROTECT, related_name="destruction")
    number = models.CharField("档号", max_length=40)
    title = models.CharField("题名", max_length=100)
    retained = models.CharField("保管情况", max_length=300)
    removed = models.JSONField("销毁的文件", default=list)
    opinion = models.CharField("鉴定意见", max_length=400)
    proposed_by_name = models.CharField("提出人", max_length=64)
    confirmed_by_name = models.CharField("确认人", max_length=64)
    at = models.DateTimeField("销毁时间", default=clock.now)

    class Meta:
        app_label = "audit"
        ordering = ["-at"]
