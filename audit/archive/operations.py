"""Verbs of the archive (资料档案): opened, counted, complete, checked, handed over, kept; the clock's round."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from audit.archive.facts import counted
from audit.archive.models import ArchiveBag, ArchiveItem, ArchivePackage, ArchiveTest
from audit.archive.queries import (
    ENDS,
    chain_heads,
    ended_without_package,
    missing_items,
    moved_on,
    newest_bag,
    required_papers,
    to_appraise,
)
from audit.permissions.archive import can_download, can_open_package
from core import clock, journal
from core.actor import SYSTEM, Actor
from core.documents import Document, store
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.identifiers import next_number
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.outbox import enqueue
from procurement.payments.models import Payment
from procurement.projects.models import Project
from procurement.rules.queries import parameter

BAG, TEST = "archive_bag", "archive_test"
"""Topics of the outbox: audit/archive/packing.py does the work."""


@transaction.atomic
def open_package(project: Project, *, actor: Actor) -> ArchivePackage:
    """Open the archive package of a project that has ended (建档), and count what it holds.

    raises  NotAllowed · NotNow (the project goes on) · Conflict (it has one)
    writes  package and items; one journal entry "create"
    source  R56; 政府采购法第四十二条
    """
    if not can_open_package(actor, project):
        raise NotAllowed(_("档案由本单位档案员建立。"))
    if project.status not in ENDS:
        raise NotNow(_("项目当前状态是「%(status)s」，结束以后才建档。") % {"status": project.status_label})
    if ArchivePackage.objects.filter(project=project).exists():
        raise Conflict(_("这个项目已经建档。"))
    package = begin(
        ArchivePackage(
            project=project, buyer_id=project.buyer_id, region_path=project.region_path, title=project.title,
            ending=project.status, ended_on=_ended_on(project),
        ),
        actor=actor,
        facts={"project": project.number, "ending": project.status},
    )  # fmt: skip
    missing, _changed = _count(package)
    ArchivePackage.objects.filter(pk=package.pk).update(missing_count=missing)
    package.missing_count = missing
    if missing:
        tell(
            people_with_role(package.buyer_id, "archivist"),
            sentence=_("「%(title)s」已建档，缺 %(n)s 项材料。") % {"title": package.title, "n": missing},
            url=package.get_absolute_url(),
            kind="archive.opened",
            key=f"archive.opened:{package.pk}",
        )
    return package


def _ended_on(project: Project) -> date:
    """The day in Shanghai on which the project came to its present status."""
    entries = journal.entries_for(project)
    at = next((each.at for each in entries if each.target == project.status and each.source != project.status), None)
    return clock.local(at or clock.now()).date()


def _count(package: ArchivePackage) -> tuple[int, bool]:
    """Bring the items up to date with the records. returns  how many are missing, whether anything changed

    writes  the items that differ
    """
    known = {(item.key, item.contract_id): item for item in package.items.prefetch_related("scans")}
    fresh, changed = [], []
    for each in counted(package.project, required_papers(package.ended_on)):
        paper, contract = each.paper, each.contract.pk if each.contract else None
        item = known.pop((paper.key, contract), None)
        told = {
            "whose": each.whose, "n": paper.n, "stage": paper.stage, "title": paper.title, "source": paper.source, "verified": paper.verified,
            "owner": paper.owner, "place": paper.place, "state": _state(each.proofs, item),
            "found_count": len(each.proofs or ()), "evidence": each.shown,
        }  # fmt: skip
        if item is None:
            fresh.append(ArchiveItem(package=package, key=paper.key, contract_id=contract, **told))
        elif any(getattr(item, name) != value for name, value in told.items()):
            for name, value in told.items():
                setattr(item, name, value)
            changed.append(item)
    for gone in known.values():  # the list no longer asks for it: what was supplied or said of it stays listed
        state = ArchiveItem.NOT_DUE if _state([], gone) == ArchiveItem.MISSING else _state([], gone)
        if gone.state != state:
            gone.state = state
            changed.append(gone)
    ArchiveItem.objects.bulk_create(fresh)
    names = ["whose", "n", "stage", "title", "source", "verified", "owner", "place", "state", "found_count", "evidence"]
    ArchiveItem.objects.bulk_update(changed, names)
    return missing_items(package).count(), bool(fresh or changed)


def _state(proofs: list[Any] | None, item: ArchiveItem | None) -> str:
    if proofs is None:
        return ArchiveItem.NOT_DUE
    if proofs:
        return ArchiveItem.FOUND
    if item is not None and item.scans.all():
        return ArchiveItem.SUPPLIED
    return ArchiveItem.EXCUSED if item is not None and item.excuse else ArchiveItem.MISSING


@transaction.atomic
def recount_package(package: ArchivePackage, *, actor: Actor) -> ArchivePackage:
    """Count anew (重新清点).

    raises  NotAllowed · NotNow · Conflict
    writes  the items; the project's end where it has another one by now; one journal entry
    """
    require(package, "recount", actor)
    changes: dict[str, Any] = {}
    project = Project.objects.get(pk=package.project_id)
    if project.status in ENDS:
        changes = {"ending": project.status, "ended_on": _ended_on(project)}
        package.ended_on = changes["ended_on"]
    missing, _changed = _count(package)
    return advance(package, "recount", actor=actor, facts={"missing": missing}, missing_count=missing, **changes)


@transaction.atomic
def complete_package(package: ArchivePackage, *, actor: Actor) -> ArchivePackage:
    """Declare it complete (整理齐全): number, retention, and a bag that a worker makes.

    raises  NotAllowed · NotNow (something is missing; the project goes on) · Conflict
    writes  items as they are now, status, number, dates; a bag and its place in the outbox; one journal entry
    source  政府采购法第四十二条; 会计档案管理办法
    """
    require(package, "complete", actor)
    project = Project.objects.select_related("buyer").get(pk=package.project_id)
    if project.status not in ENDS:
        raise NotNow(_("项目当前状态是「%(status)s」，结束以后才能归档。") % {"status": project.status_label})
    package.ended_on = _ended_on(project)
    missing, _changed = _count(package)
    if missing:
        titles = "、".join(map(str, missing_items(package)[:6]))
        raise NotNow(_("还缺 %(n)s 项：%(titles)s。请补交或者说明。") % {"n": missing, "titles": titles})
    buyer = project.buyer
    number = package.number or next_number(buyer.number_prefix or buyer.short_name or buyer.name[:4], "档")
    package = advance(
        package, "complete", actor=actor, facts={"number": number, **{k: f"{v}" for k, v in _kept(package).items()}},
        number=number, ending=project.status, ended_on=package.ended_on, missing_count=0, arranged_by_key=actor.user_key,
        arranged_by_name=actor.user_name, arranged_at=clock.now(), **_kept(package),
    )  # fmt: skip
    _request_bag(package, actor)
    return package


def _kept(package: ArchivePackage) -> dict[str, Any]:
    """Until when it is kept, by the dated rules: the file from the purchase's end, vouchers from the year's end on."""
    file_rule, voucher_rule = parameter("archive.retention.file"), parameter("archive.retention.voucher")
    last = (
        Payment.objects.filter(settlement__contract__award__lot__order__project=package.project_id, status="paid")
        .order_by("-paid_on")
        .values_list("paid_on", flat=True)
        .first()
    )
    file_until = years_later(package.ended_on, int(file_rule.value))
    voucher_until = date(last.year + int(voucher_rule.value), 12, 31) if last else None
    rules = [file_rule, *([voucher_rule] if last else [])]
    words = [
        f"{rule.label} {rule.value} 年 · {rule.source}" + ("" if rule.verified else _("（待核实）")) for rule in rules
    ]
    return {
        "file_until": file_until,
        "voucher_until": voucher_until,
        "retain_until": max(file_until, voucher_until or file_until),
        "retention_rule": "；".join(words)[:300],
    }


def years_later(day: date, years: int) -> date:
    """The same day some years on; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 2, 28)


