"""The pages of panel and review as each person meets them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from core.drafts import load_draft
from procurement.bids.models import Bid
from procurement.panels.models import Panel
from procurement.panels.operations import declare_conflict
from procurement.reviews.models import Review, Score
from procurement.reviews.operations import draft_place
from tests.cast import Cast
from tests.journeys.bids import opened_order
from tests.journeys.reviews import (
    checked_review,
    consolidated_review,
    declared_panel,
    drawn_panel,
    even_marks,
    scored_review,
    scoring_review,
    seated_logins,
)


@pytest.fixture(autouse=True)
def during_the_review() -> object:
    """The pages are read on the day after the opening (order deadlines lie in September 2026)."""
    with clock.travel("2026-10-12 10:00"):
        yield


def test_draw_page_asks_and_does(cast: Cast) -> None:
    with clock.travel("2026-09-01 09:00"):
        order = opened_order(cast)
    panel = Panel.objects.get(lot__order=order)
    client = cast.client("procurer")
    page = client.get(f"/w/panels/{panel.pk}/draw/")
    assert page.status_code == 200
    due_on = clock.today() + timedelta(days=2)
    even = client.post(f"/w/panels/{panel.pk}/draw/", {"size": "4", "due_on": due_on})
    assert even.status_code == 422
    done = client.post(f"/w/panels/{panel.pk}/draw/", {"size": "3", "due_on": due_on})
    assert done.status_code == 302, done.content.decode()
    shown = client.get(f"/w/panels/{panel.pk}/").content.decode()
    assert "待声明" in shown
    assert "随机种子" in shown
    order.refresh_from_db()
    assert order.status == "reviewing"
    for login in ("buyer", "provider1", "other_procurer", "admin", "cashier"):
        assert cast.client(login).get(f"/w/panels/{panel.pk}/").status_code == 404, login


def test_declaring_a_conflict_takes_access_away_at_once(cast: Cast) -> None:
    with clock.travel("2026-09-01 09:00"):
        panel = drawn_panel(cast)
    login = seated_logins(panel, cast)[0]
    client = cast.client(login)
    page = client.get(f"/w/panels/{panel.pk}/declare/")
    assert page.status_code == 200
    assert cast.org("provider1").name in page.content.decode()
    silent = client.post(f"/w/panels/{panel.pk}/declare/", {"answer": "conflict", "text": ""})
    assert silent.status_code == 422
    done = client.post(f"/w/panels/{panel.pk}/declare/", {"answer": "conflict", "text": "曾任该中心理事"})
    assert done.status_code == 302
    assert done["Location"] == "/w/panels/"
    review = Review.objects.get(lot=panel.lot)
    bid = Bid.objects.filter(lot=panel.lot).first()
    assert bid is not None
    for url in (
        f"/w/panels/{panel.pk}/",
        f"/w/reviews/{review.pk}/",
        f"/w/reviews/{review.pk}/sheet/",
        f"/w/bids/{bid.pk}/",
    ):
        assert client.get(url).status_code == 404, url
    assert "曾任该中心理事" not in client.get("/w/panels/").content.decode()


def test_check_page_refuses_a_fail_without_reason_and_keeps_what_was_typed(cast: Cast) -> None:
    with clock.travel("2026-09-01 09:00"):
        panel = declared_panel(cast)
    review = Review.objects.get(lot=panel.lot)
    url = f"/w/reviews/{review.pk}/check/A/"
    client = cast.client("procurer")
    page = client.get(url)
    assert page.status_code == 200
    assert "平台核对" in page.content.decode()
    rules = list(review.lot.order.qualification_rules.all())
    form = {f"passed-{rule.n}": "yes" for rule in rules} | {f"passed-{rules[1].n}": "no"}
    refused = client.post(url, form)
    assert refused.status_code == 422
    assert "不合格，请写明理由" in refused.content.decode()
    assert Bid.objects.get(lot=review.lot, letter="A").status == "opened"
    done = client.post(url, form | {f"reason-{rules[1].n}": "业务范围不含青少年服务"})
    assert done.status_code == 302
    bid = Bid.objects.get(lot=review.lot, letter="A")
    assert (bid.status, bid.reject_reason) == ("disqualified", "Q2 业务范围不含青少年服务")
    assert cast.client("buyer").get(url).status_code == 403
    assert cast.client("provider1").get(url).status_code == 404


def test_sheet_shows_letters_saves_as_typed_and_hides_names(cast: Cast) -> None:
    with clock.travel("2026-09-01 09:00"):
        review = scoring_review(cast)
    logins = seated_logins(review.lot.panel, cast)
    client = cast.client(logins[0])
    landed = client.get(f"/w/reviews/{review.pk}/sheet/")
    assert landed.status_code == 302
    page = client.get(f"/w/reviews/{review.pk}/sheet/A/").content.decode()
    assert "申报单位 A" in page
    for provider in ("provider1", "provider2", "provider3"):
        assert cast.org(provider).name not in page
    for bid in Bid.objects.filter(lot=review.lot):
        assert client.get(f"/w/bids/{bid.pk}/").status_code == 404, "a bid's own page names its bidder"
    assert 'name="p-1"' not in page, "the price is never scored by hand"
    url = f"/w/reviews/{review.pk}/sheet/A/draft/"
    saved = client.post(url, {"p-2": "9.5", "r-2": "引用了走访数据", "p-3": "99", "draft_version": ""})
    assert saved.json()["totals"]["sum"] == "9.50"
    assert client.post(url, {"p-2": "9", "draft_version": "7"}).status_code == 409
    assert load_draft(str(cast.user(logins[0]).pk), draft_place(review, "A")).content["p-3"] == "99"
    again = client.get(f"/w/reviews/{review.pk}/sheet/A/").content.decode()
    assert 'value="9.5"' in again
    assert "99 不行，应为 0 至 24 分" in again
    other = cast.client(logins[1]).get(f"/w/reviews/{review.pk}/sheet/A/").content.decode()
    assert 'value="9.5"' not in other
    refused = client.post(f"/w/reviews/{review.pk}/sheet/submit/", {"agreed": "on"})
    assert refused.status_code == 422
    assert "「服务方案」：99 分不行" in refused.content.decode()
    assert not Score.objects.exists()
    for login in ("procurer", "buyer", "leader", "provider1", "auditor"):
        assert cast.client(login).get(f"/w/reviews/{review.pk}/sheet/A/").status_code == 404, login


def test_a_whole_sheet_is_handed_in_by_hand(cast: Cast) -> None:
    with clock.travel("2026-09-01 09:00"):
        review = scoring_review(cast)
    login = seated_logins(review.lot.panel, cast)[0]
    client = cast.client(login)
    for letter, marks in even_marks(review).items():
        form = {f"p-{n}": mark["points"] for n, mark in marks.items()}
        assert client.post(f"/w/reviews/{review.pk}/sheet/{letter}/draft/", form).status_code == 200
    assert client.get(f"/w/reviews/{review.pk}/sheet/submit/").status_code == 200
    done = client.post(f"/w/reviews/{review.pk}/sheet/submit/", {"agreed": "on"})
    assert done.status_code == 302, done.content.decode()
    assert Score.objects.filter(seat__expert__user=cast.user(login)).count() == 3 * 8
    assert client.post(f"/w/reviews/{review.pk}/sheet/A/draft/", {"p-2": "1"}).status_code == 422
    assert "您已于" in client.get(f"/w/reviews/{review.pk}/").content.decode()


def test_compare_is_there_after_the_consolidation_alone(cast: Cast) -> None:
    with clock.travel("2026-09-01 09:00"):
        review = scored_review(cast)
    for login in ("procurer", "leader", seated_logins(review.lot.panel, cast)[0]):
        assert cast.client(login).get(f"/w/reviews/{review.pk}/compare/").status_code == 404
    done = cast.client("procurer").post(f"/w/reviews/{review.pk}/consolidate/")
    assert done.status_code == 302, done.content.decode()
    page = cast.client("procurer").get(f"/w/reviews/{review.pk}/compare/").content.decode()
    assert "145,000.00 ÷ 报价 × 10" in page
    assert page.count('class="dots"') == 8 * 3
    expert = (
        cast.client(seated_logins(review.lot.panel, cast)[0]).get(f"/w/reviews/{review.pk}/compare/").content.decode()
    )
    assert cast.org("provider1").name not in expert


def test_experts_names_are_secret_until_the_result(cast: Cast) -> None:
    with clock.travel("2026-09-01 09:00"):
        review = consolidated_review(cast)
    names = [str(seat.expert) for seat in review.lot.panel.seats.all()]
    for login in ("buyer", "leader", "auditor", "district_finance"):
        for url in (f"/w/reviews/{review.pk}/", f"/w/reviews/{review.pk}/history/", f"/w/reviews/{review.pk}/compare/"):
            page = cast.client(login).get(url)
            assert page.status_code == 200, (login, url)
            assert not [name for name in names if name in page.content.decode()], (login, url)
    assert names[0] in cast.client("procurer").get(f"/w/panels/{review.lot.panel.pk}/").content.decode()


def test_lists_and_objects_open_for_everybody_who_may_see_them(cast: Cast) -> None:
    with clock.travel("2026-09-01 09:00"):
        review = checked_review(cast)
    expert = seated_logins(review.lot.panel, cast)[0]
    for login in ("procurer", "leader", "discipline", expert):
        for url in ("/w/panels/", "/w/reviews/", f"/w/reviews/{review.pk}/"):
            assert cast.client(login).get(url).status_code == 200, (login, url)
    assert "我的评审" in cast.client(expert).get("/w/reviews/").content.decode()
    assert cast.client("other_procurer").get(f"/w/reviews/{review.pk}/").status_code == 404
    assert cast.client("provider1").get(f"/w/reviews/{review.pk}/").status_code == 404
    order = cast.client("procurer").get(f"/w/orders/{review.lot.order.number}/review/").content.decode()
    assert "申报单位" in order
    assert "评审组" in order


def test_related_party_is_disclosed_to_everybody_in_the_review(cast: Cast) -> None:
    organization = cast.org("provider1")
    type(organization)._base_manager.filter(pk=organization.pk).update(incubated_by=cast.org("buyer"))
    with clock.travel("2026-09-01 09:00"):
        review = checked_review(cast)
    assert "由采购人孵化" in cast.client("procurer").get(f"/w/reviews/{review.pk}/").content.decode()
    blind = cast.client(seated_logins(review.lot.panel, cast)[0]).get(f"/w/reviews/{review.pk}/").content.decode()
    assert "有一家申报单位由采购人孵化" in blind
    assert organization.name not in blind


def test_recused_after_draw_is_replaced_by_the_next_in_call(cast: Cast) -> None:
    with clock.travel("2026-09-01 09:00"):
        panel = drawn_panel(cast)
    first = seated_logins(panel, cast)[0]
    declare_conflict(Panel.objects.get(pk=panel.pk), actor=cast.actor(first), answer="conflict", text="亲属任职")
    client = cast.client("procurer")
    assert "递补专家" in client.get(f"/w/panels/{panel.pk}/").content.decode()
    assert client.post(f"/w/panels/{panel.pk}/redraw/").status_code == 302
    assert len(seated_logins(panel, cast)) == 3
    assert client.post(f"/w/panels/{panel.pk}/redraw/").status_code == 409
