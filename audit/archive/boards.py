"""What the pages of the archive show (资料档案): checklist, bag, tests, retention, the list of what was destroyed."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.roles import ROLES
from audit.archive.models import ArchiveBag, ArchiveItem, ArchivePackage, DestructionEntry
from audit.archive.queries import items_of_provider, visible_packages
from audit.archive.starting_list import PROVIDER, STAGES
from audit.permissions.archive import can_arrange, can_check, can_download, can_hand_in, can_open_package
from core.actor import Actor
from procurement.contracts.models import Contract
from procurement.contracts.queries import IN_FORCE
from procurement.projects.models import Project

MARKS = {
    ArchiveItem.FOUND: "ok",
    ArchiveItem.SUPPLIED: "ok",
    ArchiveItem.EXCUSED: "warn",
    ArchiveItem.MISSING: "bad",
}
OWNERS = {**ROLES, PROVIDER: "承接单位"}
FOLDED = 3
"""How many proofs of one paper a reader sees before unfolding the rest."""


def checklist(package: ArchivePackage, actor: Actor) -> dict[str, Any]:
    """The required papers by stage, each with its proofs or with who owes it; two queries."""
    items = list(package.items.exclude(state=ArchiveItem.NOT_DUE).prefetch_related("scans__document"))
    stages: dict[str, list[dict[str, Any]]] = {}
    for each in items:
        scans = [
            {
                "title": scan.document.name,
                "url": reverse("archives:file", args=[package.number or package.pk, scan.document_id]),
                "sha256": scan.document.sha256,
                "day": "",
                "note": scan.note,
            }
            for scan in each.scans.all()
        ]
        proofs = [*each.evidence, *scans]
        stages.setdefault(each.stage, []).append(
            {
                "item": each,
                "mark": MARKS[each.state],
                "owner": OWNERS[each.owner],
                "shown": proofs[:FOLDED],
                "folded": proofs[FOLDED:],
            }
        )
    due = sum(each.state == ArchiveItem.MISSING for each in items)
    return {
        "stages": [{"label": STAGES[stage], "rows": rows} for stage, rows in stages.items()],
        "total": len(items),
        "missing": due,
        "excused": sum(each.state == ArchiveItem.EXCUSED for each in items),
        "owed": [row for rows in stages.values() for row in rows if row["item"].state == ArchiveItem.MISSING],
    }


def bag_context(package: ArchivePackage, bag: ArchiveBag, actor: Actor) -> dict[str, Any]:
    """What the card of a bag shows: how it goes, or what it holds with its tests."""
    key = package.number or package.pk
    steps = [{"label": word, "done": bag.step > n, "on": bag.step == n} for n, word in enumerate(bag.STEPS)]
    kept = bag.document is not None and package.status != "destroyed"
    return {
        "bag": bag,
        "package": package,
        "steps": steps,
        "total": len(steps),
        "test": next(iter(bag.tests.all()), None),
        "card_url": reverse("archives:bag", args=[key, bag.n]),
        "take_url": reverse("archives:take", args=[key, bag.n]) if kept and can_download(actor, package) else "",
    }


def bag_section(package: ArchivePackage, actor: Actor) -> dict[str, Any] | None:
    """The newest bag as a card, former ones as a list; for who arranges, checks or oversees. Two queries."""
    if not (can_arrange(actor, package) or can_check(actor, package) or can_download(actor, package)):
        return None
    bags = list(package.bags.select_related("document").prefetch_related("tests"))
    if not bags:
        return None
    return {
        "newest": bag_context(package, bags[0], actor),
        "past": [bag_context(package, each, actor) for each in bags[1:]],
    }


def kept_section(package: ArchivePackage, actor: Actor) -> dict[str, Any]:
    """Until when it is kept and by which rule, who checked it, to whom it was handed over, where it lies."""
    facts = [{"label": _("项目"), "value": package.title, "url": package.project.get_absolute_url()}]
    pairs = [
        (_("项目结果"), f"{package.get_ending_display()} {package.ended_on}"),
        (_("采购文件保管至"), package.file_until),
        (_("会计凭证保管至"), package.voucher_until),
        (_("整包保管至"), package.retain_until),
        (_("依据"), package.retention_rule),
        (_("整理人"), package.arranged_by_name),
        (_("检查人"), package.checked_by_name),
        (_("检查意见"), package.opinion),
        (_("接收单位"), " ".join(filter(None, (package.receiver, package.receiver_name)))),
        (_("移交"), " ".join(filter(None, (f"{package.handed_on or ''}", package.medium)))),
        (_("存放位置"), package.location),
    ]
    facts += [{"label": label, "value": f"{value}"} for label, value in pairs if value]
    if package.receipt:
        url = reverse("archives:file", args=[package.number or package.pk, package.receipt_id])
        facts.append({"label": _("签字移交表"), "value": package.receipt.name, "url": url})
    return {"facts": facts}


def proposal_section(package: ArchivePackage, actor: Actor) -> dict[str, Any] | None:
    """A proposed destruction, and who may confirm it."""
    if package.status != "appraised" or not package.proposed_by_key:
        return None
    return {"package": package}


def destruction_section(package: ArchivePackage, actor: Actor) -> dict[str, Any] | None:
    """The destruction list's entry; one query."""
    if package.status != "destroyed":
        return None
    return {"entry": DestructionEntry.objects.get(package=package)}


def on_project(project: Project, actor: Actor) -> dict[str, Any] | None:
    """The archive of a project on the project's page, or the button that opens it. One query."""
    package = visible_packages(actor).filter(project=project).first()
    opens = (
        package is None and project.status in {"closed", "terminated", "failed"} and can_open_package(actor, project)
    )
    return {"package": package, "opens": opens} if package or opens else None


def on_contract(contract: Contract, actor: Actor) -> dict[str, Any] | None:
    """What the archive asks of this contract's provider, shown to the provider alone. One query for it, none for others."""
    if contract.status not in IN_FORCE or not can_hand_in(actor, contract):
        return None
    items = list(items_of_provider(contract))
    return {"items": items, "url": reverse("archives:hand_in", args=[contract.pk])} if items else None
