"""Activities (场次) with what was counted there, who signed in, what shows it, and what protects the children in it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate, Organization
from accounts.regions.models import Region
from core import clock
from core.aggregates import Journaled
from core.documents import Document
from procurement.activities.lifecycle import ACTIVITY
from procurement.contracts.models import Contract, ContractLine

SEGMENT_MARK = "、"


class Activity(BuyerAggregate):
    """One session (一场). segments: the groups it serves, as the catalogue names them, parted by 、.

    region_path  the street's or community's: who verifies it
    line         the contract line it mainly delivers; what it delivered of each line stands in ServiceUnit
    minors       children take part: held only with roster, consents and checked staff (house.md 4b.16)
    is_trip      it leaves the neighborhood: insurance and emergency plan are of this trip alone (R75)
    token        the address of its sign-in page, which nobody can guess (128 random bits)
    captured_at  when the record was made on the device, which may have been offline; recorded_at when it arrived
    recordings   how often a record was handed in: more than once after being sent back
    """

    journal_name = "procurement.activity"
    lifecycle = ACTIVITY

    KINDS = [("activity", "活动"), ("case", "个案"), ("group", "小组"), ("community", "社区")]
    OUTCOMES = [("smooth", "顺利"), ("minor", "有小问题"), ("incident", "有意外")]

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="activities", verbose_name="合同")
    provider = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="activities", verbose_name="承接单位"
    )
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="activities", verbose_name="街道社区")
    line = models.ForeignKey(
        ContractLine, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="合同明细"
    )
    kind = models.CharField("方法", max_length=12, choices=KINDS, default="activity")
    title = models.CharField("名称", max_length=80)
    segments = models.CharField("服务对象", max_length=120)
    place = models.CharField("地点", max_length=120)
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    planned_people = models.PositiveIntegerField("预计人数")
    capacity = models.PositiveIntegerField("场地容量", null=True, blank=True)
    plan = models.TextField("计划", max_length=1000, blank=True)
    minors = models.BooleanField("有未成年人参加", default=False)
    is_trip = models.BooleanField("外出活动", default=False)
    token = models.CharField(max_length=32, unique=True, editable=False)
    outcome = models.CharField("今天怎么样", max_length=10, choices=OUTCOMES, blank=True)
    note = models.CharField("补充", max_length=500, blank=True)
    captured_at = models.DateTimeField("记录时间", null=True, blank=True)
    recorded_at = models.DateTimeField("提交时间", null=True, blank=True)
    recorded_by_key = models.CharField(max_length=64, blank=True)
    recorded_by_name = models.CharField("记录人", max_length=64, blank=True)
    recordings = models.PositiveSmallIntegerField("提交次数", default=0)
    verified_at = models.DateTimeField("核实时间", null=True, blank=True)
    verified_by_key = models.CharField(max_length=64, blank=True)
    verified_by_name = models.CharField("核实人", max_length=64, blank=True)
    counted_at = models.DateTimeField("计入时间", null=True, blank=True)
    refusal = models.CharField("退回或不予认定的理由", max_length=400, blank=True)

    class Meta:
        app_label = "procurement"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="activity_ends_after_start")
        ]
        indexes = [
            models.Index(fields=["contract", "status", "starts_at"], name="activity_of_contract"),
            models.Index(fields=["provider", "starts_at"], name="activity_of_provider"),
            models.Index(fields=["region_path", "status", "starts_at"], name="activity_of_place"),
            models.Index(fields=["buyer", "starts_at"], name="activity_of_buyer"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.contract.case_key

    @property
    def segment_list(self) -> list[str]:
        """The groups served, in the order of the plan."""
        return [part for part in self.segments.split(SEGMENT_MARK) if part]

    @property
    def days(self) -> int:
        """On how many days it takes place: one child at a five-day camp is five person-times."""
        return (clock.local(self.ends_at).date() - clock.local(self.starts_at).date()).days + 1

    @property
    def hours_label(self) -> str:
        """When, for people: "09-01 16:30—18:00", over several days with both days."""
        start, end = clock.local(self.starts_at), clock.local(self.ends_at)
        tail = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%m-%d %H:%M}"
        return f"{start:%m-%d %H:%M}—{tail}"

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("activities:detail", args=[self.pk])


class AttendanceCount(models.Model):
    """How many of one group came (到场人数).

    person_times  人次: each coming counts;  people: 人数 at this activity, each once;
    newcomers     of them those who had never come under this contract: their sum is the contract's 服务人数
    """

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="counts")
    segment = models.CharField("服务对象", max_length=40)
    person_times = models.PositiveIntegerField("人次")
    people = models.PositiveIntegerField("人数")
    newcomers = models.PositiveIntegerField("其中首次", default=0)

    class Meta:
        app_label = "procurement"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "segment"], name="attendance_once"),
            models.CheckConstraint(condition=Q(person_times__gte=F("people")), name="person_times_at_least_people"),
            models.CheckConstraint(condition=Q(people__gte=F("newcomers")), name="people_at_least_newcomers"),
        ]


class ServiceUnit(models.Model):
    """How much of one contract line the activity delivered (服务量), such as 36 餐; in the line's own unit."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="units")
    line = models.ForeignKey(ContractLine, on_delete=models.PROTECT, related_name="delivered")
    quantity = models.PositiveIntegerField("数量")

    class Meta:
        app_label = "procurement"
        ordering = ["line__n"]
        constraints = [models.UniqueConstraint(fields=["activity", "line"], name="service_unit_once")]


