"""How many questions the pages ask of the database, whatever the number of rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast
from tests.journeys.awards import filed_challenge
from tests.journeys.reviews import scoring_review, seated_logins


def questions(cast: Cast, login: str, url: str) -> int:
    client = cast.client(login)
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


@pytest.mark.parametrize("room", ["panels", "reviews", "awards", "challenges"])
def test_lists_ask_the_same_for_one_row_and_for_three(cast: Cast, room: str) -> None:
    filed_challenge(cast)
    one = questions(cast, "procurer", f"/w/{room}/")
    for _n in range(2):
        filed_challenge(cast)
    assert questions(cast, "procurer", f"/w/{room}/") == one
    assert one <= 12


def test_the_pages_of_one_review_stay_modest(cast: Cast) -> None:
    review = scoring_review(cast)
    expert = seated_logins(review.lot.panel, cast)[0]
    assert questions(cast, "procurer", f"/w/reviews/{review.pk}/") <= 45
    assert questions(cast, expert, f"/w/reviews/{review.pk}/sheet/A/") <= 30
    assert questions(cast, expert, "/w/reviews/") <= 12
