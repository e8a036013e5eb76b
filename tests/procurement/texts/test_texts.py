"""Contract texts in versions: begun from the starting text, edited clause by clause, published by another person, used."""

from __future__ import annotations

import pytest

from core import journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import inbox
from procurement.texts.models import ContractText
from procurement.texts.operations import edit_text, open_text, publish_text
from procurement.texts.queries import changes, text_for, visible_texts
from procurement.texts.starting_list import BY_KIND, COMMON, TEXTS, kind_for
from tests.cast import Cast
from tests.journeys.contracts import drawn_contract

MORE = {"heading": "成果归属", "text": "本项目形成的资料归采购人所有，承接单位可以署名。"}


def opened(cast: Cast, kind: str = "casework") -> ContractText:
    return open_text(cast.org("buyer"), actor=cast.actor("buyer"), kind=kind)


def test_versions_follow_each_other_and_contracts_keep_theirs(cast: Cast) -> None:
    before = drawn_contract(cast)
    assert before.text is None
    first = opened(cast, kind_for("", minors=True))
    assert [each["heading"] for each in first.clauses][:2] == ["未成年人保护", "安全"]
    with pytest.raises(Conflict):
        opened(cast)
    edit_text(first, actor=cast.actor("procurer"), clauses=[*first.clauses[1:], MORE], note="写明成果归属")
    assert {each["heading"]: each["change"] for each in changes(first) if each["change"]} == {
        "成果归属": "新增",
        "未成年人保护": "删去",
    }
    publish_text(first, actor=cast.actor("leader"))
    assert inbox(cast.actor("buyer").user_key).filter(kind="contract_text.published").count() == 1
    after = drawn_contract(cast, n=2)
    assert (after.text, after.text_name) == (first, "未成年人服务合同（第 1 版）")
    assert after.clauses[-1] == MORE
    second = opened(cast)
    assert second.clauses == first.clauses
    publish_text(second, actor=cast.actor("leader"))
    first.refresh_from_db()
    after.refresh_from_db()
    assert (first.status, second.status, second.edition) == ("superseded", "published", 2)
    assert after.text == first
    assert [entry.verb for entry in journal.entries_for(first)] == ["supersede", "publish", "edit", "create"]


def test_who_may_and_when(cast: Cast) -> None:
    for stranger in ("leader", "provider1", "other_buyer", "finance"):
        with pytest.raises(NotAllowed):
            open_text(cast.org("buyer"), actor=cast.actor(stranger), kind="general")
    text = opened(cast, "general")
    for stranger in ("leader", "provider1", "other_buyer"):
        with pytest.raises(NotAllowed):
            edit_text(text, actor=cast.actor(stranger), clauses=[MORE])
    for stranger in ("buyer", "procurer", "other_leader"):
        with pytest.raises(NotAllowed):
            publish_text(text, actor=cast.actor(stranger))
    stale = ContractText.objects.get(pk=text.pk)
    publish_text(text, actor=cast.actor("leader"))
    with pytest.raises((Conflict, NotNow)):
        edit_text(stale, actor=cast.actor("buyer"), clauses=[MORE])
    with pytest.raises(NotNow):
        edit_text(text, actor=cast.actor("buyer"), clauses=[MORE])
    assert text_for(cast.org("other_buyer").pk, "", minors=False).text is None
    assert visible_texts(cast.actor("auditor")).filter(pk=text.pk).exists()
    for stranger in ("provider1", "other_buyer"):
        assert not visible_texts(cast.actor(stranger)).exists()


@pytest.mark.parametrize(
    "clauses",
    [[], [{"heading": "", "text": "x"}], [{"heading": "x", "text": " "}], [MORE, MORE], [MORE] * 41],
)
def test_what_is_not_a_text(cast: Cast, clauses: list[dict[str, str]]) -> None:
    text = opened(cast, "general")
    with pytest.raises(Invalid):
        edit_text(text, actor=cast.actor("buyer"), clauses=clauses)
    assert len(ContractText.objects.get(pk=text.pk).clauses) == len(COMMON)


def test_every_category_finds_a_text_and_children_theirs() -> None:
    assert {kind_for(category, minors=False) for text in TEXTS for category in text.categories.split("、")} == set(
        BY_KIND
    )
    assert kind_for("没有这一类", minors=False) == "general"
    assert kind_for("职业培训", minors=True) == "casework"


def test_by_hand(cast: Cast) -> None:
    buyer, leader = cast.client("buyer"), cast.client("leader")
    assert "新版合同文本" in buyer.get("/w/contract-texts/").content.decode()
    assert cast.client("provider1").get("/w/contract-texts/new/").status_code == 403
    place = buyer.post("/w/contract-texts/new/", {"kind": "general", "idempotency_key": "t1"})["Location"]
    text = ContractText.objects.get()
    rows = {
        f"clauses-{n}-{name}": value for n, each in enumerate([*text.clauses, MORE]) for name, value in each.items()
    }
    total = {"clauses-TOTAL_FORMS": len(text.clauses) + 1, "clauses-INITIAL_FORMS": len(text.clauses)}
    sent = {**rows, **total, "clauses-0-DELETE": "on", "note": "增加成果归属", "version": 1}
    half = buyer.post(f"{place}edit/", {**sent, f"clauses-{len(text.clauses)}-text": "", "idempotency_key": "t2"})
    assert half.status_code == 422
    assert "成果归属" in half.content.decode()
    assert buyer.post(f"{place}edit/", {**sent, "idempotency_key": "t3"}).status_code == 302
    text.refresh_from_db()
    assert [each["heading"] for each in text.clauses] == [heading for heading, _ in COMMON[1:]] + ["成果归属"]
    assert "发布合同文本" in leader.get("/w/").content.decode()
    assert leader.post(f"{place}publish/", {"version": 2, "idempotency_key": "t4"}).status_code == 302
    assert "使用中" in buyer.get("/w/contract-texts/").content.decode()
