"""What a worker does for the archive: makes the bag that was asked for, tests one again. Repeats safely."""

from __future__ import annotations

import logging
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from audit.archive.bagging import Built, build, zip_bag
from audit.archive.checks import four_tests
from audit.archive.models import ArchiveBag, ArchivePackage, ArchiveTest
from audit.archive.operations import BAG, TEST
from audit.archive.queries import HELD
from core import clock
from core.actor import SYSTEM
from core.documents import ZIP, store_made
from core.lifecycle import advance
from core.messages import tell
from core.outbox import hold_lease, on_topic

log = logging.getLogger(__name__)


@on_topic(BAG)
def make_bag(payload: dict[str, Any]) -> None:
    """Make a bag, test it, store it, journal its digest: a bag that is over stays as it is.

    A fault is written on the bag, and told: asking again is the archivist's decision.
    """
    bag = ArchiveBag.objects.select_related("package__project", "package__buyer").get(pk=payload["bag"])
    if bag.is_over:
        return
    key = f"{BAG}:{bag.pk}"

    def progress(step: int) -> None:
        hold_lease(key)
        waiting = ArchiveBag.objects.filter(pk=bag.pk).exclude(state__in=(ArchiveBag.DONE, ArchiveBag.FAILED))
        waiting.update(state=ArchiveBag.RUNNING, step=step)

    try:
        with tempfile.TemporaryDirectory() as room:
            built = build(bag, Path(room), progress)
            progress(4)
            results = four_tests(built.folder, bag)
            progress(5)
            with tempfile.TemporaryFile() as packed:
                zip_bag(built.folder, packed, bag)
                packed.seek(0)
                _finish(bag, built, results, packed)
    except Exception as fault:
        log.exception("archive bag %s failed", bag.pk)
        _fail(bag, f"{type(fault).__name__}：{fault}")


def _finish(bag: ArchiveBag, built: Built, results: list[dict[str, Any]], packed: IO[bytes]) -> None:
    """The last transaction: file, test and journal entry, or nothing if another worker was first."""
    with transaction.atomic():
        locked = ArchiveBag.objects.select_for_update().get(pk=bag.pk)
        if locked.is_over:
            return
        package = ArchivePackage.objects.select_for_update().get(pk=bag.package_id)
        if package.status != "complete":
            _fail(bag, _("打包期间档案已退回整理，这一包作废。"))
            return
        name = f"{package.number}-{bag.n}.zip"
        document = store_made(packed, name=name, made=ZIP, actor=SYSTEM, purpose="archive_bag")
        ok = all(each["ok"] for each in results)
        ArchiveTest.objects.create(bag=bag, n=1, by_name=SYSTEM.user_name, ok=ok, results=results)
        ArchiveBag.objects.filter(pk=bag.pk).update(
            state=ArchiveBag.DONE, step=len(ArchiveBag.STEPS), finished_at=clock.now(), document=document,
            tag_digest=built.tag_digest, files=built.files, payload_size=built.payload_size, withheld=built.withheld,
            entries=built.entries, error="",
        )  # fmt: skip
        facts = {"bag": bag.n, "tag_digest": built.tag_digest, "files": built.files, "tests": ok}
        advance(package, "packed", actor=SYSTEM, facts=facts, documents=[document])
        people = [
            *people_with_role(package.buyer_id, "archivist"),
            *people_with_role(package.buyer_id, "funds_reviewer"),
        ]
        tell(
            people,
            sentence=_("档案包已生成，请另一位同事检查：%(title)s") % {"title": package.title},
            url=package.get_absolute_url(),
            kind="archive.packed",
            key=f"archive.packed:{bag.pk}",
        )


def _fail(bag: ArchiveBag, error: str) -> None:
    with transaction.atomic():
        waiting = ArchiveBag.objects.filter(pk=bag.pk).exclude(state=ArchiveBag.DONE)
        waiting.update(state=ArchiveBag.FAILED, finished_at=clock.now(), error=error[:400])
        tell(
            people_with_role(bag.package.buyer_id, "archivist"),
            sentence=_("档案包没有生成：%(title)s") % {"title": bag.package.title},
            url=bag.package.get_absolute_url(),
            kind="archive.packed",
            key=f"archive.packed:{bag.pk}",
        )


@on_topic(TEST)
def retest_bag(payload: dict[str, Any]) -> None:
    """Read a stored bag again and test it; a bag that was destroyed or is gone fails by name."""
    bag = ArchiveBag.objects.select_related("package", "document").get(pk=payload["bag"])
    if bag.document is None or bag.tests.filter(asked=payload["test"]).exists():
        return
    try:
        with unpacked(bag) as folder:
            results = four_tests(folder, bag, bag.tag_digest)
    except (OSError, zipfile.BadZipFile) as fault:
        note = f"{type(fault).__name__}：{fault}"[:200]
        results = [{"property": "可用性", "name": _("档案包能打开"), "ok": False, "note": note}]
    ok = all(each["ok"] for each in results)
    with transaction.atomic():
        package = ArchivePackage.objects.select_for_update().get(pk=bag.package_id)
        if bag.tests.filter(asked=payload["test"]).exists() or package.status not in HELD:
            return
        ArchiveTest.objects.create(
            bag=bag, n=bag.tests.count() + 1, by_name=payload["by"], ok=ok, results=results, asked=payload["test"]
        )
        advance(package, "tested", actor=SYSTEM, facts={"bag": bag.n, "tests": ok})


@contextmanager
def unpacked(bag: ArchiveBag) -> Iterator[Path]:
    """A stored bag in a folder of its own, for as long as it is looked at. raises  OSError · BadZipFile"""
    if bag.document is None:
        raise FileNotFoundError(str(bag))
    with tempfile.TemporaryDirectory() as room:
        with default_storage.open(bag.document.key) as stream, zipfile.ZipFile(stream) as packed:
            packed.extractall(room)
        yield next(each for each in Path(room).iterdir() if each.is_dir())
