"""An expert's sheet and the comparison of all sheets, laid out for their pages. Reads, writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.actor import Actor
from core.drafts import load_draft
from procurement.bids.envelope import PARTS, PLAN, TEAM
from procurement.bids.models import Bid
from procurement.orders.models import Criterion
from procurement.panels.models import Seat
from procurement.reviews import ranking
from procurement.reviews.bands import Band, bands, read_mark
from procurement.reviews.models import Review, Score
from procurement.reviews.operations import draft_place
from procurement.reviews.queries import hand_scored, price_of, results_of, sheets, standing_bids

NO_NAME = "██████"


@dataclass(frozen=True)
class Row:
    """One criterion on the sheet. text: the mark as typed; mark: as read, None if it cannot be one; fault: why not."""

    criterion: Criterion
    text: str
    reason: str
    band: str
    mark: Decimal | None
    fault: str
    wants_reason: bool
    bands: list[Band]

    @property
    def is_done(self) -> bool:
        """Whether nothing is missing: a mark, and its reason where one is wanted."""
        return self.mark is not None and not self.fault and not (self.wants_reason and not self.reason)


@dataclass(frozen=True)
class Sheet:
    """One bid's sheet of one expert."""

    bid: Bid
    rows: list[Row]
    version: int
    saved_at: datetime | None

    @property
    def letter(self) -> str:
        return self.bid.letter

    @property
    def total(self) -> Decimal:
        """The sum of the marks so far."""
        return sum((row.mark for row in self.rows if row.mark is not None), Decimal("0.0"))

    @property
    def full(self) -> int:
        """The points to be had by hand."""
        return sum(row.criterion.weight for row in self.rows)

    @property
    def done(self) -> int:
        """How many criteria are done."""
        return sum(row.is_done for row in self.rows)

    @property
    def is_done(self) -> bool:
        return self.done == len(self.rows)

    @property
    def state(self) -> str:
        """ok | on | "": done, begun, not begun."""
        return "ok" if self.is_done else "on" if any(row.text for row in self.rows) else ""


def sheets_of(review: Review, seat: Seat, actor: Actor) -> list[Sheet]:
    """The expert's own sheets by letter: the marks handed in, or the draft as typed."""
    criteria = hand_scored(review.lot.order)
    handed_in: dict[str, dict[str, str]] = {}
    if seat.submitted_at:
        for score in Score.objects.filter(seat=seat, bid__lot=review.lot).select_related("criterion"):
            content = handed_in.setdefault(str(score.bid_id), {})
            content[f"p-{score.criterion.n}"] = str(Decimal(score.half_points) / 2)
            content[f"r-{score.criterion.n}"] = score.reason
    found = []
    for bid in standing_bids(review):
        saved = None if seat.submitted_at else load_draft(actor.user_key, draft_place(review, bid.letter))
        content = saved.content if saved else handed_in.get(str(bid.pk), {})
        version, saved_at = (saved.version, saved.saved_at) if saved else (0, seat.submitted_at)
        found.append(Sheet(bid, [_row(criterion, content) for criterion in criteria], version, saved_at))
    return found


def marks_of(own: list[Sheet]) -> dict[str, dict[int, dict[str, str]]]:
    """The sheets as `submit_sheet` takes them."""
    return {
        sheet.letter: {row.criterion.n: {"points": row.text, "reason": row.reason} for row in sheet.rows}
        for sheet in own
    }


def totals(sheet: Sheet) -> dict[str, str]:
    """What the page fills in after each save."""
    shown = {f"c-{row.criterion.n}": f"{row.mark}" if row.mark is not None else "—" for row in sheet.rows}
    return shown | {"sum": f"{sheet.total:.2f}", "state": f"{sheet.done}/{len(sheet.rows)}"}


