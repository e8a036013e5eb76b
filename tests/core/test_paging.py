"""Long lists: counting stops at a thousand, turning goes on, and a page beyond the end is the last known one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.paginator import EmptyPage, PageNotAnInteger
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext

from accounts.organizations.models import Organization
from core import paging
from core.listing import PAGE_ROWS
from core.messages import Message
from core.paging import CAP, LongPaginator, capped_counts, first_keys, keys_first, narrowed
from tests.cast import Cast

pytestmark = pytest.mark.django_db
ROWS = 70


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Seventy rows in an order of their own, where counting stops at forty."""
    monkeypatch.setattr(paging, "CAP", 40)
    Message.objects.bulk_create(
        Message(key=f"k{n}", recipient_key="one" if n % 2 else "two", sentence=f"{n:03}", url="/w/", kind="test")
        for n in range(ROWS)
    )
    return Message.objects.order_by("sentence", "pk")


def titles(page: Any) -> list[int]:
    return titles_of(page.object_list)


def titles_of(found: Any) -> list[int]:
    return [int(each.sentence) for each in found]


def test_counts_stop_and_come_in_one_query(rows: Any) -> None:
    sets = [rows, rows.filter(recipient_key="one"), rows.none(), rows.filter(sentence="007")]
    with CaptureQueriesContext(connection) as asked:
        assert capped_counts(sets, 41) == [41, 35, 0, 1]
    assert len(asked) == 1
    assert capped_counts([rows, rows.none()], 1) == [1, 0]
    with CaptureQueriesContext(connection) as asked:
        assert capped_counts([rows.none()]) == [0]
    assert len(asked) == 0


def test_what_is_asked_twice_is_counted_once(rows: Any) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert capped_counts([rows, rows.filter(recipient_key="one"), rows.all()], 41) == [41, 35, 41]
    assert asked[0]["sql"].count("COUNT(*)") == 2


def test_first_keys_of_several_kinds_come_in_one_query(rows: Any, cast: Cast) -> None:
    people = get_user_model().objects.order_by("-username")
    sets = [rows, rows.none(), people, rows.filter(recipient_key="two").order_by("-sentence")]
    with CaptureQueriesContext(connection) as asked:
        keys = first_keys(sets, 3)
    assert len(asked) == 1
    assert keys == [list(each.values_list("pk", flat=True)[:3]) for each in sets]
    assert keys[1] == []
    with CaptureQueriesContext(connection) as asked:
        assert first_keys([rows.none()], 3) == [[]]
    assert len(asked) == 0


def test_narrowed_rows_have_what_was_named(cast: Cast) -> None:
    rows = Organization.objects.select_related("incubated_by").order_by("name")
    with CaptureQueriesContext(connection) as asked:
        told = [(each.name, each.region.name) for each in narrowed(rows, "name", "region__name")]
    assert told == [(each.name, each.region.name) for each in rows.select_related("region")]
    assert len(asked) == 1
    assert "uscc" not in asked[0]["sql"]
    assert narrowed(rows) is rows


def test_every_row_is_found_by_turning_on(rows: Any) -> None:
    paginator = LongPaginator(rows, 25)
    assert (paginator.is_long, paginator.known_pages) == (True, 1)
    seen, page = [], paginator.get_page(1)
    while True:
        seen += titles(page)
        if not page.has_next():
            break
        page = paginator.get_page(page.next_page_number())
    assert seen == list(range(ROWS))
    assert (page.number, page.start_index(), page.end_index(), page.has_previous()) == (3, 51, 70, True)


def test_pages_that_do_not_exist(rows: Any) -> None:
    paginator = LongPaginator(rows, 25)
    assert [paginator.get_page(n).number for n in (None, "x", "", 0, -3, 4, 10**30)] == [1, 1, 1, 1, 1, 1, 1]
    for number, error in ((4, EmptyPage), (0, EmptyPage), ("x", PageNotAnInteger)):
        with pytest.raises(error):
            paginator.page(number)


def test_a_short_list_is_counted_to_the_last_row(rows: Any) -> None:
    short = LongPaginator(rows.filter(recipient_key="one"), 25)
    assert (short.count, short.num_pages, short.is_long) == (35, 2, False)
    assert not short.get_page(2).has_next()
    assert short.get_page(9).number == 2
    whole = LongPaginator(list(range(100)), 25)
    assert (whole.count, whole.is_long, whole.get_page(4).has_next()) == (100, False, False)


def test_keys_first_gives_the_same_rows(rows: Any) -> None:
    assert titles_of(keys_first(rows, 30, 45)) == titles_of(rows[30:45]) == list(range(30, 45))


def test_the_words_of_a_long_list() -> None:
    shown = Template("{% load ui %}{{ few|counted }} {{ many|counted }}").render(Context({"few": CAP, "many": CAP + 1}))
    assert shown == "1,000 1,000+"


def test_a_long_list_on_the_page(cast: Cast, rows: Any) -> None:
    """The inbox of a person with more rows than are counted, to its last page."""
    key = str(cast.user("buyer").pk)
    rows.update(recipient_key=key)
    client = cast.client("buyer")
    first, last = client.get("/w/messages/"), client.get("/w/messages/?page=3")
    assert "1 / 1+" in first.content.decode()
    assert first.context["page"].has_next()
    assert len(last.context["rows"]) == ROWS - 2 * PAGE_ROWS
    assert not last.context["page"].has_next()