class VolunteerHours(models.Model):
    """Volunteers of one kind (志愿服务): how many people, how many minutes each. No names."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="volunteers")
    work = models.CharField("做什么", max_length=40, default="志愿服务")
    people = models.PositiveIntegerField("人数")
    minutes = models.PositiveIntegerField("每人分钟")

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["activity", "work"], name="volunteer_work_once")]


class WorkRecord(models.Model):
    """The professional record of case, group or community work (个案、小组、社区工作记录), without names (R40)."""

    activity = models.OneToOneField(Activity, on_delete=models.PROTECT, related_name="work")
    goal = models.CharField("目标", max_length=300)
    process = models.TextField("过程", max_length=3000)
    result = models.TextField("成效与下一步", max_length=1000)

    class Meta:
        app_label = "procurement"


class ActivityPhoto(models.Model):
    """A picture of the activity (现场照片); when and where it says it was taken stands on the document.

    fingerprint  64-bit perceptual hash as 16 hex digits: alike pictures differ in few bits (pictures.py)
    """

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="photos")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=16, blank=True)

    class Meta:
        app_label = "procurement"
        ordering = ["pk"]


class PseudonymKey(models.Model):
    """A provider's secret of its own, sealed: the same code is another pseudonym at another provider."""

    provider = models.OneToOneField(Organization, on_delete=models.PROTECT, related_name="+")
    sealed = models.BinaryField()

    class Meta:
        app_label = "procurement"


class SignIn(models.Model):
    """Somebody came (签到): a pseudonym and a moment, no name, no number, no device."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="signins")
    pseudonym = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField("时间", default=clock.now)

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["activity", "pseudonym"], name="signin_once")]


class StaffMember(models.Model):
    """One of the provider's people at the service (项目人员)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="staff")
    name = models.CharField("姓名", max_length=40)
    post = models.CharField("岗位", max_length=40)
    is_active = models.BooleanField("在岗", default=True)

    class Meta:
        app_label = "procurement"
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["provider", "name"], name="staff_member_once")]

    def __str__(self) -> str:
        return self.name


class StaffCheck(models.Model):
    """One inquiry into crime records (违法犯罪记录查询), before work with children and every year.

    source  未成年人保护法第六十二条
    """

    staff = models.ForeignKey(StaffMember, on_delete=models.PROTECT, related_name="checks")
    checked_on = models.DateField("查询日期")
    is_clear = models.BooleanField("未发现记录")
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entered_by_name = models.CharField("登记人", max_length=64)

    class Meta:
        app_label = "procurement"
        ordering = ["-checked_on"]


class ActivityStaff(models.Model):
    """Who of the provider works at the activity (带队人员)."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="staff")
    staff = models.ForeignKey(StaffMember, on_delete=models.PROTECT, related_name="activities")

    class Meta:
        app_label = "procurement"
        constraints = [models.UniqueConstraint(fields=["activity", "staff"], name="activity_staff_once")]


class Beneficiary(Journaled):
    """One person served, by pseudonym (服务对象编号): what tells who it is lies sealed.

    sealed      name and guardian's contact, encrypted; opened only by a verb with a reason, which the journal keeps
    pseudonym   the digest under which this person's code signs in
    consent_on  the guardian's (or own) consent to processing, separate and in writing (PIPL 第二十九条、第三十一条)
    """

    journal_name = "procurement.beneficiary"

    provider = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    code = models.CharField("编号", max_length=12)
    segment = models.CharField("类别", max_length=40)
    birth_year = models.PositiveSmallIntegerField("出生年")
    consent_on = models.DateField("同意日期", null=True, blank=True)
    sealed = models.BinaryField()
    pseudonym = models.CharField(max_length=64)

    class Meta:
        app_label = "procurement"
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["provider", "code"], name="beneficiary_code")]

    def __str__(self) -> str:
        return self.code


class RosterEntry(models.Model):
    """One child on the list of an activity (名单), with the day of the guardian's consent to this very activity."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="roster")
    beneficiary = models.ForeignKey(Beneficiary, on_delete=models.PROTECT, related_name="+")
    consent_on = models.DateField("监护人同意日期", null=True, blank=True)

    class Meta:
        app_label = "procurement"
        ordering = ["beneficiary__code"]
        constraints = [models.UniqueConstraint(fields=["activity", "beneficiary"], name="roster_once")]


class SafeguardPaper(models.Model):
    """A paper that protects (安全保障材料): of one activity, or standing for the contract's everyday sessions."""

    KINDS = [("insurance", "保险单"), ("emergency", "应急预案"), ("consent", "监护人同意书")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    activity = models.ForeignKey(Activity, null=True, blank=True, on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField("种类", max_length=12, choices=KINDS)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    valid_to = models.DateField("有效期至", null=True, blank=True)
    entered_by_name = models.CharField("登记人", max_length=64)

    class Meta:
        app_label = "procurement"
        indexes = [models.Index(fields=["contract", "kind"], name="safeguard_of_contract")]
