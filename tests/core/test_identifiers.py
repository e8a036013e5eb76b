"""Credit codes are checked as the standard says; numbers are given without gap or double."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from core.clock import travel
from core.errors import Invalid
from core.identifiers import ALPHABET, check_uscc, next_number, next_serial, uscc_kind, uscc_valid

VALID = [
    "53100000500019795A",
    "91430600MA4L1PCY1D",
    "52530102000000001P",
    "51530102000000002X",
    "53530102000000003T",
]


@pytest.mark.parametrize("code", VALID)
def test_codes_that_are_right(code: str) -> None:
    assert check_uscc(code) == code
    assert uscc_valid(code)


def test_a_code_is_taken_as_it_was_meant() -> None:
    assert check_uscc(" 53100000 5000 19795a ") == "53100000500019795A"
    assert check_uscc("５３１０００００５０００１９７９５Ａ") == "53100000500019795A"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("5310000050001979", "是 18 位，现在是 16 位"),
        ("5310000050001979SA", "第 17 位不会是「S」，是不是「5」"),
        ("531O0000500019795A", "第 4 位不会是「O」，是不是「0」"),
        ("53100000500019795I", "是不是「1」"),
        ("53100000-00019795A", "第 9 位「-」不对"),
        ("03100000500019795A", "第 1 位「0」"),
        ("531000A0500019795A", "行政区划"),
        ("53100000500019796A", "校验位不对"),
    ],
)
def test_a_slip_is_named_at_its_field(code: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_uscc(code, field="code")
    assert said in refused.value.message
    assert list(refused.value.errors) == ["code"]
    assert not uscc_valid(code)


@given(st.sampled_from(VALID), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(code: str, place: int, character: str) -> None:
    altered = code[:place] + character + code[place + 1 :]
    assert uscc_valid(altered) == (altered == code)


@given(st.sampled_from(VALID), st.integers(0, 15))
def test_two_characters_changed_about_are_always_found(code: str, place: int) -> None:
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert uscc_valid(swapped) == (swapped == code)


def test_the_kind_of_organization_is_told() -> None:
    assert [uscc_kind(code) for code in VALID[:4]] == ["基金会", "企业", "民办非企业单位（社会服务机构）", "社会团体"]
    assert uscc_kind("Y1000000000000000X") == ""


@pytest.mark.django_db
def test_numbers_run_by_series_and_shanghai_year() -> None:
    assert [next_number("五青", "购") for _ in range(2)] == ["五青购〔2026〕1号", "五青购〔2026〕2号"]
    assert next_number("五青", "购结") == "五青购结〔2026〕1号"
    assert [next_serial("WH"), next_serial("WH")] == ["WH-2026-001", "WH-2026-002"]
    with travel("2027-01-01 00:10"):
        assert next_number("五青", "购") == "五青购〔2027〕1号"
    assert next_number("五青", "购", 2025) == "五青购〔2025〕1号"


@pytest.mark.django_db
def test_an_issue_that_is_undone_leaves_no_gap() -> None:
    assert next_serial("WH") == "WH-2026-001"
    with transaction.atomic():
        assert next_serial("WH") == "WH-2026-002"
        transaction.set_rollback(True)
    assert next_serial("WH") == "WH-2026-002"


@pytest.mark.django_db(transaction=True)
def test_a_number_is_taken_in_a_transaction_only() -> None:
    with pytest.raises(RuntimeError, match="atomic"):
        next_serial("WH")


@pytest.fixture
def threads(transactional_db: None) -> Iterator[list[threading.Thread]]:
    made: list[threading.Thread] = []
    yield made
    for thread in made:
        thread.join()


def test_many_at_once_get_each_their_own_number(threads: list[threading.Thread]) -> None:
    taken: list[str] = []

    def take() -> None:
        try:
            for _ in range(5):
                with transaction.atomic():
                    taken.append(next_serial("WH"))
        finally:
            connections.close_all()

    threads.extend(threading.Thread(target=take) for _ in range(4))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"WH-2026-{n:03d}" for n in range(1, 21)]
