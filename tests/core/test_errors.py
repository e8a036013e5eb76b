"""The four refusals carry a sentence, its field, and what stands now."""

from core.errors import WHOLE_FORM, Conflict, Invalid, NotAllowed, NotNow, Refused


def test_a_sentence_at_a_field() -> None:
    refusal = Invalid("报价不能为零。", field="amount")
    assert (refusal.message, refusal.field, str(refusal)) == ("报价不能为零。", "amount", "报价不能为零。")
    assert refusal.errors == {"amount": ["报价不能为零。"]}


def test_several_sentences_lead_with_the_first() -> None:
    refusal = Invalid(errors={"amount": ["甲", "乙"], "name": ["丙"]})
    assert refusal.message == "甲"
    assert refusal.errors == {"amount": ["甲", "乙"], "name": ["丙"]}


def test_a_refusal_without_words_still_speaks() -> None:
    for kind in (Refused, Invalid, NotAllowed, NotNow, Conflict):
        refusal = kind()
        assert refusal.message.endswith("。")
        assert refusal.errors == {WHOLE_FORM: [refusal.message]}
        assert isinstance(refusal, Refused)


def test_a_conflict_shows_what_stands_now() -> None:
    assert Conflict(current={"title": "新"}).current == {"title": "新"}
    assert Conflict("刚刚有人先一步。").current is None


def test_each_refusal_has_its_own_answer_on_the_wire() -> None:
    assert [kind.status for kind in (Invalid, NotAllowed, NotNow, Conflict)] == [422, 403, 409, 409]
