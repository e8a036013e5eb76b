"""The pages of an assessment, walked by clicks: ask, accept, evidence, self-score, rate, opinion, reply, grade."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from evaluation.assessments.facts import open_indicators
from evaluation.assessments.models import Assessment
from tests.cast import Cast
from tests.journeys.evaluation import FIGURES, finished_contract, fresh, published_framework, second_rater


def typed(assessment: Assessment) -> dict[str, Any]:
    """The raters' figures as a browser sends them."""
    sent = {}
    for each in open_indicators(assessment):
        for part in each.scoring.parts:
            sent[f"{each.code}_{part.name}"] = str(FIGURES[each.code][part.name])
    return sent


def post(client: Client, assessment: Assessment, verb: str, **sent: Any) -> Any:
    assessment = fresh(assessment)
    url = f"{assessment.get_absolute_url()}{verb}/"
    assert client.get(url).status_code == 200, verb
    key = f"{verb}-{assessment.version}-{id(client)}"
    return client.post(url, {"version": assessment.version, "idempotency_key": key, **sent})


def test_by_clicks(cast: Cast) -> None:
    contract, framework = finished_contract(cast), published_framework(cast)
    buyer, provider, first = (cast.client(login) for login in ("buyer", "provider1", "evaluator"))
    second_rater(cast)
    second = cast.client("evaluator2")
    assert "安排评价" in buyer.get("/w/").content.decode()
    plan = f"/w/assessments/plan/{contract.pk}/"
    assert "连续第 1 年" in buyer.get(plan).content.decode()
    sent = {"evaluator": cast.org("evaluator").pk, "framework": framework.pk, "idempotency_key": "p"}
    late = buyer.post(plan, sent | {"due_on": "2026-08-31"})
    assert late.status_code == 422
    assert "完成日期要晚于今天" in late.content.decode()
    assert buyer.post(plan, sent | {"due_on": "2026-12-20", "idempotency_key": "p2"}).status_code == 302
    assessment = Assessment.objects.get()
    assert "接受评价" in first.get("/w/").content.decode()
    assert post(first, assessment, "accept").status_code == 422
    assert post(first, assessment, "accept", third="on").status_code == 302
    file = SimpleUploadedFile("证据.txt", "问卷汇总".encode())
    assert post(provider, assessment, "add_evidence", file=file, codes=list(FIGURES)).status_code == 302
    figures = typed(assessment)
    assert post(provider, assessment, "self_score", statement="完成。", **figures).status_code == 302
    short = post(first, assessment, "rate", **(figures | {"E4.1_measured": ""}))
    assert short.status_code == 422
    assert "请写明为什么取不到" in short.content.decode()
    assert post(first, assessment, "rate", **figures).status_code == 302
    assert "等另一位评分人" in first.get(assessment.get_absolute_url()).content.decode()
    assert post(second, assessment, "rate", **figures).status_code == 302
    assert post(first, assessment, "conclude", opinion="基本实现。").status_code == 302
    assert "答复" in provider.get("/w/").content.decode()
    assert post(provider, assessment, "reply", agrees="no", reply="").status_code == 422
    assert post(provider, assessment, "reply", agrees="yes", reply="").status_code == 302
    assert post(first, assessment, "finalize").status_code == 302
    assert post(buyer, assessment, "apply", use="作为下一轮的参考。").status_code == 302
    assessment = fresh(assessment)
    assert (assessment.status, assessment.grade) == ("applied", "良")
    for login in ("buyer", "provider1", "evaluator", "district_finance"):
        page = cast.client(login).get(assessment.get_absolute_url())
        assert page.status_code == 200
        assert 'role="img"' in page.content.decode(), "radar and bars"
    paper = assessment.evidence.first()
    assert paper is not None
    link = f"/w/assessments/{assessment.number}/files/{paper.document_id}/"
    assert provider.get(link).status_code == 200
    assert cast.client("provider2").get(link).status_code == 404
    assert "绩效评价" in buyer.get(contract.get_absolute_url()).content.decode()
    told = buyer.get(f"/api/v1/assessments/{assessment.number}/").json()
    assert (told["grade"], told["status"]) == ("良", "applied")
