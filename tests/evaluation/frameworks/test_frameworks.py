"""A framework in versions: the first 100 points, weights that must add up, publishing, its page."""

from __future__ import annotations

import pytest

from core import journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from evaluation.frameworks.models import Framework
from evaluation.frameworks.operations import add_indicator, open_framework, publish_framework, weigh_indicators
from evaluation.frameworks.queries import visible_frameworks
from tests.cast import Cast
from tests.journeys.evaluation import draft_framework, published_framework

MORE = {
    "level1": "效益", "level2": "社会效益", "code": "E4.9", "name": "六个月在岗率", "weight": 5, "stage": "O",
    "horizon": "L", "benefit": "So", "block": "SE", "formula": "share", "evidence": "回访记录",
}  # fmt: skip


def test_versions_follow_each_other(cast: Cast) -> None:
    first = published_framework(cast)
    assert (first.status, first.number, first.indicators.count(), first.vetoes.count()) == ("published", 1, 23, 4)
    second = draft_framework(cast, note="就业项目看在岗")
    with pytest.raises(Conflict):
        draft_framework(cast)
    add_indicator(second, actor=cast.actor("buyer"), **MORE)
    with pytest.raises(Invalid, match="现在是 105"):
        publish_framework(second, actor=cast.actor("leader"))
    weigh_indicators(second, actor=cast.actor("buyer"), weights={"E4.1": 0, "E4.2": 8})
    assert second.indicators.count() == 23
    assert not second.indicators.filter(code="E4.1").exists()
    publish_framework(second, actor=cast.actor("leader"))
    first.refresh_from_db()
    assert (first.status, second.status, second.number) == ("superseded", "published", 2)
    assert first.indicators.get(code="E4.1").weight == 8, "what was published stays as it was"
    assert [entry.verb for entry in journal.entries_for(second)][::-1] == [
        "create",
        "add_indicator",
        "weigh",
        "publish",
    ]
    other = open_framework(cast.org("buyer"), actor=cast.actor("buyer"), kind="worker")
    assert (other.number, other.indicators.filter(code="E4.9").count()) == (1, 1), (
        "another kind begins from what there is"
    )


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ({"E4.1": 7}, "权重合计应为 100，现在是 99"),
        ({"E4.1": 0, "E1.1": 12}, "产出与效益合计不低于 60，现在是 57"),
        (
            {"E3.1": 46, "E3.4": 0, "E4.1": 0, "E4.2": 0, "E4.3": 0, "E4.4": 0, "E4.5": 0, "E4.6": 0, "E4.7": 0},
            "有数量无质量",
        ),
        ({"E9.9": 1}, "没有编号为 E9.9 的指标"),
    ],
)
def test_weights_that_are_refused(cast: Cast, weights: dict[str, int], sentence: str) -> None:
    framework = draft_framework(cast)
    with pytest.raises(Invalid, match=sentence):
        weigh_indicators(framework, actor=cast.actor("buyer"), weights=weights)
    assert framework.indicators.get(code="E4.1").weight == 8


def test_who_and_when(cast: Cast) -> None:
    framework = draft_framework(cast)
    for login in ("buyer", "other_leader", "evaluator", "provider1"):
        with pytest.raises(NotAllowed):
            publish_framework(framework, actor=cast.actor(login))
    with pytest.raises(NotAllowed):
        open_framework(cast.org("buyer"), actor=cast.actor("other_buyer"))
    assert framework not in visible_frameworks(cast.actor("other_buyer"))
    assert framework not in visible_frameworks(cast.actor("evaluator"))
    publish_framework(framework, actor=cast.actor("leader"))
    assert framework in visible_frameworks(cast.actor("evaluator"))
    stale = Framework.objects.get(pk=framework.pk)
    with pytest.raises(NotNow):
        weigh_indicators(stale, actor=cast.actor("buyer"), weights={"E4.1": 8})


def test_the_pages(cast: Cast) -> None:
    officer, leader = cast.client("buyer"), cast.client("leader")
    answer = officer.post("/w/frameworks/new/", {"kind": "youth", "note": "", "idempotency_key": "a"})
    framework = Framework.objects.get()
    assert answer.headers["Location"] == framework.get_absolute_url()
    page = officer.get(framework.get_absolute_url()).content.decode()
    for words in ("E4.7", "服务对象满意度", "过程", "长远", "5 + 4 + 3 = 12", "样本不少于 30 份", "转包"):
        assert words in page
    typed = {f"w_{each.code}": str(each.weight) for each in framework.indicators.all()} | {"w_E4.1": "9"}
    refused = officer.post(f"{framework.get_absolute_url()}weigh/", typed | {"idempotency_key": "b"})
    assert refused.status_code == 422
    assert "权重合计应为 100，现在是 101" in refused.content.decode()
    assert "发布指标体系" in leader.get("/w/").content.decode(), "it waits on the leadership's desk"
    leader.post(f"{framework.get_absolute_url()}publish/", {"version": framework.version, "idempotency_key": "c"})
    framework.refresh_from_db()
    assert framework.status == "published"
    assert cast.client("evaluator").get("/w/frameworks/").status_code == 200
    assert officer.get("/api/v1/frameworks/").json()["count"] == 1
