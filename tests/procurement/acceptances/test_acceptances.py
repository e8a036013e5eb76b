"""Acceptances: reported by the provider, judged line by line by somebody who did not sign, refused, completed."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from core import journal
from core.documents import read
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import inbox
from core.reports import request_report
from core.separation import note_duty
from procurement.acceptances.models import Acceptance
from procurement.acceptances.operations import (
    confirm_acceptance,
    judge_acceptance,
    object_acceptance,
    refuse_acceptance,
    report_milestone,
)
from procurement.acceptances.queries import accepted_so_far, open_milestones, visible_acceptances
from procurement.acceptances.reports import certificate_of
from procurement.contracts.models import Contract
from procurement.notices.models import Notice
from procurement.opinions.operations import give_opinion, open_survey
from tests.cast import Cast
from tests.journeys.contracts import (
    FINAL,
    MIDTERM,
    confirmed,
    frozen_contract,
    judged_milestone,
    print_now,
    reported_milestone,
    signed_contract,
)


def test_report_judge_complete(cast: Cast) -> None:
    contract = signed_contract(cast)
    assert [m.n for m in open_milestones(cast.actor("provider1"))] == [1]
    first = judged_milestone(cast, contract, 1)
    assert (first.status, first.notice.kind) == ("accepted", "acceptance")
    assert [m.n for m in open_milestones(cast.actor("provider1"))] == [2]
    assert accepted_so_far(contract) == MIDTERM
    last = judged_milestone(cast, contract, 2)
    assert last.status == "partly"  # 34 of 36 sessions: below the contract at its end
    assert Contract.objects.get(pk=contract.pk).status == "completed"
    assert accepted_so_far(contract) == FINAL
    assert [entry.verb for entry in journal.entries_for(last)] == ["accept_partly", "confirm", "judge", "create"]
    assert Notice.objects.filter(kind="acceptance").count() == 2
    assert "核定累计 34 场" in str(
        Notice.objects.filter(kind="acceptance").order_by("published_at", "number").last().facts
    )


def test_less_than_claimed_or_a_missed_standard_is_partly(cast: Cast) -> None:
    contract = signed_contract(cast)
    acceptance = reported_milestone(cast, contract)
    judge_acceptance(
        acceptance,
        actor=cast.actor("street"),
        members=[cast.actor("procurer").user_key],
        quantities={**MIDTERM, 1: 17},
        standards={1: True},
        notes={1: "1 场人数不足"},
    )
    judged = confirmed(cast, acceptance)
    assert judged.status == "partly"
    assert judged.lines.get(line__n=1).note == "1 场人数不足"


def test_missed_standard(cast: Cast) -> None:
    acceptance = reported_milestone(cast, signed_contract(cast))
    with pytest.raises(Invalid) as refusal:
        judge_acceptance(
            acceptance, actor=cast.actor("buyer"), members=[cast.actor("procurer").user_key], quantities=MIDTERM
        )
    assert "standard_1" in refusal.value.errors
    member = cast.actor("procurer").user_key
    judge_acceptance(acceptance, actor=cast.actor("buyer"), members=[member], quantities=MIDTERM, standards={1: False})
    assert confirmed(cast, acceptance).status == "partly"


def test_bad_quantities(cast: Cast) -> None:
    contract = signed_contract(cast)
    milestone, provider = contract.milestones.get(n=1), cast.actor("provider1")
    for wrong in ({1: -1}, {1: 10**9}, {}):
        with pytest.raises(Invalid):
            report_milestone(milestone, actor=provider, summary="完成", quantities=wrong)
    acceptance = reported_milestone(cast, contract)
    with pytest.raises(Invalid, match="超过报验"):
        judge_acceptance(
            acceptance,
            actor=cast.actor("buyer"),
            members=[cast.actor("procurer").user_key],
            quantities={**MIDTERM, 1: 19},
            standards={1: True},
        )
    with pytest.raises(Invalid, match="不合格"):
        judge_acceptance(
            acceptance,
            actor=cast.actor("buyer"),
            members=[cast.actor("procurer").user_key],
            quantities=dict.fromkeys(MIDTERM, 0),
            standards={1: True},
        )
    assert not acceptance.standard_results.exists()


def test_signer_may_not_accept(cast: Cast) -> None:
    contract = signed_contract(cast)
    acceptance = reported_milestone(cast, contract)
    signer = replace(cast.actor("leader"), roles=frozenset({"leader", "programme_officer"}))
    with pytest.raises(NotAllowed, match="签订合同"):
        judge_acceptance(
            acceptance, actor=signer, members=[cast.actor("procurer").user_key], quantities=MIDTERM, standards={1: True}
        )
    with pytest.raises(NotAllowed):
        refuse_acceptance(acceptance, actor=signer, reason="不合格")
    note_duty(contract.case_key, cast.actor("street"), "sign_contract")
    page = cast.client("street").get(acceptance.get_absolute_url()).content.decode()
    assert "验收请换一位同事办理" in page


def test_who_and_when(cast: Cast) -> None:
    contract = frozen_contract(cast)
    milestone = contract.milestones.get(n=1)
    with pytest.raises(NotNow):
        report_milestone(milestone, actor=cast.actor("provider1"), summary="完成", quantities=MIDTERM)
    for stranger in ("provider2", "buyer", "other_buyer"):
        with pytest.raises(NotAllowed):
            report_milestone(milestone, actor=cast.actor(stranger), summary="完成", quantities=MIDTERM)
    Contract.objects.filter(pk=contract.pk).update(status="performing")
    with pytest.raises(NotNow, match="按顺序"):
        report_milestone(contract.milestones.get(n=2), actor=cast.actor("provider1"), summary="完成", quantities=FINAL)
    acceptance = reported_milestone(cast, contract)
    with pytest.raises(Conflict):
        reported_milestone(cast, contract)
    for stranger in ("other_buyer", "provider1", "finance", "leader"):
        with pytest.raises(NotAllowed):
            judge_acceptance(
                acceptance,
                actor=cast.actor(stranger),
                members=[cast.actor("procurer").user_key],
                quantities=MIDTERM,
                standards={1: True},
            )
    stale = Acceptance.objects.get(pk=acceptance.pk)
    judge_acceptance(
        acceptance,
        actor=cast.actor("buyer"),
        members=[cast.actor("procurer").user_key],
        quantities=MIDTERM,
        standards={1: True},
    )
    with pytest.raises(Conflict):
        refuse_acceptance(stale, actor=cast.actor("street"), reason="晚了一步")


def test_refused_may_be_reported_again(cast: Cast) -> None:
    contract = signed_contract(cast)
    acceptance = reported_milestone(cast, contract)
    refuse_acceptance(acceptance, actor=cast.actor("buyer"), reason="资料与活动对不上")
    again = reported_milestone(cast, contract)
    assert (acceptance.status, again.status) == ("refused", "reported")


def test_isolation(cast: Cast) -> None:
    acceptance = reported_milestone(cast, signed_contract(cast))
    seen = {login: visible_acceptances(cast.actor(login)).exists() for login in ("provider1", "street", "buyer")}
    assert all(seen.values())
    for login in ("provider2", "other_buyer", "admin", "expert1"):
        assert cast.client(login).get(acceptance.get_absolute_url()).status_code == 404


def test_by_hand(cast: Cast) -> None:
    contract = signed_contract(cast)
    provider, street = cast.client("provider1"), cast.client("street")
    url = f"/w/acceptances/report/{contract.milestones.get(n=1).pk}/"
    assert "报验" in provider.get(url).content.decode()
    assert cast.client("provider2").get(url).status_code == 404
    lines = {f"line_{n}": count for n, count in MIDTERM.items()}
    wrong = SimpleUploadedFile("签到表.pdf", b"not a pdf")
    page = provider.post(url, {"summary": "写了很多字", **lines, "files": wrong})
    assert page.status_code == 422
    assert "写了很多字" in page.content.decode()
    texts = [SimpleUploadedFile(f"{n}.txt", f"签到 {n}".encode()) for n in (1, 2)]
    done = provider.post(url, {"summary": "完成", **lines, "files": texts})
    assert done.status_code == 302
    acceptance = Acceptance.objects.get()
    assert acceptance.files.count() == 2
    form = street.get(done["Location"] + "judge/")
    assert form.status_code == 200
    data = {**lines, "standard_1": "yes", "opinion": "属实", "version": acceptance.version}
    alone = street.post(done["Location"] + "judge/", data)
    assert alone.status_code == 422
    assert "验收小组至少 2 人" in alone.content.decode()
    leader = street.post(done["Location"] + "judge/", {**data, "members": [cast.actor("leader").user_key]})
    assert leader.status_code == 422, "who signed is not offered"
    data |= {"members": [cast.actor("procurer").user_key], "others": "王桥（社区）、张奶奶"}
    assert street.post(done["Location"] + "judge/", {**data, "line_1": 99}).status_code == 422
    assert street.post(done["Location"] + "judge/", data).status_code == 302
    procurer = cast.client("procurer")
    assert "确认验收意见" in procurer.get("/w/").content.decode()
    assert "确认验收意见" not in cast.client("finance").get("/w/").content.decode()
    assert street.post(done["Location"] + "confirm/", {"version": 2, "idempotency_key": "c1"}).status_code == 403
    assert procurer.post(done["Location"] + "confirm/", {"version": 2, "idempotency_key": "c2"}).status_code == 302
    acceptance.refresh_from_db()
    assert (acceptance.status, acceptance.members) == ("accepted", "王桥（社区）、张奶奶")
    assert {"label": "验收小组", "value": "4 人"} in acceptance.notice.facts
    assert "核定累计" in street.get(done["Location"]).content.decode()
    assert provider.get(contract.get_absolute_url()).status_code == 200


def test_the_certificate_names_group_items_and_sample(cast: Cast) -> None:
    contract = signed_contract(cast)
    survey = open_survey(contract, actor=cast.actor("buyer"), closes_on=date(2026, 9, 30))
    for n in range(6):
        give_opinion(survey, browser=f"{n}", overall=4, punctual=5, attitude=5, useful=4, recommends=True)
    acceptance = judged_milestone(cast, contract, 1)
    certificate = certificate_of(acceptance)
    assert [name for name, _at in certificate.group] == ["周敏", "何静"]
    assert certificate.group[1][1] == acceptance.accepted_at
    assert (certificate.asked, certificate.satisfied) == (6, 6)
    job = request_report("procurement.acceptance", acceptance, actor=cast.actor("provider1"))
    print_now()
    job.refresh_from_db()
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(read(job.document))).pages).replace("\n", "")
    for words in ("验收书", "何静", "有效问卷 6 份", "100.0%"):
        assert words.replace(" ", "") in text.replace(" ", ""), words
    reported = reported_milestone(cast, contract, 2)
    with pytest.raises(NotAllowed):
        request_report("procurement.acceptance", reported, actor=cast.actor("provider1"))
    with pytest.raises(NotAllowed):
        request_report("procurement.acceptance", acceptance, actor=cast.actor("provider2"))


def test_nothing_counts_before_the_whole_group_confirmed(cast: Cast) -> None:
    contract = signed_contract(cast)
    acceptance = reported_milestone(cast, contract)
    given = {"quantities": MIDTERM, "standards": {1: True}}
    group = [cast.actor(login).user_key for login in ("procurer", "street")]
    for wrong in (
        [],
        [cast.actor("leader").user_key],
        [cast.actor("provider1").user_key],
        [cast.actor("buyer").user_key],
    ):
        with pytest.raises(Invalid):
            judge_acceptance(acceptance, actor=cast.actor("buyer"), members=wrong, **given)
    judge_acceptance(acceptance, actor=cast.actor("buyer"), members=group, **given)
    assert acceptance.status == "confirming"
    assert accepted_so_far(contract) == {}
    assert inbox(cast.actor("street").user_key).filter(kind="acceptance.confirm").count() == 1
    for stranger in ("buyer", "finance", "provider1", "other_buyer"):
        with pytest.raises(NotAllowed):
            confirm_acceptance(acceptance, actor=cast.actor(stranger))
    object_acceptance(Acceptance.objects.get(pk=acceptance.pk), actor=cast.actor("street"), reason="第三场只到了 6 人")
    again = Acceptance.objects.get(pk=acceptance.pk)
    assert again.status == "reported"
    judge_acceptance(
        again, actor=cast.actor("buyer"), members=group, quantities={**MIDTERM, 1: 17}, standards={1: True}
    )
    confirm_acceptance(Acceptance.objects.get(pk=again.pk), actor=cast.actor("street"))
    assert not Notice.objects.filter(kind="acceptance").exists()
    with pytest.raises(NotAllowed):
        confirm_acceptance(Acceptance.objects.get(pk=again.pk), actor=cast.actor("street"))
    done = confirm_acceptance(Acceptance.objects.get(pk=again.pk), actor=cast.actor("procurer"))
    assert (done.status, done.accepted_by_name) == ("partly", "周敏")
    assert accepted_so_far(contract)[1] == 17
    assert [entry.verb for entry in journal.entries_for(done)] == [
        "accept_partly", "confirm", "confirm", "judge", "object", "judge", "create",
    ]  # fmt: skip
    with pytest.raises(NotAllowed):
        sign_amendment_as_acceptor(cast, contract)


def sign_amendment_as_acceptor(cast: Cast, contract: Contract) -> None:
    """Who confirmed an acceptance carries the duty and may not sign in the same case."""
    note_duty(contract.case_key, cast.actor("procurer"), "sign_contract")
