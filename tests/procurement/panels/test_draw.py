"""The draw can be repeated from seed and pool by anybody."""

from hypothesis import given
from hypothesis import strategies as st

from procurement.panels import draw

SEED = "00" * 32


def test_the_same_seed_and_pool_give_the_same_names() -> None:
    pool = ["e1", "e2", "e3", "e4", "e5"]
    first = draw.draw(SEED, pool, 3)
    assert draw.draw(SEED, reversed(pool), 3) == first
    assert len(set(first)) == 3
    assert draw.commitment(draw.new_seed()) != draw.commitment(SEED)


@given(st.sets(st.text(min_size=1), max_size=12), st.integers(0, 12), st.binary(min_size=32, max_size=32))
def test_a_replacement_is_the_next_in_the_order_of_call(pool: set[str], n: int, seed: bytes) -> None:
    called = draw.draw(seed.hex(), pool, n)
    further = draw.draw(seed.hex(), pool, 1, called=called)
    assert called + further == draw.order_of_call(seed.hex(), pool)[: n + 1]
