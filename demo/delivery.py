"""The moves of delivery: sessions with their papers and pictures, expenses, the evaluation; each by whose turn it is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from core import clock
from core.actor import Actor
from core.documents import IMAGES, Document, store
from demo.moves import Stage, Team
from evaluation.assessments.facts import open_indicators
from evaluation.assessments.models import Assessment
from evaluation.assessments.operations import (
    accept_assessment,
    add_evidence,
    apply_assessment,
    conclude_assessment,
    finalize_assessment,
    plan_assessment,
    rate_assessment,
    reply_assessment,
    self_score,
)
from evaluation.frameworks.models import Framework
from evaluation.frameworks.operations import open_framework, publish_framework
from procurement.activities.judging import count_activities, verify_activity
from procurement.activities.models import Activity, Beneficiary, StaffMember
from procurement.activities.operations import Heads, publish_activity, record_activity
from procurement.activities.planning import plan_activity
from procurement.activities.safeguarding import add_beneficiary, add_paper, add_staff, check_staff, keep_roster
from procurement.contracts.models import Contract
from procurement.expenses.models import Expense
from procurement.expenses.operations import accept_expense, enter_expense, submit_expense

CAMERA = (640, 480)

# What the raters found where the platform has no record of its own: 优.
FOUND: dict[str, dict[str, int]] = {
    "E1.1": {"part": 4, "whole": 4},
    "E1.2": {"part": 6, "whole": 6},
    "E1.3": {"deviation": 8},
    "E2.2": {"months": 8, "promised": 8, "replaced": 0, "key": 3},
    "E2.3": {"part": 15, "whole": 15},
    "E2.4": {"part": 45, "whole": 45, "unreported": 0},
    "E2.5": {"paid": 112000, "budget": 119680, "approved": 0},
    "E2.6": {"questioned": 820, "spent": 112000, "fraud": 0},
    "E3.2": {"actual": 2180, "target": 2000},
    "E3.3": {"actual": 45, "target": 45},
    "E3.6": {"cost": 51, "norm": 55},
    "E4.1": {"improved": 38, "measured": 45},
    "E4.2": {"part": 19, "whole": 20},
    "E4.3": {"part": 22, "whole": 24},
    "E4.4": {"met": 3},
    "E4.5": {"cash": 36000, "in_kind": 9000, "fiscal": 119680},
    "E4.6": {"benchmark": 4000, "cost": 119680, "outcomes": 38},
    "E4.7": {"satisfied": 43, "asked": 45, "people": 45},
    "E4.8": {"satisfied": 4, "asked": 4, "people": 4},
}


def photo(stage: Stage, actor: Actor, name: str) -> Document:
    """A stored picture like no other of the world: a room of coloured shapes, drawn from a running number."""
    n = stage.world.facts["photos"] = stage.world.facts.get("photos", 0) + 1
    image = Image.new("RGB", CAMERA, (238, 232, 220))
    draw = ImageDraw.Draw(image)
    for cell in range(48):
        x, y = cell % 8 * 80, cell // 8 * 80
        shade = (cell * 97 + n * n * 131 + (n + 3) * cell * cell * 29) % 256
        draw.rectangle((x, y, x + 79, y + 79), fill=(shade, (shade * 3 + n * 17) % 256, (shade + 90) % 256))
    for person in range(6):
        x, y = (person * 101 + n * 53) % 580, 180 + (person * 67 + n * 31) % 220
        draw.ellipse((x, y, x + 46, y + 46), fill=(222, 184, 150))
        draw.rectangle((x - 6, y + 46, x + 52, y + 130), fill=((n * 41 + person * 60) % 200, 90, 120))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return store(out.getvalue(), name=f"{name}-{n}.jpg", actor=actor, purpose="activity", kinds=IMAGES)


def paper(name: str, text: str) -> ContentFile[bytes]:
    """A file as somebody uploads it."""
    return ContentFile(text.encode(), name=f"{name}.txt")


def team(stage: Stage, login: str, names: Sequence[str]) -> list[StaffMember]:
    """The provider's people with a clean inquiry each; entered once."""
    provider = stage.actor(login).organization_id
    known = {each.name: each for each in StaffMember.objects.filter(provider_id=provider)}
    for name in names:
        if name not in known:
            organization = stage.world.organizations["yixin"]
            known[name] = add_staff(organization, actor=stage.actor(login), name=name, post="社工")
            check_staff(known[name], actor=stage.actor(login), checked_on=clock.today(), is_clear=True)
    return [known[name] for name in names]


