"""Archive packages: opened, counted, supplied, checked by another, handed over, kept; the clock; pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.archive.catalogue import asked_of
from audit.archive.models import ArchiveItem, ArchivePackage, ArchiveScan, RequiredPaper
from audit.archive.operations import (
    check_package,
    complete_package,
    hand_over_package,
    note_download,
    open_package,
    recount_package,
    retain_package,
    retest_package,
    send_back_package,
    tend_packages,
)
from audit.archive.originals import originals_of
from audit.archive.owing import hand_in_paper
from audit.archive.queries import missing_items, visible_packages
from audit.archive.reports import hand_over_form
from audit.archive.supplying import excuse_paper, supply_paper
from audit.journal.verification import verify
from core import clock, journal
from core.actor import SYSTEM
from core.documents import ZIP, read, store
from core.duties import tasks_for
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.messages import Message
from procurement.contracts.operations import file_contract
from procurement.projects.models import Project
from tests.cast import Cast
from tests.journeys.accounts import pdf
from tests.journeys.archive import (
    filled_package,
    fresh,
    opened_package,
    provider_of,
    small_package,
    terminated,
)
from tests.journeys.contracts import print_now
from tests.journeys.orders import cancelled_order
from tests.journeys.projects import approved_project
from tests.journeys.settlements import closed_contract, closed_contracts_of_two_lots

OPINION = "抽看合同和支付凭证，一致。"


def verbs(thing: Any) -> list[str]:
    return [entry.verb for entry in journal.entries_for(thing)]


def state_of(package: ArchivePackage, key: str) -> str:
    return str(package.items.get(key=key).state)


def test_what_is_asked_for_follows_the_case(cast: Cast) -> None:
    contract = closed_contract(cast)
    package = opened_package(cast, contract)
    states = dict(package.items.values_list("key", "state"))
    assert len(states) == RequiredPaper.objects.count()
    assert {key for key, state in states.items() if state == ArchiveItem.NOT_DUE} >= {
        "challenge", "reply", "failure", "amendment", "termination", "audit_report", "safeguards",
    }  # fmt: skip
    found = package.items.get(key="contract")
    assert (found.state, found.evidence[0]["sha256"]) == (ArchiveItem.FOUND, contract.digest)
    assert package.items.get(key="payment").found_count == 2
    assert states["minutes"] == states["filing"] == states["evaluation"] == ArchiveItem.MISSING
    assert package.missing_count == missing_items(package).count() > 0
    owed = {task.name for task in tasks_for(cast.actor("procurer")) if task.url == package.get_absolute_url()}
    assert owed == {"archive.supply"}
    failed = cancelled_order(cast, title="取消的订单", quantity=10)
    other = open_package(failed.project, actor=cast.actor("archivist"))
    assert (other.ending, state_of(other, "failure"), state_of(other, "contract")) == ("failed", "found", "not_due")


def test_the_list_is_dated(cast: Cast) -> None:
    RequiredPaper.objects.create(
        key="minutes", n=6, stage="project", title="会议纪要", owner="programme_officer", place="x", source="y",
        effective_from=clock.today(), is_due=False,
    )  # fmt: skip
    RequiredPaper.objects.create(
        key="photo_album", n=99, stage="delivery", title="相册", owner="programme_officer", place="x", source="y",
        effective_from=clock.today(),
    )  # fmt: skip
    package = open_package(terminated(cast), actor=cast.actor("archivist"))
    states = dict(package.items.values_list("key", "state"))
    assert "minutes" not in states
    assert states["photo_album"] == ArchiveItem.MISSING


def test_who_collects_and_what_is_refused(cast: Cast) -> None:
    project, archivist = terminated(cast), cast.actor("archivist")
    with pytest.raises(NotAllowed):
        open_package(project, actor=cast.actor("buyer"))
    with pytest.raises(NotNow):
        open_package(approved_project(cast, title="还在办", quantity=10), actor=archivist)
    package = open_package(project, actor=archivist)
    with pytest.raises(Conflict):
        open_package(project, actor=archivist)
    with pytest.raises(NotNow, match="还缺"):
        complete_package(package, actor=archivist)
    item = missing_items(package).get(key="minutes")
    paper = store(b"minutes", name="纪要.txt", actor=archivist, purpose="archive")
    with pytest.raises(NotAllowed):
        supply_paper(package, actor=cast.actor("buyer"), item=item.pk, papers=[paper])
    with pytest.raises(Invalid):
        supply_paper(package, actor=archivist, item=item.pk, papers=[])
    with pytest.raises(Invalid):
        excuse_paper(package, actor=archivist, item=item.pk, reason=" ")
    with pytest.raises(Invalid, match="不缺"):
        excuse_paper(package, actor=archivist, item=package.items.get(key="plan").pk, reason="没有")
    stale = fresh(package)
    supply_paper(package, actor=archivist, item=item.pk, papers=[paper])
    assert (state_of(package, "minutes"), package.missing_count) == (ArchiveItem.SUPPLIED, 0)
    with pytest.raises(Conflict):
        recount_package(stale, actor=archivist)
    recount_package(package, actor=archivist)
    assert state_of(package, "minutes") == ArchiveItem.SUPPLIED
    assert verbs(package) == ["recount", "supply", "create"]
    for login in ("street", "provider1", "evaluator", "admin", "other_leader"):
        assert not visible_packages(cast.actor(login)).exists()


def test_the_whole_way(cast: Cast) -> None:
    archivist, auditor = cast.actor("archivist"), cast.actor("auditor")
    package = filled_package(cast, open_package(terminated(cast), actor=archivist))
    complete_package(package, actor=archivist)
    assert (package.number, package.voucher_until) == ("五青档〔2026〕1号", None)
    assert f"{package.file_until}" == f"{package.retain_until}" == "2041-09-01"
    with pytest.raises(NotNow, match="还没有生成"):
        check_package(package, actor=auditor, opinion=OPINION)
    print_now()
    package = fresh(package)
    bag = package.bags.get()
    assert (bag.state, bag.tests.get().ok) == ("done", True)
    with pytest.raises(NotAllowed):
        check_package(package, actor=archivist, opinion=OPINION)  # who arranged it
    with pytest.raises(Invalid):
        check_package(package, actor=auditor, opinion=" ")
    send_back_package(package, actor=auditor, reason="会议纪要不清楚")
    complete_package(package, actor=archivist)
    assert package.number == "五青档〔2026〕1号"
    print_now()
    package = fresh(package)
    assert list(package.bags.values_list("n", "state")) == [(2, "done"), (1, "done")]
    check_package(package, actor=auditor, opinion=OPINION)
    with pytest.raises(Invalid) as refusal:
        hand_over_package(
            package, actor=archivist, receiver=" ", receiver_name="", handed_on=clock.today() + timedelta(1), medium=""
        )
    assert set(refusal.value.errors) == {"receiver", "receiver_name", "handed_on", "medium"}
    hand_over_package(
        package, actor=archivist, receiver="五华区档案馆", receiver_name="钱馆", handed_on=clock.today(), medium="硬盘"
    )
    form = hand_over_form(package)
    newest = package.bags.get(n=2)
    assert (form.tag_digest, form.receiver, form.files) == (newest.tag_digest, "五华区档案馆", newest.files)
    retain_package(package, actor=archivist, location="3 号库")
    assert package.status == "retained"
    assert verbs(package)[:7] == ["retain", "hand_over", "check", "packed", "complete", "send_back", "packed"]
    facts = next(each.facts for each in journal.entries_for(package) if each.verb == "hand_over")
    assert facts["tag_digest"] == newest.tag_digest
    assert [each for each in verify()[1] if each.object_key.startswith("audit.archive")] == []


def test_the_provider_hands_in_what_it_owes(cast: Cast) -> None:
    contract = closed_contract(cast)
    package = opened_package(cast, contract)
    item, login = package.items.get(key="expenses"), provider_of(cast, contract)
    assert (item.state, item.owner) == (ArchiveItem.MISSING, "provider_admin")
    place = reverse("archives:hand_in", args=[contract.pk])
    duties = {task.name: task.url for task in tasks_for(cast.actor(login))}
    assert duties["archive.hand_in"] == place
    assert "archive.supply" not in {task.name for task in tasks_for(cast.actor("finance"))}
    assert "由承接单位提供" in cast.client("archivist").get(package.get_absolute_url()).content.decode()
    client = cast.client(login)
    assert place in client.get(contract.get_absolute_url()).content.decode()
    assert "还缺 1 项：专账与支出凭证" in client.get(place).content.decode()
    for other in ("provider2", "buyer", "archivist", "street", "auditor"):
        assert cast.client(other).get(place).status_code == 404
        assert place not in cast.client(other).get(contract.get_absolute_url()).content.decode()
    assert client.get(package.get_absolute_url()).status_code == 404
    refused = client.post(place, {"item": str(item.pk), "note": "共 3 页"})
    assert refused.status_code == 422
    assert "共 3 页" in refused.content.decode()
    done = client.post(place, {"item": str(item.pk), "note": "共 3 页", "papers": [pdf()]})
    assert done.status_code == 302
    package = fresh(package)
    assert state_of(package, "expenses") == ArchiveItem.SUPPLIED
    assert package.missing_count == missing_items(package).count()
    entry = journal.entries_for(package)[0]
    assert (entry.verb, entry.facts["paper"]) == ("hand_in", "专账与支出凭证")
    assert "archive.hand_in" not in {task.name for task in tasks_for(cast.actor(login))}
    assert Message.objects.filter(kind="archive.handed_in").exists()
    with pytest.raises(NotAllowed):
        hand_in_paper(contract, actor=cast.actor("provider2"), item=item.pk, papers=[pdf()])
    minutes = package.items.get(key="minutes")  # the buyer's
    with pytest.raises(Invalid):
        hand_in_paper(contract, actor=cast.actor(login), item=minutes.pk, papers=[pdf()])
    complete_package(filled_package(cast, package), actor=cast.actor("archivist"))
    with pytest.raises(NotNow):
        hand_in_paper(contract, actor=cast.actor(login), item=item.pk, papers=[pdf()])
    assert client.get(place).status_code == 404
    assert [each for each in verify()[1] if each.object_key.startswith("audit.archive")] == []


def test_each_contract_of_a_case_owes_its_own_papers(cast: Cast) -> None:
    """Two lots, two providers: what one files or hands in says nothing of the other; the catalogue names both."""
    first, second = closed_contracts_of_two_lots(cast)
    file_contract(first, actor=cast.actor("buyer"), filing_number="五财采备2026001号", filed_on=clock.today())
    package = opened_package(cast, first)
    states = {(item.key, item.contract_id): item.state for item in package.items.all()}
    assert states["minutes", None] == ArchiveItem.MISSING
    assert (states["filing", first.pk], states["filing", second.pk]) == (ArchiveItem.FOUND, ArchiveItem.MISSING)
    assert [package.items.get(key="payment", contract=each).found_count for each in (first, second)] == [2, 2]
    for key in ("contract_notice", "acceptance_notice", "invoice", "settlement"):
        shown = [item.evidence for item in package.items.filter(key=key).order_by("whose")]
        assert len(shown) == 2
        assert not {each["url"] for each in shown[0]} & {each["url"] for each in shown[1]}, key
    mine, theirs = (package.items.get(key="expenses", contract=each) for each in (first, second))
    page = cast.client("archivist").get(package.get_absolute_url()).content.decode()
    for contract in (first, second):
        assert f"{contract.number} {contract.provider}：由承接单位提供" in page
    handed = hand_in_paper(first, actor=cast.actor("provider1"), item=mine.pk, papers=[pdf()])
    assert journal.entries_for(handed)[0].facts == {"paper": "专账与支出凭证", "contract": first.number}
    with pytest.raises(Invalid):  # of the other provider
        hand_in_paper(first, actor=cast.actor("provider1"), item=theirs.pk, papers=[pdf()])
    owing = {login: {task.name for task in tasks_for(cast.actor(login))} for login in ("provider1", "provider2")}
    assert ("archive.hand_in" in owing["provider1"], "archive.hand_in" in owing["provider2"]) == (False, True)
    with pytest.raises(NotNow, match=f"合同备案（{second.number} {second.provider}）"):
        complete_package(fresh(package), actor=cast.actor("archivist"))
    recount_package(fresh(package), actor=cast.actor("archivist"))
    assert package.items.get(pk=mine.pk).state == ArchiveItem.SUPPLIED
    complete_package(filled_package(cast, fresh(package)), actor=cast.actor("archivist"))
    # What a bag's catalogue and manifest say of it.
    told = {each.whose: each.state for each in asked_of(package) if each.title == "专账与支出凭证"}
    assert told == {mine.whose: "已补交", theirs.whose: "已说明"}
    supplied = [each.about for each in originals_of(package.case_key, []) if each.label == "补交材料"]
    assert sorted(supplied) == sorted([first.journal_key, package.journal_key])  # the voucher, the minutes


def test_a_spoiled_bag_fails_its_test(cast: Cast) -> None:
    package = small_package(cast)
    bag = package.bags.select_related("document").get()
    content = read(bag.document)
    default_storage.delete(bag.document.key)
    default_storage.save(bag.document.key, ContentFile(content.replace("归档".encode(), "归挡".encode(), 1)))
    retest_package(package, actor=cast.actor("auditor"))
    print_now()
    package = fresh(package)
    test = package.bags.get().tests.first()
    assert test is not None
    assert not test.ok
    with pytest.raises(NotNow, match="四性检测"):
        check_package(package, actor=cast.actor("auditor"), opinion=OPINION)


def test_the_clock_opens_counts_and_takes_back(cast: Cast) -> None:
    project = terminated(cast)
    failed = cancelled_order(cast, title="取消的订单", quantity=10).project
    assert tend_packages() == 1
    assert tend_packages() == 0
    package = ArchivePackage.objects.get()
    assert (package.project_id, package.status) == (project.pk, "collecting")
    with clock.travel(clock.local(clock.now()) + timedelta(days=91)):
        assert tend_packages() == 1
    assert ArchivePackage.objects.get(project=failed).ending == "failed"
    package = small_package(cast, title="第二个", quantity=20)
    Project.objects.filter(pk=package.project_id).update(status="procuring")
    assert tend_packages() >= 1
    assert fresh(package).status == "collecting"
    assert verbs(package)[0] == "reopen"


def test_a_download_is_a_deed(cast: Cast) -> None:
    package = small_package(cast)
    address = reverse("archives:take", args=[package.number, 1])
    for login, status in (("buyer", 403), ("leader", 403), ("provider1", 404), ("street", 404), ("other_leader", 404)):
        assert cast.client(login).post(address).status_code == status, login
    for login in ("archivist", "auditor", "discipline", "district_finance"):
        answer = cast.client(login).post(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, ZIP), login
    assert verbs(package)[:5] == ["download"] * 4 + ["packed"]
    assert cast.client("archivist").get(address).status_code == 405
    with pytest.raises(NotAllowed):
        note_download(package, actor=cast.actor("buyer"), bag=package.bags.get())


def test_pages(cast: Cast, django_assert_max_num_queries: Any) -> None:
    package = opened_package(cast)
    client = cast.client("archivist")
    page = client.get(package.get_absolute_url()).content.decode()
    assert "班子会议纪要" in page
    assert "由业务经办提供" in page
    item = missing_items(package).first()
    assert item is not None
    done = client.post(
        f"{package.get_absolute_url()}excuse/",
        {"item": str(item.pk), "reason": "没有", "version": package.version, "idempotency_key": "k1"},
    )
    assert done.status_code == 302
    wrong = client.post(f"{package.get_absolute_url()}supply/", {"item": "", "idempotency_key": "k2"})
    assert wrong.status_code == 422
    assert "归档目录" in client.get(reverse("archives:papers")).content.decode()
    assert cast.client("provider1").get(reverse("archives:papers")).status_code == 404
    assert cast.client("buyer").get(reverse("archives:open")).status_code == 404
    assert "资料档案" in client.get(package.project.get_absolute_url()).content.decode()
    other = terminated(cast, title="第二个", quantity=20)
    made = client.post(reverse("archives:open"), {"project": str(other.pk), "idempotency_key": "k3"})
    assert made["Location"] == ArchivePackage.objects.get(project=other).get_absolute_url()
    with django_assert_max_num_queries(32):
        client.get(package.get_absolute_url())


def asked(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_thirty_cost_no_more_questions_than_one(cast: Cast) -> None:
    """List, desk and page, with thirty packages of which one has thirty scans."""
    package, actor, client = (
        open_package(terminated(cast), actor=SYSTEM),
        cast.actor("archivist"),
        cast.client("archivist"),
    )
    item = package.items.get(key="minutes")
    scan = store(b"page", name="纪要.txt", actor=actor, purpose="archive")
    ArchiveScan.objects.create(item=item, document=scan, by_name="孙文")
    addresses = (reverse("archives:list"), "/w/", package.get_absolute_url())
    first = [asked(client, url) for url in addresses]
    ArchiveScan.objects.bulk_create(ArchiveScan(item=item, document=scan, by_name="孙文") for _n in range(29))
    for n in range(29):
        project, copy = Project.objects.get(pk=package.project_id), ArchivePackage.objects.get(pk=package.pk)
        project.pk, project.ocid, project.number = uuid4(), f"ocds-{n}", f"五青项〔2026〕{100 + n}号"
        project.save(force_insert=True)
        copy.pk, copy.project, copy.audit_n = uuid4(), project, 0
        copy.save(force_insert=True)
    assert [asked(client, url) for url in addresses] == first
    assert first[0] <= 14
