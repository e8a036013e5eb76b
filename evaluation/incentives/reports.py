"""The application form of an incentive as it stands (奖励性补助申报表): PDF with evidence, opinions, decision, publicity, payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core import clock
from core.actor import Actor
from core.printed import Printed
from core.reports import report
from evaluation.incentives.models import Incentive, IncentivePaper
from evaluation.incentives.queries import visible_incentives


@dataclass(frozen=True)
class Said:
    """One office's word: who, what, when the decision stood."""

    office: str
    by: str
    text: str


@dataclass(frozen=True)
class Application(Printed):
    """Everything that the form says; amounts in yuan, scores in points and percent."""

    issuer: str
    number: str
    title: str
    scheme: str
    provider: str
    uscc: str
    contract_number: str
    contract_amount: Decimal
    origin: str
    nominated_by: str
    grade: str
    total: Decimal
    social_percent: Decimal
    economic_percent: Decimal
    least_social: int
    least_economic: int
    contribution: str
    social_benefit: str
    economic_benefit: str
    papers: tuple[tuple[str, str, str], ...]
    asked_amount: Decimal
    amount: Decimal
    said: tuple[Said, ...]
    status: str
    published_on: date | None
    publicity_ends_on: date | None
    objections: tuple[tuple[int, str, str], ...]
    voucher_number: str
    paid_on: date | None
    issued_on: date


def can_ask(actor: Actor, incentive: Incentive) -> bool:
    """Whoever may know of it."""
    return visible_incentives(actor).filter(pk=incentive.pk).exists()


@report(
    "evaluation.incentive",
    label="奖励性补助申报表",
    model="evaluation.incentives.models.Incentive",
    template="reports/incentive.html",
    can_ask=can_ask,
)
def application_of(incentive: Incentive) -> Application:
    """An incentive as it is printed; three queries. Objections without names or contacts."""
    found = Incentive.objects.select_related("scheme", "provider", "contract", "buyer", "notice").get(pk=incentive.pk)
    kinds: dict[str, Any] = dict(IncentivePaper.KINDS)
    words = {None: "核查中", True: "成立", False: "不成立"}
    ends_at, published = found.publicity_ends_at, found.notice.published_at if found.notice else None
    return Application(
        issuer=found.buyer.name,
        number=found.number or "",
        title=found.contract.title,
        scheme=found.scheme.title,
        provider=found.provider.name,
        uscc=found.provider.uscc or "",
        contract_number=found.contract.number or "",
        contract_amount=found.contract.amount,
        origin=found.get_origin_display(),
        nominated_by=found.nominated_by_name,
        grade=found.grade,
        total=found.total,
        social_percent=found.social_percent,
        economic_percent=found.economic_percent,
        least_social=found.scheme.least_social,
        least_economic=found.scheme.least_economic,
        contribution=found.contribution,
        social_benefit=found.social_benefit,
        economic_benefit=found.economic_benefit,
        papers=tuple(
            (kinds[each.kind], each.document.name, each.document.sha256)
            for each in found.papers.select_related("document")
        ),
        asked_amount=found.asked_amount,
        amount=found.amount,
        said=(
            Said("经审意见", found.funds_by_name, found.funds_opinion),
            Said("纪检意见", found.discipline_by_name, found.discipline_opinion),
            Said("决定", found.decided_by_name, f"奖励 {found.amount:,.2f} 元" if found.decided_at else ""),
        ),
        status=found.status_label,
        published_on=clock.local(published).date() if published else None,
        publicity_ends_on=clock.local(ends_at).date() if ends_at else None,
        objections=tuple((each.n, words[each.upheld], each.answer) for each in found.objections.all()),
        voucher_number=found.voucher_number,
        paid_on=found.paid_on,
        issued_on=clock.today(),
    )
