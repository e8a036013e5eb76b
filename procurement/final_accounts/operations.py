"""Verbs of the final account (年度决算): drawn from the ledger, explained, reviewed, approved, published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from accounts.organizations.models import Organization
from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.money import ZERO
from procurement.budgets.years import close_year, require_over
from procurement.final_accounts.figures import FIGURES, Figures, figures_of
from procurement.final_accounts.models import FinalAccount, FinalAccountRow
from procurement.final_accounts.queries import unexplained
from procurement.notices.operations import publish_notice
from procurement.rules.queries import deadline


@transaction.atomic
def draw_account(buyer: Organization, *, actor: Actor, year: int) -> FinalAccount:
    """Draw up the account of a year (编制决算) from the budget and its ledger; nobody types a figure.

    returns  the account in draft, with its rows by line, source, category and street
    raises   NotAllowed · NotNow (the year has not begun) · Conflict (there is one already)
    writes   the account and its rows; one journal entry "create"
    source   预算法第七十五条: 决算与预算相对应，列预算数、调整预算数、决算数; R39
    """
    if not actor.works_for(buyer.pk, "finance_officer"):
        raise NotAllowed(_("年度决算由本单位财务编制。"))
    if year > clock.today().year:
        raise NotNow(_("%(year)s 年还没有开始。") % {"year": year})
    found = figures_of(buyer.pk, year)
    account = FinalAccount(
        buyer=buyer,
        region_path=buyer.region.path,
        fiscal_year=year,
        drafted_by_key=actor.user_key,
        drafted_by_name=actor.user_name,
        **_sums(found),
    )
    try:
        with transaction.atomic():
            begin(account, actor=actor, facts={"year": year, "final": str(account.final_amount)})
    except IntegrityError:
        raise Conflict(_("%(year)s 年度决算已经编制。") % {"year": year}) from None
    _write_rows(account, found, {})
    return account


@transaction.atomic
def redraw_account(account: FinalAccount, *, actor: Actor) -> FinalAccount:
    """Take the figures from the ledger anew (重新取数); notes stay with their lines.

    raises  NotAllowed · NotNow · Conflict
    writes  the rows and sums; one journal entry
    """
    require(account, "redraw", actor)
    found = figures_of(account.buyer_id, account.fiscal_year)
    notes = dict(account.rows.filter(dimension="line").values_list("key", "note"))
    account.rows.all().delete()
    _write_rows(account, found, notes)
    sums = _sums(found)
    return advance(account, "redraw", actor=actor, facts={"final": str(sums["final_amount"])}, **sums)


def _sums(found: Figures) -> dict[str, Any]:
    whole = found.total()
    return {
        "budget_amount": whole.budget or ZERO,
        "adjusted_amount": whole.adjusted or ZERO,
        "brought_amount": whole.brought,
        "final_amount": whole.final,
        "carried_amount": whole.carried,
        "returned_amount": whole.returned,
    }


def _write_rows(account: FinalAccount, found: Figures, notes: Mapping[str, str]) -> None:
    FinalAccountRow.objects.bulk_create(
        FinalAccountRow(
            account=account,
            dimension=dimension,
            n=n,
            key=row.key,
            name=row.name[:120],
            **{figure: getattr(row, figure) for figure in FIGURES},
            note=notes.get(row.key, "") if dimension == "line" else "",
        )
        for dimension, rows in found.rows.items()
        for n, row in enumerate(rows, 1)
    )


@transaction.atomic
def explain_account(account: FinalAccount, *, actor: Actor, notes: Mapping[int, str]) -> FinalAccount:
    """Say why lines differ from their budget (说明差异). notes: by the line's place n; one left out stays.

    raises  NotAllowed · NotNow · Conflict
    writes  the notes; one journal entry
    """
    require(account, "explain", actor)
    rows = list(account.rows.filter(dimension="line"))
    for row in rows:
        row.note = notes.get(row.n, row.note).strip()[:400]
    FinalAccountRow.objects.bulk_update(rows, ["note"])
    return advance(account, "explain", actor=actor, facts={"notes": sum(bool(row.note) for row in rows)})


@transaction.atomic
def submit_account(account: FinalAccount, *, actor: Actor) -> FinalAccount:
    """Hand it in for review (送经审), every variance beyond the dated rule explained.

    raises  NotAllowed · NotNow (the year is not over) · Invalid (a variance without a note, named; the ledger has moved on) ·
            Conflict
    writes  status; one journal entry; the funds reviewers are told
    """
    require(account, "submit", actor)
    require_over(account.fiscal_year)
    if silent := unexplained(account):
        raise Invalid(
            _("这些预算线的决算数与预算差得多，请先说明：%(names)s。")
            % {"names": "、".join(row.name for row in silent)}
        )
    _require_equal(account)
    advance(account, "submit", actor=actor, submitted_by_key=actor.user_key)
    _tell(account, people_with_role(account.buyer_id, "funds_reviewer"), "submitted", _("年度决算待经审：%(title)s"))
    return account


@transaction.atomic
def review_account(account: FinalAccount, *, actor: Actor) -> FinalAccount:
    """Find it right (经审通过). raises  NotAllowed (who drew or handed it in) · NotNow · Conflict. writes  status, who; journal"""
    advance(account, "review", actor=actor, reviewed_by_key=actor.user_key, reviewed_by_name=actor.user_name)
    _tell(account, people_with_role(account.buyer_id, "leader"), "reviewed", _("年度决算待批准：%(title)s"))
    return account


@transaction.atomic
def return_account(account: FinalAccount, *, actor: Actor, reason: str) -> FinalAccount:
    """Send it back to finance (退回), with the reason; the drafter is told."""
    advance(account, "return", actor=actor, reason=reason, reviewed_by_key="", reviewed_by_name="")
    _tell(account, [account.drafted_by_key], "returned", _("年度决算已退回：%(title)s"))
    return account


@transaction.atomic
def approve_account(account: FinalAccount, *, actor: Actor) -> FinalAccount:
    """Approve it (批准决算) and close the year (关账): taken from the ledger once more, every figure equal to the fen.

    raises  NotAllowed (drafter, reviewer) · NotNow (the year is not over) · Conflict · Invalid (it differs from the ledger,
            with the difference)
    writes  status, who and when, the term of publication (D28); the closed year; one journal entry
    """
    require(account, "approve", actor)
    close_year(account.buyer_id, account.fiscal_year, actor=actor)
    _require_equal(account)
    at = clock.now()
    return advance(
        account,
        "approve",
        actor=actor,
        facts={"final": str(account.final_amount)},
        approved_by_name=actor.user_name,
        approved_at=at,
        publish_due_at=deadline("D28", at).at,
    )


def _require_equal(account: FinalAccount) -> None:
    """Refuse an account whose rows are not the ledger's. raises  Invalid, with the first row that differs and by how much"""
    now = {
        (dimension, row.key): row
        for dimension, rows in figures_of(account.buyer_id, account.fiscal_year).rows.items()
        for row in rows
    }
    stored = {(row.dimension, row.key): row for row in account.rows.all()}
    for key in sorted(now.keys() | stored.keys()):
        mine, ledger = stored.get(key), now.get(key)
        for figure, label in FIGURES.items():
            difference = (getattr(ledger, figure, None) or ZERO) - (getattr(mine, figure, None) or ZERO)
            if difference:
                name = (mine or ledger).name  # type: ignore[union-attr]  # one of the two is there
                raise Invalid(
                    _("「%(name)s」的%(label)s与台账相差 %(difference)s 元，请退回财务重新取数。")
                    % {"name": name, "label": label, "difference": f"{difference:+,.2f}"}
                )


