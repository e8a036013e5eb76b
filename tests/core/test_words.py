"""Words in texts: the index finds exactly what reading every text finds."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import connection

from core.words import carrying
from procurement.orders.models import Order
from tests.cast import Cast
from tests.journeys.orders import published_order

SIGNS = "夜校青年社工A a-1%_'\\“\n"


def test_the_rows_are_those_whose_texts_carry_the_word(cast: Cast) -> None:
    order, chance = published_order(cast), random.Random(41)
    told = ["".join(chance.choices(SIGNS, k=chance.randrange(1, 9))) for _n in range(60)]
    words = [text[at : at + chance.randrange(1, 5)] for text in told for at in (0, 1)]
    for text in told:
        Order.objects.filter(pk=order.pk).update(title=text, number=text[::-1], place="王家桥社区")
        held = [field.lower() for field in (text, text[::-1], "王家桥社区")]
        for word in filter(None, {*chance.sample(words, 20), text, "家桥", "校王", "\n"}):
            found = carrying(Order.objects.all(), word, *Order.words).exists()
            assert found == any(word.lower() in field for field in held), (text, word)
    Order.objects.filter(pk=order.pk).update(title="没有编号", number=None)
    assert carrying(Order.objects.all(), "编号", *Order.words).exists()
    assert not carrying(Order.objects.all(), "WH", *Order.words).exists()


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize(("word", "used"), [("夜校", True), ("夜", False)])
def test_postgresql_looks_into_the_index(word: str, used: bool) -> None:
    plan = _plan_of(carrying(Order.objects.all(), word, *Order.words))
    assert ("order_words" in plan) is used


def _plan_of(rows: Any) -> str:
    """How the rows would be found if reading the whole table were no choice."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    return str(rows.order_by().explain())