def _request_bag(package: ArchivePackage, actor: Actor) -> ArchiveBag:
    last = package.bags.aggregate(last=Max("n"))["last"] or 0
    bag = ArchiveBag.objects.create(
        package=package, n=last + 1, asked_by_name=actor.user_name, asked_at=clock.now(), heads=chain_heads(package)
    )
    enqueue(BAG, {"bag": str(bag.pk)}, key=f"{BAG}:{bag.pk}")
    return bag


@transaction.atomic
def repack_package(package: ArchivePackage, *, actor: Actor) -> ArchivePackage:
    """Ask for another bag of the records as they are now (重新打包); former ones stay.

    raises  NotAllowed · NotNow (one is being made) · Conflict
    writes  a bag and its place in the outbox; one journal entry
    """
    require(package, "repack", actor)
    bag = newest_bag(package)
    if bag is not None and not bag.is_over:
        raise NotNow(_("档案包正在生成，请等它完成。"))
    package = advance(package, "repack", actor=actor)
    _request_bag(package, actor)
    return package


def passed_bag(package: ArchivePackage) -> tuple[ArchiveBag, ArchiveTest]:
    """The newest bag and its newest test, if it passed. raises  NotNow, saying what is wanting"""
    bag = newest_bag(package)
    if bag is None or not bag.is_over:
        raise NotNow(_("档案包还没有生成，请稍候。"))
    test = next(iter(bag.tests.all()), None)
    if bag.state == ArchiveBag.FAILED or test is None:
        raise NotNow(_("档案包没有生成，请重新打包。"))
    if not test.ok:
        raise NotNow(_("四性检测没有通过，请看检测结果。"))
    return bag, test


