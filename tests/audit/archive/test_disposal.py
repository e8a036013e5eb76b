"""The end of an archive: destroyed by two persons, what stays, kept longer."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse
from pypdf import PdfReader

from audit.archive.disposal import decline_destruction, destroy_package, extend_package, propose_destruction
from audit.archive.models import DestructionEntry
from audit.archive.reports import can_print_destruction, destruction_list
from audit.journal.verification import verify
from core import journal
from core.documents import Document, read, remove, store
from core.errors import Invalid, NotAllowed, NotNow
from core.reports import ReportJob, request_report
from tests.cast import Cast
from tests.journeys.archive import expired, kept_package
from tests.journeys.contracts import print_now


def verbs(thing: Any) -> list[str]:
    return [entry.verb for entry in journal.entries_for(thing)]


def test_destroyed_by_two_and_what_stays(cast: Cast) -> None:
    archivist, leader = cast.actor("archivist"), cast.actor("leader")
    package = kept_package(cast)
    with pytest.raises(NotNow):
        propose_destruction(package, actor=archivist, reason="到期")
    package = expired(package)
    assert package.status == "appraised"
    with pytest.raises(NotAllowed):
        destroy_package(package, actor=leader)  # nobody proposed it
    propose_destruction(package, actor=archivist, reason="到期，无继续保存价值")
    with pytest.raises(NotNow):
        propose_destruction(package, actor=archivist, reason="再提一次")
    for login in ("archivist", "buyer", "discipline", "other_leader", "district_finance"):
        with pytest.raises(NotAllowed):
            destroy_package(package, actor=cast.actor(login))
    decline_destruction(package, actor=leader, reason="再核对一次")
    propose_destruction(package, actor=archivist, reason="已核对，无继续保存价值")
    documents = [bag.document for bag in package.bags.select_related("document")]
    documents += [scan.document for item in package.items.all() for scan in item.scans.all()]
    destroy_package(package, actor=leader)
    assert all(default_storage.exists(each.key) for each in documents)  # until the transaction is over
    print_now()
    assert not any(default_storage.exists(each.key) for each in documents)
    entry = DestructionEntry.objects.get()
    assert (entry.proposed_by_name, entry.confirmed_by_name) == ("孙文", "陈立")
    assert {each["sha256"] for each in entry.removed} == {each.sha256 for each in documents}
    assert set(Document.objects.filter(removal__isnull=False)) == set(documents)
    with pytest.raises(NotNow, match="销毁"):
        read(documents[0])
    assert cast.client("archivist").post(reverse("archives:take", args=[package.number, 1])).status_code == 409
    assert verbs(package)[0] == "destroy"  # what was refused is no download
    page = cast.client("auditor").get(package.get_absolute_url()).content.decode()
    assert "销毁清单" in page
    assert documents[0].sha256[:8] in page
    told = destruction_list(package)
    assert (told.proposed.name, told.proposed.post, told.confirmed.name) == ("孙文", "档案员", "陈立")
    assert told.proposed.entry + 1 == told.confirmed.entry == journal.entries_for(package)[0].n
    assert {each.sha256 for each in told.removed} == {each.sha256 for each in documents}
    assert told.removed[0].tag_digest == package.bags.get().tag_digest
    assert told.opinion == "已核对，无继续保存价值"
    for login, may in {
        "archivist": True,
        "leader": True,
        "discipline": True,
        "buyer": False,
        "provider1": False,
    }.items():
        assert can_print_destruction(cast.actor(login), package) is may, login
    request_report("audit.archive_destruction", package, actor=leader)
    print_now()
    printed = ReportJob.objects.get(kind="audit.archive_destruction").document
    assert printed is not None
    text = "".join("".join(page.extract_text() for page in PdfReader(BytesIO(read(printed))).pages).split())
    for words in ("档案销毁清单", "孙文", "陈立", "第79号", documents[0].sha256[:20], told.confirmed.entry_digest[:20]):
        assert words in text, words
    assert [each for each in verify()[1] if each.object_key.startswith("audit.archive")] == []


def test_the_same_bytes_elsewhere_stay(cast: Cast) -> None:
    actor = cast.actor("archivist")
    one, two = (store(b"same", name=f"{n}.txt", actor=actor, purpose="archive") for n in "12")
    with transaction.atomic():
        remove(one, actor=actor, authority="audit.archive_package:x")
    print_now()
    assert read(two) == b"same"
    with transaction.atomic():
        remove(two, actor=actor, authority="audit.archive_package:x")
    print_now()
    assert not default_storage.exists(two.key)


def test_kept_longer(cast: Cast) -> None:
    archivist = cast.actor("archivist")
    package = expired(kept_package(cast))
    with pytest.raises(Invalid):
        extend_package(package, actor=archivist, years=0, reason="还有用")
    with pytest.raises(NotAllowed):
        extend_package(package, actor=cast.actor("leader"), years=5, reason="还有用")
    propose_destruction(package, actor=archivist, reason="到期")
    extend_package(package, actor=archivist, years=5, reason="审计在查")
    assert (package.status, f"{package.retain_until}", package.proposed_by_key) == ("extended", "2031-09-01", "")
    assert expired(package).status == "appraised"
