"""The evaluation report (绩效评价报告): PDF with radar and bars, workbook with real numbers and formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core import clock
from core.printed import Printed
from core.reports import report
from core.spreadsheets import Formula, Sheet
from evaluation.assessments.boards import axes_shown
from evaluation.assessments.models import Assessment
from evaluation.assessments.queries import axes_of, results
from evaluation.frameworks.scoring import AXES, SubScore
from evaluation.permissions import can_read_evaluation
from procurement.rules.queries import parameter

AXIS_COLUMNS = {"stage": "D", "horizon": "E", "benefit": "F", "block": "G"}
ORIGINS = {"facts": "平台数据", "raters": "两人评分", "kept": "维持"}


@dataclass(frozen=True)
class Scored:
    """One indicator: weight and points, its sides in words, where the points come from, how."""

    code: str
    name: str
    level1: str
    level2: str
    weight: int
    sides: Mapping[str, str]
    own: Decimal | None
    points: Decimal
    origin: str
    working: str
    provisional: bool
    explanation: str


@dataclass(frozen=True)
class Version:
    """One version of the result."""

    name: str
    on: date
    total: Decimal
    grade: str
    note: str


@dataclass(frozen=True)
class EvaluationReport(Printed):
    """Everything that the report says, with nothing to be looked up any more; points of 100, two decimals."""

    issuer: str
    buyer: str
    number: str
    title: str
    provider: str
    contract_number: str
    contract_amount: Decimal
    starts_on: date
    ends_on: date
    closed_on: date
    framework: str
    bounds: str
    total: Decimal
    grade: str
    rows: tuple[Scored, ...]
    scores: tuple[SubScore, ...]
    opinion: str
    vetoes: tuple[str, ...]
    veto_reason: str
    statement: str
    reply: str
    use: str
    versions: tuple[Version, ...]
    issued_on: date
    draft: bool

    @property
    def charts(self) -> dict[str, Any]:
        """Radar and bars."""
        return axes_shown(self.scores)

    @property
    def levels(self) -> list[tuple[str, list[Scored]]]:
        """The rows by their first level."""
        found: dict[str, list[Scored]] = {}
        for row in self.rows:
            found.setdefault(row.level1, []).append(row)
        return list(found.items())

    @property
    def computed(self) -> int:
        """How many points' weight the platform's own figures decided."""
        return sum(row.weight for row in self.rows if row.origin == ORIGINS["facts"])


def sheets(found: EvaluationReport) -> list[Sheet]:
    """The workbook: the indicators, the sub-scores reckoned again by formulas, the versions."""
    last = len(found.rows) + 1
    indicators = Sheet(
        title="指标得分",
        header=[
            "编号",
            "指标",
            "权重",
            *(AXES[axis][0] for axis in AXIS_COLUMNS),
            "自评",
            "得分",
            "来源",
            "算式",
            "暂定",
        ],
        rows=[
            *(
                [
                    row.code,
                    row.name,
                    row.weight,
                    *(row.sides[axis] for axis in AXIS_COLUMNS),
                    row.own,
                    row.points,
                    row.origin,
                    row.working,
                    "是" if row.provisional else "",
                ]
                for row in found.rows
            ),
            [
                "",
                "合计",
                Formula(f"=SUM(C2:C{last})", "0"),
                "",
                "",
                "",
                "",
                "",
                Formula(f"=SUM(I2:I{last})"),
                "",
                "",
                "",
            ],
        ],
        totals=True,
    )
    axes = Sheet(
        title="各维度得分",
        header=["维度", "一侧", "权重", "得分", "折合百分"],
        rows=[
            [
                AXES[each.axis][0],
                each.label,
                Formula(_sumif(AXIS_COLUMNS[each.axis], at, "C", last), "0"),
                Formula(_sumif(AXIS_COLUMNS[each.axis], at, "I", last)),
                Formula(f"=ROUND(D{at}/C{at}*100,2)"),
            ]
            for at, each in enumerate(found.scores, 2)
        ],
    )
    facts = Sheet(
        title="概况",
        header=["项目", "内容"],
        rows=[
            ["文号", found.number],
            ["项目", found.title],
            ["合同编号", found.contract_number],
            ["承接单位", found.provider],
            ["采购人", found.buyer],
            ["评估机构", found.issuer],
            ["合同金额（元）", found.contract_amount],
            ["指标体系", found.framework],
            ["总分", found.total],
            ["等级", found.grade],
            ["评价意见", found.opinion],
            ["承接单位答复", found.reply],
            ["数据摘要 SHA-256", found.data_digest],
        ],
        widths=(18, 60),
    )
    versions = Sheet(
        title="定级版本",
        header=["轮次", "日期", "总分", "等级", "说明"],
        rows=[[each.name, each.on, each.total, each.grade, each.note] for each in found.versions],
    )
    return [facts, indicators, axes, versions]


def _sumif(column: str, row: int, what: str, last: int) -> str:
    """Sum what belongs to the side named in column B of this row."""
    place = "指标得分"
    return f"=SUMIF('{place}'!{column}$2:{column}${last},B{row},'{place}'!{what}$2:{what}${last})"


@report(
    "evaluation.assessment",
    label="绩效评价报告",
    model="evaluation.assessments.models.Assessment",
    template="reports/evaluation.html",
    can_ask=can_read_evaluation,
    sheets=sheets,
)
def evaluation_report(assessment: Assessment) -> EvaluationReport:
    """An assessment's figures for its report: the latest version, or before the grade what the sheets come to."""
    found = Assessment.objects.select_related(
        "buyer", "evaluator", "framework", "contract__provider", "contract__buyer"
    ).get(pk=assessment.pk)
    gradings = list(found.gradings.all())
    latest = gradings[-1] if gradings else None
    graded = {row.indicator_id: row for row in latest.points.all()} if latest else {}
    rows, pairs = [], []
    for row in results(found):
        kept = graded.get(row.indicator.pk)
        given = kept.points if kept else row.points or Decimal("0.00")
        pairs.append((row.indicator, given))
        rows.append(
            Scored(
                code=row.indicator.code,
                name=row.indicator.name,
                level1=row.indicator.level1,
                level2=row.indicator.level2,
                weight=row.indicator.weight,
                sides={axis: AXES[axis][1][getattr(row.indicator, axis)] for axis in AXES},
                own=row.own.points if row.own else None,
                points=given,
                origin=ORIGINS[kept.origin if kept else "facts" if row.is_computed else "raters"],
                working=row.facts.working if row.facts and row.is_computed else kept.working if kept else "",
                provisional=kept.provisional if kept else row.provisional,
                explanation=row.explanation,
            )
        )
    names = dict(found.framework.vetoes.values_list("code", "name"))
    bounds = parameter("evaluation.grades").value
    contract = found.contract
    reply = found.reply or ("同意。" if found.reply_agrees else "")
    return EvaluationReport(
        issuer=found.evaluator.name,
        buyer=found.buyer.name,
        number=found.number or "",
        title=contract.title,
        provider=contract.provider.name,
        contract_number=contract.number or "",
        contract_amount=contract.amount,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        closed_on=found.closed_on,
        framework=str(found.framework),
        bounds="，".join(f"{name} {least} 分及以上" for name, least in bounds.items()),
        total=latest.total if latest else sum((given for _indicator, given in pairs), Decimal("0.00")),
        grade=latest.grade if latest else "",
        rows=tuple(rows),
        scores=tuple(axes_of(pairs)),
        opinion=found.opinion,
        vetoes=tuple(names[code] for code in found.vetoes if code in names),
        veto_reason=found.veto_reason,
        statement=found.statement,
        reply=reply,
        use=found.use,
        versions=tuple(
            Version(each.name, clock.local(each.at).date(), each.total, each.grade, each.note) for each in gradings
        ),
        issued_on=clock.local(latest.at if latest else clock.now()).date(),
        draft=latest is None,
    )
