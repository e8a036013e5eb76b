"""Pledges and trainings: no role before it is signed, nothing asked more often for it; who signed, who was trained (R49)."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.authenticators.queries import demanded_of
from accounts.memberships.models import Delegation, Membership
from accounts.memberships.queries import identities_of
from accounts.pledges.models import PledgeSignature, PledgeText, Training
from accounts.pledges.operations import drop_training, edit_text, months_later, open_text, publish_text, sign_pledge
from accounts.pledges.queries import hours_of, signers, trainings_of
from accounts.pledges.starting_list import TEXTS
from accounts.users.models import User
from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from tests.cast import Cast
from tests.journeys.pledges import drafted_pledge, entered_training, published_pledge, signed_by


def roles(cast: Cast, login: str) -> tuple[set[str], set[str]]:
    """(in force, waiting) of the first identity."""
    identity = identities_of(cast.user(login))[0]
    return set(identity.roles), set(identity.waiting)


def test_no_role_before_the_signature(cast: Cast) -> None:
    """Off without a text; with one the role waits, is named, leads to the pledge, and comes back with the signature."""
    assert roles(cast, "buyer") == ({"programme_officer"}, set())
    draft = drafted_pledge(cast)
    assert draft.body == TEXTS["staff"]
    assert roles(cast, "buyer") == ({"programme_officer"}, set())
    with pytest.raises(NotAllowed):
        publish_text(draft, actor=cast.actor("discipline"))
    text = publish_text(draft, actor=cast.actor("leader"))
    assert roles(cast, "buyer") == (set(), {"programme_officer"})
    # The buyer's text binds neither another buyer's people nor providers, streets and experts.
    for other in ("other_buyer", "provider1", "street", "expert1", "district_finance", "evaluator", "admin"):
        assert roles(cast, other)[1] == set(), other
    client = cast.client("buyer")
    led = client.get("/w/projects/?q=1")
    assert led.status_code == 302
    assert led["Location"] == "/w/pledges/sign/?next=%2Fw%2Fprojects%2F%3Fq%3D1"
    for address in ("/w/projects/new/", "/w/delegations/"):
        refused = client.post(address, {"title": "x"})
        assert refused.status_code == 403
        assert 'href="/w/pledges/sign/"' in refused.content.decode()
    assert client.get("/api/v1/projects/").json()["count"] == 0
    assert client.get("/w/me/").status_code == 200
    assert "业务经办" in client.get("/w/me/").content.decode()
    page = client.get(led["Location"])
    assert "不收受社会组织和服务对象的礼金" in page.content.decode()
    typed = {"text": str(text.pk), "idempotency_key": "k" * 32}
    unticked = client.post(led["Location"], typed)
    assert unticked.status_code == 422
    assert "请阅读后勾选承诺" in unticked.content.decode()
    assert client.post(led["Location"], typed | {"agreed": "on"}).status_code == 302
    onward = client.get(led["Location"])
    assert (onward.status_code, onward["Location"]) == (302, "/w/projects/?q=1")
    assert client.get(onward["Location"]).status_code == 200
    signature = PledgeSignature.objects.get()
    assert (signature.digest, signature.valid_until) == (text.digest, date(2027, 9, 1))
    entry = journal.entries_for(User.objects.get(pk=cast.user("buyer").pk))[0]
    assert (entry.verb, entry.facts["digest"]) == ("pledge", text.digest)
    assert roles(cast, "leader") == (set(), {"leader"})
    # An address elsewhere is never followed.
    assert client.get("/w/pledges/sign/?next=https://evil.example/")["Location"] == "/w/"


def test_a_new_version_and_a_new_year_ask_again(cast: Cast) -> None:
    first = published_pledge(cast)
    signed_by(cast, first, "buyer")
    with pytest.raises(NotAllowed):
        signed_by(cast, first, "buyer")
    with clock.travel("2027-09-01 23:00"):
        assert roles(cast, "buyer") == ({"programme_officer"}, set())
    with clock.travel("2027-09-02 00:30"):
        assert roles(cast, "buyer") == (set(), {"programme_officer"})
        signed_by(cast, first, "buyer")
        assert roles(cast, "buyer") == ({"programme_officer"}, set())
    second = open_text(cast.org("buyer"), actor=cast.actor("discipline"), group="staff")
    with pytest.raises(Conflict):
        drafted_pledge(cast)
    edit_text(second, actor=cast.actor("discipline"), body="新的承诺。", valid_months=6)
    stale = PledgeText.objects.get(pk=second.pk)
    publish_text(second, actor=cast.actor("leader"))
    with pytest.raises(Conflict):
        publish_text(stale, actor=cast.actor("leader"))
    with pytest.raises(NotNow):
        edit_text(second, actor=cast.actor("discipline"), body="再改", valid_months=6)
    first.refresh_from_db()
    assert (first.status, second.edition) == ("superseded", 2)
    assert roles(cast, "buyer") == (set(), {"programme_officer"})
    with pytest.raises(NotAllowed):
        signed_by(cast, first, "buyer")
    assert signed_by(cast, second, "buyer").valid_until == date(2027, 3, 1)
    assert [each.verb for each in journal.entries_for(second)] == ["publish", "edit", "create"]
    assert months_later(date(2026, 8, 31), 6) == date(2027, 2, 28)


def test_nobody_signs_for_another_and_a_delegation_wants_the_own_signature(cast: Cast) -> None:
    text = published_pledge(cast)
    with pytest.raises(NotAllowed, match="本人"):
        sign_pledge(text, actor=cast.actor("buyer"), user=cast.user("leader"), agreed=True)
    with pytest.raises(Invalid):
        sign_pledge(text, actor=cast.actor("buyer"), user=cast.user("buyer"), agreed=False)
    with pytest.raises(NotAllowed):
        signed_by(cast, text, "provider1")
    signed_by(cast, text, "leader")
    Delegation.objects.create(
        from_user=cast.user("leader"), to_user=cast.user("buyer"), organization=cast.org("buyer"), roles=["leader"],
        starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 9), reason="出差",
    )  # fmt: skip
    assert [(set(each.roles), set(each.waiting)) for each in identities_of(cast.user("buyer"))] == [
        (set(), {"programme_officer"}),
        (set(), {"leader"}),
    ]
    signed_by(cast, text, "buyer")
    assert [set(each.roles) for each in identities_of(cast.user("buyer"))] == [{"programme_officer"}, {"leader"}]


def test_a_role_that_waits_still_wants_the_second_factor(cast: Cast, settings: Any) -> None:
    """Nobody comes in with a password alone because a pledge takes the role away for a while."""
    settings.TWO_FACTOR = True
    user = cast.user("finance")
    assert demanded_of(user, identities_of(user))
    published_pledge(cast)
    assert roles(cast, "finance") == (set(), {"finance_officer"})
    assert demanded_of(user, identities_of(user))


def test_experts_of_the_pool_sign_the_buyer_s_text(cast: Cast) -> None:
    text = published_pledge(cast, "expert")
    assert roles(cast, "expert1") == (set(), {"expert"})
    assert roles(cast, "buyer") == ({"programme_officer"}, set())
    signed_by(cast, text, "expert1")
    assert roles(cast, "expert1") == ({"expert"}, set())
    names = {row.user.name: row.is_signed for row in signers(cast.org("buyer")) if row.group == "评审专家"}
    assert (names["专家甲"], names["专家乙"]) == (True, False)


def test_it_costs_one_query_those_whom_it_may_bind(cast: Cast) -> None:
    """Identities: one query, two for whom a text can bind, with and without a pledge; a page asks as often signed as before there was one."""
    client = cast.client("buyer")

    def asked(url: str) -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as caught:
            assert client.get(url).status_code == 200
        return len(caught)

    before = [asked(url) for url in ("/w/", "/w/projects/")]
    text = published_pledge(cast)
    with CaptureQueriesContext(connection) as caught:
        identities_of(cast.user("buyer"))
    assert len(caught) == 2
    with CaptureQueriesContext(connection) as caught:
        identities_of(cast.user("provider1"))
    assert len(caught) == 1
    signed_by(cast, text, "buyer")
    # The news of the publication is one unread message, which the frame counts anyway.
    assert [asked(url) for url in ("/w/", "/w/projects/")] == before


def test_who_has_signed(cast: Cast) -> None:
    """Discipline and leadership see it, with one colleague and thirty in as many queries; the export is journaled."""
    text = published_pledge(cast)
    for login in ("discipline", "leader", "buyer"):
        signed_by(cast, text, login)
    entered_training(cast)
    client = cast.client("discipline")
    page = client.get("/w/pledges/people/").content.decode()
    assert "6 人没有签署" in page
    for login, status in (("leader", 200), ("buyer", 404), ("provider1", 404), ("other_leader", 200)):
        assert cast.client(login).get("/w/pledges/people/").status_code == status, login
    assert "周敏" not in cast.client("other_leader").get("/w/pledges/people/").content.decode()
    with CaptureQueriesContext(connection) as few:
        client.get("/w/pledges/people/")
    for n in range(30):
        user = User(username=f"more{n}", name=f"同事{n}")
        user.save()
        journal.record(user, "create", actor=cast.actor("admin"))
        Membership.objects.create(
            user=user, organization=cast.org("buyer"), role="archivist", valid_from=date(2026, 1, 1), granted_by="测试"
        )
    with CaptureQueriesContext(connection) as many:
        client.get("/w/pledges/people/")
    assert len(few) == len(many)
    book = openpyxl.load_workbook(io.BytesIO(client.get("/w/pledges/people/?export=xlsx").getvalue()))
    rows = {row[0].value: [cell.value for cell in row] for row in book.active.iter_rows(min_row=2)}
    assert rows["周敏"][5] == 2
    assert rows["何静"][3] == "未签"
    assert journal.entries_for(cast.user("discipline"))[0].verb == "export"


def test_trainings(cast: Cast) -> None:
    """Entered with the sheet through the page, counted for whom it names until it is dropped; faults at their field."""
    for field, value in (
        ("held_on", clock.today() + timedelta(days=1)),
        ("hours", Decimal(0)),
        ("people", [cast.user("provider1")]),
        ("people", []),
        ("title", " "),
    ):
        with pytest.raises(Invalid) as refusal:
            entered_training(cast, **{field: value})
        assert set(refusal.value.errors) == {field}
    client = cast.client("discipline")
    data = {
        "title": "警示教育", "held_on": "2026-08-20", "hours": "2.5", "idempotency_key": "t" * 32,
        "people": [str(cast.user("buyer").pk), str(cast.user("expert1").pk)],
    }  # fmt: skip
    half = client.post("/w/trainings/new/", data)
    assert half.status_code == 422
    assert "警示教育" in half.content.decode()
    done = client.post("/w/trainings/new/", data | {"sheet": SimpleUploadedFile("签到.txt", "名单".encode())})
    assert done.status_code == 302
    training = Training.objects.get()
    page = client.get(done["Location"]).content.decode()
    assert "周敏" in page
    assert client.get(f"{done['Location']}files/{training.sheet_id}/").status_code == 200
    assert cast.client("buyer").post("/w/trainings/new/", data).status_code == 403
    assert cast.client("other_leader").get(done["Location"]).status_code == 404
    assert hours_of(cast.org("buyer"), 2026) == dict.fromkeys(
        (cast.user("buyer").pk, cast.user("expert1").pk), Decimal("2.5")
    )
    assert "警示教育" in cast.client("buyer").get("/w/pledges/mine/").content.decode()
    drop_training(training, actor=cast.actor("discipline"), reason="学时登错")
    assert not trainings_of(cast.user("buyer")).exists()
    assert [each.verb for each in journal.entries_for(training)] == ["drop", "create"]
