"""What a case holds of each required paper (清点): the finders of the papers, over what `dossier` has read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from audit.archive.dossier import Case, case_of
from audit.archive.models import ArchiveItem, RequiredPaper
from audit.archive.starting_list import OF_EACH_CONTRACT
from core import clock
from core.aggregates import Journaled
from core.documents import Document
from procurement.contracts.models import Contract
from procurement.orders.models import Order
from procurement.projects.models import Project


@dataclass(frozen=True)
class Proof:
    """One record or document that was found: sha256 of the file, or the head of the record's chain; day "2026-09-01"."""

    title: str
    url: str
    sha256: str
    day: str


def _day(moment: date | datetime | None) -> str:
    if moment is None:
        return ""
    return f"{clock.local(moment).date() if isinstance(moment, datetime) else moment}"


def _record(
    thing: Any, title: str = "", *, at: date | datetime | None = None, document: Document | None = None
) -> Proof:
    head = bytes(thing.audit_head).hex() if isinstance(thing, Journaled) else ""
    return Proof(
        title=title or str(thing),
        url=thing.get_absolute_url(),
        sha256=document.sha256 if document else head,
        day=_day(at or getattr(thing, "created_at", None)),
    )


def _notices(case: Case, *kinds: str) -> list[Proof]:
    found = [each for each in case.notices if each.kind in kinds]
    return [
        Proof(f"{each.get_kind_display()} {each.number}", each.get_absolute_url(), each.digest, _day(each.published_at))
        for each in found
    ]


def _published(case: Case) -> list[Order]:
    return [each for each in case.orders if each.published_at is not None]


def _catalog(case: Case) -> list[Proof]:
    item = case.project.item
    return [_record(item.edition, _("%(edition)s：%(code)s %(name)s") % {"edition": item.edition, "code": item.code, "name": item.name})]  # fmt: skip


def _budget(case: Case) -> list[Proof]:
    approved = {"approved", "closed"}
    return [
        _record(each.line, f"{each.line.code} {each.line}") for each in case.fundings if each.line.status in approved
    ]


def _minutes(case: Case) -> list[Proof]:
    """A paper among the project's files that calls itself minutes (会议纪要)."""
    url = case.project.get_absolute_url()
    return [
        Proof(each.document.name, url, each.document.sha256, _day(each.document.created_at))
        for each in case.files
        if "纪要" in each.document.name
    ]


def _orders(case: Case) -> list[Proof] | None:
    published = _published(case)
    return [_record(each, at=each.published_at) for each in published] if case.orders and published else None


def _tender_notice(case: Case) -> list[Proof] | None:
    return _notices(case, "tender", "amendment") if _published(case) else None


def _bids(case: Case) -> list[Proof] | None:
    if not case.openings:
        return None
    return [_record(each, f"{each.letter} {each.organization.name}", at=each.submitted_at) for each in case.bids]


def _openings(case: Case) -> list[Proof] | None:
    return [_record(each, at=each.opened_at) for each in case.openings] or None


def _draw(case: Case) -> list[Proof] | None:
    if not case.panels:
        return None
    drawn = [each for each in case.panels if each.seed]
    # A panel that was dissolved before its draw has none to show.
    return [_record(each) for each in drawn] or (None if all(p.status == "dissolved" for p in case.panels) else [])


def _declarations(case: Case) -> list[Proof] | None:
    seated = [each for each in case.panels if each.seats.all()]
    if not seated:
        return None
    told = [p for p in seated if all(seat.declared_at for seat in p.seats.all()) or p.status == "dissolved"]
    return [_record(each) for each in told] if len(told) == len(seated) else []


def _reviews(case: Case) -> list[Proof] | None:
    if not case.reviews:
        return None
    return [_record(each, at=each.consolidated_at) for each in case.reviews if each.lifecycle.statuses[each.status].end]


def _failure(case: Case) -> list[Proof] | None:
    ended = [each for each in case.orders if each.status in {"failed", "cancelled"}]
    return _notices(case, "failure", "cancellation") if any(each.published_at for each in ended) else None


def _awards(case: Case) -> list[Proof] | None:
    return [_record(each, at=each.published_at, document=each.document) for each in case.awards] or None


def _award_notice(case: Case) -> list[Proof] | None:
    return _notices(case, "award", "award_change") if case.awards else None


