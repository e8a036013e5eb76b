"""The arithmetic of a settlement: three worked examples and what holds for every one."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from procurement.settlements.amounts import (
    DEFAULT_FACTORS,
    Line,
    accepted_value,
    quality_factor,
    reckon_final,
    reckon_milestone,
    surplus,
)

D = Decimal
WANGJIAQIAO = [
    Line(36, 34, D("1200.00")),
    Line(20, 20, D("1500.00")),
    Line(2000, 1962, D("28.00")),
    Line(120, 112, D("150.00")),
    Line(45, 45, D("980.00")),
]


def test_wangjiaqiao_final() -> None:
    """186,636.00 × 0.98 − 600.00 − 153,040.00 = 29,263.28."""
    found = reckon_final(D("191300.00"), WANGJIAQIAO, factor=D("0.98"), deductions=[D("600.00")], paid=D("153040.00"))
    assert (found.value, found.gross, found.payable) == (D("186636.00"), D("182903.28"), D("29263.28"))
    assert found.refund == D("0.00")


def test_milestone_is_rounded_half_up() -> None:
    """3 × 33.35 = 100.05; 30 % of it is 30.015 and so 30.02, less 10.00."""
    found = reckon_milestone(D("200.00"), [Line(3, 5, D("33.35"))], share=30, deductions=[D("10.00")])
    assert (found.value, found.gross, found.payable) == (D("100.05"), D("30.02"), D("20.02"))


def test_a_bad_end_is_a_refund_due() -> None:
    """10 of 40 sessions at 500.00, grade 差: 4,000.00 earned, 14,000.00 paid, so 10,000.00 comes back."""
    factor = quality_factor(DEFAULT_FACTORS, "差")
    found = reckon_final(D("20000.00"), [Line(40, 10, D("500.00"))], factor=factor, paid=D("14000.00"))
    assert (found.gross, found.payable, found.refund) == (D("4000.00"), D("-10000.00"), D("10000.00"))


def test_no_table_or_no_grade_is_one() -> None:
    """Payment waits for no evaluation."""
    assert quality_factor({}, "差") == quality_factor(DEFAULT_FACTORS, "") == D("1.00")
    assert quality_factor(DEFAULT_FACTORS, "中") == D("0.95")


MIDWAY = [
    Line(36, 30, D("1200.00")),
    Line(20, 16, D("1500.00")),
    Line(2000, 1600, D("28.00")),
    Line(120, 96, D("150.00")),
    Line(45, 45, D("980.00")),
]
FIRST = [
    Line(36, 18, D("1200.00")),
    Line(20, 10, D("1500.00")),
    Line(2000, 1000, D("28.00")),
    Line(120, 60, D("150.00")),
    Line(45, 0, D("980.00")),
]


def instalments(contract: Decimal, stages: list[tuple[list[Line], int]], **final: Any) -> list[Decimal]:
    """What each instalment pays, and the final settlement after them, in yuan."""
    payments: list[Decimal] = []
    for delivered, share in stages:
        payments.append(reckon_milestone(contract, delivered, share=share, paid=sum(payments, D("0.00"))).payable)
    return [*payments, reckon_final(contract, stages[-1][0], paid=sum(payments, D("0.00")), **final).payable]


def test_fifty_forty_ten() -> None:
    """50/40/10. First: 21,600 + 15,000 + 28,000 + 9,000 = 73,600.00, half of it 36,800.00.

    Middle: 36,000 + 24,000 + 44,800 + 14,400 + 44,100 = 163,300.00, 40 % of it 65,320.00. End: 186,636.00, a tenth of it
    18,663.60. Final: 186,636.00 − 120,783.60 = 65,852.40; together 186,636.00.
    """
    found = instalments(D("191300.00"), [(FIRST, 50), (MIDWAY, 40), (WANGJIAQIAO, 10)])
    assert found == [D("36800.00"), D("65320.00"), D("18663.60"), D("65852.40")]
    assert sum(found) == D("186636.00")


def test_sixty_thirty_ten_with_a_factor_and_a_deduction() -> None:
    """60/30/10, grade 中. 73,600.00 × 60 % = 44,160.00; 163,300.00 × 30 % = 48,990.00; 186,636.00 × 10 % = 18,663.60.

    Final: 186,636.00 × 0.95 = 177,304.20, less 600.00 and the 111,813.60 that were paid: 64,890.60.
    """
    found = instalments(
        D("191300.00"), [(FIRST, 60), (MIDWAY, 30), (WANGJIAQIAO, 10)], factor=D("0.95"), deductions=[D("600.00")]
    )
    assert found == [D("44160.00"), D("48990.00"), D("18663.60"), D("64890.60")]
    assert sum(found) == D("177304.20") - D("600.00")


def test_sixty_thirty_ten_where_every_share_rounds_up() -> None:
    """100.05: 60.03, then 30.015 → 30.02, then 10.005 → 10.01, but only 10.00 are left; nothing for the end."""
    whole = [Line(3, 3, D("33.35"))]
    assert instalments(D("100.05"), [(whole, 60), (whole, 30), (whole, 10)]) == [
        D("60.03"), D("30.02"), D("10.00"), D("0.00"),
    ]  # fmt: skip


def test_surplus_goes_back() -> None:
    """186,636.00 earned, 600.00 deducted, 180,000.00 spent: 6,036.00 are not spent; more spent than earned: nothing."""
    earned = reckon_final(D("191300.00"), WANGJIAQIAO, deductions=[D("600.00")])
    assert surplus(earned, D("180000.00")) == D("6036.00")
    assert surplus(earned, D("190000.00")) == D("0.00")


money = st.integers(0, 10**9).map(lambda fen: D(fen) / 100)
lines = st.lists(st.builds(Line, st.integers(0, 5000), st.integers(0, 6000), money), min_size=1, max_size=8)


@given(lines, money, st.randoms())
def test_order_of_entry_never_matters(entered: list[Line], paid: Decimal, random: object) -> None:
    shuffled = list(entered)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    contract = accepted_value(entered)
    assert reckon_final(contract, entered, paid=paid) == reckon_final(contract, shuffled, paid=paid)
    assert reckon_milestone(contract, entered, share=30) == reckon_milestone(contract, shuffled, share=30)


@given(lines, st.lists(st.integers(1, 60), min_size=1, max_size=6), st.sampled_from(["1.00", "0.95", "0.80"]), money)
def test_never_above_the_contract(entered: list[Line], weights: list[int], factor: str, cut: Decimal) -> None:
    """Every milestone and the final together stay within the contract, however the shares round."""
    contract = sum((line.contracted * line.unit_price for line in entered), D("0.00"))
    shares = [weight * 100 // sum(weights) for weight in weights]
    shares[-1] += 100 - sum(shares)
    paid = D("0.00")
    for share in shares:
        paid += reckon_milestone(contract, entered, share=share, paid=paid).payable
        assert D("0.00") <= paid <= contract
    final = reckon_final(contract, entered, factor=D(factor), deductions=[cut], paid=paid)
    assert paid + final.payable <= contract
    assert paid + final.payable == final.gross - cut
    assert final.refund >= 0
