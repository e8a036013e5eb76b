"""The moves of oversight: a mid-term check put right, visits, a draw, what service users said."""

from __future__ import annotations

from datetime import timedelta

from core import clock
from demo.moves import Stage, Team
from procurement.contracts.models import Contract
from procurement.inspections.models import Inspection
from procurement.inspections.operations import (
    Item,
    accept_rectification,
    answer_inspection,
    draw_spot_inspections,
    plan_inspection,
    record_inspection,
)
from procurement.opinions.models import Survey
from procurement.opinions.operations import close_survey, give_opinion, open_survey

IN_ORDER = (
    Item("活动按计划举办，时间地点相符", "good"),
    Item("记录、签到和人数相符", "good"),
    Item("安全保障到位", "good"),
)
ONE_FAULT = (
    Item("活动按计划举办，时间地点相符", "good"),
    Item("记录、签到和人数相符", "partly", "两次活动的签到表缺接送家长签字"),
    Item("经费专款专用，票据齐全", "good"),
    Item("安全保障到位", "good"),
)


def checked_with_a_fault(stage: Stage, team: Team, contract: Contract, first: int) -> Inspection:
    """The mid-term check on site on day `first`: one fault, put right within the term and found so."""
    with stage.on(first, 9):
        inspection = plan_inspection(
            contract,
            actor=stage.actor(team.buyer),
            kind="site",
            planned_on=clock.today(),
            topic="中期检查：进度、质量、经费、安全",
        )
    with stage.on(first, 17):
        record_inspection(
            inspection, actor=stage.actor(team.buyer), held_on=clock.today(), visitors="周敏、何静", items=ONE_FAULT,
            conclusion="总体符合合同约定；签到表缺家长签字，限期补正并规范接送登记。", outcome="rectify",
        )  # fmt: skip
    with stage.on(first + 6, 10):
        answer = "已与两次活动的家长逐一核对补签，接送登记改为每日由带队社工复核。"
        answer_inspection(inspection, actor=stage.actor("provider1"), answer=answer)
    with stage.on(first + 8, 10):
        return accept_rectification(inspection, actor=stage.actor(team.buyer))


def spot_checked(stage: Stage, team: Team, contract: Contract, days: int) -> None:
    """Yesterday two activities of that day's month were drawn; none is recorded yet."""
    with stage.on(-1, 9):
        draw_spot_inspections(contract, actor=stage.actor(team.buyer), month=stage.day(days), number=2, kind="phone")


def visit_planned(stage: Stage, team: Team, contract: Contract) -> Inspection:
    """A visit planned for tomorrow: the street and the buyer find it on their desks."""
    with stage.on(-1, 15):
        day = clock.today() + timedelta(days=2)
        return plan_inspection(
            contract, actor=stage.actor(team.buyer), kind="site", planned_on=day, topic="供餐留样、用餐登记和陪护人数"
        )


def asked_users(stage: Stage, team: Team, contract: Contract, first: int, answers: int, *, close: bool) -> Survey:
    """A questionnaire opened on day `first` with so many answers; about nine in ten are satisfied."""
    with stage.on(first, 9):
        until = clock.today() + timedelta(days=20)
        survey = open_survey(contract, actor=stage.actor(team.buyer), closes_on=until)
    with stage.on(first + 2, 18):
        for n in range(answers):
            mark = 3 if n % 11 == 7 else 5 - n % 2
            words = ("孩子放学后有地方去了，谢谢。", "希望周末也有。", "")[n % 3] if n % 5 == 0 else ""
            give_opinion(
                survey, browser=f"demo-{n}", overall=mark, punctual=5 - n % 2, attitude=5, useful=max(3, mark),
                recommends=mark > 3, words=words,
            )  # fmt: skip
    if close:
        with stage.on(first + 4, 9):
            close_survey(survey, actor=stage.actor(team.buyer))
    return survey
