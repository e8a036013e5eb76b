"""Questionnaires (问卷) and their anonymous answers: no name, no address, no moment, only the day."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse

from accounts.organizations.models import BuyerAggregate
from core import clock
from procurement.contracts.models import Contract
from procurement.opinions.lifecycle import SURVEY


class Survey(BuyerAggregate):
    """One questionnaire of a contract; token: the secret part of its public address."""

    journal_name = "procurement.survey"
    lifecycle = SURVEY

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="surveys", verbose_name="合同")
    token = models.CharField(max_length=32, unique=True)
    opens_on = models.DateField("开始")
    closes_on = models.DateField("截止")
    opened_by_name = models.CharField("发起人", max_length=64)

    class Meta:
        app_label = "procurement"
        constraints = [
            models.UniqueConstraint(fields=["contract"], condition=Q(status="open"), name="one_open_survey"),
            models.CheckConstraint(condition=Q(closes_on__gte=models.F("opens_on")), name="survey_days"),
        ]

    def __str__(self) -> str:
        return f"{self.contract.title} · 满意度问卷"

    @property
    def case_key(self) -> str:
        """The project's key."""
        return self.contract.case_key

    @property
    def takes_answers(self) -> bool:
        """Whether it may be filled in today."""
        return self.status == "open" and self.opens_on <= clock.today() <= self.closes_on

    def get_absolute_url(self) -> str:
        """Its page at work."""
        return reverse("opinions:detail", args=[self.pk])


class Opinion(models.Model):
    """One answer (一份问卷). marks 1–5; browser: a digest that lets one browser answer once, nothing more."""

    MARKS = [(5, "很满意"), (4, "满意"), (3, "一般"), (2, "不满意"), (1, "很不满意")]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="opinions")
    overall = models.PositiveSmallIntegerField("总体满意度", choices=MARKS)
    punctual = models.PositiveSmallIntegerField("按时按约", choices=MARKS)
    attitude = models.PositiveSmallIntegerField("服务态度", choices=MARKS)
    useful = models.PositiveSmallIntegerField("有没有帮助", choices=MARKS)
    recommends = models.BooleanField("愿意推荐")
    words = models.CharField("想说的话", max_length=300, blank=True)
    browser = models.CharField(max_length=64)
    given_on = models.DateField("日期", default=clock.today)

    append_only = True

    class Meta:
        app_label = "procurement"
        constraints = [
            models.UniqueConstraint(fields=["survey", "browser"], name="opinion_once"),
            models.CheckConstraint(
                condition=Q(overall__range=(1, 5))
                & Q(punctual__range=(1, 5))
                & Q(attitude__range=(1, 5))
                & Q(useful__range=(1, 5)),
                name="opinion_marks",
            ),
        ]
