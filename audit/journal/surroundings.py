"""What the journal is about, compared with it (全面核验): files, reports, notices, columns that entries state, the ledger's sums.

Each digest that an entry names must have its document, each document its file with that digest. What the journal says was
destroyed may be gone. Documents that no entry names are counted: their file is compared with their row, and the row with nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db.models import F, Sum

from audit.journal.findings import Finding
from audit.journal.models import JournalEntry
from audit.journal.rows import any_text, in_bytes
from audit.journal.told import DESTROYING, PUBLISHING, REPORTING, TOLD, VERBS
from core.aggregates import Journaled
from core.documents import Document
from core.reports import ReportJob
from procurement.budgets.models import Allocation, BudgetLine, LedgerEntry
from procurement.notices.models import Notice
from procurement.payments.models import Payment

BATCH = 5_000
PIECE = 1024 * 1024
NO_DOCUMENTS = b'"documents":[]'


@dataclass
class Told:
    """What all entries say together.

    columns    by (object, column): the last word on it, and in which entry
    documents  by digest: the object and entry that named it first;  destroyed: digests that are rightly gone
    reports    by job: the digests, the object and the entry;  releases: by notice, the digest of its release
    """

    columns: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    documents: dict[str, tuple[str, int]] = field(default_factory=dict)
    destroyed: set[str] = field(default_factory=set)
    reports: dict[str, tuple[list[str], str, int]] = field(default_factory=dict)
    releases: dict[str, tuple[str, int]] = field(default_factory=dict)


@dataclass
class Surroundings:
    """findings, and how much was compared: documents, of which unnamed ones no entry names; reports, notices, columns."""

    findings: list[Finding]
    documents: int = 0
    unnamed: int = 0
    reports: int = 0
    notices: int = 0
    columns: int = 0


def verify_surroundings() -> Surroundings:
    """Compare everything around the journal with it. returns  findings and counts; reads every stored file once"""
    found = Surroundings([])
    with any_text():
        told = read_told()
        for part in (
            _documents(told, found),
            _reports(told, found),
            _notices(told, found),
            _columns(told, found),
            _money(),
        ):
            found.findings.extend(part)
    return found


def read_told() -> Told:
    """Read what the entries state; most say nothing of this and are not parsed."""
    told = Told()
    rows = JournalEntry.objects.order_by("object_key", "n").values_list("object_key", "n", "verb", "body")
    for key, n, verb, stored in rows.iterator(chunk_size=BATCH):
        raw = in_bytes(stored)
        if verb not in VERBS and verb not in DESTROYING and NO_DOCUMENTS in raw:
            continue
        try:
            _listen(told, key, n, verb, json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError):  # altered, which the walk over the chains has named
            continue
    return told


def _listen(told: Told, key: str, n: int, verb: str, body: dict[str, Any]) -> None:
    facts, name = body["facts"], key.rpartition(":")[0]
    for digest in body["documents"]:
        told.documents.setdefault(digest, (key, n))
    if verb in DESTROYING:
        told.destroyed.update(body["documents"], facts.get("removed", ()))
    if verb == REPORTING and "job" in facts:
        told.reports[facts["job"]] = (body["documents"], key, n)
    if verb == PUBLISHING and name == Notice.journal_name and "release" in facts:
        told.releases[key] = (facts["release"], n)
    for column, sources in TOLD.get(name, {}).items():
        for source, fact in sources:
            if source == verb and (not fact or fact in facts):
                told.columns[key, column] = (str(facts[fact]) if fact else "", n)


def _documents(told: Told, found: Surroundings) -> Iterator[Finding]:
    """Every stored file against its row, every digest that an entry names against the rows."""
    rows = Document.objects.order_by("key").values_list("pk", "key", "sha256", "size")
    there: set[str] = set()
    last, state = "", (0, "")
    for pk, key, digest, size in rows.iterator(chunk_size=BATCH):
        found.documents += 1
        found.unnamed += digest not in told.documents
        there.add(digest)
        name = f"core.document:{pk}"
        if key != last:
            last, state = key, _state_of(key)
        if key != f"{digest[:2]}/{digest}":
            yield Finding(name, 0, "lies in another place than its digest says")
        elif not state[1]:
            if digest not in told.destroyed:
                yield Finding(name, 0, f"its file {key} is gone")
        elif state != (size, digest):
            yield Finding(name, 0, f"its file {key} was altered")
    for digest, (key, n) in sorted(told.documents.items()):
        if digest not in there and digest not in told.destroyed:
            yield Finding(key, n, f"no document has the digest {digest} that it names")


def _state_of(key: str) -> tuple[int, str]:
    """Size and digest of a stored file; (0, "") where there is none."""
    digest, size = hashlib.sha256(), 0
    try:
        with default_storage.open(key) as stream:
            while piece := stream.read(PIECE):
                digest.update(piece)
                size += len(piece)
    except (FileNotFoundError, IsADirectoryError):
        return 0, ""
    return size, digest.hexdigest()


def _reports(told: Told, found: Surroundings) -> Iterator[Finding]:
    """Every finished report's file against the digest that the journal has of it."""
    jobs = ReportJob.objects.filter(state=ReportJob.DONE).values_list("pk", "object_key", "document__sha256")
    for pk, about, digest in jobs.iterator(chunk_size=BATCH):
        found.reports += 1
        digests, key, n = told.reports.pop(str(pk), ([], "", 0))
        if not key:
            yield Finding(f"core.report:{pk}", 0, f"a report about {about} that the journal knows nothing of")
        elif key != about or digest not in digests:
            yield Finding(f"core.report:{pk}", n, f"its file is not the one that entry {n} of {key} names")
    for job, (_digests, key, n) in sorted(told.reports.items()):
        yield Finding(f"core.report:{job}", n, f"entry {n} of {key} names it, and it is gone")