def _challenges(case: Case) -> list[Proof] | None:
    return [_record(each, document=each.document) for each in case.challenges] or None


def _replies(case: Case) -> list[Proof] | None:
    if not case.challenges:
        return None
    over = [each for each in case.challenges if each.lifecycle.statuses[each.status].end]
    return [_record(each) for each in over] if len(over) == len(case.challenges) else []


def _contracts(case: Case) -> list[Proof] | None:
    if not case.contracts:
        return None
    kept = [each for each in case.contracts if each.document]
    return [_record(each, at=each.signed_at, document=each.document) for each in kept]


def _signatures(case: Case) -> list[Proof] | None:
    if not case.contracts:
        return None
    sides = [{s.side for s in each.signatures.all() if s.voided_at is None} for each in case.contracts]
    return [_record(each, at=each.signed_at) for each in case.contracts] if all(len(s) == 2 for s in sides) else []


def _contract_notice(case: Case) -> list[Proof] | None:
    return _notices(case, "contract", "contract_change") if case.contracts else None


def _filing(case: Case) -> list[Proof] | None:
    if not case.contracts:
        return None
    filed = [each for each in case.contracts if each.filing_number]
    return [_record(each, f"{each.number} {each.filing_number}", at=each.filed_on) for each in filed]


def _amendments(case: Case) -> list[Proof] | None:
    return [_record(each, at=each.effective_at, document=each.document) for each in case.amendments] or None


def _terminations(case: Case) -> list[Proof] | None:
    ended = [each for each in case.contracts if each.status == "terminated" or each.terminated_on]
    return _notices(case, "contract_end") if ended else None


def _many(
    things: list[Any], title: str, room: str, query: str, at: Callable[[Any], date | datetime | None]
) -> list[Proof]:
    """Many records of one kind: each by its page, the first with the list of all."""
    if len(things) <= ArchiveItem.SHOWN:
        return [_record(each, at=at(each)) for each in things]
    whole = Proof(title % {"n": len(things)}, f"{reverse(f'{room}:list')}?q={query}", "", _day(at(things[-1])))
    return [whole, *(_record(each, at=at(each)) for each in things[: ArchiveItem.SHOWN - 1])]


def _activities(case: Case) -> list[Proof] | None:
    if not case.contracts:
        return None
    return _many(case.activities, _("活动记录共 %(n)s 场"), "activities", case.project.title, lambda a: a.verified_at)


def _safeguards(case: Case) -> list[Proof] | None:
    """Only by kind and digest: the papers themselves stay where they are (R: least access to children's data)."""
    if not any(each.minors for each in case.activities):
        return None
    return [
        Proof(each.get_kind_display(), each.contract.get_absolute_url(), each.document.sha256, _day(each.document.created_at))
        for each in case.safeguards
    ]  # fmt: skip


def _expenses(case: Case) -> list[Proof] | None:
    if not case.payments:
        return None
    return _many(case.expenses, _("支出凭证共 %(n)s 笔"), "expenses", case.project.title, lambda e: e.spent_on)


def _inspections(case: Case) -> list[Proof] | None:
    if not case.inspections and not case.delivered:
        return None
    return [_record(each, at=each.held_on) for each in case.inspections]


def _rectified(case: Case) -> list[Proof] | None:
    asked = [each for each in case.inspections if each.rounds]
    done = [each for each in asked if each.status in {"closed", "stopped"}]
    if not asked:
        return None
    return [_record(each, at=each.answered_at) for each in done] if len(done) == len(asked) else []


def _acceptances(case: Case) -> list[Proof] | None:
    if not case.delivered and not case.acceptances:
        return None
    return [_record(each, at=each.accepted_at) for each in case.acceptances]


def _opinions(case: Case) -> list[Proof] | None:
    return [_record(each, at=each.closes_on) for each in case.surveys] if case.delivered or case.surveys else None


def _acceptance_notice(case: Case) -> list[Proof] | None:
    return _notices(case, "acceptance") if case.acceptances else None


def _evaluation(case: Case) -> list[Proof] | None:
    if not case.delivered and not case.assessments:
        return None
    return [_record(each, at=each.finalized_at) for each in case.assessments if each.finalized_at]


