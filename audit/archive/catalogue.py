"""The catalogue of a bag (归档目录): what was asked for, what is inside, what is only named; the same for PDF and JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from audit.archive.models import ArchiveItem, ArchivePackage
from audit.archive.starting_list import STAGES
from core import clock


@dataclass(frozen=True)
class Listed:
    """One file of a bag, or (path "") one that is only named. journal: the entry that carries its digest, None if none does."""

    path: str
    sha256: str
    size: int
    label: str
    stage: str
    about: str
    journal: tuple[str, int] | None
    reason: str = ""


@dataclass(frozen=True)
class Asked:
    """One required paper as the catalogue lists it. whose: the contract and its provider, where the case has several."""

    n: int
    stage: str
    title: str
    source: str
    state: str
    count: int
    note: str
    whose: str = ""


@dataclass(frozen=True)
class Catalogue:
    """Everything that the catalogue says. moment: as of when, ISO text in Shanghai."""

    issuer: str
    number: str
    title: str
    case: str
    ocid: str
    project_number: str
    ending: str
    ended_on: date
    moment: str
    issued_on: date
    file_until: date | None
    voucher_until: date | None
    retention_rule: str
    arranged_by: str
    chains: int
    entries: int
    asked: tuple[Asked, ...]
    files: tuple[Listed, ...]
    withheld: tuple[Listed, ...] = field(default=())

    @property
    def data_digest(self) -> str:
        """SHA-256 over all that it says (数据摘要), hex; stands in the foot."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()

    def as_json(self) -> str:
        """The catalogue as index.json: for programs, and for verify.py."""
        told: dict[str, Any] = {"format": 1, **asdict(self)}
        return json.dumps(told, ensure_ascii=False, indent=1, default=str) + "\n"


def asked_of(package: ArchivePackage) -> tuple[Asked, ...]:
    """The checklist of a package as its catalogue lists it; papers that do not apply are left out. One query."""
    items = package.items.exclude(state=ArchiveItem.NOT_DUE)
    return tuple(
        Asked(
            n, STAGES[each.stage], each.title, each.source, each.get_state_display(), each.found_count, each.excuse,
            each.whose,
        )
        for n, each in enumerate(items, 1)
    )  # fmt: skip


def catalogue_of(
    package: ArchivePackage, at: Any, files: list[Listed], withheld: list[Listed], chains: int, entries: int
) -> Catalogue:
    """The catalogue of a package as of a moment."""
    project = package.project
    return Catalogue(
        issuer=package.buyer.name,
        number=package.number or "",
        title=package.title,
        case=package.case_key,
        ocid=project.ocid,
        project_number=project.number or "",
        ending=package.get_ending_display(),
        ended_on=package.ended_on,
        moment=clock.local(at).isoformat(),
        issued_on=clock.local(at).date(),
        file_until=package.file_until,
        voucher_until=package.voucher_until,
        retention_rule=package.retention_rule,
        arranged_by=package.arranged_by_name,
        chains=chains,
        entries=entries,
        asked=asked_of(package),
        files=tuple(files),
        withheld=tuple(withheld),
    )