def children(stage: Stage, login: str, prefix: str, number: int) -> list[Beneficiary]:
    """So many children under a code, with their guardians' consent; the names are invented and sealed."""
    today = clock.today()
    return [
        add_beneficiary(
            stage.world.organizations["yixin"],
            actor=stage.actor(login),
            code=f"{prefix}{n:02d}",
            segment="困境儿童",
            birth_year=today.year - 7 - n % 7,
            consent_on=today,
            name=f"学员{prefix}{n:02d}",
            guardian=f"家长{n:02d}",
            phone="0871-60000000",
        )
        for n in range(1, number + 1)
    ]


def everyday_papers(stage: Stage, login: str, contract: Contract) -> None:
    """Insurance and emergency plan that stand for the contract's everyday."""
    for kind, name in (("insurance", "公众责任险保单"), ("emergency", "日常活动应急预案")):
        add_paper(
            contract, actor=stage.actor(login), kind=kind, file=paper(name, f"{contract.title}{name}（演示）"),
            valid_to=contract.ends_on + timedelta(days=30),
        )  # fmt: skip


def session(stage: Stage, contract: Contract, first: date, *, days: int = 1, ahead: int = 3, **fields: Any) -> Activity:
    """Planned some days ahead with its list of children and its team, then published.

    first, days  the first day and how many;  fields: as plan_activity takes them, with login, roster, hours
    """
    login, roster, hours = fields.pop("login"), fields.pop("roster", ()), fields.pop("hours", (16, 18))
    start = datetime.combine(first, time(hours[0], 30), tzinfo=clock.SHANGHAI)
    end = datetime.combine(first + timedelta(days=days - 1), time(hours[1], 0), tzinfo=clock.SHANGHAI)
    with stage.on(min((first - stage.today).days - ahead, -1), 9):  # what is still to come was planned by yesterday
        actor = stage.actor(login)
        activity = plan_activity(
            contract,
            actor=actor,
            starts_at=start,
            ends_at=end,
            line=contract.lines.get(n=1),
            minors=bool(roster),
            **fields,
        )
        if roster:
            keep_roster(activity, actor=actor, consents=dict.fromkeys(roster, clock.today()))
        if activity.is_trip:
            for kind, name in (
                ("insurance", "人身意外险保单"),
                ("emergency", "营期应急预案"),
                ("consent", "监护人同意书"),
            ):
                file = paper(name, f"{activity.title}{name}（演示）")
                add_paper(contract, actor=actor, kind=kind, file=file, activity=activity, valid_to=contract.ends_on)
        return publish_activity(activity, actor=actor)


def recorded(
    stage: Stage,
    activity: Activity,
    heads: Sequence[tuple[int, int, int]],
    units: int,
    *,
    note: str = "",
    login: str = "worker1",
    late: int = 0,
) -> None:
    """Recorded in the evening of its last day, or `late` days after it, with two pictures and its volunteers."""
    with stage.at(activity.ends_at + timedelta(days=late, hours=1)):
        actor = stage.actor(login)
        record_activity(
            activity,
            actor=actor,
            counts=[Heads(name, *each) for name, each in zip(activity.segment_list, heads, strict=True)],
            units={1: units},
            outcome="minor" if note else "smooth",
            note=note,
            volunteers=3,
            volunteer_minutes=90 * activity.days,
            photos=[photo(stage, actor, "现场"), photo(stage, actor, "合影")],
        )


def verified(stage: Stage, activity: Activity, login: str, *, late: int = 0) -> None:
    """Found true by the street on the next morning."""
    with stage.at(activity.ends_at + timedelta(days=late, hours=17)):
        verify_activity(Activity.objects.get(pk=activity.pk), actor=stage.actor(login))


