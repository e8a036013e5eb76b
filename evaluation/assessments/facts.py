"""The indicators that the platform's own records answer (平台取数): one function a source, with its working.

A source returns the figures of the indicator's formula, or None where there is nothing to read yet: the indicator is then
未取得 and falls to the raters. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from django.db.models import Sum
from django.utils.translation import gettext as _

from core import clock
from core.money import ZERO
from evaluation.assessments.models import Assessment, Mark
from evaluation.frameworks.models import Indicator
from evaluation.frameworks.scoring import Figures, mean_deviation, score
from procurement.acceptances.models import Acceptance, StandardResult
from procurement.acceptances.queries import JUDGED, quantities_of
from procurement.activities.queries import DELIVERED, Delivered, counts_by_status, delivered
from procurement.contracts.models import Contract, ContractFunding, ContractLine
from procurement.expenses.models import Expense
from procurement.opinions.queries import opinion_of
from procurement.settlements.queries import paid_so_far

NOT_THERE: Final = "未取得"
SESSIONS, VISITS, PEOPLE = {"场", "场次"}, {"人次"}, {"人", "名"}


@dataclass(frozen=True)
class Finding:
    """What the records say of one indicator: figures and points, or None of both; the working, and where it was read."""

    figures: Figures
    points: Decimal | None
    working: str


@dataclass
class Record:
    """What is read of one contract, each part once and only when a source wants it."""

    contract: Contract

    @cached_property
    def acceptances(self) -> list[Acceptance]:
        """The judged ones, by milestone."""
        judged = Acceptance.objects.filter(contract=self.contract, status__in=JUDGED)
        return list(judged.select_related("milestone").order_by("milestone__n"))

    @cached_property
    def delivered(self) -> Delivered:
        """What the street verified of the activities."""
        return delivered(self.contract)

    @cached_property
    def lines(self) -> list[ContractLine]:
        """The contract's lines."""
        return list(self.contract.lines.all())

    @cached_property
    def accepted(self) -> dict[int, int]:
        """Accepted quantity by line, from the last acceptance."""
        return quantities_of(self.acceptances[-1]) if self.acceptances else {}

    def accepted_of(self, units: set[str]) -> tuple[int, int]:
        """Accepted and contracted quantity of the lines in these units; each line counts up to its contract."""
        return _counted(self.lines, units, self.accepted)

    def verified_of(self, units: set[str], total: int) -> int:
        """The same from the activities: line by line where they name their line, else their total."""
        done, _target = _counted(self.lines, units, self.delivered.units)
        return done or total


def _counted(lines: list[ContractLine], units: set[str], done: Mapping[int, int]) -> tuple[int, int]:
    mine = [line for line in lines if line.unit in units]
    return sum(min(done.get(line.n, 0), line.quantity) for line in mine), sum(line.quantity for line in mine)


Source = Callable[[Record], "tuple[Figures, str] | None"]


def facts_of(contract: Contract, indicators: list[Indicator]) -> dict[str, Finding]:
    """What the records say of every indicator that has a source, by code; a fixed number of queries.

    returns  for each such indicator a finding; without points it is 未取得
    """
    record, found = Record(contract), {}
    for indicator in indicators:
        if indicator.source in SOURCES:
            read = SOURCES[indicator.source](record)
            if read is None:
                found[indicator.code] = Finding({}, None, _("%(none)s：平台没有可用的记录") % {"none": NOT_THERE})
                continue
            figures, where = read
            scored = score(indicator.scoring, indicator.weight, figures, indicator.params)
            words = f"{where}：{scored.working}" if scored.points is not None else f"{NOT_THERE}：{scored.working}"
            found[indicator.code] = Finding(figures, scored.points, words)
    return found


def open_indicators(assessment: Assessment) -> list[Indicator]:
    """The indicators that people score: those of which the records, as frozen or else as of now, say nothing."""
    indicators = list(assessment.framework.indicators.all())
    frozen = Mark.objects.filter(sheet__assessment=assessment, sheet__side="facts", sheet__voided_at=None)
    marks = {mark.indicator_id: mark.centi for mark in frozen}
    if marks:
        return [each for each in indicators if marks.get(each.pk) is None]
    found = facts_of(assessment.contract, indicators)
    return [each for each in indicators if each.code not in found or found[each.code].points is None]


def _price_deviation(record: Record) -> tuple[Figures, str] | None:
    project = record.contract.award.lot.order.project
    norm = project.item.norm_price
    lines = [line for line in project.cost_lines.all() if line.unit == project.item.unit]
    found = mean_deviation((line.unit_price, norm) for line in lines)
    return None if found is None else ({"deviation": found}, _("预算单价与目录参考价"))


def _milestones_on_time(record: Record) -> tuple[Figures, str] | None:
    due = list(record.contract.milestones.all())
    reported = {each.milestone_id: clock.local(each.created_at).date() for each in record.acceptances}
    met = sum(each.pk in reported and reported[each.pk] <= each.due_on for each in due)
    return ({"part": met, "whole": len(due)}, _("按期报验的节点")) if due else None


