"""The questionnaire: opened by the buyer, answered once a browser without a trace of the person, shown with its sample."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from evaluation.assessments.facts import facts_of
from procurement.contracts.models import Contract
from procurement.opinions.models import Opinion, Survey
from procurement.opinions.operations import close_survey, give_opinion, open_survey
from procurement.opinions.queries import opinion_of, visible_surveys
from tests.cast import Cast
from tests.journeys.contracts import frozen_contract, signed_contract
from tests.journeys.evaluation import published_framework

MARKS = {"overall": 5, "punctual": 5, "attitude": 4, "useful": 4, "recommends": True}
TYPED = {"overall": "5", "punctual": "4", "attitude": "5", "useful": "4", "recommends": "yes"}


def opened(cast: Cast, contract: Contract) -> Survey:
    return open_survey(contract, actor=cast.actor("buyer"), closes_on=date(2026, 9, 30))


def test_who_may_and_when(cast: Cast) -> None:
    with pytest.raises(NotNow):
        opened(cast, frozen_contract(cast))
    contract = signed_contract(cast, n=2)
    for stranger in ("provider1", "leader", "street", "other_buyer"):
        with pytest.raises(NotAllowed):
            open_survey(contract, actor=cast.actor(stranger), closes_on=date(2026, 9, 30))
    for day in (date(2026, 8, 31), date(2027, 9, 1)):
        with pytest.raises(Invalid):
            open_survey(contract, actor=cast.actor("buyer"), closes_on=day)
    survey = opened(cast, contract)
    with pytest.raises(Conflict):
        opened(cast, contract)
    for login, n in {"buyer": 1, "provider1": 1, "street": 1, "provider2": 0, "other_buyer": 0, "auditor": 1}.items():
        assert visible_surveys(cast.actor(login)).count() == n, login
    close_survey(survey, actor=cast.actor("buyer"))
    assert [entry.verb for entry in journal.entries_for(survey)] == ["close", "create"]
    with pytest.raises(NotNow):
        give_opinion(survey, browser="x", **MARKS)
    assert opened(cast, contract).status == "open"


def test_answers_by_telephone(cast: Cast) -> None:
    """By clicks of strangers: once a browser, told where something is missing, nothing of the person in the row."""
    survey = opened(cast, signed_contract(cast))
    url = f"/q/o/{survey.token}/"
    assert Client().get("/q/o/nothing/").status_code == 404
    phone = Client()
    assert "总的来说，您满意吗" in phone.get(url).content.decode()
    missing = phone.post(url, {**TYPED, "useful": ""})
    assert missing.status_code == 422
    assert "请选一个" in missing.content.decode()
    assert "谢谢您" in phone.post(url, TYPED | {"words": "孩子很喜欢"}).content.decode()
    assert "已经填过" in phone.post(url, TYPED).content.decode()
    assert Opinion.objects.count() == 1
    assert "谢谢您" in Client().post(url, TYPED).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM procurement_opinion")
        stored = str(cursor.fetchall())
    assert "127.0.0.1" not in stored
    assert phone.cookies["opinion"].value not in stored
    with pytest.raises(IntegrityError), transaction.atomic():
        Opinion.objects.create(survey=survey, overall=6, punctual=1, attitude=1, useful=1, recommends=True, browser="z")
    with clock.travel("2026-10-01 09:00"):
        closed = Client().post(url, TYPED)
        assert closed.status_code == 409
        assert "现在不收集" in closed.content.decode()


def test_small_counts_are_not_shown_and_words_are_the_buyers(cast: Cast) -> None:
    contract = signed_contract(cast)
    survey = opened(cast, contract)
    indicators = list(published_framework(cast).indicators.all())
    for n in range(4):
        give_opinion(survey, browser=f"b{n}", **MARKS, words="活动再多一些")
    assert opinion_of(contract).satisfied is None
    assert facts_of(contract, indicators)["E4.7"].points is None
    page = cast.client("buyer").get(survey.get_absolute_url()).content.decode()
    assert "满 5 份才显示结果" in page
    assert "活动再多一些" not in page
    give_opinion(survey, browser="b4", **(MARKS | {"overall": 2, "recommends": False}))
    said = opinion_of(contract)
    assert (said.asked, said.satisfied, said.recommends) == (5, 4, 4)
    assert str(dict(said.means)["总体满意度"]) == "4.40"
    found = facts_of(contract, indicators)["E4.7"]
    assert found.figures["satisfied"] == 4
    assert "样本 5 份" in found.working
    for login, reads in {"buyer": True, "provider1": False, "street": False, "leader": False}.items():
        page = cast.client(login).get(survey.get_absolute_url()).content.decode()
        assert "80.0%" in page, login
        assert ("活动再多一些" in page) is reads, login
    assert "80.0%" in cast.client("provider1").get(contract.get_absolute_url()).content.decode()


def test_the_code_is_hung_up_by_the_buyer_or_the_street(cast: Cast) -> None:
    contract = signed_contract(cast)
    buyer = cast.client("buyer")
    assert "发起满意度问卷" in buyer.get(contract.get_absolute_url()).content.decode()
    url = f"/w/opinions/open/{contract.pk}/"
    assert buyer.post(url, {"closes_on": "2026-08-01", "idempotency_key": "o1"}).status_code == 422
    place = buyer.post(url, {"closes_on": "2026-09-30", "idempotency_key": "o2"})["Location"]
    survey = Survey.objects.get()
    for login, status in {"buyer": 200, "street": 200, "provider1": 404, "provider2": 404}.items():
        client = cast.client(login)
        assert client.get(f"{place}qr/").status_code == status, login
        picture = client.get(f"{place}qr.svg")
        assert picture.status_code == status, login
    assert survey.token in buyer.get(f"{place}qr/").content.decode()
    assert b"<svg" in buyer.get(f"{place}qr.svg").content