@transaction.atomic
def retest_package(package: ArchivePackage, *, actor: Actor) -> ArchivePackage:
    """Have the newest bag read and tested again (四性检测); a worker does it.

    raises  NotAllowed · NotNow (there is no bag) · Conflict
    writes  its place in the outbox; one journal entry
    """
    require(package, "retest", actor)
    bag = newest_bag(package)
    if bag is None or bag.document_id is None:
        raise NotNow(_("档案包还没有生成。"))
    package = advance(package, "retest", actor=actor, facts={"bag": bag.n})
    key = f"{TEST}:{bag.pk}:{package.version}"
    enqueue(TEST, {"bag": str(bag.pk), "by": actor.user_name, "test": key}, key=key)
    return package


@transaction.atomic
def check_package(package: ArchivePackage, *, actor: Actor, opinion: str) -> ArchivePackage:
    """Confirm that it is authentic, complete, usable and safe (检查合格).

    raises  NotAllowed (also who arranged it) · NotNow (no bag, a test failed) · Invalid at opinion · Conflict
    writes  status, who, opinion; one journal entry with the bag's digest
    source  档案法第三十九条; 档案法实施条例第三十九条
    """
    require(package, "check", actor)
    bag, _test = passed_bag(package)
    if not opinion.strip():
        raise Invalid(_("请写明抽看了什么、结论是什么。"), field="opinion")
    return advance(
        package, "check", actor=actor, facts={"bag": bag.n, "tag_digest": bag.tag_digest},
        checked_by_name=actor.user_name, checked_at=clock.now(), opinion=opinion.strip()[:400],
    )  # fmt: skip


@transaction.atomic
def send_back_package(package: ArchivePackage, *, actor: Actor, reason: str) -> ArchivePackage:
    """Send it back to be arranged better (退回整理), with the reason; the number stays."""
    return advance(package, "send_back", actor=actor, reason=reason, checked_by_name="", checked_at=None, opinion="")


