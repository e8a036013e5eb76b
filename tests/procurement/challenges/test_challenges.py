"""Challenges: filed in time by a loser, the award waits, answered by who did not score."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.separation import note_duty
from procurement.awards.models import Award
from procurement.awards.operations import confirm_award, propose_award
from procurement.bids.models import Bid
from procurement.challenges.models import Challenge
from procurement.challenges.operations import (
    admit_challenge,
    dismiss_challenge,
    file_challenge,
    refuse_challenge,
    uphold_challenge,
    withdraw_challenge,
)
from procurement.notices.models import Notice
from procurement.orders.models import Order
from tests.cast import Cast
from tests.journeys.awards import filed_challenge, published_award

WORDS = {"ground": "scoring", "text": "价格分有误。", "remedy": "重新核算。"}


def losers(award: Award, cast: Cast) -> list[str]:
    return [
        login for login in ("provider1", "provider2", "provider3") if cast.org(login).pk != award.bid.organization_id
    ]


def state(award: Award) -> tuple[str, str]:
    found = Award.objects.select_related("lot__order").get(pk=award.pk)
    return found.status, found.lot.order.status


def test_filing_suspends_and_counts_the_days(cast: Cast) -> None:
    challenge = filed_challenge(cast)
    assert state(challenge.award) == ("suspended", "challenged")
    filed = clock.local(challenge.created_at).date()
    assert challenge.due_at > challenge.created_at + timedelta(days=7)
    assert "7 个工作日" in challenge.due_rule
    assert filed > date(2026, 9, 1)
    assert journal.entries_for(challenge)[0].facts["award"] == challenge.award.number


def test_who_may_file_and_until_when(cast: Cast) -> None:
    award = published_award(cast)
    loser, other = losers(award, cast)
    winner = next(login for login in ("provider1", "provider2", "provider3") if login not in {loser, other})
    for stranger in (winner, "provider4", "buyer", "expert1", "admin"):
        with pytest.raises(NotAllowed):
            file_challenge(award, actor=cast.actor(stranger), **WORDS)
    with pytest.raises(Invalid) as refusal:
        file_challenge(award, actor=cast.actor(loser), ground="envy", text=" ", remedy="")
    assert set(refusal.value.errors) == {"ground", "text", "remedy"}
    assert award.standstill_ends_at is not None
    with clock.travel(award.standstill_ends_at + timedelta(seconds=1)), pytest.raises(NotNow, match="质疑期"):
        file_challenge(award, actor=cast.actor(loser), **WORDS)
    file_challenge(award, actor=cast.actor(loser), **WORDS)
    with pytest.raises(Conflict):
        file_challenge(award, actor=cast.actor(loser), **WORDS)
    file_challenge(award, actor=cast.actor(other), **WORDS)
    assert Challenge.objects.count() == 2
    assert state(award) == ("suspended", "challenged")


def test_the_award_resumes_with_the_last_open_one(cast: Cast) -> None:
    award = published_award(cast)
    first, second = (file_challenge(award, actor=cast.actor(login), **WORDS) for login in losers(award, cast))
    with pytest.raises(NotAllowed):
        admit_challenge(Challenge.objects.get(pk=first.pk), actor=cast.actor("leader"))
    refuse_challenge(Challenge.objects.get(pk=first.pk), actor=cast.actor("discipline"), reason="没有事实依据")
    assert state(award) == ("suspended", "challenged")
    withdraw_challenge(Challenge.objects.get(pk=second.pk), actor=cast.actor(losers(award, cast)[1]))
    assert state(award) == ("published", "standstill")
    assert Challenge.objects.get(pk=first.pk).reply == "没有事实依据"
    ends_at = Award.objects.get(pk=award.pk).standstill_ends_at
    assert ends_at is not None
    with clock.travel(ends_at + timedelta(minutes=1)):
        assert confirm_award(Award.objects.get(pk=award.pk), actor=cast.actor("procurer")).status == "confirmed"


def test_dismissed_the_award_goes_on(cast: Cast) -> None:
    challenge = filed_challenge(cast)
    admit_challenge(challenge, actor=cast.actor("discipline"))
    with pytest.raises(Invalid):
        dismiss_challenge(Challenge.objects.get(pk=challenge.pk), actor=cast.actor("discipline"), reason=" ")
    stale = Challenge.objects.get(pk=challenge.pk)
    dismiss_challenge(Challenge.objects.get(pk=challenge.pk), actor=cast.actor("discipline"), reason="核对无误。")
    assert state(challenge.award) == ("published", "standstill")
    with pytest.raises(Conflict):
        dismiss_challenge(stale, actor=cast.actor("procurer"), reason="核对无误。")


def test_upheld_the_award_falls_and_the_review_takes_it_up_again(cast: Cast) -> None:
    challenge = filed_challenge(cast)
    award = challenge.award
    admit_challenge(challenge, actor=cast.actor("discipline"))
    uphold_challenge(
        Challenge.objects.get(pk=challenge.pk), actor=cast.actor("discipline"), reason="成交单位业绩材料不实。"
    )
    assert state(award) == ("cancelled", "reviewing")
    assert set(Bid.objects.filter(lot=award.lot).values_list("status", flat=True)) == {"scored"}
    assert Notice.objects.get(kind="award_change").replaces == award.notice
    second = Bid.objects.filter(lot=award.lot).exclude(pk=award.bid_id).order_by("result__rank").first()
    again = propose_award(award.lot, actor=cast.actor("procurer"), bid=second, reason="质疑成立，第一名取消资格。")
    assert again.status == "proposed"


def test_who_scored_does_not_answer(cast: Cast) -> None:
    challenge = filed_challenge(cast)
    note_duty(challenge.case_key, cast.actor("finance"), "sit_on_panel")
    note_duty(challenge.case_key, cast.actor("procurer"), "draw_panel")
    admit_challenge(challenge, actor=cast.actor("procurer"))
    judge = cast.actor("discipline")
    # The discipline officer opened the bids; had they scored too, they could not answer.
    from core.separation import DutyRecord

    DutyRecord.objects.create(
        case_key=challenge.case_key, person_key=judge.user_key, person_name="", duty="sit_on_panel"
    )
    with pytest.raises(NotAllowed, match="评审打分"):
        dismiss_challenge(Challenge.objects.get(pk=challenge.pk), actor=judge, reason="不成立")
    assert Order.objects.get(pk=challenge.award.lot.order_id).status == "challenged"


def test_pages_of_filing_and_answering(cast: Cast) -> None:
    award = published_award(cast)
    loser, other = losers(award, cast)
    assert award.published_at is not None
    with clock.travel(award.published_at + timedelta(hours=2)):
        client = cast.client(loser)
        assert f"/w/challenges/new/{award.pk}/" in client.get(f"/w/awards/{award.pk}/").content.decode()
        assert client.get(f"/w/challenges/new/{award.pk}/").status_code == 200
        refused = client.post(f"/w/challenges/new/{award.pk}/", {"ground": "scoring", "text": "", "remedy": "重算"})
        assert refused.status_code == 422
        bad = SimpleUploadedFile("证据.pdf", b"not a pdf", content_type="application/pdf")
        wrong = client.post(f"/w/challenges/new/{award.pk}/", {**WORDS, "document": bad})
        assert wrong.status_code == 422
        proof = SimpleUploadedFile("证据.txt", "价格分应为 9.67".encode(), content_type="text/plain")
        done = client.post(f"/w/challenges/new/{award.pk}/", {**WORDS, "document": proof})
        assert done.status_code == 302, done.content.decode()
        challenge = Challenge.objects.get()
        file_url = f"/w/challenges/{challenge.pk}/files/{challenge.document_id}/"
        assert client.get(file_url).status_code == 200
        for login in (other, "provider4", "other_procurer", "expert1"):
            assert cast.client(login).get(f"/w/challenges/{challenge.pk}/").status_code == 404, login
            assert cast.client(login).get(file_url).status_code == 404, login
        assert challenge.text not in cast.client(other).get(f"/w/awards/{award.pk}/").content.decode()
        judge = cast.client("discipline")
        assert judge.post(f"/w/challenges/{challenge.pk}/admit/").status_code == 302
        answered = judge.post(f"/w/challenges/{challenge.pk}/dismiss/", {"reason": "核对无误"})
        assert answered.status_code == 302, answered.content.decode()
        assert "核对无误" in client.get(f"/w/challenges/{challenge.pk}/").content.decode()
        assert client.post(f"/w/challenges/{challenge.pk}/dismiss/", {"reason": "自己答"}).status_code == 403
    assert state(award) == ("published", "standstill")