def blind_text(bid: Bid) -> list[dict[str, Any]]:
    """The opened bid as sections of text with the bidder's names blacked out; people go by their post.

    returns  [{"title", "paragraphs"}]
    """
    content = bid.content or {}
    plan, team = content.get("plan") or {}, content.get("team") or []
    found = [
        {"title": label, "paragraphs": _hidden(str(plan.get(name, "")), bid)}
        for name, label in PLAN.items()
        if str(plan.get(name, "")).strip()
    ]
    people = [
        "　".join(f"{label} {member[name]}" for name, label in TEAM.items() if name != "name" and member.get(name))
        for member in team
    ]
    if people:
        found.append({"title": PARTS["team"], "paragraphs": [line for each in people for line in _hidden(each, bid)]})
    return found


def _hidden(text: str, bid: Bid) -> list[str]:
    """The lines of a text without the names of the bidder's organization and people."""
    names = [bid.organization.name, bid.organization.short_name, bid.organization.legal_representative]
    names += [str(member.get("name", "")) for member in (bid.content or {}).get("team") or []]
    for name in sorted({name for name in names if len(name) > 1}, key=len, reverse=True):
        text = text.replace(name, NO_NAME)
    return [line for line in text.splitlines() if line.strip()]


def _row(criterion: Criterion, content: Mapping[str, str]) -> Row:
    text = str(content.get(f"p-{criterion.n}", "")).strip()
    band = str(content.get(f"b-{criterion.n}", ""))
    mark = read_mark(text, criterion.weight) if text else None
    choices = bands(criterion.weight)
    chosen = next((each for each in choices if each.key == band), None)
    fault = ""
    if text and mark is None:
        fault = f"{text} 不行，应为 0 至 {criterion.weight} 分，可用 0.5 分。"
    elif mark is not None and chosen and not chosen.holds(mark):
        fault = f"{text} 超出所选档次（{chosen.low.normalize():f}—{chosen.high.normalize():f}）。请改分，或改选档次。"
    if mark is not None and not chosen:
        band = next((each.key for each in choices if each.holds(mark)), "")
    wants = mark is not None and criterion.kind == "subjective" and ranking.needs_reason(mark, criterion.weight)
    reason = str(content.get(f"r-{criterion.n}", "")).strip()
    return Row(criterion, text, reason, band, mark, fault, wants, choices)


def comparison(review: Review) -> dict[str, Any]:
    """The comparison sheet after consolidation: rows are criteria, columns bids in rank order.

    returns  {"columns", "rows", "price", "totals", "flags", "tie_rules", "experts"}
    """
    order = review.lot.order
    results = list(results_of(review))
    marks = sheets(review)
    flags: list[dict[str, Any]] = []
    rows = []
    for criterion in hand_scored(order):
        cells = []
        for result in results:
            each = marks[str(result.bid_id)][criterion.n]
            points = [mark for _score, mark in each]
            out = [mark for mark in points if ranking.deviates(mark, points, criterion.weight)]
            cells.append({"mean": ranking.mean(points), "marks": points, "out": out, "letter": result.bid.letter})
            flags.extend(
                {
                    "expert": str(score.seat.expert),
                    "letter": result.bid.letter,
                    "criterion": criterion.name,
                    "mark": mark,
                    "gap": abs(mark - ranking.mean(points)),
                    "side": "低" if mark < ranking.mean(points) else "高",
                    "reason": score.reason,
                }
                for score, mark in each
                if mark in out
            )
        rows.append({"criterion": criterion, "cells": cells})
    bids = {bid.pk: bid for bid in standing_bids(review)}
    prices = {key: price_of(bid) for key, bid in bids.items()}
    price = next((criterion for criterion in order.criteria.all() if criterion.kind == "price"), None)
    return {
        "columns": [{"result": result, "bid": result.bid} for result in results],
        "rows": rows,
        "price": price,
        "lowest": min(prices.values(), default=Decimal(0)),
        "prices": [
            {"score": Decimal(result.price_centi).scaleb(-2), "price": prices.get(result.bid_id), "letter": result.bid.letter}
            for result in results
        ],
        "totals": [
            {"total": Decimal(result.total_centi).scaleb(-2), "letter": result.bid.letter, "result": result,
             "price": prices.get(result.bid_id)} for result in results
        ],
        "flags": flags,
        "tie_rules": sorted({result.tie_rule for result in results if result.tie_rule}),
        "experts": review.lot.panel.seats.filter(is_recused=False).count(),
    }  # fmt: skip
