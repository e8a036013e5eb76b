"""Children (未成年人): nothing is published or held without roster, consents, checked staff, insurance, emergency plan."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import clock, journal
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import inbox
from procurement.activities.facts import missing_safeguards
from procurement.activities.models import Activity, Beneficiary, RosterEntry
from procurement.activities.operations import hold_activity, publish_activity
from procurement.activities.safeguarding import (
    add_beneficiary,
    add_paper,
    add_staff,
    check_staff,
    keep_roster,
    open_identity,
)
from procurement.contracts.models import Contract
from tests.cast import Cast
from tests.journeys.activities import planned_activity
from tests.journeys.contracts import signed_contract

SECRET = "赵小禾"


def child(cast: Cast, n: int, **fields: Any) -> Beneficiary:
    given: dict[str, Any] = {
        "code": f"KJ{n:02d}",
        "segment": "困境儿童",
        "birth_year": 2014,
        "consent_on": date(2026, 8, 20),
        "name": SECRET,
        "guardian": "赵一",
        "phone": "13800000000",
    }
    return add_beneficiary(cast.org("provider1"), actor=cast.actor("provider1"), **(given | fields))


def paper(cast: Cast, contract: Contract, kind: str, activity: Activity | None = None) -> None:
    file = SimpleUploadedFile(f"{kind}.txt", f"{kind} {activity}".encode())
    add_paper(contract, actor=cast.actor("provider1"), kind=kind, file=file, activity=activity)


def test_a_camp_is_blocked_until_all_six_are_there(cast: Cast) -> None:
    contract, actor = signed_contract(cast), cast.actor("provider1")
    leader = add_staff(cast.org("provider1"), actor=actor, name="带队甲", post="社工")
    end = clock.local("2026-09-05 18:00")
    camp = planned_activity(cast, contract, ends_at=end, minors=True, is_trip=True, segments="青少年", staff=[leader])
    assert missing_safeguards(camp) == ["名单", "监护人同意", "违法犯罪记录查询", "保险", "应急预案"]
    for verb in (publish_activity, hold_activity):
        with pytest.raises(NotNow):
            verb(camp, actor=actor)
    children = [child(cast, n) for n in range(11)]
    keep_roster(camp, actor=actor, consents=dict.fromkeys(children))
    assert missing_safeguards(camp)[:2] == ["监护人同意", "带队人员"]  # eleven children want two
    second = add_staff(cast.org("provider1"), actor=actor, name="带队乙", post="社工")
    camp.staff.create(staff=second)
    keep_roster(camp, actor=actor, consents=dict.fromkeys(children, date(2026, 8, 30)))
    for each, day in ((leader, date(2026, 1, 10)), (second, date(2025, 8, 1))):
        check_staff(each, actor=actor, checked_on=day, is_clear=True)
    assert missing_safeguards(camp) == ["违法犯罪记录查询", "保险", "应急预案"]  # a year ago and a month: too old
    check_staff(second, actor=actor, checked_on=date(2026, 8, 1), is_clear=True)
    paper(cast, contract, "insurance")
    assert missing_safeguards(camp) == ["保险", "应急预案"]  # the contract's everyday insurance is not the trip's
    for kind in ("insurance", "emergency"):
        paper(cast, contract, kind, camp)
    assert missing_safeguards(camp) == []
    publish_activity(camp, actor=actor)
    check_staff(second, actor=actor, checked_on=date(2026, 9, 1), is_clear=False)
    with clock.travel("2026-09-01 17:00"), pytest.raises(NotNow, match="违法犯罪记录查询"):
        hold_activity(camp, actor=actor)
    verbs = [entry.verb for entry in journal.entries_for(camp)]
    assert verbs == ["publish", "paper", "paper", "roster", "roster", "create"]


def test_everyday_sessions_share_the_contract_s_papers(cast: Cast) -> None:
    contract, actor = signed_contract(cast), cast.actor("provider1")
    leader = add_staff(cast.org("provider1"), actor=actor, name="带队甲", post="社工")
    check_staff(leader, actor=actor, checked_on=date(2026, 8, 1), is_clear=True)
    for kind in ("insurance", "emergency"):
        paper(cast, contract, kind)
    activity = planned_activity(cast, contract, minors=True, staff=[leader])
    keep_roster(activity, actor=actor, consents={child(cast, 1): date(2026, 8, 30)})
    assert publish_activity(activity, actor=actor).status == "published"


def test_a_child_is_a_code_until_somebody_gives_a_reason(cast: Cast) -> None:
    contract, actor = signed_contract(cast), cast.actor("provider1")
    activity = planned_activity(cast, contract, minors=True)
    keep_roster(activity, actor=actor, consents={child(cast, 1): None})
    entry = RosterEntry.objects.get()
    assert SECRET.encode() not in bytes(entry.beneficiary.sealed)
    url = f"{activity.get_absolute_url()}roster/{entry.pk}/"
    for login in ("provider1", "street", "buyer"):
        page = cast.client(login).get(activity.get_absolute_url()).content.decode()
        assert "KJ01" in page
        assert SECRET not in page
    for login in ("provider2", "other_buyer", "district_finance", "leader"):
        assert cast.client(login).get(url).status_code == 404, login
    street = cast.client("street")
    assert street.post(url, {"reason": " "}).status_code == 422
    seen = street.post(url, {"reason": "核实在场情况"})
    assert SECRET in seen.content.decode()
    assert seen["Cache-Control"] == "no-store"
    entries = journal.entries_for(entry.beneficiary)
    assert [(each.verb, each.reason) for each in entries] == [("open_identity", "核实在场情况"), ("create", "")]
    assert SECRET not in str([each.facts for each in entries])
    assert inbox(actor.user_key).filter(kind="activity.identity").count() == 1
    with pytest.raises(NotAllowed):
        open_identity(entry, actor=cast.actor("leader"), reason="好奇")


def test_what_cannot_be_entered(cast: Cast) -> None:
    contract, actor = signed_contract(cast), cast.actor("provider1")
    one = child(cast, 1, consent_on=None)
    with pytest.raises(Conflict):
        child(cast, 1)
    with pytest.raises(Invalid) as refusal:
        child(cast, 2, guardian="", birth_year=2016)
    assert "guardian" in refusal.value.errors
    activity = planned_activity(cast, contract, minors=True)
    with pytest.raises(Invalid, match="同意处理个人信息"):
        keep_roster(activity, actor=actor, consents={one: None})
    with pytest.raises(NotAllowed):
        add_staff(cast.org("provider1"), actor=cast.actor("provider2"), name="外人", post="社工")
    with pytest.raises(NotAllowed):
        keep_roster(activity, actor=cast.actor("provider2"), consents={})


def test_the_pages_by_hand(cast: Cast) -> None:
    contract = signed_contract(cast)
    activity = planned_activity(cast, contract, minors=True)
    client = cast.client("provider1")
    for url, data in (
        ("/w/activities/people/staff/", {"name": "带队甲", "post": "社工"}),
        (
            "/w/activities/people/new/",
            {"code": "kj09", "segment": "困境儿童", "birth_year": 2014, "consent_on": "2026-08-20", "name": SECRET}
            | {"guardian": "赵一", "phone": "13800000000"},
        ),
        (
            f"{activity.get_absolute_url()}papers/",
            {"kind": "insurance", "file": SimpleUploadedFile("保险.txt", "险".encode())},
        ),
    ):
        assert client.get(url).status_code == 200, url
        assert client.post(url, data).status_code == 302, url
    person = Beneficiary.objects.get()
    roster = f"{activity.get_absolute_url()}roster/"
    assert client.post(roster, {"beneficiaries": [str(person.pk)], "consent_on": "2026-08-30"}).status_code == 302
    assert RosterEntry.objects.get().consent_on == date(2026, 8, 30)
    staff = cast.org("provider1").staff.get()
    check = f"/w/activities/people/staff/{staff.pk}/"
    assert client.post(check, {"checked_on": "2026-08-01", "is_clear": "yes"}).status_code == 302
    page = client.get("/w/activities/people/").content.decode()
    assert "KJ09" in page
    assert SECRET not in page
    assert cast.client("provider2").post(check, {"checked_on": "2026-08-01", "is_clear": "yes"}).status_code == 404
    assert cast.client("buyer").get("/w/activities/people/").status_code == 404
    kept = activity.papers.get().document_id
    assert client.get(f"{activity.get_absolute_url()}files/{kept}/").status_code == 200
    assert cast.client("street").get(f"{activity.get_absolute_url()}files/{kept}/").status_code == 404