def counted(stage: Stage, team: Team, contract: Contract) -> int:
    """All that the street verified, counted by the buyer at once."""
    return count_activities(contract, actor=stage.actor(team.buyer))


def spent(
    stage: Stage,
    contract: Contract,
    amount: str,
    *,
    usage: str,
    payee: str,
    source: str = "fiscal",
    finance: str = "",
    **fields: Any,
) -> Expense:
    """An expense of today with its voucher, handed in; with `finance` accepted too."""
    actor = stage.actor("provider1")
    n = stage.world.facts["invoices"] = stage.world.facts.get("invoices", 0) + 7
    funding = next(
        each
        for each in contract.fundings.select_related("allocation__line").order_by("pk")
        if (each.allocation.line.source == "donation") == (source == "donation")
    )
    expense = enter_expense(
        contract,
        actor=actor,
        line=contract.lines.get(n=2 if usage == "staff" and contract.lines.filter(n=2).exists() else 1),
        allocation=funding.allocation,
        usage=usage,
        amount=Decimal(amount),
        spent_on=clock.today(),
        payee=payee,
        invoice_number=f"2653{n:016d}",
        papers=[photo(stage, actor, "发票")],
        **fields,
    )
    submit_expense(expense, actor=actor)
    return accept_expense(expense, actor=stage.actor(finance)) if finance else expense


def published_framework(stage: Stage, team: Team, key: str) -> Framework:
    """The buyer's framework: our first 100 points."""
    framework = open_framework(stage.world.organizations[key], actor=stage.actor(team.buyer))
    return publish_framework(framework, actor=stage.actor(team.leader))


def assessed(stage: Stage, team: Team, contract: Contract, framework: Framework, first: int) -> Assessment:
    """Evaluated by the third party in seven days from day `first`: evidence, self-score, two raters, reply, grade, use."""
    with stage.on(first):
        assessment = plan_assessment(
            contract,
            actor=stage.actor(team.buyer),
            evaluator=stage.world.organizations["evaluator"],
            framework=framework,
            due_on=clock.today() + timedelta(days=30),
        )
        accept_assessment(assessment, actor=stage.actor("evaluator"), third=True)
    with stage.on(first + 1):
        provider = stage.actor("provider1")
        file = paper("自评材料", "活动台账、出勤表、个案记录和满意度问卷（演示）")
        add_evidence(assessment, actor=provider, codes=list(FOUND), file=file)
        figures = {
            each.code: {name: Decimal(value) for name, value in FOUND[each.code].items()}
            for each in open_indicators(assessment)
        }
        statement = "合同约定的场次和人次全部完成；家长课堂参加率低于预期，下一期改在周末。"
        self_score(assessment, actor=provider, figures=figures, statement=statement)
    for n, login in enumerate(("evaluator", "evaluator2")):
        with stage.on(first + 2 + n, 15):
            rate_assessment(Assessment.objects.get(pk=assessment.pk), actor=stage.actor(login), figures=figures)
    with stage.on(first + 4):
        opinion = "目标全部实现，陪伴稳定、记录完整，带动社会资金和志愿力量明显；家长参与有待加强。"
        conclude_assessment(Assessment.objects.get(pk=assessment.pk), actor=stage.actor("evaluator"), opinion=opinion)
    with stage.on(first + 5):
        reply = "同意评价意见，家长课堂已调整到周末。"
        reply_assessment(
            Assessment.objects.get(pk=assessment.pk), actor=stage.actor("provider1"), agrees=True, reply=reply
        )
    with stage.on(first + 6):
        finalize_assessment(Assessment.objects.get(pk=assessment.pk), actor=stage.actor("evaluator"))
    return Assessment.objects.get(pk=assessment.pk)


def applied(stage: Stage, team: Team, assessment: Assessment) -> Assessment:
    """The result is used for the next round."""
    use = "评价等级用于尾款结算；下一年度同类项目优先安排，并把家长参与写进服务标准。"
    return apply_assessment(Assessment.objects.get(pk=assessment.pk), actor=stage.actor(team.buyer), use=use)
