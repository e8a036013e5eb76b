"""Proposal, decision, standstill, confirmation: good path, strangers, wrong time, stale pages, journal, isolation."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import Message
from procurement.awards.models import Award
from procurement.awards.operations import confirm_award, confirm_due, propose_award, publish_award, return_award
from procurement.awards.reports import award_report
from procurement.bids.models import Bid
from procurement.orders.models import Order
from procurement.reviews.queries import results_of
from procurement.tasks import tick
from tests.cast import Cast
from tests.journeys.awards import confirmed_award, filed_challenge, proposed_award, published_award
from tests.journeys.reviews import consolidated_review, scored_review


def statuses(award: Award) -> list[str]:
    return sorted(Bid.objects.filter(lot=award.lot).values_list("status", flat=True))


def test_the_first_in_rank_is_proposed_or_a_reason_is_given(cast: Cast) -> None:
    review = consolidated_review(cast)
    first, second, _third = results_of(review)
    for stranger in ("buyer", "leader", "other_procurer", "expert1", "provider1", "admin"):
        with pytest.raises(NotAllowed):
            propose_award(review.lot, actor=cast.actor(stranger))
    with pytest.raises(Invalid) as refusal:
        propose_award(review.lot, actor=cast.actor("procurer"), bid=second.bid)
    assert refusal.value.field == "reason"
    award = propose_award(review.lot, actor=cast.actor("procurer"))
    assert (award.bid_id, award.amount, award.number) == (first.bid_id, first.bid.offers.get().amount, None)
    with pytest.raises(Conflict):
        propose_award(review.lot, actor=cast.actor("procurer"))
    return_award(award, actor=cast.actor("leader"), reason="请核对报价明细")
    assert statuses(award) == ["scored", "scored", "scored"]
    again = propose_award(review.lot, actor=cast.actor("procurer"), bid=second.bid, reason="第一名书面放弃")
    assert Award.objects.get(pk=again.pk).status == "proposed"


def test_before_the_consolidation_nothing_is_proposed(cast: Cast) -> None:
    with pytest.raises(NotNow):
        propose_award(scored_review(cast).lot, actor=cast.actor("procurer"))


def test_the_leadership_publishes_and_each_loser_reads_the_own_place(cast: Cast) -> None:
    award = proposed_award(cast)
    for stranger in ("procurer", "buyer", "other_leader", "provider1", "finance"):
        with pytest.raises(NotAllowed):
            publish_award(Award.objects.get(pk=award.pk), actor=cast.actor(stranger))
    stale = Award.objects.get(pk=award.pk)
    publish_award(award, actor=cast.actor("leader"))
    with pytest.raises(Conflict):
        publish_award(stale, actor=cast.actor("leader2"))
    award = Award.objects.get(pk=award.pk)
    assert award.number == "五青购成〔2026〕1号"
    assert award.notice is not None
    assert "评审专家" in award.notice.body
    assert Order.objects.get(pk=award.lot.order_id).status == "standstill"
    # 2026-09-01 and five working days.
    assert award.standstill_ends_at is not None
    assert clock.local(award.standstill_ends_at).date() == date(2026, 9, 8)
    told = Message.objects.filter(kind="award")
    assert told.count() == 3
    for result in results_of(award.lot.review):
        own = f"{result.total_points:.2f}"
        assert not told.filter(sentence__contains=own).exists(), "no score in a message"
        login = next(
            name for name in ("provider1", "provider2", "provider3") if cast.org(name).pk == result.bid.organization_id
        )
        page = cast.client(login).get(f"/w/bids/{result.bid_id}/").content.decode()
        assert own in page
        assert f"第 {result.rank} 名" in page
        others = [f"{other.total_points:.2f}" for other in results_of(award.lot.review) if other.pk != result.pk]
        seen = page + cast.client(login).get(f"/w/awards/{award.pk}/").content.decode()
        assert not [score for score in others if score in seen]
    assert cast.client("provider4").get(f"/w/awards/{award.pk}/").status_code == 404
    assert cast.client("other_buyer").get(f"/w/awards/{award.pk}/").status_code == 404


def test_a_proposal_is_the_buyers_secret(cast: Cast) -> None:
    award = proposed_award(cast)
    for login in ("provider1", "provider2", "expert1", "other_leader"):
        assert cast.client(login).get(f"/w/awards/{award.pk}/").status_code == 404, login
        assert award.lot.order.title not in cast.client(login).get("/w/awards/").content.decode()
    assert (
        "评审结果"
        not in cast.client("provider1")
        .get(f"/w/bids/{Bid.objects.get(lot=award.lot, organization=cast.org('provider1')).pk}/")
        .content.decode()
    )


def test_it_is_confirmed_after_the_standstill_by_hand_or_by_the_clock(cast: Cast) -> None:
    award = published_award(cast)
    assert award.standstill_ends_at is not None
    with clock.travel(award.standstill_ends_at - timedelta(seconds=1)):
        with pytest.raises(NotNow, match="公示到"):
            confirm_award(award, actor=cast.actor("procurer"))
        assert confirm_due() == 0
    with clock.travel(award.standstill_ends_at + timedelta(seconds=1)):
        with pytest.raises(NotAllowed):
            confirm_award(Award.objects.get(pk=award.pk), actor=cast.actor("buyer"))
        assert tick() == 1
        assert tick() == 0
    award.refresh_from_db()
    assert award.status == "confirmed"
    assert journal.entries_for(award)[0].actor_name == "平台"
    assert Order.objects.get(pk=award.lot.order_id).status == "awarded"
    assert statuses(award) == ["awarded", "unsuccessful", "unsuccessful"]


def test_a_challenged_award_waits_however_late_it_gets(cast: Cast) -> None:
    challenge = filed_challenge(cast)
    award = challenge.award
    assert award.standstill_ends_at is not None
    with clock.travel(award.standstill_ends_at + timedelta(days=30)):
        assert tick() == 0
        with pytest.raises(NotNow):
            confirm_award(Award.objects.get(pk=award.pk), actor=cast.actor("procurer"))


def test_the_notice_as_report_names_the_winners_scores_alone(cast: Cast) -> None:
    award = confirmed_award(cast)
    report = award_report(award)
    winner, *losers = results_of(award.lot.review)
    assert (report.total, report.bidders, report.rank) == (winner.total_points, 3, 1)
    assert len(report.chart) == 9
    for loser in losers:
        assert str(loser.total_points) not in repr(report)
    assert award_report(award).data_digest == report.data_digest


def test_the_pages_lead_from_review_to_publication(cast: Cast) -> None:
    review = consolidated_review(cast)
    procurer, leader = cast.client("procurer"), cast.client("leader")
    assert f"/w/awards/propose/{review.pk}/" in procurer.get(f"/w/reviews/{review.pk}/").content.decode()
    assert cast.client("buyer").get(f"/w/awards/propose/{review.pk}/").status_code == 403
    assert cast.client("other_procurer").get(f"/w/awards/propose/{review.pk}/").status_code == 404
    first, second, _third = results_of(review)
    refused = procurer.post(f"/w/awards/propose/{review.pk}/", {"bid": second.bid_id, "reason": ""})
    assert refused.status_code == 422
    assert "请写明理由" in refused.content.decode()
    done = procurer.post(f"/w/awards/propose/{review.pk}/", {"bid": first.bid_id, "reason": ""})
    assert done.status_code == 302, done.content.decode()
    award = Award.objects.get()
    assert leader.get(f"/w/awards/{award.pk}/publish/").status_code == 200
    assert procurer.post(f"/w/awards/{award.pk}/publish/").status_code == 403
    published = leader.post(f"/w/awards/{award.pk}/publish/")
    assert published.status_code == 302, published.content.decode()
    page = procurer.get(f"/w/awards/{award.pk}/").content.decode()
    assert "公示中" in page
    assert "公示到 9 月 8 日 结束" in page
    assert procurer.post(f"/w/awards/{award.pk}/confirm/").status_code == 409
    assert "成交结果" in procurer.get(f"/w/orders/{review.lot.order.number}/review/").content.decode()