@transaction.atomic
def hand_over_package(
    package: ArchivePackage, *, actor: Actor, receiver: str, receiver_name: str, handed_on: date, medium: str
) -> ArchivePackage:
    """Register the hand-over (登记移交): to whom, when, how.

    raises  NotAllowed · NotNow · Invalid at receiver, receiver_name, medium, handed_on · Conflict
    writes  status and what was said; one journal entry with the digest that both sides have on paper
    source  机关档案管理规定（国家档案局令第13号）
    """
    require(package, "hand_over", actor)
    errors = {
        name: [_("请填写这一栏。")]
        for name, text in (("receiver", receiver), ("receiver_name", receiver_name), ("medium", medium))
        if not text.strip()
    }
    if handed_on > clock.today():
        errors["handed_on"] = [_("移交日期不能晚于今天。")]
    elif package.checked_at and handed_on < clock.local(package.checked_at).date():
        errors["handed_on"] = [_("移交日期不能早于检查日期。")]
    if errors:
        raise Invalid(errors=errors)
    bag, _test = passed_bag(package)
    return advance(
        package, "hand_over", actor=actor,
        facts={"receiver": receiver.strip(), "bag": bag.n, "tag_digest": bag.tag_digest, "files": bag.files},
        receiver=receiver.strip()[:100], receiver_name=receiver_name.strip()[:64], handed_on=handed_on,
        medium=medium.strip()[:100], handed_by_name=actor.user_name,
    )  # fmt: skip


@transaction.atomic
def retain_package(package: ArchivePackage, *, actor: Actor, location: str, receipt: Any = None) -> ArchivePackage:
    """Register where it lies, with the signed hand-over form (登记入库).

    receipt  upload or Document of the form as both sides signed it, or None
    raises   NotAllowed · NotNow · Invalid at location, receipt · Conflict
    writes   status, place, document; one journal entry
    """
    require(package, "retain", actor)
    if not location.strip():
        raise Invalid(_("请填写存放位置。"), field="location")
    kept = receipt
    if receipt and not isinstance(receipt, Document):
        kept = store(receipt, name=receipt.name, actor=actor, purpose="archive", field="receipt")
    return advance(
        package, "retain", actor=actor, documents=[kept] if kept else (), location=location.strip()[:120],
        receipt=kept or None,
    )  # fmt: skip


@transaction.atomic
def note_download(package: ArchivePackage, *, actor: Actor, bag: ArchiveBag) -> Document:
    """Write down that somebody takes a bag away (下载档案包), and hand out its document.

    raises  NotAllowed · NotNow (it was not made, or was destroyed)
    writes  one journal entry "download" with its digest
    """
    if not can_download(actor, package):
        raise NotAllowed(_("档案包只给档案员和监督岗位下载。"))
    if bag.document is None:
        raise NotNow(_("档案包还没有生成。"))
    if package.status == "destroyed":
        raise NotNow(_("档案包已经销毁，销毁清单里有它的摘要。"))
    facts = {"bag": bag.n, "sha256": bag.document.sha256}
    journal.record(package, "download", actor=actor, facts=facts, documents=[bag.document])
    return bag.document


# --- The clock --------------------------------------------------------------------------------------------------------


def tend_packages() -> int:
    """The nightly round: open packages of what ended, count anew, take back what goes on, appraise what is over.

    A project whose purchase failed is waited for (archive.failed_wait): it may be bought anew.
    returns  how many packages moved; safe to repeat
    """
    moved = 0
    patience = int(parameter("archive.failed_wait").value)
    for project in ended_without_package():
        if project.status == "failed" and (clock.today() - _ended_on(project)).days < patience:
            continue
        with transaction.atomic():
            open_package(project, actor=SYSTEM)
        moved += 1
    for package in ArchivePackage.objects.filter(status="collecting").select_related("project"):
        moved += _recount_if_changed(package)
    for package in moved_on():
        with transaction.atomic():
            advance(package, "reopen", actor=SYSTEM, checked_by_name="", checked_at=None, opinion="")
        moved += 1
    for package in to_appraise():
        with transaction.atomic():
            advance(package, "expire", actor=SYSTEM)
        moved += 1
    return moved


@transaction.atomic
def _recount_if_changed(package: ArchivePackage) -> bool:
    missing, changed = _count(package)
    if changed:
        advance(package, "recount", actor=SYSTEM, facts={"missing": missing}, missing_count=missing)
    return changed