def _incentives(case: Case) -> list[Proof] | None:
    if not case.incentives:
        return None
    return [_record(each, f"{each} {each.number or ''}", at=each.paid_on) for each in case.incentives if each.paid_on]


def _settlements(case: Case) -> list[Proof] | None:
    if not case.contracts:
        return None
    return [
        _record(each, f"{each.name} {each.number}", at=each.approved_at)
        for each in case.settlements
        if each.approved_at
    ]


def _invoices(case: Case) -> list[Proof] | None:
    if not case.payments:
        return None
    return [
        Proof(
            _("发票 %(n)s") % {"n": each},
            each.settlement.get_absolute_url(),
            each.document.sha256,
            _day(each.issued_on),
        )
        for each in case.invoices
    ]


def _payments(case: Case) -> list[Proof] | None:
    due = [each for each in case.settlements if each.payable_amount > 0 and each.approved_at]
    if not due:
        return None
    return [_record(each, f"{each.number} {each.voucher_number}", at=each.paid_on) for each in case.payments]


def _audits(case: Case) -> list[Proof] | None:
    if not case.engagements:
        return None
    return [
        _record(each, each.report_number or str(each), at=each.issued_at) for each in case.engagements if each.issued_at
    ]


def _audit_findings(case: Case) -> list[Proof] | None:
    if not case.findings:
        return None
    closed = [each for each in case.findings if each.status == "closed"]
    return [_record(each, at=each.answered_at) for each in closed] if len(closed) == len(case.findings) else []


FINDERS: dict[str, Callable[[Case], list[Proof] | None]] = {
    "catalog": _catalog,
    "need": lambda case: [_record(case.project)],
    "budget": _budget,
    "plan": lambda case: [_record(case.project)],
    "approval": lambda case: [_record(case.project, at=case.project.approved_at)] if case.project.approved_at else [],
    "minutes": _minutes,
    "order": _orders,
    "tender_notice": _tender_notice,
    "bids": _bids,
    "opening": _openings,
    "draw": _draw,
    "declarations": _declarations,
    "review": _reviews,
    "failure": _failure,
    "award": _awards,
    "award_notice": _award_notice,
    "challenge": _challenges,
    "reply": _replies,
    "contract": _contracts,
    "signatures": _signatures,
    "contract_notice": _contract_notice,
    "filing": _filing,
    "amendment": _amendments,
    "termination": _terminations,
    "activities": _activities,
    "safeguards": _safeguards,
    "expenses": _expenses,
    "inspection": _inspections,
    "rectification": _rectified,
    "acceptance": _acceptances,
    "opinions": _opinions,
    "acceptance_notice": _acceptance_notice,
    "evaluation": _evaluation,
    "incentive": _incentives,
    "settlement": _settlements,
    "invoice": _invoices,
    "payment": _payments,
    "audit_report": _audits,
    "audit_findings": _audit_findings,
}
"""paper -> what the case holds of it; None where the case needs none (不适用), [] where it is missing."""


@dataclass(frozen=True)
class Counted:
    """One required paper as it stands now, of one contract or (None) of the project: proofs None where it does not apply.

    whose  the contract's number and provider where the case has several, else ""
    """

    paper: RequiredPaper
    proofs: list[Proof] | None
    contract: Contract | None = None
    whose: str = ""

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The proofs as they are kept on the item."""
        return [asdict(each) for each in (self.proofs or [])[: ArchiveItem.SHOWN]]


def counted(project: Project, papers: Iterable[RequiredPaper]) -> list[Counted]:
    """Every required paper of a project with what was found of it; one without a finder is found only by hand.

    What each contract walks for itself is counted contract by contract, so that one provider's paper never stands for
    another's; where there is no contract it does not apply, once.
    """
    case = case_of(project)
    parts = [(each, case.of(each)) for each in case.contracts]
    found: list[Counted] = []
    for paper in papers:
        if paper.stage not in OF_EACH_CONTRACT or not parts:
            found.append(Counted(paper, _found(paper, case)))
            continue
        for contract, part in parts:
            whose = f"{contract.number} {contract.provider}" if len(parts) > 1 else ""
            found.append(Counted(paper, _found(paper, part), contract, whose[:120]))
    return found


def _found(paper: RequiredPaper, case: Case) -> list[Proof] | None:
    return FINDERS[paper.key](case) if paper.key in FINDERS else []