def _notices(told: Told, found: Surroundings) -> Iterator[Finding]:
    """Every notice's frozen text against its digest, its release against the journal's."""
    for notice in Notice.objects.order_by("pk").iterator(chunk_size=500):
        found.notices += 1
        if notice.frozen_digest != notice.digest:
            yield Finding(notice.journal_key, 0, f"the text of {notice.number} is not the one that was frozen")
        release, n = told.releases.get(notice.journal_key, ("", 0))
        if release and notice.release_digest != release:
            yield Finding(notice.journal_key, n, f"the release of {notice.number} is not the one that was published")


def _columns(told: Told, found: Surroundings) -> Iterator[Finding]:
    """Every column of which an entry states the value."""
    for model in _journaled():
        columns = TOLD[model.journal_name]
        for row in model._base_manager.order_by("pk").values("pk", *columns).iterator(chunk_size=BATCH):
            key = f"{model.journal_name}:{row['pk']}"
            for column in columns:
                if (key, column) not in told.columns:
                    continue
                found.columns += 1
                value, n = told.columns[key, column]
                if not _same(row[column], value):
                    yield Finding(key, n, f"{column} is {row[column]}, entry {n} says {value}")


def _journaled() -> Iterator[type[Journaled]]:
    for model in apps.get_models():
        if issubclass(model, Journaled) and model.journal_name in TOLD:
            yield model


def _same(stored: Any, said: str) -> bool:
    if isinstance(stored, Decimal):
        try:
            return stored == Decimal(said or "0")
        except InvalidOperation:
            return False
    return ("" if stored is None else str(stored)) == said


def _money() -> Iterator[Finding]:
    """Allocations against the ledger, lines against allocations, the ledger against the payments that entries state."""
    moved: dict[Any, dict[str, Decimal]] = {}
    after: dict[Any, tuple[Decimal, Decimal, Decimal]] = {}
    paid: dict[str, Decimal] = {}
    rows = LedgerEntry.objects.order_by("allocation_id", "n").values_list(
        "allocation_id", "n", "kind", "amount", "planned_after", "contracted_after", "paid_after", "reference"
    )
    expected = 0
    for allocation, n, kind, amount, planned, contracted, paid_so_far, reference in rows.iterator(chunk_size=BATCH):
        expected = expected + 1 if allocation in moved else 1
        sums = moved.setdefault(allocation, {"plan": Decimal(), "contract": Decimal(), "pay": Decimal()})
        sign = -1 if kind.startswith("release") or kind == "refund" else 1
        sums[kind.removeprefix("release_").replace("refund", "pay")] += sign * amount
        if kind in {"pay", "refund"}:
            paid[reference] = paid.get(reference, Decimal()) + sign * amount
        if n != expected or (planned, contracted, paid_so_far) != tuple(sums.values()):
            yield Finding(f"procurement.allocation:{allocation}", n, "its ledger does not add up at this entry")
            expected, sums = n, dict(zip(sums, (planned, contracted, paid_so_far), strict=True))
            moved[allocation] = sums
        after[allocation] = (planned, contracted, paid_so_far)
    # Not in their usual order, which goes by the line: an allocation whose line is gone must not be left out.
    stands_now = Allocation.objects.order_by("pk")
    for pk, *stands in stands_now.values_list("pk", "planned_amount", "contracted_amount", "paid_amount"):
        if tuple(stands) != after.get(pk, (Decimal(), Decimal(), Decimal())):
            yield Finding(f"procurement.allocation:{pk}", 0, "its sums are not those of the ledger")
    lines = BudgetLine.objects.annotate(claimed=Sum("allocations__planned_amount"))
    for pk in (
        lines.exclude(planned_amount=F("claimed")).exclude(claimed=None, planned_amount=0).values_list("pk", flat=True)
    ):
        yield Finding(f"procurement.budget_line:{pk}", 0, "what it has planned is not the sum of its allocations")
    for pk, amount in Payment.objects.filter(status="paid").values_list("pk", "amount"):
        key = f"{Payment.journal_name}:{pk}"
        if paid.get(key, Decimal()) != amount:
            yield Finding(key, 0, f"the ledger has {paid.get(key, Decimal())} of its {amount}")
