"""The evaluation report: its figures, its PDF by the worker's own way, its workbook; who may ask."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from core.documents import read
from core.errors import NotAllowed
from core.reports import ReportJob, request_report
from core.spreadsheets import workbook_bytes
from evaluation.assessments.reports import evaluation_report, sheets
from tests.cast import Cast
from tests.journeys.contracts import print_now
from tests.journeys.evaluation import final_assessment, self_scored_assessment

KIND = "evaluation.assessment"


def test_report(cast: Cast) -> None:
    assessment = final_assessment(cast)
    found = evaluation_report(assessment)
    assert found.total == sum(row.points for row in found.rows) == assessment.total
    assert found.computed > 30
    assert {each.label for each in found.scores} >= {"过程", "结果", "短期", "长远", "社会效益", "经济效益"}
    book = load_workbook(io.BytesIO(workbook_bytes(sheets(found))))
    assert book.sheetnames == ["概况", "指标得分", "各维度得分", "定级版本"]
    rows = {row[0].value: row for row in book["指标得分"].iter_rows(min_row=2)}
    assert Decimal(str(rows["E3.1"][8].value)) == Decimal("5.67")
    assert book["指标得分"]["I25"].value == "=SUM(I2:I24)"
    assert book["各维度得分"]["D2"].value == "=SUMIF('指标得分'!D$2:D$24,B2,'指标得分'!I$2:I$24)"
    request_report(KIND, assessment, actor=cast.actor("provider1"))
    print_now()
    job = ReportJob.objects.get(kind=KIND)
    assert (job.state, job.error) == ("done", "")
    assert job.document is not None
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(read(job.document))).pages).replace("\n", "")
    for words in ("绩效评价报告", assessment.number, "等级为", "图1", "min(1, 34 ÷ 36) × 6 = 5.67", "计划管理"):
        assert (words or "").replace(" ", "") in text.replace(" ", "").replace("\u3000", ""), words
    page = cast.client("buyer").get(assessment.get_absolute_url()).content.decode()
    assert "绩效评价报告" in page


def test_who_may_ask_when(cast: Cast) -> None:
    assessment = self_scored_assessment(cast)
    for login in ("buyer", "provider1", "evaluator", "other_buyer"):
        with pytest.raises(NotAllowed):
            request_report(KIND, assessment, actor=cast.actor(login))