@transaction.atomic
def publish_account(account: FinalAccount, *, actor: Actor) -> FinalAccount:
    """Publish it (公开决算): a notice with the totals and the three numbers of each line.

    raises  NotAllowed · NotNow · Conflict
    writes  status; one public notice; one journal entry
    source  预算法第十四条 (D28)
    """
    require(account, "publish", actor)
    lines = account.rows.filter(dimension="line")
    notice = publish_notice(
        kind="final_account",
        title=_("%(name)s %(year)s 年度购买服务资金决算") % {"name": account.buyer.name, "year": account.fiscal_year},
        body=_("%(name)s %(year)s 年度支持群众服务资金决算已经批准，现予公开。金额单位：元。")
        % {"name": account.buyer.name, "year": account.fiscal_year},
        facts={
            _("预算数"): f"{account.budget_amount:,.2f}",
            _("调整预算数"): f"{account.adjusted_amount:,.2f}",
            _("上年结转"): f"{account.brought_amount:,.2f}",
            _("决算数"): f"{account.final_amount:,.2f}",
            _("结转（已签约未支付）"): f"{account.carried_amount:,.2f}",
            _("退回"): f"{account.returned_amount:,.2f}",
            **{
                row.name: _("预算 %(budget)s，调整 %(adjusted)s，决算 %(final)s%(note)s")
                % {
                    "budget": f"{row.budget or ZERO:,.2f}",
                    "adjusted": f"{row.adjusted or ZERO:,.2f}",
                    "final": f"{row.final:,.2f}",
                    "note": f"；{row.note}" if row.note else "",
                }
                for row in lines
            },
        },
        subject=account,
        case="",
        ocid="",
        buyer=account.buyer,
        region_path=account.region_path,
        actor=actor,
    )
    return advance(account, "publish", actor=actor, facts={"notice": notice.number}, notice=notice)


def _tell(account: FinalAccount, people: list[str], event: str, sentence: str) -> None:
    tell(
        people,
        sentence=sentence % {"title": str(account)},
        url=account.get_absolute_url(),
        kind=f"final_account.{event}",
        key=f"final_account.{event}:{account.pk}:{account.version}",
    )
