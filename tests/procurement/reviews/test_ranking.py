"""The arithmetic of the ranking: golden figures, and what holds for any marks."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procurement.reviews import ranking
from procurement.reviews.ranking import Entry

D = Decimal


def entry(key: str, price: str, *marks: str) -> Entry:
    return Entry(key, D(price), {"plan": [D(mark) for mark in marks]})


def test_the_golden_price_score() -> None:
    assert ranking.price_score(D("44.5"), D("56.6"), 20) == D("15.72")
    assert ranking.price_score(D("268400"), D("276800"), 10) == D("9.70")


@pytest.mark.parametrize(
    ("marks", "shown"), [(("0.5", "0", "0"), "0.17"), (("0.5", "0.5", "0"), "0.33"), (("1", "1.5"), "1.25")]
)
def test_means_are_rounded_half_up(marks: tuple[str, ...], shown: str) -> None:
    assert ranking.mean([D(mark) for mark in marks]) == D(shown)
    assert ranking.mean([D("0.01"), D("0")]) == D("0.01")


def test_ties_by_price_then_technical_then_equal() -> None:
    # Weight 0: totals are the technical marks alone, so that equal totals can have different prices.
    by_price = ranking.rank([entry("A", "300", "80"), entry("B", "200", "80")], 0)
    assert [(p.key, p.rank, p.tie_rule) for p in by_price] == [("B", 1, ranking.BY_PRICE), ("A", 2, ranking.BY_PRICE)]
    equal = ranking.rank([entry("B", "200", "80"), entry("A", "200", "80"), entry("C", "100", "70")], 0)
    assert [(p.key, p.rank) for p in equal] == [("A", 1), ("B", 1), ("C", 3)]
    assert equal[0].tie_rule == ranking.EQUAL
    assert equal[2].tie_rule == ""


def test_deviation_and_reasons() -> None:
    assert ranking.deviates(D("13"), [D("13"), D("21"), D("21"), D("21.5"), D("21.5")], 24)
    assert not ranking.deviates(D("18"), [D("18"), D("20")], 24)
    assert ranking.needs_reason(D("14"), 24)
    assert not ranking.needs_reason(D("14.5"), 24)
    assert ranking.needs_reason(D("22"), 24)


half_points = st.integers(0, 40).map(lambda n: D(n) / 2)
fields = st.integers(1, 6).flatmap(
    lambda experts: st.lists(
        st.tuples(
            st.integers(1, 10**8).map(lambda fen: D(fen) / 100),
            st.lists(half_points, min_size=experts, max_size=experts),
            st.lists(half_points, min_size=experts, max_size=experts),
        ),
        min_size=1,
        max_size=6,
    )
)


@given(fields, st.integers(0, 30), st.randoms(use_true_random=False))
def test_order_of_entry_never_matters_and_scores_stay_within_their_weights(rows, weight, random) -> None:
    entries = [Entry(f"{n}", price, {"a": one, "b": two}) for n, (price, one, two) in enumerate(rows)]
    places = ranking.rank(entries, weight)
    shuffled = [Entry(e.key, e.price, {k: random.sample(v, len(v)) for k, v in e.marks.items()}) for e in entries]
    random.shuffle(shuffled)
    assert ranking.rank(shuffled, weight) == places
    for place in places:
        assert 0 <= place.price_score <= weight
        assert 0 <= place.technical_score <= 40
        assert place.total == place.price_score + place.technical_score
    assert max(place.price_score for place in places) == weight
    totals = [place.total for place in places]
    assert totals == sorted(totals, reverse=True)
    assert places[0].rank == 1