def _money_paid(record: Record) -> tuple[Figures, str] | None:
    if record.contract.status != "closed":
        return None  # before the last payment it would measure the treasury, not the provider
    figures: Figures = {"paid": paid_so_far(record.contract), "budget": record.contract.amount, "approved": 0}
    return figures, _("已支付与合同金额")


def _complete_records(record: Record) -> tuple[Figures, str] | None:
    """Records that the street found true, of all activities that were held; what was withdrawn never was."""
    by_status = counts_by_status(record.contract)
    held = sum(by_status.get(status, 0) for status in (*DELIVERED, "held", "recorded", "rejected"))
    done = sum(by_status.get(status, 0) for status in DELIVERED)
    return ({"part": done, "whole": held}, _("核实过的活动记录")) if held else None


def _sessions(record: Record) -> tuple[Figures, str] | None:
    return _attained(record, SESSIONS, record.delivered.sessions, _("场次"))


def _person_times(record: Record) -> tuple[Figures, str] | None:
    return _attained(record, VISITS, record.delivered.person_times, _("人次"))


def _people(record: Record) -> tuple[Figures, str] | None:
    return _attained(record, PEOPLE, record.delivered.people, _("人数"))


def _attained(record: Record, units: set[str], verified: int, word: str) -> tuple[Figures, str] | None:
    """What the street verified where activities were recorded, else what was accepted; against the contract's lines."""
    accepted, target = record.accepted_of(units)
    if not target or not (record.delivered.sessions or record.acceptances):
        return None
    if record.delivered.sessions:
        return {"actual": record.verified_of(units, verified), "target": target}, _("街道核实的%(word)s") % {
            "word": word
        }
    return {"actual": accepted, "target": target}, _("验收核定的%(word)s") % {"word": word}


def _standards_met(record: Record) -> tuple[Figures, str] | None:
    judged = StandardResult.objects.filter(acceptance__in=[each.pk for each in record.acceptances])
    last = {row.standard_id: row.is_met for row in judged.order_by("acceptance__milestone__n")}
    items = record.contract.standards.count()
    return ({"part": sum(last.values()), "whole": items}, _("验收核对的标准")) if items and last else None


def _quantities_on_time(record: Record) -> tuple[Figures, str] | None:
    if not record.acceptances:
        return None
    last = record.acceptances[-1]
    in_time = clock.local(last.created_at).date() <= record.contract.ends_on
    met = sum(record.accepted.get(line.n, 0) >= line.quantity for line in record.lines) if in_time else 0
    return {"part": met, "whole": len(record.lines)}, _("服务期内全部完成的合同明细")


def _unit_cost(record: Record) -> tuple[Figures, str] | None:
    item = record.contract.award.lot.order.project.item
    prices = [line.unit_price for line in record.lines if line.unit == item.unit]
    if not prices or not item.norm_price:
        return None
    return {"cost": sum(prices, ZERO) / len(prices), "norm": item.norm_price}, _("合同单价与目录参考价")


def _money_matched(record: Record) -> tuple[Figures, str] | None:
    rows = ContractFunding.objects.filter(contract=record.contract).values("allocation__line__source")
    by_source = {row["allocation__line__source"]: row["total"] for row in rows.annotate(total=Sum("amount"))}
    given = by_source.pop("donation", ZERO)
    fiscal = sum(by_source.values(), ZERO)
    if not (given and fiscal):
        return None  # what was brought in kind, or past the platform, the raters must see
    return {"cash": given, "in_kind": 0, "fiscal": fiscal}, _("合同资金来源")


def _money_questioned(record: Record) -> tuple[Figures, str] | None:
    """What the buyer's finance refused of the special account; fraud is for the raters, as a veto."""
    judged = Expense.objects.filter(contract=record.contract, status__in=("accepted", "rejected"))
    sums = dict(judged.values_list("status").annotate(Sum("amount")).order_by())
    if not sums:
        return None
    refused = sums.get("rejected", ZERO)
    figures = {"questioned": refused, "spent": sums.get("accepted", ZERO) + refused, "fraud": ZERO}
    return figures, _("专账中财务不予认可的支出")


def _users_opinion(record: Record) -> tuple[Figures, str] | None:
    """What the service users answered; nothing while there are too few answers to show."""
    said = opinion_of(record.contract)
    if said.satisfied is None:
        return None
    figures = {"satisfied": said.satisfied, "asked": said.asked, "people": max(record.delivered.people, said.asked)}
    return figures, _("服务对象问卷，样本 %(n)s 份") % {"n": said.asked}


SOURCES: Final[Mapping[str, Source]] = {
    "price_deviation": _price_deviation,
    "milestones_on_time": _milestones_on_time,
    "complete_records": _complete_records,
    "money_paid": _money_paid,
    "money_questioned": _money_questioned,
    "sessions": _sessions,
    "person_times": _person_times,
    "people": _people,
    "standards_met": _standards_met,
    "quantities_on_time": _quantities_on_time,
    "unit_cost": _unit_cost,
    "money_matched": _money_matched,
    "users_opinion": _users_opinion,
}
